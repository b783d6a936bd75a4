"""A bank's own feeds that change from day to day, and a plain script of what bronze keeps of them.

Ids of customers start at `FIRST_ID`; no synthetic bank of these tests has one so high.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

FIRST_ID = 1_000_000
COLUMNS = {
    "customers": (
        *("customer_id", "first_name", "last_name", "signup_date", "credit_score", "is_active"),
        "updated_at",
    ),
    "transactions": (
        *("transaction_id", "account_id", "customer_id", "transaction_date", "transaction_type"),
        *("amount", "currency"),
    ),
}
KEYS = {"customers": (0, 6), "transactions": (0,)}
"""Positions of what tells one row from another: of customers, versions count as rows."""

FILES = {
    "customers.csv": "customers",
    "customers_north.csv": "customers",
    "transactions.csv": "transactions",
    "transactions[1].csv": "transactions",
}
NO_DAY = "2024-02-31 10:00:00"

Cells = tuple[str, ...]


@dataclass(frozen=True)
class Content:
    """A file's rows, by their number in the file; one without a true date is quarantined."""

    table: str
    rows: tuple[Cells, ...]

    @property
    def faulty(self) -> int:
        """How many rows are quarantined."""
        return sum(NO_DAY in row for row in self.rows)

    @property
    def text(self) -> str:
        """The file."""
        file = io.StringIO()
        csv.writer(file).writerows([COLUMNS[self.table], *self.rows])
        return file.getvalue()


@dataclass(frozen=True)
class Kept:
    """A row that bronze keeps."""

    batch_id: int
    source_row: int
    cells: Cells


class OwnFeeds:
    """Files in a folder, each with new content now and then; every content is remembered."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.known: dict[str, Content] = {}

    def rewrite(self, name: str, rng: np.random.Generator) -> Path:
        """Write another content: some rows are those of other files, some have other values."""
        table = FILES[name]
        draw = _customers if table == "customers" else _transactions
        content = Content(table, tuple(draw(rng)))
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / name
        path.write_bytes(content.text.encode())
        self.known[digest(path)] = content
        return path

    def digests(self) -> dict[str, str]:
        """Return the digest of each file, by path, as a load's name has it."""
        return {str(path.resolve()): digest(path) for path in sorted(self.folder.iterdir())}


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def keep(batches: Iterable[tuple[int, Content]]) -> dict[str, list[Kept]]:
    """Return what bronze keeps of some loads: a row that repeats the newest of its key is dropped.

    Returns
    -------
    dict
        By table, in the order of arrival.
    """
    newest: dict[tuple[str, Cells], Cells] = {}
    kept: dict[str, list[Kept]] = {table: [] for table in COLUMNS}
    for batch_id, content in batches:
        for number, cells in enumerate(content.rows, start=1):
            key = (content.table, tuple(cells[i] for i in KEYS[content.table]))
            if NO_DAY in cells or newest.get(key) == cells:
                continue
            newest[key] = cells
            kept[content.table].append(Kept(batch_id, number, cells))
    return kept


def _customers(rng: np.random.Generator) -> Iterable[Cells]:
    versions = [(number, day) for number in range(5) for day in (1, 2)]
    for place in np.flatnonzero(_some(rng, len(versions))):
        number, day = versions[place]
        yield (
            *(str(FIRST_ID + number), f"Name{number}", f"Family{number}", "2024-01-01"),
            *(str(rng.integers(700, 703)), "true", f"2024-03-0{day} 00:00:00"),
        )


def _transactions(rng: np.random.Generator) -> Iterable[Cells]:
    for number in np.flatnonzero(_some(rng, 8)):
        moment = NO_DAY if rng.random() < 0.05 else f"2024-04-0{number + 1} 10:00:00"
        yield (
            *(str(FIRST_ID + number), str(FIRST_ID), str(FIRST_ID + number % 5), moment),
            *("Deposit", f"{rng.integers(1, 4)}.50", "USD"),
        )


def _some(rng: np.random.Generator, count: int) -> np.ndarray:
    chosen: np.ndarray = rng.random(count) < 0.6
    chosen[rng.integers(count)] = True
    return chosen
