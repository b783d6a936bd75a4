r"""The rules of the contract as SQL: from a value as it came to a typed value or a reason.

For each column there is a *raw* expression ``r`` (trimmed text, blank as NULL; or the native
value of a typed feed), a *typed* expression ``t`` that is NULL when ``r`` cannot become the
contract type, and faults: conditions over ``r`` and ``t``, each with a rule and a sentence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from financial_analytics.engines.duckdb_warehouse import sql_text
from financial_analytics.ingest.contract import Column
from financial_analytics.ingest.source import FeedColumn

PAST_TOLERANCE = timedelta(days=1)
_TIME = r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?"
_ZONE = r" ?(Z|z|UTC|[+-]\d{2}(:?\d{2})?)"
_DATE = r"\d{4}-\d{2}-\d{2}"
_THOUSANDS = r"[+-]?\d{1,3}([,'’  ]\d{3})+(\.\d+)?|[+-]?\d{1,3}(\.\d{3})+,\d+"  # noqa: RUF001
_DECIMAL_COMMA = r"[+-]?\d+,\d{1,9}"
_PLAIN_NUMBER = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
_NOT_FINITE = r"(?i)[+-]?(nan|inf|infinity)"


@dataclass(frozen=True)
class Fault:
    """A rule: when `condition` holds the value is refused, for the `reason` (both SQL)."""

    rule: str
    condition: str
    reason: str


def raw_expression(feed: FeedColumn) -> str:
    """Return the value as it came; blanks around text are dropped and empty text is NULL."""
    if feed.family == "text":
        return f"nullif(trim({feed.expression}, ' \t\r\n'), '')"
    return feed.expression


def typed_expression(column: Column, feed: FeedColumn, raw: str) -> str:
    """Return the SQL that makes the contract type of `raw`, NULL if that cannot be done."""
    if feed.family != "text":
        return _from_native(column, feed, raw)
    if column.values:
        return _canonical(column, raw)
    if column.family == "text":
        return raw
    if column.family in ("date", "timestamp"):
        return _from_text_time(column, raw)
    return _from_text_plain(column, raw)


def _from_text_plain(column: Column, raw: str) -> str:
    if column.family in ("integer", "bigint"):
        cast = f"try_cast({raw} as {column.sql_type})"
        return (
            f"case when cast({cast} as varchar) = {raw} "
            f"or regexp_full_match({raw}, '[+-]?\\d+(\\.0*)?') then {cast} end"
        )
    if column.family == "decimal":
        shape = f"[+-]?\\d*\\.?\\d{{0,{column.scale}}}0*"
        return (
            f"case when regexp_full_match({raw}, '{shape}') "
            f"then try_cast({raw} as {column.sql_type}) end"
        )
    if column.family == "double":
        cast = f"try_cast({raw} as double)"
        return f"case when isfinite({cast}) and not contains({raw}, '_') then {cast} end"
    lowered = f"lower({raw})"
    return (
        f"case when {lowered} in ('true', 't', 'yes', 'y', '1', '1.0') then true "
        f"when {lowered} in ('false', 'f', 'no', 'n', '0', '0.0') then false end"
    )


def _from_text_time(column: Column, raw: str) -> str:
    if column.family == "date":
        midnight = rf"{_DATE}[T ]00:00(:00(\.0+)?)?({_ZONE})?"
        return (
            f"case when length({raw}) = 10 and regexp_full_match({raw}, '{_DATE}') "
            f"then try_cast({raw} as date) "
            f"when regexp_full_match({raw}, '{midnight}') "
            f"then try_cast(left({raw}, 10) as date) end"
        )
    return (
        f"case when regexp_full_match({raw}, '{_DATE}([T ]{_TIME})?') "
        f"then try_cast({raw} as timestamp) "
        f"when regexp_full_match({raw}, '{_DATE}[T ]{_TIME}{_ZONE}') "
        f"then cast(try_cast(replace({raw}, 'z', 'Z') as timestamptz) as timestamp) end"
    )


def _from_native(column: Column, feed: FeedColumn, raw: str) -> str:
    cast = f"try_cast({raw} as {column.sql_type})"
    if column.family == "double":
        return f"case when isfinite({cast}) then {cast} end"
    if column.family == "decimal":
        return f"case when {cast} = {raw} then {cast} end"
    if column.family == "timestamp":
        return f"case when isfinite({cast}) then {cast} end"
    if column.family == "date":
        return f"case when isfinite({raw}) then {raw} end"
    return cast if feed.family != column.family or column.family == "integer" else raw


def _canonical(column: Column, raw: str) -> str:
    listed = ", ".join(sql_text(value) for value in column.values)
    branches = " ".join(
        f"when {sql_text(value.lower())} then {sql_text(value)}" for value in column.values
    )
    return f"case when {raw} in ({listed}) then {raw} else case lower({raw}) {branches} end end"


def faults(column: Column, raw: str, typed: str, loaded_at: datetime) -> Iterator[Fault]:
    """Yield the faults that a value of `column` can have; the first that holds is reported.

    Parameters
    ----------
    column : Column
        The contract's column.
    raw, typed : str
        SQL of the raw value (text) and of the typed value.
    loaded_at : datetime
        Time of the load, UTC, naive.
    """
    if column.required:
        yield Fault("required", f"{raw} is null", sql_text("the value is required and blank"))
    shown = f"'''' || {shown_value(column, raw)} || ''''"
    for rule, condition, words in _cast_faults(column, raw):
        test = f"{raw} is not null and {typed} is null"
        yield Fault(
            rule, f"{test} and {condition}" if condition else test, f"{shown} || {sql_text(words)}"
        )
    for rule, sign, bound, words in (
        ("minimum", "<", column.minimum, "is below the minimum"),
        ("maximum", ">", column.maximum, "is above the maximum"),
    ):
        if bound is not None:
            yield Fault(
                rule, f"{typed} {sign} {bound}", f"{shown} || {sql_text(f' {words} {bound}')}"
            )
    if column.past:
        limit = loaded_at + PAST_TOLERANCE
        day = loaded_at.date().isoformat()
        yield Fault(
            "past",
            f"{typed} > timestamp '{limit.isoformat(sep=' ')}'",
            f"{shown} || {sql_text(f' lies in the future: the file was loaded on {day}')}",
        )


def _cast_faults(column: Column, raw: str) -> list[tuple[str, str, str]]:
    """List (rule, extra condition or '', words) for a value that did not become its type."""
    takes = f"(column {column.name} takes {column.type})"
    if column.values:
        return [("values", "", f" is not one of {', '.join(column.values)}")]
    if column.family in ("integer", "bigint", "decimal", "double"):
        found = [
            (
                "not_finite",
                f"regexp_full_match({raw}, '{_NOT_FINITE}')",
                f" is not a finite number {takes}",
            ),
            (
                "number",
                f"regexp_full_match({raw}, {sql_text(_THOUSANDS)})",
                f" has a thousands separator; write the digits without it {takes}",
            ),
            (
                "number",
                f"regexp_full_match({raw}, '{_DECIMAL_COMMA}')",
                f" has a decimal comma; write a decimal point {takes}",
            ),
        ]
        plain = f"regexp_full_match({raw}, '{_PLAIN_NUMBER}')"
        if column.family in ("integer", "bigint"):
            whole = f"regexp_full_match({raw}, '[+-]?\\d+(\\.0*)?')"
            found.append(("overflow", whole, f" is too large {takes}"))
            found.append(("number", plain, f" is not a whole number {takes}"))
        if column.family == "decimal":
            more = f"regexp_full_match({raw}, '[+-]?\\d*\\.\\d{{{column.scale}}}\\d*[1-9]\\d*')"
            words = f" has more than {column.scale} decimals {takes}"
            found.append(("decimals", more, words))
            exponent = f"{plain} and regexp_matches({raw}, '[eE]')"
            found.append(("number", exponent, f" is in scientific notation {takes}"))
            found.append(("overflow", plain, f" is too large {takes}"))
        return [*found, ("number", "", f" is not a number {takes}")]
    if column.family == "boolean":
        return [("boolean", "", f" is neither true nor false {takes}")]
    if column.family == "date":
        return [
            (
                "calendar",
                f"regexp_matches({raw}, '^{_DATE}([T ]00:00|$)')",
                f" is not a day of the calendar {takes}",
            ),
            (
                "date",
                f"regexp_matches({raw}, '^{_DATE}[T ]')",
                f" has a time of day {takes}",
            ),
            ("date", "", f" is not a date written YYYY-MM-DD {takes}"),
        ]
    if column.family == "timestamp":
        return [
            (
                "calendar",
                f"regexp_matches({raw}, '^{_DATE}([T ]{_TIME}({_ZONE})?)?$')",
                f" is not a day of the calendar {takes}",
            ),
            ("timestamp", "", f" is not a time written YYYY-MM-DD HH:MM:SS {takes}"),
        ]
    return [("text", "", f" cannot become text {takes}")]


def is_bad(column: Column, raw: str, typed: str, loaded_at: datetime) -> list[str]:
    """Return the conditions of any fault, in their cheapest form."""
    conditions = []
    if column.required:
        conditions.append(f"{typed} is null")
    elif column.values or column.family != "text":
        conditions.append(f"({typed} is null and {raw} is not null)")
    if column.minimum is not None:
        conditions.append(f"{typed} < {column.minimum}")
    if column.maximum is not None:
        conditions.append(f"{typed} > {column.maximum}")
    if column.past:
        limit = (loaded_at + PAST_TOLERANCE).isoformat(sep=" ")
        conditions.append(f"{typed} > timestamp '{limit}'")
    return conditions


def masked(value: str) -> str:
    """Return SQL for personal data as it may be shown: first character and length."""
    return f"left({value}, 1) || '*** (' || length({value}) || ' characters)'"


def shown_value(column: Column, value: str) -> str:
    """Return SQL for a text value as it may be shown outside bronze."""
    return masked(value) if column.pii else f"left({value}, 200)"
