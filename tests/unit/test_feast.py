"""Features for Feast: all rows, two times, one row per entity and time."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from financial_analytics.errors import UserInputError
from financial_analytics.export.feast import as_feast, export_features

DAYS = [dt.date(2024, 2, 29), dt.date(2024, 1, 31), dt.date(2024, 1, 31)]
TABLE = pa.table({"customer_natural_key": [1, 2, 1], "cut_date": DAYS, "tenure_days": [5, None, 4]})


class FakeGold:
    """A warehouse with one relation of features."""

    def names(self) -> list[str]:
        return ["dim_customer", "features_customer"]

    def table(self, name: str) -> pa.Table:
        assert name == "features_customer"
        return TABLE

    def as_of(self) -> dt.date:
        return dt.date(2024, 3, 10)


def test_every_row_has_both_times(tmp_path: Path) -> None:
    (path,) = export_features(FakeGold(), tmp_path)  # type: ignore[arg-type]
    rows = pq.read_table(path).to_pylist()
    assert [(row["customer_natural_key"], row["event_timestamp"]) for row in rows] == [
        (1, dt.datetime(2024, 1, 31, 23, 59, 59, tzinfo=dt.UTC)),
        (2, dt.datetime(2024, 1, 31, 23, 59, 59, tzinfo=dt.UTC)),
        (1, dt.datetime(2024, 2, 29, 23, 59, 59, tzinfo=dt.UTC)),
    ]
    assert {row["created_timestamp"] for row in rows} == {
        dt.datetime(2024, 3, 10, 23, 59, 59, tzinfo=dt.UTC)
    }
    assert [row["tenure_days"] for row in rows] == [4, None, 5]


def test_rows_that_feast_would_merge_are_refused() -> None:
    """Its file store makes one of two rows with the same entity and time, without a word."""
    with pytest.raises(UserInputError, match="1 rows repeat a customer_natural_key"):
        as_feast(pa.concat_tables([TABLE, TABLE.slice(0, 1)]), None)


def test_without_a_clock_a_row_is_created_at_its_time() -> None:
    made = as_feast(TABLE, None)
    assert made["created_timestamp"] == made["event_timestamp"]


def test_types_are_those_that_feast_reads() -> None:
    """Feast 0.67 ends in an error at a day or a decimal, and takes a long string for JSON."""
    table = TABLE.append_column(
        "balance_amount", pa.array([Decimal("1.10"), None, Decimal("-2.00")], pa.decimal128(18, 2))
    ).append_column("customer_segment", pa.array(["a", None, "b"], pa.large_string()))
    made = as_feast(table, None)
    kinds = dict(zip(made.column_names, made.schema.types, strict=True))
    assert kinds["cut_date"] == pa.timestamp("us")
    assert kinds["balance_amount"] == pa.float64()
    assert kinds["customer_segment"] == pa.string()
    assert str(made["cut_date"][0]) == "2024-01-31 00:00:00"
    assert sorted(made["balance_amount"].drop_null().to_pylist()) == [-2.0, 1.1]
