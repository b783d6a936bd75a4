"""What every reader hands on: a relation to stage, and where each contract column is in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from financial_analytics.ingest.clean import BadLine
from financial_analytics.ingest.remarks import Remark

DOUBT = "_doubt"
"""Column of a connector's table: why a row is to be set aside, in words; NULL where it is not."""


@dataclass(frozen=True)
class FeedColumn:
    """A column as it arrives.

    Attributes
    ----------
    expression : str
        SQL of the value.
    family : str
        Its native type family, or ``text``.
    decimal : str, optional
        Decimal mark of numbers written as text, ``point`` or ``comma``; None until it is known
        (`financial_analytics.ingest.numbers`).
    is_disputed : bool
        Values of the column contradict each other about the decimal mark.
    is_declared : bool
        The user said the mark.
    nulls : tuple of str
        What the user says stands for no value.
    unit : str, optional
        Unit that the user declares, one of `financial_analytics.ingest.units.UNITS`.
    is_doubtful : bool
        The values cannot all be in the unit of the contract.
    factor : str, optional
        SQL of what the value is multiplied by: -1, 1, or NULL if that is not known.
    is_unsigned : bool
        With a factor: the value may not be negative itself.
    words : tuple of (str, str)
        What the user says that words mean, as written (`financial_analytics.ingest.vocabulary`).
    thousands : str, optional
        What groups digits, where the user says it.
    formats : tuple of str
        How dates are written, where the user says it (`financial_analytics.ingest.times`).
    is_rounded : bool
        Numbers with more decimals than the contract has are rounded.
    """

    expression: str
    family: str
    decimal: str | None = None
    is_disputed: bool = False
    is_declared: bool = False
    nulls: tuple[str, ...] = ()
    unit: str | None = None
    is_doubtful: bool = False
    factor: str | None = None
    is_unsigned: bool = False
    words: tuple[tuple[str, str], ...] = ()
    thousands: str | None = None
    formats: tuple[str, ...] = ()
    is_rounded: bool = False


@dataclass(frozen=True)
class Posted:
    """A column beside the contract's that tells rows which moved money; `words` in lower case."""

    name: str
    expression: str
    words: tuple[str, ...]


@dataclass
class Source:
    """A feed, opened and checked, not yet read.

    Attributes
    ----------
    relation : str
        SQL table expression with one row per readable record.
    columns : mapping of str to FeedColumn
        Contract columns that the feed has.
    row : str, optional
        SQL expression of the row number (1 = first); without it rows count in reading order
        and make room for bad lines.
    unknown : tuple of str
        Feed columns that the contract does not have, as they may be shown.
    others : mapping of str to FeedColumn
        The same by normalised name, as text.
    names : mapping of str to str
        All columns of the feed, normalised, with the SQL of each as it arrives.
    listed : str
        The same as a person may read them.
    kept : mapping of str to str
        Columns whose ids go through the kept table, and what they name
        (`financial_analytics.ingest.kept`).
    padded : str, optional
        `relation` with empty values at the end of lines that are too short.
    doubt : str, optional
        SQL of why a row is to be set aside, NULL where it is not.
    posted : Posted, optional
        What tells the rows that moved money.
    bad_lines : list of BadLine
        Lines that could not be read, by row.
    width : int
        Number of columns in the feed.
    blank_lines : callable
        Finds the numbers of the blank lines in what `relation` reads.
    remarks : list of Remark
        What a person should know about how the feed was read.
    """

    relation: str
    columns: Mapping[str, FeedColumn]
    row: str | None = None
    unknown: tuple[str, ...] = ()
    others: Mapping[str, FeedColumn] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    listed: str = ""
    kept: Mapping[str, str] = field(default_factory=dict)
    padded: str | None = None
    doubt: str | None = None
    posted: Posted | None = None
    bad_lines: list[BadLine] = field(default_factory=list)
    width: int = 0
    blank_lines: Callable[[], list[int]] = list
    remarks: list[Remark] = field(default_factory=list)
