"""How the credit score goes with what customers do."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from financial_analytics.models.columns import (
    DATE,
    DOUBLE,
    LONG,
    TEXT,
    clock_date,
    fields,
    with_bounds,
)
from financial_analytics.models.frames import to_pandas, to_table
from financial_analytics.models.threads import one_thread
from financial_analytics.stats.correlation import Correlation, kendall, pearson, spearman
from financial_analytics.stats.multiple import benjamini_hochberg

# metric: column of int_customer_behavior, words
METRICS: dict[str, tuple[str, str]] = {
    "credit_score": ("credit_score", "Credit score"),
    "income": ("annual_income_amount", "Yearly income"),
    "tenure": ("tenure_months", "Months with the bank"),
    "deposit_balance": ("deposit_balance", "Deposit balance"),
    "card_utilisation": ("card_utilisation_rate", "Card limit in use"),
    "late_payments": ("late_payment_rate", "Late instalments"),
    "purchase_frequency": ("monthly_purchase_count", "Purchases a month"),
    "purchase_size": ("average_purchase_amount", "Mean purchase"),
    "digital_share": ("digital_rate", "Purchases online or mobile"),
    "cash_share": ("cash_rate", "Cash among payments out"),
}
METHODS = {"pearson": pearson, "spearman": spearman, "kendall": kendall}
EVERYONE = "All"

SCHEMA = pa.schema(
    [
        *fields(["customer_segment", "x_metric", "y_metric", "x_label", "y_label"], TEXT),
        pa.field("sample_count", LONG),
        *(
            field
            for method in METHODS
            for field in fields(
                [
                    *with_bounds(f"{method}_correlation"),
                    f"{method}_p_value",
                    f"{method}_adjusted_p_value",
                ],
                DOUBLE,
            )
        ),
        pa.field("status", TEXT),
        pa.field("as_of_date", DATE),
    ]
)


def _row(part: pd.DataFrame, x: str, y: str, minimum: int, confidence: float) -> dict[str, Any]:
    """Return sample, status and coefficients of one pair in one segment."""
    first, second = (part[METRICS[name][0]].astype(float) for name in (x, y))
    known = first.notna() & second.notna()
    first, second = first[known], second[known]
    row: dict[str, Any] = {"x_metric": x, "y_metric": y, "sample_count": int(known.sum())}
    row |= {"x_label": METRICS[x][1], "y_label": METRICS[y][1], "status": "ok"}
    if known.sum() < minimum:
        row["status"] = "insufficient_data"
    elif first.nunique() < 2 or second.nunique() < 2:
        row["status"] = "no_variation"
    for method, function in METHODS.items():
        found = Correlation(np.nan, np.nan, np.nan, np.nan)
        if row["status"] == "ok":
            found = function(first, second, confidence=confidence)
        row[f"{method}_correlation"] = found.estimate
        row[f"{method}_correlation_lower"] = found.lower
        row[f"{method}_correlation_upper"] = found.upper
        row[f"{method}_p_value"] = found.p_value
    return row


@one_thread
def behavior_correlations(
    behavior: Any, clock: Any, *, minimum_sample: int = 10, confidence: float = 0.95
) -> pa.Table:
    """Return `analytics_credit_score_behavior_correlation`: one row per pair and segment.

    Parameters
    ----------
    behavior : relation
        ``int_customer_behavior``.
    clock : relation
        ``data_clock``.
    minimum_sample : int
        Customers below which no coefficient is given.
    confidence : float, default 0.95
        Two-sided coverage of the intervals.
    """
    # Ranks must not hang on the last digit of a double, in which engines differ.
    frame = to_pandas(behavior).sort_values("customer_natural_key", ignore_index=True).round(9)
    parts = {EVERYONE: frame} | {
        str(name): part for name, part in frame.groupby("customer_segment", sort=True)
    }
    least = max(int(minimum_sample), 5)
    rows = [
        {"customer_segment": segment} | _row(part, x, y, least, float(confidence))
        for segment, part in parts.items()
        for x, y in combinations(METRICS, 2)
    ]
    made = pd.DataFrame(rows)
    for method in METHODS:
        made[f"{method}_adjusted_p_value"] = benjamini_hochberg(made[f"{method}_p_value"])
    made["as_of_date"] = clock_date(to_pandas(clock))
    return to_table(made, SCHEMA)
