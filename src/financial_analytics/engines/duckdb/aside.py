"""Setting a warehouse file aside: whole, only if nobody writes to it, never over anything."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from financial_analytics.engines.duckdb.session import Connection, open_warehouse
from financial_analytics.errors import EngineError

_HEADERS = 3 * 4096
"""Bytes in front of a file that differ after every checkpoint."""

_ATTEMPTS = 5


@contextmanager
def set_aside(path: Path, folder: Path, judge: Callable[[Connection], bool]) -> Iterator[Path]:
    """Move a warehouse into a new folder below `folder`; it stays locked while the block runs.

    The engine lets go of a file before it can be moved. Between the two this takes the lock that
    the engine itself takes, and moves only what is as it was judged.

    Parameters
    ----------
    path : Path
        The warehouse file.
    folder : Path
        Gets a folder ``synthetic-N`` with the file under its own name: a data folder.
    judge : callable
        Given the open warehouse, tells whether it may be moved; may write to it.

    Yields
    ------
    Path
        Where the file is now; `path` itself if `judge` says no.

    Raises
    ------
    EngineError
        If another process has the warehouse open.
    """
    handle = os.open(path, os.O_RDWR)
    try:
        yield _move(path, folder, handle) if _lock_judged(path, handle, judge) else path
    finally:
        os.close(handle)


def _lock_judged(path: Path, handle: int, judge: Callable[[Connection], bool]) -> bool:
    """Lock the file in the state in which `judge` says yes; return False if it says no."""
    for _ in range(_ATTEMPTS):
        with open_warehouse(path) as connection:
            if not judge(connection):
                return False
            connection.execute("force checkpoint")
            judged = os.pread(handle, _HEADERS, 0)
        _lock(handle, path)
        if os.pread(handle, _HEADERS, 0) == judged and not _wal(path).exists():
            return True
        fcntl.lockf(handle, fcntl.LOCK_UN)  # somebody wrote meanwhile
    raise _in_use(path)


def _move(path: Path, folder: Path, handle: int) -> Path:
    try:
        aside = _new_folder(folder) / path.name
        path.rename(aside)
        _flush(aside.parent, path.parent)
    except OSError as error:
        raise EngineError(
            f"the synthetic bank in {path} cannot be set aside in {folder}: {error.strerror}",
            hint="nothing was loaded; move the file away, or set FA_DATA_DIR elsewhere",
        ) from error
    return aside


def _lock(handle: int, path: Path) -> None:
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise _in_use(path) from error


def _in_use(path: Path) -> EngineError:
    return EngineError(
        f"the warehouse {path} is in use by another process",
        hint="wait until the running fa or dbt command has ended (readers use data/published/)",
    )


def _wal(path: Path) -> Path:
    return path.with_name(path.name + ".wal")


def _new_folder(folder: Path) -> Path:
    """Make a folder that nobody else has; one that a killed move left empty is used again."""
    folder.mkdir(parents=True, exist_ok=True)
    for child in folder.glob("synthetic-*"):
        with suppress(OSError):  # not empty
            child.rmdir()
    number = 1
    while True:
        made = folder / f"synthetic-{number}"
        try:
            made.mkdir()
        except FileExistsError:
            number += 1
        else:
            return made


def _flush(*folders: Path) -> None:
    """Make a move survive a power cut before anything is written in the place of the old file."""
    for folder in folders:
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
