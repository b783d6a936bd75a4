"""Does a stream that is killed at random moments lose or double an event? Run it and see.

    .venv/bin/python benchmarks/live_kills.py [--events 100000] [--kills 50] [--seed 1] [--data DIR]

Events of a synthetic bank, a fifth of them sent twice and all up to fifty places out of order, go
into a hot store. The process is killed (SIGKILL) at random moments, `kills` times, and begun
again; then it runs to its end. Prints what is missing, what is there twice, and the time. Fraud
rules look at each event where a bank has been built (``fa demo``; ``--data`` names its folder);
all micro-batches are of one size, for an alert may be gone once an earlier event has come.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.support import live_events
from tests.support.live_runner import replay

from financial_analytics.live.basis import FILE_NAME
from financial_analytics.live.hot import open_hot
from financial_analytics.settings import load_settings

PER_DAY = 0.066
"""Events of a customer and day, about: how long a stream gives so many events."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--data", type=Path, default=load_settings().data_dir)
    given = parser.parse_args()
    basis = given.data / "published" / FILE_NAME
    rules = [str(basis)] if basis.is_file() else []
    rng = np.random.default_rng(given.seed)
    days = 30
    customers = int(given.events / (0.8 * PER_DAY * days)) + 1
    clean = list(live_events.events(customers=customers, days=days))[: given.events]
    mixed = live_events.disturbed(clean, rng)
    with tempfile.TemporaryDirectory(prefix="live-kills-") as folder:
        path = live_events.write(mixed, Path(folder) / "events.jsonl")
        hot = Path(folder) / "hot.sqlite"
        began, struck = time.monotonic(), 0
        for _ in range(given.kills):
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.live_runner", str(path), str(hot), *rules],
                cwd=Path(__file__).resolve().parents[1],
            )
            time.sleep(float(rng.uniform(1.5, 6.0)))
            struck += process.poll() is None
            process.send_signal(signal.SIGKILL)
            process.wait()
        with open_hot(hot) as store:
            before = store.totals().read
        replay(path, hot, basis=basis if rules else None)
        found: Counter[tuple[str, tuple[str, ...]]] = Counter()
        with open_hot(hot) as store:
            for _, table, body in store.events_after(0):
                found[table, live_events.key(table, json.loads(body))] += 1
            read = store.totals().read
            alerts = {(one.transaction_id, one.rule) for one, _ in store.alerts()}
        undisturbed = Path(folder) / "undisturbed.sqlite"
        if rules:
            replay(path, undisturbed, basis=basis)
            with open_hot(undisturbed) as store:
                expected = {(one.transaction_id, one.rule) for one, _ in store.alerts()}
    wanted = {(table, key) for table, keys in live_events.keys(clean).items() for key in keys}
    print(f"{len(clean):,} events, {len(mixed):,} sent, {struck} kills while running")
    print(f"read before the last run {before:,}, at the end {read:,}")
    twice = sum(count > 1 for count in found.values())
    missing, unknown = len(wanted - set(found)), len(set(found) - wanted)
    seconds = time.monotonic() - began
    print(f"missing {missing:,}, unknown {unknown:,}, twice {twice:,}, {seconds:.0f} s")
    if rules:
        print(f"fraud alerts {len(alerts):,}, {len(expected):,} of a run that nothing disturbed: "
              f"{len(expected - alerts):,} missing, {len(alerts - expected):,} more")  # fmt: skip


if __name__ == "__main__":
    main()
