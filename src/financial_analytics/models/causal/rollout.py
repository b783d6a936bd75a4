"""What a roll-out in waves changes: staggered differences in differences, any panel, the model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from financial_analytics.errors import InvalidInputError
from financial_analytics.models.causal.results import (
    SUPPORTED,
    SUSPECT,
    effect_row,
    no_design,
    result_frame,
    result_schema,
    stated,
    with_period,
)
from financial_analytics.models.columns import clock_date, with_bounds
from financial_analytics.models.frames import need_columns, to_pandas, to_table
from financial_analytics.models.threads import one_thread
from financial_analytics.stats.causal.staggered import NEVER, StaggeredEffects, group_time_effects

SCHEMA = result_schema("pretrend_p_value", "cluster_count", "cohort_count")
ASSUMPTION = (
    "Without the application, regions reached early and late would have moved alike, and nobody "
    "moved before it came; a region's waves were not chosen by what was about to happen there."
)
OUTCOMES = {
    "purchase_count": (
        "Purchases per customer",
        "How many times as many purchases a customer made in the months after the mobile "
        "application reached the region, on average over regions and months, as a logarithm",
    ),
    "contact_count": (
        "Calls, messages and visits per customer",
        "How many times as many calls, messages and visits a customer made in the months after "
        "the mobile application reached the region, on average over regions and months, as a "
        "logarithm",
    ),
}


def rollout_effect(
    frame: pd.DataFrame,
    *,
    unit: str,
    period: str,
    outcome: str,
    first_treated: str,
    cluster: str | None = None,
    relevant: float | None = None,
    confidence: float = 0.95,
    seed: int = 0,
) -> pd.DataFrame:
    """Return what a treatment that comes to units at different times adds to an outcome.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per unit and period. Units without an outcome in every period are left out.
    unit, period : str
        Periods are numbers or dates; their order counts, not their distance.
    outcome : str
        Numeric.
    first_treated : str
        Period in which the unit's treatment began, missing where it never did; one value per unit.
    cluster : str, optional
        What was treated together; the unit where not given.
    relevant : float, optional
        Effect that would matter.
    confidence : float, default 0.95
    seed : int
        Of the bootstrap or of the arrangements.

    Returns
    -------
    pandas.DataFrame
        `SCHEMA`: the ``effect`` row (benchmark: two-way fixed effects), the ``event`` rows, by
        periods since the start with a band that holds all at once, and the ``cell`` rows, by cohort
        and period. Refuted where units move before their treatment (p below 0.01); then what came
        after it is not given.

    Raises
    ------
    InvalidInputError
        If a column is missing, a unit has two rows in a period or two starts, or a few clusters
        were not treated together.

    Examples
    --------
    >>> rng = np.random.default_rng(2)
    >>> shops = pd.MultiIndex.from_product([range(40), range(2015, 2023)], names=["shop", "year"])
    >>> panel = shops.to_frame(index=False)
    >>> panel["refit"] = panel.shop.map(lambda shop: [2018, 2020, None, None][shop % 4])
    >>> panel["sales"] = rng.normal(0, 0.2, 320) + 1.0 * (panel.year >= panel.refit)
    >>> found = rollout_effect(
    ...     panel, unit="shop", period="year", outcome="sales", first_treated="refit"
    ... )
    >>> found["verdict"][0], bool(found["estimate_lower"][0] < 1 < found["estimate_upper"][0])
    ('supported', True)
    """
    need_columns(frame, unit, period, outcome, first_treated, *((cluster,) if cluster else ()))
    rows = frame[frame[[unit, period]].notna().all(axis=1)].sort_values(
        [unit, period], ignore_index=True, kind="stable"
    )
    if rows.duplicated([unit, period]).any():
        one = rows.loc[rows.duplicated([unit, period]), [unit, period]].iloc[0]
        raise InvalidInputError(
            f"{unit} {one[unit]} has more than one row in {period} {one[period]}",
            hint="give one row per unit and period",
        )
    for name in (first_treated, *((cluster,) if cluster else ())):
        pairs = rows[[unit, name]].drop_duplicates()
        several = pairs.loc[pairs.duplicated(unit), unit]
        if len(several):
            raise InvalidInputError(
                f"{unit} {several.iloc[0]} has more than one value of {name}",
                hint="give each unit one",
            )
    wide = rows.set_index([unit, period])[outcome].astype("float64").unstack()  # noqa: PD010  (pairs are unique)
    wide = wide[wide.notna().all(axis=1)]
    kept = rows.drop_duplicates(unit).set_index(unit).loc[wide.index]
    times = wide.columns
    known = kept[first_treated].notna().to_numpy()
    start = np.full(len(wide), NEVER)
    if known.any():
        start[known] = times.searchsorted(kept.loc[known, first_treated].to_numpy())
    rng = np.random.default_rng(seed)
    owner = kept[cluster].astype(str).to_numpy() if cluster else None
    found = group_time_effects(
        wide.to_numpy(), start, rng=rng, cluster=owner, confidence=confidence
    )
    failures = {"units moved before their treatment": found.pretrend_p_value < SUSPECT}
    design = {"outcome_name": outcome, "outcome_label": outcome, "design_name": "staggered_rollout"}
    head = effect_row(
        found.overall, failures, relevant=relevant, confidence=confidence,
        unidentified="too few were treated, at too few times, or none is left to compare with",
    )  # fmt: skip
    head |= {
        "benchmark_value": found.two_way,
        "pretrend_p_value": found.pretrend_p_value,
        "cluster_count": found.clusters,
        "cohort_count": len(np.unique(found.group)),
    }
    made = [design | head]
    made += [design | point for point in _points(found, times, head["verdict"] == SUPPORTED)]
    return result_frame(made, SCHEMA, confidence)


def _points(found: StaggeredEffects, times: pd.Index, is_shown: bool) -> list[dict[str, Any]]:
    """Return rows by periods since the start, and by cohort and period."""
    bounds = (found.event_effect, found.event_lower, found.event_upper)
    rows = [
        {"effect_level": "event", "group_name": "All", "point_number": int(e), "point_value": e}
        | dict(zip(with_bounds("estimate"), values, strict=True))
        for e, *values in zip(found.event.tolist(), *bounds, strict=True)
        if is_shown or e < 0
    ]
    for g, t, value in zip(found.group, found.period, found.group_effect, strict=True):
        if not (is_shown or t < g):
            continue
        began = times[int(g)]
        rows.append({
            "effect_level": "cell", "point_number": int(t), "point_value": float(t - g),
            "group_name": f"{began:%Y-%m-%d}" if isinstance(began, pd.Timestamp) else str(began),
            "estimate": float(value),
        })  # fmt: skip
    return rows


@one_thread
def channel_migration(
    months: Any,
    clock: Any,
    *,
    relevant: float,
    random_seed: int,
    confidence: float = 0.95,
) -> pa.Table:
    """Return `analytics_channel_migration_impact`.

    Parameters
    ----------
    months : relation
        ``int_region_months``.
    clock : relation
        ``data_clock``.
    relevant : float
        Logarithm of a ratio that would matter.
    random_seed : int
    confidence : float, default 0.95
    """
    frame = to_pandas(months)
    as_of = clock_date(to_pandas(clock))
    if frame["rollout_date"].notna().sum() == 0:
        return no_design(
            SCHEMA, as_of, next(iter(OUTCOMES)),
            failed="no region got mobile banking in the months seen",
        )  # fmt: skip
    for name in ("month_start_date", "rollout_date"):
        frame[name] = pd.to_datetime(frame[name])
    made = []
    for name, (label, estimand) in OUTCOMES.items():
        # half an event more: a month without any has a logarithm too
        rate = (frame[name] + 0.5) / frame["customer_count"].where(frame["customer_count"] > 0)
        part = rollout_effect(
            frame.assign(rate=np.log(rate.astype(float))),
            unit="region",
            period="month_start_date",
            outcome="rate",
            first_treated="rollout_date",
            relevant=float(relevant),
            confidence=float(confidence),
            seed=int(random_seed),
        )
        part = part.assign(outcome_name=name, outcome_label=label)
        made.append(stated(part, estimand, ASSUMPTION))
    every = with_period(pd.concat(made, ignore_index=True), frame["month_start_date"])
    last = frame["month_start_date"].max() + pd.offsets.MonthEnd(0)
    return to_table(every.assign(period_end_date=last.date(), as_of_date=as_of), SCHEMA)
