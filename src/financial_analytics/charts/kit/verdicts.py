"""How charts of causes say what a design found, or why it gives no effect."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from financial_analytics.charts.kit import theme
from financial_analytics.charts.kit.words import number

SUPPORTED, REFUTED = "supported", "refuted_by_diagnostic"
EFFECT_NEEDS = (
    *("effect_level", "outcome_name", "outcome_label", "group_name", "point_number", "verdict"),
    *("failed_diagnostic", "estimand", "assumption", "sample_count", "estimate"),
    *("estimate_lower", "estimate_upper", "p_value", "minimum_detectable_value"),
    *("relevant_value", "power_rate", "period_start_date", "period_end_date"),
)
"""Columns of a causal result that every chart of one reads."""

Row = Mapping[Hashable, Any]


def effects(frame: pd.DataFrame, **wanted: str) -> pd.DataFrame:
    """Return the rows of effects, of these outcomes or groups alone where given."""
    rows = frame[frame["effect_level"] == "effect"]
    for name, value in wanted.items():
        rows = rows[rows[name] == value]
    return rows.reset_index(drop=True)


def level(frame: pd.DataFrame, name: str, **wanted: str) -> pd.DataFrame:
    """Return the rows of another level in the order of their points; known ones only."""
    rows = frame[(frame["effect_level"] == name) & frame["estimate"].notna()]
    for column, value in wanted.items():
        rows = rows[rows[column] == value]
    return rows.sort_values("point_number", kind="stable").reset_index(drop=True)


def is_supported(row: Row) -> bool:
    """Whether a row's design holds and gives an estimate."""
    return row.get("verdict") == SUPPORTED and number(row.get("estimate")) is not None


def verdict_words(row: Row) -> str:
    """Return the verdict on a design and what failed, as a sentence.

    Examples
    --------
    >>> verdict_words({"verdict": "refuted_by_diagnostic", "failed_diagnostic": "density jumps"})
    'Refuted by a diagnostic, so no effect is given: density jumps.'
    >>> verdict_words({"verdict": "supported", "estimate": 1.0})
    'Verdict: supported, no diagnostic speaks against the design.'
    """
    if is_supported(row):
        return "Verdict: supported, no diagnostic speaks against the design."
    why = row.get("failed_diagnostic")
    reason = f": {why}." if isinstance(why, str) and why else "."
    if row.get("verdict") == REFUTED:
        return f"Refuted by a diagnostic, so no effect is given{reason}"
    return f"Not identified, so no effect is given{reason}"


def told_apart(row: Row) -> bool:
    """Whether the interval of an effect leaves out 0."""
    lower, upper = number(row.get("estimate_lower")), number(row.get("estimate_upper"))
    return lower is not None and upper is not None and not lower <= 0 <= upper


def span_words(row: Row) -> str:
    """Return the period of a row in words, empty where it is not known."""
    first, last = row.get("period_start_date"), row.get("period_end_date")
    if first is None or last is None or pd.isna(first) or pd.isna(last):
        return ""
    start, end = pd.Timestamp(first), pd.Timestamp(last)
    return f", {start:%B %Y} to {end:%B %Y}"


def power_words(row: Row, digits: int = 0, scale: float = 1.0, unit: str = "") -> str:
    """Return what a sample of this size could have found, as a sentence.

    Examples
    --------
    >>> power_words({"minimum_detectable_value": 60.0})
    'A sample of this size finds 60 four times out of five.'
    """
    least, size, power = (
        number(row.get(name))
        for name in ("minimum_detectable_value", "relevant_value", "power_rate")
    )
    if least is None:
        return ""
    said = f"A sample of this size finds {scale * least:,.{digits}f}{unit} four times out of five"
    if size is None or power is None:
        return f"{said}."
    return f"{said}; it tells {scale * size:,.{digits}f}{unit} from nothing with power {power:.2f}."


def design_words(row: Row) -> str:
    """Return what is estimated and what must hold, as a note."""
    parts = []
    for name, word in (("estimand", "Estimated"), ("assumption", "Assumed")):
        said = row.get(name)
        if isinstance(said, str) and said:
            parts.append(f"{word}: {said.rstrip('.')}.")
    return " ".join(parts)


def p_value_words(value: Any) -> str:
    """Return a p-value in words.

    Examples
    --------
    >>> p_value_words(0.0002), p_value_words(0.25), p_value_words(None)
    ('below 0.001', '0.25', 'unknown')
    """
    known = number(value)
    if known is None:
        return theme.UNKNOWN
    if known < 0.001:
        return "below 0.001"
    return f"{known:.3f}" if known < 0.1 else f"{known:.2f}"
