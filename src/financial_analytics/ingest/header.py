"""Read the header of a text feed and match its names to the contract."""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from financial_analytics.errors import FeedError, UserInputError
from financial_analytics.ingest.contract import Table
from financial_analytics.masking import looks_like_data, shown_names

DELIMITERS = (",", ";", "\t", "|", "~", "^", ":", "\x01", "\x1f", " ")
_NAMES = {
    "\t": "tab", " ": "space", ",": "','", ";": "';'", "|": "'|'", "~": "'~'", "^": "'^'",
    ":": "':'", "\x01": "\\x01", "\x1f": "\\x1f",
}  # fmt: skip


@dataclass(frozen=True)
class Match:
    """How the columns of a feed meet the contract.

    Attributes
    ----------
    columns : mapping of str to int
        Contract column to position in the feed.
    unknown : tuple of str
        Feed columns that the contract does not have, as they may be shown.
    width : int
        Number of columns in the feed.
    listed : str
        All names, as they may be shown.
    """

    columns: Mapping[str, int]
    unknown: tuple[str, ...]
    width: int
    listed: str = ""


def normalise(name: str) -> str:
    """Return a column name as it is compared: trimmed, lower case, blanks as underscores."""
    return "_".join(name.replace("\ufeff", "").strip().lower().replace("-", " ").split())


def match_columns(
    names: Sequence[str],
    table: Table,
    mapping: Mapping[str, str],
    made: Collection[str] = (),
) -> Match:
    """Match the feed's column names to the contract; order and case do not matter.

    `made` columns are made by a mapping: the feed's columns of their names are others.

    Raises
    ------
    FeedError
        If a required column is missing, two feed columns are the same contract column, or the
        mapping names a column that the feed does not have.
    """
    positions = _positions(names, table, mapping)
    positions = {name: places for name, places in positions.items() if name not in made}
    known = {position for places in positions.values() for position in places}
    shown = shown_names(names, known)
    listed = ", ".join(shown[:60])
    given = {normalise(name) for name in names}
    absent = [name for name in mapping if name not in given]
    if absent:
        raise FeedError(
            f"the mapping of {table.name} names {', '.join(absent)}, which this file does not"
            f" have; columns found: {listed}",
            hint="a mapping is {name in the feed: name in the contract}, and each file of the"
            " table has each of its names; load files of another form with a mapping of their own",
        )
    unknown = tuple(name for i, name in enumerate(shown) if i not in known)
    for column, places in positions.items():
        if len(places) > 1:
            raise FeedError(
                f"{len(places)} columns of the feed are {column}: "
                f"{', '.join(names[place].strip() for place in places)}",
                hint="remove all but one, or name the right one in a mapping",
            )
    required = [column.name for column in table.columns if column.required]
    missing = [name for name in required if name not in positions and name not in made]
    if missing:
        if looks_like_data(names, known):
            raise FeedError(
                f"the first line looks like data, not names; its shape is {listed[:300]}",
                hint=f"a feed of {table.name} needs a header line with at least "
                + ", ".join(required),
            )
        if not positions:
            raise FeedError(
                f"no column name of {table.name} is in the first line: {listed[:300]}",
                hint="does the file have a header line? expected " + ", ".join(required),
            )
        raise FeedError(
            f"required column {', '.join(missing)} of {table.name} is missing; "
            f"columns found: {listed}",
            hint="add the column, or map its name with --mapping "
            f"({table.name}: {{name in the feed: {missing[0]}}})",
        )
    columns = {name: positions[name][0] for name in table.column_names if name in positions}
    return Match(columns, unknown, len(names), listed)


def _positions(
    names: Sequence[str], table: Table, mapping: Mapping[str, str]
) -> dict[str, list[int]]:
    target: dict[str, str] = {}
    for column in table.columns:
        for other in column.feed_names:
            target[normalise(other)] = column.name
    target |= {name: name for name in table.column_names}
    target |= dict(mapping)
    found: dict[str, list[int]] = {}
    for position, name in enumerate(names):
        column_name = target.get(normalise(name))
        if column_name:
            found.setdefault(column_name, []).append(position)
    for feed_name, column_name in mapping.items():  # the mapped column wins over a namesake
        places = found.get(column_name, [])
        chosen = [place for place in places if normalise(names[place]) == feed_name]
        if chosen and len(places) > 1:
            found[column_name] = chosen
    return found


def split_header(line: str, delimiter: str) -> list[str]:
    """Split a header line into names."""
    try:
        return next(csv.reader([line], delimiter=delimiter, skipinitialspace=True))
    except (csv.Error, StopIteration):
        return line.split(delimiter)


def find_delimiter(
    line: str, table: Table, mapping: Mapping[str, str], given: str | None
) -> tuple[str, list[str]]:
    """Return the delimiter of a feed and its column names.

    The delimiter that makes most contract columns out of the header line wins.

    Raises
    ------
    FeedError
        If the given delimiter leaves the header in one piece although another one splits it.
    """
    scores = {
        delimiter: len(_positions(split_header(line, delimiter), table, mapping))
        for delimiter in DELIMITERS
    }
    best = max(DELIMITERS, key=lambda delimiter: scores[delimiter])
    if given is None:
        return best, split_header(line, best)
    names = split_header(line, given)
    if len(names) == 1 and scores[best] > 1:
        raise FeedError(
            f"the header is one column with delimiter {delimiter_name(given)}; "
            f"the file is separated by {delimiter_name(best)}",
            hint=f"use --delimiter {delimiter_name(best)}, or leave it out to have it found",
        )
    return given, names


def check_delimiter(delimiter: str | None) -> str | None:
    r"""Return the delimiter character; ``tab`` and ``\t`` stand for a tabulator.

    Raises
    ------
    UserInputError
        If it is not a single character, or one that cannot separate columns.
    """
    if delimiter is None:
        return None
    named = {"tab": "\t", "\\t": "\t", "space": " ", "\\x01": "\x01", "\\x1f": "\x1f"}
    character = named.get(delimiter, delimiter)
    if len(character) != 1 or character in '"\r\n\0' or not character.isascii():
        raise UserInputError(
            f"delimiter {delimiter!r} is not valid",
            hint="give one ASCII character, or tab",
        )
    return character


def delimiter_name(delimiter: str) -> str:
    """Return a delimiter as it can be read in a message."""
    return _NAMES.get(delimiter, repr(delimiter))
