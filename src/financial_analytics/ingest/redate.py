"""Loads that a wrong clock has dated into the future are dated anew, so that loading goes on.

Nothing else hangs on a load time: rows are ordered by the numbers of their batches.
"""

from __future__ import annotations

from datetime import datetime

from financial_analytics.engines.duckdb.session import sql_name
from financial_analytics.engines.stores import BRONZE_SCHEMA, LEDGERS
from financial_analytics.engines.table import engine_of
from financial_analytics.ingest.contract_file import load_contract
from financial_analytics.settings import Settings

BATCHES = f"{BRONZE_SCHEMA}._batches"


def redate(settings: Settings, target: str, *, latest: datetime) -> int:
    """Give every load that is dated later than `latest` that time; return how many there were.

    Versions of entities that took the time of such a load, for the feed has none, move with it;
    what the user said of a file's extract time stays.

    Parameters
    ----------
    settings : Settings
        Where the warehouse is.
    target : str
        The dbt target whose bronze it is.
    latest : datetime
        The right time now, UTC when naive.

    Raises
    ------
    UserInputError
        If the bronze of the target cannot be changed in place.
    EngineError
        If the warehouse is missing, in use or damaged; nothing was changed.
    """
    engine = engine_of(target)
    there = engine.relations(settings)
    if f"{BRONZE_SCHEMA}._batches" not in there:
        return 0
    time = f"timestamp '{latest.replace(tzinfo=None):%Y-%m-%d %H:%M:%S}'"
    with engine.gold.open_gold(settings) as source:
        ((count,),) = source.rows(f"select count(*) from {BATCHES} where loaded_at > {time}")
    if not count:
        return 0
    undated = (
        f"select _batch_id from {BATCHES} where loaded_at > {time}"
        f" and _batch_id not in (select _batch_id from {BRONZE_SCHEMA}._extracts)"
    )
    statements = []
    for table in load_contract(settings.project_dir):
        name = f"{BRONZE_SCHEMA}.{sql_name(table.name)}"
        if f"{BRONZE_SCHEMA}.{table.name}" not in there:
            continue
        if table.version_time:
            version = sql_name(table.version_time)
            statements.append(
                f"update {name} set {version} = {time}"
                f" where {version} = _loaded_at and _batch_id in ({undated})"
            )
        statements.append(f"update {name} set _loaded_at = {time} where _loaded_at > {time}")
    for ledger, columns in LEDGERS.items():
        if f"{BRONZE_SCHEMA}.{ledger}" in there:
            statements += [
                f"update {BRONZE_SCHEMA}.{ledger} set {column} = {time} where {column} > {time}"
                for column in ("_loaded_at", "loaded_at")
                if column in columns
            ]
    engine.store.run_all(settings, statements)
    return int(count)
