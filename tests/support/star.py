"""A star schema with made rows: every dimension and fact, typed as their YAML says."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from financial_analytics.export.star import (
    DAY,
    FLAG,
    MOMENT,
    MONEY,
    NUMBER,
    WHOLE,
    Table,
    star_schema,
)
from financial_analytics.metrics import Measure

ROOT = Path(__file__).resolve().parents[2]
STAR = star_schema(ROOT)
TABLES = {table.name: table for table in STAR}
WORDS = {
    "transaction_type": ["Purchase", "Deposit", "Fee"],
    "transaction_status": ["posted", "declined"],
    "channel": ["Online", "Mobile", "POS"], "decision": ["Approved", "Declined", "Pending"],
}  # fmt: skip
ROWS = 60


def some_rows(table: Table, seed: int) -> pa.Table:
    """Return rows of a table's types, a tenth of the values missing but for the grain."""
    rng = np.random.default_rng(seed)
    kinds = {
        WHOLE: pa.int64(), MONEY: pa.decimal128(18, 2), NUMBER: pa.float64(), FLAG: pa.bool_(),
        DAY: pa.date32(), MOMENT: pa.timestamp("us"),
    }  # fmt: skip
    first = dt.date(2025, 1, 1)
    columns = {}
    for column in table.columns:
        place = rng.permutation(ROWS)
        values: list[Any]
        if column.family == WHOLE:
            wide = column.name in table.grain
            values = place.tolist() if wide else rng.integers(0, 9, ROWS).tolist()
        elif column.family == MONEY:
            least = Decimal(10) ** -column.scale
            values = [int(part) * least for part in rng.integers(-(10**7), 10**7, ROWS)]
        elif column.family == NUMBER:
            values = rng.normal(size=ROWS).tolist()
        elif column.family == FLAG:
            values = (rng.random(ROWS) < 0.5).tolist()
        elif column.family in {DAY, MOMENT}:
            days = [first + dt.timedelta(int(day)) for day in place]
            midnight = dt.time()
            values = days if column.family == DAY else [
                dt.datetime.combine(day, midnight) for day in days
            ]  # fmt: skip
        else:
            words = WORDS.get(column.name, ["=cmd", "plain", "b"])
            values = [words[k] for k in rng.integers(0, len(words), ROWS)]
        if column.name not in table.grain:
            gone = rng.random(ROWS) < 0.1
            values = [None if gone[k] else value for k, value in enumerate(values)]
        kind = kinds.get(column.family, pa.string())
        kind = pa.decimal128(18, column.scale) if column.family == MONEY else kind
        columns[column.name] = pa.array(values, kind)
    return pa.table(columns)


class FakeGold:
    """A warehouse with every dimension and fact."""

    def __init__(self) -> None:
        self.made = {table.name: some_rows(table, k) for k, table in enumerate(STAR)}

    def names(self) -> list[str]:
        return sorted(self.made)

    def table(self, name: str) -> pa.Table:
        return self.made[name]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect() as connection:
            connection.execute("create schema gold")
            for name, rows in self.made.items():
                connection.register("made", rows)
                connection.execute(f"create table gold.{name} as select * from made")
            return connection.execute(query).fetchall()

    def row_count(self, name: str) -> int:
        return self.made[name].num_rows


GOLD: Any = FakeGold()


def counted(relation: str, expression: str, rows: pa.Table) -> Any:
    """Return an aggregate over rows, as SQL counts it."""
    connection = duckdb.connect()
    connection.register(relation, rows)
    return connection.execute(f"select {expression} from {relation}").fetchone()[0]  # type: ignore[index]


def by_hand(measure: Measure, frame: pd.DataFrame) -> Any:
    """Return a measure as pandas counts it, row by row."""
    rows = frame
    for name, wanted in measure.where.items():
        allowed = {wanted} if isinstance(wanted, str | bool) else set(wanted)
        rows = rows[[value in allowed for value in rows[name]]]
    if measure.aggregate == "count":
        return measure.scale * len(rows)
    values = [value for value in rows[measure.column] if not pd.isna(value)]
    if measure.aggregate == "distinct":
        return measure.scale * len(set(values))
    total = sum(values)
    return measure.scale * (total if measure.aggregate == "sum" else total / len(values))
