"""What a dbt Python model is given on each engine, as pandas; what it returns, as Arrow."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pandas as pd
import pyarrow as pa

from financial_analytics.errors import InvalidInputError

# A double that stands for half a cent lies a hair beside it; seen from here it does not.
_SEEN_DECIMALS = 6


def to_pandas(relation: Any) -> pd.DataFrame:
    """Return a dbt relation as a data frame, decimals as float64.

    Parameters
    ----------
    relation : pyarrow.Table, pandas.DataFrame, or an engine's relation
        What ``dbt.ref`` gives: a lazy relation with ``to_arrow_table`` or ``toArrow``, or an
        Arrow table.

    Returns
    -------
    pandas.DataFrame
        Same columns, rows in the order given (an engine promises none: sort by the key).
    """
    if isinstance(relation, pd.DataFrame):
        return relation
    if isinstance(relation, pa.Table):
        table = relation
    elif hasattr(type(relation), "toArrow"):
        table = relation.toArrow()
    else:
        table = relation.to_arrow_table()
    fields = [
        pa.field(field.name, pa.float64()) if pa.types.is_decimal(field.type) else field
        for field in table.schema
    ]
    frame: pd.DataFrame = table.cast(pa.schema(fields)).to_pandas(date_as_object=False)
    return frame


def to_table(frame: pd.DataFrame, schema: pa.Schema) -> pa.Table:
    """Return `frame` as an Arrow table of exactly `schema`: its columns, order, types.

    NaN and NaT become NULL. An empty frame keeps every type, so that no engine invents one.
    Decimals are rounded half away from zero by way of six decimals, as the macro `money` does.

    Raises
    ------
    KeyError
        If a column of `schema` is missing.
    pyarrow.ArrowInvalid
        If a value does not fit its type.
    """
    columns = []
    for field in schema:
        values = frame[field.name]
        if pa.types.is_decimal(field.type):
            scale = field.type.scale
            values = pd.Series(
                [None if pd.isna(v) else _rounded(Decimal(str(v)), scale) for v in values],
                dtype=object,
            )
        elif pa.types.is_integer(field.type):
            values = values.astype("Int64")
        columns.append(pa.Array.from_pandas(values, type=field.type))
    return pa.table(columns, schema=schema)


def need_columns(frame: pd.DataFrame, *names: str) -> None:
    """Refuse a frame without one of these columns.

    Raises
    ------
    InvalidInputError
        Naming what is missing and what there is.
    """
    missing = [name for name in names if name not in frame.columns]
    if missing:
        there = ", ".join(map(str, frame.columns))
        raise InvalidInputError(
            f"the frame has no column {', '.join(missing)}", hint=f"its columns are: {there}"
        )


def too_little(schema: pa.Schema, as_of: Any, **keys: Any) -> pa.Table:
    """Return the one row of a result that cannot be given: its keys, status and day, else NULL.

    A bank in which nothing has happened yet (`as_of` is None) has no row at all.

    Examples
    --------
    >>> text = [(name, pa.string()) for name in ("name", "status")]
    >>> names = pa.schema([*text, ("as_of_date", pa.date32())])
    >>> too_little(names, pd.Timestamp("2024-05-31").date(), name="All")["status"].to_pylist()
    ['insufficient_data']
    >>> too_little(names, None, name="All").num_rows
    0
    """
    row = dict.fromkeys(schema.names) | keys
    row |= {"status": "insufficient_data", "as_of_date": as_of}
    return to_table(pd.DataFrame([row]).head(0 if as_of is None else 1), schema)


def _rounded(value: Decimal, scale: int) -> Decimal:
    """Return `value` with `scale` decimals, halves away from zero, seen from six decimals."""
    for decimals in (max(scale, _SEEN_DECIMALS), scale):
        value = value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return value
