"""How feeds say that they are synthetic: a mark in each folder, and a word in each Parquet file."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from financial_analytics.errors import UserInputError
from financial_analytics.ingest.bank import OWN_FEEDS, Bank, synthetic_bank

MARK = "_synthetic.json"
"""Beside the files of a synthetic bank; names that start with _ are no feeds."""

DRAFT = f".{MARK}.draft"

PARQUET_KEY = "financial_analytics.synthetic"
"""Key in the metadata of a synthetic Parquet file, so that it says what it is without its mark."""


@dataclass(frozen=True)
class Mark:
    """What the mark of a folder says: the bank, and the size of each file; None while writing."""

    bank: Bank
    files: Mapping[str, int] | None

    def covers(self, file: Path) -> bool:
        """Tell whether this very file was written with the mark."""
        return self.files is not None and self.files.get(file.name) == file.stat().st_size


def write_mark(folder: Path, parameters: Mapping[str, Any], *, complete: bool) -> None:
    """Mark a folder as a synthetic bank's: before its first file, and when all are written."""
    files = {
        file.name: file.stat().st_size
        for file in sorted(folder.iterdir())
        if file.is_file() and not file.name.startswith((".", "_"))
    }
    content = {"bank": dict(parameters), "files": files if complete else None}
    draft = folder / DRAFT
    with draft.open("w", encoding="utf-8") as file:
        file.write(json.dumps(content, indent=1, sort_keys=True) + "\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / MARK)


def read_mark(folder: Path) -> Mark | None:
    """Return the mark of a folder, if it has one.

    Raises
    ------
    UserInputError
        If it cannot be read.
    """
    path = folder / MARK
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path) from error
    try:
        content = json.loads(text)
        files = content["files"]
        return Mark(
            synthetic_bank(content["bank"]),
            None if files is None else {str(name): int(size) for name, size in files.items()},
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _unreadable(path) from error


def bank_of(files: Iterable[Path]) -> Bank:
    """Return the one bank that some feed files belong to; those that say nothing are one's own.

    Raises
    ------
    UserInputError
        If they belong to different banks, are not all written yet, or say that they are
        synthetic but not of which bank.
    """
    marks: dict[Path, Mark | None] = {}
    found: dict[Bank, Path] = {}
    for path in files:
        file = path.resolve()
        if file.parent not in marks:
            marks[file.parent] = read_mark(file.parent)
        found.setdefault(_bank(file, marks[file.parent]), path)
    if len(found) > 1:
        (one, first), (other, second) = list(found.items())[:2]
        raise UserInputError(
            f"the files belong to different banks: {first} is of {one}, {second} of {other}",
            hint="load one bank at a time, each into a folder of its own: FA_DATA_DIR=another",
        )
    return next(iter(found), OWN_FEEDS)


def _bank(file: Path, mark: Mark | None) -> Bank:
    if mark is not None and mark.files is None:
        raise UserInputError(
            f"{file.parent} is not complete: whatever wrote the synthetic bank has not ended",
            hint="write it again: fa generate, or fa demo",
        )
    if mark is not None and mark.covers(file):
        return mark.bank
    if _says_synthetic(file):
        raise UserInputError(
            f"{file} is part of a synthetic bank, but no {MARK} beside it says of which",
            hint="load the folder as fa generate wrote it",
        )
    return OWN_FEEDS


def _says_synthetic(file: Path) -> bool:
    if not file.name.lower().endswith((".parquet", ".pq")):
        return False
    try:
        with file.open("rb") as handle:  # whatever its name
            metadata = pq.read_metadata(handle).metadata or {}
    except (OSError, pa.ArrowException):
        return False  # whoever reads it says what is wrong with it
    return PARQUET_KEY.encode() in metadata


def _unreadable(path: Path) -> UserInputError:
    return UserInputError(
        f"{path} cannot be read as the mark of a synthetic bank",
        hint="write the bank again: fa generate, or fa demo",
    )
