"""Writing feeds: fixed row groups, one background writer, the same bytes for any chunk size."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from financial_analytics.ingest.marks import PARQUET_KEY
from financial_analytics.synthetic.frame import plain

ROW_GROUP = 1 << 17
DELTA_ROW_GROUP = 1 << 14
QUEUE = 6
PLAIN = frozenset({
    "transaction_id", "authorization_code", "amount", "fraud_score", "transaction_date",
    "created_at", "distance_from_home_km", "amount_deviation_score", "alert_id", "touch_id",
    "interaction_id", "payment_id", "email", "phone", "ssn", "account_number", "account_id",
    "customer_lifetime_value", "current_balance", "available_balance", "churn_hazard",
    "churn_hazard_if_contacted", "churn_hazard_if_spared", "expected_purchases",
})  # fmt: skip
"""Columns whose values hardly repeat: no dictionary is tried."""


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_dictionary(kind))


class TableFile:
    """One file that grows by row groups of a fixed size.

    Rows wait until a row group is full, so what is written depends on the rows and
    their order only.
    """

    def __init__(self, path: Path, schema: pa.Schema, fmt: str, row_group: int) -> None:
        self.path, self.schema, self.fmt, self.row_group = path, schema, fmt, row_group
        self.rows = 0
        self._waiting: list[pa.Table] = []
        self._held = 0
        self._writer: Any = None

    def add(self, table: pa.Table) -> None:
        """Add rows; writes the row groups that are full."""
        self._waiting.append(table)
        self._held += table.num_rows
        self.rows += table.num_rows
        while self._held >= self.row_group:
            self._flush(self.row_group)

    @property
    def waiting(self) -> int:
        """Rows that are not written yet."""
        return self._held

    def _open(self) -> Any:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self.fmt == "csv":
            return pa_csv.CSVWriter(self.path, plain(self.schema.empty_table()).schema)
        if self.fmt == "latin1":
            return _Latin1(self.path, self.schema)
        kind = self.schema
        if self.row_group < ROW_GROUP:
            kind = plain(kind.empty_table()).schema
        return pq.ParquetWriter(
            self.path,
            kind,
            compression="snappy",
            use_dictionary=[name for name in self.schema.names if name not in PLAIN],
            # the least and greatest words help no reader, and cost a fifth of the encoding
            write_statistics=[f.name for f in self.schema if not _is_text(f.type)] or False,
            store_schema=False,
            store_decimal_as_integer=True,
        )

    def _flush(self, rows: int) -> None:
        if self._writer is None:
            self._writer = self._open()
        table = pa.concat_tables(self._waiting)
        # one chunk per column: what is written must not depend on how rows came in
        head, tail = table.slice(0, rows).combine_chunks(), table.slice(rows)
        if self.row_group < ROW_GROUP:
            head = plain(head)  # a small file needs no vocabulary larger than itself
        self._waiting, self._held = ([tail] if tail.num_rows else []), tail.num_rows
        if self.fmt != "parquet":
            self._writer.write_table(plain(head))
        else:
            self._writer.write_table(head, row_group_size=self.row_group)

    def close(self) -> None:
        """Write what waits, and the file's end; an empty table still gets its columns."""
        self._flush(self._held) if self._held else None
        if self._writer is None:
            self._writer = self._open()
        if isinstance(self._writer, pq.ParquetWriter):
            self._writer.add_key_value_metadata({PARQUET_KEY: "fa generate"})
        self._writer.close()


class _Latin1:
    """A CSV in the encoding of older systems; only for rows that Latin-1 can spell."""

    def __init__(self, path: Path, kind: pa.Schema) -> None:
        self._file = path.open("w", encoding="latin-1", newline="")
        self._csv = csv.writer(self._file)
        self._csv.writerow(kind.names)

    def write_table(self, rows: pa.Table) -> None:
        """Write rows."""
        self._csv.writerows(zip(*(column.to_pylist() for column in rows.columns), strict=True))

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class Background:
    """Runs jobs in order on one thread; a bounded queue keeps memory flat."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="writer")
        self._jobs: deque[Future[None]] = deque()

    def run(self, job: Callable[[], None]) -> None:
        """Queue `job`; waits while too many are queued, and re-raises what failed."""
        while len(self._jobs) >= QUEUE:
            self._jobs.popleft().result()
        self._jobs.append(self._pool.submit(job))

    def stop(self) -> None:
        """Drop the jobs that have not started."""
        self._pool.shutdown(cancel_futures=True)

    def close(self) -> None:
        """Wait for all jobs."""
        while self._jobs:
            self._jobs.popleft().result()
        self._pool.shutdown()
