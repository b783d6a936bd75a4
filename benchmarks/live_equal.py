"""Is a warehouse that was fed by a stream the one that was fed by files, cell by cell?

    .venv/bin/python benchmarks/live_equal.py [--customers 300]

Builds a synthetic bank, streams the seven days after its end (a fifth sent twice, out of order)
into the hot store, and builds again; beside it the same events come as files. Compares every
relation of silver and gold, all but batch numbers and load times.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
from datetime import timedelta
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.support import live_events
from tests.support.lab import ARRIVAL_COLUMNS, FIRST_LOAD, Lab

from financial_analytics.ingest.contract_file import load_contract
from financial_analytics.ingest.marks import read_mark
from financial_analytics.live.hot import hot_path
from financial_analytics.live.sources import Replay, replayed
from financial_analytics.live.stream import stream
from financial_analytics.live.take import take_hot
from financial_analytics.synthetic import generate, load_config

LATER = FIRST_LOAD + timedelta(days=365)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--customers", type=int, default=300)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="live-equal-") as name:
        folder = Path(name)
        config = load_config(
            customers=given.customers, transactions=50 * given.customers, start="2025-01-01"
        )
        generate(config, folder / "feeds")
        full = folder / "feeds" / "full"
        mark = read_mark(full)
        assert mark is not None
        events = list(replayed(config))
        streamed, batch = Lab(folder / "streamed"), Lab(folder / "batch")
        for lab in (streamed, batch):
            lab.load(full)
        streamed.build()
        mixed = live_events.disturbed(events, np.random.default_rng(1))
        counts = stream(
            Replay(iter(mixed), rate=0, bank=mark.bank), hot_path(streamed.settings),
            load_contract(), clock=lambda: LATER, stop=threading.Event(),
        )  # fmt: skip
        print(counts, flush=True)
        assert take_hot(streamed.settings, loaded_at=LATER) is not None
        streamed.build()
        rows: dict[str, list[dict[str, object]]] = {}
        for table, payload in events:
            rows.setdefault(table, []).append(json.loads(payload))
        batch.loads = 365 * 24 - 1  # the next load is at the moment of the other's
        batch.load(rows)
        batch.build()
        relations = batch.relations()
        found = batch.differences(streamed.keep("after"), relations, ignoring=ARRIVAL_COLUMNS)
        print(f"{len(relations)} relations, {len(events):,} events; different: {found or 'none'}")


if __name__ == "__main__":
    main()
