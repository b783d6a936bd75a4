"""What an ingest makes sure of before its first batch, and warns of after its last."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from financial_analytics.engines.duckdb.session import Connection
from financial_analytics.engines.stores import BronzeStore
from financial_analytics.errors import UserInputError
from financial_analytics.ingest import load
from financial_analytics.ingest.bank import Bank, admit, held_bank
from financial_analytics.ingest.blame import engine_errors
from financial_analytics.ingest.contract import Contract
from financial_analytics.ingest.report import IngestReport


def check_bank(
    connection: Connection,
    store: BronzeStore,
    contract: Contract,
    coming: Bank,
    data_dir: Path | None,
) -> None:
    """Make sure, under the writer's lock, that what comes may join what is there.

    Raises
    ------
    UserInputError
        If they are different banks.
    """
    held = held_bank(connection, contract, data_dir)
    admit(held, coming, place=store.place, elsewhere=store.elsewhere)


def check_clock(connection: Connection, loaded_at: datetime) -> None:
    """Make sure that load times never go back.

    Raises
    ------
    UserInputError
        If `loaded_at` is before the newest load.
    """
    _, newest = load.newest_load(connection)
    if newest is not None and loaded_at < newest:
        raise UserInputError(
            f"load time {loaded_at:%Y-%m-%d %H:%M:%S} is earlier than the newest load "
            f"({newest:%Y-%m-%d %H:%M:%S})",
            hint="load times never go back: check this machine's clock, or leave loaded_at out; "
            "if that load was under a wrong clock: fa redate",
        )


def warn_of_orphans(
    connection: Connection, store: BronzeStore, contract: Contract, report: IngestReport
) -> None:
    """Add what was loaded and refers to rows that are not there to the report's warnings."""
    loaded: dict[str, list[int]] = {}
    for file in report.files:
        if not file.already_loaded and file.counts.accepted:
            loaded.setdefault(file.table, []).append(file.batch_id)
    with engine_errors():
        for name, batch_ids in loaded.items():
            report.warnings += load.orphans(connection, store, contract, contract[name], batch_ids)
