"""The same small bank, loaded and built on an engine, and its relations as Arrow."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from financial_analytics.build import BuildOptions, build
from financial_analytics.engines.postgres import copy as postgres_copy
from financial_analytics.engines.postgres import session as postgres_session
from financial_analytics.ingest import ingest
from financial_analytics.ingest.marks import write_mark
from financial_analytics.settings import Settings, find_project_dir
from financial_analytics.states import LEDGER_SCHEMA
from financial_analytics.synthetic import generate, load_config
from tests.support.parity import Cells
from tests.support.postgres_server import DSN_VARIABLE, private_server

FIRST_LOAD = datetime(2026, 1, 1, 6, tzinfo=UTC).replace(tzinfo=None)
SCHEMAS = ("silver", "silver_vault", "gold_intermediate", "gold")
BRONZE = "ingestion_raw_data"


@dataclass(frozen=True)
class Feeds:
    """Folders of one bank in the order they are loaded, with the day each was written."""

    batches: tuple[Path, ...]
    extracted_at: dict[Path, datetime]


def write_feeds(folder: Path) -> Feeds:
    """Write a bank of 300 customers and 15,000 transactions: a full load and three days.

    The deltas hold late transactions, corrections and changed customers and accounts.
    """
    bank = load_config(customers=300, transactions=15_000, deltas=3)
    written = generate(bank, folder)
    moments = {
        path: datetime.fromisoformat(str(day)).replace(tzinfo=None)
        for path, day in written.extracted_at.items()
    }
    late = _write_late(folder)
    write_mark(late, bank.identity(), complete=True)  # of the same bank, so that it joins
    last = max(moments.values())
    return Feeds((*written.batches, late), {**moments, late: last + timedelta(days=1)})


def _write_late(folder: Path) -> Path:
    """Write what comes months late: new and corrected transactions, versions of customers."""
    target = folder / "late"
    target.mkdir()
    feed = pq.read_table(folder / "full" / "transactions.parquet")
    rows = sorted(
        feed.to_pylist(), key=lambda row: (row["transaction_date"], row["transaction_id"])
    )
    highest = max(row["transaction_id"] for row in rows)
    added = [
        {**rows[position], "transaction_id": highest + 10_000_000 + number}
        for number, position in enumerate(range(100, 12_000, 2_500))
    ]
    corrected = [
        {**rows[position], "amount": rows[position]["amount"] + 1}
        for position in range(150, 12_000, 3_000)
    ]
    pq.write_table(
        pa.Table.from_pylist(added + corrected, schema=feed.schema),
        target / "transactions.parquet",
    )
    customers = pq.read_table(folder / "full" / "customers.parquet")
    middle = sorted(customers["updated_at"].to_pylist())[customers.num_rows // 2]
    changed = [
        {**row, "updated_at": middle, "credit_score": 640 + number}
        for number, row in enumerate(customers.slice(0, 5).to_pylist())
    ]
    pq.write_table(
        pa.Table.from_pylist(changed, schema=customers.schema), target / "customers.parquet"
    )
    return target


@dataclass
class Bank:
    """A warehouse on one engine; `stages` holds its relations after each load and build."""

    engine: str
    settings: Settings
    read: Callable[[str], pa.Table]
    list_relations: Callable[[], list[str]]
    execute: Callable[[str], None]
    stages: dict[str, dict[str, pa.Table]] = field(default_factory=dict)
    loads: int = 0

    def load(self, feeds: Feeds, paths: tuple[Path, ...]) -> None:
        """Ingest folders, an hour apart."""
        for path in paths:
            self.loads += 1
            report = ingest(
                [path],
                settings=self.settings,
                loaded_at=FIRST_LOAD + timedelta(hours=self.loads),
                extracted_at=feeds.extracted_at[path],
                target=self.engine,
            )
            assert not report.refused

    def build(self, *select: str, full_refresh: bool = False) -> None:
        """Run all models (no data tests)."""
        options = BuildOptions(
            select=select, target=self.engine, command="run", full_refresh=full_refresh
        )
        build(self.settings, options)

    def snapshot(self) -> dict[str, pa.Table]:
        """Return every relation, by name."""
        return {name: self.read(name) for name in self.list_relations()}

    def keep(self, stage: str) -> None:
        """Remember every relation as it is now."""
        self.stages[stage] = self.snapshot()

    def cells(self, stage: str, relation: str) -> Cells:
        """Return one remembered relation."""
        return Cells(self.engine, self.stages[stage][relation])


def settings_in(folder: Path) -> Settings:
    """Return settings whose data are in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    return Settings(find_project_dir(), folder, folder / "reports")


@contextmanager
def duckdb_bank(folder: Path) -> Iterator[Bank]:
    """Open an empty bank in an embedded file."""
    settings = settings_in(folder)

    def read(relation: str) -> pa.Table:
        with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
            return connection.sql(f"select * from {relation}").to_arrow_table()

    def names() -> list[str]:
        with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
            rows = connection.execute(_NAMES).fetchall()
        return [f"{schema}.{name}" for schema, name in rows]

    def execute(statement: str) -> None:
        with duckdb.connect(str(settings.warehouse_path)) as connection:
            connection.execute(statement)

    yield Bank("duckdb", settings, read, names, execute)


@contextmanager
def postgres_environment() -> Iterator[None]:
    """Point ``FA_PG_…`` at the server of ``FA_TEST_POSTGRES_DSN``, or at a private one."""
    given = os.environ.get(DSN_VARIABLE)
    if given:
        parts = urlsplit(given)
        with _environment(
            FA_PG_HOST=parts.hostname or "localhost",
            FA_PG_PORT=str(parts.port or 5432),
            FA_PG_USER=unquote(parts.username or ""),
            FA_PG_PASSWORD=unquote(parts.password or ""),
            FA_PG_DBNAME=parts.path.strip("/"),
        ):
            yield
        return
    with private_server() as variables, _environment(**variables):
        yield


@contextmanager
def postgres_bank(folder: Path) -> Iterator[Bank]:
    """Open an empty bank on a PostgreSQL server."""

    def read(relation: str) -> pa.Table:
        with postgres_session.open_session() as handle, handle.cursor() as cursor:
            return postgres_copy.copy_out(cursor, f"select * from {relation}")

    def names() -> list[str]:
        with postgres_session.open_session() as handle, handle.cursor() as cursor:
            cursor.execute(_NAMES)
            return [f"{schema}.{name}" for schema, name in cursor.fetchall()]

    def execute(statement: str) -> None:
        with postgres_session.open_session() as handle, handle.cursor() as cursor:
            cursor.execute(statement)
            handle.commit()

    with postgres_environment():
        drop_schemas()
        yield Bank("postgres", settings_in(folder), read, names, execute)
        drop_schemas()


def drop_schemas() -> None:
    """Empty the test database."""
    with postgres_session.open_session() as handle, handle.cursor() as cursor:
        for schema in (*SCHEMAS, BRONZE, LEDGER_SCHEMA):
            cursor.execute(f"drop schema if exists {schema} cascade")
        handle.commit()


_NAMES = (
    "select table_schema, table_name from information_schema.tables where table_schema in ("
    + ", ".join(f"'{schema}'" for schema in (*SCHEMAS, BRONZE))
    + ") order by 1, 2"
)

OPENERS: dict[str, Callable[[Path], AbstractContextManager[Bank]]] = {
    "duckdb": duckdb_bank,
    "postgres": postgres_bank,
}
"""How to open an empty bank on each engine."""


@contextmanager
def _environment(**values: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
