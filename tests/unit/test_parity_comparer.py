"""The comparer of engines sees each kind of difference, and only differences."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from tests.support.parity import Cells, differences

MOMENT = datetime(2024, 1, 1, tzinfo=UTC).replace(tzinfo=None)
SCHEMA = pa.schema(
    [
        ("id", pa.int64()),
        ("name", pa.string()),
        ("amount", pa.decimal128(18, 2)),
        ("at", pa.timestamp("us")),
        ("score", pa.float64()),
    ]
)
ROWS: list[dict[str, Any]] = [
    {"id": 1, "name": "a", "amount": Decimal("1.00"), "at": MOMENT, "score": 0.1},
    {"id": 2, "name": "", "amount": None, "at": None, "score": None},
    {"id": 2, "name": "", "amount": None, "at": None, "score": 1e300},
    {"id": 3, "name": None, "amount": Decimal("-0.01"), "at": None, "score": 0.0},
]


def _cells(rows: list[dict[str, Any]], schema: pa.Schema = SCHEMA) -> Cells:
    return Cells("one", pa.Table.from_pylist(rows, schema=schema))


def test_equal_rows_in_any_order_are_equal() -> None:
    close = [{**row} for row in reversed(ROWS)]
    close[-1]["score"] = 0.1 * (1 + 5e-10)
    assert differences(_cells(ROWS), _cells(close)) == []


@pytest.mark.parametrize(
    ("row", "column", "value"),
    [
        (0, "id", 7),
        (0, "name", "b"),
        (1, "name", None),
        (3, "name", ""),
        (0, "amount", Decimal("1.01")),
        (1, "amount", Decimal("0.00")),
        (0, "at", MOMENT.replace(microsecond=1)),
        (0, "score", 0.1 * (1 + 2e-9)),
        (0, "score", None),
        (0, "score", float("nan")),
        (1, "score", 1.0),
        (2, "score", float("inf")),
        (3, "score", 1e-12),
    ],
)
def test_one_other_cell_is_a_difference(row: int, column: str, value: Any) -> None:
    changed = [dict(each) for each in ROWS]
    changed[row][column] = value
    faults = differences(_cells(ROWS), _cells(changed))
    assert len(faults) >= 2
    assert "differ" in faults[0]


def test_a_row_too_many_is_a_difference() -> None:
    assert differences(_cells(ROWS), _cells([*ROWS, ROWS[0]])) != []
    assert differences(_cells([*ROWS, ROWS[0]]), _cells(ROWS)) != []


def test_another_type_is_a_difference() -> None:
    wider = SCHEMA.set(2, pa.field("amount", pa.decimal128(38, 2)))
    assert differences(_cells(ROWS), _cells(ROWS, wider)) == [
        "column amount: one decimal(18, 2), one decimal(38, 2)"
    ]
