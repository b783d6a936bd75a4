"""What it changes to live nearer to a branch: event study by distance, any frame and the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy import stats

from financial_analytics.errors import InvalidInputError
from financial_analytics.models.causal.results import (
    POWER,
    SUSPECT,
    effect_row,
    no_design,
    result_frame,
    result_schema,
    stated,
)
from financial_analytics.models.columns import clock_date
from financial_analytics.models.frames import need_columns, to_pandas, to_table
from financial_analytics.models.threads import one_thread
from financial_analytics.stats.causal.effect import CausalEffect, power_of
from financial_analytics.stats.causal.event_counts import band_doses, event_ratios
from financial_analytics.stats.coverage import tails
from financial_analytics.stats.inference import Floats
from financial_analytics.stats.multiple import holm

SCHEMA = result_schema(
    *("event_count", "changed_customer_count", "placebo_value", "placebo_p_value"),
    "symmetry_p_value",
)
BANDS = ("near", "middle", "far")
BIN = 3
"""Periods that a point of the event study sums up."""
OUTCOMES = {
    "visit_count": (
        "Visits to a branch",
        "How many times as often customers visit a branch if they live in the band as they would "
        "near one, as a logarithm",
    ),
    "leaver_count": (
        "Leaving the bank",
        "How many times as often customers leave in a month if they live in the band as they "
        "would near a branch, as a logarithm",
    ),
}
ASSUMPTION = (
    "Had no branch opened or closed, customers whose band changed would have gone the way of "
    "those in the same state and band whose band stayed; an opening undoes what a closure does."
)


def proximity_effect(
    frame: pd.DataFrame,
    *,
    event: str,
    period: str,
    band_before: str,
    band_now: str,
    count: str,
    exposure: str,
    bands: Sequence[str] = BANDS,
    within: Sequence[str] = (),
    opening: str | None = None,
    relevant: float | None = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Return what living in a band of distance does to a count, by places that come and go.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per event, band before, band now, what else is in `within`, and period around the
        event; those whose band stayed are the controls. Rows with unknown values are left out.
    event : str
        What opened or closed: errors are by event.
    period : str
        Whole periods from the event, negative before it.
    band_before, band_now : str
        Texts of `bands`.
    count, exposure : str
        What is counted, and of how many units.
    bands : sequence of str
        From the nearest, with which the others are compared, to the farthest.
    within : sequence of str
        Columns within which changed and unchanged are compared, such as a state or a date.
    opening : str, optional
        Boolean: something opened, otherwise closed. What it does must mirror a closure.
    relevant : float, optional
        Logarithm of a ratio that would matter.
    confidence : float, default 0.95

    Returns
    -------
    pandas.DataFrame
        `SCHEMA`: an ``effect`` row of each band but the first, and the ``point`` rows of its event
        study, each three periods against all others before. Refuted where the count moves in the
        later half of the time before, or openings do not mirror closures (p below 0.01).

    Raises
    ------
    InvalidInputError
        If a column is missing, a band is none of `bands`, a count or exposure is negative, or a
        period is not whole.

    Examples
    --------
    >>> rng = np.random.default_rng(6)
    >>> cells = pd.DataFrame([(s, m, b, n) for s in range(12) for m in range(-6, 6)
    ...                       for b, n in (("near", "near"), ("near", "far"))],
    ...                      columns=["shop", "month", "was", "now"])
    >>> moved = (cells.now == "far") & (cells.month >= 0)
    >>> cells["homes"], cells["trips"] = 100, rng.poisson(np.where(moved, 15, 50))
    >>> found = proximity_effect(cells, event="shop", period="month", band_before="was",
    ...                          band_now="now", count="trips", exposure="homes",
    ...                          bands=("near", "far"))
    >>> found["verdict"][0], bool(abs(found["estimate"][0] - np.log(0.3)) < 0.15)
    ('supported', True)
    """
    own = [event, period, band_before, band_now, count, exposure]
    need_columns(frame, *own, *within, *((opening,) if opening else ()))
    rows = frame[frame[[*own, *within]].notna().all(axis=1)].reset_index(drop=True)
    strange = set(rows[band_before]) | set(rows[band_now])
    strange -= set(bands)
    if strange:
        raise InvalidInputError(
            f"there is no band {', '.join(sorted(map(str, strange)))}",
            hint=f"the bands are {', '.join(bands)}",
        )
    when = pd.to_numeric(rows[period], errors="coerce").to_numpy(dtype=np.float64)
    if not (when % 1 == 0).all():
        raise InvalidInputError(f"{period} has values that are no whole number", hint="round them")
    keys = [event, *within, band_before]
    stratum = rows[keys].astype(str).agg("\u241f".join, axis=1) if len(rows) else rows[event]
    doses = band_doses(rows[band_before].to_numpy(), rows[band_now].to_numpy(), bands)

    def ratios(x: Floats, after: Any, keep: Any) -> list[CausalEffect]:
        return event_ratios(
            rows.loc[keep, count], rows.loc[keep, exposure], is_after=after[keep], dose=x[keep],
            stratum=stratum[keep], event=rows.loc[keep, event].astype(str), confidence=confidence,
        )  # fmt: skip

    everything, before = np.ones(len(rows), dtype=bool), when < 0
    found = ratios(doses, ~before, everything)
    half = np.floor(when.min() / 2) if before.any() else 0.0
    early = ratios(doses, when >= half, before)
    rank = {band: place for place, band in enumerate(bands)}
    step = (rows[band_now].map(rank) - rows[band_before].map(rank)).to_numpy(dtype=np.float64)
    mirror = CausalEffect()
    if opening:
        opens = rows[opening].fillna(value=False).to_numpy(dtype=bool)
        mirror = ratios(np.column_stack([doses, step * opens]), ~before, everything)[-1]
    made: list[dict[str, Any]] = []
    shared = {"outcome_name": count, "outcome_label": count, "design_name": "event_study_by_band"}
    for place, (band, effect) in enumerate(zip(bands[1:], found, strict=True)):
        failures = {
            "the count moves before the change": early[place].p_value < SUSPECT,
            "openings do not mirror closures": mirror.p_value < SUSPECT,
        }
        head = effect_row(
            effect, failures, relevant=relevant, confidence=confidence,
            unidentified="fewer than five events changed the band of anybody, or one decides",
        )  # fmt: skip
        is_last = (when == -1) & (doses[:, place] != 0)
        made.append(
            shared
            | head
            | _power(effect, relevant, confidence)
            | {
                "group_name": band,
                "benchmark_value": _apart(rows, before, band_before, band_now, count, exposure,
                                          band, bands[0]),
                "event_count": effect.diagnostics.get("events", np.nan),
                "changed_customer_count": float(rows.loc[is_last, exposure].sum()),
                "placebo_value": early[place].estimate,
                "placebo_p_value": early[place].p_value,
                "symmetry_p_value": mirror.p_value,
            }
        )  # fmt: skip
    numbers = np.floor(when / BIN)
    for place, number in enumerate(np.unique(numbers)):
        here = numbers == number
        for band, effect in zip(bands[1:], ratios(doses, here, here | before), strict=True):
            made.append(
                shared
                | {
                    "effect_level": "point", "group_name": band, "point_number": place,
                    "point_value": float(number * BIN + (BIN - 1) / 2),
                    "estimate": effect.estimate, "estimate_lower": effect.lower,
                    "estimate_upper": effect.upper, "sample_count": effect.treated,
                }
            )  # fmt: skip
    result = result_frame(made, SCHEMA, confidence)
    is_effect = result["effect_level"] == "effect"
    result.loc[is_effect, "adjusted_p_value"] = holm(result.loc[is_effect, "p_value"])
    return result


