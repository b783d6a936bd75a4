"""Columns that a mapping makes: a constant, debit and credit, an id of parts, an expression."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from financial_analytics.engines.duckdb.session import open_warehouse
from financial_analytics.errors import FeedError, UserInputError
from financial_analytics.ingest import expressions, rules, signs
from financial_analytics.ingest.contract import Column, Table
from financial_analytics.ingest.forms import COLUMN_OPTIONS, PLAIN, Form, column_form
from financial_analytics.ingest.header import normalise
from financial_analytics.ingest.kept import namespace
from financial_analytics.ingest.source import FeedColumn, Source

CONSTANT, SPLIT, PARTS, SQL = "constant", "split", "parts", "sql"
_KEYS = {"constant": CONSTANT, "debit": SPLIT, "credit": SPLIT, "parts": PARTS, "sql": SQL}
SEPARATOR = "|"
"""Between the parts of an id."""


@dataclass(frozen=True)
class Made:
    """A contract column that no column of the feed holds as it is.

    Attributes
    ----------
    column, kind : str
        Name in the contract; one of `CONSTANT`, `SPLIT`, `PARTS` and `SQL`.
    reads : tuple of str
        Feed columns, normalised: debit and credit, the parts of an id in order, or those of `text`.
    text : str
        The constant as SQL, or the expression.
    spots : tuple
        Where the expression names columns.
    form : Form
        How what it makes is written.
    """

    column: str
    kind: str
    reads: tuple[str, ...] = ()
    text: str = ""
    spots: tuple[expressions.Spot, ...] = ()
    form: Form = PLAIN

    def feed_column(self, source: Source) -> FeedColumn:
        """Return how the column arrives from an opened feed."""
        if self.kind == CONSTANT:
            return FeedColumn(self.text, "text")
        text = [f"cast({source.names[name]} as varchar)" for name in self.reads]
        if self.kind == SQL:
            by_name = {name: source.names[normalise(name)] for *_, name in self.spots}
            made = expressions.placed(self.text, self.spots, by_name)
            return FeedColumn(f"cast(({made}\n) as varchar)", "text")
        if self.kind == PARTS:
            # NULL where a part is: half an id is none
            parts = f" || '{SEPARATOR}' || ".join(rules.trimmed(part) for part in text)
            return FeedColumn(f"({parts})", "text")
        debit, credit = text
        is_out, is_in = (is_amount(part) for part in (debit, credit))
        value = (
            f"case when {is_out} and {is_in} then {debit} || ' / ' || {credit} "
            f"when {is_out} then {debit} when {is_in} then {credit} "
            f"else coalesce({credit}, {debit}) end"
        )
        factor = f"case when {is_out} and not {is_in} then -1 else 1 end"
        return FeedColumn(value, "text", factor=factor, is_unsigned=True)

    @property
    def takes_defaults(self) -> bool:
        """Whether it is written like the columns of the feed; else in the form of the contract."""
        return self.kind in (SPLIT, PARTS)


def is_amount(text: str) -> str:
    """Return SQL that tells an amount from an empty place and from zeros that fill one."""
    return rf"not regexp_full_match(coalesce({text}, ''), '[\s0.,-]*')"


def is_made(said: Any) -> bool:
    """Tell whether an entry of a mapping makes a column."""
    return isinstance(said, Mapping) and bool(set(_KEYS) & set(said))


def read_made(table: Table, name: str, said: Mapping[str, Any], here: str) -> Made:
    """Read an entry of a mapping that makes the column called `name`.

    Raises
    ------
    UserInputError
        If it cannot be understood.
    """
    if name not in table.column_names:
        raise UserInputError(
            f"the mapping makes {here}, a column that {table.name} does not have",
            hint=f"the contract's name stands left; columns of {table.name}:"
            f" {', '.join(table.column_names)}",
        )
    column = table.column(name)
    kind = next(kind for key, kind in _KEYS.items() if key in said)
    own = {key for key, of in _KEYS.items() if of == kind}
    valid = own if kind == CONSTANT else own | set(COLUMN_OPTIONS)
    unknown = sorted(str(key) for key in set(said) - valid)
    if unknown or (kind == SPLIT and not own <= set(said)):
        raise UserInputError(
            f"the mapping of {here} cannot be understood: {dict(said)}",
            hint=f"the forms are {name}: {{constant: USD}}, {{debit: Soll, credit: Haben}},"
            " {parts: [Account, Number]} and {sql: an expression}; all but a constant may have"
            f" {', '.join(COLUMN_OPTIONS)} beside",
        )
    form = column_form(table, column, said, here)
    if kind == CONSTANT:
        return _constant(column, said["constant"], here)
    if kind == SQL:
        spots = expressions.check_expression(said["sql"], here)
        reads = dict.fromkeys(normalise(spot) for *_, spot in spots)
        return Made(name, SQL, tuple(reads), str(said["sql"]), spots, form)
    if kind == PARTS:
        if not isinstance(said["parts"], (list, tuple)) or len(said["parts"]) < 2:
            raise UserInputError(f"the mapping of {here}: parts is a list of columns of the feed")
        if namespace(table, name) is None:
            raise UserInputError(
                f"the mapping of {here} has parts; {name} is no number that names one thing",
                hint="parts make keys and references that are numbers; others are put together in"
                " an expression: {sql: \"a || '-' || b\"}",
            )
        return Made(name, PARTS, tuple(normalise(str(part)) for part in said["parts"]), form=form)
    if (table.name, name) != (signs.TABLE, signs.AMOUNT) or form.sign:
        raise UserInputError(
            f"the mapping of {here} has a debit and a credit column",
            hint=f"they make {signs.TABLE}.{signs.AMOUNT}, without another sign",
        )
    pair = (normalise(str(said["debit"])), normalise(str(said["credit"])))
    return Made(name, SPLIT, pair, form=form)


def _constant(column: Column, value: Any, here: str) -> Made:
    if not isinstance(value, (str, int, float, bool, date)):
        raise UserInputError(f"the mapping of {here}: constant is one value")
    text = expressions.literal(value)
    feed = FeedColumn(text, "text", decimal="point", is_declared=True)
    with open_warehouse(Path(":memory:")) as connection:
        typed = rules.typed_expression(column, feed, text)
        ((found,),) = connection.execute(f"select cast({typed} as varchar)").fetchall()
    if found is None:
        raise UserInputError(
            f"the mapping of {here} has the constant {value!r}, which cannot become {column.type}",
            hint=f"valid are {', '.join(column.values)}" if column.values else
            "write it as the contract does: 2024-02-29, 12.50, true, USD",
        )  # fmt: skip
    return Made(column.name, CONSTANT, text=text)


def check_reads(source: Source, table: Table, reads: tuple[str, ...]) -> None:
    """Make sure that a feed has the columns that a mapping reads.

    Raises
    ------
    FeedError
        If one is missing.
    """
    absent = sorted({name for name in reads if name not in source.names})
    if absent:
        raise FeedError(
            f"the mapping of {table.name} names {', '.join(absent)}, which this file does not"
            f" have; columns found: {source.listed}",
            hint="each file of a table has each of the columns of its mapping",
        )
