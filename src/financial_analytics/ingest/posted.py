"""Rows that a status says moved no money: pending, reversed, whatever a mapping does not list."""

from __future__ import annotations

from financial_analytics.engines.duckdb.session import sql_text
from financial_analytics.ingest.rules import Fault, trimmed
from financial_analytics.ingest.source import Posted


def is_not_posted(posted: Posted, value: str) -> str:
    """Return the condition that a row moved no money."""
    listed = ", ".join(sql_text(word) for word in posted.words)
    return f"coalesce(lower({trimmed(value)}), '') not in ({listed})"


def posted_fault(posted: Posted, raw: str, shown: str) -> Fault:
    """Return the fault of a row that moved no money."""
    words = f" is not among {', '.join(posted.words)}: the row moved no money"
    reason = f"coalesce('''' || {shown} || '''', 'an empty status') || {sql_text(words)}"
    return Fault("not_posted", is_not_posted(posted, raw), reason)
