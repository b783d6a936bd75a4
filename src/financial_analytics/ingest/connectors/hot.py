"""The hot store of ``fa stream`` as feeds: see ``docs/live.md``.

Columns are the contract's own. Rows of the events that were set aside come behind the accepted
ones, as text, and are quarantined again.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa


def feeds(directory: Path) -> Mapping[str, pa.Table]:
    """Return the rows that bronze takes next."""
    from financial_analytics.live.take import taken_feeds  # noqa: PLC0415  (it calls the ingest)

    return taken_feeds(directory)
