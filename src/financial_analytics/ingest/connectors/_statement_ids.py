"""Ids of what statements know by texts only: the same on every machine, and checked."""

from __future__ import annotations

import hashlib

from financial_analytics.errors import FeedError
from financial_analytics.ingest.connectors._statements import Statement


def stable_id(kind: str, *parts: str, low: int, high: int) -> int:
    """Return the same number in ``[low, high)`` for the same text, on every machine."""
    text = "\x1f".join((kind, *parts))
    digest = hashlib.sha256(text.encode()).digest()
    return low + int.from_bytes(digest[:16]) % (high - low)


def small_id(kind: str, *parts: str) -> int:
    """Return a stable id of 31 bits, above those that banks give their own accounts."""
    return stable_id(kind, *parts, low=1 << 30, high=1 << 31)


def movement_id(*parts: str) -> int:
    """Return a stable id of 53 bits: a double holds it exactly."""
    return stable_id("movement", *parts, low=1 << 52, high=1 << 53)


def account_id(statement: Statement) -> int:
    """Return the id of a statement's account; each currency is an account of its own."""
    return small_id("account", statement.account, statement.currency)


def check_alone(
    known: dict[int, tuple[str, ...]], number: int, parts: tuple[str, ...], what: str
) -> None:
    """Make sure that an id stands for one text only; `known` remembers them.

    Raises
    ------
    FeedError
        If it stands for two.
    """
    if known.setdefault(number, parts) != parts:
        raise FeedError(
            f"two {what} would have the id {number}",
            hint="load them with feeds of your own that have ids; please report this",
        )
