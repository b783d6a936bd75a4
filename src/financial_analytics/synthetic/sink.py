"""Where rows go: the full load, a day's delta, or nowhere yet (mechanism 16)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa

from financial_analytics.synthetic.calendar import EPOCH
from financial_analytics.synthetic.frame import Bools, Ints, schema, select
from financial_analytics.synthetic.writer import DELTA_ROW_GROUP, ROW_GROUP, Background, TableFile


def iso(day: int) -> str:
    """Return days since 1970 as an ISO date."""
    return dt.date.fromordinal(day + EPOCH).isoformat()


class Sink:
    """Routes rows by the day on which the bank's systems know them.

    Parameters
    ----------
    out_dir : Path
        Folder that gets ``full/``, ``deltas/YYYY-MM-DD/`` and ``truth/``.
    fmt : str
        ``parquet`` or ``csv``.
    full_last, last : int
        Last day of the full load and of the window.
    """

    def __init__(self, out_dir: Path, fmt: str, full_last: int, last: int) -> None:
        self.out_dir, self.fmt = out_dir, fmt
        self.full_last, self.last = full_last, last
        self.files: dict[Path, TableFile] = {}
        self._background = Background()

    def _file(self, path: Path, kind: pa.Schema, fmt: str, row_group: int) -> TableFile:
        if path not in self.files:
            self.files[path] = TableFile(path, kind, fmt, row_group)
        return self.files[path]

    def full_path(self, table: str) -> Path:
        """Return the full load's file of a feed."""
        return self.out_dir / "full" / f"{table}.{self.fmt}"

    def declare(self, table: str) -> None:
        """Make sure the full load has a file of this feed, even if it stays empty."""
        self._file(self.full_path(table), schema(table), self.fmt, ROW_GROUP)

    def put(self, table: str, rows: pa.Table, day: Ints) -> pa.Table:
        """Write rows that become known on `day`; returns those of the full load."""
        early = day <= self.full_last
        full = select(rows, early)
        self.declare(table)
        if full.num_rows:
            self._queue(self._file(self.full_path(table), schema(table), self.fmt, ROW_GROUP), full)
        late = ~early & (day <= self.last)
        if late.any():
            rest, days = select(rows, late), day[late]
            for one in np.unique(days).tolist():
                path = self.out_dir / "deltas" / iso(one) / f"{table}.{self.fmt}"
                file = self._file(path, schema(table), self.fmt, DELTA_ROW_GROUP)
                self._queue(file, select(rest, days == one))
        return full

    def truth(self, name: str, rows: pa.Table) -> None:
        """Write rows of the ledger of truths (always Parquet)."""
        path = self.out_dir / "truth" / f"latent_{name}.parquet"
        self._queue(self._file(path, rows.schema, "parquet", ROW_GROUP), rows)

    def extra(self, name: str, rows: pa.Table, *, latin: bool = False) -> str:
        """Write rows of a further file of the full load; returns its name."""
        path = self.out_dir / "full" / f"{name}.{self.fmt}"
        fmt = "latin1" if latin else self.fmt
        self._queue(self._file(path, rows.schema, fmt, ROW_GROUP), rows)
        return path.name

    def _queue(self, file: TableFile, rows: pa.Table) -> None:
        def job(file: TableFile = file, rows: pa.Table = rows) -> None:
            file.add(rows)

        self._background.run(job)

    def abort(self) -> None:
        """Stop writing after an error elsewhere; what is on disk stays incomplete."""
        self._background.stop()

    def close(self) -> None:
        """Write everything that waits."""
        self._background.close()
        for file in self.files.values():
            file.close()


def put_twice(
    put: Callable[[str, pa.Table, Ints], object],
    table: str,
    final: pa.Table,
    first: Callable[[Bools], pa.Table],
    born: Ints,
    settled: Ints,
    full_last: int,
) -> None:
    """Write rows that change once: their first state on day `born`, the final one on `settled`.

    A row that settles before the full load ends is written once, final. `first`
    returns the first state of the rows it is given a mask of.
    """
    put(table, final, settled)
    pending = (settled > full_last) & (settled > born)
    if pending.any():
        put(table, first(pending), born[pending])
