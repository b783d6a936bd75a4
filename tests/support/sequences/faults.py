"""Faults that the oracle must find: each breaks the product in the process of one command."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

from financial_analytics import cli_steps
from financial_analytics.engines.duckdb import aside
from financial_analytics.ingest import bank, checks, load, room


def let_banks_meet() -> None:
    """Admit any feeds to any warehouse."""

    def admit(*_banks: object, **_words: str) -> None:
        pass

    def nothing(*_arguments: object) -> None:
        pass

    room.check_room = nothing  # type: ignore[assignment]
    checks.admit = admit  # type: ignore[attr-defined]


def take_own_for_synthetic() -> None:
    """Set any bank aside for another."""
    bank.Bank.is_synthetic = property(lambda self: True)  # type: ignore[assignment,method-assign]


def lose_a_row() -> None:
    """Drop a row of each file after it was counted."""
    real = load._insert_rows

    def insert(connection: Any, batch: load.Batch, *rest: Any) -> int:
        count = real(connection, batch, *rest)
        connection.execute(
            f"delete from ingestion_raw_data.{batch.table.name} "
            f"where _batch_id = {batch.batch_id} and _source_row = 1"
        )
        return count

    load._insert_rows = insert


def replace_what_was_loaded() -> None:
    """Load a file in the place of all loads before."""
    real = load._insert_rows

    def insert(connection: Any, batch: load.Batch, *rest: Any) -> int:
        for name in (batch.table.name, "_batches", "quarantine"):
            connection.execute(f"delete from ingestion_raw_data.{name}")
        return real(connection, batch, *rest)

    load._insert_rows = insert


def die_in_two_halves() -> None:
    """Commit the rows of a file before its line in the list of loads, and die in between."""
    real = load._insert_rows

    def insert(connection: Any, *rest: Any) -> int:
        real(connection, *rest)
        connection.execute("commit")
        os.kill(os.getpid(), signal.SIGKILL)
        raise RuntimeError("dead")

    load._insert_rows = insert


def die_after_a_commit() -> None:
    """No fault of the product: die when the first file is in, its log not yet in the warehouse."""
    real = load.write_batch

    def write(*arguments: Any, **options: Any) -> load.Counts:
        real(*arguments, **options)
        os.kill(os.getpid(), signal.SIGKILL)
        raise RuntimeError("dead")

    load.write_batch = write


def leave_the_log_behind() -> None:
    """Set a warehouse aside without what is only in its log."""

    def lock_judged(*_arguments: object) -> bool:
        return True

    aside._lock_judged = lock_judged


def set_aside_over_another() -> None:
    """Set every warehouse aside in the same place."""

    def new_folder(folder: Path) -> Path:
        place = folder / "synthetic-1"
        place.mkdir(parents=True, exist_ok=True)
        return place

    aside._new_folder = new_folder


def keep_the_old_snapshot() -> None:
    """Publish nothing and say that it is done."""

    def publish_step(*_arguments: object, **_options: object) -> Path:
        return Path("published")

    cli_steps.publish_step = publish_step
