r"""The rules of the contract as SQL: from a value as it came to a typed value or a reason.

For each column there is a *raw* expression ``r`` (trimmed text, blank as NULL; or the native
value of a typed feed), a *typed* expression ``t`` that is NULL when ``r`` cannot become the
contract type, and faults: conditions over ``r`` and ``t``, each with a rule and a sentence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from financial_analytics.engines.duckdb.session import sql_text
from financial_analytics.ingest import (
    currencies,
    nulls,
    numbers,
    text_values,
    units,
    vocabulary,
)
from financial_analytics.ingest.contract import UNKNOWN_ID, Column
from financial_analytics.ingest.source import FeedColumn
from financial_analytics.ingest.text_values import trimmed

__all__ = [
    "PAST_TOLERANCE", "Fault", "bad_conditions", "faults", "given", "is_sentinel", "raw_text",
    "trimmed", "typed_expression",
]  # fmt: skip
PAST_TOLERANCE = timedelta(days=1)
_DECIMAL_COMMA = r"[+-]?\d+,\d{1,9}"
_DECIMAL_POINT = r"[+-]?\d*\.\d+"
_PLAIN_NUMBER = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
_NOT_FINITE = r"(?i)[+-]?(nan|inf|infinity)"


@dataclass(frozen=True)
class Fault:
    """A rule: when `condition` holds the value is refused, for the `reason` (both SQL)."""

    rule: str
    condition: str
    reason: str


def raw_text(feed: FeedColumn, value: str) -> str:
    """Return the value as trimmed text, blank as NULL: what quarantine shows and judges."""
    return trimmed(value) if feed.family == "text" else f"cast({value} as varchar)"


def given(column: Column, feed: FeedColumn, value: str) -> str:
    """Return the value without blanks, NULL when it is blank or spelt as no value."""
    if feed.family != "text":
        return value
    text = trimmed(value)
    return f"case when {nulls.is_null_word(column, feed, value, text)} then null else {text} end"


def typed_expression(column: Column, feed: FeedColumn, value: str) -> str:
    r"""Return the SQL that makes the contract type of `value`, NULL if that cannot be done.

    Text is nearly always in its plainest form, so each expression tries that first; trimming
    and regular expressions cost ten times as much and see only what is left.
    """
    return units.scaled(column, feed, _typed(column, feed, value))


def _typed(column: Column, feed: FeedColumn, value: str) -> str:
    if feed.family != "text":
        return _from_native(column, feed, value)
    if column.family == "text":
        return _from_text(column, feed, value)
    # what stands for no value and looks like one: -1, 01/01/1900
    alike = [sql_text(word) for word in feed.nulls if any(c.isdigit() for c in word)]
    if alike:
        alike_value = f"trim({value}, ' \t\r\n') in ({', '.join(alike)})"
        value = f"(case when {alike_value} then null else {value} end)"
    return _from_text_of(column, feed, value)


def _from_text_of(column: Column, feed: FeedColumn, value: str) -> str:
    if column.family in ("date", "timestamp"):
        return text_values.from_time(column, feed, value)
    if column.family == "boolean":
        truth = text_values.from_text_boolean(value)
        return vocabulary.declared_word(feed, value, truth, is_truth=True)
    return _from_text_number(column, feed, value)


def is_sentinel(column: Column, typed: str) -> str:
    """Return the condition that a date stands for no date, whatever its time of day."""
    days = sorted(column.sentinels)
    # nearly all dates lie in the widest gap between two sentinels, and are looked at no further
    low, high = max(pairwise(days), key=lambda pair: pair[1] - pair[0])
    day = f"cast({typed} as date)"
    same = " or ".join(f"{day} = date '{sentinel}'" for sentinel in days)
    return (
        f"case when {typed} >= {column.family} '{low + timedelta(days=1)}' "
        f"and {typed} < {column.family} '{high}' then false else coalesce({same}, false) end"
    )


def _clean_text(column: Column, feed: FeedColumn, value: str) -> str:
    text = trimmed(value)
    return (
        f"case when {nulls.is_plainly_given(column, feed, value)} then {value} "
        f"when {nulls.is_null_word(column, feed, value, text)} then null "
        f"when {value} < '!' or suffix({value}, ' ') then {text} else {value} end"
    )


def _from_text(column: Column, feed: FeedColumn, value: str) -> str:
    if column.code_list:
        code = currencies.canonical(value, trimmed(value))
        return vocabulary.declared_word(feed, value, code)
    otherwise = "null" if column.values else _clean_text(column, feed, value)
    if not column.vocabulary:
        return otherwise
    return vocabulary.canonical(column, feed, value, otherwise)


def _from_text_number(column: Column, feed: FeedColumn, value: str) -> str:
    text = trimmed(value)
    if feed.unit == units.PERCENT:
        value = f"rtrim({text}, '% ')"
        text = value
    plain = numbers.plain_text(feed, text)
    if numbers.refuses_ambiguous(column, feed):
        ambiguous = f"regexp_full_match({text}, '{numbers.AMBIGUOUS}')"
        plain = f"case when not {ambiguous} then {plain} end"
    cast = f"try_cast({value} as {column.sql_type})"
    other = f"try_cast({plain} as {column.sql_type})"
    if column.family == "double":
        fits = f"isfinite({cast}) and not contains({value}, '_')"
        finite = f"case when isfinite({other}) and not contains({value}, '_') then {other} end"
        if feed.is_disputed or feed.decimal == numbers.COMMA:
            return finite
        return (
            f"case when {fits} then {cast} else {finite} end"
            if feed.decimal
            else (f"case when {fits} then {cast} end")
        )
    if feed.is_rounded:
        return _rounded(column, feed, value, plain)
    shape = r"[+-]?\d+(\.0*)?"
    if column.family == "decimal":
        shape = rf"[+-]?\d*\.?\d{{0,{column.scale}}}0*"
    slow = f"case when regexp_full_match({plain}, '{shape}') then {other} end"
    if column.family == "decimal" and feed.decimal == numbers.COMMA:
        return slow
    return f"case when cast({cast} as varchar) = {value} then {cast} else {slow} end"


def _rounded(column: Column, feed: FeedColumn, value: str, plain: str) -> str:
    """Return SQL of a number rounded half away from zero, by way of four digits more."""
    wide = f"decimal(38, {column.scale + 4})"
    slow = f"try_cast(try_cast({plain} as {wide}) as {column.sql_type})"
    if feed.decimal != numbers.POINT or feed.is_disputed:
        return slow
    # ten times as fast, and nearly always wide enough
    narrow = f"decimal(18, {min(column.scale + 4, 18)})"
    fast = f"try_cast(try_cast({value} as {narrow}) as {column.sql_type})"
    return f"coalesce(case when not contains({value}, '_') then {fast} end, {slow})"


def _from_native(column: Column, feed: FeedColumn, value: str) -> str:
    cast = f"try_cast({value} as {column.sql_type})"
    if column.family == "double":
        return f"case when isfinite({cast}) then {cast} end"
    if column.family == "decimal":
        return f"case when {cast} = {value} then {cast} end"
    if column.family == "timestamp":
        return f"case when isfinite({cast}) then {cast} end"
    if column.family == "date":
        return f"case when isfinite({value}) then {value} end"
    return cast if feed.family != column.family or column.family == "integer" else value


def faults(
    column: Column, feed: FeedColumn, raw: str, typed: str, shown: str, loaded_at: datetime
) -> Iterator[Fault]:
    """Yield the faults that a value of `column` can have; the first that holds is reported.

    Parameters
    ----------
    column, feed : Column, FeedColumn
        The contract's column, and how it arrives.
    raw, typed, shown : str
        SQL of the raw value (text), of the typed value and of what may be shown of it.
    loaded_at : datetime
        Time of the load, UTC, naive.
    """
    shown = f"'''' || {shown} || ''''"
    value = given(column, feed, raw)
    if column.required:
        yield Fault("required", f"{raw} is null", sql_text("the value is required and blank"))
        words = " stands for no value, and the value is required"
        yield Fault("required", f"{value} is null", f"{shown} || {sql_text(words)}")
    for rule, condition, words in _cast_faults(column, feed, raw):
        test = f"{value} is not null and {typed} is null"
        if column.sentinels:
            days = ", ".join(f"'{day}'" for day in column.sentinels)
            read = f"left({raw}, 10)"
            if feed.formats:
                read = f"cast(cast({_typed(column, feed, raw)} as date) as varchar)"
            test += f" and coalesce({read}, '') not in ({days})"
        yield Fault(
            rule, f"{test} and {condition}" if condition else test, f"{shown} || {sql_text(words)}"
        )
    for rule, sign, bound, words in (
        ("minimum", "<=", column.above, "is not above"),
        ("minimum", "<", column.minimum, "is below the minimum"),
        ("maximum", ">", column.maximum, "is above the maximum"),
    ):
        if bound is not None:
            yield Fault(
                rule, f"{typed} {sign} {bound}", f"{shown} || {sql_text(f' {words} {bound}')}"
            )
    if feed.is_doubtful:
        words = (
            f" is in doubt: the column's values are not all fractions (up to"
            f" {column.usual_maximum:g}; 0.05 is 5 %). Say what they are in a mapping:"
            f" {column.name}: {{unit: percent}} or {{unit: fraction}}"
        )
        yield Fault(units.RULE, f"{value} is not null", f"{shown} || {sql_text(words)}")
    for condition in _unknown_id(column, typed):
        words = f"the id {UNKNOWN_ID} is kept for what is not known: leave the value empty"
        yield Fault("unknown_id", condition, sql_text(words))
    for condition, words in _implausible(column, typed):
        yield Fault("implausible", condition, f"{shown} || {sql_text(words)}")
    if column.past:
        limit = loaded_at + PAST_TOLERANCE
        day = loaded_at.date().isoformat()
        yield Fault(
            "past",
            f"{typed} > timestamp '{limit.isoformat(sep=' ')}'",
            f"{shown} || {sql_text(f' lies in the future: the file was loaded on {day}')}",
        )


def _unknown_id(column: Column, typed: str) -> list[str]:
    """List the condition under which an id is that of the unknown member."""
    if not column.is_id or column.family not in ("integer", "bigint", "text"):
        return []
    return [f"{typed} = {sql_text(str(UNKNOWN_ID)) if column.family == 'text' else UNKNOWN_ID}"]


def _implausible(column: Column, typed: str) -> list[tuple[str, str]]:
    """List (condition, words) for what a date of the column's class cannot be."""
    if column.dates is None:
        return []
    kind, one_day = column.dates, timedelta(days=1)
    words = f"(date class {kind.name})"
    found = [
        (
            f"{typed} < {column.family} '{kind.earliest}'",
            f" is too old: the earliest is {kind.earliest} {words}",
        )
    ]
    if kind.latest:
        found.append(
            (
                f"{typed} >= {column.family} '{kind.latest + one_day}'",
                f" is too far ahead: the latest is {kind.latest} {words}",
            )
        )
    return found + [
        (
            f"{typed} >= {column.family} '{day}' and {typed} < {column.family} '{day + one_day}'",
            f" stands for an unknown date {words}",
        )
        for day in kind.placeholders
    ]


