"""What goes with approval: the method of analytics_credit_approval_hypothesis_test."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from financial_analytics.models.columns import clock_date, with_bounds
from financial_analytics.models.frames import need_columns, to_pandas, to_table, too_little
from financial_analytics.models.inferential.results import (
    finished,
    picked,
    schema,
)
from financial_analytics.models.threads import one_thread
from financial_analytics.stats.multiple import holm
from financial_analytics.stats.rates import rate_ratio, wilson
from financial_analytics.stats.robust_logit import hosmer_lemeshow, robust_logit

UNKNOWN = "Unknown"
SUFFIX = "_factor"
PROTECTED = ("age_group", "marital_status")
"""Grounds on which the Equal Credit Opportunity Act (15 USC 1691) forbids to discriminate."""
LABELS = {
    "credit_score": "Credit score",
    "debt_to_income": "Debt to income",
    "employment": "Years in employment",
    "product_category": "Product",
    "application_channel": "Channel",
    "customer_segment": "Segment",
    "age_group": "Age group",
    "marital_status": "Marital status",
}
FOUR_FIFTHS = 0.8
THIN_CELL = 5
SCHEMA = schema(
    texts=("factor", "factor_label", "level"),
    longs=("sample_count", "approved_count", "model_count"),
    doubles=(
        *with_bounds("approval_rate"),
        *with_bounds("odds_ratio"),
        *("test_statistic", "degrees_of_freedom", "p_value", "adjusted_p_value"),
        *with_bounds("average_marginal_effect"),
        *with_bounds("adverse_impact_rate"),
        *("adverse_impact_p_value", "adverse_impact_adjusted_p_value"),
        *("hosmer_lemeshow_statistic", "hosmer_lemeshow_p_value"),
    ),
    flags=("is_reference", "is_protected", "is_below_four_fifths", "is_calibrated"),
)


def selection_effects(
    frame: pd.DataFrame,
    *,
    outcome: str,
    factors: Sequence[str],
    minimum: int = 10,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Return what each level of each factor does to a yes-or-no outcome, all others held fixed.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per independent decision.
    outcome : str
        Boolean or 0/1 column; rows without a value are left out.
    factors : sequence of str
        Columns of categories; a missing one is the level ``Unknown``.
    minimum : int, default 10
        Rows that a level needs, and five of them with each outcome, to take part in the logit.
    confidence : float, default 0.95
        Two-sided coverage as a fraction in (0, 1).

    Returns
    -------
    pandas.DataFrame
        One row per factor and level: raw rate, odds ratio and average marginal effect against
        the factor's largest level, adverse-impact ratio (rate over that of the largest level)
        with its interval. ``status`` is ``ok``, ``reference``, ``insufficient_data``,
        ``no_variation`` or ``not_identified``.

    Raises
    ------
    InvalidInputError
        If a column is missing.

    Examples
    --------
    >>> rng = np.random.default_rng(3)
    >>> town = rng.choice(["north", "south"], 3000)
    >>> won = rng.random(3000) < 0.3 + 0.2 * (town == "north")
    >>> loans = pd.DataFrame({"town": town, "won": won})
    >>> found = selection_effects(loans, outcome="won", factors=["town"]).set_index("level")
    >>> sorted(found["status"])
    ['ok', 'reference']
    """
    need_columns(frame, outcome, *factors)
    kept = frame[frame[outcome].notna()]
    event = kept[outcome].astype(float).to_numpy()
    levels = pd.DataFrame(
        {name: kept[name].astype(object).where(kept[name].notna(), UNKNOWN).astype(str)
         for name in factors}
    ).reset_index(drop=True)  # fmt: skip
    rows = [row for name in factors
            for row in _raw(name, levels[name], event, max(minimum, 2), confidence)]  # fmt: skip
    made = finished(pd.DataFrame(rows, columns=[*_RAW]), SCHEMA, confidence, None)
    _fit(made, levels, event, confidence)
    made["adjusted_p_value"] = holm(made["p_value"].astype(float))
    made["adverse_impact_adjusted_p_value"] = holm(made["adverse_impact_p_value"].astype(float))
    return picked(made, SCHEMA.names)


_RAW = (
    *("factor", "factor_label", "level", "sample_count", "approved_count", "is_reference"),
    *(*with_bounds("approval_rate"), *with_bounds("adverse_impact_rate")),
    *("adverse_impact_p_value", "is_below_four_fifths", "is_protected", "status"),
)


