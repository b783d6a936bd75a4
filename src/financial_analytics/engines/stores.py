"""Where bronze is kept: the loader works in an embedded file, a store brings its batches home.

The loader compares and validates in an embedded database whatever the target. With the embedded
engine that file is the warehouse. With any other it is a scratch file: the store fetches what a
feed is compared with, and ships each batch as one transaction. Only then is a file loaded.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from financial_analytics.engines.duckdb.session import Connection
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
    "_remarks": {
        "_batch_id": "bigint", "_loaded_at": "timestamp", "table_name": "text",
        "source_file": "text", "kind": "text", "concerned_count": "bigint", "words": "text",
    },
    "_bank": {"_batch_id": "bigint", "kind": "text", "parameters": "text"},
    "_extracts": {"_batch_id": "bigint", "extracted_at": "timestamp"},
    "_keys": {
        "_batch_id": "bigint", "table_name": "text", "source_id": "text", "kept_id": "bigint",
    },
}  # fmt: skip
"""Contract types of the tables that are no feed."""

ERASURE_LEDGERS: dict[str, dict[str, str]] = {
    "_erased": {"table_name": "text", "id_hash": "text"},
    "_erasure_secret": {"salt": "text", "wrapped": "text", "proof": "text"},
    "_erasures": {
        "erasure_number": "bigint", "started_at": "timestamp", "finished_at": "timestamp",
        "customer_count": "bigint", "row_count": "bigint",
    },
}  # fmt: skip
"""Contract types of what an erasure leaves; there are none before the first one."""
NEEDED_ERASED = ("_erased", "_erasure_secret")
"""Those of them that a loader needs."""

LOAD_COLUMNS = {
    "_batch_id": "bigint", "_loaded_at": "timestamp", "_source_file": "text",
    "_source_row": "bigint",
}  # fmt: skip
"""Contract types of the columns that the loader adds to every feed."""


@dataclass(frozen=True)
class BronzeCounts:
    """What bronze holds.

    Attributes
    ----------
    place : str
        The warehouse in words.
    rows : dict of str to int
        Number of rows of each table, by name.
    newest : str
        The batch that was loaded last, in words; empty where the engine does not say.
    """

    place: str
    rows: dict[str, int]
    newest: str = ""


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

    def fetch_all(self, loader: Connection, table: BronzeTable) -> None:
        """Make all stored rows of a table visible to the loader."""

    def count_keys(self, loader: Connection, table: BronzeTable) -> int:
        """Count the keys that are stored of a table."""

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
