"""What is in a warehouse or a snapshot, read by plain SQL from the file as it lies there."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from tests.support.sequences.own_feeds import COLUMNS, FIRST_ID, Kept

BRONZE = "ingestion_raw_data"


@dataclass(frozen=True)
class Batch:
    """A line of the list of loads."""

    batch_id: int
    table: str
    origin: str
    sha256: str
    read: int
    accepted: int
    duplicates: int
    quarantined: int


@dataclass(frozen=True)
class Holding:
    """What a warehouse holds; nothing where no load has ended.

    Attributes
    ----------
    bank : list of tuple
        The rows of its ledger: kind and parameters.
    counts : set of tuple
        Table, batch and number of rows, of every batch that has any.
    quarantined : dict
        Number of rows in quarantine by batch.
    kept : dict
        Own rows by table, in the order of arrival; see `FIRST_ID`.
    synthetic : dict
        Number of rows of customers and transactions of customers who are not own ones.
    """

    bank: list[tuple[Any, ...]] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)
    counts: set[tuple[str, int, int]] = field(default_factory=set)
    quarantined: dict[int, int] = field(default_factory=dict)
    kept: dict[str, list[Kept]] = field(default_factory=dict)
    synthetic: dict[str, int] = field(default_factory=dict)
    customers: list[tuple[Any, ...]] = field(default_factory=list)

    @property
    def kind(self) -> str | None:
        """Whose rows the ledger says they are: ``own``, ``synthetic`` or nobody's."""
        return str(self.bank[0][0]) if self.bank else None


@dataclass(frozen=True)
class Shown:
    """What a snapshot shows: the kind of bank, and the published rows of its customers."""

    kind: str | None
    customers: list[tuple[Any, ...]]


def holding(path: Path) -> Holding:
    """Read a warehouse; one that does not exist, or was never loaded, holds nothing."""
    if not path.exists():
        return Holding()
    with duckdb.connect(str(path), read_only=True) as connection:
        tables = [
            str(name)
            for (name,) in connection.execute(
                f"select table_name from duckdb_tables() where schema_name = '{BRONZE}'"
            ).fetchall()
        ]
        if "_batches" not in tables:
            return Holding()
        feeds = [name for name in tables if not name.startswith("_") and name != "quarantine"]
        return Holding(
            bank=connection.execute(f"select kind, parameters from {BRONZE}._bank").fetchall(),
            batches=[
                Batch(*row)
                for row in connection.execute(
                    "select _batch_id, table_name, source_file, file_sha256, rows_read, "
                    "rows_accepted, rows_duplicate, rows_quarantined "
                    f"from {BRONZE}._batches order by 1"
                ).fetchall()
            ],
            counts={
                (name, batch_id, count)
                for name in feeds
                for batch_id, count in connection.execute(
                    f"select _batch_id, count(*) from {BRONZE}.{name} group by 1"
                ).fetchall()
            },
            quarantined=dict(
                connection.execute(
                    "select _batch_id, count(distinct source_row) "
                    f"from {BRONZE}.quarantine group by 1"
                ).fetchall()
            ),
            kept={name: _kept(connection, name) for name in COLUMNS},
            synthetic={name: _synthetic(connection, name) for name in COLUMNS},
            customers=connection.execute(
                f"select customer_id, _batch_id from {BRONZE}.customers order by all"
            ).fetchall(),
        )


def shown(path: Path) -> Shown | None:
    """Read a snapshot, if there is one."""
    if not path.exists():
        return None
    with duckdb.connect(str(path), read_only=True) as connection:
        ((kind,),) = connection.execute("select bank from gold.run_info").fetchall()
        rows = connection.execute("select * from gold.analytics_held order by all").fetchall()
    return Shown(kind, rows)


def _kept(connection: Any, table: str) -> list[Kept]:
    cells = ", ".join(f"cast({name} as varchar)" for name in COLUMNS[table])
    rows = connection.execute(
        f"select _batch_id, _source_row, {cells} from {BRONZE}.{table} "
        f"where customer_id >= {FIRST_ID} order by 1, 2"
    ).fetchall()
    return [Kept(batch_id, number, tuple(cells)) for batch_id, number, *cells in rows]


def _synthetic(connection: Any, table: str) -> int:
    ((count,),) = connection.execute(
        f"select count(*) from {BRONZE}.{table} where customer_id < {FIRST_ID}"
    ).fetchall()
    return int(count)
