"""Words that decide: lists of what a column may say, and how feeds spell it.

Models count by a few words (`Confirmed`, `Account Closed`). A closed list (``values``) refuses what
it does not know; an open one (``words``) loads it as it came, and a warning counts it. Both know
synonyms, and a mapping adds a bank's own. Case, blanks, hyphens and underscores make no difference.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from financial_analytics import masking
from financial_analytics.engines.duckdb.session import Connection, sql_name, sql_text
from financial_analytics.errors import UserInputError
from financial_analytics.ingest import currencies
from financial_analytics.ingest.contract import BRONZE_SCHEMA, Column, Table
from financial_analytics.ingest.remarks import Remark
from financial_analytics.ingest.source import FeedColumn, Source

IGNORED = "ignored"
"""In place of a word of an open list: the word is known and decides nothing."""
MOST_SHOWN = 5


def plain(word: str) -> str:
    """Return a word as it is compared.

    Examples
    --------
    >>> plain(" FALSE_POSITIVE"), plain("Self-Employed")
    ('false positive', 'self employed')
    """
    return re.sub(r"[\s_-]+", " ", word.lower()).strip()


def _plain_sql(text: str) -> str:
    return rf"trim(regexp_replace(lower({text}), '[\s_-]+', ' ', 'g'))"


def canonical(column: Column, feed: FeedColumn, value: str, otherwise: str) -> str:
    """Return SQL of the contract's word for a value.

    Parameters
    ----------
    value, otherwise : str
        SQL of the value as it came, and of what a value is that no list knows.
    """
    known = {plain(word): word for word in column.vocabulary}
    known |= column.synonyms
    said = [(word, meant) for word, meant in feed.words if meant != IGNORED]
    known |= {plain(word): meant for word, meant in said}
    exact = " or ".join(f"{value} = {sql_text(word)}" for word in column.vocabulary)
    # as they are written in the mapping first: making a word plain costs ten times as much
    spelt = " ".join(
        f"when {value} = {sql_text(word)} then {sql_text(meant)}" for word, meant in said
    )
    branches = " ".join(f"when {sql_text(k)} then {sql_text(v)}" for k, v in known.items())
    return (
        f"case when {exact} then {value} {spelt} "
        f"else case {_plain_sql(value)} {branches} else {otherwise} end end"
    )


def declared(column: Column, said: Any, here: str) -> tuple[tuple[str, str], ...]:
    """Return the words of a mapping, as they are written, with what they mean.

    Raises
    ------
    UserInputError
        If the column has no list, or a word is to mean what the list does not have.
    """
    if column.family == "boolean" or column.code_list:
        return _declared_other(column, said, here)
    if not column.vocabulary:
        raise UserInputError(
            f"the mapping of {here} has values; {column.name} has no list of words",
            hint="take values out: any text goes, and none decides anything",
        )
    valid = (*column.vocabulary, *((IGNORED,) if column.words else ()))
    hint = f"the form is values: {{their word: {valid[0]}}}; valid are {', '.join(valid)}"
    if not isinstance(said, Mapping) or not said:
        raise UserInputError(f"the mapping of {here}: values is a list of words", hint=hint)
    meant = {plain(word): word for word in valid}
    found: dict[str, str] = {}
    for word, meaning in said.items():
        if plain(str(meaning)) not in meant:
            raise UserInputError(f"the mapping of {here} sends a word to {meaning!r}", hint=hint)
        found[str(word).strip()] = meant[plain(str(meaning))]
    return tuple(found.items())


def _declared_other(column: Column, said: Any, here: str) -> tuple[tuple[str, str], ...]:
    """Return the words of a mapping for a truth value or a code."""
    is_truth = column.family == "boolean"
    valid = "true or false" if is_truth else "codes of ISO 4217, such as USD"
    hint = f"the form is values: {{their word: {'true' if is_truth else 'USD'}}}; valid are {valid}"
    if not isinstance(said, Mapping) or not said:
        raise UserInputError(f"the mapping of {here}: values is a list of words", hint=hint)
    found = {}
    for word, meaning in said.items():
        fits = isinstance(meaning, bool) if is_truth else str(meaning) in currencies.CODES
        if not fits:
            raise UserInputError(f"the mapping of {here} sends a word to {meaning!r}", hint=hint)
        found[str(word).strip()] = str(meaning).lower() if is_truth else str(meaning)
    return tuple(found.items())


def declared_word(feed: FeedColumn, value: str, otherwise: str, *, is_truth: bool = False) -> str:
    """Return SQL of what a mapping says that a word means, else `otherwise`."""
    if not feed.words:
        return otherwise
    meant = [(word, text if is_truth else sql_text(text)) for word, text in feed.words]
    spelt = " ".join(f"when {value} = {sql_text(word)} then {text}" for word, text in meant)
    branches = " ".join(f"when {sql_text(plain(word))} then {text}" for word, text in meant)
    other = f"case {_plain_sql(value)} {branches} else {otherwise} end"
    return f"case {spelt} else {other} end"


def remark_words(
    connection: Connection, table: Table, source: Source, batch_id: int
) -> list[Remark]:
    """Count the words of a batch that the open lists do not know; return what to remark."""
    remarks = []
    for column in table.columns:
        if column.words and column.name in source.columns:
            remarks += _remark(connection, table, column, source.columns[column.name], batch_id)
    return remarks


def _remark(
    connection: Connection, table: Table, column: Column, feed: FeedColumn, batch_id: int
) -> list[Remark]:
    name = sql_name(column.name)
    listed = ", ".join(sql_text(word) for word in column.words)
    ignored = [sql_text(plain(word)) for word, meant in feed.words if meant == IGNORED]
    shown = masking.shown_value(table, replace(column, values=column.words), "word")
    found = connection.execute(
        f"select word, rows, {shown} as shown from (select {name} as word, count(*) as rows "
        f"from {BRONZE_SCHEMA}.{sql_name(table.name)} "
        f"where _batch_id = {batch_id} and {name} not in ({listed}) group by 1) "
        + (f"where {_plain_sql('word')} not in ({', '.join(ignored)}) " if ignored else "")
        + "order by rows desc, word"
    ).fetchall()
    if not found:
        return []
    rows = sum(row[1] for row in found)
    some = ", ".join(f"'{row[2]}' ({row[1]:,})" for row in found[:MOST_SHOWN])
    again = ""
    if table.correction and column.name in table.correction.same:
        again = ", and a new warehouse: rows loaded before keep their words"
    more = f" and {len(found) - MOST_SHOWN} more" if len(found) > MOST_SHOWN else ""
    words = (
        f"{column.name}: no model knows {some}{more}, in {rows:,} rows. They are loaded as they"
        f" are and decide nothing. What they mean is said in a mapping, such as {table.name}:"
        f" {{{column.name}: {{values: {{their word: {column.words[0]}, another: {IGNORED}}}}}}}"
        f"{again}. The words: {', '.join(column.words)}"
    )
    return [Remark("words_unknown", rows, words)]
