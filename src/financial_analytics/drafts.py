"""Drafts and scratch copies: what a process works in, and what killed processes left."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path

SCRATCH = ("ingest", "spill", "fa-dry-run", "erase")
"""Beginnings of scratch names; the number of the process follows (`scratch_name`)."""
_DRAFT = re.compile(r"\.(\d+)\.")
_SCRATCH = re.compile(rf"(?:{'|'.join(SCRATCH)})-(\d+)-")


def scratch_name(kind: str) -> str:
    """Return how the names of this process's scratch files of a kind begin."""
    return f"{kind}-{os.getpid()}-"


def clear_drafts(folder: Path, *, is_start: bool = False) -> None:
    """Remove the drafts, named ``.…draft…`` with a process number, of processes that have ended.

    At the start of a process one of its own number is another's, of a container that was killed.
    """
    for path in folder.glob(".*"):
        if "draft" in path.name:
            _remove(path, _DRAFT.search(path.name), is_start=is_start)


def clear_scratch(folder: Path, *, is_start: bool = False) -> None:
    """Remove the scratch copies of processes that have ended."""
    if folder.is_dir():
        for path in folder.iterdir():
            _remove(path, _SCRATCH.match(path.name), is_start=is_start)


def clear_leftovers(data_dir: Path) -> None:
    """Remove, at the start of a process, all that killed ones left of copies of data."""
    for folder in (data_dir, data_dir / "published", *(data_dir / "dbt").glob("*/")):
        clear_drafts(folder, is_start=True)
    clear_scratch(data_dir / "tmp", is_start=True)
    clear_scratch(Path(tempfile.gettempdir()), is_start=True)


def _remove(path: Path, process: re.Match[str] | None, *, is_start: bool) -> None:
    if process is None:
        return
    number = int(process[1])
    if _is_running(number) and not (is_start and number == os.getpid()):
        return
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)  # another command may clear it as well
    else:
        path.unlink(missing_ok=True)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
