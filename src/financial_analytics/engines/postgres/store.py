"""Bronze on PostgreSQL: rows by COPY, each batch one transaction, one loader at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from financial_analytics.engines.dry import DryStore, EmptyStore
from financial_analytics.engines.duckdb.ledgers import create_ledger
from financial_analytics.engines.duckdb.session import Connection, sql_name
from financial_analytics.engines.postgres import copy as postgres_copy
from financial_analytics.engines.postgres.copy import quote
from financial_analytics.engines.postgres.session import address, explain, open_session
from financial_analytics.engines.stores import (
    BRONZE_SCHEMA,
    LEDGERS,
    LOAD_COLUMNS,
    NEEDED_ERASED,
    BronzeCounts,
    BronzeStore,
    BronzeTable,
    scratch_file,
)
from financial_analytics.errors import EngineError
from financial_analytics.settings import Settings

LOADER_LOCK = 0x66615F6C  # any number that nobody else uses
_BATCH_ROWS = 100_000


class PostgresStore:
    """The schema ``ingestion_raw_data`` of a PostgreSQL warehouse."""

    elsewhere = "FA_PG_DBNAME=another_database"

    def __init__(self, handle: Any, loader_path: Path) -> None:
        self.place = _place()
        self.loader_path = loader_path
        self._handle = handle

    def create(self, contract: Iterable[BronzeTable]) -> None:
        """Create the schema and its tables where absent."""
        with self.transaction() as cursor:
            cursor.execute(
                "select table_name, column_name from information_schema.columns"
                " where table_schema = %s",
                (BRONZE_SCHEMA,),
            )
            known = set(cursor.fetchall())
            present = {name for name, _ in known}
            wanted = {
                table.name: (
                    {**{c.name: c.type for c in table.columns}, **LOAD_COLUMNS},
                    table.key,
                )
                for table in contract
            }
            wanted |= {name: (columns, ()) for name, columns in LEDGERS.items()}
            absent = {
                name: [(c, kind) for c, kind in columns.items() if (name, c) not in known]
                for name, (columns, _) in wanted.items()
            }
            if not any(absent.values()):
                return
            cursor.execute(f"create schema if not exists {BRONZE_SCHEMA}")
            for name, (columns, key) in wanted.items():
                if name in present:  # the contract has gained a column since
                    for column, kind in absent[name]:
                        cursor.execute(
                            f"alter table {_bronze(name)} add column {quote(column)} {_type(kind)}"
                        )
                    continue
                spelled = ", ".join(f"{quote(c)} {_type(kind)}" for c, kind in columns.items())
                cursor.execute(f"create table if not exists {_bronze(name)} ({spelled})")
                if key:
                    listed = ", ".join(quote(column) for column in key)
                    cursor.execute(f"create index on {_bronze(name)} ({listed})")

    def start(self, loader: Connection) -> None:
        """Bring the lists of batches and of banks, and the kept ids, into the loader's file."""
        for name in ("_batches", "_bank", "_keys", *NEEDED_ERASED):
            with self.transaction() as cursor:
                cursor.execute("select to_regclass(%s)", (f"{BRONZE_SCHEMA}.{name}",))
                if cursor.fetchone()[0] is None:  # of an earlier version, and only read
                    continue
                rows = postgres_copy.copy_out(cursor, f"select * from {_bronze(name)}")
            if name in NEEDED_ERASED:
                create_ledger(loader, name)
            _insert(loader, name, rows)

    def fetch(self, loader: Connection, table: BronzeTable, keys: str) -> None:
        """Replace the loader's rows of `table` by the stored rows of the given keys."""
        relation = f"{BRONZE_SCHEMA}.{sql_name(table.name)}"
        loader.execute(f"delete from {relation}")
        names = ", ".join(sql_name(name) for name in table.key)
        known = " and ".join(f"{sql_name(name)} is not null" for name in table.key)
        with self.transaction() as cursor:
            cursor.execute(f"select exists(select 1 from {_bronze(table.name)})")
            if not cursor.fetchone()[0]:
                return
            wanted = loader.sql(f"select distinct {names} from ({keys}) where {known}")
            listed = ", ".join(quote(name) for name in table.key)
            cursor.execute(
                f"create temp table feed_keys on commit drop as"
                f" select {listed} from {_bronze(table.name)} limit 0"
            )
            postgres_copy.copy_in(cursor, "feed_keys", wanted.to_arrow_table())
            cursor.execute("analyze feed_keys")
            same = " and ".join(f"s.{quote(name)} = k.{quote(name)}" for name in table.key)
            rows = postgres_copy.copy_out(
                cursor,
                f"select s.* from {_bronze(table.name)} as s"
                f" where exists (select 1 from feed_keys as k where {same})",
            )
        _insert(loader, table.name, rows)

    def fetch_all(self, loader: Connection, table: BronzeTable) -> None:
        """Replace the loader's rows of `table` by all that are stored."""
        loader.execute(f"delete from {BRONZE_SCHEMA}.{sql_name(table.name)}")
        with self.transaction() as cursor:
            rows = postgres_copy.copy_out(cursor, f"select * from {_bronze(table.name)}")
        _insert(loader, table.name, rows)

    def count_keys(self, loader: Connection, table: BronzeTable) -> int:
        """Count the keys on the server."""
        (key,) = table.key
        with self.transaction() as cursor:
            cursor.execute(f"select count(distinct {quote(key)}) from {_bronze(table.name)}")
            return int(cursor.fetchone()[0])

    def ship(self, loader: Connection, table: BronzeTable, batch_id: int) -> None:
        """Store a batch in one transaction."""
        with self.transaction() as cursor:
            order = {
                "quarantine": "source_row, column_name", "_remarks": "kind, words",
                "_batches": "1", "_bank": "1", "_extracts": "1", "_keys": "table_name, kept_id",
            }  # fmt: skip
            for name in (table.name, *order):
                rows = loader.sql(
                    f"select * from {BRONZE_SCHEMA}.{sql_name(name)}"
                    f" where _batch_id = {int(batch_id)}"
                    f" order by {order.get(name, '_source_row')}"
                )
                reader = rows.to_arrow_reader(_BATCH_ROWS)
                if postgres_copy.copy_in(cursor, _bronze(name), reader):
                    cursor.execute(f"analyze {_bronze(name)}")

    def orphans(
        self,
        loader: Connection,
        source: tuple[str, str],
        target: tuple[str, str],
        batch_ids: Sequence[int],
    ) -> tuple[int, int, Any]:
        """Count references of some batches that no stored row answers."""
        name = quote(source[1])
        with self.transaction() as cursor:
            cursor.execute(
                f"select count(*), count(distinct {name}), min({name})"
                f" from {_bronze(source[0])} as t"
                f" where t._batch_id = any(%s) and t.{name} is not null and not exists ("
                f"select 1 from {_bronze(target[0])} as r where r.{quote(target[1])} = t.{name})",
                (list(batch_ids),),
            )
            rows, keys, example = cursor.fetchone()
        return int(rows), int(keys), example

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        """Give a cursor whose statements are committed together."""
        import psycopg2  # noqa: PLC0415

        try:
            with self._handle, self._handle.cursor() as cursor:  # commits, or rolls back
                yield cursor
        except psycopg2.Error as error:
            raise explain(error) from None


