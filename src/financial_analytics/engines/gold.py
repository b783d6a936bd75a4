"""What a build left in a warehouse, read only: the same questions of every engine."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar

from financial_analytics.states import LEDGER_SCHEMA, LEDGER_TABLE, Ledger, ledger_of

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA = "gold"


class Gold(ABC):
    """A warehouse that has been built; an engine says how it is asked."""

    engine: ClassVar[str]
    """Name of the engine."""

    @abstractmethod
    def rows(self, query: str) -> Sequence[Sequence[Any]]:
        """Return the rows of a query that every engine takes."""

    @abstractmethod
    def relations(self) -> set[str]:
        """Return ``schema.relation`` of all tables and views."""

    def has(self, schema: str, name: str) -> bool:
        """Tell whether a relation exists and may be read."""
        return f"{schema}.{name}" in self.relations()

    @abstractmethod
    def quoted(self, name: str) -> str:
        """Return a name as a quoted identifier."""

    @abstractmethod
    def table(self, name: str, *, schema: str = SCHEMA, condition: str = "1 = 1") -> pa.Table:
        """Return one relation, of gold unless told otherwise, or its rows that meet a condition."""

    def columns(self, name: str) -> list[str]:
        """Return the columns of one relation of gold, in order."""
        return list(self.table(name, condition="1 = 0").column_names)

    @abstractmethod
    def batches(self, name: str, columns: Sequence[str]) -> pa.RecordBatchReader:
        """Return columns of one relation of gold, a part of the rows at a time."""

    @abstractmethod
    def names(self) -> list[str]:
        """Return the relations of gold, in order."""

    def row_count(self, name: str) -> int:
        """Return the number of rows of one relation of gold."""
        return int(self.rows(f"select count(*) from {SCHEMA}.{self.quoted(name)}")[0][0])

    def as_of(self) -> date | None:
        """Return the data clock, if there is one."""
        row = self._first("silver", "data_clock", "as_of_date")
        day: date | None = row[0] if row else None
        return day

    def bank(self) -> str | None:
        """Return the kind of bank that bronze holds, if it says so."""
        row = self._first("ingestion_raw_data", "_bank", "kind")
        return str(row[0]) if row else None

    def ledger(self) -> Ledger | None:
        """Return of which build each relation is, if the warehouse says so."""
        if not self.has(LEDGER_SCHEMA, LEDGER_TABLE):
            return None
        columns = "relation, state, is_building"
        return ledger_of(self.rows(f"select {columns} from {LEDGER_SCHEMA}.{LEDGER_TABLE}"))

    def newest_settings(self) -> str | None:
        """Return the variables that the newest build was given, as JSON; None if none kept any."""
        row = self._first(LEDGER_SCHEMA, "settings", "variables", "order by build_number desc")
        return str(row[0]) if row else None

    def _first(self, schema: str, name: str, column: str, order: str = "") -> Sequence[Any] | None:
        if not self.has(schema, name):
            return None
        found = self.rows(f"select {column} from {schema}.{name} {order} limit 1")
        return found[0] if found else None
