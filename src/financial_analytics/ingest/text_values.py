"""Dates, times and truth values written as text, as SQL of the typed value."""

from __future__ import annotations

from financial_analytics.engines.duckdb.session import sql_text
from financial_analytics.ingest import times
from financial_analytics.ingest.contract import Column
from financial_analytics.ingest.source import FeedColumn

TIME = r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?"
CLOCK = r"\d{2}:\d{2}(:\d{2}(\.\d+)?)?"
ZONE = r" ?(Z|z|UTC|[+-]\d{2}(:?\d{2})?)"
DATE = r"\d{4}-\d{2}-\d{2}"


def trimmed(value: str) -> str:
    """Return text without the blanks around it, NULL when nothing is left."""
    return f"nullif(trim({value}, ' \t\r\n'), '')"


def from_text_boolean(value: str) -> str:
    """Return SQL of a truth value, NULL where a text is none."""

    # A chain of WHEN, not IN: the engine turns a long IN into a join, which is not lazy.
    def chain(text: str, spellings: str) -> str:
        yes, no = spellings.split("|")
        return " ".join(
            f"when {sql_text(spelling)} then {result}"
            for result, spellings_of in (("true", yes), ("false", no))
            for spelling in spellings_of.split()
        ).join((f"case {text} ", ""))

    other = chain(f"lower({trimmed(value)})", "true t yes y 1 1.0|false f no n 0 0.0")
    return f"{chain(value, 'true True 1|false False 0')} else {other} end end"


def from_text_time(column: Column, value: str) -> str:
    """Return SQL of a date or time in ISO form, NULL where a text is none."""
    text = trimmed(value)
    if column.family == "date":
        midnight = rf"{DATE}[T ]00:00(:00(\.0+)?)?({ZONE})?"
        return (
            f"case when {value} like '____-__-__' then try_cast({value} as date) "
            f"when regexp_full_match({text}, '{DATE}|{midnight}') "
            f"then try_cast(left({text}, 10) as date) end"
        )
    return (
        f"case when {value} like '____-__-_____:__:__' then try_cast({value} as timestamp) "
        f"when {value} like '____-__-_____:__:__.%' and not contains({value}, '+') "
        f"and {value} not like '%.%-%' and {value} not like '%.% %' "
        f"then try_cast({value} as timestamp) "
        f"when regexp_full_match({text}, '{DATE}([T ]{TIME})?') "
        f"then try_cast({text} as timestamp) "
        f"when regexp_full_match({text}, '{DATE}[T ]{TIME}{ZONE}') "
        f"then cast(try_cast(replace({text}, 'z', 'Z') as timestamptz) as timestamp) end"
    )


def from_time(column: Column, feed: FeedColumn, value: str) -> str:
    """Return SQL of a date or time, NULL where a text is none."""
    if feed.formats:
        return from_declared_time(column, feed, value)
    return from_text_time(column, value)


def from_declared_time(column: Column, feed: FeedColumn, value: str) -> str:
    """Return SQL of a date or time in the formats of a mapping."""
    moment = times.parsed(feed.formats, value, from_text_time(column, value))
    if column.family == "timestamp":
        return moment
    day = f"cast({moment} as date)"
    if any(name in one for one in feed.formats for name in ("%H", "%I", "%-H", "%-I")):
        return f"case when {moment} = {day} then {day} end"
    return day


def time_faults(
    column: Column, feed: FeedColumn, raw: str, takes: str
) -> list[tuple[str, str, str]]:
    """List (rule, extra condition or '', words) for a date or time that could not be read."""
    if feed.formats:
        words = f" is not a day of the calendar written {times.in_words(feed.formats)} {takes}"
        return [(column.family, "", words)]
    if column.family == "date":
        form = " is not a date written YYYY-MM-DD; another form is declared in a mapping (date:)"
        return [
            (
                "calendar",
                f"regexp_matches({raw}, '^{DATE}([T ]00:00|$)')",
                f" is not a day of the calendar {takes}",
            ),
            ("date", f"regexp_matches({raw}, '^{DATE}[T ]')", f" has a time of day {takes}"),
            ("date", "", f"{form} {takes}"),
        ]
    form = (
        " is not a time written YYYY-MM-DD HH:MM:SS; another form is declared in a mapping (time:)"
    )
    return [
        (
            "calendar",
            f"regexp_full_match({raw}, '{DATE}([T ]{CLOCK}({ZONE})?)?')",
            f" is not a day of the calendar or a time of the day {takes}",
        ),
        ("timestamp", "", f"{form} {takes}"),
    ]
