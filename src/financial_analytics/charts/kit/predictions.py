"""What every chart of a prediction says of its model: how good out of time, trained on what."""

from __future__ import annotations

import pandas as pd

from financial_analytics.charts.kit import theme
from financial_analytics.charts.kit.frames import scalar

NOT_FIT = "Not fit for use: out of time the model ranks no better than chance. "


def bounded(frame: pd.DataFrame, column: str, digits: int = 2, unit: str = "") -> str:
    """Return a number of the frame's first row with its interval in words.

    Examples
    --------
    >>> bounded(pd.DataFrame({"a": [0.7], "a_lower": [0.6], "a_upper": [0.8]}), "a")
    '0.70 (0.60 to 0.80)'
    """
    value, lower, upper = (scalar(frame, column + end) for end in ("", "_lower", "_upper"))
    if value is None:
        return "unknown"
    said = f"{value:,.{digits}f}{unit}"
    if lower is None or upper is None:
        return said
    return f"{said} ({lower:,.{digits}f} to {upper:,.{digits}f}{unit})"


def bounded_money(frame: pd.DataFrame, column: str, currency: str) -> str:
    """Return an amount of the frame's first row with its interval in words.

    Examples
    --------
    >>> frame = pd.DataFrame({"a": [1500.0], "a_lower": [900.0], "a_upper": [2100.0]})
    >>> bounded_money(frame, "a", "USD").replace(theme.NO_BREAK, " ")
    'USD 1,500 (900 to 2,100)'
    """
    value, lower, upper = (scalar(frame, column + end) for end in ("", "_lower", "_upper"))
    said = theme.money(value, currency)
    if value is None or lower is None or upper is None:
        return said
    return f"{said} ({theme.money(lower)} to {theme.money(upper)})"


def evidence_words(frame: pd.DataFrame) -> str:
    """Return the note on the model: metric out of time, calibration, naive baseline, windows."""
    parts = []
    if scalar(frame, "out_of_time_auc_score") is not None:
        parts.append(
            f"Out of time{_span(frame, 'out_of_time')}: AUC "
            f"{bounded(frame, 'out_of_time_auc_score')} against 0.50 without a model, "
            f"calibration slope {bounded(frame, 'calibration_slope_index')} where 1 is right."
        )
    trained = _span(frame, "train")
    if trained:
        parts.append(f"Trained on month ends{trained}.")
    coverage = scalar(frame, "coverage_pct")
    if coverage is not None:
        parts.append(f"Intervals: {coverage:g}{theme.NO_BREAK}%.")
    return " ".join(parts)


def _span(frame: pd.DataFrame, name: str) -> str:
    columns = f"{name}_start_date", f"{name}_end_date"
    if any(column not in frame or pd.isna(frame[column].iloc[0]) for column in columns):
        return ""
    first, last = (pd.Timestamp(frame[column].iloc[0]) for column in columns)
    return f" {first:%B %Y} to {last:%B %Y}"


def warning_words(frame: pd.DataFrame) -> str:
    """Return the sentence that a headline begins with where the model is not fit for use."""
    if "status" in frame and (frame["status"] == "not_fit_for_use").any():
        return NOT_FIT
    return ""
