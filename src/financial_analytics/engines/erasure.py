"""What erasing customers asks of an engine."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from financial_analytics.settings import Settings


class Editor(Protocol):
    """Bronze in a transaction, open for changes while nobody loads."""

    def tables(self) -> set[str]:
        """Return the tables of bronze."""

    def create(self, name: str) -> None:
        """Create one of `ERASURE_LEDGERS` where absent."""

    def execute(self, statement: str) -> int:
        """Run a statement that holds no id, and return how many rows it changed."""

    def rows(self, query: str) -> Sequence[Sequence[Any]]:
        """Return the rows of a query."""

    def give(
        self, name: str, columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Any]]
    ) -> None:
        """Create a temporary table of these rows; no log of statements shows them."""


class ErasureModule(Protocol):
    """``erasure.py`` of an engine."""

    def open_editor(self, settings: Settings) -> AbstractContextManager[Editor]:
        """Open bronze for changes, all or none; raises EngineError if it cannot."""

    def rewrite(self, settings: Settings, tables: Sequence[str]) -> None:
        """Write bronze anew without the bytes of rows that are gone; what is built may go."""
