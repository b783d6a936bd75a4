"""Campaign designs for any frame: a randomised difference, and doubly robust differences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from financial_analytics.errors import InvalidInputError
from financial_analytics.models.causal.design import design_matrix
from financial_analytics.models.causal.results import (
    SUPPORTED,
    SUSPECT,
    effect_row,
    result_frame,
    result_schema,
)
from financial_analytics.models.columns import with_bounds
from financial_analytics.models.frames import need_columns
from financial_analytics.stats.causal.doubly_robust import aipw, propensities
from financial_analytics.stats.causal.effect import normal_effect
from financial_analytics.stats.causal.trial import randomised_difference
from financial_analytics.stats.experiments import sample_ratio
from financial_analytics.stats.inference import Floats

SCHEMA = result_schema(
    *("balance_p_value", "sample_ratio_p_value", "overlap_rate", "effective_control_count"),
    *("imbalance_before_index", "imbalance_after_index", "placebo_value", "placebo_p_value"),
    texts=("campaign_name", "channel"),
)
RANDOMISED, DIFFERENCES = "randomised_holdout", "doubly_robust_differences"
MISMATCH = 0.001
LEAST_OVERLAP = 0.8
MOST_IMBALANCE = 0.1
FEWEST = 60
REPEAT_BELOW = 3_000
"""Rows below which the draw of the folds matters."""


def randomised_effect(
    frame: pd.DataFrame,
    *,
    treated: str,
    outcome: str,
    adjust: Sequence[str] = (),
    control_share: float | None = None,
    relevant: float | None = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Return what a treatment drawn by lot adds to the mean of an outcome, one row.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per unit; rows without treatment or outcome are left out.
    treated : str
        Boolean or 0/1.
    outcome : str
        Numeric or boolean.
    adjust : sequence of str
        Columns known before the draw: numbers (unknown ones as the mean) and texts as categories.
    control_share : float, optional
        Planned share of controls.
    relevant : float, optional
        Effect that would matter.
    confidence : float, default 0.95

    Returns
    -------
    pandas.DataFrame
        `SCHEMA`. Refuted where the covariates tell the arms apart (p below 0.01) or the arms are
        not of the planned sizes (p below 0.001).

    Raises
    ------
    InvalidInputError
        If a column is missing.

    Examples
    --------
    >>> rng = np.random.default_rng(5)
    >>> mails = pd.DataFrame({"sent": rng.random(2000) < 0.8, "age": rng.normal(40, 9, 2000)})
    >>> mails["bought"] = rng.random(2000) < 0.05 + 0.05 * mails.sent
    >>> row = randomised_effect(mails, treated="sent", outcome="bought", adjust=["age"]).iloc[0]
    >>> row["verdict"], bool(row["estimate_lower"] < 0.05 < row["estimate_upper"])
    ('supported', True)
    """
    need_columns(frame, treated, outcome, *adjust)
    rows = frame[frame[[treated, outcome]].notna().all(axis=1)].reset_index(drop=True)
    d, y = rows[treated].to_numpy(dtype=bool), rows[outcome].to_numpy(dtype=np.float64)
    x = design_matrix(rows, adjust)
    found = randomised_difference(y, d, x, confidence=confidence)
    ratio_p = np.nan
    if control_share is not None and 0 < control_share < 1 and len(d):
        ratio_p = sample_ratio(
            [d.sum(), (~d).sum()], [1 - control_share, control_share]
        ).p_value  # fmt: skip
    failures = {
        "the arms differ in what was known before": found.diagnostics.get("balance_p", 1) < SUSPECT,
        "the arms are not of the planned sizes": ratio_p < MISMATCH,
    }
    head = effect_row(
        found, failures, relevant=relevant, confidence=confidence,
        unidentified="too few in an arm, or none or all with the outcome",
    )  # fmt: skip
    head |= {
        "outcome_name": outcome, "outcome_label": outcome, "design_name": RANDOMISED,
        "benchmark_value": found.diagnostics.get("naive", np.nan),
        "balance_p_value": found.diagnostics.get("balance_p", np.nan),
        "sample_ratio_p_value": ratio_p,
    }  # fmt: skip
    return result_frame([head], SCHEMA, confidence)


