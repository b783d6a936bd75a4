"""What autopay does to late payment: hazards with a state that changes, any frame and the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy import stats

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
from financial_analytics.stats.causal.effect import normal_effect
from financial_analytics.stats.causal.hazards import cox, nelson_aalen
from financial_analytics.stats.causal.sensitivity import e_value, nearer_bound
from financial_analytics.stats.inference import Floats

SCHEMA = result_schema(
    *("hazard_ratio", "hazard_ratio_lower", "hazard_ratio_upper", "event_count"),
    *("proportionality_p_value", "placebo_p_value", "e_value_index", "e_value_bound_index"),
)
ASSUMPTION = (
    "Given score, product and month, who is on autopay would otherwise pay as late as who is not; "
    "what nobody measured would need the E-value's strength."
)
OUTCOMES = {
    "is_late": (
        "Late instalments",
        "How many times as often an instalment on autopay is late, per instalment due",
    ),
    "is_prepaid": (
        "Loans paid off early, which compete with late payment",
        "How many times as often a loan on autopay is paid off early, per instalment due",
    ),
}


def hazard_contrast(
    frame: pd.DataFrame,
    *,
    start: str,
    stop: str,
    event: str,
    exposure: str,
    cluster: str,
    adjust: Sequence[str] = (),
    soon: str | None = None,
    relevant: float | None = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Return how many times as often an event happens while a unit is in a state.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per spell at risk; a unit may have many. Spells without their times, event or
        exposure are left out.
    start, stop : str
        A spell is at risk from after `start` to `stop`.
    event, exposure : str
        Boolean or 0/1: it ended in the event; the unit was in the state.
    cluster : str
        Unit of a spell.
    adjust : sequence of str
        Columns held fixed: numbers as they are (unknown ones as the mean), texts as categories.
    soon : str, optional
        Boolean: not yet in the state, and in it soon after. Who is to come must not differ yet.
    relevant : float, optional
        Hazard ratio that would matter, for the power at this size of sample.
    confidence : float, default 0.95

    Returns
    -------
    pandas.DataFrame
        `SCHEMA`: the ``effect`` (`estimate` is the logarithm of the hazard ratio), and ``point``
        rows, the cumulative events of a unit out of the state and in it. Refuted where who is to
        be in the state differs before (p below 0.01), or where the ratio changes over time.

    Raises
    ------
    InvalidInputError
        If a column is missing.

    Examples
    --------
    >>> rng = np.random.default_rng(4)
    >>> weeks = pd.DataFrame({"person": np.repeat(np.arange(200), 20)})
    >>> weeks["end"] = weeks.groupby("person").cumcount() + 1
    >>> weeks["begin"], weeks["on"] = weeks.end - 1, rng.random(4000) < 0.5
    >>> weeks["fell"] = rng.random(4000) < np.where(weeks.on, 0.04, 0.1)
    >>> found = hazard_contrast(weeks, start="begin", stop="end", event="fell", exposure="on",
    ...                         cluster="person")
    >>> found["verdict"][0], bool(abs(found["hazard_ratio"][0] - 0.4) < 0.15)
    ('supported', True)
    """
    used = [start, stop, event, exposure, cluster]
    need_columns(frame, *used, *adjust, *((soon,) if soon else ()))
    rows = frame[frame[used].notna().all(axis=1)].sort_values(
        [start, stop, cluster, exposure, event], ignore_index=True, kind="stable"
    )
    begin, end, happened, state = (
        rows[name].to_numpy(dtype=np.float64) for name in (start, stop, event, exposure)
    )
    fixed, unit = design_matrix(rows, adjust), rows[cluster].to_numpy()

    def fit(*first: Floats, keep: Floats | None = None) -> tuple[float, float]:
        """Return the last of these coefficients and its error."""
        mine = np.ones(len(rows), dtype=bool) if keep is None else keep.astype(bool)
        design = np.column_stack([*first, fixed])[mine]
        varies = np.ptp(design, axis=0) > 0 if len(design) else np.zeros(design.shape[1], bool)
        if not varies[: len(first)].all():
            return np.nan, np.nan
        found = cox(begin[mine], end[mine], happened[mine], design[:, varies], cluster=unit[mine])
        return float(found.coefficient[len(first) - 1]), float(found.standard_error[len(first) - 1])

    def chance(found: tuple[float, float]) -> float:
        return float(2 * stats.norm.sf(abs(found[0] / found[1]))) if found[1] > 0 else np.nan

    value, error = fit(state)
    effect = normal_effect(
        value, error, confidence=confidence, n=len(rows), treated=int(state.sum()),
        control=int((state == 0).sum()),
    )  # fmt: skip
    middle = np.log(end) if len(end) and end.min() > 0 else end
    later = np.asarray(state * (middle - middle.mean()), dtype=np.float64) if len(rows) else state
    proportional = chance(fit(state, later))
    early = np.nan
    if soon is not None:
        ahead = rows[soon].fillna(value=False).to_numpy(dtype=np.float64)
        early = chance(fit(ahead, keep=state == 0))
    failures = {
        "who is to be in the state differs before it": early < SUSPECT,
        "the ratio changes over time": proportional < SUSPECT,
    }
    design = {"outcome_name": event, "outcome_label": event, "design_name": "cox_time_varying"}
    head = effect_row(
        effect, failures, relevant=None if relevant is None else float(np.log(relevant)),
        confidence=confidence, unidentified="fewer than ten events, or all units are alike",
    )  # fmt: skip
    ratio = [float(np.exp(head[name])) for name in ("estimate", "estimate_lower", "estimate_upper")]
    names = ("hazard_ratio", "hazard_ratio_lower", "hazard_ratio_upper")
    tests = dict(zip(names, ratio, strict=True)) | {
        "event_count": happened.sum(),
        "proportionality_p_value": proportional,
        "placebo_p_value": early,
        "e_value_index": e_value(ratio[0]),
        "e_value_bound_index": e_value(nearer_bound(ratio[1], ratio[2])),
    }
    made: list[dict[str, Any]] = [design | head | tests]
    for group, mine in (("Not in the state", state == 0), ("In the state", state == 1)):
        if mine.any():
            curve = nelson_aalen(begin[mine], end[mine], happened[mine], confidence=confidence)
            made += [
                design
                | {
                    "effect_level": "point", "group_name": group, "point_number": number,
                    "point_value": at, "estimate": value, "estimate_lower": low,
                    "estimate_upper": high, "sample_count": int(risk),
                }
                for number, (at, value, low, high, risk) in enumerate(
                    zip(curve.time, curve.value, curve.lower, curve.upper, curve.at_risk,
                        strict=True)
                )
            ]  # fmt: skip
    return result_frame(made, SCHEMA, confidence)


