"""Where rows go: the full load, a day's delta, or nowhere yet (mechanism 16)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa

from financial_analytics.ingest.marks import write_mark
from financial_analytics.synthetic.calendar import EPOCH
from financial_analytics.synthetic.config import BankConfig
from financial_analytics.synthetic.frame import Bools, Ints, schema, select
from financial_analytics.synthetic.writer import DELTA_ROW_GROUP, ROW_GROUP, Background, TableFile

CLOSERS = 2


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
    config : BankConfig
        What the mark of each folder says.
    full_last, last : int
        Last day of the full load and of the window.
    """

    def __init__(
        self, out_dir: Path, fmt: str, config: BankConfig, full_last: int, last: int
    ) -> None:
        self.out_dir, self.fmt, self.config = out_dir, fmt, config
        self.full_last, self.last = full_last, last
        self.files: dict[Path, TableFile] = {}
        self._known: dict[tuple[str, str], TableFile] = {}
        self._folders: set[Path] = set()
        self._background = Background()

    def _file(self, folder: str, name: str, kind: pa.Schema, fmt: str, group: int) -> TableFile:
        key = (folder, name)
        if key not in self._known:
            suffix = self.fmt if fmt == "latin1" else fmt
            path = self.out_dir / folder / f"{name}.{suffix}"
            if path.parent not in self._folders:
                self._mark(path.parent)
            self._known[key] = self.files[path] = TableFile(path, kind, fmt, group)
        return self._known[key]

    def _mark(self, folder: Path) -> None:
        """Say what a folder is before anything is in it; `seal` says when it is whole."""
        folder.mkdir(parents=True, exist_ok=True)
        write_mark(folder, self.config.identity(), complete=False)
        self._folders.add(folder)

    def seal(self) -> None:
        """Say that every folder is whole, once nothing more is written."""
        for folder in sorted(self._folders):
            write_mark(folder, self.config.identity(), complete=True)

    def declare(self, table: str) -> TableFile:
        """Return the full load's file of this feed, which is written even if it stays empty."""
        return self._file("full", table, schema(table), self.fmt, ROW_GROUP)

    def put(self, table: str, rows: pa.Table, day: Ints) -> pa.Table:
        """Write rows that become known on `day`; returns those of the full load."""
        early = day <= self.full_last
        full = select(rows, early)
        file = self.declare(table)
        if full.num_rows:
            self._queue(file, full)
        late = ~early & (day <= self.last)
        if late.any():
            rest, days = select(rows, late), day[late]
            for one in np.unique(days).tolist():
                folder = f"deltas/{iso(one)}"
                file = self._file(folder, table, schema(table), self.fmt, DELTA_ROW_GROUP)
                self._queue(file, select(rest, days == one))
        return full

    def truth(self, name: str, rows: pa.Table) -> None:
        """Write rows of the ledger of truths (always Parquet)."""
        self._queue(self._file("truth", f"latent_{name}", rows.schema, "parquet", ROW_GROUP), rows)

    def extra(self, name: str, rows: pa.Table, *, latin: bool = False) -> str:
        """Write rows of a further file of the full load; returns its name."""
        file = self._file("full", name, rows.schema, "latin1" if latin else self.fmt, ROW_GROUP)
        self._queue(file, rows)
        return file.path.name

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
        # the last row groups of the files do not depend on each other
        largest = sorted(self.files.values(), key=lambda file: -file.waiting)
        with ThreadPoolExecutor(CLOSERS, thread_name_prefix="closer") as pool:
            list(pool.map(TableFile.close, largest))


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
