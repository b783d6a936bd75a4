"""What the embedded engine's errors mean for who runs a command.

The engine tells most of them apart in their text alone, and dbt hands on nothing else.
"""

from __future__ import annotations

import re

from financial_analytics.errors import EngineError
from financial_analytics.masking import without_values

_LOCKED = re.compile(r"could not set lock", re.I)  # a damaged "block" is no lock
_FULL = re.compile(
    r"no space left on device|disk quota exceeded|could not write|file too large|out of memory"
    r"|(failed to offload|max_temp_directory_size)",
    re.I,
)
_REFUSED = re.compile(r"read-only file system|permission denied|operation not permitted", re.I)
_DAMAGED = re.compile(
    r"corrupt database file|not a valid duckdb database file|failure while replaying wal"
    r"|database has been invalidated|serialization error",
    re.I,
)
_TOO_SHORT = re.compile(r"could not read enough bytes", re.I)
DAMAGED_HINT = (
    "restore it from a copy, or move it away and load the feeds again: fa ingest, then fa build"
)


def is_full(text: str) -> bool:
    """Tell whether an error means that memory or disk ran out."""
    return bool(_FULL.search(text))


def is_damaged(text: str) -> bool:
    """Tell whether an error means that a database file is damaged."""
    return bool(_DAMAGED.search(text))


def why(text: str, what: str = "the warehouse", *, hint: str = DAMAGED_HINT) -> EngineError | None:
    """Explain the text of an error of the engine; None where it is about what was asked.

    Parameters
    ----------
    text : str
        What the engine, or dbt on its behalf, said.
    what : str
        The file in words.
    hint : str
        What to do if it is damaged.
    """
    line = without_values(_meant(text))
    if _LOCKED.search(text):
        return EngineError(
            f"{what} is in use by another process",
            hint="wait until the running fa or dbt command has ended (readers use data/published/)",
        )
    if is_full(text):  # before damage: the engine gives up a file that it cannot write
        return EngineError(
            f"disk or memory ran out: {line}",
            hint="free some space, or set FA_DATA_DIR elsewhere; what was committed stays",
        )
    if _REFUSED.search(text):
        return EngineError(
            f"{what} cannot be opened for writing: {line}",
            hint="give this user the rights to it, or set FA_DATA_DIR elsewhere",
        )
    if is_damaged(text) or _TOO_SHORT.search(text):
        return EngineError(f"{what} is damaged: {line}", hint=hint)
    return None


def _meant(text: str) -> str:
    """Return the line of a text that says what happened."""
    lines = text.strip().splitlines() or ["no message"]
    known = (_LOCKED, _FULL, _REFUSED, _DAMAGED, _TOO_SHORT)
    return next((each for each in lines if any(p.search(each) for p in known)), lines[0]).strip()
