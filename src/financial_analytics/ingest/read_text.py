"""Read CSV and its relatives: any delimiter, any encoding, damaged lines set aside."""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from financial_analytics.engines.duckdb.session import Connection, sql_name, sql_text
from financial_analytics.errors import FeedError
from financial_analytics.ingest.clean import MAX_LINE_BYTES, BadLine, blank_lines, clean, scan
from financial_analytics.ingest.contract import Table
from financial_analytics.ingest.decode import PlainText, to_plain_text
from financial_analytics.ingest.file_form import PADDED
from financial_analytics.ingest.header import (
    delimiter_name,
    find_delimiter,
    match_columns,
    normalise,
)
from financial_analytics.ingest.header_line import find_header
from financial_analytics.ingest.remarks import Remark
from financial_analytics.ingest.source import FeedColumn, Source
from financial_analytics.masking import without_values

_RULES = {
    "MISSING COLUMNS": "too_few_columns",
    "TOO MANY COLUMNS": "too_many_columns",
    "UNQUOTED VALUE": "bad_quote",
    "LINE SIZE OVER MAXIMUM": "line_too_long",
    "INVALID ENCODING": "invalid_encoding",
    "INVALID STATE": "bad_quote",
}
PAD = "null_padding = true, parallel = false, "
_NEWLINES = {b"\n": "\\n", b"\r\n": "\\r\\n"}


def open_text(
    path: Path,
    table: Table,
    *,
    mapping: Mapping[str, str],
    encoding: str | None,
    delimiter: str | None,
    work_dir: Path,
    max_line: int = MAX_LINE_BYTES,
    made: frozenset[str] = frozenset(),
    skip_lines: int | None = None,
    short_lines: str | None = None,
) -> Source:
    """Check a text feed's form and return how to read it.

    Raises
    ------
    FeedError
        If the file as a whole cannot be read as this table.
    """
    plain = to_plain_text(path, encoding, work_dir)
    header = find_header(
        plain, table, mapping=dict(mapping), made=made, delimiter=delimiter,
        skip_lines=skip_lines, max_line=max_line, work_dir=work_dir,
    )  # fmt: skip
    plain = header.text
    given = delimiter or header.delimiter
    character, names = find_delimiter(header.line, table, mapping, given)
    try:
        match = match_columns(names, table, mapping, made)
    except FeedError as error:
        if len(names) == 1:
            raise FeedError(
                f"{error.message} (one column with delimiter {delimiter_name(character)})",
                hint=error.hint,
            ) from error
        raise
    facts = scan(plain, max_line=max_line)
    bad_lines: list[BadLine] = []
    readable = plain.path
    newline = facts.newline
    if facts.needs_copy:
        readable = work_dir / "clean.csv"
        bad_lines = clean(
            plain, readable, delimiter=character, width=match.width, max_line=max_line
        )
        newline = b"\n"
    remarks = []
    if plain.guessed:
        words = f"read as {plain.encoding}, by its look; say --encoding if that is wrong"
        remarks.append(Remark("encoding_guessed", 0, words))
    if header.above:
        lines = "1 line" if header.above == 1 else f"{header.above} lines"
        words = f"{lines} above the header left out; skip_lines in a mapping says how many they are"
        remarks.append(Remark("lines_above", 0, words))
    plainly, padded = (
        _read_csv(
            readable, character, match.width, newline, max_line,
            has_quotes=facts.has_quotes, is_padded=is_padded,
        )
        for is_padded in (False, True)
    )  # fmt: skip
    may_be_padded = short_lines is None and _ends_with_a_line(plain)
    return Source(
        relation=padded if short_lines == PADDED else plainly,
        padded=padded if may_be_padded else None,
        columns={
            name: FeedColumn(f"c{position}", "text") for name, position in match.columns.items()
        },
        unknown=match.unknown,
        others={
            normalise(name): FeedColumn(f"c{position}", "text")
            for position, name in enumerate(names)
            if position not in match.columns.values()
        },
        names={normalise(name): f"c{position}" for position, name in enumerate(names)},
        listed=match.listed,
        bad_lines=bad_lines,
        width=match.width,
        blank_lines=list if facts.needs_copy else partial(blank_lines, plain, newline),
        remarks=remarks,
    )


def rejected_lines(connection: Connection, source: Source) -> list[BadLine]:
    """Return the lines that the CSV reader refused while it read `source`, by row."""
    rows = connection.execute(
        """
        select line, min_by(error_type, column_idx), min_by(error_message, column_idx),
            left(any_value(csv_line), 2000)
        from reject_errors group by line order by line
        """
    ).fetchall()
    blanks = source.blank_lines() if rows else []
    removed = sorted(bad.row for bad in source.bad_lines)
    rejected = []
    taken = 0
    for line, error_type, message, text in rows:
        row = line - 1 - bisect_left(blanks, line) + taken  # the header is line 1
        while taken < len(removed) and removed[taken] <= row:
            taken += 1
            row += 1
        rule = _RULES.get(error_type, "unreadable_line")
        rejected.append(BadLine(row, rule, _reason(rule, source.width, message), text or ""))
    return rejected


def _reason(rule: str, width: int, message: str) -> str:
    found = message.rsplit("Found: ", 1)[-1] if "Found: " in message else None
    if rule in ("too_few_columns", "too_many_columns") and found:
        return f"the line has {found} columns, the header has {width}"
    if rule == "bad_quote":
        return "a quoted value is followed by more text before the next delimiter"
    return without_values(message)


def _ends_with_a_line(plain: PlainText) -> bool:
    with plain.path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) in (b"\n", b"\r")


def _read_csv(
    path: Path,
    delimiter: str,
    width: int,
    newline: bytes,
    max_line: int,
    *,
    has_quotes: bool,
    is_padded: bool,
) -> str:
    quote = '"' if has_quotes else ""
    columns = ", ".join(f"{sql_text(f'c{i}')}: 'varchar'" for i in range(width))
    return (
        f"read_csv({sql_text(str(path))}, auto_detect = false, header = false, skip = 1, "
        "compression = 'none', hive_partitioning = false, "
        f"delim = {sql_text(delimiter)}, quote = '{quote}', escape = '{quote}', nullstr = '', "
        f"new_line = {sql_text(_NEWLINES[newline])}, "
        f"columns = {{{columns}}}, {PAD if is_padded else ''}"
        "store_rejects = true, rejects_limit = 0, "
        f"max_line_size = {max(max_line * 2, 2_000_000)})"
    )


def drop_rejects(connection: Connection) -> None:
    """Forget the lines refused in an earlier file."""
    for name in ("reject_errors", "reject_scans"):
        connection.execute(f"drop table if exists {sql_name(name)}")
