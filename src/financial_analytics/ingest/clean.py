r"""Find the lines of a text feed that no CSV reader should see, and set them aside.

A feed is scanned once in large chunks. Only if the scan meets something wrong (a NUL byte, an
invalid byte, a line without end, a quote that may never close, mixed line ends) is a
clean copy written, and the lines left out come back with their row number and a reason.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from financial_analytics.ingest.decode import CHUNK_BYTES, PlainText

MAX_LINE_BYTES = 1_000_000
SHOWN_BYTES = 2_000
_REPLACEMENT = "\ufffd".encode()
_CR, _LF, _QUOTE = b"\r", b"\n", b'"'
csv.field_size_limit(MAX_LINE_BYTES * 16)


@dataclass(frozen=True)
class BadLine:
    """A line set aside: its row (1 = first after the header), rule, reason and beginning."""

    row: int
    rule: str
    reason: str
    text: str


@dataclass
class Facts:
    """What the scan of a feed found."""

    needs_copy: bool = False
    has_quotes: bool = False
    newline: bytes = _LF


@dataclass(frozen=True)
class _Form:
    """What a well-formed record looks like."""

    delimiter: str
    width: int
    max_line: int


@dataclass(frozen=True)
class _Line:
    """A physical line; of one that is too long only the beginning is kept."""

    text: bytes
    length: int
    too_long: bool


def scan(text: PlainText, *, max_line: int = MAX_LINE_BYTES) -> Facts:
    """Look through a feed once, in bounded memory, and say whether it needs a clean copy."""
    facts = Facts()
    has_crlf = has_lf = False
    bare_cr = 0
    longest_run = 0
    previous = b""
    with text.path.open("rb") as file:
        file.seek(text.offset)
        while chunk := file.read(CHUNK_BYTES):
            if _CR in chunk or previous == _CR:
                pairs = chunk.count(b"\r\n") + (previous == _CR and chunk[:1] == _LF)
                has_crlf = has_crlf or pairs > 0
                has_lf = has_lf or chunk.count(_LF) > pairs
                ends_with_cr = chunk.endswith(_CR)  # its line feed may be in the next chunk
                bare_cr += chunk.count(_CR) + (previous == _CR) - ends_with_cr - pairs
            else:
                has_lf = has_lf or _LF in chunk
            facts.has_quotes = facts.has_quotes or _QUOTE in chunk
            facts.needs_copy = facts.needs_copy or _is_suspicious(chunk, text)
            first, last = chunk.find(_LF), chunk.rfind(_LF)
            if first < 0:
                longest_run += len(chunk)
            else:
                longest_run += first
                facts.needs_copy = facts.needs_copy or longest_run > max_line
                facts.needs_copy = facts.needs_copy or _has_long_line(chunk, first, max_line)
                longest_run = len(chunk) - last - 1
            facts.needs_copy = facts.needs_copy or longest_run > max_line
            facts.needs_copy = facts.needs_copy or (not previous and chunk[:1] in (_CR, _LF))
            previous = chunk[-1:]
    bare_cr += previous == _CR
    kinds = [has_crlf, has_lf, bare_cr > 0]
    facts.newline = b"\r\n" if has_crlf else (_LF if has_lf or not bare_cr else _CR)
    facts.needs_copy = facts.needs_copy or sum(kinds) > 1 or facts.newline == _CR
    facts.needs_copy = facts.needs_copy or (facts.has_quotes and _has_odd_line(text))
    return facts


def blank_lines(text: PlainText, newline: bytes) -> list[int]:
    """Return the numbers (1 = first) of the blank lines of a feed that needed no clean copy."""
    numbers: list[int] = []
    seen, start, previous = 0, 0, -1
    with text.path.open("rb") as file:
        file.seek(text.offset)
        while chunk := file.read(CHUNK_BYTES):
            ends = np.flatnonzero(np.frombuffer(chunk, dtype=np.uint8) == 10) + start
            if len(ends):
                gaps = np.diff(ends, prepend=previous)
                numbers += (np.flatnonzero(gaps == len(newline)) + 1 + seen).tolist()
                seen += len(ends)
                previous = int(ends[-1])
            start += len(chunk)
    return numbers


def _has_long_line(chunk: bytes, first: int, max_line: int) -> bool:
    """Tell whether two neighbouring line ends, from the one at `first`, are too far apart."""
    position = first
    last = chunk.rfind(_LF)
    while position < last:
        position = chunk.rfind(_LF, position + 1, position + max_line + 2)
        if position < 0:
            return True
    return False


def _is_suspicious(chunk: bytes, text: PlainText) -> bool:
    if b"\0" in chunk:
        return True
    if chunk.isascii():
        return False
    if text.encoding != "utf-8" and _REPLACEMENT in chunk:
        return True
    # A character cut by the end of the chunk is no fault: look at whole characters only.
    start, end = 0, len(chunk)
    while start < 4 and start < end and chunk[start] & 0xC0 == 0x80:
        start += 1
    for back in range(1, min(4, end) + 1):
        byte = chunk[end - back]
        if byte & 0xC0 == 0xC0:
            width = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            if width > back:
                end -= back
            break
        if byte < 0x80:
            break
    try:
        chunk[start:end].decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False


def _has_odd_line(text: PlainText) -> bool:
    """Tell whether any physical line holds an odd number of quotes."""
    carry = 0
    with text.path.open("rb") as file:
        file.seek(text.offset)
        while chunk := file.read(CHUNK_BYTES):
            if _QUOTE not in chunk:
                if carry and _LF in chunk:
                    return True
                continue
            data = np.frombuffer(chunk, dtype=np.uint8)
            quotes = np.flatnonzero(data == 34)
            ends = np.flatnonzero(data == 10)
            if not len(ends):
                carry = (carry + len(quotes)) & 1
                continue
            before = np.searchsorted(quotes, ends) + carry
            if (before & 1).any():
                return True
            carry = int(len(quotes) + carry - before[-1]) & 1
    return bool(carry)


def clean(
    text: PlainText,
    target: Path,
    *,
    delimiter: str,
    width: int,
    max_line: int = MAX_LINE_BYTES,
) -> list[BadLine]:
    r"""Write the readable records of a feed to `target` and return the lines left out.

    A record may span lines when a quoted value does; a quote that does not close within
    `max_line` bytes, or closes into the wrong number of columns, spoils its own line only.

    Parameters
    ----------
    text : PlainText
        The feed.
    target : Path
        The clean copy: header first, ``\n`` line ends, no blank lines.
    delimiter : str
        One character.
    width : int
        Number of columns in the header.
    max_line : int
        Longest line and longest record, in bytes.
    """
    bad: list[BadLine] = []
    form = _Form(delimiter, width, max_line)
    row = -1  # the header
    waiting: list[_Line] = []
    with text.path.open("rb") as file, target.open("wb") as out:
        file.seek(text.offset)
        lines = _lines(file, max_line)
        while True:
            line = waiting.pop(0) if waiting else next(lines, None)
            if line is None:
                return bad
            if not line.length:
                continue
            row += 1
            fault = _fault(line, text, max_line)
            if fault is None and line.text.count(_QUOTE) & 1 and row > 0:
                record, used = _record(line, waiting, lines, form)
                if record is None:
                    fault = (
                        "unterminated_quote",
                        "a quote is opened and not closed, or closed in the middle of a value",
                    )
                else:
                    del waiting[:used]
                    out.write(record + _LF)
                    continue
            if fault is not None:
                shown = line.text[:SHOWN_BYTES].decode("utf-8", "replace").replace("\0", "\u2400")
                bad.append(BadLine(max(row, 0), fault[0], fault[1], shown))
                continue
            out.write(line.text + _LF)


def _fault(line: _Line, text: PlainText, max_line: int) -> tuple[str, str] | None:
    if line.too_long:
        return (
            "line_too_long",
            f"the line is {line.length:,} bytes long; the longest accepted is {max_line:,}",
        )
    if b"\0" in line.text:
        return "nul_byte", "the line holds a NUL byte, which no text may"
    if line.text.isascii():
        return None
    if text.encoding != "utf-8" and _REPLACEMENT in line.text:
        return "invalid_encoding", f"the line holds bytes that are not {text.encoding}"
    try:
        line.text.decode("utf-8")
    except UnicodeDecodeError as error:
        byte = line.text[error.start]
        return (
            "invalid_encoding",
            f"byte 0x{byte:02x} at position {error.start + 1} of the line is not valid UTF-8",
        )
    return None


def _record(
    line: _Line,
    waiting: list[_Line],
    lines: Iterator[_Line],
    form: _Form,
) -> tuple[bytes | None, int]:
    """Return the record that starts on `line`, and how many waiting lines it takes."""
    if _columns(line.text, form.delimiter) == form.width:
        return line.text, 0
    parts = [line.text]
    size = line.length
    used = 0
    while size <= form.max_line:
        if used == len(waiting):
            following = next(lines, None)
            if following is None:
                return None, 0
            waiting.append(following)
        following = waiting[used]
        used += 1
        if following.too_long or b"\0" in following.text:
            return None, 0
        parts.append(following.text)
        size += following.length + 1
        if following.text.count(_QUOTE) & 1:
            record = _LF.join(parts)
            return (record, used) if _columns(record, form.delimiter) == form.width else (None, 0)
    return None, 0


def _columns(record: bytes, delimiter: str) -> int | None:
    """Count the columns of one record; None if it is not one well-formed record."""
    try:
        decoded = record.decode("utf-8")
        rows = list(
            csv.reader(
                io.StringIO(decoded, newline=""),
                delimiter=delimiter,
                strict=True,
                skipinitialspace=True,
            )
        )
    except (csv.Error, UnicodeDecodeError):
        return None
    return len(rows[0]) if len(rows) == 1 else None


def _lines(file: BinaryIO, max_line: int) -> Iterator[_Line]:
    """Yield physical lines without their ends; of a line too long only the beginning is kept."""
    held = b""
    length = 0
    while chunk := file.read(CHUNK_BYTES):
        if chunk.endswith(_CR):
            chunk += file.read(1)
        if _CR in chunk:
            chunk = chunk.replace(b"\r\n", _LF).replace(_CR, _LF)
        pieces = chunk.split(_LF)
        for position, piece in enumerate(pieces):
            length += len(piece)
            held = (
                held + piece if length <= max_line else (held + piece[:SHOWN_BYTES])[:SHOWN_BYTES]
            )
            if position < len(pieces) - 1:
                yield _Line(held, length, too_long=length > max_line)
                held, length = b"", 0
    if length:
        yield _Line(held, length, too_long=length > max_line)
