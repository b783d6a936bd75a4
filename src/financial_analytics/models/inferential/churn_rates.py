"""Which groups leave more than chance: analytics_churn_rate_confidence_intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from financial_analytics.models.columns import clock_date, with_bounds
from financial_analytics.models.frames import need_columns, to_pandas, to_table
from financial_analytics.models.inferential.results import (
    EFFECT,
    finished,
    picked,
    schema,
)
from financial_analytics.models.threads import one_thread
from financial_analytics.stats.multiple import benjamini_hochberg
from financial_analytics.stats.rates import (
    clopper_pearson,
    funnel_limits,
    shrunken_rates,
    two_proportions,
    wilson,
)

KEYS = ("customer_segment", "age_group", "tenure_band")
OUTER = 0.998
"""Coverage of the outer limits of a funnel (Spiegelhalter 2005)."""
RATES = schema(
    longs=("customer_count", "event_count"),
    doubles=(
        *with_bounds("event_rate"),
        *("exact_rate_lower", "exact_rate_upper"),
        *with_bounds("shrunken_rate"),
        *("overall_rate", "test_statistic", "degrees_of_freedom", "p_value", "adjusted_p_value"),
        *EFFECT,
        *("funnel_lower", "funnel_upper", "funnel_outer_lower", "funnel_outer_upper"),
    ),
    flags=("is_small", "is_outside_funnel"),
)
SCHEMA = schema(
    texts=KEYS,
    wholes=("window_months",),
    longs=("customer_count", "churned_count"),
    doubles=(
        *with_bounds("churn_rate"),
        *("exact_rate_lower", "exact_rate_upper"),
        *with_bounds("shrunken_rate"),
        *("overall_rate", "test_statistic", "degrees_of_freedom", "p_value", "adjusted_p_value"),
        *EFFECT,
        *("funnel_lower", "funnel_upper", "funnel_outer_lower", "funnel_outer_upper"),
    ),
    flags=("is_small", "is_outside_funnel"),
    dates=("window_start_date", "window_end_date"),
)


def rate_intervals(
    frame: pd.DataFrame,
    *,
    groups: Sequence[str],
    events: str,
    trials: str,
    minimum: int = 10,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Return the rate of each group with its intervals, shrunken, and against the funnel.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per group.
    groups : sequence of str
        Columns that name it; they are kept.
    events, trials : str
        Columns of counts; rows without either, or without trials, are left out.
    minimum : int, default 10
        Trials below which a group is not tested: ``insufficient_data``. Its rate is shrunken all
        the same.
    confidence : float, default 0.95
        Two-sided coverage of intervals and inner limits, a fraction in (0, 1).

    Returns
    -------
    pandas.DataFrame
        Each group is tested against all others together (pooled z); p-values are adjusted by
        Benjamini and Hochberg, the effect size is Cohen's h. ``is_outside_funnel``: beyond the
        outer limits (99.8 %) around the overall rate.

    Raises
    ------
    InvalidInputError
        If a column is missing, or a count of events is above its trials.

    Examples
    --------
    >>> wards = pd.DataFrame({"ward": list("abc"), "falls": [20, 24, 60], "stays": [200, 190, 210]})
    >>> found = rate_intervals(wards, groups=["ward"], events="falls", trials="stays")
    >>> found.set_index("ward")["is_outside_funnel"].tolist()
    [False, False, True]
    """
    need_columns(frame, *groups, events, trials)
    kept = frame.dropna(subset=[events, trials])
    kept = kept[kept[trials] > 0].reset_index(drop=True)
    count, size = (kept[name].to_numpy(dtype=float) for name in (events, trials))
    total, whole = float(count.sum()), float(size.sum())
    overall = total / whole if whole else np.nan
    made = kept[list(groups)].copy()
    made["customer_count"], made["event_count"] = size, count
    made["event_rate"] = count / size
    made["event_rate_lower"], made["event_rate_upper"] = wilson(count, size, confidence=confidence)
    made["exact_rate_lower"], made["exact_rate_upper"] = clopper_pearson(
        count, size, confidence=confidence
    )
    for name, values in zip(
        with_bounds("shrunken_rate"),
        shrunken_rates(count, size, confidence=confidence),
        strict=True,
    ):
        made[name] = values
    made["overall_rate"] = overall
    tests = [
        two_proportions(k, n, total - k, whole - n, confidence=confidence)
        for k, n in zip(count, size, strict=True)
    ]
    enough = size >= max(minimum, 1)
    for name, attribute in (
        ("test_statistic", "statistic"),
        ("p_value", "p_value"),
        ("effect_size", "effect_size"),
        ("effect_size_lower", "effect_lower"),
        ("effect_size_upper", "effect_upper"),
    ):
        values = np.array([getattr(test, attribute) for test in tests], dtype=float)
        made[name] = np.where(enough, values, np.nan)
    made["adjusted_p_value"] = benjamini_hochberg(made["p_value"])
    for name, share in (("funnel", confidence), ("funnel_outer", max(OUTER, confidence))):
        made[f"{name}_lower"], made[f"{name}_upper"] = funnel_limits(
            overall, size, confidence=share
        )
    beyond = (made["event_rate"] < made["funnel_outer_lower"]) | (
        made["event_rate"] > made["funnel_outer_upper"]
    )
    made["is_outside_funnel"] = beyond
    # fewer than five expected: neither z nor funnel limits are to be trusted
    made["is_small"] = ~enough | (size * overall < 5)
    made["status"] = np.where(enough, "ok", "insufficient_data")
    made = finished(made, RATES, confidence, None)
    return picked(made, [*groups, *RATES.names])


@one_thread
def churn_intervals(
    cells: Any, clock: Any, *, minimum_sample: int = 10, confidence: float = 0.95
) -> pa.Table:
    """Return `analytics_churn_rate_confidence_intervals`: per segment, age group and tenure.

    Parameters
    ----------
    cells : relation
        ``int_churn_cells``.
    clock : relation
        ``data_clock``.
    minimum_sample : int
        Customers below which a group is not tested.
    confidence : float, default 0.95
        Two-sided coverage of the intervals.
    """
    frame = to_pandas(cells).sort_values(list(KEYS), ignore_index=True)
    made = rate_intervals(
        frame,
        groups=KEYS,
        events="churned_count",
        trials="customer_count",
        minimum=int(minimum_sample),
        confidence=float(confidence),
    )
    made = made.rename(columns={name: name.replace("event_", "churn_") for name in (
        *with_bounds("event_rate"),)} | {"event_count": "churned_count"})  # fmt: skip
    for name in ("window_months", "window_start_date", "window_end_date"):
        made[name] = frame[name]
    made["as_of_date"] = clock_date(to_pandas(clock))
    return to_table(made, SCHEMA)
