"""The same bank on every engine: each relation compared cell by cell, with no allow-list.

After the full load, and after three days of deltas with late rows, built incrementally. Then the
server's bank is rebuilt, tested, published and reported by the command line: one warehouse is
enough for both.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb
import pytest
import yaml
from markupsafe import escape
from tests.support.banks import OPENERS, Bank, Feeds, write_feeds
from tests.support.parity import Cells, differences, modelled_relations

from financial_analytics import cli
from financial_analytics.engines.postgres import session as postgres_session
from financial_analytics.publish import snapshot_path

REFERENCE = "duckdb"
OTHERS = tuple(engine for engine in OPENERS if engine != REFERENCE)
STAGES = ("full", "incremental")
ROOT = Path(__file__).resolve().parents[2]
CATEGORY = "01_descriptive_analytics"
ANALYST, SECRET = "fa_test_bi_tool", "not-for-messages"


@dataclass(frozen=True)
class Served:
    """A bank on a server, rebuilt by the command line; what the command said."""

    bank: Bank
    environment: dict[str, str]
    done: subprocess.CompletedProcess[str]


@pytest.fixture(scope="session")
def feeds(tmp_path_factory: pytest.TempPathFactory) -> Feeds:
    return write_feeds(tmp_path_factory.mktemp("parity-feeds"))


@pytest.fixture(scope="session")
def banks(tmp_path_factory: pytest.TempPathFactory, feeds: Feeds) -> Iterator[dict[str, Bank]]:
    """Return the bank of each engine, loaded and built twice."""
    with ExitStack() as stack:
        opened = {}
        for engine, opener in OPENERS.items():
            folder = tmp_path_factory.mktemp(f"parity-{engine}")
            bank = stack.enter_context(opener(folder))
            bank.load(feeds, feeds.batches[:1])
            bank.build()
            bank.keep("full")
            bank.load(feeds, feeds.batches[1:])
            bank.build()
            bank.keep("incremental")
            opened[engine] = bank
        yield opened


@pytest.mark.slow
@pytest.mark.parametrize("relation", modelled_relations())
@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("engine", OTHERS)
def test_relation_is_the_same(
    banks: dict[str, Bank], engine: str, stage: str, relation: str
) -> None:
    expected = banks[REFERENCE].cells(stage, relation)
    assert differences(expected, banks[engine].cells(stage, relation)) == []


@pytest.mark.slow
@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("engine", OTHERS)
def test_the_engines_have_the_same_relations(
    banks: dict[str, Bank], engine: str, stage: str
) -> None:
    assert banks[engine].stages[stage].keys() == banks[REFERENCE].stages[stage].keys()


@pytest.mark.slow
@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("engine", OTHERS)
def test_bronze_is_the_same(banks: dict[str, Bank], engine: str, stage: str) -> None:
    names = [n for n in banks[REFERENCE].stages[stage] if n.startswith("ingestion_raw_data.")]
    assert len(names) > 20
    found = {}
    for name in names:
        expected = banks[REFERENCE].cells(stage, name)
        if faults := differences(expected, banks[engine].cells(stage, name)):
            found[name] = faults
    assert found == {}


@pytest.mark.slow
def test_the_increment_changed_old_months(banks: dict[str, Bank]) -> None:
    """The comparison after the deltas would show little if they only appended."""
    full, later = (
        banks[REFERENCE].stages[stage]["gold.fact_transactions"].to_pandas() for stage in STAGES
    )
    last_month = full["transaction_month"].max()
    added = later[~later["transaction_id"].isin(full["transaction_id"])]
    assert (added["transaction_month"] < last_month).sum() == 5
    both = full.merge(later, on="transaction_id", suffixes=("", "_later"))
    old = both[both["transaction_month"] < last_month]
    assert (old["transaction_amount"] != old["transaction_amount_later"]).sum() >= 3


@pytest.mark.slow
@pytest.mark.usefixtures("banks")
def test_a_second_build_adds_no_index() -> None:
    """Those of a fact that grows stay; a table that is replaced gets its own again."""
    found = [
        (table, definition.split(" USING ")[1])
        for table, definition in _execute(
            "select tablename, indexdef from pg_indexes where schemaname = 'gold'"
        )
    ]
    assert len(found) == len(set(found))
    expected = {
        "fact_account_daily_snapshot": {
            "brin (account_natural_key, customer_natural_key)"
            " WITH (pages_per_range='32', autosummarize='on')"
        },
        "fact_transactions": {"btree (customer_natural_key)", "btree (account_natural_key)"},
        "dim_account": {"btree (account_key)", "btree (account_natural_key)"},
    }
    for table, definitions in expected.items():
        assert {definition for name, definition in found if name == table} == definitions


@pytest.fixture(scope="session")
def served(banks: dict[str, Bank]) -> Iterator[Served]:
    """Return the server's bank after `fa build --full-refresh`, with an analyst that logs in."""
    bank = banks["postgres"]
    _drop_roles()
    _execute(
        "create role analyst",
        "create role fa_builder",
        f"create role {ANALYST} login password '{SECRET}' in role analyst",
    )
    environment = {
        "FA_DATA_DIR": str(bank.settings.data_dir),
        "FA_REPORTS_DIR": str(bank.settings.reports_dir),
        "FA_PERSIST_DOCS": "true",
        "FA_NOW": "2026-01-02T03:04:05Z",
    }
    done = subprocess.run(
        [sys.executable, "-m", "financial_analytics.cli",
         "build", "--full-refresh", "--target", "postgres"],
        env={**os.environ, **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    yield Served(bank, environment, done)
    _drop_roles()


def _execute(*statements: str) -> list[tuple[Any, ...]]:
    """Run statements on the server and return the rows of the last one, if it has any."""
    with postgres_session.open_session() as handle, handle.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        rows = cursor.fetchall() if cursor.description else []
        handle.commit()
    return rows


def _drop_roles() -> None:
    for role in (ANALYST, "analyst", "fa_builder"):
        if _execute(f"select 1 from pg_roles where rolname = '{role}'"):
            _execute(f"drop owned by {role}", f"drop role {role}")


@pytest.mark.slow
def test_the_command_builds_tests_and_publishes(served: Served) -> None:
    """With every data test of the project: one that failed would end it in 4."""
    assert (served.done.returncode, served.done.stdout) == (0, ""), served.done.stderr
    assert "Traceback" not in served.done.stderr
    counts = re.search(r"(\d+) models and seeds, (\d+) tests", served.done.stderr)
    assert counts is not None, served.done.stderr
    assert int(counts[1]) == len(modelled_relations())
    assert int(counts[2]) > 500
    with duckdb.connect(str(snapshot_path(served.bank.settings)), read_only=True) as snapshot:
        snapshot.execute("use gold")
        names = {row[0] for row in snapshot.execute("show tables").fetchall()}
        assert snapshot.execute("select engine from run_info").fetchall() == [("postgres",)]
        wanted = {name.split(".")[1] for name in modelled_relations() if ".analytics_" in name}
        assert wanted and wanted <= names
        for name in sorted(wanted):
            published = snapshot.sql(f"select * from {name}").to_arrow_table()
            built = served.bank.cells("incremental", f"gold.{name}")
            assert differences(built, Cells("published", published)) == []


@pytest.mark.slow
@pytest.mark.parametrize("engine", OTHERS)
def test_a_rebuild_gives_what_the_increments_gave(served: Served, engine: str) -> None:
    assert served.bank.engine == engine
    again = served.bank.snapshot()
    found = {
        name: faults
        for name, table in served.bank.stages["incremental"].items()
        if (faults := differences(Cells("increments", table), Cells("rebuild", again[name])))
    }
    assert found == {}


@pytest.mark.slow
def test_imported_tables_are_read_in_place_and_views_computed_once(served: Served) -> None:
    run = served.bank.settings.data_dir / "dbt" / "postgres" / "run"

    def text(name: str) -> str:
        (path,) = run.rglob(f"{name}.sql")
        return " ".join(path.read_text(encoding="utf-8").split())

    trend = text("analytics_daily_transaction_trend")
    assert 'transactions as not materialized ( select * from "' in trend
    dates = text("int_customers_at_dates")
    assert 'customers as not materialized ( select * from "' in dates
    assert "where not is_inferred" in dates
    assert "activity as ( select * from" in text("fact_customer_monthly_summary")


@pytest.mark.slow
@pytest.mark.usefixtures("served")
def test_every_relation_and_column_has_its_comment() -> None:
    rows = _execute(
        "select c.relname, coalesce(a.attname, ''), d.description"
        " from pg_description as d"
        " join pg_class as c on d.objoid = c.oid and d.classoid = 'pg_class'::regclass"
        " join pg_namespace as n on c.relnamespace = n.oid"
        " left join pg_attribute as a"
        " on a.attrelid = c.oid and a.attnum = d.objsubid and d.objsubid > 0"
        " where n.nspname in ('silver', 'silver_vault', 'gold', 'gold_intermediate')"
    )
    stored = {(relation, column): text.strip() for relation, column, text in rows}
    wanted = {}
    for path in (ROOT / "models").rglob("*.yml"):
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", []):
            for entry in ({**model, "name": ""}, *model["columns"]):
                text = str(entry.get("description", "")).strip()
                wanted[model["name"], entry["name"]] = text
    assert len(wanted) > 2_000
    assert {name for name, _ in wanted} == {name.split(".")[1] for name in modelled_relations()}
    # the YAML leaves columns of staging and vault to the contract: no text, no comment
    silent = {name for (name, _), text in wanted.items() if not text}
    assert {name for name in silent if not name.startswith(("stg_", "vault_"))} == set()
    written = {key: text for key, text in wanted.items() if "doc(" not in text}
    assert {key: text for key, text in written.items() if stored.get(key, "") != text} == {}
    shared = {key: stored.get(key, "") for key in wanted.keys() - written.keys()}
    assert len(shared) > 100
    assert {key for key, text in shared.items() if len(text) < 3 or "{{" in text} == set()


@pytest.mark.slow
def test_doctor_and_report_ask_the_server(
    served: Served, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in served.environment.items():
        monkeypatch.setenv(name, value)
    assert cli.run(["doctor", "--target", "postgres"]) == 0
    said = capsys.readouterr().out
    assert re.search(r"PostgreSQL \d+\S* .*at \S+:\d+/", said)
    assert cli.run(["report", "--target", "postgres", "--category", CATEGORY]) == 0
    page = Path(capsys.readouterr().out.strip())
    text = page.read_text(encoding="utf-8")
    assert "is not built yet" not in text
    # the script of BI users, as an analyst who may read gold alone, writes the same page
    where = urlsplit(postgres_session.reader_address() or "")
    analyst = f"postgresql://{ANALYST}:{SECRET}@{where.hostname}:{where.port}{where.path}"
    folder = served.bank.settings.data_dir / "analyst"
    script = subprocess.run(
        [sys.executable, str(ROOT / "visualizations" / f"{CATEGORY}.py")],
        env={**os.environ, "CONNECTION_STRING": analyst, "FA_REPORTS_DIR": str(folder)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (script.returncode, script.stderr) == (0, "")
    # but for whose rows these are: that stands in bronze, which an analyst does not read
    shown = Path(script.stdout.strip()).read_text(encoding="utf-8")
    bank = re.compile(r"<dt>Bank</dt><dd>(.*?)</dd>")
    assert (bank.findall(text), bank.findall(shown)) == (
        [str(escape("synthetic, nobody's data"))],
        ["not recorded"],
    )
    assert bank.sub("", shown) == bank.sub("", text)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "code", "said"),
    [
        ({"FA_PG_PORT": "1"}, 5, "no PostgreSQL server answers at"),
        ({"FA_PG_PASSWORD": "hunter2"}, 5, "wrong password"),
        ({"FA_PG_USER": ANALYST, "FA_PG_PASSWORD": SECRET}, 4, "permission denied"),
    ],
    ids=["server down", "wrong password", "an analyst"],
)
def test_a_build_that_cannot_be_is_told_in_words(
    served: Served,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    changes: dict[str, str],
    code: int,
    said: str,
) -> None:
    before = served.bank.read("gold.dim_product")
    with monkeypatch.context() as patch:
        for name, value in {**served.environment, **changes}.items():
            patch.setenv(name, value)
        assert cli.run(["build", "--target", "postgres", "--select", "dim_product"]) == code
        out, err = capsys.readouterr()
    assert out == ""
    assert re.search(r"^error: ", err, re.M) and re.search(r"^hint: ", err, re.M)
    assert said in err
    assert "Traceback" not in err and "hunter2" not in err and SECRET not in err
    assert served.bank.read("gold.dim_product").equals(before)


@pytest.mark.slow
def test_sql_models_build_with_the_stock_adapter(served: Served, tmp_path: Path) -> None:
    """The profile's type alone is another; a dimension and a fact of three of its parents."""
    profiles = (ROOT / "profiles.yml").read_text(encoding="utf-8")
    assert profiles.count("type: postgres_python") == 1
    (tmp_path / "profiles.yml").write_text(
        profiles.replace("type: postgres_python", "type: postgres"), encoding="utf-8"
    )
    names = ("silver.stg_transactions", "gold.dim_customer", "gold.fact_transactions")
    done = subprocess.run(
        [sys.executable, "-m", "dbt.cli.main", "run", "--full-refresh", "--target", "postgres",
         "--project-dir", str(ROOT), "--profiles-dir", str(tmp_path),
         "--target-path", str(tmp_path / "target"), "--log-path", str(tmp_path / "logs"),
         "--select", *(name.split(".")[1] for name in names)],
        env={**os.environ, **served.environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    project = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))
    hooks = project["on-run-start"] + project["on-run-end"]
    assert f"PASS={len(names) + len(hooks)} " in done.stdout
    for name in names:
        built = Cells("stock", served.bank.read(name))
        assert differences(served.bank.cells("incremental", name), built) == []
