"""What relations hold, as a short text that is another one whenever a cell is another one."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from financial_analytics.settings import Settings


class Contents(Protocol):
    """Reads the relations of one warehouse; may be asked by several threads at once."""

    def of(self, relation: str) -> str | None:
        """Return what ``schema.relation`` holds: its columns and rows, or the text of a view.

        The order of rows does not matter, their number does. None if there is no such relation.
        """


class ContentsModule(Protocol):
    """``contents.py`` of an engine whose relations can be compared."""

    def open_contents(self, settings: Settings) -> AbstractContextManager[Contents]:
        """Open the warehouse for reading contents; raises EngineError if it cannot be read."""

    def stamp(self, settings: Settings) -> str | None:
        """Return a text that changes whenever anything is written into the warehouse.

        None where the engine has none, or there is no warehouse: then relations have to be asked.
        """
