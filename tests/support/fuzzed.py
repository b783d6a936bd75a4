"""Feeds that are wrong in every way that a seed can draw; personal data in them are markers."""

from __future__ import annotations

import csv
import gzip
import io
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from financial_analytics.ingest.contract import Contract, Table
from tests.support import markers

KINDS = ("csv", "parquet", "mapping", "connector")
WEIGHTS = (5, 3, 3, 2)
STATEMENTS = {
    "camt": "camt053.xml", "mt940": "mt940.sta", "ofx": "card.ofx", "bai2": "bai2.txt",
    "plaid": "plaid_sync.json",
}  # fmt: skip
JUNK = (
    "", " ", "\t", "NULL", "null", "\\N", "N/A", "-", "0", "-1", "00", "1e400", "-1e-400", "NaN",
    "inf", "-Infinity", "1.005", "1,005", "1.234.567,89", "1 234,56", "$12.00", "12.00 EUR", "(5)",
    "5-", "9" * 12, "9" * 19, "9" * 40, "0x1F", "1_000", "true", "FALSE", "Y", "2024-02-30",
    "0000-00-00", "9999-12-31", "1900-01-01", "31/12/2024", "12/31/2024", "20240131", "infinity",
    "-infinity", "2024-01-01T25:00:00", "2024-01-01T10:00:00+14:00", "now", "today", "epoch",
    "=cmd|' /C calc'!A0", "'; drop table x; --", "<script>alert(1)</script>", "{0}", "%s", "\\",
    '"', '""', "'", "\u00e9", "\u4e2d\u6587", "\U0001f600", "\u202eabc", "\ufeff", "a\u0301",
    "\u0000", "\u0007", "\u2028", "\x85", "\u00a0", "x" * 300, "line\nbreak", "cr\rreturn", "$1",
)  # fmt: skip
ENCODINGS = ("utf-8", "utf-8", "utf-8", "utf-8-sig", "latin-1", "cp1252", "utf-16", "utf-16-le")
DELIMITERS = (",", ",", ",", ";", "\t", "|")
ARROW = {
    "integer": pa.int32(), "bigint": pa.int64(), "double": pa.float64(), "boolean": pa.bool_(),
    "text": pa.string(), "decimal": pa.float64(),
}  # fmt: skip


@dataclass
class Made:
    """A folder of feeds: its kind, options of ``ingest``, its rows where certain, its markers."""

    kind: str
    options: dict[str, Any] = field(default_factory=dict)
    rows: int | None = None
    marked: set[str] = field(default_factory=set)


def make(rng: random.Random, folder: Path, contract: Contract, only: str | None = None) -> Made:
    """Write the feeds that the generator draws into an empty folder."""
    kind = only or rng.choices(KINDS, WEIGHTS)[0]
    makers: dict[str, Callable[[random.Random, Path, Contract], Made]] = {
        "csv": _csv, "parquet": _parquet, "mapping": _mapped, "connector": _connector,
    }  # fmt: skip
    return makers[kind](rng, folder, contract)


def marks_of(table: Table) -> set[str]:
    """Return the markers of a table: where it has no personal data, what looks like them anywhere.

    A few bare digits, as of a ZIP code, cannot be told from those of an id.
    """
    found = markers.secrets([table]) or set(markers.MARKERS["email"])
    return {marker for marker in found if len(marker) > 5}


def _rows(rng: random.Random, table: Table) -> list[list[str]]:
    """Return rows of a table with new and known ids, spoilt in some of their cells."""
    count = rng.choice([1, 3, 40, 400, 1500, 3000])
    first = rng.choice([0, 0, 50, rng.randrange(10**6)])
    share = rng.choice([0.0, 0.002, 0.02, 0.3])
    marked = sorted(marks_of(table))
    found = []
    for number in range(first, first + count):
        row = [markers.value(column, number) for column in table.columns]
        if rng.random() < share:
            for _ in range(rng.choice([1, 1, 1, 2, 5])):
                at = rng.randrange(len(row))
                row[at] = _cell(rng, row, at, marked, table)
        found.append(row)
    if rng.random() < 0.3:
        found += [list(rng.choice(found)) for _ in range(rng.choice([1, 5]))]
    return found


