"""What the live page shows, read from the hot store: totals, minutes, the newest events."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from financial_analytics.live.hot import HotStore

MOST_ROWS = 50
MINUTES = 30
_TIMES = ("transaction_date", "updated_at", "alert_date", "interaction_date", "event_date")
_WHAT = ("transaction_type", "alert_type", "interaction_type", "event_type")


def state(hot: HotStore, after: int, moment: datetime, stale_seconds: float) -> dict[str, Any]:
    """Return what a page is told whose newest event is number `after`.

    No column with personal data is in it: time, feed, channel, kind and amount alone. Amounts are
    text, so that no digit is lost.

    Parameters
    ----------
    hot : HotStore
        Where events are.
    after : int
        Number of the newest event that the page has; 0 for none.
    moment : datetime
        Now, UTC.
    stale_seconds : float
        Age of the newest event from which the page says that it is stale.
    """
    newest = hot.newest_event()
    rows = [
        {"number": number, **_row(table, json.loads(body))}
        for number, table, body in hot.events_after(max(after, newest - MOST_ROWS))
    ]
    totals = hot.totals()
    arrived = hot.newest_arrival()
    age = None if arrived is None else (moment.replace(tzinfo=None) - arrived).total_seconds()
    return {
        "number": rows[-1]["number"] if rows else after,
        "age_seconds": None if age is None else max(0.0, age),
        "stale_seconds": stale_seconds,
        "accepted": totals.accepted,
        "duplicates": totals.duplicates,
        "quarantined": totals.quarantined,
        "minutes": [{"minute": m, "count": c} for m, c in hot.by_minute(MINUTES)],
        "rows": rows,
    }


def _row(table: str, body: dict[str, Any]) -> dict[str, str]:
    amount = body.get("amount")
    return {
        "time": next((str(body[name]) for name in _TIMES if body.get(name)), ""),
        "feed": table,
        "channel": str(body.get("channel") or ""),
        "what": next((str(body[name]) for name in _WHAT if body.get(name)), ""),
        "amount": "" if amount is None else f"{amount} {body.get('currency') or ''}".strip(),
    }
