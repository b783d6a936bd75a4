"""What approval of credit changes: a regression discontinuity, for any data frame and the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from financial_analytics.models.causal.results import (
    SUSPECT,
    effect_row,
    no_design,
    result_frame,
    result_schema,
    stated,
    with_period,
)
from financial_analytics.models.columns import clock_date
from financial_analytics.models.frames import need_columns, to_pandas, to_table
from financial_analytics.models.threads import one_thread
from financial_analytics.stats.causal.discontinuity import (
    density_jump,
    discontinuity,
    placebo_jumps,
    side_line,
)
from financial_analytics.stats.causal.effect import CausalEffect
from financial_analytics.stats.experiments import cuped
from financial_analytics.stats.multiple import holm

SCHEMA = result_schema(
    *("cutoff_value", "bandwidth_value", "bias_bandwidth_value", "bias_corrected_value"),
    *("first_stage_rate", "first_stage_statistic", "density_p_value", "placebo_p_value"),
    "balance_p_value",
)
WEAK = 10.0
"""First-stage F below which a ratio of jumps is not to be trusted (Staiger and Stock 1997)."""
BINS = 20
"""Points drawn on each side of the cutoff."""
ASSUMPTION = (
    "Applicants a point below the cutoff are like those on it in all but the decision, and nobody "
    "can aim at a side."
)
OUTCOMES = {
    "spend_amount": (
        "Purchases a month, in the six months after the decision",
        "Purchases that approval adds a month, to applicants at the cutoff whom the score decides",
        "spend_before_amount",
    ),
    "deposit_amount": (
        "Paid into all accounts but loans, in the 45 days after the decision",
        "Money that approval brings in from elsewhere within 45 days, over all accounts but loans, "
        "for applicants at the cutoff whom the score decides",
        "deposit_before_amount",
    ),
}


def _bins(
    x: pd.Series, y: pd.Series, cutoff: float, width: float, bandwidth: float
) -> list[dict[str, Any]]:
    """Return means of the outcome in bins out to `width` on both sides, and the two lines."""
    step = width / BINS
    values = np.unique(x)
    if len(values) > 1:  # a grid: bins of whole steps hold as many values each
        grid = float(np.diff(values).min())
        step = max(np.ceil(step / grid - 1e-9), 1.0) * grid
    place = np.floor((x - cutoff) / step + 1e-9)
    near = place.between(-np.ceil(width / step), np.ceil(width / step) - 1)
    cells = pd.DataFrame({"place": place, "y": y, "x": x})[near].groupby("place")
    lines = {
        is_right: side_line(x[(x >= cutoff) == is_right] - cutoff,
                            y[(x >= cutoff) == is_right], bandwidth)
        for is_right in (False, True)
    }  # fmt: skip

    def fitted(place: float, at: float) -> float:
        level, slope = lines[place >= 0]
        return level + slope * (at - cutoff) if abs(at - cutoff) <= bandwidth else np.nan

    return [
        {
            "effect_level": "point",
            "point_number": int(place),
            "point_value": float(cell["x"].mean()),
            "estimate": float(cell["y"].mean()),
            "benchmark_value": fitted(float(place), float(cell["x"].mean())),
            "sample_count": len(cell),
        }
        for place, cell in cells
    ]


def regression_discontinuity(
    frame: pd.DataFrame,
    *,
    running: str,
    outcome: str,
    cutoff: float,
    treatment: str | None = None,
    before: str | None = None,
    balance: Sequence[str] = (),
    relevant: float | None = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Return what treatment changes at a cutoff, with all that could refute the design.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per unit; rows with a missing value of what is used are left out.
    running : str
        Column that the rule looks at.
    outcome : str
    cutoff : float
        Value from which the rule treats.
    treatment : str, optional
        Boolean or 0/1: was treated. Without it the rule is taken to be obeyed by all.
    before : str, optional
        The outcome before the decision: takes noise away, and changes no expectation. Missing
        values count as its mean.
    balance : sequence of str
        Numeric columns known before the decision; none may jump at the cutoff.
    relevant : float, optional
        Effect that would matter, for the power at this size of sample.
    confidence : float, default 0.95

    Returns
    -------
    pandas.DataFrame
        `SCHEMA`: the ``effect``, two ``placebo`` cutoffs, and ``point`` rows, means of the
        outcome (adjusted by `before`) by distance from the cutoff. Refuted where the density
        jumps, a placebo cutoff or a column of `balance` does (Holm's p below 0.01), or treatment
        hardly jumps (F below 10).

    Raises
    ------
    InvalidInputError
        If a column is missing.

    Examples
    --------
    >>> rng = np.random.default_rng(2)
    >>> tests = pd.DataFrame({"points": rng.integers(0, 101, 3000)})
    >>> tests["later"] = tests.points / 20 + 2 * (tests.points >= 60) + rng.normal(size=3000)
    >>> found = regression_discontinuity(tests, running="points", outcome="later", cutoff=60)
    >>> found["verdict"][0], bool(found["estimate_lower"][0] < 2 < found["estimate_upper"][0])
    ('supported', True)
    """
    used = [running, outcome, *((treatment,) if treatment else ())]
    given = list(dict.fromkeys((*used, *((before,) if before else ()), *balance)))
    need_columns(frame, *given)
    rows = frame[given].apply(pd.to_numeric, errors="coerce")
    rows = rows.astype("float64")
    rows = rows[rows[used].notna().all(axis=1)].sort_values(given, ignore_index=True)
    x, y = rows[running], rows[outcome]
    if before:
        y = pd.Series(cuped(y, rows[before]).outcome)
    taken = rows[treatment] if treatment else None
    found = discontinuity(x, y, cutoff=cutoff, treatment=taken, confidence=confidence)
    density = density_jump(x, cutoff=cutoff).p_value
    placebo = placebo_jumps(x, y, cutoff=cutoff, confidence=confidence)
    placebo_p = holm([jump.p_value for _, jump in placebo])
    balance_p = holm(
        [discontinuity(x, rows[name], cutoff=cutoff).p_value for name in balance] or [np.nan]
    )
    statistic = found.diagnostics.get("first_stage_statistic", np.nan)
    lowest = [float(np.nanmin(p)) if np.isfinite(p).any() else np.nan for p in
              (placebo_p, balance_p)]  # fmt: skip
    failures = {
        "the density jumps at the cutoff": density < SUSPECT,
        "the outcome jumps at a placebo cutoff": lowest[0] < SUSPECT,
        "what was known before jumps at the cutoff": lowest[1] < SUSPECT,
        "the rule hardly moves treatment": statistic < WEAK,
    }
    design = {
        "outcome_name": outcome,
        "outcome_label": outcome,
        "design_name": "fuzzy_discontinuity" if treatment else "sharp_discontinuity",
        "cutoff_value": cutoff,
    }
    tests = {
        "bandwidth_value": found.diagnostics.get("bandwidth", np.nan),
        "bias_bandwidth_value": found.diagnostics.get("bias_bandwidth", np.nan),
        "first_stage_rate": found.diagnostics.get("first_stage", np.nan),
        "first_stage_statistic": statistic,
        "density_p_value": density,
        "placebo_p_value": lowest[0],
        "balance_p_value": lowest[1],
    }
    head = effect_row(
        found, failures, relevant=relevant, confidence=confidence,
        unidentified="too few on a side of the cutoff",
    )  # fmt: skip
    shown = np.isfinite(head["estimate"])
    tests["bias_corrected_value"] = (
        found.diagnostics.get("corrected_estimate", np.nan) if shown else np.nan
    )
    made = [design | head | tests]
    made += [
        design | _placebo_row(jump) | {"point_number": number, "point_value": place}
        for number, (place, jump) in enumerate(placebo)
    ]
    if "bandwidth" in found.diagnostics:
        h, b = (found.diagnostics[name] for name in ("bandwidth", "bias_bandwidth"))
        made += [design | point for point in _bins(x, y, cutoff, max(h, b), h)]
    return result_frame(made, SCHEMA, confidence)


