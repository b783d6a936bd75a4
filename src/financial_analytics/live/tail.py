"""What the live page shows of the hot store itself: totals, minutes, the newest events."""

from __future__ import annotations

import json
from collections import OrderedDict, deque
from datetime import datetime
from typing import Any

from financial_analytics.live.hot import HotStore

MOST_ROWS = 50
MINUTES = 30
_TIMES = ("transaction_date", "updated_at", "alert_date", "interaction_date", "event_date")
_WHAT = ("transaction_type", "alert_type", "interaction_type", "event_type")


class Tail:
    """Totals and newest rows of a hot store, read on from where they were read before."""

    def __init__(self) -> None:
        self._batch = 0
        self._number = 0
        self._counts = [0, 0, 0]
        self._minutes: OrderedDict[str, int] = OrderedDict()
        self._rows: deque[dict[str, Any]] = deque(maxlen=MOST_ROWS)
        self._arrived: datetime | None = None

    @property
    def batch(self) -> int:
        """Number of the newest micro-batch that was read."""
        return self._batch

    def read(self, hot: HotStore) -> bool:
        """Read what has come since; tell whether anything has."""
        batches = hot.batches_after(self._batch)
        for number, committed_at, accepted, duplicates, quarantined in batches:
            self._batch = number
            for place, count in enumerate((accepted, duplicates, quarantined)):
                self._counts[place] += count
            minute = committed_at[:16]
            self._minutes[minute] = self._minutes.get(minute, 0) + accepted
            self._arrived = datetime.fromisoformat(committed_at)
        while len(self._minutes) > MINUTES:
            self._minutes.popitem(last=False)
        if batches:
            newest = hot.newest_event()
            for number, table, body in hot.events_after(max(self._number, newest - MOST_ROWS)):
                self._rows.append({"number": number, **_row(table, json.loads(body))})
                self._number = number
        return bool(batches)

    def message(self, after: int, moment: datetime, stale_seconds: float) -> dict[str, Any]:
        """Return what a page is told whose newest event is number `after`.

        No column with personal data is in it: time, feed, channel, kind and amount alone. Amounts
        are text, so that no digit is lost.

        Parameters
        ----------
        after : int
            Number of the newest event that the page has; 0 for none.
        moment : datetime
            Now, UTC.
        stale_seconds : float
            Age of the newest event from which the page says that it is stale.
        """
        age = None
        if self._arrived is not None:
            age = max(0.0, (moment.replace(tzinfo=None) - self._arrived).total_seconds())
        accepted, duplicates, quarantined = self._counts
        return {
            "number": max(self._number, after),
            "age_seconds": age,
            "stale_seconds": stale_seconds,
            "accepted": accepted,
            "duplicates": duplicates,
            "quarantined": quarantined,
            "minutes": [{"minute": m, "count": c} for m, c in self._minutes.items()],
            "rows": [row for row in self._rows if row["number"] > after],
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
