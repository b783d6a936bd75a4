"""Publishing: the snapshot is swapped whole, readers and failures leave each other alone."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from financial_analytics.engines.duckdb.snapshot import open_star
from financial_analytics.errors import BuildError, EngineError, InvalidInputError, UserInputError
from financial_analytics.publish import (
    Run,
    is_published,
    publish,
    remember,
    snapshot_path,
    star_path,
)
from financial_analytics.reports.reader import open_reader
from financial_analytics.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
FILES = {"warehouse.duckdb", "star.duckdb"}
BUILT = dt.datetime(2024, 6, 19, 6, 30, tzinfo=dt.timezone(dt.timedelta(hours=2)))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(project_dir=ROOT, data_dir=tmp_path / "data", reports_dir=tmp_path / "out")


def build(settings: Settings, volume: str = "10.50", rows: int = 2) -> None:
    """A warehouse as dbt leaves it: tables, a view, other schemas."""
    settings.warehouse_path.parent.mkdir(parents=True, exist_ok=True)
    settings.warehouse_path.unlink(missing_ok=True)
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        connection.execute("create schema gold; create schema silver; create schema silver_vault")
        connection.execute(
            "create table silver.data_clock as select date '2024-06-18' as as_of_date"
        )
        connection.execute("create table silver_vault.names as select 'Ann Secret' as first_name")
        connection.execute(
            "create table gold.dim_customer as select id as customer_key, 'Lyon' as city,"
            " 'Ann Secret' as first_name, 'a1b2c3' as email_hash from range(7) t(id)"
        )
        connection.execute("create table gold.features_loan as select * from range(3) t(loan_id)")
        connection.execute("create table gold.fact_loan as select * from range(11) t(id)")
        connection.execute(
            "create table gold.analytics_daily as select i as day_number, "
            f"cast({volume} as decimal(18, 2)) as volume from range({rows}) t(i)"
        )
        connection.execute(
            "create view gold.analytics_view as "
            "select sum(volume) as volume from warehouse.gold.analytics_daily"
        )


def run(name: str = "r1") -> Run:
    return Run(run_id=name, built_at=BUILT)


def test_snapshot_holds_analytics_counts_and_run(settings: Settings) -> None:
    build(settings)
    path = publish(settings, run())
    assert path == snapshot_path(settings) == settings.published_dir / "warehouse.duckdb"
    with open_reader(settings) as reader:
        assert reader.models == {"analytics_daily", "analytics_view", "row_counts", "run_info"}
        assert Decimal(str(reader.frame("analytics_view")["volume"][0])) == Decimal("21.00")
        info = reader.run_info()
    assert (info.run_id, info.engine, info.as_of_date) == ("r1", "duckdb", dt.date(2024, 6, 18))
    assert info.built_at == BUILT, "the moment must survive its time zone"
    assert info.row_counts == {
        "dim_customer": 7,
        "fact_loan": 11,
        "analytics_daily": 2,
        "analytics_view": 1,
    }


@pytest.mark.parametrize("kind", ["synthetic", "own"])
def test_snapshot_says_whose_bank_it_is(settings: Settings, kind: str) -> None:
    build(settings)
    publish(settings, run())
    with open_reader(settings) as reader:
        assert reader.run_info().bank is None, "a warehouse of an earlier version says nothing"
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        connection.execute("create schema ingestion_raw_data")
        connection.execute(f"create table ingestion_raw_data._bank as select '{kind}' as kind")
    publish(settings, run())
    with open_reader(settings) as reader:
        assert reader.run_info().bank == kind


def test_a_snapshot_of_an_earlier_version_is_read(settings: Settings) -> None:
    build(settings)
    with duckdb.connect(str(publish(settings, run()))) as connection:
        connection.execute("alter table gold.run_info drop column bank")
    with open_reader(settings) as reader:
        assert (reader.run_info().run_id, reader.run_info().bank) == ("r1", None)


def test_drafts_of_a_killed_publish_go_and_those_of_a_running_one_stay(settings: Settings) -> None:
    build(settings)
    folder = settings.published_dir
    folder.mkdir(parents=True)
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    for name in ("warehouse", "warehouse.wal", "star", "star.wal"):
        (folder / f".draft.{ended.pid}.{name}").write_text("half")
    running = folder / f".draft.{os.getppid()}.warehouse"
    running.write_text("half")
    publish(settings, run())
    assert {path.name for path in folder.iterdir()} == {*FILES, running.name}


def test_snapshot_holds_nothing_else(settings: Settings) -> None:
    build(settings)
    path = publish(settings, run())
    for written in (path, star_path(settings)):
        assert b"Ann Secret" not in written.read_bytes()
        assert b"a1b2c3" not in written.read_bytes()
    assert {item.name for item in settings.published_dir.iterdir()} == FILES


def test_the_star_schema_is_published_beside_in_the_columns_that_may_leave(
    settings: Settings,
) -> None:
    build(settings)
    publish(settings, run())
    with open_star(star_path(settings)) as star:
        # fact_loan is none of the project's facts, so nobody said which columns may leave
        assert star.names() == ["dim_customer", "features_loan", "run_info"]
        assert star.columns("dim_customer") == ["customer_key", "city"]
        assert (star.row_count("dim_customer"), star.row_count("features_loan")) == (7, 3)
        assert (star.run_id(), star.as_of(), star.bank()) == ("r1", dt.date(2024, 6, 18), None)
        with pytest.raises(duckdb.Error, match="read-only"):
            star.rows("delete from gold.dim_customer returning 1")


def test_a_view_becomes_a_table(settings: Settings) -> None:
    build(settings)
    with duckdb.connect(str(publish(settings, run())), read_only=True) as connection:
        kinds = connection.execute(
            "select distinct table_type from information_schema.tables"
        ).fetchall()
    assert kinds == [("BASE TABLE",)]


def test_an_open_reader_keeps_the_old_snapshot(settings: Settings) -> None:
    build(settings, volume="1.00", rows=5_000)
    publish(settings, run("old"))
    with open_reader(settings) as old:
        assert old.run_info().run_id == "old"
        build(settings, volume="2.00", rows=6_000)
        publish(settings, run("new"))
        # Not read before the swap: the pages of the old file must still be there.
        frame = old.frame("analytics_daily")
        assert (len(frame), float(frame["volume"].sum())) == (5_000, 5_000.0)
        assert old.run_info().run_id == "old"
        with open_reader(settings) as new:
            assert new.run_info().run_id == "new"
            assert float(new.frame("analytics_daily")["volume"].sum()) == 12_000.0
        assert old.run_info().run_id == "old"


def test_a_snapshot_cannot_be_written_through_a_reader(settings: Settings) -> None:
    build(settings)
    publish(settings, run())
    with (
        open_reader(settings) as reader,
        pytest.raises(duckdb.Error, match="read-only"),
    ):
        reader._connection.execute("delete from published.gold.analytics_daily")


@pytest.mark.parametrize("fault", ["no warehouse", "no analytics", "damaged", "broken view"])
def test_a_failure_leaves_the_old_snapshot(settings: Settings, fault: str) -> None:
    build(settings)
    publish(settings, run("good"))
    files = (snapshot_path(settings), star_path(settings))
    before = [path.read_bytes() for path in files]
    if fault == "no warehouse":
        settings.warehouse_path.unlink()
    elif fault == "damaged":
        settings.warehouse_path.write_bytes(b"not a database at all" * 900)
    else:
        with duckdb.connect(str(settings.warehouse_path)) as connection:
            if fault == "no analytics":
                connection.execute("drop view gold.analytics_view")
            connection.execute("drop table gold.analytics_daily")
    expected = BuildError if fault == "no analytics" else (EngineError, duckdb.Error)
    with pytest.raises(expected):
        publish(settings, run("bad"))
    assert [path.read_bytes() for path in files] == before
    assert {item.name for item in settings.published_dir.iterdir()} == FILES


def test_a_missing_warehouse_says_what_to_do(settings: Settings) -> None:
    with pytest.raises(EngineError) as caught:
        publish(settings, run())
    assert "fa ingest" in str(caught.value.hint)


def test_a_moment_without_time_zone_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="no time zone"):
        Run(run_id="r", built_at=dt.datetime(2024, 1, 1))  # noqa: DTZ001


def test_reading_before_publishing_says_what_to_do(settings: Settings) -> None:
    with pytest.raises(EngineError, match="no published snapshot") as caught:
        open_reader(settings)
    assert "fa build" in str(caught.value.hint)


def test_a_model_that_is_not_there_is_named(settings: Settings) -> None:
    build(settings)
    publish(settings, run())
    with open_reader(settings) as reader, pytest.raises(EngineError) as caught:
        reader.frame("analytics_nope")
    assert "fa build --select analytics_nope" in str(caught.value.hint)


def test_rows_come_ordered_by_the_leading_columns(settings: Settings) -> None:
    build(settings)
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        connection.execute(
            "create table gold.analytics_order as "
            "select * from (values ('b', 1), ('a', 2), (null, 0), ('a', 1)) t(name, number)"
        )
    publish(settings, run())
    with open_reader(settings) as reader:
        frame = reader.frame("analytics_order")
    assert frame["number"].tolist() == [1, 2, 1, 0]


@pytest.mark.parametrize("text", ["mysql://root:hunter2@host/db", "hunter2"])
def test_another_kind_of_url_is_refused_without_repeating_it(settings: Settings, text: str) -> None:
    with pytest.raises(UserInputError) as caught:
        open_reader(settings, text)
    assert "hunter2" not in caught.value.message + str(caught.value.hint)
    assert "postgresql://" in str(caught.value.hint)


def test_a_missing_driver_says_what_to_install(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "psycopg2", None)
    with pytest.raises(EngineError, match="driver is not installed") as caught:
        open_reader(settings, "postgresql://user:hunter2@localhost/db")
    assert "financial-analytics[postgres]" in str(caught.value.hint)
    assert "hunter2" not in caught.value.message


def test_a_blank_connection_string_means_the_snapshot(settings: Settings) -> None:
    build(settings)
    publish(settings, run("snap"))
    with open_reader(settings, "  ") as reader:
        assert reader.run_info().run_id == "snap"


def test_a_snapshot_is_known_by_what_was_built_and_by_its_file(settings: Settings) -> None:
    def known(contents: str | None) -> bool:
        return is_published(settings, "duckdb", contents)

    assert not known("a"), "there is none"
    remember(settings, "duckdb", "a")
    assert not known("a"), "there still is none"
    build(settings)
    publish(settings, Run("run-1", BUILT))
    remember(settings, "duckdb", "a")
    assert known("a")
    assert not known("b")
    assert not known(None), "what is built is not known"
    snapshot = snapshot_path(settings)
    content = snapshot.read_bytes()
    snapshot.unlink()
    assert not known("a")
    snapshot.write_bytes(content)
    assert known("a"), "the same bytes are the same snapshot"
    middle = len(content) // 2
    snapshot.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
    assert not known("a"), "damaged, or somebody else's file"
    snapshot.write_bytes(content)
    star = star_path(settings)
    there = star.stat()
    os.utime(star, ns=(there.st_atime_ns, there.st_mtime_ns + 1))
    assert not known("a"), "the star schema is known by its size and time"
    os.utime(star, ns=(there.st_atime_ns, there.st_mtime_ns))
    assert known("a")
    star.unlink()
    assert not known("a")


def test_a_lost_basis_of_the_live_page_is_no_published_build(settings: Settings) -> None:
    build(settings)
    publish(settings, Run("run-1", BUILT))
    basis = settings.published_dir / "realtime.duckdb"
    basis.write_bytes(b"basis")
    remember(settings, "duckdb", "a")
    assert is_published(settings, "duckdb", "a")
    basis.unlink()
    assert not is_published(settings, "duckdb", "a")
