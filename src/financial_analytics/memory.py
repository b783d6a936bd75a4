"""How much memory a command may take: ``FA_MEMORY``, or what the machine has."""

from __future__ import annotations

import os
import re

from financial_analytics.errors import UserInputError

VARIABLE = "FA_MEMORY"
LEAST = 1_000
"""MB. Python, dbt and the statistics libraries take half of it before the first row."""
_PYTHON = 800
"""MB that Python keeps of a larger budget, frames of the Python models included."""
_MB = {"MB": 1.0, "MIB": 1.048576, "GB": 1_000.0, "GIB": 1_073.741824}
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(MB|MiB|GB|GiB)\s*", re.IGNORECASE)


def budget() -> int | None:
    """Return the megabytes (10^6 bytes) of ``FA_MEMORY``; None leaves the engine its default.

    Raises
    ------
    UserInputError
        If it is not a size, or too small for any build.
    """
    given = os.environ.get(VARIABLE)
    if not given:
        return None
    found = _SIZE.fullmatch(given)
    if not found:
        raise UserInputError(f"{VARIABLE} is {given!r}", hint="write it as 1500MB or 4GB")
    size = int(float(found[1]) * _MB[found[2].upper()])
    if size < LEAST:
        raise UserInputError(
            f"{VARIABLE} is {given!r}: a build needs {LEAST} MB at least",
            hint=f"set {VARIABLE}={LEAST}MB or more, or leave it out for what the machine has",
        )
    return size


def for_engine() -> int | None:
    """Return the megabytes of the budget that an engine in this process may take.

    Examples
    --------
    >>> import os
    >>> os.environ["FA_MEMORY"] = "4GB"
    >>> for_engine()
    3200
    >>> del os.environ["FA_MEMORY"]
    """
    size = budget()
    return None if size is None else max(size - _PYTHON, size // 2)
