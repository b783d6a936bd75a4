"""Two arms of an experiment compared, for any data frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from financial_analytics.models.columns import with_bounds
from financial_analytics.models.frames import need_columns
from financial_analytics.models.inferential.results import (
    EFFECT,
    ESTIMATE,
    cells,
    finished,
    means_check,
    picked,
    schema,
)
from financial_analytics.stats.experiments import (
    cuped_t,
    minimum_detectable,
    relative_lift,
    sample_ratio,
)
from financial_analytics.stats.groups import mean_interval, welch_t
from financial_analytics.stats.inference import Inference, known
from financial_analytics.stats.multiple import holm
from financial_analytics.stats.rates import rate_ratio, two_proportions, wilson

POWER = 0.8
MISMATCH_P_VALUE = 0.001
"""Below it the split is not as planned; every experiment is tested, so that it is small."""
SCHEMA = schema(
    texts=(
        *("experiment_level", "experiment_name", "channel", "evidence", "metric_name"),
        *("metric_label", "test_name", "effect_name"),
    ),
    wholes=("experiment_number",),
    longs=("sample_count", "treatment_count", "control_count"),
    doubles=(
        *("treatment_value", "treatment_value_lower", "treatment_value_upper"),
        *("control_value", "control_value_lower", "control_value_upper"),
        *ESTIMATE,
        "adjusted_p_value",
        *EFFECT,
        *with_bounds("relative_lift_pct"),
        "minimum_detectable_value",
        *("sample_ratio_statistic", "sample_ratio_p_value", "planned_control_rate"),
        *("cuped_variance_reduction_rate", "largest_skewness_index"),
    ),
    flags=("has_sample_ratio_mismatch", "has_normal_means"),
)


def _rate_row(treated: pd.Series, control: pd.Series, confidence: float) -> dict[str, Any]:
    one, other = known(treated.astype(float)), known(control.astype(float))
    counts = (one.sum(), len(one), other.sum(), len(other))
    found = two_proportions(*counts, confidence=confidence)
    ratio = rate_ratio(*counts, confidence=confidence)
    row = {"test_name": "two_proportions", "effect_name": "Cohen h"} | cells(found)
    for side, arm in (("treatment", one), ("control", other)):
        low, high = wilson(arm.sum(), len(arm), confidence=confidence)
        row |= {
            f"{side}_count": len(arm),
            f"{side}_value": arm.mean(),
            f"{side}_value_lower": float(low),
            f"{side}_value_upper": float(high),
        }
    share = (one.sum() + other.sum()) / (len(one) + len(other))
    error = float(np.sqrt(share * (1 - share) * (1 / len(one) + 1 / len(other))))
    row["minimum_detectable_value"] = minimum_detectable(error, confidence=confidence, power=POWER)
    lift = (ratio.estimate - 1, ratio.lower - 1, ratio.upper - 1)
    return row | _lift(lift)


def _lift(lift: tuple[float, float, float]) -> dict[str, float]:
    names = with_bounds("relative_lift_pct")
    return {name: 100 * value for name, value in zip(names, lift, strict=True)}


def _mean_row(
    treated: pd.DataFrame, control: pd.DataFrame, metric: str, before: str | None, confidence: float
) -> dict[str, Any]:
    one, other = (arm[metric].to_numpy(dtype=float) for arm in (treated, control))
    row: dict[str, Any] = {"test_name": "welch_t", "effect_name": "Hedges g"}
    found = welch_t(one, other, confidence=confidence)
    if before is not None:
        row["test_name"] = "welch_t_cuped"
        found, row["cuped_variance_reduction_rate"] = cuped_t(
            one,
            treated[before].to_numpy(dtype=float),
            other,
            control[before].to_numpy(dtype=float),
            confidence=confidence,
        )
    row |= cells(found) | means_check([known(one), known(other)])
    for side, arm in (("treatment", one), ("control", other)):
        mean = mean_interval(arm, confidence=confidence)
        row |= {
            f"{side}_count": mean.n,
            f"{side}_value": mean.estimate,
            f"{side}_value_lower": mean.lower,
            f"{side}_value_upper": mean.upper,
        }
    if not np.isnan(found.statistic) and found.statistic != 0:
        error = abs(found.estimate / found.statistic)
        row["minimum_detectable_value"] = minimum_detectable(
            error, confidence=confidence, power=POWER
        )
    # of the unadjusted arms: CUPED changes no expectation
    return row | _lift(relative_lift(one, other, confidence=confidence))


def compare_arms(
    frame: pd.DataFrame,
    *,
    experiment: str,
    control: str,
    rates: Sequence[str] = (),
    means: Sequence[str] = (),
    before: Mapping[str, str] | None = None,
    control_share: float | None = None,
    minimum: int = 30,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Return the difference of the two arms of each experiment, metric by metric.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per unit and experiment; missing values are left out, metric by metric.
    experiment : str
        Column that names the experiment.
    control : str
        Boolean column: the unit was in the control arm.
    rates : sequence of str
        Boolean or 0/1 outcomes: two-proportion test, Newcombe's interval, Cohen's h.
    means : sequence of str
        Numeric outcomes: Welch's test, Hedges' g.
    before : mapping of str to str, optional
        Outcome to its covariate from before the assignment: a further row by CUPED.
    control_share : float, optional
        Planned share of the control arm. Without it, the share of all experiments together.
    minimum : int, default 30
        Units that each arm needs; below, status ``insufficient_data``.
    confidence : float, default 0.95
        Two-sided coverage as a fraction in (0, 1).

    Returns
    -------
    pandas.DataFrame
        One row per experiment and metric. ``adjusted_p_value`` is Holm's over the experiments
        of a metric; an experiment whose arms are not of the planned sizes has status
        ``sample_ratio_mismatch``, keeps its numbers and is not to be read.

    Raises
    ------
    InvalidInputError
        If a column is missing.

    Examples
    --------
    >>> rng = np.random.default_rng(4)
    >>> arm = rng.random(2000) < 0.5
    >>> mails = pd.DataFrame({
    ...     "wave": "spring", "spared": arm, "bought": rng.random(2000) < np.where(arm, 0.05, 0.1),
    ... })
    >>> found = compare_arms(mails, experiment="wave", control="spared", rates=["bought"])
    >>> bool(found["estimate_lower"][0] < 0.05 < found["estimate_upper"][0]), found["status"][0]
    (True, 'ok')
    """
    pairs = dict(before or {})
    need_columns(frame, experiment, control, *rates, *means, *pairs, *pairs.values())
    known_arm = frame[frame[control].notna() & frame[experiment].notna()]
    is_control = known_arm[control].astype(bool)
    share = float(is_control.mean()) if control_share is None and len(known_arm) else control_share
    rows = []
    for name, part in known_arm.groupby(experiment, sort=True, observed=True):
        spared = is_control[part.index]
        treated, held = part[~spared], part[spared]
        ratio = Inference(0)
        if share is not None and 0 < share < 1:
            ratio = sample_ratio([len(held), len(treated)], [share, 1 - share])
        base = {
            "experiment_name": str(name),
            "evidence": "randomised",
            "sample_count": len(part),
            "treatment_count": len(treated),
            "control_count": len(held),
            "planned_control_rate": share,
            "sample_ratio_statistic": ratio.statistic,
            "sample_ratio_p_value": ratio.p_value,
            "has_sample_ratio_mismatch": bool(ratio.p_value < MISMATCH_P_VALUE),
        }
        rows += _rows_of(base, treated, held, (rates, means, pairs), minimum, confidence)
    made = finished(pd.DataFrame(rows), SCHEMA, confidence, None)
    made["adjusted_p_value"] = made.groupby("metric_name")["p_value"].transform(holm)
    return picked(made, SCHEMA.names)


