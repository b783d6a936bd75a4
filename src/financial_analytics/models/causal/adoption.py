"""What taking up a product changes: adopters against not-yet adopters, any frame and the model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from financial_analytics.models.causal.design import design_matrix
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
from financial_analytics.stats.causal.doubly_robust import aipw, propensities
from financial_analytics.stats.causal.sensitivity import e_value, nearer_bound

SCHEMA = result_schema(
    *("overlap_rate", "effective_control_count", "imbalance_before_index"),
    *("imbalance_after_index", "placebo_value", "placebo_p_value", "e_value_index"),
    "e_value_bound_index",
)
LEAST_OVERLAP = 0.8
MOST_IMBALANCE = 0.1
"""Standardised difference above which groups are unlike (Austin 2011)."""
REPEAT_BELOW = 20_000
"""Rows below which the draw of the folds matters."""
BINS = 20
OUTCOME = "outcome_count"
LABEL = "Purchases in the six months after the quarter"
ESTIMAND = (
    "How many times as much customers who opened their first investment account bought as they "
    "would have without it, as a logarithm"
)
ASSUMPTION = (
    "Given income, tenure, segment, quarter and what they bought before, adopters would have "
    "bought as much as those who had not adopted yet; what nobody measured would need the "
    "E-value's strength."
)


def adoption_effect(
    frame: pd.DataFrame,
    *,
    treated: str,
    outcome: str,
    adjust: Sequence[str],
    unit: str | None = None,
    placebo: str | None = None,
    is_ratio: bool = False,
    relevant: float | None = None,
    trim: float = 0.01,
    confidence: float = 0.95,
    seed: int = 0,
) -> pd.DataFrame:
    """Return what a treatment that nobody drew lots for adds to those who took it.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per unit (and time); rows without treatment or outcome are left out.
    treated : str
        Boolean or 0/1.
    outcome : str
        Numeric.
    adjust : sequence of str
        Columns known before: numbers (unknown ones as the mean) and texts as categories.
    unit : str, optional
        Unit of each row, where one has several.
    placebo : str, optional
        An outcome from before the treatment, which cannot have moved it.
    is_ratio : bool, default False
        Estimate the logarithm of a ratio of means instead of a difference.
    relevant : float, optional
        Effect that would matter, on the scale of the estimate.
    trim : float, default 0.01
        Units are left out whose chance of treatment is nearer to 0 or 1.
    confidence : float, default 0.95
    seed : int
        Of the folds.

    Returns
    -------
    pandas.DataFrame
        `SCHEMA`: the ``effect`` and ``point`` rows, how many treated and controls have a chance
        of treatment in each twentieth. Refuted where fewer than 0.8 of the treated have anybody
        like them, groups stay apart by 0.1 deviations after weighting, or the placebo moves
        (p below 0.01).

    Raises
    ------
    InvalidInputError
        If a column is missing.

    Examples
    --------
    >>> rng = np.random.default_rng(3)
    >>> plots = pd.DataFrame({"soil": rng.normal(size=3000)})
    >>> plots["manured"] = rng.random(3000) < 1 / (1 + np.exp(-plots.soil))
    >>> plots["yield_"] = plots.soil + 0.5 * plots.manured + rng.normal(size=3000)
    >>> found = adoption_effect(plots, treated="manured", outcome="yield_", adjust=["soil"])
    >>> found["verdict"][0], bool(found["estimate_lower"][0] < 0.5 < found["estimate_upper"][0])
    ('supported', True)
    """
    used = [treated, outcome, *((unit,) if unit else ())]
    need_columns(frame, *used, *adjust, *((placebo,) if placebo else ()))
    rows = frame[frame[used].notna().all(axis=1)]
    rows = rows.sort_values([*used, *adjust], ignore_index=True, kind="stable")
    x, d = design_matrix(rows, adjust), rows[treated].to_numpy(dtype=bool)
    who = rows[unit].to_numpy() if unit else np.arange(len(rows))
    rng = np.random.default_rng(seed)
    options: dict[str, Any] = {
        "is_ratio": is_ratio, "trim": trim, "confidence": confidence,
        "repeats": 5 if len(rows) < REPEAT_BELOW else 1,
    }  # fmt: skip
    found = aipw(rows[outcome], d, x, rng=rng, cluster=who, **options)
    tests = found.diagnostics
    fake = None
    if placebo:
        keep = rows[placebo].notna().to_numpy()
        fake = aipw(
            rows[placebo].to_numpy(dtype=np.float64)[keep], d[keep], x[keep], rng=rng,
            cluster=who[keep], **options,
        )  # fmt: skip
    failures = {
        "too few of the treated have anybody like them": tests.get("overlap", 1.0) < LEAST_OVERLAP,
        "groups stay unlike after weighting": tests.get("imbalance_after", 0.0) > MOST_IMBALANCE,
        "an outcome from before moves": fake is not None and fake.p_value < SUSPECT,
    }
    design = {
        "outcome_name": outcome, "outcome_label": outcome, "design_name": "doubly_robust_weighting",
    }  # fmt: skip
    head = effect_row(
        found, failures, relevant=relevant, confidence=confidence,
        unidentified="too few took it or too few did not",
    )  # fmt: skip
    risk = [float(np.exp(head[name])) if is_ratio else np.nan
            for name in ("estimate", "estimate_lower", "estimate_upper")]  # fmt: skip
    made: list[dict[str, Any]] = [
        design
        | head
        | {
            "benchmark_value": tests.get("naive", np.nan),
            "overlap_rate": tests.get("overlap", np.nan),
            "effective_control_count": tests.get("effective_controls", np.nan),
            "imbalance_before_index": tests.get("imbalance_before", np.nan),
            "imbalance_after_index": tests.get("imbalance_after", np.nan),
            "placebo_value": fake.estimate if fake else np.nan,
            "placebo_p_value": fake.p_value if fake else np.nan,
            "e_value_index": e_value(risk[0]),
            "e_value_bound_index": e_value(nearer_bound(risk[1], risk[2])),
        }
    ]
    if tests:
        made += [design | point for point in _overlap(d, propensities(d, x, rng=rng))]
    return result_frame(made, SCHEMA, confidence)


def _overlap(d: Any, chance: Any) -> list[dict[str, Any]]:
    """Return shares of treated and controls by their chance of treatment, from least to most."""
    edges = np.linspace(0, max(float(chance.max()), 1e-9), BINS + 1)
    rows: list[dict[str, Any]] = []
    for group, mine in (("Treated", d), ("Controls", ~d)):
        count = np.histogram(chance[mine], edges)[0]
        rows += [
            {
                "effect_level": "point", "group_name": group, "point_number": number,
                "point_value": float(edges[number] + edges[number + 1]) / 2,
                "estimate": float(size / mine.sum()), "sample_count": int(size),
            }
            for number, size in enumerate(count)
        ]  # fmt: skip
    return rows


@one_thread
def product_adoption(
    landmarks: Any,
    clock: Any,
    *,
    relevant: float,
    random_seed: int,
    confidence: float = 0.95,
) -> pa.Table:
    """Return `analytics_product_adoption_impact`.

    Parameters
    ----------
    landmarks : relation
        ``int_adoption_landmarks``.
    clock : relation
        ``data_clock``.
    relevant : float
        Logarithm of a ratio that would matter.
    random_seed : int
    confidence : float, default 0.95
    """
    frame = to_pandas(landmarks)
    as_of = clock_date(to_pandas(clock))
    if frame.empty:
        return no_design(SCHEMA, as_of, OUTCOME)
    frame = frame.sort_values(["landmark_date", "customer_natural_key"], ignore_index=True)
    frame["log_income"] = np.log(frame["annual_income_amount"].astype(float).clip(lower=1.0))
    frame["log_tenure"] = np.log1p(frame["tenure_days"].clip(lower=0) / 365.25)
    frame["log_before"] = np.log1p(frame["before_count"].astype(float))
    frame["quarter"] = frame["landmark_date"].astype(str)
    made = adoption_effect(
        frame,
        treated="is_adopter",
        outcome=OUTCOME,
        adjust=("log_income", "log_tenure", "log_before", "customer_segment", "quarter"),
        unit="customer_natural_key",
        placebo="earlier_count",
        is_ratio=True,
        relevant=float(relevant),
        trim=0.001,  # few adopt in any quarter
        confidence=float(confidence),
        seed=int(random_seed),
    ).assign(outcome_label=LABEL)
    words = {"Treated": "Adopters", "Controls": "Not yet adopters"}
    made["group_name"] = made["group_name"].replace(words)
    made = with_period(stated(made, ESTIMAND, ASSUMPTION), frame["landmark_date"])
    return to_table(made.assign(as_of_date=as_of), SCHEMA)
