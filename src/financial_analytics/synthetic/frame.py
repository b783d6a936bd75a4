"""Columns of a feed as NumPy arrays, turned into Arrow by the contract's types.

Inside the simulation money is an integer count of cents, dates are days and
times are seconds since 1970, text is a code into a small vocabulary. A missing
value is `NULL` (integers), NaN (floats) or code -1 (text).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from financial_analytics.ingest.contract import Column
from financial_analytics.ingest.contract_file import load_contract

Ints: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]
Bools: TypeAlias = NDArray[np.bool_]

NULL = int(np.iinfo(np.int64).min)
DAY = 86_400


@dataclass(frozen=True)
class Text:
    """A text column as codes into a vocabulary; -1 is missing."""

    codes: NDArray[Any]
    values: Sequence[str] | pa.Array


Values: TypeAlias = NDArray[Any] | Text | pa.Array | str | int | float | None
Frame: TypeAlias = Mapping[str, Values]


FOUR_DIGITS = np.array([list(f"{number:04d}".encode()) for number in range(10_000)], dtype=np.uint8)


def fixed_digits(
    numbers: Ints, width: int, prefix: str = "", known: Bools | None = None
) -> pa.Array:
    """Return `numbers` as text, zero-padded to `width` digits behind `prefix`.

    Rows that are not `known` are missing.

    Examples
    --------
    >>> fixed_digits(np.array([7, 120]), 4, "A", np.array([True, False])).to_pylist()
    ['A0007', None]
    """
    rows = np.asarray(numbers, dtype=np.int64)
    mask = None
    if known is not None:
        mask = pa.py_buffer(np.packbits(known, bitorder="little"))
        rows = rows[known]
    size = len(prefix) + width
    out = np.empty((len(rows), size), dtype=np.uint8)
    out[:, : len(prefix)] = np.frombuffer(prefix.encode(), dtype=np.uint8)
    for stop in range(size, len(prefix), -4):
        first = max(stop - 4, len(prefix))
        quotient = rows // 10_000
        out[:, first:stop] = FOUR_DIGITS.take(rows - quotient * 10_000, axis=0)[:, first - stop :]
        rows = quotient
    if known is None:
        offsets = np.arange(0, size * (len(rows) + 1), size, dtype=np.int32)
    else:
        offsets = np.zeros(len(known) + 1, dtype=np.int32)
        np.cumsum(known, out=offsets[1:])
        offsets *= size
    buffers = [mask, pa.py_buffer(offsets), pa.py_buffer(out)]
    return pa.Array.from_buffers(pa.string(), len(offsets) - 1, buffers)


@lru_cache(maxsize=1)
def _columns() -> dict[str, tuple[Column, ...]]:
    return {table.name: table.columns for table in load_contract().tables.values()}


def _decimal(values: Ints, scale: int, precision: int) -> pa.Array:
    """Build a decimal column from integers that count its last place."""
    wide = np.empty((len(values), 2), dtype=np.int64)
    wide[:, 0] = values
    wide[:, 1] = values >> 63
    mask = _validity(values == NULL)
    kind = pa.decimal128(precision, scale)
    return pa.Array.from_buffers(kind, len(values), [mask, pa.py_buffer(wide)])


def _validity(missing: Bools) -> pa.Buffer | None:
    """Return the bitmap of what is not missing; None where nothing is."""
    return pa.py_buffer(np.packbits(~missing, bitorder="little")) if missing.any() else None


def _whole(values: NDArray[Any], kind: pa.DataType, scale: int = 1) -> pa.Array:
    wide = np.asarray(values, dtype=np.int64)
    mask = _validity(wide == NULL)
    # NULL is an even power of two: what stands beneath a missing value becomes 0
    if scale != 1:
        wide = wide * scale
    narrow = wide.astype(np.int32) if kind in (pa.int32(), pa.date32()) else wide
    return pa.Array.from_buffers(
        kind, len(wide), [mask, pa.py_buffer(np.ascontiguousarray(narrow))]
    )


DENSE = frozenset({
    "email", "phone", "ssn", "address", "account_number", "authorization_code", "device_id",
    "card_last_four", "ip_address", "agent_id", "assessor_id", "confirmation_number",
})  # fmt: skip
"""Text columns with too many values for codes; the others go to the writer as codes."""


def _text(value: Text) -> pa.Array:
    words, place = (
        _known(value.values) if isinstance(value.values, tuple) else _distinct(value.values)
    )
    codes = np.ascontiguousarray(value.codes, dtype=np.int32)
    mask = _validity(codes < 0)
    if place is not None and len(place):
        codes = place.take(codes)
    index = pa.Array.from_buffers(pa.int32(), len(codes), [mask, pa.py_buffer(codes)])
    return pa.DictionaryArray.from_arrays(index, words, safe=False)


def _distinct(values: Sequence[str] | pa.Array) -> tuple[pa.Array, NDArray[np.int32] | None]:
    """Return the distinct words and, where some repeat, the place of each among them."""
    words = values if isinstance(values, pa.Array) else pa.array(values, pa.string())
    coded = words.dictionary_encode()
    if len(coded.dictionary) == len(words):
        return words, None
    return coded.dictionary, coded.indices.to_numpy()


@lru_cache(maxsize=256)
def _known(values: tuple[str, ...]) -> tuple[pa.Array, NDArray[np.int32] | None]:
    return _distinct(values)


TYPES = {
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "text": pa.dictionary(pa.int32(), pa.string()),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "double": pa.float64(),
}


def arrow_type(column: Column) -> pa.DataType:
    """Return the Arrow type of a contract column."""
    if column.type == "text" and column.name in DENSE:
        return pa.string()
    if column.family == "decimal":
        precision = 9 if column.scale == 6 else 18
        return pa.decimal128(precision, column.scale)
    return TYPES[column.type]


@lru_cache(maxsize=64)
def _plan(table: str) -> tuple[tuple[Column, pa.DataType, str, int], ...]:
    """Return each column of a feed with its Arrow type, family and scale."""
    return tuple(
        (column, arrow_type(column), column.family, column.scale) for column in _columns()[table]
    )


def _array(
    value: Values, column: Column, kind: pa.DataType, family: str, scale: int, rows: int
) -> pa.Array:
    if value is None:
        return pa.nulls(rows, kind)
    if isinstance(value, pa.Array):
        return value
    if isinstance(value, Text):
        coded = _text(value)
        return coded.cast(kind) if column.name in DENSE else coded
    if isinstance(value, str):
        return _text(Text(np.zeros(rows, dtype=np.int32), (value,)))
    if isinstance(value, int | float):
        return pa.repeat(pa.scalar(value).cast(kind), rows)
    if family == "decimal":
        return _decimal(np.asarray(value, dtype=np.int64), scale, kind.precision)
    if column.type == "double":
        number = np.ascontiguousarray(value, dtype=np.float64)
        buffers = [_validity(np.isnan(number)), pa.py_buffer(number)]
        return pa.Array.from_buffers(kind, len(number), buffers)
    if column.type == "boolean":
        flags = pa.py_buffer(np.packbits(value > 0, bitorder="little"))
        mask = None if value.dtype == np.bool_ else _validity(np.asarray(value < 0))
        return pa.Array.from_buffers(kind, len(value), [mask, flags])
    return _whole(value, kind, 1_000_000 if column.type == "timestamp" else 1)


def to_arrow(table: str, frame: Frame, rows: int) -> pa.Table:
    """Return `frame` as an Arrow table in the contract's columns and types.

    Parameters
    ----------
    table : str
        Name of a feed of the contract.
    frame : mapping of str to values
        Columns; those the contract has and `frame` lacks become all missing.
        Decimals are integers in units of their last place, dates are days and
        timestamps seconds since 1970.
    rows : int
        Number of rows.
    """
    kind = schema(table)
    unknown = frame.keys() - set(kind.names)
    if unknown:
        raise KeyError(f"{table} has no columns {sorted(unknown)}")
    arrays = [
        _array(frame.get(column.name), column, type_, family, scale, rows)
        for column, type_, family, scale in _plan(table)
    ]
    return pa.Table.from_arrays(arrays, schema=kind)


@lru_cache(maxsize=64)
def schema(table: str) -> pa.Schema:
    """Return the Arrow schema of a feed."""
    return pa.schema([(column.name, kind) for column, kind, *_ in _plan(table)])


def plain(table: pa.Table) -> pa.Table:
    """Return `table` with its coded text columns spelt out."""
    fields = [
        (field.name, pa.string() if pa.types.is_dictionary(field.type) else field.type)
        for field in table.schema
    ]
    return table.cast(pa.schema(fields))


def select(table: pa.Table, keep: Bools) -> pa.Table:
    """Return the rows of `table` where `keep` holds; the table itself when all do."""
    if keep.all():
        return table
    return table.filter(pa.array(keep)) if keep.any() else table.slice(0, 0)


def concat(tables: Sequence[pa.Table]) -> pa.Table:
    """Concatenate tables of one schema."""
    return pa.concat_tables(tables)


def days_of(text: str) -> int:
    """Return an ISO date as days since 1970."""
    return int(np.datetime64(text, "D").astype(np.int64))


def sort_by(table: pa.Table, *keys: str) -> pa.Table:
    """Return `table` sorted by `keys`, ascending."""
    return table.take(pc.sort_indices(table, [(key, "ascending") for key in keys]))
