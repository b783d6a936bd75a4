"""The data table behind each chart: formats by column ending, a stated limit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import numpy as np
import pandas as pd

MOST_ROWS = 300
MOST_COLUMNS = 20
HIDDEN = frozenset({"as_of_date"})  # the header of the report says it once

_COUNTS = ("_count", "_customers", "_accounts", "customers")
_MONEY = ("_amount", "_balance", "volume", "balance", "_clv", "_income", "bin_lower", "bin_upper")
_SHORT = ("_pct", "_pct_lower", "_pct_upper", "_months", "_days", "_score", "pct_of_total")
_CODES = ("_id", "_key", "year", "month")


@dataclass(frozen=True)
class Cell:
    """One formatted value: its text, whether it is a number, whether it heads its row."""

    text: str
    numeric: bool
    is_head: bool = False


@dataclass(frozen=True)
class Table:
    """A table as a page shows it.

    Attributes
    ----------
    caption, size, note : str
        What it is, how many rows the model has, what of them is left out.
    columns : sequence of str
        Names of the columns shown.
    rows : sequence of sequence of Cell
        Formatted rows.
    """

    caption: str
    size: str
    note: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def format_value(column: str, value: Any) -> Cell:
    """Return a value as people read it, by the ending of its column.

    Examples
    --------
    >>> format_value("volume", 1234.5).text, format_value("fraud_count", 12.0).text
    ('1,234.50', '12')
    >>> format_value("avg_clv", None).text
    '–'
    """  # noqa: RUF002
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return Cell("–", numeric=False)  # noqa: RUF001
    if isinstance(value, bool | np.bool_):
        return Cell("yes" if value else "no", numeric=False)
    if isinstance(value, int | np.integer) and column.endswith(_CODES):
        return Cell(str(value), numeric=True)  # exact: a key has more digits than a float
    if isinstance(value, int | float | Decimal) or hasattr(value, "dtype"):
        return Cell(_number(column, float(value)), numeric=True)
    if hasattr(value, "isoformat"):
        moment = pd.Timestamp(value)
        midnight = moment == moment.normalize()
        return Cell(f"{moment:%Y-%m-%d}" if midnight else f"{moment:%Y-%m-%d %H:%M}", False)
    return Cell(str(value), numeric=False)


def _number(column: str, value: float) -> str:
    if column.endswith(_CODES):
        return f"{value:.0f}"
    if column.endswith(_MONEY):
        return f"{value:,.2f}"
    if column.endswith(_COUNTS):
        return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"
    if column.endswith(_SHORT):
        return f"{value:,.3f}" if 0 < abs(value) < 0.1 else f"{value:,.2f}"
    return f"{value:,.0f}" if value == int(value) else f"{value:,.4g}"


def _columns(frame: pd.DataFrame, needs: Sequence[str]) -> list[str]:
    shown = [name for name in frame.columns if name not in HIDDEN]
    if len(shown) <= MOST_COLUMNS:
        return shown
    wanted = set(needs)
    return [
        name
        for name in shown
        if name in wanted or not pd.api.types.is_numeric_dtype(frame[name].dtype)
    ]


def data_table(
    frame: pd.DataFrame,
    *,
    caption: str,
    needs: Sequence[str] = (),
    rows: Literal["first", "last"] = "first",
) -> Table:
    """Return the table behind a chart.

    Parameters
    ----------
    frame : pandas.DataFrame, shape (n, k)
        Rows as the model gave them. One row is shown as name and value.
    caption : str
        What the table is.
    needs : sequence of str
        Columns that are kept when the frame is too wide to show whole.
    rows : {"first", "last"}
        End that is shown when there are more than 300 rows.
    """
    total = len(frame)
    columns = _columns(frame, needs)
    shown = frame.head(MOST_ROWS) if rows == "first" else frame.tail(MOST_ROWS)
    if total == 1:
        body = [
            [Cell(name, numeric=False, is_head=True), format_value(name, frame[name].iloc[0])]
            for name in frame.columns
            if name not in HIDDEN
        ]
    else:
        body = [
            [format_value(name, value) for name, value in zip(columns, record, strict=True)]
            for record in shown[columns].itertuples(index=False, name=None)
        ]
    notes = []
    if total > MOST_ROWS:
        notes.append(f"the {rows} {MOST_ROWS} of {total:,} rows")
    if total > 1 and len(columns) < len(frame.columns) - len(HIDDEN & set(frame.columns)):
        notes.append(f"{len(columns)} of {len(frame.columns)} columns")
    return Table(
        caption=caption,
        size=f"{total:,} row{'' if total == 1 else 's'}",
        note=f" ({'; '.join(notes)}; the whole is in the model)" if notes else "",
        columns=["column", "value"] if total == 1 else columns,
        rows=body,
    )
