"""Events of a small synthetic stream, and the same with duplicates and in another order."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

import numpy as np

from financial_analytics.ingest.contract_file import load_contract
from financial_analytics.live.sources import replayed
from financial_analytics.synthetic import load_config

Events = list[tuple[str, bytes]]


@lru_cache(maxsize=4)
def events(customers: int = 300, days: int = 7) -> tuple[tuple[str, bytes], ...]:
    config = load_config(
        overrides=[f"stream.days={days}"],
        preset="demo",
        customers=customers,
        transactions=50 * customers,
        start="2025-07-01",
    )
    return tuple(replayed(config))


def disturbed(clean: Events, rng: np.random.Generator, share: float = 0.2) -> Events:
    """Repeat a share of the events, and move each up to 50 places from where it was."""
    again = [clean[i] for i in rng.choice(len(clean), int(share * len(clean)))]
    mixed = [*clean, *again]
    at = np.concatenate([np.arange(len(clean)), rng.uniform(0, len(clean), len(again))])
    order = np.argsort(at + rng.uniform(-50, 50, len(mixed)), kind="stable")
    return [mixed[i] for i in order]


def write(some: Events, path: Path) -> Path:
    lines = (json.dumps([table, payload.decode()]) for table, payload in some)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def key(table: str, row: dict[str, object]) -> tuple[str, ...]:
    """Return what tells an event from all others: an alert is sent again as its status moves."""
    names = (*load_contract()[table].key, *(["updated_at"] if table == "fraud_alerts" else []))
    return tuple(str(row[name]) for name in names)


def keys(some: Events) -> dict[str, set[tuple[str, ...]]]:
    """Return the keys of some events by feed."""
    found: dict[str, set[tuple[str, ...]]] = {}
    for table, payload in some:
        found.setdefault(table, set()).add(key(table, json.loads(payload)))
    return found