def _placebo_row(jump: CausalEffect) -> dict[str, Any]:
    return {
        "effect_level": "placebo",
        "estimate": jump.estimate,
        "estimate_lower": jump.lower,
        "estimate_upper": jump.upper,
        "standard_error": jump.standard_error,
        "p_value": jump.p_value,
        "sample_count": jump.n,
        "treatment_count": jump.treated,
        "control_count": jump.control,
    }


@one_thread
def approval_effects(
    outcomes: Any,
    clock: Any,
    *,
    cutoff: float,
    relevant: Mapping[str, float],
    confidence: float = 0.95,
) -> pa.Table:
    """Return `analytics_credit_score_impact_analysis`.

    Parameters
    ----------
    outcomes : relation
        ``int_credit_outcomes``.
    clock : relation
        ``data_clock``.
    cutoff : float
        Score from which credit is approved.
    relevant : mapping of str to float
        Outcome to the effect that would matter.
    confidence : float, default 0.95
    """
    frame = to_pandas(outcomes).sort_values("application_id", ignore_index=True)
    frame["is_approved"] = frame["is_approved"].astype(float)
    parts = []
    for name, (label, estimand, before) in OUTCOMES.items():
        part = regression_discontinuity(
            frame,
            running="credit_score",
            outcome=name,
            cutoff=float(cutoff),
            treatment="is_approved",
            before=before,
            balance=("annual_income_amount", "debt_to_income_rate", before),
            relevant=relevant.get(name),
            confidence=float(confidence),
        )
        part = stated(part.assign(outcome_label=label), estimand, ASSUMPTION)
        parts.append(with_period(part, frame["decision_date"]))
    made = pd.concat(parts, ignore_index=True)
    as_of = clock_date(to_pandas(clock))
    if frame.empty:
        return no_design(SCHEMA, as_of, "spend_amount")
    return to_table(made.assign(as_of_date=as_of), SCHEMA)
