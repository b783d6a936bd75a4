# ruff: noqa: DTZ001
"""What killed commands leave is gone with the next one, and nobody else reads what one writes."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
from tests.support.lab import write_feed
from tests.support.situations import small_disk
from tests.support.small_bank import feeds

from financial_analytics import cli
from financial_analytics.drafts import scratch_name
from financial_analytics.engines.duckdb.snapshot import swap_in
from financial_analytics.export.files import whole_folder
from financial_analytics.settings import Settings, find_project_dir


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FA_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("FA_REPORTS_DIR", str(tmp_path / "reports"))
    return tmp_path / "data"


@pytest.fixture(scope="module")
def ended() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("Ann,Lee", encoding="utf-8")
    return path


def test_any_command_clears_away_what_killed_ones_left(data: Path, ended: int) -> None:
    own, here = os.getpid(), Path(tempfile.gettempdir())
    gone = [
        touch(data / f".draft.{ended}.warehouse.duckdb"),
        touch(data / "published" / f".draft.{ended}.warehouse"),
        touch(data / "published" / f".draft.{ended}.warehouse.wal"),
        touch(data / "published" / f".draft.{own}.realtime"),  # of a container that was killed
        touch(data / "dbt" / "duckdb" / f".draft.{ended}.records.json"),
        touch(data / "tmp" / f"ingest-{ended}-abc" / "transcoded.txt"),
        touch(data / "tmp" / f"spill-{ended}-files" / "spilt.tmp"),
        touch(here / f"fa-dry-run-{ended}-abc" / "loader.duckdb"),
    ]
    running = os.getppid()
    stays = [
        touch(data / "published" / f".draft.{running}.warehouse"),
        touch(data / "tmp" / f"ingest-{running}-abc" / "transcoded.txt"),
        touch(data / "tmp" / "of-somebody-else"),
    ]
    cli.run(["report"])
    assert [path for path in gone if path.exists()] == []
    assert [path for path in stays if not path.exists()] == []


@pytest.mark.parametrize("room", [4096, 8192])
def test_a_disk_that_is_full_at_once_leaves_no_half_made_warehouse(
    data: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], room: int
) -> None:
    for table, rows in feeds().items():
        write_feed(tmp_path / "feeds", table, rows)
    with small_disk(room):
        assert cli.run(["ingest", str(tmp_path / "feeds")]) == 5
    assert "error: disk or memory ran out: " in capfd.readouterr().err
    assert not list(data.glob("*warehouse*"))
    assert not list(data.glob(".draft*"))
    assert cli.run(["ingest", str(tmp_path / "feeds")]) == 0


def test_an_export_that_was_killed_does_not_stop_the_next(tmp_path: Path, ended: int) -> None:
    """Its drafts are folders."""
    left = touch(tmp_path / f".out.draft.{ended}.new" / "half")
    with whole_folder(tmp_path / "out", "whole") as draft:
        touch(draft / "whole")
    assert (tmp_path / "out" / "whole").exists()
    assert not left.parent.exists()


def test_what_an_ingest_works_in_is_its_own(tmp_path: Path) -> None:
    assert scratch_name("ingest") == f"ingest-{os.getpid()}-"


def test_data_are_readable_by_their_owner_only(data: Path, tmp_path: Path) -> None:
    for table, rows in feeds().items():
        write_feed(tmp_path / "feeds", table, rows)
    before = os.umask(0o022)
    try:
        assert cli.run(["ingest", str(tmp_path / "feeds")]) == 0
        assert cli.run(["generate", str(tmp_path / "bank"), "--customers", "20"]) == 0
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(before)
    written = [data, *data.rglob("*")]
    assert [path for path in written if stat.S_IMODE(path.stat().st_mode) & 0o077] == []
    assert (data / "warehouse.duckdb") in written
    assert not list((data / "tmp").iterdir())
    [feed] = (tmp_path / "bank" / "full").glob("customers.parquet")
    assert stat.S_IMODE(feed.stat().st_mode) == 0o644  # a made-up bank, in a folder of the user's


def test_one_load_under_a_wrong_clock_is_dated_anew(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The loads before keep their time; the versions that took the wrong one do not keep it."""
    monkeypatch.setenv("FA_NOW", "2026-01-02T03:00:00Z")
    folder = tmp_path / "feeds"
    made = feeds()
    write_feed(folder / "1", "products", made["products"])
    rows = [{**row, "updated_at": None} for row in made["customers"]]
    rows[0]["signup_date"] = "yesterday"
    write_feed(folder / "2", "customers", rows)
    write_feed(folder / "3", "accounts", made["accounts"])
    assert cli.run(["ingest", str(folder / "1")]) == 0
    assert cli.run(["ingest", str(folder / "2"), "--loaded-at", "2099-01-01"]) == 6
    monkeypatch.setenv("FA_NOW", "2026-01-03T03:00:00Z")
    assert cli.run(["ingest", str(folder / "3")]) == 2
    assert "if that load was under a wrong clock: fa redate" in capfd.readouterr().err
    assert cli.run(["redate"]) == 0
    assert capfd.readouterr().out == "1 loads are dated 2026-01-03 03:00:00\n"
    assert cli.run(["redate"]) == 0
    assert "nothing was changed" in capfd.readouterr().err
    assert cli.run(["ingest", str(folder / "3")]) == 0
    with duckdb.connect(str(data / "warehouse.duckdb"), read_only=True) as connection:
        found = connection.execute(
            "select distinct 'products', _loaded_at, max(updated_at) over ()"
            " from ingestion_raw_data.products union all"
            " select distinct 'customers', _loaded_at, updated_at from ingestion_raw_data.customers"
            " union all select table_name, loaded_at, null from ingestion_raw_data._batches"
            " union all select 'aside', _loaded_at, null from ingestion_raw_data.quarantine"
        ).fetchall()
    right, before = datetime(2026, 1, 3, 3), datetime(2026, 1, 2, 3)
    assert sorted(found, key=str) == sorted([
        ("products", before, datetime(2024, 1, 1)), ("customers", right, right),
        ("products", before, None), ("customers", right, None), ("accounts", right, None),
        ("aside", right, None),
    ], key=str)  # fmt: skip


def test_a_snapshot_keeps_the_rights_that_it_was_given(tmp_path: Path) -> None:
    settings = Settings(find_project_dir(), tmp_path / "data", tmp_path / "reports")
    path = settings.published_dir / "warehouse.duckdb"
    for mode in (0o600, 0o640):
        swap_in({path: lambda connection: connection.execute("create table t as select 1 as i")})
        path.chmod(mode)
    swap_in({path: lambda connection: connection.execute("create table t as select 2 as i")})
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
