"""A store that a load leaves no trace in: it reads what is there and keeps the rest to itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from financial_analytics.engines.duckdb.session import Connection, sql_name
from financial_analytics.engines.stores import BRONZE_SCHEMA, BronzeStore, BronzeTable

_SHIPPED = "dry_run"


class EmptyStore:
    """A warehouse that holds nothing, or that is about to be set aside."""

    elsewhere = ""

    def __init__(self, loader_path: Path, place: str) -> None:
        self.loader_path = loader_path
        self.place = place

    def start(self, loader: Connection) -> None:
        """Do nothing: there is nothing."""

    def fetch(self, loader: Connection, table: BronzeTable, keys: str) -> None:
        """Leave the loader's table empty."""
        self.fetch_all(loader, table)

    def fetch_all(self, loader: Connection, table: BronzeTable) -> None:
        """Leave the loader's table empty."""
        loader.execute(f"delete from {BRONZE_SCHEMA}.{sql_name(table.name)}")

    def count_keys(self, loader: Connection, table: BronzeTable) -> int:
        """Count nothing."""
        return 0

    def ship(self, loader: Connection, table: BronzeTable, batch_id: int) -> None:
        """Do nothing."""

    def orphans(
        self,
        loader: Connection,
        source: tuple[str, str],
        target: tuple[str, str],
        batch_ids: Sequence[int],
    ) -> tuple[int, int, Any]:
        """Count nothing."""
        return 0, 0, None


class DryStore:
    """Reads from another store, and shows the loader what it has shipped as if it were there.

    Parameters
    ----------
    stored : BronzeStore
        What is there; nothing is written to it. Its loader's file is a scratch file.
    """

    def __init__(self, stored: BronzeStore) -> None:
        self._stored = stored
        self.loader_path = stored.loader_path
        self.place = stored.place
        self.elsewhere = stored.elsewhere
        self._shipped: set[str] = set()

    def start(self, loader: Connection) -> None:
        """Bring the lists of batches and of banks into the loader's file."""
        self._stored.start(loader)

    def fetch(self, loader: Connection, table: BronzeTable, keys: str) -> None:
        """Make the stored rows of some keys visible, and what this run would have added."""
        self._stored.fetch(loader, table, keys)
        self._add_shipped(loader, table)

    def fetch_all(self, loader: Connection, table: BronzeTable) -> None:
        """Make all stored rows visible, and what this run would have added."""
        self._stored.fetch_all(loader, table)
        self._add_shipped(loader, table)

    def count_keys(self, loader: Connection, table: BronzeTable) -> int:
        """Count the keys that are stored."""
        return self._stored.count_keys(loader, table)

    def ship(self, loader: Connection, table: BronzeTable, batch_id: int) -> None:
        """Keep the rows of a batch for the files that follow."""
        source = f"{BRONZE_SCHEMA}.{sql_name(table.name)}"
        target = f"{_SHIPPED}.{sql_name(table.name)}"
        if table.name not in self._shipped:
            loader.execute(f"create schema if not exists {_SHIPPED}")
            loader.execute(f"create table {target} as from {source} limit 0")
            self._shipped.add(table.name)
        loader.execute(f"insert into {target} from {source} where _batch_id = {int(batch_id)}")

    def orphans(
        self,
        loader: Connection,
        source: tuple[str, str],
        target: tuple[str, str],
        batch_ids: Sequence[int],
    ) -> tuple[int, int, Any]:
        """Count nothing: what refers to what is known once it is loaded."""
        return 0, 0, None

    def _add_shipped(self, loader: Connection, table: BronzeTable) -> None:
        if table.name in self._shipped:
            loader.execute(
                f"insert into {BRONZE_SCHEMA}.{sql_name(table.name)} "
                f"from {_SHIPPED}.{sql_name(table.name)}"
            )