def _rows_of(
    base: dict[str, Any],
    treated: pd.DataFrame,
    held: pd.DataFrame,
    metrics: tuple[Sequence[str], Sequence[str], Mapping[str, str]],
    minimum: int,
    confidence: float,
) -> list[dict[str, Any]]:
    rates, means, pairs = metrics
    asked: list[tuple[str, str, str | None]] = [(name, name, None) for name in (*rates, *means)]
    asked += [(f"{name}_cuped", name, column) for name, column in pairs.items()]
    rows = []
    for label, metric, covariate in asked:
        row = base | {"metric_name": label, "metric_label": label, "status": "ok"}
        sizes = [int(arm[metric].notna().sum()) for arm in (treated, held)]
        values = pd.concat([treated[metric], held[metric]]).dropna().astype(float)
        if min(sizes) < max(minimum, 2):
            row["status"] = "insufficient_data"
        elif values.nunique() < 2:
            row["status"] = "no_variation"
        elif metric in rates:
            row |= _rate_row(treated[metric], held[metric], confidence)
        else:
            row |= _mean_row(treated, held, metric, covariate, confidence)
        if row["status"] == "ok" and row["has_sample_ratio_mismatch"]:
            row["status"] = "sample_ratio_mismatch"
        rows.append(row)
    return rows
