"""Ctrl-C and the words of service managers: they end a command wherever they strike, in seconds."""

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

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Ctrl-C; what systemd and Docker stop with; what the end of a terminal sends."""
_came: list[int] = []


def install(last_word: Callable[[], None]) -> None:
    """Take the signals that end a command for this process.

    One that whoever started it had switched off, as ``nohup`` does, stays so.

    Parameters
    ----------
    last_word : callable
        Called if the command does not let go in time, before the process ends.
    """

    def give_up() -> None:
        last_word()
        os._exit(exit_code())

    def stop(number: int, _frame: FrameType | None) -> None:
        _came.append(number)
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

    for number in SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, stop)
    sys.unraisablehook = _unraisable


def has_come() -> bool:
    """Tell whether a signal to end came, whatever became of it."""
    return _stopping.is_set()


def exit_code() -> int:
    """Return what a command ends in that was told to: 128 and the number of the first signal."""
    return 128 + (_came[0] if _came else signal.SIGINT)


@contextmanager
def held() -> Iterator[Callable[[], None]]:
    """Keep the end back until the given function is called, or the block ends."""

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
