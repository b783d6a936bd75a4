"""Drafts: files that are written beside the one they replace, and what killed processes left."""

from __future__ import annotations

import os
import re
from pathlib import Path

_PROCESS = re.compile(r"\.(\d+)\.")


def clear_drafts(folder: Path) -> None:
    """Remove the drafts, named ``.…draft…`` with a process number, of processes that have ended."""
    for path in folder.glob(".*"):
        process = _PROCESS.search(path.name)
        if "draft" in path.name and process and not _is_running(int(process[1])):
            path.unlink(missing_ok=True)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
