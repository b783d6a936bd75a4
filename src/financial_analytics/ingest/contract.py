"""The bronze contract: which tables and columns a bank's feeds may hold.

``models/ingestion/sources.yml`` is the one place that says so (`contract_file` reads it).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

BRONZE_SCHEMA = "ingestion_raw_data"
UNKNOWN_ID = -1
"""Natural key of every unknown member (macros/warehouse/members.sql): no source may use it."""
CODE_LISTS = ("currency",)
EXTRACT_DAY = "extract day"
"""In `Table.ended`: the day of the full extract that a row is gone from, where it has no other."""
DECIMAL = re.compile(r"decimal\((\d+), ?(\d+)\)")
PLAIN_TYPES = {
    "integer": "integer",
    "bigint": "bigint",
    "text": "varchar",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp",
    "double": "double",
}


@dataclass(frozen=True)
class DateClass:
    """What dates of one kind can be.

    `placeholders` are days that stand for "unknown"; `real` are sentinel dates of the contract that
    are days like any other here.
    """

    name: str
    earliest: date
    latest: date | None = None
    placeholders: tuple[date, ...] = ()
    real: tuple[date, ...] = ()


@dataclass(frozen=True)
class Column:
    """One column of a feed.

    Attributes
    ----------
    name, type : str
        Name in bronze, and contract type (``text``, ``integer``, ``decimal(18, 2)`` …).
    required : bool
        A blank value sends the row to quarantine.
    values : tuple of str
        Closed list in canonical spelling; empty when any value goes.
    words : tuple of str
        Open list in canonical spelling: words that models know; others go and decide nothing.
    synonyms : mapping of str to str
        Other words, plain (`financial_analytics.ingest.vocabulary`), for those of either list.
    null_words : tuple of str
        In lower case, what stands for no value in this column besides the words of all.
    code_list : str, optional
        Name of a standard list, one of `CODE_LISTS`, whose codes go, in any spelling it knows.
    above : float or int, optional
        Exclusive lower bound.
    minimum, maximum : float or int, optional
        Inclusive bounds.
    usual_maximum : float or int, optional
        Of fractions: a column with more above is thought to be in per cent.
    unit, pii : str, optional
        Unit of a number; class of personal data.
    past : bool
        The value may not lie more than a day after the load.
    dates : DateClass, optional
        What the date can be.
    is_id : bool
        The value names a member of some table, so it may not be `UNKNOWN_ID`.
    sentinels : tuple of date
        Days that stand for "no date" in an optional column.
    feed_names : tuple of str
        Other names under which a feed may deliver the column.
    """

    name: str
    type: str
    required: bool = False
    values: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    synonyms: Mapping[str, str] = field(default_factory=dict)
    null_words: tuple[str, ...] = ()
    code_list: str | None = None
    above: float | int | None = None
    minimum: float | int | None = None
    maximum: float | int | None = None
    usual_maximum: float | int | None = None
    unit: str | None = None
    pii: str | None = None
    past: bool = False
    dates: DateClass | None = None
    is_id: bool = False
    sentinels: tuple[date, ...] = ()
    feed_names: tuple[str, ...] = ()

    @property
    def has_list(self) -> bool:
        """Whether only values of a closed list go."""
        return bool(self.values or self.code_list)

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """Words of the closed or the open list."""
        return self.values or self.words

    @property
    def sql_type(self) -> str:
        """Type of the bronze column."""
        return PLAIN_TYPES.get(self.type, self.type)

    @property
    def family(self) -> str:
        """Type without its parameters: ``decimal`` for ``decimal(18, 2)``."""
        return "decimal" if DECIMAL.fullmatch(self.type) else self.type

    @property
    def scale(self) -> int:
        """Decimals that a decimal column keeps (0 for every other type)."""
        match = DECIMAL.fullmatch(self.type)
        return int(match.group(2)) if match else 0


@dataclass(frozen=True)
class Correction:
    """When a second row of an event's key is the same thing, said again: else it is another.

    `same` columns agree, `within_days` columns lie at most so many days apart.
    """

    same: tuple[str, ...]
    within_days: Mapping[str, int]


@dataclass(frozen=True)
class Table:
    """One table of the contract; `kind` decides what a second arrival of a key means.

    `ended` are the values by which a row of an entity says that it is no more.
    """

    name: str
    kind: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    version_time: str | None = None
    event_time: str | None = None
    references: Mapping[str, str] = field(default_factory=dict)
    identity: tuple[str, ...] = ()
    correction: Correction | None = None
    ended: Mapping[str, str | bool] = field(default_factory=dict)
    description: str = ""

    def column(self, name: str) -> Column:
        """Return the column called `name`."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of all columns, in contract order."""
        return tuple(column.name for column in self.columns)

    @property
    def has_personal_data(self) -> bool:
        """Whether any column is personal data."""
        return any(column.pii for column in self.columns)


@dataclass(frozen=True)
class Contract:
    """The tables of the contract, by name, in the order of the file.

    `name_words` are words of column names, or whole names, with what feeds write for them.
    """

    tables: Mapping[str, Table]
    name_words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Table:
        return self.tables[name]

    def __contains__(self, name: object) -> bool:
        return name in self.tables

    def __iter__(self) -> Iterator[Table]:
        return iter(self.tables.values())

    def __len__(self) -> int:
        return len(self.tables)
