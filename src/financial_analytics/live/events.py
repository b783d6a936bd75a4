"""Events as they travel: JSON objects in the contract's columns, and the tables made of them.

Numbers are kept as they are written: a JSON reader that makes doubles of them loses cents.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.json as pa_json

from financial_analytics.ingest.contract import DECIMAL, Contract, Table

Row = Mapping[str, str | None]
STREAMED = ("transactions", "fraud_alerts", "customer_interactions", "account_events")
"""Feeds that may come as a stream; a topic is called as its feed."""
MOST_BYTES = 1 << 20
"""Longest event; longer ones are set aside unread."""
_ARROW = {
    "integer": pa.int32(), "bigint": pa.int64(), "double": pa.float64(), "boolean": pa.bool_(),
    "date": pa.date32(), "timestamp": pa.timestamp("us"), "text": pa.string(),
}  # fmt: skip


@dataclass(frozen=True)
class Event:
    """One message: the feed it belongs to, its content, and where the next one begins.

    Attributes
    ----------
    table : str
        Feed.
    payload : bytes
        A JSON object in UTF-8.
    partition : str
        What it was read from; offsets count within it.
    next_offset : int
        Where reading goes on after it.
    """

    table: str
    payload: bytes
    partition: str
    next_offset: int


@dataclass(frozen=True)
class NotARow(Exception):  # noqa: N818  (a verdict, not a failure)
    """Why a payload is no row of a feed."""

    rule: str
    reason: str


def _plain(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    raise NotARow("not_plain", "a value is a list or an object")


def read_event(payload: bytes, table: Table) -> dict[str, str | None]:
    """Return the contract's columns of an event as text; absent ones are None.

    Names that the contract does not have are left out, as from any feed.

    Raises
    ------
    NotARow
        If it is no JSON object of plain values.
    """
    if len(payload) > MOST_BYTES:
        raise NotARow("too_long", f"the event is longer than {MOST_BYTES:,} bytes")
    try:
        found = json.loads(payload, parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError) as error:
        raise NotARow("not_json", "the event is no JSON text in UTF-8") from error
    if not isinstance(found, dict):
        raise NotARow("not_an_object", "the event is no JSON object")
    return {
        column.name: value if value is None or type(value) is str else _plain(value)
        for column in table.columns
        for value in (found.get(column.name),)
    }


def write_event(row: Mapping[str, Any]) -> bytes:
    """Return a row of typed values as the JSON text of an event."""

    def plain(value: Any) -> Any:
        if isinstance(value, Decimal):
            return str(value)
        if hasattr(value, "isoformat"):
            return value.isoformat(sep=" ") if hasattr(value, "hour") else value.isoformat()
        return value

    return json.dumps({name: plain(value) for name, value in row.items()}).encode()


def text_table(rows: Sequence[Row], table: Table) -> pa.Table:
    """Return rows as text columns."""
    return pa.table(
        {
            column.name: pa.array([row.get(column.name) for row in rows], pa.string())
            for column in table.columns
        }
    )


def typed_table(rows: Sequence[Row], table: Table) -> pa.Table:
    """Return rows in the contract's types; all as text where one value is not plainly written.

    What is plain is read by Arrow in a third of the time that the rules for text take; everything
    else is left to them.
    """
    return _typed(text_table(rows, table), table)


def typed_bodies(bodies: Sequence[str], table: Table) -> pa.Table:
    """Return stored rows, JSON objects of texts, in the contract's types; as `typed_table`."""
    content = "\n".join(bodies).encode()
    if not content:
        return typed_table([], table)
    texts = pa_json.read_json(
        pa.BufferReader(content),
        read_options=pa_json.ReadOptions(use_threads=False, block_size=len(content) + 1),
        parse_options=pa_json.ParseOptions(
            explicit_schema=pa.schema([(column.name, pa.string()) for column in table.columns]),
            unexpected_field_behavior="ignore",
        ),
    )
    return _typed(texts, table)


def _typed(texts: pa.Table, table: Table) -> pa.Table:
    columns = {}
    for column in table.columns:
        kind = _ARROW.get(column.type)
        if kind is None:
            match = DECIMAL.fullmatch(column.type)
            kind = pa.decimal128(int(match[1]), int(match[2])) if match else pa.string()
        try:
            columns[column.name] = texts[column.name].cast(kind)
        except pa.ArrowInvalid:
            return texts
    return pa.table(columns)


def streamed(contract: Contract) -> dict[str, Table]:
    """Return the tables that may come as a stream, by name."""
    return {name: contract[name] for name in STREAMED}
