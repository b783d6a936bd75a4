"""What stopped a command, in words: the disk and the machine, whoever ran into them."""

from __future__ import annotations

import errno
import os

from financial_analytics.engines import table as engines
from financial_analytics.errors import EngineError, FinancialAnalyticsError

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
REFUSED = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
ROOM = "free some space, or set FA_DATA_DIR or FA_REPORTS_DIR elsewhere; then run it again"


def explained(error: BaseException | None) -> FinancialAnalyticsError | None:
    """Return an error in words for one of the system or of an engine; None where there is none.

    Parameters
    ----------
    error : BaseException or None
        What was raised; the errors that it was raised from are looked at, too.
    """
    while error is not None:
        if isinstance(error, FinancialAnalyticsError):
            return error
        found = of_system(error) if isinstance(error, OSError) else engines.explained(error)
        if found or isinstance(error, MemoryError):
            return found or EngineError("memory ran out", hint="set FA_MEMORY, or close programs")
        error = error.__cause__
    return None


def of_system(error: OSError) -> EngineError | None:
    """Explain what the system refuses; None where it is no matter of disk or rights."""
    where = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else "a file"
    if error.errno in FULL:
        return EngineError(f"the disk is full: {where} cannot be written", hint=ROOM)
    if error.errno in REFUSED:
        said = os.strerror(error.errno or 0).lower()
        return EngineError(
            f"{where} cannot be written or read: {said}",
            hint="give this user the rights to it, or set FA_DATA_DIR or FA_REPORTS_DIR elsewhere",
        )
    if error.errno == errno.EIO:
        return EngineError(f"the disk fails: {where} cannot be read or written", hint="look at it")
    return None
