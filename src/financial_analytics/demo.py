"""Keeps the demo's synthetic bank and a real bank's feeds out of one warehouse."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from financial_analytics.engines import connections
from financial_analytics.engines.duckdb.session import open_warehouse
from financial_analytics.errors import UserInputError
from financial_analytics.settings import Settings

MARKER = "demo.json"
LOADING = -1
SET_ASIDE = "warehouse.set-aside.duckdb"


def make_room(settings: Settings, bank: Mapping[str, Any] | None) -> Path | None:
    """Make sure that what is about to be loaded may join what the warehouse holds.

    A synthetic bank joins only itself. A warehouse that holds nothing but another synthetic bank
    is set aside; it can be made again at any time. Real feeds are neither moved nor mixed.

    Parameters
    ----------
    settings : Settings
        The installation.
    bank : mapping or None
        Parameters of the synthetic bank to load; None for feeds of one's own.

    Returns
    -------
    Path or None
        Where the old warehouse was set aside, if it was.

    Raises
    ------
    UserInputError
        If a synthetic bank would join feeds that were loaded before.
    """
    batches = _batches(settings)
    if batches == 0:
        return None
    known = _read(settings)
    if known is None or known["batches"] not in {batches, LOADING}:
        if bank is None:
            return None
        raise UserInputError(
            f"{settings.warehouse_path} holds feeds that are not the demo's",
            hint="keep the demo apart: FA_DATA_DIR=data-demo make demo",
        )
    if bank is not None and known["bank"] == dict(bank):
        return None
    aside = settings.data_dir / SET_ASIDE
    settings.warehouse_path.replace(aside)
    (settings.data_dir / MARKER).unlink()
    return aside


def remember(settings: Settings, bank: Mapping[str, Any], *, loading: bool = False) -> None:
    """Note that everything in the warehouse is this synthetic bank.

    Said once before loading, too, so that an interrupted demo can go on.
    """
    batches = LOADING if loading else _batches(settings)
    content = {"bank": dict(bank), "batches": batches}
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    draft = settings.data_dir / f".{MARKER}"
    draft.write_text(json.dumps(content, indent=1, sort_keys=True), encoding="utf-8")
    draft.replace(settings.data_dir / MARKER)


def _batches(settings: Settings) -> int:
    if not settings.warehouse_path.is_file():
        return 0
    with open_warehouse(settings.warehouse_path, read_only=True) as connection:
        return connections.row_counts(connection, "ingestion_raw_data").get("_batches", 0)


def _read(settings: Settings) -> dict[str, Any] | None:
    try:
        content = json.loads((settings.data_dir / MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) and {"bank", "batches"} <= set(content) else None