@one_thread
def autopay_effects(
    spells: Any, clock: Any, *, relevant: Mapping[str, float], confidence: float = 0.95
) -> pa.Table:
    """Return `analytics_payment_timeliness_impact`.

    Parameters
    ----------
    spells : relation
        ``int_payment_spells``.
    clock : relation
        ``data_clock``.
    relevant : mapping of str to float
        Outcome to the hazard ratio that would matter.
    confidence : float, default 0.95
    """
    frame = to_pandas(spells).sort_values("payment_id", ignore_index=True)
    as_of = clock_date(to_pandas(clock))
    if frame.empty:
        return no_design(SCHEMA, as_of, "is_late")
    month = frame["window_month"] - frame["window_month"].min()
    frame = frame.assign(begin_months=month, end_months=month + 1)
    parts = []
    for name, (label, estimand) in OUTCOMES.items():
        part = hazard_contrast(
            frame,
            start="begin_months",
            stop="end_months",
            event=name,
            exposure="has_autopay",
            cluster="account_natural_key",
            adjust=("credit_score", "product_name"),
            soon="has_autopay_soon",
            relevant=relevant.get(name),
            confidence=float(confidence),
        ).assign(outcome_label=label)
        words = {"Not in the state": "Without autopay", "In the state": "On autopay"}
        part["group_name"] = part["group_name"].replace(words)
        parts.append(with_period(stated(part, estimand, ASSUMPTION), frame["scheduled_date"]))
    made = pd.concat(parts, ignore_index=True)
    return to_table(made.assign(as_of_date=as_of), SCHEMA)
