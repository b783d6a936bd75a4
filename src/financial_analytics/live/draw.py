"""Draws the charts of the live page in a process of its own.

A window of 600,000 events takes the interpreter seconds, which the pages that wait for numbers
would have to wait too.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from financial_analytics.errors import FinancialAnalyticsError
from financial_analytics.ingest.contract_file import load_contract
from financial_analytics.live.basis import stamp
from financial_analytics.live.board import Wanted, figures
from financial_analytics.live.hot import HotStore, open_hot
from financial_analytics.live.now import Clock, Now, catch_up

Drawn = dict[Wanted, dict[str, str]]
"""Charts as JSON text, by what is wanted and by id."""
NICE = 5
"""Numbers and the stream come first."""


class Drawer:
    """The drawing process, seen from the server; a context manager.

    Parameters
    ----------
    hot, basis : Path
        The hot store, and what the last build left.
    window_clock : callable, optional
        A function of a module: the moment that the windows of charts end with.
    """

    def __init__(self, hot: Path, basis: Path, window_clock: Clock | None) -> None:
        self._given = hot, basis, window_clock
        self._process: BaseProcess | None = None
        self._line: Connection | None = None

    def __enter__(self) -> Drawer:
        return self

    def __exit__(self, *_: object) -> None:
        if self._line is not None:
            self._line.close()  # the process reads that nobody is there any more
        if self._process is not None:
            self._process.join()
        self._line = self._process = None

    def start(self) -> None:
        """Begin, so that the first charts do not wait for it."""
        if self._line is None:
            # a fork would copy the locks of threads
            context = get_context("spawn")
            self._line, theirs = context.Pipe()
            self._process = context.Process(target=_draw, args=(theirs, *self._given), daemon=True)
            self._process.start()
            theirs.close()

    def draw(self, wanted: Iterable[Wanted], known: Iterable[Wanted]) -> Drawn:
        """Return the charts that are not as they were drawn last; of what is `known` none else.

        A process that has died is begun again: then there are none.
        """
        self.start()
        assert self._line is not None
        try:
            self._line.send((set(wanted), set(known)))
            drawn: Drawn = self._line.recv()
        except (EOFError, OSError):
            self.__exit__()
            return {}
        return drawn


def _draw(line: Connection, hot: Path, basis: Path, window_clock: Clock | None) -> None:
    """Answer until the server is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal tells all; the server ends us
    os.nice(NICE)
    with open_hot(hot) as store, _Board(store, basis, window_clock) as board, suppress(EOFError):
        while True:
            wanted, known = line.recv()
            line.send(board.draw(wanted, known))


class _Board:
    def __init__(self, store: HotStore, basis: Path, window_clock: Clock | None) -> None:
        self._store, self._basis, self._clock = store, basis, window_clock
        self._now: Now | None = None
        self._stamp: tuple[int, int] | None = None
        self._state: tuple[object, ...] = ()

    def __enter__(self) -> _Board:
        return self

    def __exit__(self, *_: object) -> None:
        if self._now is not None:
            self._now.close()
            self._now = None

    def draw(self, wanted: set[Wanted], known: set[Wanted]) -> Drawn:
        now = self._renewed()
        if now is None:
            return {}
        catch_up(now, self._store)
        if self._clock is not None:
            now.tick()
        before, self._state = self._state, (self._stamp, now.number, now.moment)
        todo = wanted if self._state != before else wanted - known
        if todo:
            now.evaluate()
        return {one: figures(now, one) for one in sorted(todo, key=str)}

    def _renewed(self) -> Now | None:
        """Return the models over the newest basis; None while there is none that can be read."""
        found = stamp(self._basis)
        if found is not None and found != self._stamp:
            self.__exit__()
            self._stamp = found
            with suppress(FinancialAnalyticsError):  # until a build has left another
                self._now = Now(self._basis, load_contract(), clock=self._clock)
        return self._now
