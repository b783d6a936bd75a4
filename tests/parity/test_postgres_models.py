"""dbt on PostgreSQL: Python models with every type, roles, a build that is killed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg2
import pyarrow as pa
import pytest
from dbt.cli.main import dbtRunner
from tests.support.banks import Bank, drop_schemas, postgres_bank
from tests.support.lab import write_feed
from tests.support.parity import Cells, differences
from tests.support.small_bank import feeds, transaction

from financial_analytics import cli
from financial_analytics.engines.postgres import copy as postgres_copy
from financial_analytics.engines.postgres import session as postgres_session
from financial_analytics.ingest import ingest
from financial_analytics.publish import snapshot_path

TYPED = """
select
    cast(1 as integer) as whole,
    cast(9223372036854775807 as bigint) as big,
    cast(12.30 as decimal(18, 2)) as money,
    cast(0.1 as double precision) as score,
    cast('' as text) as word,
    cast(true as boolean) as flag,
    cast('2024-02-29' as date) as day,
    cast('2024-02-29 23:59:59.123456' as timestamp) as moment
union all
select null, null, null, null, null, null, null, null
"""
ECHO = """
def model(dbt, session):
    dbt.config(materialized="table")
    return dbt.ref("typed")
"""
SHELL = """
from financial_analytics.models.frames import to_pandas, to_table
import pyarrow as pa


def model(dbt, session):
    dbt.config(materialized="table")
    frame = to_pandas(dbt.ref("typed"))
    fail = dbt.config.get("fail", False)
    if fail:
        raise ValueError("planted")
    schema = pa.schema([("whole", pa.int32()), ("money", pa.decimal128(18, 2))])
    return to_table(frame, schema)
"""
PROFILE = """
small:
  target: postgres
  outputs:
    postgres:
      type: postgres_python
      host: "{{ env_var('FA_PG_HOST') }}"
      port: "{{ env_var('FA_PG_PORT') | as_number }}"
      user: "{{ env_var('FA_PG_USER') }}"
      password: "{{ env_var('FA_PG_PASSWORD') }}"
      dbname: "{{ env_var('FA_PG_DBNAME') }}"
      schema: gold
      threads: 2