def _cell(rng: random.Random, row: list[str], at: int, marked: list[str], table: Table) -> str:
    cell, way = row[at], rng.randrange(8)
    if way == 0 and len(row) > 1:
        other = rng.randrange(len(row))
        row[other], cell = cell, row[other]
        return cell
    if way == 1:
        name = table.columns[at].name
        marker = rng.choice(marked)
        # bare digits in a key: a ZIP code cannot be told from an id
        return cell if marker.isdigit() and name in (*table.key, *table.references) else marker
    if way == 2 and cell and table.columns[at].pii is None:
        place = rng.randrange(len(cell))
        return cell[:place] + rng.choice("09-.,:; xZ\"'\u00e9") + cell[place + rng.choice([0, 1]) :]
    if way == 3 and table.columns[at].pii is None:
        return cell * rng.choice([2, 5])
    return rng.choice(JUNK)


def _text(rng: random.Random, names: list[str], rows: list[list[str]]) -> bytes:
    """Return names and rows as a text file, spoilt in its lines and bytes."""
    out = io.StringIO()
    writer = csv.writer(
        out, delimiter=rng.choice(DELIMITERS), lineterminator=rng.choice(["\n", "\n", "\r\n"]),
        quoting=rng.choice([csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    )  # fmt: skip
    lines = [names, *rows]
    for _ in range(rng.choice([0, 0, 0, 1, 1, 3])):
        at = rng.randrange(len(lines))
        way = rng.randrange(6)
        if way == 0:
            lines[at] = lines[at][: rng.randrange(len(lines[at]) + 1)]
        elif way == 1:
            lines[at] = [*lines[at], *rng.choices(JUNK, k=rng.choice([1, 3]))]
        elif way == 2:
            lines[at] = lines[at][1:] + lines[at][:1]
        elif way == 3:
            lines.insert(at, [])
        elif way == 4:
            lines.insert(at, list(names))
        else:
            lines.insert(at, [rng.choice(JUNK)])
    writer.writerows(lines)
    content = out.getvalue().encode(rng.choice(ENCODINGS), "replace")
    return _spoilt(rng, content)


def _spoilt(rng: random.Random, content: bytes) -> bytes:
    """Return bytes of which, seldom, some are others, or the end is missing."""
    way = rng.randrange(12)
    if way == 0:
        return content[: rng.randrange(len(content) + 1)]
    if way == 1:
        changed = bytearray(content)
        for _ in range(rng.choice([1, 5])):
            if changed:
                changed[rng.randrange(len(changed))] = rng.randrange(256)
        return bytes(changed)
    if way == 2:
        at = rng.randrange(len(content) + 1)
        return content[:at] + content[at : at + rng.randrange(200)] + content[at:]
    return content


def _names(rng: random.Random, table: Table) -> list[str]:
    names = list(table.column_names)
    for _ in range(rng.choice([0, 0, 0, 1, 2])):
        at = rng.randrange(len(names))
        names[at] = rng.choice(
            [names[at].upper(), names[at].replace("_", " "), "", "x", f" {names[at]} ",
             rng.choice(names), names[at] + "2"]
        )  # fmt: skip
    return names


def _csv(rng: random.Random, folder: Path, contract: Contract) -> Made:
    table = rng.choice(list(contract))
    content = _text(rng, _names(rng, table), _rows(rng, table))
    suffix = "csv"
    if rng.random() < 0.1:
        content, suffix = _spoilt(rng, gzip.compress(content, 1)), "csv.gz"
    (folder / f"{table.name}_{rng.randrange(10**6)}.{suffix}").write_bytes(content)
    options: dict[str, Any] = {}
    if rng.random() < 0.1:
        options["full"] = [table.name] if table.kind == "entity" else []
    if rng.random() < 0.1:
        options["decimal"] = rng.choice(["comma", "point"])
    if rng.random() < 0.1:
        options["null"] = rng.sample(["-1", "x", "0", "Plain"], 2)
    return Made("csv", options, marked=marks_of(table))


def _parquet(rng: random.Random, folder: Path, contract: Contract) -> Made:
    """Columns of text, or of types of their own; values that do not fit a type are empty."""
    table = rng.choice(list(contract))
    rows, names = _rows(rng, table), _names(rng, table)
    arrays = []
    for at, column in enumerate(table.columns):
        cells = [row[at] for row in rows]
        kind = ARROW.get(column.family, pa.string()) if rng.random() < 0.6 else pa.string()
        if rng.random() < 0.03:
            kind = rng.choice([pa.int8(), pa.float32(), pa.bool_(), pa.binary(), pa.int64()])
        arrays.append(_array(cells, kind))
        if rng.random() < 0.02:
            arrays[-1] = arrays[-1].dictionary_encode()
        elif rng.random() < 0.01:
            arrays[-1] = pa.array([[cell] for cell in cells])
        elif rng.random() < 0.01:
            arrays[-1] = pa.array([{"a": cell} for cell in cells])
    made = pa.Table.from_arrays(arrays, names)
    path = folder / f"{table.name}_{rng.randrange(10**6)}.parquet"
    pq.write_table(made, path, row_group_size=rng.choice([100, 5000]))
    cut = rng.random() < 0.05
    if cut:
        content = path.read_bytes()
        path.write_bytes(content[: rng.randrange(len(content))])
    return Made("parquet", rows=None if cut else len(rows), marked=marks_of(table))


def _array(cells: list[str], kind: pa.DataType) -> pa.Array:
    def convert(cell: str) -> Any:
        try:
            if pa.types.is_integer(kind):
                value = int(cell)
                return value if -(2 ** (kind.bit_width - 1)) <= value < 2 ** (
                    kind.bit_width - 1
                ) else None  # fmt: skip
            if pa.types.is_floating(kind):
                return float(cell)
            if pa.types.is_boolean(kind):
                return cell == "true"
        except ValueError:
            return None
        return cell.encode() if pa.types.is_binary(kind) else cell

    return pa.array([convert(cell) for cell in cells], kind)


def _mapped(rng: random.Random, folder: Path, contract: Contract) -> Made:
    """Other names, decimal commas, other days, columns that are left out."""
    table = rng.choice(list(contract))
    rows = _rows(rng, table)
    names, said = list(table.column_names), {}
    for at, column in enumerate(table.columns):
        if rng.random() < 0.4:
            names[at] = f"Feed {column.name.replace('_', ' ').title()}"
            form: dict[str, Any] = {"column": column.name}
            if column.family in ("decimal", "double") and rng.random() < 0.5:
                form["decimal"] = rng.choice(["comma", "point"])
            if column.family == "date" and rng.random() < 0.5:
                form["date"] = rng.choice(["%d.%m.%Y", "%m/%d/%Y", "%Y%m%d", "%Y-%m-%d"])
            if column.family == "timestamp" and rng.random() < 0.5:
                form["time"] = rng.choice(["%d.%m.%Y %H:%M", "%Y-%m-%d %H:%M:%S"])
            if rng.random() < 0.2:
                form["null"] = [rng.choice(["x", "0", "-1", "Plain"])]
            said[names[at]] = form
    mapping: dict[str, Any] = {table.name: said} if said else {}
    if rng.random() < 0.2:
        mapping["all_tables"] = {"decimal": rng.choice(["comma", "point"]), "round": "half_up"}
    path = folder / f"{table.name}.csv"
    path.write_bytes(_text(rng, names, rows))
    return Made("mapping", {"mapping": mapping}, marked=marks_of(table))


def _connector(rng: random.Random, folder: Path, contract: Contract) -> Made:
    """Statements, and the eight files of Berka: lines moved, doubled, cut, with markers in them."""
    if rng.random() < 0.3:
        from tests.warehouse.test_berka_connector import SMALL  # noqa: PLC0415

        for name, text in SMALL.items():
            content = _lines(rng, text.encode()) if rng.random() < 0.3 else text.encode()
            (folder / f"{name}.asc").write_bytes(content)
        return Made("connector", {"connector": "berka"}, marked=set(markers.MARKERS["email"]))
    name = rng.choice(list(STATEMENTS))
    source = Path(__file__).parents[1] / "statements" / "files" / STATEMENTS[name]
    content = source.read_bytes()
    for _ in range(rng.choice([1, 1, 2, 5])):
        content = _lines(rng, content) if rng.random() < 0.6 else _spoilt(rng, content)
    (folder / f"{rng.randrange(10**6)}{source.suffix}").write_bytes(content)
    names = {m for kind in ("name", "email") for m in markers.MARKERS[kind]}
    return Made("connector", {"connector": name}, marked=names)


def _lines(rng: random.Random, content: bytes) -> bytes:
    lines = content.split(b"\n")
    at = rng.randrange(len(lines))
    other = rng.randrange(len(lines))
    way = rng.randrange(6)
    if way == 0:
        lines[at], lines[other] = lines[other], lines[at]
    elif way == 1:
        lines.insert(at, lines[other])
    elif way == 2:
        del lines[at]
    elif way == 3:
        lines[at] = lines[at].replace(b"0", b"9")
    elif way == 4 and lines[at]:
        place = rng.randrange(len(lines[at]))
        junk = rng.choice([*JUNK, *markers.MARKERS["name"], *markers.MARKERS["email"]])
        lines[at] = lines[at][:place] + junk.encode() + lines[at][place:]
    else:
        lines[at] = lines[at][: rng.randrange(len(lines[at]) + 1)]
    return b"\n".join(lines)
