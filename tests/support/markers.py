"""Feeds of every table whose personal data are markers, in every form that goes wrong."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from financial_analytics.ingest.contract import Column, Contract, Table

MARKERS = {
    "name": ("Zquirrelina", "O'Quagmyre", "Ølvær Quagström", "qdvorak"),
    "email": ("zquirrelina@quagmail.example", "ann.q+x@quagmail.co.uk"),
    "phone": ("+1 617 555 0183", "617-555-0183", "(617) 555-0184", "6175550185", "555-0186"),
    "birth_date": ("1961-07-23", "23.07.1961", "07/23/1961", "19610723"),
    "national_id": ("078-05-1120", "078051120", "078 05 1120", "AB123456Q"),
    "address": ("4817 Quagmire Lane", "Apt. 48, Quagroad", "02139", "02139-4817"),
    "account_number": ("4929104458812", "GB29NWBK60161331926819", "GB29 NWBK 6016 1331 9268 19"),
    "card_number": ("7391",),
    "ip_address": ("203.0.113.77", "2001:db8:48:17:ab:cd:ef:1"),
    "employment": ("Quagmyre & Sons", "Quagsmith"),
    "free_text": ("met Zquirrelina", "card 4111 1111 1111 1117", "IBAN DE44500105175407324931"),
}
"""Values by class; none is a word, a number or a day that a message may hold for another reason."""
PLAIN = {
    "integer": "3", "bigint": "3", "decimal": "3.50", "double": "0.25", "boolean": "true",
    "date": "2024-02-03", "timestamp": "2024-02-03 10:00:00", "text": "Plain",
}  # fmt: skip


def secrets(tables: Iterable[Table]) -> set[str]:
    """Return every marker that a feed of one of the tables may hold."""
    return {m for t in tables for c in t.columns if c.pii for m in MARKERS[c.pii]}


def leaks(text: str, marked: Iterable[str]) -> list[str]:
    """Return the markers that a text shows, whole, whatever the case."""
    lowered = text.lower()
    return sorted(m for m in marked if m.lower() in lowered)


def value(column: Column, number: int) -> str:
    """Return a right value of a column: a marker where it is personal."""
    if column.pii == "birth_date":
        return MARKERS["birth_date"][0]
    if column.pii:
        of_class = MARKERS[column.pii]
        return of_class[number % len(of_class)]
    if column.values:
        return column.values[number % len(column.values)]
    if column.code_list or column.usual_maximum is not None:
        return "USD" if column.code_list else "0.05"
    if column.required and column.family in ("integer", "bigint"):
        return str(number + 1)
    return PLAIN[column.family]


def rows(table: Table, count: int) -> list[list[str]]:
    """Return right rows."""
    return [[value(column, n) for column in table.columns] for n in range(count)]


def faulty_rows(table: Table) -> list[list[str]]:
    """Return rows with a marker of the table in each column that is none of its own.

    Bare digits in a key are left out: a ZIP code or the end of a card cannot be told from one.
    """
    marked = sorted(secrets([table])) or sorted(MARKERS["email"] + MARKERS["national_id"])
    made = []
    for step, marker in enumerate(marked):
        row = []
        for position, column in enumerate(table.columns):
            wrong = marked[(step + position) % len(marked)]
            is_key = column.name in (*table.key, *table.references)
            own = value(column, step) if is_key and wrong.isdigit() else wrong
            row.append(marker if column.pii else own)
        made.append(row)
    return made


def shifted(table: Table, steps: int) -> list[list[str]]:
    """Return right rows, each moved by some columns, as if a column were missing or too many."""
    return [row[steps:] + row[:steps] for row in rows(table, 6)]


def write(path: Path, lines: Iterable[Sequence[str]], delimiter: str = ",") -> Path:
    """Write lines as a text feed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=delimiter).writerows(lines)
    return path


def write_all(folder: Path, contract: Contract) -> None:
    """Write a feed of every table in every form: right, faulty, headerless, shifted and cut."""
    customers = contract["customers"]
    for table in contract:
        names, good = list(table.column_names), rows(table, 4)
        name = folder / table.name
        moved = [row for steps in (1, 2, -1, -2) for row in shifted(table, steps)]
        forms: dict[str, list[Sequence[str]]] = {
            "faults": [names, *faulty_rows(table), *moved],
            "headerless": list(good),
            "mixed": [good[0][1:3] + names[2:4] + good[0][4:], *good],
            "unknown": [[*names, *MARKERS["email"], "Zquirrelina 1961-07-23"], *good],
        }
        for form, lines in forms.items():
            write(Path(f"{name}_{form}.csv"), lines)
        broken = [*(row[2:] for row in good), *([*row, row[1]] for row in good)]
        lines = write(Path(f"{name}_lines.csv"), [names, *broken, *good]).read_text("utf-8")
        quotes = lines.partition("\n")[2].replace(",", ',"', 3)
        other = write(Path(f"{name}_other.csv"), good, ";").read_text("utf-8")
        Path(f"{name}_other.csv").unlink()
        Path(f"{name}_lines.csv").write_text(lines + other + quotes, "utf-8")
        _write_parquet(name, table)
        if table.name in ("merchants", "accounts", "zip_codes"):
            person = rows(customers, 3)
            write(Path(f"{name}_people.csv"), [customers.column_names, *person])
            write(Path(f"{name}_people_headerless.csv"), person)


def _write_parquet(name: Path, table: Table) -> None:
    faulty = list(zip(*faulty_rows(table), strict=True))
    texts = {c.name: pa.array(v) for c, v in zip(table.columns, faulty, strict=True)}
    pq.write_table(pa.table(texts), Path(f"{name}_text.parquet"))
    first = table.columns[-1].name
    listed = pa.array([["Zquirrelina"]] * len(faulty[0])).cast(pa.list_(pa.string()))
    pq.write_table(pa.table({**texts, first: listed}), Path(f"{name}_list.parquet"))
    # as pandas writes a feed without a header
    unnamed = {f"{v} {i}": pa.array([v]) for i, v in enumerate(rows(table, 1)[0])}
    pq.write_table(pa.table(unnamed), Path(f"{name}_unnamed.parquet"))


def texts(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield the text files under a folder."""
    for path in folder.rglob("*"):
        if path.is_file() and path.suffix not in (".duckdb", ".wal"):
            yield path, path.read_text(encoding="utf-8", errors="replace")
