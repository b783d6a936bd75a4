"""From the hot store into bronze: each accepted event once, each one set aside in quarantine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from financial_analytics.ingest.bank import OWN_FEEDS, SYNTHETIC, Bank
from financial_analytics.ingest.contract import Contract
from financial_analytics.ingest.contract_file import load_contract
from financial_analytics.ingest.report import IngestReport
from financial_analytics.ingest.run import ingest
from financial_analytics.live.events import Row, text_table, typed_table
from financial_analytics.live.hot import HotStore, Take, hot_path, open_hot
from financial_analytics.settings import Settings

CONNECTOR = "hot"


def take_hot(settings: Settings, *, loaded_at: datetime, **options: Any) -> IngestReport | None:
    """Load what the hot store holds into bronze; None where there is nothing new.

    Killed at any point, it is run again: the rows of a take are fixed before the first is loaded,
    and a take that bronze holds already is recognised by its content.

    Parameters
    ----------
    settings : Settings
        Names the hot store and the warehouse.
    loaded_at : datetime
        As for `ingest`.
    **options
        Others of `ingest`, such as ``target``.
    """
    path = hot_path(settings)
    if not path.is_file():
        return None
    with open_hot(path) as hot:
        take = hot.plan_take()
        if take is None:
            return None
        kind, _, parameters = (hot.meta("bank") or "own:").partition(":")
        bank = Bank(SYNTHETIC, parameters) if kind == SYNTHETIC else OWN_FEEDS
        report = ingest(
            [path.parent],
            settings=settings,
            loaded_at=loaded_at,
            connector=CONNECTOR,
            decimal="point",
            bank=bank,
            **options,
        )
        if not report.refused:
            hot.finish_take(take)
    return report


def taken_feeds(folder: Path, contract: Contract | None = None) -> Mapping[str, pa.Table]:
    """Return the feeds of the take that is planned in the hot store of a folder."""
    contract = contract or load_contract()
    with open_hot(folder / "hot.sqlite") as hot:
        take = hot.plan_take()
        return {} if take is None else _tables(hot, take, contract)


def _tables(hot: HotStore, take: Take, contract: Contract) -> dict[str, pa.Table]:
    rows: dict[str, list[Row]] = {}
    for _, table, body in hot.events_after(take.first_event, take.last_event):
        rows.setdefault(table, []).append(json.loads(body))
    aside: dict[str, list[Row]] = {}
    for table, body in hot.rejected_rows(take.first_rejected, take.last_rejected):
        aside.setdefault(table, []).append(json.loads(body))
    found = {}
    for name in sorted({*rows, *aside}):
        some, bad = rows.get(name, []), aside.get(name, [])
        # what was set aside is text: the loader says again what is wrong with it
        make = text_table if bad else typed_table
        table = make([*some, *bad], contract[name])
        found[name] = table.replace_schema_metadata({"source_file": f"stream:{name}:{take.number}"})
    return found