def _cast_faults(column: Column, feed: FeedColumn, raw: str) -> list[tuple[str, str, str]]:
    """List (rule, extra condition or '', words) for a value that did not become its type."""
    takes = f"(column {column.name} takes {column.type})"
    if column.has_list:
        return [_list_fault(column)]
    if column.family in numbers.NUMBER_FAMILIES:
        return _number_faults(column, feed, raw)
    if column.family == "boolean":
        return [("boolean", "", f" is neither true nor false {takes}")]
    if column.family in ("date", "timestamp"):
        return text_values.time_faults(column, feed, raw, takes)
    return [("text", "", f" cannot become text {takes}")]


def _list_fault(column: Column) -> tuple[str, str, str]:
    if column.code_list:
        words = (
            " is no currency of ISO 4217, nor a sign of only one "
            f"(column {column.name} takes a code such as USD)"
        )
        return column.code_list, "", words
    return "values", "", f" is not one of {', '.join(column.values)}"


def _number_faults(column: Column, feed: FeedColumn, raw: str) -> list[tuple[str, str, str]]:
    takes = f"(column {column.name} takes {column.type})"
    found = [
        ("not_finite", f"regexp_full_match({raw}, '{_NOT_FINITE}')",
         f" is not a finite number {takes}"),
    ]  # fmt: skip
    if feed.family == "text" and numbers.refuses_ambiguous(column, feed):
        words = (
            " is a number with three decimals or with thousands: the values of the column do not"
            f" say which mark is the decimal one (declare it: --decimal point or comma) {takes}"
        )
        found.append((numbers.UNDECIDED, f"regexp_full_match({raw}, '{numbers.AMBIGUOUS}')", words))
    plain = raw
    if feed.family == "text":
        plain = f"coalesce({numbers.plain_text(feed, raw)}, {raw})"
    if feed.decimal == numbers.COMMA:
        words = f" has a decimal point, the column a decimal comma {takes}"
        found.append(("number", f"{plain} = {raw} and regexp_full_match({raw}, "
                      f"'{_DECIMAL_POINT}')", words))  # fmt: skip
    else:
        words = f" has a decimal comma, the column a decimal point {takes}"
        found.append(("number", f"regexp_full_match({raw}, '{_DECIMAL_COMMA}')", words))
    is_plain = f"regexp_full_match({plain}, '{_PLAIN_NUMBER}')"
    if column.family in ("integer", "bigint"):
        whole = f"regexp_full_match({plain}, '[+-]?\\d+(\\.0*)?')"
        found.append(("overflow", whole, f" is too large {takes}"))
        found.append(("number", is_plain, f" is not a whole number {takes}"))
    if column.family == "decimal":
        more = f"regexp_full_match({plain}, '[+-]?\\d*\\.\\d{{{column.scale}}}\\d*[1-9]\\d*')"
        found.append(("decimals", more, f" has more than {column.scale} decimals {takes}"))
        exponent = f"{is_plain} and regexp_matches({raw}, '[eE]')"
        found.append(("number", exponent, f" is in scientific notation {takes}"))
        if feed.factor is not None:
            words = (
                " gets no sign: what should give it is empty or not declared, or the amount is"
                f" negative beside it {takes}"
            )
            found.append(("sign", f"try_cast({plain} as {column.sql_type}) is not null", words))
        found.append(("overflow", is_plain, f" is too large {takes}"))
    return [*found, ("number", "", f" is not a number {takes}")]


def bad_conditions(
    column: Column, feed: FeedColumn, value: str, typed: str, loaded_at: datetime
) -> list[str]:
    """Return the conditions of any fault, in their cheapest form."""
    conditions = []
    if column.required:
        conditions.append(f"{typed} is null")
    elif column.has_list or column.family != "text":
        # CASE, because AND is not lazy and trimming every value is what costs.
        is_given = f"({given(column, feed, value)}) is not null"
        conditions.append(f"case when {typed} is null then {is_given} else false end")
    if feed.is_doubtful:
        conditions.append(f"{typed} is not null")
    if column.above is not None:
        conditions.append(f"{typed} <= {column.above}")
    if column.minimum is not None:
        conditions.append(f"{typed} < {column.minimum}")
    if column.maximum is not None:
        conditions.append(f"{typed} > {column.maximum}")
    conditions += _unknown_id(column, typed)
    conditions += [condition for condition, _ in _implausible(column, typed)]
    if column.past:
        limit = (loaded_at + PAST_TOLERANCE).isoformat(sep=" ")
        conditions.append(f"{typed} > timestamp '{limit}'")
    return conditions
