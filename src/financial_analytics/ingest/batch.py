"""A file on its way into bronze: which batch it is, and when it came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from financial_analytics.engines.duckdb.session import sql_text
from financial_analytics.ingest.contract import Table


@dataclass(frozen=True)
class Batch:
    """Identity of one load of one file.

    `source_file` is the name that its rows carry, `origin` the one that tells it from all others;
    `extracted_at` is when the source wrote it, where somebody said so.
    """

    batch_id: int
    table: Table
    source_file: str
    origin: str
    sha256: str
    loaded_at: datetime
    extracted_at: datetime | None = None


def stamp(batch: Batch) -> str:
    """Return SQL of batch and load time, as each stored row has them."""
    return f"{batch.batch_id}, {loaded(batch)}"


def loaded(batch: Batch) -> str:
    """Return SQL of the load time."""
    return f"timestamp {sql_text(batch.loaded_at.isoformat(sep=' '))}"
