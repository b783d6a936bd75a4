# ruff: noqa: DTZ001
"""An export of another system gives the same bronze on PostgreSQL, its kept ids included."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from tests.support.banks import drop_schemas, settings_in
from tests.support.foreign_export import MAPPING, TABLES, write_export

from financial_analytics.engines.postgres import session as postgres_session
from financial_analytics.ingest import ingest, load_contract
from financial_analytics.synthetic import generate, load_config

pytestmark = pytest.mark.usefixtures("server")
WORDS = yaml.safe_load(MAPPING)


def bronze(table: str, columns: list[str], rows: Any) -> list[tuple[str, ...]]:
    listed = ", ".join(f'"{name}"' for name in columns)
    query = f"select {listed} from ingestion_raw_data.{table}"
    return sorted(tuple(str(value) for value in row) for row in rows(query))


def test_an_export_gives_the_same_cells_and_ids(tmp_path: Path) -> None:
    drop_schemas()
    written = generate(load_config(customers=60, transactions=1_500), tmp_path / "bank", fmt="csv")
    export = write_export(written.batches[0], tmp_path / "export", load_contract())
    first = [export / f"{name}.csv" for name in TABLES[:8]]
    rest = [export / f"{name}.csv" for name in TABLES[8:]]
    settings = {target: settings_in(tmp_path / target) for target in ("postgres", "duckdb")}
    for target, where in settings.items():
        for hour, files in enumerate((first, rest, rest)):
            named = {f.stem for f in files} | {"all_tables"}
            said = {name: entry for name, entry in WORDS.items() if name in named}
            report = ingest(
                files, settings=where, loaded_at=datetime(2026, 1, 2, hour), target=target,
                mapping=said,
            )  # fmt: skip
            assert report.exit_code == 0
            assert (report.totals.accepted == 0) == (hour == 2)

    def there(query: str) -> Any:
        with postgres_session.open_session() as handle, handle.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall()

    def here(query: str) -> Any:
        with duckdb.connect(str(settings["duckdb"].warehouse_path), read_only=True) as connection:
            return connection.execute(query).fetchall()

    load = ["_batch_id", "_source_file", "_source_row"]
    compared = {name: [*load_contract()[name].column_names, *load] for name in TABLES}
    compared |= {"_keys": ["_batch_id", "table_name", "source_id", "kept_id"]}
    for table, columns in compared.items():
        found = bronze(table, columns, there)
        assert found
        assert found == bronze(table, columns, here)


def test_a_dry_run_leaves_the_server_as_it_was(tmp_path: Path) -> None:
    drop_schemas()
    settings = settings_in(tmp_path / "data")
    path = tmp_path / "exchange_rates.csv"
    path.write_text("rate_date,currency,rate_to_usd\n2024-01-02,EUR,1.1\n2024-01-03,x,1.1\n")

    def asked(query: str) -> Any:
        with postgres_session.open_session() as handle, handle.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall()

    def load(hour: int, *, dry_run: bool) -> tuple[int, int, int]:
        report = ingest(
            [path], settings=settings, loaded_at=datetime(2026, 1, 2, hour), target="postgres",
            dry_run=dry_run, max_quarantined_pct=100,
        )  # fmt: skip
        return report.totals.accepted, report.totals.duplicates, report.totals.quarantined

    schemas = "select count(*) from pg_namespace where nspname = 'ingestion_raw_data'"
    assert load(0, dry_run=True) == (1, 0, 1)
    assert asked(schemas) == [(0,)]
    load(1, dry_run=False)
    path.write_text(path.read_text() + "2024-01-04,EUR,1.2\n")
    counts = (
        "select (select count(*) from ingestion_raw_data.exchange_rates),"
        " (select count(*) from ingestion_raw_data._batches),"
        " (select count(*) from ingestion_raw_data.quarantine)"
    )
    before = asked(counts)
    assert load(2, dry_run=True) == (1, 1, 1)
    assert asked(counts) == before == [(1, 1, 1)]
    assert load(3, dry_run=False) == (1, 1, 1)