def _raw(
    name: str, level: pd.Series, event: np.ndarray[Any, Any], minimum: int, confidence: float
) -> list[dict[str, Any]]:
    names, place = np.unique(level.to_numpy(dtype=str), return_inverse=True)
    sizes = np.bincount(place, minlength=len(names)).astype(float)
    counts = np.bincount(place, event, len(names))
    lower, upper = wilson(counts, sizes, confidence=confidence)
    known_sizes = np.where(names == UNKNOWN, -1.0, sizes)
    base = int(np.argmax(known_sizes)) if len(names) and known_sizes.max() > 0 else -1
    thin = (sizes < minimum) | (np.minimum(counts, sizes - counts) < THIN_CELL)
    alone = (~thin).sum() < 2 or base < 0 or bool(thin[base])
    rows = []
    for k, label in enumerate(names):
        status = "no_variation" if alone else "reference" if k == base else "ok"
        row: dict[str, Any] = {
            "factor": name,
            "factor_label": name,
            "level": str(label),
            "sample_count": int(sizes[k]),
            "approved_count": int(counts[k]),
            "is_reference": k == base,
            "approval_rate": counts[k] / sizes[k],
            "approval_rate_lower": float(lower[k]),
            "approval_rate_upper": float(upper[k]),
            "is_protected": False,
            "status": "insufficient_data" if thin[k] else status,
        }
        if base >= 0 and k != base and sizes[k] >= minimum:
            ratio = rate_ratio(
                counts[k], sizes[k], counts[base], sizes[base], confidence=confidence
            )
            known = not np.isnan(ratio.estimate)
            row |= {
                "adverse_impact_rate": ratio.estimate,
                "adverse_impact_rate_lower": ratio.lower,
                "adverse_impact_rate_upper": ratio.upper,
                "adverse_impact_p_value": ratio.p_value,
                "is_below_four_fifths": bool(ratio.estimate < FOUR_FIFTHS) if known else None,
            }
        rows.append(row)
    return rows


def _fit(
    made: pd.DataFrame, levels: pd.DataFrame, event: np.ndarray[Any, Any], confidence: float
) -> None:
    """Fill the estimates of the joint logit in place."""
    keep = np.ones(len(levels), dtype=bool)
    thin = made[made["status"] == "insufficient_data"]
    for name, own in thin.groupby("factor"):
        keep &= ~levels[str(name)].isin(own["level"]).to_numpy()
    wanted = [at for at in made.index if made.loc[at, "status"] == "ok"]
    columns = [
        (levels[made.loc[at, "factor"]] == made.loc[at, "level"]).to_numpy()[keep] for at in wanted
    ]
    if not columns or min(event[keep].sum(), (1 - event[keep]).sum()) < 10:
        made.loc[made["status"].isin(["ok", "reference"]), "status"] = "insufficient_data"
        return
    design = np.column_stack(columns).astype(float)
    used = _independent(design)
    fit = robust_logit(event[keep], design[:, used], confidence=confidence)
    for place, at in enumerate(wanted):
        if place not in used or not fit.converged:
            made.loc[at, "status"] = "not_identified"
            continue
        k = used.index(place)
        made.loc[at, with_bounds("odds_ratio")] = [
            fit.odds_ratio[k], fit.odds_lower[k], fit.odds_upper[k]
        ]  # fmt: skip
        made.loc[at, with_bounds("average_marginal_effect")] = [
            fit.effect[k], fit.effect_lower[k], fit.effect_upper[k]
        ]  # fmt: skip
        made.loc[at, ["test_statistic", "p_value"]] = [fit.statistic[k], fit.p_value[k]]
    made["model_count"] = fit.n
    if fit.converged:
        made.loc[made["status"] == "reference", "odds_ratio"] = 1.0
        made.loc[made["status"] == "reference", "average_marginal_effect"] = 0.0
        check = hosmer_lemeshow(event[keep], fit.fitted)
        made["hosmer_lemeshow_statistic"] = check.statistic
        made["hosmer_lemeshow_p_value"] = check.p_value
        made["degrees_of_freedom"] = check.degrees_of_freedom
        made["is_calibrated"] = None if np.isnan(check.p_value) else bool(check.p_value >= 0.05)


def _independent(design: np.ndarray[Any, Any]) -> list[int]:
    """Return the columns, from the left, that are no combination of those before and a constant."""
    whole = np.column_stack([np.ones(len(design)), design])
    triangle = np.abs(np.diag(np.linalg.qr(whole, mode="r")))
    return [place for place, size in enumerate(triangle[1:]) if size > 1e-8 * triangle.max()]


@one_thread
def approval_tests(
    applications: Any, clock: Any, *, minimum_sample: int = 10, confidence: float = 0.95
) -> pa.Table:
    """Return `analytics_credit_approval_hypothesis_test`: one row per factor and level.

    Parameters
    ----------
    applications : relation
        ``int_application_factors``: ``is_approved`` and columns that end in ``_factor``.
    clock : relation
        ``data_clock``.
    minimum_sample : int
        Applications that a level needs.
    confidence : float, default 0.95
        Two-sided coverage of the intervals.
    """
    frame = to_pandas(applications).sort_values("application_id", ignore_index=True)
    made = selection_effects(
        frame,
        outcome="is_approved",
        factors=[name + SUFFIX for name in LABELS],
        minimum=int(minimum_sample),
        confidence=float(confidence),
    )
    made["factor"] = made["factor"].str.removesuffix(SUFFIX)
    made["factor_label"] = made["factor"].map(LABELS)
    made["is_protected"] = made["factor"].isin(PROTECTED)
    as_of = clock_date(to_pandas(clock))
    made["as_of_date"] = as_of
    if made.empty:
        return too_little(SCHEMA, as_of, factor="none", level="none")
    return to_table(made, SCHEMA)
