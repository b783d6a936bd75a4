"""Who may read what a command writes: data their owner alone, reports and exports whom it says."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

OTHERS = 0o077
"""Rights of the group and of all others."""
_given: list[int] = []


@contextmanager
def private() -> Iterator[None]:
    """Make what is written while the block runs readable by its owner only."""
    before = os.umask(OTHERS)
    os.umask(before | OTHERS)
    _given.append(before)
    try:
        yield
    finally:
        _given.pop()
        os.umask(before)


@contextmanager
def shared() -> Iterator[None]:
    """Inside `private`: what is written has the rights that the user's umask leaves."""
    before = os.umask(_given[-1]) if _given else None
    try:
        yield
    finally:
        if before is not None:
            os.umask(before)
