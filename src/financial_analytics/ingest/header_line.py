"""Find the header of a text feed below the lines that some programs write above it."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from financial_analytics.errors import FeedError
from financial_analytics.ingest.contract import Table
from financial_analytics.ingest.decode import PlainText
from financial_analytics.ingest.header import find_delimiter, match_columns

MOST_LINES = 50
"""So far down is looked for a header."""
_SEPARATOR = re.compile(r"\s*\"?sep=(.)\"?[\s;,]*", re.IGNORECASE)


@dataclass(frozen=True)
class Header:
    """The header line of a feed.

    Attributes
    ----------
    text : PlainText
        The feed, whose first line that is not blank is the header.
    line : str
        The header line.
    delimiter : str, optional
        What a line ``sep=;`` above it says.
    above : int
        Lines above it that are no blanks and no ``sep=``.
    """

    text: PlainText
    line: str
    delimiter: str | None = None
    above: int = 0


def find_header(
    plain: PlainText,
    table: Table,
    *,
    mapping: dict[str, str],
    made: frozenset[str],
    delimiter: str | None,
    skip_lines: int | None,
    max_line: int,
    work_dir: Path,
) -> Header:
    """Return the header of a feed: the first line, or the first one below that names the columns.

    Raises
    ------
    FeedError
        If the first line is no line of text, or fewer lines are there than are to be skipped.
    """
    lines = _lines(plain, max_line, most=MOST_LINES + (skip_lines or 0))
    if skip_lines is not None:
        if skip_lines >= len(lines):
            raise FeedError(
                f"there is no line below the first {skip_lines:,}",
                hint="correct skip_lines in the mapping, or leave it out to have the header found",
            )
        lines = lines[skip_lines:]
    candidates = [(start, text) for start, text in lines if text.strip()]
    if not candidates:
        return Header(plain, "")
    first, line = candidates[0]
    _check_text(line, max_line)
    told = None
    if found := _SEPARATOR.fullmatch(line):
        told = found.group(1)
        if len(candidates) > 1:
            candidates = candidates[1:]
    place, above = candidates[0], 0
    if skip_lines is None and not _names_all(place[1], table, mapping, made, delimiter or told):
        for number, candidate in enumerate(candidates[1:], start=1):
            if _names_all(candidate[1], table, mapping, made, delimiter or told):
                place, above = candidate, number
                break
    start, line = place
    _check_text(line, max_line)
    begins = plain.offset if start == first and skip_lines is None and told is None else start
    if begins == plain.offset:
        return Header(plain, line, told, above)
    return Header(_below(plain, start, work_dir), line, told, above)


def _names_all(
    line: str, table: Table, mapping: dict[str, str], made: frozenset[str], delimiter: str | None
) -> bool:
    """Tell whether a line names every column that a feed of `table` must have."""
    try:
        _, names = find_delimiter(line, table, mapping, delimiter)
        match = match_columns(names, table, mapping, made)
    except FeedError:
        return False
    return bool(match.columns)


def _lines(plain: PlainText, max_line: int, most: int) -> list[tuple[int, str]]:
    """Return the first lines with the place where each begins."""
    with plain.path.open("rb") as file:
        file.seek(plain.offset)
        start = file.read(max_line)
    found: list[tuple[int, str]] = []
    place = 0
    for line in re.split(rb"(\r\n|\r|\n)", start)[: 2 * most]:
        if line not in (b"\r\n", b"\r", b"\n"):
            found.append((plain.offset + place, line.decode("utf-8", "replace")))
        place += len(line)
    if len(start) >= max_line and len(found) > 1 and len(found) < most:
        found.pop()  # cut
    return found


def _check_text(line: str, max_line: int) -> None:
    if len(line.encode()) >= max_line:
        raise FeedError(
            f"the first line is longer than {max_line:,} bytes",
            hint="the header line must hold the column names; are the line ends missing?",
        )
    if "\0" in line:
        raise FeedError(
            "the header line holds NUL bytes", hint="give the encoding, such as --encoding utf-16"
        )


def _below(plain: PlainText, start: int, work_dir: Path) -> PlainText:
    """Return a copy of a feed that begins with its header."""
    target = work_dir / "below.csv"
    with plain.path.open("rb") as source, target.open("wb") as out:
        source.seek(start)
        shutil.copyfileobj(source, out, 1 << 22)
    return replace(plain, path=target, offset=0)
