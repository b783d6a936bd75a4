"""Features as Parquet, as a Feast offline store reads them."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from financial_analytics.drafts import clear_drafts
from financial_analytics.engines.gold import Gold
from financial_analytics.errors import UserInputError

PREFIX, CUT = "features_", "cut_date"
EVENT_TIMESTAMP, CREATED = "event_timestamp", "created_timestamp"
LAST_SECOND = dt.timedelta(days=1) - dt.timedelta(seconds=1)


def entity_key(table: pa.Table) -> str:
    """Return the key of a relation of features: its first column."""
    return str(table.column_names[0])


def feast_types(table: pa.Table) -> pa.Table:
    """Return `table` in types that Feast knows of a Parquet file.

    Feast (0.67) refuses files with days or decimals and takes long strings for JSON: days become
    their midnight, amounts doubles, exact up to fifteen digits.
    """

    def known(kind: pa.DataType) -> pa.DataType:
        if pa.types.is_date(kind):
            return pa.timestamp("us")
        if pa.types.is_decimal(kind):
            return pa.float64()
        return pa.string() if pa.types.is_large_string(kind) else kind

    return table.cast(pa.schema([field.with_type(known(field.type)) for field in table.schema]))


def as_feast(table: pa.Table, as_of: dt.date | None) -> pa.Table:
    """Return features with the two times that Feast asks for.

    ``event_timestamp`` is the last second of the month end, in UTC: a join at that moment or
    later finds the row. ``created_timestamp`` is the clock of the build, so that of two exports
    of one row Feast takes the newer; without a clock it is the event's time.

    Types are those of `feast_types`.

    Notes
    -----
    Feast's file store drops training rows whose feature is older than the view's ttl, and keeps
    one of several rows with the same entity and time (0.67): give no ttl, and the month in which
    a row was asked for as a column of your own. The grain of these files is one row per entity
    and time.

    Raises
    ------
    UserInputError
        If an entity has two rows at one time.
    """
    key = entity_key(table)
    days = table.column(CUT).cast(pa.timestamp("us"))
    moment = pc.add(days, pa.scalar(LAST_SECOND, pa.duration("us"))).cast(
        pa.timestamp("us", tz="UTC")
    )
    clock = None if as_of is None else dt.datetime.combine(as_of, dt.time(), dt.UTC) + LAST_SECOND
    created = (
        moment if clock is None else pa.array([clock] * len(table), pa.timestamp("us", tz="UTC"))
    )
    made = table.append_column(EVENT_TIMESTAMP, moment).append_column(CREATED, created)
    counted = made.group_by([key, EVENT_TIMESTAMP]).aggregate([([], "count_all")])
    if len(counted) != len(made):
        raise UserInputError(
            f"{len(made) - len(counted)} rows repeat a {key} and its time",
            hint="rebuild the features: fa build",
        )
    return feast_types(made).sort_by([(EVENT_TIMESTAMP, "ascending"), (key, "ascending")])


def export_features(gold: Gold, folder: Path) -> list[Path]:
    """Write each relation of features as ``NAME.parquet``; return the files.

    Raises
    ------
    UserInputError
        If gold has none.
    """
    names = [name for name in gold.names() if name.startswith(PREFIX)]
    if not names:
        raise UserInputError("gold has no features", hint="build them: fa build")
    folder.mkdir(parents=True, exist_ok=True)
    clear_drafts(folder)
    written = []
    for name in names:
        path = folder / f"{name}.parquet"
        draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
        try:
            pq.write_table(as_feast(gold.table(name), gold.as_of()), draft)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        written.append(path)
    return written