@contextmanager
def open_store(settings: Settings, contract: Iterable[BronzeTable]) -> Iterator[PostgresStore]:
    """Open the bronze of the target server for one loader.

    Raises
    ------
    EngineError
        If the server is missing or refuses, or another load is running.
    """
    with open_session() as handle, scratch_file(settings, "postgres") as path:
        with handle, handle.cursor() as cursor:
            # Of the session: it goes when this process does, however it ends.
            cursor.execute("select pg_try_advisory_lock(%s)", (LOADER_LOCK,))
            if not cursor.fetchone()[0]:
                raise EngineError(
                    "another load into this PostgreSQL database is running",
                    hint="wait until it has ended, then load again",
                )
        try:
            store = PostgresStore(handle, path)
            store.create(contract)
            yield store
        finally:
            _unlock(handle)


@contextmanager
def open_dry_store(
    settings: Settings, loader_path: Path, *, is_empty: bool
) -> Iterator[BronzeStore]:
    """Open the bronze of the target server for reading only.

    Raises
    ------
    EngineError
        If the server is missing or refuses.
    """
    with open_session() as handle:
        with handle, handle.cursor() as cursor:
            cursor.execute("select to_regclass(%s)", (f"{BRONZE_SCHEMA}._batches",))
            is_there = cursor.fetchone()[0] is not None
        if is_there and not is_empty:
            yield DryStore(PostgresStore(handle, loader_path))
        else:
            yield DryStore(EmptyStore(loader_path, _place()))


def run_all(settings: Settings, statements: Sequence[str]) -> None:
    """Run statements that change bronze, all or none, while nobody loads.

    Raises
    ------
    EngineError
        If the server refuses, or somebody loads.
    """
    with open_store(settings, ()) as store, store.transaction() as cursor:
        for statement in statements:
            cursor.execute(statement)


def bronze_counts(settings: Settings) -> BronzeCounts:
    """Return what the target server holds.

    Raises
    ------
    EngineError
        If it is missing or refuses.
    """
    with open_session() as handle, handle.cursor() as cursor:
        cursor.execute("show server_version")
        version = cursor.fetchone()[0]
        cursor.execute(
            "select table_name from information_schema.tables where table_schema = %s order by 1",
            (BRONZE_SCHEMA,),
        )
        rows = {}
        for (name,) in cursor.fetchall():
            cursor.execute(f"select count(*) from {_bronze(name)}")
            rows[str(name)] = int(cursor.fetchone()[0])
    return BronzeCounts(f"PostgreSQL {version} at {_place()}", rows)


def _place() -> str:
    where = address()
    return f"{where['host']}:{where['port']}/{where['dbname']}"


def _unlock(handle: Any) -> None:
    """Let the next load in at once, not when the server notices that this session has ended."""
    import psycopg2  # noqa: PLC0415

    with suppress(psycopg2.Error), handle, handle.cursor() as cursor:
        cursor.execute("select pg_advisory_unlock(%s)", (LOADER_LOCK,))


def _bronze(name: str) -> str:
    return f"{BRONZE_SCHEMA}.{quote(name)}"


def _type(kind: str) -> str:
    return "double precision" if kind == "double" else kind


def _insert(loader: Connection, name: str, rows: Any) -> None:
    columns = ", ".join(sql_name(column) for column in rows.column_names)
    loader.register("fetched_rows", rows)
    try:
        loader.execute(
            f"insert into {BRONZE_SCHEMA}.{sql_name(name)} ({columns})"
            f" select {columns} from fetched_rows"
        )
    finally:
        loader.unregister("fetched_rows")
