"""How charts say estimates with bounds, adjusted p-values, periods and what is left out."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from financial_analytics.charts.kit import theme
from financial_analytics.charts.kit.frames import STATUS_WORDS

SIGNIFICANT = 0.05


def p_words(value: float | None) -> str:
    """Return an adjusted p-value in words; small ones are not spelled out.

    Examples
    --------
    >>> p_words(0.0421), p_words(1e-9), p_words(None)
    ('adjusted p 0.042', 'adjusted p below 0.001', 'adjusted p unknown')
    """
    if theme.is_unknown(value) or value is None:
        return f"adjusted p {theme.UNKNOWN}"
    if value < 0.001:
        return "adjusted p below 0.001"
    return f"adjusted p {value:.3f}" if value < 0.1 else f"adjusted p {value:.2f}"


def interval(
    row: Mapping[Hashable, Any], stem: str, digits: int = 2, scale: float = 1.0, unit: str = ""
) -> str:
    """Return an estimate and its bounds in words.

    Examples
    --------
    >>> interval({"a": 0.5, "a_lower": 0.25, "a_upper": 0.75}, "a")
    '0.50 (0.25 to 0.75)'
    """
    value, *ends = (number(row.get(name)) for name in (stem, f"{stem}_lower", f"{stem}_upper"))
    if value is None:
        return theme.UNKNOWN
    words = ["no bound" if end is None else f"{scale * end:,.{digits}f}{unit}" for end in ends]
    return f"{scale * value:,.{digits}f}{unit} ({words[0]} to {words[1]})"


def number(value: Any) -> float | None:
    """Return a number, None where it is NULL, absent or NaN."""
    if value is None or pd.isna(value):
        return None
    return float(value)


def as_of_words(frame: pd.DataFrame, first: str, last: str) -> str:
    """Return the period of the rows in words, empty where the columns are not there."""
    if first not in frame or last not in frame:
        return ""
    start, end = frame[first].min(), frame[last].max()
    if pd.isna(start) or pd.isna(end):
        return ""
    return f"{start:%B %Y} to {end:%B %Y}"


def day_words(frame: pd.DataFrame) -> str:
    """Return the day of the clock in words, empty where it is not known."""
    if "as_of_date" not in frame or frame["as_of_date"].isna().all():
        return ""
    return f"{pd.Timestamp(frame['as_of_date'].max()):%d %B %Y}"


def left_out(frame: pd.DataFrame, noun: str, allowed: tuple[str, ...] = ("ok",)) -> str:
    """Return how many rows are not drawn, by their status; empty where none.

    Examples
    --------
    >>> left_out(pd.DataFrame({"status": ["ok", "insufficient_data"]}), "groups")
    'Not drawn: 1 groups (too little data to say).'
    """
    if "status" not in frame:
        return ""
    rest = frame.loc[~frame["status"].isin(allowed), "status"].value_counts()
    parts = [
        f"{count} {noun} ({STATUS_WORDS.get(str(name), str(name).replace('_', ' '))})"
        for name, count in rest.items()
    ]
    return f"Not drawn: {', '.join(parts)}." if parts else ""


def float_of(value: Any) -> float:
    """Return a number, NaN where it is not known."""
    found = number(value)
    return math.nan if found is None else found
