r"""Which spellings stand for no value, by the kind of column.

Dumps write NULL as a word. In a number, a day or a closed list no such word can be a value; in a
text it can: *Null* and *Na* are surnames, *None* a street, ``NA`` is Namibia. So every column
takes the marks that nobody is called, codes and categories the words of databases too, and only
columns of another type or with a closed list the abbreviations.
"""

from __future__ import annotations

from dataclasses import replace

from financial_analytics.engines.duckdb.session import sql_text
from financial_analytics.ingest.contract import Column
from financial_analytics.ingest.source import FeedColumn

MARKS = (
    "\\n", "(null)", "<null>", "[null]", "{null}", "<na>", "#n/a", "#na", "#null!", "n/a", "n.a.",
    "-", "--", "\u2013", "\u2014",
)  # fmt: skip
"""In every column; lower case (``\\n`` is the ``\\N`` of MySQL and PostgreSQL)."""
WORDS = ("null", "none", "nil", "nan")
"""Not in names, addresses and free text."""
ABBREVIATIONS = ("na", "nat", ".", "?")
"""Only where the column has another type than text, or a closed list."""
ZERO_DAYS = ("0000-00-00", "0000-00-00 00:00:00", "0000-00-00t00:00:00")
"""In dates: how MySQL writes that there is none."""
_NAME_CLASSES = ("name", "employment", "address", "free_text")
_PLACES = ("city", "location_city", "county", "description")

_BLANKS = 8
"""Around a spelling; with more it is read as it stands."""


def is_name(column: Column) -> bool:
    """Tell whether any word can be a value of `column`: a name, an address, free text."""
    return (
        column.family == "text"
        and not column.has_list
        and (column.pii in _NAME_CLASSES or column.name in _PLACES or column.name.endswith("_name"))
    )


def null_words(column: Column) -> tuple[str, ...]:
    """Return the spellings of no value in `column`, in lower case."""
    if is_name(column):
        return MARKS
    if column.family == "text" and not column.has_list:
        return (*WORDS, *MARKS, *column.null_words)
    if column.family in ("date", "timestamp"):
        return (*WORDS, *MARKS, *ABBREVIATIONS, *ZERO_DAYS)
    return (*WORDS, *MARKS, *ABBREVIATIONS)


def is_null_word(column: Column, feed: FeedColumn, value: str, text: str) -> str:
    """Return the SQL that tells whether a text stands for no value.

    Parameters
    ----------
    column, feed : Column, FeedColumn
        What is read; `feed` has the spellings of the user, which count as they are written.
    value, text : str
        SQL of the value as it came, and of the same without the blanks around it.
    """
    # A search in one text, because the engine turns a long IN into a join and a CASE into a chain.
    words = null_words(column)
    listed = sql_text("|" + "|".join(words) + "|")
    longest = max(len(word.encode()) for word in words) + _BLANKS
    tests = [
        f"case when strlen({value}) > {longest} or contains({value}, '|') then false "
        f"else coalesce(contains({listed}, '|' || lower({text}) || '|'), false) end"
    ]
    tests += [f"{text} = {sql_text(word)}" for word in feed.nulls]
    return f"({' or '.join(tests)})"


def is_plainly_given(column: Column, feed: FeedColumn, value: str) -> str:
    """Return SQL that is true of nearly all texts that are values, and of no spelling of NULL.

    It compares first characters only, which costs a twentieth of what the words cost.
    """
    if feed.nulls or column.null_words:
        return "false"
    return (
        f"({value} >= '.' and ({value} < '<' or {value} >= '=') and ({value} < 'N' "
        f"or ({value} >= 'O' and {value} < '[') or ({value} >= ']' and {value} < 'n') "
        f"or ({value} >= 'o' and {value} < '{{')) and not suffix({value}, ' '))"
    )


def read_as_null(column: Column, feed: FeedColumn, value: str, typed: str) -> tuple[str, str]:
    """Return SQL that tells whether a text was read as no value for its word, and of that word.

    Words that the user has declared are left out: they are no news.
    """
    text = f"trim({value}, ' \t\r\n')"
    is_word = is_null_word(column, replace(feed, nulls=()), value, text)
    return f"({typed} is null and {value} <> '' and {is_word})", text
