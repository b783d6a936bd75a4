"""What every chart of a plan says: its worth against nothing and today, and what limits it."""

from __future__ import annotations

import pandas as pd

from financial_analytics.charts.kit import theme
from financial_analytics.charts.kit.frames import currency_of, scalar

PLAN = (
    *("plan_value_amount", "plan_value_amount_lower", "plan_value_amount_upper"),
    *("plan_gain_amount", "plan_gain_amount_lower", "plan_gain_amount_upper"),
    *("binding_limits", "optimality_gap_rate", "coverage_pct", "reporting_currency", "status"),
)
"""Columns that every chart of a plan needs."""


def money_between(frame: pd.DataFrame, column: str) -> str:
    """Return an amount of the frame's first row with its interval in words.

    Examples
    --------
    >>> money_between(pd.DataFrame({"a": [5.0], "a_lower": [4.0], "a_upper": [6.0]}), "a")
    '5.00 (4.00 to 6.00)'
    """
    currency = currency_of(frame)
    value, lower, upper = (scalar(frame, column + end) for end in ("", "_lower", "_upper"))
    return f"{theme.money(value, currency)} ({theme.money(lower)} to {theme.money(upper)})"


def worth_words(frame: pd.DataFrame, nothing: str, today: str) -> str:
    """Return what the plan is worth against both, good news or bad.

    Parameters
    ----------
    nothing, today : str
        What doing nothing and the current policy are called.
    """
    low, high = (scalar(frame, f"plan_gain_amount_{end}") for end in ("lower", "upper"))
    said = f"It is worth {money_between(frame, 'plan_value_amount')} against {nothing}"
    floor = scalar(frame, "plan_value_amount_lower")
    if floor is not None and floor <= 0:
        said += " (it cannot be told from nothing)"
    gain = money_between(frame, "plan_gain_amount")
    if low is None or high is None:
        return f"{said}; against {today} it is not known."
    if low > 0:
        return f"{said}, and {gain} more than {today}."
    if high < 0:
        return f"{said}, but less than {today}: by {gain}."
    return f"{said}; against {today} the change of {gain} cannot be told from none."


def limit_words(frame: pd.DataFrame, none: str) -> str:
    """Return which limits bind and how well the plan is proved; `none` where none binds."""
    limits = frame["binding_limits"].dropna() if "binding_limits" in frame else pd.Series(dtype=str)
    said = none if limits.empty else f"What limits it: {limits.iloc[0]}."
    gap = scalar(frame, "optimality_gap_rate")
    if gap is not None:
        said += f" No plan within the limits is worth over {max(100 * gap, 0.001):.3f}"
        said += f"{theme.NO_BREAK}% more."
    coverage = scalar(frame, "coverage_pct")
    return said if coverage is None else f"{said} Intervals: {coverage:g}{theme.NO_BREAK}%."
