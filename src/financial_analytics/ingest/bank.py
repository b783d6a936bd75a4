"""Whose rows a warehouse holds: one bank's own feeds, or one synthetic bank; never two."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from financial_analytics.engines.duckdb.session import Connection
from financial_analytics.errors import UserInputError
from financial_analytics.ingest.contract import BRONZE_SCHEMA, Contract

OWN = "own"
SYNTHETIC = "synthetic"
BANK = f"{BRONZE_SCHEMA}._bank"
BATCHES = f"{BRONZE_SCHEMA}._batches"
OLD_NOTE = "demo.json"
"""What versions before the ledger ``_bank`` left beside a warehouse that a demo had filled."""


@dataclass(frozen=True)
class Bank:
    """A bank; a synthetic one is told from another by all its parameters.

    Attributes
    ----------
    kind : str
        `OWN` or `SYNTHETIC`.
    parameters : str
        Those of a synthetic bank as JSON in one spelling; empty otherwise.
    """

    kind: str
    parameters: str = ""

    @property
    def is_synthetic(self) -> bool:
        """Tell whether it can be made again at any time."""
        return self.kind == SYNTHETIC

    def __str__(self) -> str:
        if not self.is_synthetic:
            return "feeds that are not marked as synthetic"
        sizes = json.loads(self.parameters)
        return f"the synthetic bank of {sizes.get('customers')} customers, seed {sizes.get('seed')}"


OWN_FEEDS = Bank(OWN)


def synthetic_bank(parameters: Mapping[str, Any]) -> Bank:
    """Return the synthetic bank of some parameters."""
    return Bank(SYNTHETIC, json.dumps(dict(parameters), sort_keys=True))


def held_bank(
    connection: Connection, contract: Contract, data_dir: Path | None = None
) -> Bank | None:
    """Return the bank whose rows are in a warehouse; None where there are none.

    A warehouse of an earlier version does not say it. It counts as synthetic if the demo's note
    beside it, in `data_dir`, accounts for every batch and each file has a name of the demo's, and
    was loaded once. Anything else is somebody's own.
    """
    present = {
        str(name)
        for (name,) in connection.execute(
            "select table_name from duckdb_tables() "
            f"where schema_name = '{BRONZE_SCHEMA}' and database_name = current_database()"
        ).fetchall()
    }
    if "_bank" in present:
        rows = connection.execute(
            f"select kind, parameters from {BANK} order by _batch_id limit 1"
        ).fetchall()
        if rows:
            kind, parameters = rows[0]
            return Bank(SYNTHETIC, str(parameters)) if kind == SYNTHETIC else OWN_FEEDS
    if "_batches" not in present:
        return None
    files = connection.execute(f"select table_name, source_file from {BATCHES}").fetchall()
    if not files:
        return None
    return _judge(files, contract, data_dir / OLD_NOTE) if data_dir else OWN_FEEDS


def _judge(files: list[tuple[str, str]], contract: Contract, note: Path) -> Bank:
    try:
        content = json.loads(note.read_text(encoding="utf-8"))
        batches, parameters = content["batches"], content["bank"]
    except (OSError, ValueError, KeyError, TypeError):
        return OWN_FEEDS
    named = {
        (table.name, f"{table.name}{part}.parquet") for table in contract for part in ("", "_dirty")
    }
    known = isinstance(parameters, dict) and batches == len(files) == len(set(files))
    return synthetic_bank(parameters) if known and set(files) <= named else OWN_FEEDS


def record(connection: Connection, bank: Bank, batch_id: int) -> None:
    """Say in the warehouse whose rows it holds; inside the transaction of the first batch.

    What is written there once stays.
    """
    connection.execute(
        f"insert into {BANK} select $1, $2, $3 where not exists (select 1 from {BANK})",
        [batch_id, bank.kind, bank.parameters or None],
    )


def admit(held: Bank | None, coming: Bank, *, place: str, elsewhere: str) -> None:
    """Make sure that rows of one bank never join another's.

    Parameters
    ----------
    held : Bank or None
        What the warehouse holds.
    coming : Bank
        What is about to be loaded.
    place, elsewhere : str
        The warehouse in words, and how to name another one.

    Raises
    ------
    UserInputError
        If they are different banks.
    """
    if held is None or held == coming:
        return
    verb = "joins" if coming.is_synthetic else "join"
    other = "it" if held.is_synthetic else "them"
    difference = ""
    if held.is_synthetic and coming.is_synthetic:
        difference = f" (they differ in {', '.join(_differences(held, coming))})"
    raise UserInputError(
        f"{place} holds {held}; {coming} never {verb} {other}{difference}",
        hint=f"nothing was loaded; keep the two apart: {elsewhere}",
    )


def _differences(one: Bank, other: Bank) -> list[str]:
    """Return the names of the parameters in which two synthetic banks differ."""
    first, second = json.loads(one.parameters), json.loads(other.parameters)
    names = sorted(first.keys() | second.keys())
    return [name for name in names if first.get(name) != second.get(name)]
