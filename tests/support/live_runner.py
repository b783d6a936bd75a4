"""Streams a file of events into a hot store: the process that tests kill.

``python -m tests.support.live_runner EVENTS HOT [BASIS]``: one JSON line per event.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from financial_analytics.ingest.bank import OWN_FEEDS
from financial_analytics.ingest.contract_file import load_contract
from financial_analytics.live.hot import MicroCounts
from financial_analytics.live.sources import Replay
from financial_analytics.live.stream import EventSource, stream

ARRIVAL = datetime(2026, 6, 1)  # noqa: DTZ001


def events_of(path: Path) -> Iterator[tuple[str, bytes]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            table, payload = json.loads(line)
            yield table, payload.encode()


def run(source: EventSource, hot: Path, **options: Any) -> MicroCounts:
    return stream(
        source, hot, load_contract(), clock=lambda: ARRIVAL, stop=threading.Event(), **options
    )


def replay(events: Path, hot: Path, *, most: int = 100, basis: Path | None = None) -> MicroCounts:
    source = Replay(events_of(events), rate=0, bank=OWN_FEEDS)
    return run(source, hot, most_events=most, basis=basis)


if __name__ == "__main__":
    replay(Path(sys.argv[1]), Path(sys.argv[2]), basis=Path(sys.argv[3]) if sys.argv[3:] else None)
