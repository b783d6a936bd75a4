"""Bronze in the embedded warehouse file: the loader works in it, so that a batch is at home."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from financial_analytics.engines.dry import DryStore, EmptyStore
from financial_analytics.engines.duckdb.ledgers import create_ledger
from financial_analytics.engines.duckdb.session import (
    Connection,
    open_warehouse,
    sql_name,
    sql_text,
)
from financial_analytics.engines.stores import (
    BRONZE_SCHEMA,
    NEEDED_ERASED,
    BronzeCounts,
    BronzeStore,
    BronzeTable,
)
from financial_analytics.settings import Settings

_STORED = "stored"


class DirectStore:
    """The embedded engine: the loader's file is the warehouse."""

    elsewhere = "FA_DATA_DIR=another-folder"

    def __init__(self, path: Path) -> None:
        self.loader_path = path
        self.place = str(path)

    def start(self, loader: Connection) -> None:
        """Do nothing: everything is here."""

    def fetch(self, loader: Connection, table: BronzeTable, keys: str) -> None:
        """Do nothing: everything is here."""

    def fetch_all(self, loader: Connection, table: BronzeTable) -> None:
        """Do nothing: everything is here."""

    def count_keys(self, loader: Connection, table: BronzeTable) -> int:
        """Count the keys in the loader's file."""
        (key,) = table.key
        ((count,),) = loader.execute(
            f"select count(distinct {sql_name(key)}) from {BRONZE_SCHEMA}.{sql_name(table.name)}"
        ).fetchall()
        return int(count)

    def ship(self, loader: Connection, table: BronzeTable, batch_id: int) -> None:
        """Do nothing: everything is here."""

    def orphans(
        self,
        loader: Connection,
        source: tuple[str, str],
        target: tuple[str, str],
        batch_ids: Sequence[int],
    ) -> tuple[int, int, Any]:
        """Count references of some batches that no row of the loader's file answers."""
        name = sql_name(source[1])
        rows, keys, example = loader.execute(
            f"select count(*), count(distinct {name}), min({name}) "
            f"from {BRONZE_SCHEMA}.{sql_name(source[0])} as t "
            f"anti join {BRONZE_SCHEMA}.{sql_name(target[0])} as r"
            f" on t.{name} = r.{sql_name(target[1])} "
            "where t._batch_id between $1 and $2 and list_contains($3::bigint[], t._batch_id) "
            f"and t.{name} is not null",
            [min(batch_ids), max(batch_ids), list(batch_ids)],
        ).fetchall()[0]
        return int(rows), int(keys), example


class StoredFile(DirectStore):
    """A warehouse file that is only read, by a loader that works in another."""

    def __init__(self, path: Path, loader_path: Path) -> None:
        super().__init__(path)
        self.loader_path = loader_path
        self._path = path

    def start(self, loader: Connection) -> None:
        """Bring the lists of batches and of banks, and the kept ids, into the loader's file."""
        loader.execute(f"attach {sql_text(str(self._path))} as {_STORED} (read_only)")
        for name in ("_batches", "_bank", "_keys"):
            self._copy(loader, name, "")
        for name in NEEDED_ERASED:
            if self._columns(loader, name):
                create_ledger(loader, name)
                self._copy(loader, name, "")

    def fetch(self, loader: Connection, table: BronzeTable, keys: str) -> None:
        """Replace the loader's rows of `table` by the stored rows of the given keys."""
        loader.execute(f"delete from {BRONZE_SCHEMA}.{sql_name(table.name)}")
        names = ", ".join(sql_name(name) for name in table.key)
        self._copy(loader, table.name, f"semi join (select distinct {names} from ({keys})) "
                   f"using ({names})")  # fmt: skip

    def fetch_all(self, loader: Connection, table: BronzeTable) -> None:
        """Replace the loader's rows of `table` by all that are stored."""
        loader.execute(f"delete from {BRONZE_SCHEMA}.{sql_name(table.name)}")
        self._copy(loader, table.name, "")

    def count_keys(self, loader: Connection, table: BronzeTable) -> int:
        """Count the keys in the warehouse file."""
        (key,) = table.key
        if not self._columns(loader, table.name):
            return 0
        ((count,),) = loader.execute(
            f"select count(distinct {sql_name(key)}) "
            f"from {_STORED}.{BRONZE_SCHEMA}.{sql_name(table.name)}"
        ).fetchall()
        return int(count)

    def _columns(self, loader: Connection, name: str) -> list[str]:
        rows = loader.execute(
            "select column_name from duckdb_columns() where database_name = $1 "
            "and schema_name = $2 and table_name = $3 order by column_index",
            [_STORED, BRONZE_SCHEMA, name],
        ).fetchall()
        return [str(column) for (column,) in rows]

    def _copy(self, loader: Connection, name: str, condition: str) -> None:
        columns = ", ".join(sql_name(column) for column in self._columns(loader, name))
        if columns:
            relation = f"{BRONZE_SCHEMA}.{sql_name(name)}"
            loader.execute(
                f"insert into {relation} ({columns}) "
                f"select {columns} from {_STORED}.{relation} {condition}"
            )


@contextmanager
def open_dry_store(
    settings: Settings, loader_path: Path, *, is_empty: bool
) -> Iterator[BronzeStore]:
    """Open the bronze of the warehouse file for reading only."""
    path = settings.warehouse_path
    if is_empty or not path.is_file():
        yield DryStore(EmptyStore(loader_path, str(path)))
        return
    yield DryStore(StoredFile(path, loader_path))


@contextmanager
def open_store(settings: Settings, contract: Iterable[BronzeTable]) -> Iterator[DirectStore]:
    """Open the bronze of the warehouse file."""
    yield DirectStore(settings.warehouse_path)


def run_all(settings: Settings, statements: Sequence[str]) -> None:
    """Run statements that change bronze, all or none.

    Raises
    ------
    EngineError
        If the warehouse is in use or damaged.
    """
    with open_warehouse(settings.warehouse_path) as connection:
        connection.execute("begin")
        for statement in statements:
            connection.execute(statement)
        connection.execute("commit")


def bronze_counts(settings: Settings) -> BronzeCounts:
    """Return what the warehouse file holds.

    Raises
    ------
    EngineError
        If it is missing, in use or unreadable.
    """
    path = settings.warehouse_path
    with open_warehouse(path, read_only=True) as connection:
        names = connection.execute(
            "select table_name from information_schema.tables where table_schema = ? order by 1",
            [BRONZE_SCHEMA],
        ).fetchall()
        rows = {}
        for (name,) in names:
            query = f"select count(*) from {BRONZE_SCHEMA}.{sql_name(name)}"
            rows[str(name)] = int(connection.execute(query).fetchall()[0][0])
        newest = _newest_batch(connection) if rows.get("_batches") else ""
    return BronzeCounts(f"{path} ({path.stat().st_size / 1024**2:.1f} MiB)", rows, newest)


def _newest_batch(connection: Connection) -> str:
    rows = connection.execute(
        "select _batch_id, table_name, source_file, loaded_at, rows_accepted, rows_quarantined"
        f" from {BRONZE_SCHEMA}._batches order by _batch_id desc limit 1"
    ).fetchall()
    batch, table, file, loaded_at, accepted, quarantined = rows[0]
    return (
        f"{batch}: {file} into {table} at {loaded_at}, "
        f"{accepted:,} accepted, {quarantined:,} quarantined"
    )
