"""Arrow types and the clock that the models share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd
import pyarrow as pa

TEXT, DOUBLE, WHOLE, LONG = pa.string(), pa.float64(), pa.int32(), pa.int64()
DATE, FLAG = pa.date32(), pa.bool_()


def fields(names: Iterable[str], kind: pa.DataType) -> list[pa.Field]:
    """Return a field of `kind` for each name."""
    return [pa.field(name, kind) for name in names]


def with_bounds(*names: str) -> list[str]:
    """Return each name with its lower and upper bound.

    Examples
    --------
    >>> with_bounds("a")
    ['a', 'a_lower', 'a_upper']
    """
    return [f"{name}{end}" for name in names for end in ("", "_lower", "_upper")]


def clock_date(clock: pd.DataFrame) -> Any:
    """Return the date of the data clock, or None where nothing has happened yet."""
    value = pd.to_datetime(clock["as_of_date"]).iloc[0]
    return None if pd.isna(value) else value.date()
