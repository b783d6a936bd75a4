"""One reader of the hot store for all pages: it says what came, and draws the charts anew.

However many pages are open, the store is read once and each chart drawn once; pages wait for the
same messages.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from financial_analytics.live.basis import stamp
from financial_analytics.live.board import Wanted
from financial_analytics.live.draw import Drawer, Drawn
from financial_analytics.live.hot import HotStore, open_hot
from financial_analytics.live.now import Clock
from financial_analytics.live.tail import Tail

UPDATE_SECONDS = 0.2
"""Five updates a second at most."""
LOOK_SECONDS = 0.02
"""How often the hot store is asked whether something came."""
CHARTS_SECONDS = 1.0
CHARTS_SHARE = 0.25
"""Most of one processor's time that goes into drawing charts."""


@dataclass(eq=False)
class Page:
    """An open page: what it asks for, and what it was told."""

    wanted: Wanted
    news: asyncio.Event
    loop: asyncio.AbstractEventLoop
    after: int = 0
    told: int = -1
    charts: dict[str, int] = field(default_factory=dict)


class Hub:
    """Reads the hot store in a thread of its own while `running`; a process draws the charts.

    Parameters
    ----------
    hot : Path
        The hot store.
    basis : Path
        What the last build left for the charts; without it there are none yet.
    clock : callable
        Returns now, UTC.
    window_clock : callable, optional
        Moment that the windows of charts end with; the newest transaction's without it.
    stale_seconds : float
        Age of the newest event from which a page is grey.
    """

    def __init__(
        self, hot: Path, basis: Path, *, clock: Clock, window_clock: Clock | None = None,
        stale_seconds: float,
    ) -> None:  # fmt: skip
        self._hot, self._basis = hot, basis
        self._clock, self._window_clock = clock, window_clock
        self._stale_seconds = stale_seconds
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._store: HotStore | None = None
        self._tail = Tail()
        self._pages: set[Page] = set()
        self._asked = threading.Event()
        self._drawn: dict[Wanted, dict[str, tuple[int, str]]] = {}
        self._versions = 0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Read and draw while the block runs."""
        with open_hot(self._hot) as store:
            self._store = store
            threads = [
                threading.Thread(target=target, daemon=True) for target in (self._read, self._draw)
            ]
            for thread in threads:
                thread.start()
            try:
                yield
            finally:
                self._stop.set()
                self._asked.set()
                for thread in threads:
                    thread.join()

    @contextmanager
    def page(self, wanted: Wanted, after: int) -> Iterator[Page]:
        """Keep a page informed while the block runs."""
        page = Page(wanted, asyncio.Event(), asyncio.get_running_loop(), after)
        page.news.set()
        with self._lock:
            self._pages.add(page)
            self._asked.set()
        try:
            yield page
        finally:
            with self._lock:
                self._pages.discard(page)

    def look(self) -> None:
        """Read what the hot store has now."""
        with self._lock:
            if self._store is not None:
                self._tail.read(self._store)

    def events(self, page: Page) -> dict[str, Any] | None:
        """Return what came since the page was told last; None if nothing did."""
        with self._lock:
            if page.told == self._tail.batch:
                return None
            page.told = self._tail.batch
            said = self._tail.message(page.after, self._clock(), self._stale_seconds)
            page.after = said["number"]
        return said

    def charts(self, page: Page) -> list[str]:
        """Return the charts, as JSON text, that are not as the page has them."""
        with self._lock:
            drawn = self._drawn.get(page.wanted, {})
            news = []
            for name, (version, text) in drawn.items():
                if page.charts.get(name) != version:
                    page.charts[name] = version
                    news.append(f'"{name}":{text}')
        return news

    def _tell(self) -> None:
        with self._lock:
            pages = list(self._pages)
        for page in pages:
            try:
                page.loop.call_soon_threadsafe(page.news.set)
            except RuntimeError:  # the server is ending
                return

    def _read(self) -> None:
        """Tell pages what came, five times a second at most."""
        said = 0.0
        while not self._stop.wait(LOOK_SECONDS):
            if self._store is None or not self._store.is_news(self._tail.batch):
                continue
            self._stop.wait(max(0.0, said + UPDATE_SECONDS - time.monotonic()))
            self.look()
            said = time.monotonic()
            self._tell()

    def _draw(self) -> None:
        """Draw the charts that somebody looks at, as often as a quarter of a processor allows."""
        with Drawer(self._hot, self._basis, self._window_clock) as drawer:
            if stamp(self._basis) is not None:
                drawer.start()
            while not self._stop.is_set():
                self._asked.wait(CHARTS_SECONDS)
                with self._lock:
                    self._asked.clear()
                    wanted = {page.wanted for page in self._pages}
                    for old in self._drawn.keys() - wanted:
                        del self._drawn[old]
                    known = set(self._drawn)
                if not wanted or stamp(self._basis) is None:
                    continue
                began = time.monotonic()
                self._keep(drawer.draw(wanted, known))
                spent = time.monotonic() - began
                self._stop.wait(max(CHARTS_SECONDS, spent / CHARTS_SHARE) - spent)

    def _keep(self, news: Drawn) -> None:
        for one, texts in news.items():
            with self._lock:
                drawn = self._drawn.setdefault(one, {})
                for name, text in texts.items():
                    if name not in drawn or drawn[name][1] != text:
                        self._versions += 1
                        drawn[name] = (self._versions, text)
        if news:
            self._tell()
