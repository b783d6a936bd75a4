"""Handing a block's rows from a worker to the writer through shared memory.

A pickle through a pipe copies every column several times and builds thousands of
objects; an Arrow stream in memory that both processes see costs a tenth of it.
"""

from __future__ import annotations

import mmap
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from financial_analytics.synthetic.campaigns import Results
from financial_analytics.synthetic.frame import Ints

DAY_COLUMN = "_day"
_OPTIONS = pa.ipc.IpcWriteOptions(use_threads=False)


@dataclass(frozen=True)
class BlockRows:
    """What one block adds to the files, in order.

    Attributes
    ----------
    feeds : list of (feed, rows, day known)
    truths : list of (name, rows)
    results : Results
        Campaign totals.
    """

    number: int
    feeds: list[tuple[str, pa.Table, Ints]]
    truths: list[tuple[str, pa.Table]]
    results: Results


@dataclass(frozen=True)
class Parcel:
    """What travels through the pipe: where the tables are, and what is small.

    Attributes
    ----------
    feeds, truths : list of str
        Names of the tables, feeds first.
    stops : list of int
        Where each table's stream ends.
    overflow : bytes
        The streams, where the shared memory is too small for them.
    """

    number: int
    feeds: list[str]
    truths: list[str]
    stops: list[int]
    results: Results
    overflow: bytes = b""


def _streams(out: pa.NativeFile, rows: BlockRows) -> list[int]:
    tables = [rows_.append_column(DAY_COLUMN, pa.array(day)) for _, rows_, day in rows.feeds]
    stops = []
    for table in [*tables, *(rows_ for _, rows_ in rows.truths)]:
        with pa.ipc.new_stream(out, table.schema, options=_OPTIONS) as stream:
            stream.write_table(table)
        stops.append(out.tell())
    return stops


def pack(rows: BlockRows, memory: mmap.mmap) -> Parcel:
    """Write the tables of `rows` to shared `memory`, or into the parcel where it is too small."""
    feeds, truths = [name for name, *_ in rows.feeds], [name for name, _ in rows.truths]
    try:
        stops = _streams(pa.FixedSizeBufferWriter(pa.py_buffer(memory)), rows)
        return Parcel(rows.number, feeds, truths, stops, rows.results)
    except OSError:
        whole = pa.BufferOutputStream()
        stops = _streams(whole, rows)
        return Parcel(
            rows.number, feeds, truths, stops, rows.results, whole.getvalue().to_pybytes()
        )


def unpack(parcel: Parcel, memory: mmap.mmap) -> BlockRows:
    """Return the rows, copied: `memory` may be used again, and each table lives by itself."""
    source = memoryview(parcel.overflow or memory)
    tables = []
    start = 0
    for stop in parcel.stops:
        own = pa.allocate_buffer(stop - start)
        memoryview(own).cast("B")[:] = source[start:stop]
        tables.append(pa.ipc.open_stream(own).read_all())
        start = stop
    feeds: list[tuple[str, pa.Table, Ints]] = []
    for name, table in zip(parcel.feeds, tables, strict=False):
        day = np.asarray(table[DAY_COLUMN].to_numpy(), dtype=np.int64)
        feeds.append((name, table.drop_columns(DAY_COLUMN), day))
    truths = list(zip(parcel.truths, tables[len(feeds) :], strict=True))
    return BlockRows(parcel.number, feeds, truths, parcel.results)
