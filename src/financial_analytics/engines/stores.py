"""Where bronze is kept: the loader works in an embedded file, a store brings its batches home.

The loader compares and validates in an embedded database whatever the target. With the embedded
engine that file is the warehouse. With any other it is a scratch file: the store fetches what a
feed is compared with, and ships each batch as one transaction. Only then is a file loaded.
"""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from financial_analytics.engines.connections import DEFAULT_TARGET
from financial_analytics.engines.duckdb.session import Connection, sql_name
from financial_analytics.errors import UserInputError
from financial_analytics.settings import Settings

BRONZE_SCHEMA = "ingestion_raw_data"
LEDGERS: dict[str, dict[str, str]] = {
    "quarantine": {
        "_batch_id": "bigint", "_loaded_at": "timestamp", "table_name": "text",
        "source_file": "text", "source_row": "bigint", "column_name": "text",
        "rejected_value": "text", "rule": "text", "reason": "text", "raw_row": "text",
    },
    "_batches": {
        "_batch_id": "bigint", "table_name": "text", "source_file": "text",
        "file_sha256": "text", "loaded_at": "timestamp", "rows_read": "bigint",
        "rows_accepted": "bigint", "rows_duplicate": "bigint", "rows_quarantined": "bigint",
        "rows_corrected": "bigint",
    },
    "_bank": {"_batch_id": "bigint", "kind": "text", "parameters": "text"},
}  # fmt: skip
"""Contract types of the tables that are no feed."""

LOAD_COLUMNS = {
    "_batch_id": "bigint", "_loaded_at": "timestamp", "_source_file": "text",
    "_source_row": "bigint",
}  # fmt: skip
"""Contract types of the columns that the loader adds to every feed."""

_MODULES = {
    "postgres": "financial_analytics.engines.postgres.store",
    "spark": "financial_analytics.engines.spark.store",
}
"""Each has ``open_store(settings, contract)``, a context manager that gives a `BronzeStore`."""


class BronzeTable(Protocol):
    """What a store has to know of a table of the contract."""

    @property
    def name(self) -> str:
        """Name of the table."""

    @property
    def key(self) -> tuple[str, ...]:
        """Columns of its key."""

    @property
    def columns(self) -> Iterable[Any]:
        """Columns with `name` and contract `type`."""


class BronzeStore(Protocol):
    """Bronze of one target, as the loader sees it."""

    @property
    def loader_path(self) -> Path:
        """The embedded file that the loader works in."""

    @property
    def place(self) -> str:
        """The warehouse in words."""

    @property
    def elsewhere(self) -> str:
        """How to name another warehouse of this target."""

    def start(self, loader: Connection) -> None:
        """Bring the lists of batches and of banks into the loader's file, whose tables exist."""

    def fetch(self, loader: Connection, table: BronzeTable, keys: str) -> None:
        """Make the stored rows of some keys visible to the loader.

        `keys` is a query, in the loader, of the key columns under their own names.
        """

    def ship(self, loader: Connection, table: BronzeTable, batch_id: int) -> None:
        """Store a batch: rows, quarantined rows, its line, whose it is; all or nothing."""

    def orphans(
        self,
        loader: Connection,
        source: tuple[str, str],
        target: tuple[str, str],
        batch_ids: Sequence[int],
    ) -> tuple[int, int, Any]:
        """Count references of some batches that no row answers.

        `source` and `target` are table and column. Returns rows, distinct keys and the least.
        """


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


@contextmanager
def open_store(
    target: str, settings: Settings, contract: Iterable[BronzeTable]
) -> Iterator[BronzeStore]:
    """Open the bronze of a target.

    Raises
    ------
    UserInputError
        If there is no such target.
    EngineError
        If its server is missing, refuses, or another load is running.
    """
    if target == DEFAULT_TARGET:
        yield DirectStore(settings.warehouse_path)
        return
    if target not in _MODULES:
        valid = ", ".join((DEFAULT_TARGET, *_MODULES))
        raise UserInputError(f"target {target!r} is not valid", hint=f"valid are {valid}")
    with importlib.import_module(_MODULES[target]).open_store(settings, contract) as store:
        yield store


@contextmanager
def scratch_file(settings: Settings, target: str) -> Iterator[Path]:
    """Give the path of a loader's file that is deleted at the end."""
    folder = settings.data_dir / "tmp" / f"loader-{target}"
    shutil.rmtree(folder, ignore_errors=True)  # of a run that was killed
    folder.mkdir(parents=True)
    try:
        yield folder / "loader.duckdb"
    finally:
        shutil.rmtree(folder, ignore_errors=True)
