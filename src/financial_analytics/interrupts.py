"""Ctrl-C: it ends a command wherever it strikes, within some seconds and without a traceback."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

GRACE_SECONDS = 5.0
AGAIN_SECONDS = 0.02

_stopping = threading.Event()
_waiting = threading.Event()
_holding = threading.Event()


def install(last_word: Callable[[], None], exit_code: int) -> None:
    """Take Ctrl-C for this process.

    Parameters
    ----------
    last_word : callable
        Called if the command does not let go in time, before the process ends.
    exit_code : int
        What it ends in then.
    """

    def give_up() -> None:
        last_word()
        os._exit(exit_code)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        # Both databases are transactional: what was not committed is undone on the next opening.
        if not _stopping.is_set():
            _stopping.set()
            timer = threading.Timer(GRACE_SECONDS, give_up)
            timer.daemon = True
            timer.start()
        if _holding.is_set():
            _waiting.set()
        else:
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, stop)
    sys.unraisablehook = _unraisable


def has_come() -> bool:
    """Tell whether Ctrl-C was pressed, whatever became of it."""
    return _stopping.is_set()


@contextmanager
def held() -> Iterator[Callable[[], None]]:
    """Keep Ctrl-C back until the given function is called, or the block ends."""

    def let_go() -> None:
        _holding.clear()
        if _waiting.is_set():
            _waiting.clear()
            os.kill(os.getpid(), signal.SIGINT)

    _holding.set()
    try:
        yield let_go
    finally:
        let_go()


def _unraisable(args: Any) -> None:
    """Press again what came while an object was being deleted, where nothing can be raised."""
    if args.exc_type is None or not issubclass(args.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(args)
        return
    timer = threading.Timer(AGAIN_SECONDS, os.kill, (os.getpid(), signal.SIGINT))
    timer.daemon = True
    timer.start()
