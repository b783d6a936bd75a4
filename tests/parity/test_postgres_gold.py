"""Gold of a PostgreSQL server: what reports and publishing read of it, through one reader."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from tests.support.banks import drop_schemas

from financial_analytics.engines.duckdb.snapshot import open_star
from financial_analytics.engines.postgres import gold as postgres_gold
from financial_analytics.engines.postgres import session as postgres_session
from financial_analytics.engines.table import engine_of
from financial_analytics.errors import EngineError, NotPublishedError
from financial_analytics.publish import Run, publish, star_path
from financial_analytics.reports.reader import open_reader
from financial_analytics.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
RUN = Run("r", datetime(2026, 1, 2, 3, tzinfo=UTC), "postgres")
WAREHOUSE = """
create schema gold; create schema silver; create schema builds; create schema ingestion_raw_data;
create table silver.data_clock as select date '2024-01-05' as as_of_date;
create table ingestion_raw_data._bank as select 'own'::text as kind;
create table builds.relations (relation text, state text, is_building boolean);
create table builds.settings (build_number bigint, variables text);
create table gold.dim_a as select generate_series(1, 3) as a_key;
create table gold.analytics_a (
    group_name text, small_count integer, big_count bigint, amount numeric(18, 2),
    share double precision, from_date date, seen_at timestamp, is_open boolean
);
insert into gold.analytics_a values
('a "b", c', 1, 2, 1.50, 0.1, '2024-01-31', '2024-01-01 10:11:12.123456', true),
('', 2, 3, -0.25, 1e-300, '1999-12-31', '2024-01-01', false),
(null, null, null, null, null, null, null, null)
"""


@pytest.fixture
def settings(server: None, tmp_path: Path) -> Settings:
    drop_schemas()
    change(WAREHOUSE)
    return Settings(ROOT, tmp_path / "data", tmp_path / "out")


def change(statements: str) -> None:
    with postgres_session.open_session() as handle, handle, handle.cursor() as cursor:
        cursor.execute(statements)


def live(settings: Settings) -> Any:
    return open_reader(settings, postgres_session.reader_address())


def test_a_report_of_the_server_and_one_of_its_snapshot_read_the_same(settings: Settings) -> None:
    change("insert into builds.relations values ('gold.dim_a', '1:x', false),"
           " ('gold.analytics_a', '1:x', false);"
           "create table gold.features_a as select * from gold.analytics_a")  # fmt: skip
    publish(settings, RUN)
    with live(settings) as server, open_reader(settings) as snapshot:
        assert server.models == {"analytics_a", "dim_a", "features_a"}
        wanted, found = snapshot.frame("analytics_a"), server.frame("analytics_a")
        asked, kept = server.run_info(), snapshot.run_info()
    assert found["amount"].tolist() == [Decimal("-0.25"), Decimal("1.50"), None]
    # a snapshot gives amounts as doubles and dates as timestamps
    found["amount"] = found["amount"].astype(float)
    found["from_date"] = found["from_date"].astype(wanted["from_date"].dtype)
    assert found.astype(object).where(found.notna(), None).values.tolist() == (
        wanted.astype(object).where(wanted.notna(), None).values.tolist()
    )
    assert asked == replace(kept, run_id="not recorded", built_at=None)
    assert (asked.as_of_date, asked.bank, asked.mixture) == (date(2024, 1, 5), "own", None)
    assert asked.row_counts == {"analytics_a": 3, "dim_a": 3}
    with open_star(star_path(settings)) as star, postgres_gold.open_gold(settings) as gold:
        there = gold.table("features_a")
        assert star.table("features_a").to_pylist() == there.to_pylist()
        assert gold.batches("features_a", there.column_names).read_all().equals(there)
        assert gold.batches("dim_a", ["a_key"]).read_all()["a_key"].to_pylist() == [1, 2, 3]
        assert star.names() == ["features_a", "run_info"]


def test_the_ledger_is_read_once_for_both(settings: Settings) -> None:
    change("insert into builds.relations values ('gold.dim_a', '1:x', true)")
    with live(settings) as reader:
        assert reader.run_info().mixture == "left half built: gold.dim_a"
    with pytest.raises(NotPublishedError, match=r"left half built: gold\.dim_a"):
        publish(settings, RUN)


def test_the_newest_settings_and_what_is_there(settings: Settings) -> None:
    engine = engine_of("postgres")
    assert engine.newest_settings(settings) is None
    change("insert into builds.settings values (9, '{}'), (10, '{\"a\": 1}')")
    assert engine.newest_settings(settings) == '{"a": 1}'
    assert {"gold.dim_a", "builds.settings"} <= engine.relations(settings)
    assert engine.store.bronze_counts(settings).rows == {"_bank": 1}
    change("drop schema builds cascade")
    assert engine.newest_settings(settings) is None


def test_a_reader_writes_nothing_and_gets_no_keys(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FA_PII_KEY", "a key of sixteen letters")
    with postgres_gold.open_gold_at(postgres_session.reader_address() or "") as gold:
        keys = gold.rows("select current_setting('fa.pii_inner_pad', true)")
        assert keys[0][0] in {None, ""}
        with pytest.raises(psycopg2.errors.ReadOnlySqlTransaction):
            gold.rows("delete from gold.dim_a returning 1")


@pytest.mark.parametrize(
    "url", ["postgresql://u:hunter2@127.0.0.1:1/db", "postgresql://u:hunter2@["]
)
def test_a_server_that_refuses_is_told_without_the_password(settings: Settings, url: str) -> None:
    with pytest.raises(EngineError, match="refused the connection") as caught:
        open_reader(settings, url)
    assert "hunter2" not in f"{caught.value.message}{caught.value.hint}"
