"""The folder that a bank is written to: an earlier bank goes, what others put there stays."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from financial_analytics.errors import UserInputError
from financial_analytics.ingest.contract_file import load_contract
from financial_analytics.ingest.marks import DRAFT, MARK, read_mark, write_mark

FULL, DELTAS, TRUTH = "full", "deltas", "truth"
SHOWN_NAMES = 3


def clear(out_dir: Path) -> None:
    """Remove the bank that an earlier run wrote, and nothing else.

    Raises
    ------
    UserInputError
        If it is no folder, or anything that no earlier run wrote is where a bank is written.
    """
    if out_dir.exists() and not out_dir.is_dir():
        raise UserInputError(f"{out_dir} is a file", "give a folder")
    foreign = [path.relative_to(out_dir).as_posix() for path in _foreign(out_dir)]
    if foreign:
        more = len(foreign) - SHOWN_NAMES
        raise UserInputError(
            f"{out_dir} holds files that fa generate did not write: "
            f"{', '.join(foreign[:SHOWN_NAMES])}{f' and {more} more' if more > 0 else ''}",
            "nothing was removed; give another folder, or move them away",
        )
    out_dir.mkdir(parents=True, exist_ok=True)
    for folder in _folders(out_dir):
        _remove(folder)
    if (out_dir / DELTAS).is_dir():
        shutil.rmtree(out_dir / DELTAS)


def _folders(out_dir: Path) -> list[Path]:
    """Return the folders with files; the ledger last, by which an unmarked bank is known."""
    days = sorted((out_dir / DELTAS).iterdir()) if (out_dir / DELTAS).is_dir() else []
    folders = [out_dir / FULL, *days, out_dir / TRUTH]
    return [folder for folder in folders if folder.is_dir()]


def _foreign(out_dir: Path) -> Iterator[Path]:
    if (out_dir / DELTAS).is_dir():
        yield from sorted(path for path in (out_dir / DELTAS).iterdir() if not path.is_dir())
    is_unmarked = (out_dir / TRUTH / "parameters.json").is_file()
    for folder in _folders(out_dir):
        mark = read_mark(folder)
        for path in sorted(folder.rglob("*")):
            if path.is_dir() or (path.parent == folder and _is_mark(path)):
                continue
            if mark is None:
                ours = is_unmarked and _has_our_name(path)
            else:
                ours = path.parent == folder and (mark.files is None or mark.covers(path))
            if not ours:
                yield path


def _is_mark(path: Path) -> bool:
    return path.name in {MARK, DRAFT}


def _has_our_name(path: Path) -> bool:
    """Tell whether a version without marks wrote files of this name."""
    if path.parent.name == TRUTH:
        return path.name == "parameters.json" or path.name.startswith("latent_")
    parts = ("", "_dirty", "_latin1")
    names = {f"{table}{part}" for table in load_contract().tables for part in parts}
    return path.stem in names and path.suffix in {".parquet", ".csv"}


def _remove(folder: Path) -> None:
    """Remove a folder so that one killed half-way is still known as ours, and as not whole."""
    mark = read_mark(folder)
    if mark is not None and mark.files is not None:
        write_mark(folder, json.loads(mark.bank.parameters), complete=False)
    for path in sorted(folder.iterdir()):
        if not _is_mark(path):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.rmtree(folder)
