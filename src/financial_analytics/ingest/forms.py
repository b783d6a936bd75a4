"""How a column is written: what a mapping says of dates, numbers, units, words and of no value."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from financial_analytics.errors import UserInputError
from financial_analytics.ingest import numbers, signs, times, units, vocabulary
from financial_analytics.ingest.contract import Column, Table
from financial_analytics.ingest.source import FeedColumn

HALF_UP = "half_up"
ROUNDINGS = (HALF_UP,)
"""Half away from zero, by way of four digits more: 0.125 is 0.13, -0.125 is -0.13."""
COLUMN_OPTIONS = (
    "decimal", "thousands", "round", "date", "time", "null", "unit", "sign", "values",
)  # fmt: skip
SHARED_OPTIONS = ("decimal", "thousands", "round", "date", "time", "null")
"""What may be said of all columns of a table, or of all tables, too."""


@dataclass(frozen=True)
class Form:
    """How a column is written; what is empty is not said.

    Attributes
    ----------
    decimal, thousands : str, optional
        Decimal mark, and what groups digits by three (`financial_analytics.ingest.numbers`).
    nulls : tuple of str
        What stands for no value.
    unit, sign : str, optional
        Unit of a rate or of money; where an amount has its sign from.
    words : tuple of (str, str)
        What words mean, as they are written.
    dates, times : tuple of str
        Formats of days and of moments (`financial_analytics.ingest.times`).
    rounding : str, optional
        One of `ROUNDINGS`: numbers with more decimals than the contract has are rounded.
    """

    decimal: str | None = None
    nulls: tuple[str, ...] = ()
    unit: str | None = None
    sign: str | None = None
    words: tuple[tuple[str, str], ...] = ()
    thousands: str | None = None
    dates: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    rounding: str | None = None

    def over(self, wider: Form) -> Form:
        """Return this form, with what `wider` says of more columns where this one says nothing."""
        own = {f.name: getattr(self, f.name) for f in fields(self)}
        own["nulls"] = (*wider.nulls, *self.nulls)
        if self.decimal and not self.thousands:
            own["thousands"] = wider.thousands if wider.decimal in (None, self.decimal) else None
        return replace(wider, **{name: value for name, value in own.items() if value})

    def apply(self, column: Column, feed: FeedColumn) -> FeedColumn:
        """Return how a column arrives, with what is declared of it."""
        decimal = self.decimal or numbers.implied_mark(self.thousands)
        formats: tuple[str, ...] = ()
        if column.family == "date":
            formats = (*self.dates, *self.times)
        elif column.family == "timestamp":
            formats = (*self.times, *self.dates)
        return replace(
            feed,
            decimal=decimal,
            is_declared=decimal is not None,
            thousands=self.thousands,
            nulls=self.nulls,
            unit=self.unit,
            words=self.words,
            formats=formats,
            is_rounded=self.rounding is not None and column.family == "decimal",
        )


PLAIN = Form()
"""Of which nothing is said."""


def check_form(decimal: str | None, nulls: Collection[str]) -> Form:
    """Return what the options of a command say of every column.

    Raises
    ------
    UserInputError
        If `decimal` is no decimal mark.
    """
    if decimal is not None and decimal not in numbers.MARKS:
        raise UserInputError(
            f"decimal mark {decimal!r} is not valid", hint=f"valid are {', '.join(numbers.MARKS)}"
        )
    return Form(decimal, tuple(text.strip() for text in nulls if text.strip()))


def shared_form(entry: Mapping[str, Any], here: str) -> Form:
    """Return what is said of all columns of a table, or of all tables."""
    form = check_form(entry.get("decimal"), _nulls(entry, here))
    if "thousands" in entry:
        form = replace(form, thousands=_thousands(entry["thousands"], form.decimal, here))
    if "round" in entry:
        form = replace(form, rounding=_one_of(entry["round"], ROUNDINGS, "round", here))
    if "date" in entry:
        dates = times.check_formats(entry["date"], here, is_time=False)
        form = replace(form, dates=dates)
    if "time" in entry:
        form = replace(form, times=times.check_formats(entry["time"], here, is_time=True))
    return form


def column_form(table: Table, column: Column, entry: Mapping[str, Any], here: str) -> Form:
    """Return what a mapping says of how one column is written.

    Raises
    ------
    UserInputError
        If an option is no option of this column, or has no valid value.
    """
    form = shared_form(entry, here)
    _check_family(column, entry, here)
    if "unit" in entry:
        form = replace(form, unit=_unit(column, entry["unit"], here))
    if "sign" in entry:
        form = replace(form, sign=_sign(table, column.name, entry["sign"], here))
    if "values" in entry:
        form = replace(form, words=vocabulary.declared(column, entry["values"], here))
    return form


def _check_family(column: Column, entry: Mapping[str, Any], here: str) -> None:
    families = {
        "date": ("date", "timestamp"), "time": ("date", "timestamp"), "round": ("decimal",),
        "decimal": numbers.NUMBER_FAMILIES, "thousands": numbers.NUMBER_FAMILIES,
    }  # fmt: skip
    for option, wanted in families.items():
        if option in entry and column.family not in wanted:
            raise UserInputError(
                f"the mapping of {here} has {option}; {column.name} is of type {column.type}",
                hint=f"{option} belongs to columns of type {' or '.join(wanted)}",
            )


def _nulls(entry: Mapping[str, Any], here: str) -> list[str]:
    empty = entry.get("null", ())
    empty = [empty] if isinstance(empty, str) else empty
    if not isinstance(empty, (list, tuple)) or not all(isinstance(word, str) for word in empty):
        raise UserInputError(f"the mapping of {here}: null is a text or a list of texts")
    return list(empty)


def _one_of(said: Any, valid: Collection[str], option: str, here: str) -> str:
    if said not in valid:
        raise UserInputError(
            f"the mapping of {here} has {option} {said!r}", hint=f"valid are {', '.join(valid)}"
        )
    return str(said)


def _thousands(said: Any, decimal: str | None, here: str) -> str:
    mark = _one_of(said, numbers.GROUPS, "thousands", here)
    if mark == decimal:
        raise UserInputError(
            f"the mapping of {here}: {mark} is the decimal mark and groups thousands",
            hint="one of the two is another mark",
        )
    return mark


def _unit(column: Column, unit: object, here: str) -> str:
    if unit == units.CENTS and units.is_money(column):
        return units.CENTS
    if not units.has_unit(column) and not units.is_money(column):
        raise UserInputError(
            f"the mapping of {here} has a unit; {column.name} is no rate",
            hint="only rates, shares and scores come in fractions or in per cent, money in cents",
        )
    valid = units.UNITS if units.has_unit(column) else (units.CENTS,)
    if unit not in valid:
        raise UserInputError(
            f"the mapping of {here} has the unit {unit!r}", hint=f"valid are {', '.join(valid)}"
        )
    return str(unit)


def _sign(table: Table, name: str, sign: object, here: str) -> str:
    if (table.name, name) != (signs.TABLE, signs.AMOUNT) or sign not in signs.SIGNS:
        raise UserInputError(
            f"the mapping of {here} has the sign {sign!r}",
            hint=f"{signs.TABLE}.{signs.AMOUNT} may have the sign {' or '.join(signs.SIGNS)}",
        )
    return str(sign)