"""


def _project(folder: Path) -> None:
    (folder / "models").mkdir(parents=True)
    (folder / "dbt_project.yml").write_text(
        "name: small\nversion: '1.0'\nprofile: small\nflags: {send_anonymous_usage_stats: false}\n"
    )
    (folder / "profiles.yml").write_text(PROFILE)
    (folder / "models" / "typed.sql").write_text("{{ config(materialized='table') }}" + TYPED)
    (folder / "models" / "echo.py").write_text(ECHO)
    (folder / "models" / "shell.py").write_text(SHELL)


def _dbt(folder: Path, *arguments: str) -> bool:
    place = ["--project-dir", str(folder), "--profiles-dir", str(folder), "--quiet"]
    return bool(dbtRunner().invoke([*arguments, *place]).success)


def _rows(relation: str) -> pa.Table:
    with postgres_session.open_session() as handle, handle.cursor() as cursor:
        return postgres_copy.copy_out(cursor, f"select * from {relation}")


@pytest.mark.usefixtures("server")
def test_python_models_keep_types_and_nulls_and_a_failing_one_keeps_its_table(
    tmp_path: Path,
) -> None:
    _project(tmp_path)
    for _ in range(2):  # from nothing, then over what is there
        assert _dbt(tmp_path, "run")
        assert (
            differences(Cells("sql", _rows("gold.typed")), Cells("python", _rows("gold.echo")))
            == []
        )
    shell = _rows("gold.shell")
    assert shell.schema.field("money").type == pa.decimal128(18, 2)
    assert [str(value) for value in shell["money"].to_pylist()] == ["12.30", "None"]
    broken = SHELL.replace("if fail:", "if True:")
    (tmp_path / "models" / "shell.py").write_text(broken)
    assert not _dbt(tmp_path, "run", "--select", "shell")
    assert _rows("gold.shell").equals(shell)


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Bank]:
    with postgres_bank(tmp_path / "bank") as opened:
        for table, rows in feeds().items():
            write_feed(tmp_path / "feeds", table, rows)
        _load(opened, tmp_path / "feeds", 1)
        yield opened


def _load(bank: Bank, folder: Path, day: int) -> None:
    moment = datetime(2026, 1, day, tzinfo=UTC)
    ingest([folder], settings=bank.settings, loaded_at=moment, target="postgres")


@pytest.mark.slow
def test_roles_see_what_they_may(bank: Bank) -> None:
    with postgres_session.open_session() as handle, handle.cursor() as cursor:
        for role in ("analyst", "fa_loader", "fa_builder"):
            cursor.execute(f"drop role if exists {role}")
            cursor.execute(f"create role {role}")
        handle.commit()
    bank.build("+dim_product", "vault_customers", "+int_account_spans")

    def may(role: str, statement: str) -> bool:
        with postgres_session.open_session() as handle, handle.cursor() as cursor:
            cursor.execute(f"set role {role}")
            try:
                cursor.execute(statement)
            except psycopg2.errors.InsufficientPrivilege:
                return False
            return True

    assert may("analyst", "select * from gold.dim_product")
    assert may("analyst", "select * from silver.stg_products")
    assert not may("analyst", "delete from gold.dim_product")
    for hidden in ("products", "quarantine", "_batches"):
        assert not may("analyst", f"select * from ingestion_raw_data.{hidden}")
        assert may("fa_builder", f"select * from ingestion_raw_data.{hidden}")
        assert not may("fa_builder", f"delete from ingestion_raw_data.{hidden}")
    assert not may("analyst", "select * from silver_vault.vault_customers")
    assert not may("analyst", "select * from gold_intermediate.int_account_spans")
    assert may("analyst", "select * from gold.dim_account")
    assert may("fa_loader", "select * from ingestion_raw_data._batches")
    assert not may("fa_loader", "select * from silver_vault.vault_customers")
    with postgres_session.open_session() as handle, handle.cursor() as cursor:
        for role in ("analyst", "fa_loader", "fa_builder"):
            cursor.execute(f"drop owned by {role}")
            cursor.execute(f"drop role {role}")
        handle.commit()


@pytest.mark.slow
def test_a_killed_build_run_again_gives_what_an_undisturbed_one_gives(
    bank: Bank, tmp_path: Path
) -> None:
    selection = ("+fact_transactions", "+fact_account_daily_snapshot")
    bank.build(*selection)
    late = [transaction(11, "2024-01-21 09:00:00", "-7.00"), transaction(2, "2024-01-20", "1.00")]
    write_feed(tmp_path / "late", "transactions", late)
    _load(bank, tmp_path / "late", 2)
    log = bank.settings.data_dir / "logs" / "dbt.log"
    log.unlink()
    killed = subprocess.Popen(
        [sys.executable, "-m", "financial_analytics.cli", "build", "--target", "postgres",
         "--no-tests", "--no-publish", "--select", " ".join(selection)],
        env={**os.environ, "FA_DATA_DIR": str(bank.settings.data_dir)},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    deadline = time.monotonic() + 300
    while "START sql incremental model gold.fact_transactions" not in (
        log.read_text() if log.exists() else ""
    ):
        assert killed.poll() is None, "the build ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait(30)
    bank.build(*selection)
    repaired = bank.snapshot()
    assert repaired["gold.fact_transactions"].num_rows == 12
    bank.build(*selection, full_refresh=True)
    undisturbed = bank.snapshot()
    assert repaired.keys() == undisturbed.keys()
    found = {
        name: faults
        for name, table in undisturbed.items()
        if (faults := differences(Cells("undisturbed", table), Cells("again", repaired[name])))
    }
    assert found == {}
    drop_schemas()


@pytest.mark.slow
def test_a_partial_build_is_not_published_and_a_page_of_the_server_says_so(
    bank: Bank,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_feed(tmp_path / "first", "transactions", feeds()["transactions"])
    _load(bank, tmp_path / "first", 1)
    monkeypatch.setenv("FA_DATA_DIR", str(bank.settings.data_dir))
    monkeypatch.setenv("FA_REPORTS_DIR", str(tmp_path / "reports"))

    def fa(*arguments: str) -> str:
        """Return the one line of stdout, or what was said."""
        assert cli.run([*arguments, "--target", "postgres"]) == 0
        captured = capsys.readouterr()
        return captured.out.strip() or captured.err

    models = ("analytics_transaction_summary", "analytics_transaction_by_channel")
    said = fa("build", "--no-tests", "-s", " ".join(f"+{name}" for name in models))
    assert "nothing was published" not in said
    snapshot = snapshot_path(bank.settings)
    before = snapshot.read_bytes()
    write_feed(tmp_path / "late", "transactions", [transaction(90, "2024-06-30 10:00:00", "-5.00")])
    _load(bank, tmp_path / "late", 2)
    said = fa("build", "--no-tests", "-s", f"+{models[0]}")
    assert "nothing was published: without the newest feeds" in said
    assert snapshot.read_bytes() == before
    page = Path(fa("report", "--category", "descriptive"))
    text = page.read_text(encoding="utf-8")
    assert "Not of one build" in text
    days = set(re.findall(r"</code></dd><dt>As of</dt><dd>([0-9-]+)</dd>", text))
    assert len(days) == 2 and max(days) == "2024-06-30"
    fa("build", "--no-tests", "-s", f"+{models[1]}")
    assert snapshot.read_bytes() != before
    fa("report", "--category", "descriptive")
    assert "Not of one build" not in page.read_text(encoding="utf-8")