def _power(effect: CausalEffect, relevant: float | None, confidence: float) -> dict[str, float]:
    """Return what so few events could have found, with quantiles of t."""
    freedom, error = effect.diagnostics.get("degrees_of_freedom", np.nan), effect.standard_error
    quantiles = [float(stats.t.ppf(share, freedom)) for share in (tails(confidence)[1], POWER)]
    return {
        "minimum_detectable_value": sum(quantiles) * error,
        "power_rate": np.nan
        if relevant is None
        else power_of(relevant, error, confidence=confidence, degrees_of_freedom=freedom),
    }


def _apart(
    rows: pd.DataFrame, before: Any, band_before: str, band_now: str, count: str, exposure: str,
    band: str, first: str,
) -> float:  # fmt: skip
    """Return the logarithm of the ratio of rates of those who always lived in either band."""
    stay = rows[before & (rows[band_before] == rows[band_now])]
    sums = stay.groupby(band_before)[[count, exposure]].sum().astype(float)
    if not {band, first} <= set(sums.index) or (sums.loc[[band, first]] <= 0).any(axis=None):
        return float("nan")
    rate = sums[count] / sums[exposure]
    return float(np.log(rate[band] / rate[first]))


@one_thread
def branch_proximity(
    cells: Any, clock: Any, *, relevant: Mapping[str, float], confidence: float = 0.95
) -> pa.Table:
    """Return `analytics_branch_proximity_impact`.

    Parameters
    ----------
    cells : relation
        ``int_branch_event_cells``.
    clock : relation
        ``data_clock``.
    relevant : mapping of str to float
        Outcome to the logarithm of a ratio that would matter.
    confidence : float, default 0.95
    """
    frame = to_pandas(cells)
    as_of = clock_date(to_pandas(clock))
    if frame.empty:
        return no_design(SCHEMA, as_of, next(iter(OUTCOMES)), group=BANDS[-1])
    keys_of = ["branch_natural_key", "change_date", "state", "band_before_name", "band_name"]
    frame = frame.sort_values([*keys_of, "event_month"], ignore_index=True)
    parts = []
    for name, (label, estimand) in OUTCOMES.items():
        part = proximity_effect(
            frame,
            event="branch_natural_key",
            period="event_month",
            band_before="band_before_name",
            band_now="band_name",
            count=name,
            exposure="customer_count",
            within=("change_date", "state"),
            opening="is_opening",
            relevant=relevant.get(name),
            confidence=float(confidence),
        ).assign(outcome_label=label)
        parts.append(stated(part, estimand, ASSUMPTION))
    made = pd.concat(parts, ignore_index=True)
    months = pd.to_datetime(frame["change_date"]).dt.to_period("M").astype("int64")
    months = months + frame["event_month"]
    ends = pd.period_range(
        pd.Period(ordinal=int(months.min()), freq="M"), periods=int(np.ptp(months)) + 1
    )
    made = made.assign(
        as_of_date=as_of,
        period_start_date=ends[0].start_time.date(),
        period_end_date=ends[-1].end_time.date(),
    )
    return to_table(made, SCHEMA)
