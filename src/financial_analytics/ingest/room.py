"""Makes room in the embedded warehouse: a synthetic bank gives way, real feeds never do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from financial_analytics.engines.duckdb.aside import set_aside
from financial_analytics.engines.duckdb.ledgers import create_ledger
from financial_analytics.engines.duckdb.session import Connection, open_warehouse
from financial_analytics.engines.duckdb.store import DirectStore
from financial_analytics.ingest.bank import Bank, admit, held_bank, record
from financial_analytics.ingest.contract import Contract
from financial_analytics.settings import Settings

ASIDE = "set-aside"
"""Folder, in the data folder, of the synthetic banks that gave way; each in a data folder."""

Moved = Callable[[Path, Bank], None]
"""Hears where a synthetic bank is now, and which."""


def check_room(settings: Settings, contract: Contract, coming: Bank) -> Bank | None:
    """Return the synthetic bank that has to give way to `coming`, if there is one.

    Raises
    ------
    UserInputError
        If a synthetic bank would join feeds that are not synthetic.
    EngineError
        If the warehouse is in use or cannot be read.
    """
    path = settings.warehouse_path
    if not path.is_file():
        return None
    with open_warehouse(path, read_only=True) as connection:
        held = held_bank(connection, contract, settings.data_dir)
    if held is not None and held.is_synthetic:
        return None if held == coming else held
    admit(held, coming, place=str(path), elsewhere=DirectStore.elsewhere)
    return None


@contextmanager
def room_for(
    settings: Settings, contract: Contract, coming: Bank, moved: Moved | None = None
) -> Iterator[None]:
    """Set another synthetic bank aside; its file stays locked while the block runs.

    Raises
    ------
    UserInputError
        If a synthetic bank would join feeds that are not synthetic.
    EngineError
        If the warehouse is in use or cannot be read.
    """
    path = settings.warehouse_path
    gives_way = check_room(settings, contract, coming)
    if gives_way is None:
        yield
        return

    def judge(connection: Connection) -> bool:
        if held_bank(connection, contract, settings.data_dir) != gives_way:
            return False
        create_ledger(connection, "_bank")
        record(connection, gives_way, 1)  # an earlier version's warehouse has not said it yet
        return True

    with set_aside(path, settings.data_dir / ASIDE, judge) as place:
        if place != path and moved:
            moved(place, gives_way)
        yield