def difference_in_differences(
    frame: pd.DataFrame,
    *,
    treated: str,
    before: Sequence[str],
    after: Sequence[str],
    adjust: Sequence[str] = (),
    unit: str | None = None,
    is_proportional: bool = False,
    relevant: float | None = None,
    trim: float = 0.01,
    confidence: float = 0.95,
    seed: int = 0,
) -> pd.DataFrame:
    """Return what a treatment adds to the sum of an outcome over the periods after it.

    Doubly robust: right if either who is treated, or how the untreated change, is described well
    by the covariates (Sant'Anna and Zhao 2020), cross-fitted.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per unit; rows without treatment or an outcome in any period are left out.
    treated : str
        Boolean or 0/1.
    before, after : sequence of str
        Outcomes in periods of one length, in the order of time; two before at least.
    adjust : sequence of str
        Columns known before, none of them an outcome of `before`: who is treated for what he did
        then returns to his mean afterwards.
    unit : str, optional
        Unit of each row, where one has several.
    is_proportional : bool, default False
        Expect groups to change in proportion to what they had (counts and amounts do), not by
        as much.
    relevant : float, optional
    trim : float, default 0.01
        Units are left out whose chance of treatment is nearer to 0 or 1.
    confidence : float, default 0.95
    seed : int
        Of the folds.

    Returns
    -------
    pandas.DataFrame
        `SCHEMA`: the ``effect`` row and the ``event`` rows, the weighted difference in each period
        from the mean before (0 is the first after). Refuted where too few are alike, groups stay
        apart by 0.1 deviations after weighting, or the later half of the periods before differs
        from the earlier half (p below 0.01).

    Raises
    ------
    InvalidInputError
        If a column is missing or there are fewer than two periods before or none after.

    References
    ----------
    Sant'Anna, P. H. C. and Zhao, J. (2020). Doubly robust difference-in-differences estimators.
    *Journal of Econometrics*, 219(1), 101-122.

    Examples
    --------
    >>> rng = np.random.default_rng(6)
    >>> level = rng.normal(size=3000)
    >>> farms = pd.DataFrame({f"y{t}": level + rng.normal(0, 0.5, 3000) for t in range(4)})
    >>> farms["aided"] = rng.random(3000) < 1 / (1 + np.exp(1 - level))
    >>> farms["y3"] += 0.4 * farms.aided
    >>> found = difference_in_differences(
    ...     farms, treated="aided", before=["y0", "y1", "y2"], after=["y3"]
    ... )
    >>> found["verdict"][0], bool(found["estimate_lower"][0] < 0.4 < found["estimate_upper"][0])
    ('supported', True)
    """
    need_columns(frame, treated, *before, *after, *adjust, *((unit,) if unit else ()))
    if len(before) < 2 or not after:
        raise InvalidInputError(
            f"{len(before)} periods before and {len(after)} after",
            hint="give two or more before, so that their trend can be tested, and one after",
        )
    used = [treated, *before, *after]
    rows = frame[frame[used].notna().all(axis=1)]
    rows = rows.sort_values([*used, *adjust], ignore_index=True, kind="stable")
    old = rows[list(before)].to_numpy(dtype=np.float64)
    new = rows[list(after)].to_numpy(dtype=np.float64)
    d, x = rows[treated].to_numpy(dtype=bool), design_matrix(rows, adjust)
    who = rows[unit].to_numpy() if unit else np.arange(len(rows))
    rng = np.random.default_rng(seed)
    options: dict[str, Any] = {
        "trim": trim, "confidence": confidence, "cluster": who,
        "repeats": 3 if len(rows) < REPEAT_BELOW else 1,
    }  # fmt: skip
    many, half = new.shape[1], (old.shape[1] + 1) // 2
    is_both = bool(min(d.sum(), (~d).sum()))
    chance = propensities(d, x, rng=rng) if len(d) > FEWEST and is_both else np.full(len(d), 0.5)
    weight = np.where(d, 1.0, chance / (1 - np.minimum(chance, 1 - trim)))

    def changed(later: Floats, earlier: Floats) -> Floats:
        """Return the change, less the one in proportion of those alike where asked for."""
        growth = 1.0
        if is_proportional and float((weight * earlier)[~d].sum()) > 0:
            growth = float((weight * later)[~d].sum() / (weight * earlier)[~d].sum())
        return np.asarray(later - growth * earlier)

    change = changed(new.sum(axis=1), many * old.mean(axis=1))
    trend = changed(many * old[:, half:].mean(axis=1), many * old[:, :half].mean(axis=1))
    found = aipw(change, d, x, rng=rng, **options)
    fake = aipw(trend, d, x, rng=rng, **options)
    tests = found.diagnostics
    failures = {
        "too few of the treated have anybody like them": tests.get("overlap", 1.0) < LEAST_OVERLAP,
        "groups stay unlike after weighting": tests.get("imbalance_after", 0.0) > MOST_IMBALANCE,
        "groups moved apart before": fake.p_value < SUSPECT,
    }
    head = effect_row(
        found, failures, relevant=relevant, confidence=confidence,
        unidentified="too few were treated or not treated, or the periods are not all known",
    )  # fmt: skip
    design = {
        "outcome_name": "change", "outcome_label": "Sum after, less as much before",
        "design_name": DIFFERENCES,
    }  # fmt: skip
    head |= design | {
        "benchmark_value": tests.get("naive", np.nan),
        "overlap_rate": tests.get("overlap", np.nan),
        "effective_control_count": tests.get("effective_controls", np.nan),
        "imbalance_before_index": tests.get("imbalance_before", np.nan),
        "imbalance_after_index": tests.get("imbalance_after", np.nan),
        "placebo_value": fake.estimate,
        "placebo_p_value": fake.p_value,
    }
    made = [head]
    if tests:
        last = many if head["verdict"] == SUPPORTED else 0
        for place, values in enumerate(np.hstack([old, new]).T):
            number = place - old.shape[1]
            if number >= last:
                continue
            point = _weighted(changed(values, old.mean(axis=1)), d, weight, confidence)
            made.append(design | {"effect_level": "event", "point_number": number,
                                  "sample_count": len(rows)} | point)  # fmt: skip
    return result_frame(made, SCHEMA, confidence)


def _weighted(
    change: Floats, d: NDArray[np.bool_], weight: Floats, confidence: float
) -> dict[str, float]:
    """Return the weighted difference of a change in one period, with a normal interval."""
    one, other = change[d], change[~d]
    w = weight[~d] / weight[~d].sum()
    mean = float((w * other).sum())
    error = float(np.sqrt(one.var(ddof=1) / len(one) + (w**2 * (other - mean) ** 2).sum()))
    found = normal_effect(float(one.mean()) - mean, error, confidence=confidence)
    values = (found.estimate, found.lower, found.upper)
    return dict(zip(with_bounds("estimate"), values, strict=True)) | {"standard_error": error}
