"""Do customer segments differ: the method of analytics_customer_segment_statistical_comparison."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from financial_analytics.models.columns import clock_date
from financial_analytics.models.exploratory.correlations import METRICS
from financial_analytics.models.frames import need_columns, to_pandas, to_table
from financial_analytics.models.inferential.results import (
    EFFECT,
    ESTIMATE,
    cells,
    finished,
    means_check,
    picked,
    schema,
)
from financial_analytics.models.threads import one_thread
from financial_analytics.stats.groups import (
    brown_forsythe,
    dunn,
    games_howell,
    kruskal_wallis,
    mean_interval,
    welch_anova,
)
from financial_analytics.stats.inference import Inference, known
from financial_analytics.stats.multiple import holm

EVERYONE = "All"
EFFECTS = {
    "welch_anova": "omega squared",
    "kruskal_wallis": "eta squared of ranks",
    "games_howell": "Hedges g",
    "dunn": "Cliff delta",
}
"""The effect size that each test reports."""
SCHEMA = schema(
    texts=(
        *("metric_name", "metric_label", "test_name", "first_segment", "second_segment"),
        "effect_name",
    ),
    longs=("sample_count", "first_count", "second_count", "smallest_group_count"),
    doubles=(
        *("first_mean_value", "first_mean_lower", "first_mean_upper"),
        *("second_mean_value", "second_mean_lower", "second_mean_upper"),
        *ESTIMATE,
        "adjusted_p_value",
        *EFFECT,
        *("equal_variance_p_value", "largest_skewness_index"),
    ),
    flags=("has_equal_variances", "has_normal_means"),
)


def _checks(parts: list[np.ndarray[Any, Any]]) -> dict[str, Any]:
    spread = brown_forsythe(parts)
    return {
        "equal_variance_p_value": spread.p_value,
        "has_equal_variances": None if np.isnan(spread.p_value) else bool(spread.p_value >= 0.05),
        "smallest_group_count": min(map(len, parts), default=0),
    } | means_check(parts)


def _side(name: str, label: str, part: np.ndarray[Any, Any], confidence: float) -> dict[str, Any]:
    mean = mean_interval(part, confidence=confidence)
    return {
        f"{name}_segment": label,
        f"{name}_count": len(part),
        f"{name}_mean_value": mean.estimate,
        f"{name}_mean_lower": mean.lower,
        f"{name}_mean_upper": mean.upper,
    }


def _metric_rows(
    values: dict[str, np.ndarray[Any, Any]], least: int, confidence: float
) -> list[dict[str, Any]]:
    """Return the rows of one metric: two omnibus tests, and two tests of each pair."""
    enough = {name: part for name, part in values.items() if len(part) >= least}
    parts, names = list(enough.values()), list(enough)
    size = sum(map(len, parts))
    varies = len(parts) > 1 and all(np.ptp(part) > 0 for part in parts)
    status = "insufficient_data" if len(parts) < 2 else "ok" if varies else "no_variation"
    base = {"status": status, "sample_count": size} | _checks(parts)
    everyone = np.concatenate(parts) if parts else np.array([])
    omnibus = {"welch_anova": Inference(size), "kruskal_wallis": Inference(size)}
    pairs: dict[str, dict[tuple[int, int], Inference]] = {"games_howell": {}, "dunn": {}}
    if status == "ok":
        omnibus["welch_anova"] = welch_anova(parts, confidence=confidence)
        omnibus["kruskal_wallis"] = kruskal_wallis(parts, confidence=confidence)
        pairs["games_howell"] = games_howell(parts, confidence=confidence)
        pairs["dunn"] = dunn(parts, confidence=confidence)
    rows: list[dict[str, Any]] = [
        base
        | {"test_name": test, "second_segment": EVERYONE}
        | _side("first", EVERYONE, everyone, confidence)
        | cells(found)
        for test, found in omnibus.items()
    ]
    labels = list(values)
    for test, tested in pairs.items():
        for i, first in enumerate(labels):
            for second in labels[i + 1 :]:
                row = base | {"test_name": test}
                row |= _side("first", first, values[first], confidence)
                row |= _side("second", second, values[second], confidence)
                found = Inference(0)
                if first in enough and second in enough:
                    found = tested.get((names.index(first), names.index(second)), found)
                else:
                    row["status"] = "insufficient_data"
                row["sample_count"] = len(values[first]) + len(values[second])
                rows.append(row | cells(found))
    return rows


def compare_groups(
    frame: pd.DataFrame,
    *,
    group: str,
    metrics: Sequence[str],
    minimum: int = 10,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Return whether groups differ in each metric: omnibus tests, and tests of every pair.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per independent unit; missing values are left out, metric by metric.
    group : str
        Column of the groups; rows without one are left out.
    metrics : sequence of str
        Numeric columns to compare.
    minimum : int, default 10
        Groups with fewer known values are not tested: status ``insufficient_data``.
    confidence : float, default 0.95
        Two-sided coverage as a fraction in (0, 1).

    Returns
    -------
    pandas.DataFrame
        Per metric Welch's ANOVA and Kruskal-Wallis over all groups, Games-Howell and Dunn for
        each pair. ``adjusted_p_value`` is Holm's over all rows of the same test.

    Raises
    ------
    InvalidInputError
        If a column is missing.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> irises = pd.DataFrame({
    ...     "kind": np.repeat(["setosa", "virginica"], 30),
    ...     "petal_cm": np.concatenate([rng.normal(1.5, 0.2, 30), rng.normal(5.5, 0.5, 30)]),
    ... })
    >>> found = compare_groups(irises, group="kind", metrics=["petal_cm"])
    >>> found["test_name"].tolist()
    ['welch_anova', 'kruskal_wallis', 'games_howell', 'dunn']
    >>> bool((found["adjusted_p_value"] < 0.001).all())
    True
    """
    need_columns(frame, group, *metrics)
    rows = []
    for metric in metrics:
        values = {
            str(name): known(part[metric].astype(float))
            for name, part in frame.groupby(group, sort=True, observed=True)
        }
        rows += [
            {"metric_name": metric, "metric_label": metric} | row
            for row in _metric_rows(values, max(minimum, 2), confidence)
        ]
    made = finished(pd.DataFrame(rows), SCHEMA, confidence, None)
    made["effect_name"] = made["test_name"].map(EFFECTS)
    made["adjusted_p_value"] = made.groupby("test_name")["p_value"].transform(holm)
    return picked(made, SCHEMA.names)


@one_thread
def segment_comparison(
    behavior: Any, clock: Any, *, minimum_sample: int = 10, confidence: float = 0.95
) -> pa.Table:
    """Return `analytics_customer_segment_statistical_comparison`.

    Parameters
    ----------
    behavior : relation
        ``int_customer_behavior``.
    clock : relation
        ``data_clock``.
    minimum_sample : int
        Customers below which a segment is not tested.
    confidence : float, default 0.95
        Two-sided coverage of the intervals.
    """
    # Ranks must not hang on the last digit of a double, in which engines differ.
    frame = to_pandas(behavior).sort_values("customer_natural_key", ignore_index=True).round(9)
    frame = frame.rename(columns={column: name for name, (column, _) in METRICS.items()})
    made = compare_groups(
        frame,
        group="customer_segment",
        metrics=list(METRICS),
        minimum=int(minimum_sample),
        confidence=float(confidence),
    )
    made["metric_label"] = made["metric_name"].map({k: words for k, (_, words) in METRICS.items()})
    made["as_of_date"] = clock_date(to_pandas(clock))
    return to_table(made, SCHEMA)
