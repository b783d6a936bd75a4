"""Frames become tables of a stated type; money is rounded there as the SQL models round it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from tests.support.inline import first_row

from financial_analytics.models.frames import to_table

# value, cents: halves away from zero, also where the double lies a hair beside the half
HALVES = [
    (0.125, "0.13"),
    (0.135, "0.14"),  # half to even gives 0.14, too
    (-0.125, "-0.13"),
    (150.545, "150.55"),  # 150.54499…
    (100.545, "100.55"),
    (2.675, "2.68"),
    (1.005, "1.01"),
    (-1.005, "-1.01"),
    (0.1 + 0.2 + 0.045, "0.35"),  # 0.34500000000000003
    (4.344999, "4.34"),
    (4.34499999999, "4.35"),  # seen from six decimals, a half
    (7.0, "7.00"),
]


def cents(values: list[float], kind: pa.DataType | None = None) -> list[Decimal]:
    """Return values as a column of money."""
    schema = pa.schema([("amount", kind or pa.decimal128(18, 2))])
    found: list[Decimal] = to_table(pd.DataFrame({"amount": values}), schema)["amount"].to_pylist()
    return found


@pytest.mark.parametrize(("value", "expected"), HALVES)
def test_half_a_cent_goes_away_from_zero(value: float, expected: str) -> None:
    assert cents([value]) == [Decimal(expected)]


def test_money_is_rounded_as_the_macro_rounds_it(tmp_path: Path) -> None:
    """Sixty halves that no double is, and sixty means of three amounts."""
    rng = np.random.default_rng(11)
    halves = rng.integers(-10_000_000, 10_000_000, 60) / 100 + 0.005
    means = rng.integers(-10_000_000, 10_000_000, 60) / 300
    values = [float(value) for value in (*halves, *means, *(value for value, _ in HALVES))]
    columns = ", ".join(
        f"{{{{ money(\"cast('{value!r}' as double)\") }}}} as amount_{place}"
        for place, value in enumerate(values)
    )
    row = first_row(tmp_path, f"select {columns}")
    assert cents(values) == [Decimal(str(row[f"amount_{place}"])) for place in range(len(values))]


def test_more_than_six_decimals_are_kept() -> None:
    kind = pa.decimal128(18, 8)
    assert cents([0.123456785, 1e-8], kind) == [Decimal("0.12345679"), Decimal("0.00000001")]


def test_what_is_no_number_is_null_and_an_empty_frame_keeps_its_types() -> None:
    assert cents([1.0, float("nan")]) == [Decimal("1.00"), None]
    schema = pa.schema([("amount", pa.decimal128(18, 2)), ("day_count", pa.int64())])
    table = to_table(pd.DataFrame({"amount": [], "day_count": []}), schema)
    assert (table.schema, table.num_rows) == (schema, 0)
