"""How to split a marketing budget: response curves, the best split, what-if."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from financial_analytics.models.columns import (
    DATE,
    DOUBLE,
    FLAG,
    LONG,
    TEXT,
    WHOLE,
    clock_date,
    fields,
    with_bounds,
)
from financial_analytics.models.frames import to_pandas, to_table, too_little
from financial_analytics.models.prescriptive.budget_cells import (
    DRAWS,
    Cells,
    Expected,
    find_cells,
    known_campaigns,
)
from financial_analytics.models.prescriptive.plans import (
    MONEY,
    PLAN_FIELDS,
    SCENARIO_SCHEMA,
    asked_amount,
    bounds_of,
    plan_columns,
    scenario_rows,
    scenario_table,
)
from financial_analytics.models.threads import one_thread
from financial_analytics.stats.optimize import Allocation, Limit, allocate

Floats = NDArray[np.float64]
POINTS = 25
FACTORS = (0.5, 0.75, 1.0, 1.25, 1.5)
"""Budgets of the what-if table, in parts of the recommended one's."""
BUDGET = "Budget"
SCHEMA = pa.schema(
    [
        *fields(["channel", "customer_segment"], TEXT),
        *fields(["period_start_date", "period_end_date"], DATE),
        *fields(["campaign_count", "contact_count"], LONG),
        *fields(["current_spend_amount", "recommended_spend_amount"], MONEY),
        *fields(["current_contact_amount", "recommended_contact_amount"], DOUBLE),
        pa.field("largest_contact_amount", DOUBLE),
        *fields(with_bounds("current_added_amount", "recommended_added_amount"), MONEY),
        *fields(["current_return_index", "recommended_return_index"], DOUBLE),
        *fields(with_bounds("half_spend_amount", "top_lift_pct"), DOUBLE),
        pa.field("carry_over_rate", DOUBLE),
        pa.field("action", TEXT),
        pa.field("reason", TEXT),
        *PLAN_FIELDS,
    ]
)
CURVE_SCHEMA = pa.schema(
    [
        pa.field("channel", TEXT),
        pa.field("point_number", WHOLE),
        pa.field("contact_amount", DOUBLE),
        *fields(with_bounds("added_per_contact_amount"), DOUBLE),
        *fields(["is_current", "is_recommended"], FLAG),
        pa.field("is_tried", FLAG),
        *fields(["contact_count", "experiment_count"], LONG),
        *PLAN_FIELDS,
    ]
)


def _limits(cells: Cells, budget: float, share: float) -> list[Limit]:
    """Return the budget, and the share of it that one channel may have where that is below 1."""
    channel = cells.frame["channel"].to_numpy()
    limits = [Limit(BUDGET, np.ones(len(channel)), budget)]
    if share < 1:
        limits += [
            Limit(f"Share of {name}", (channel == name).astype(float), share * budget)
            for name in sorted(set(channel))
        ]
    return limits


def _allocate(cells: Cells, limits: list[Limit]) -> Allocation:
    return allocate(
        Expected(cells), limits,
        lower=cells.frame["lowest_amount"].to_numpy(dtype=float),
        upper=cells.frame["highest_amount"].to_numpy(dtype=float),
    )  # fmt: skip


def _plan(
    cells: Cells, found: Allocation, confidence: float, currency: str, as_of: Any
) -> dict[str, Any]:
    amounts = found.solution.amounts
    value = today = np.full(DRAWS, np.nan)
    if found.solution.status == "optimal":
        value, today = cells.value_of(amounts).sum(axis=1), cells.value_today().sum(axis=1)
    return plan_columns(
        found.solution, value, value - today, float(amounts.sum()), confidence=confidence,
        currency=currency, as_of=as_of,
    )  # fmt: skip


@dataclass(frozen=True)
class _Asked:
    budget: float | None
    share: float
    months: int
    seed: int
    confidence: float
    currency: str


def _solved(
    frame: pd.DataFrame, as_of: Any, asked: _Asked
) -> tuple[Cells, list[Limit], Allocation] | None:
    cells = None if as_of is None else find_cells(frame, as_of, asked.months, asked.seed)
    if cells is None:
        return None
    today = float(cells.frame["current_spend_amount"].sum())
    limits = _limits(cells, today if asked.budget is None else asked.budget, asked.share)
    return cells, limits, _allocate(cells, limits)


def _reason(row: pd.Series) -> str:
    """Return why a cell gets what it gets."""
    amount, low, high = row["recommended_spend_amount"], row["lowest_amount"], row["highest_amount"]
    if not row["is_tried"]:
        return "no campaign of the channel held customers out: left as it is"
    if amount <= low + 0.005:
        return "even the first unit of spend returns less than elsewhere or than it costs"
    if amount >= high - 0.005:
        return "at the highest spend per contact that was ever tried"
    return "the next unit of spend returns what it does elsewhere"


@one_thread
def budget_allocation(
    campaigns: Any, clock: Any, *, budget: Any = None, channel_share: float = 1.0,
    months: int = 12, seed: int = 20240, confidence: float = 0.95, currency: str = "USD",
) -> pa.Table:  # fmt: skip
    """Return `analytics_marketing_budget_allocation`: one row per channel and segment.

    Parameters
    ----------
    campaigns, clock : relation
        ``int_campaign_response``, ``data_clock``.
    budget : float, optional
        What may be spent in a year; None for what the last `months` did.
    channel_share : float, default 1.0
        Of the budget that one channel may have.
    months : int, default 12
        Whose contacts are the audience, and whose split is today's policy.

    Notes
    -----
    ``max sum_i n_i v E[lift_i(y_i / n_i)] - y_i`` over spends y of cells i (channel and segment
    with n contacts), subject to ``sum(y) <= budget``, ``sum over a channel <= share * budget``,
    and ``0 <= y_i <= n_i * highest spend per contact tried in the channel``. v is the mean value
    of a conversion, E the mean over draws of the response curves (`stats.response`). Solved by
    tangents (`stats.optimize.allocate`), whose gap is proved. Money that returns less than it
    costs is left unspent. Today's policy is each campaign of the period at its own spend.
    """
    asked = _Asked(
        asked_amount(budget), float(channel_share), int(months), int(seed), float(confidence),
        currency,
    )  # fmt: skip
    frame, as_of = to_pandas(campaigns), clock_date(to_pandas(clock))
    found = _solved(frame, as_of, asked)
    if found is None:
        return too_little(SCHEMA, as_of, channel="All", customer_segment="All")
    cells, _, allocation = found
    made = cells.frame.copy()
    people = made["contact_count"].to_numpy(dtype=float)
    amounts = allocation.solution.amounts
    made["recommended_spend_amount"] = amounts
    made["current_contact_amount"] = made["current_spend_amount"] / people
    made["recommended_contact_amount"] = amounts / people
    made["carry_over_rate"] = cells.response.decay
    made["period_end_date"] = as_of
    made["period_start_date"] = (
        pd.Timestamp(as_of) - pd.DateOffset(months=asked.months) + pd.Timedelta(days=1)
    ).date()
    curves = Expected(cells)
    now = made["current_spend_amount"].to_numpy(dtype=float)
    made["current_return_index"] = curves.slope(now) + 1
    today = cells.value_today() + now
    made["recommended_return_index"] = np.nan
    if allocation.solution.status == "optimal":
        made["recommended_return_index"] = allocation.slopes + 1
        then = cells.value_of(amounts) + amounts
    else:
        then = np.full_like(today, np.nan)
    for k, row in made.iterrows():
        place, c, s = int(str(k)), int(row["channel_place"]), int(row["segment_place"])
        share = asked.confidence
        top = 100 * cells.response.top[:, c] * cells.response.multiplier[:, s]
        columns = {
            **bounds_of("current_added_amount", today[:, place], share),
            **bounds_of("recommended_added_amount", then[:, place], share),
            **bounds_of("half_spend_amount", cells.response.half[:, c], share),
            **bounds_of("top_lift_pct", top, share),
        }
        for name, value in columns.items():
            made.loc[place, name] = value
    if allocation.solution.status == "optimal":
        apart = np.round(amounts - now, 2)
        made["action"] = np.select([apart > 0, apart < 0], ["raise", "cut"], "keep")
        made["action"] = made["action"].where(np.round(amounts, 2) > 0, "stop")
        made["reason"] = made.apply(_reason, axis=1)
    else:
        made["action"], made["reason"] = None, None
    plan = _plan(cells, allocation, asked.confidence, currency, as_of)
    return to_table(made.assign(**plan), SCHEMA)


@one_thread
def budget_scenarios(
    campaigns: Any, clock: Any, *, budget: Any = None, channel_share: float = 1.0,
    months: int = 12, seed: int = 20240, confidence: float = 0.95, currency: str = "USD",
) -> pa.Table:  # fmt: skip
    """Return `analytics_marketing_budget_scenarios`: other budgets, and what each limit costs.

    Parameters are those of `budget_allocation`.
    """
    asked = _Asked(
        asked_amount(budget), float(channel_share), int(months), int(seed), float(confidence),
        currency,
    )  # fmt: skip
    frame, as_of = to_pandas(campaigns), clock_date(to_pandas(clock))
    cells = None if as_of is None else find_cells(frame, as_of, asked.months, asked.seed)
    if cells is None:
        return too_little(SCENARIO_SCHEMA, as_of, scenario_number=0, limit_name=BUDGET)
    today = float(cells.frame["current_spend_amount"].sum())
    whole = today if asked.budget is None else asked.budget
    rows = []
    for number, factor in enumerate(FACTORS, start=1):
        limits = _limits(cells, factor * whole, asked.share)
        found = _allocate(cells, limits)
        name = "As recommended" if factor == 1 else f"{factor:.0%} of the budget"
        rows += scenario_rows(
            number, name, found.solution, {limit.name: limit.most for limit in limits},
            _plan(cells, found, asked.confidence, currency, as_of), recommended=factor == 1,
        )  # fmt: skip
    return scenario_table(rows)


@one_thread
def response_curves(
    campaigns: Any, clock: Any, *, budget: Any = None, channel_share: float = 1.0,
    months: int = 12, seed: int = 20240, confidence: float = 0.95, currency: str = "USD",
) -> pa.Table:  # fmt: skip
    """Return `analytics_marketing_response_curves`: what a contact adds by spend, by channel.

    Parameters are those of `budget_allocation`. A point is the mean over the segments that the
    channel contacted; two further points of each channel are today's mean spend per contact and
    the recommended one (at the segments' own spends).
    """
    asked = _Asked(
        asked_amount(budget), float(channel_share), int(months), int(seed), float(confidence),
        currency,
    )  # fmt: skip
    frame, as_of = to_pandas(campaigns), clock_date(to_pandas(clock))
    found = _solved(frame, as_of, asked)
    if found is None:
        return too_little(CURVE_SCHEMA, as_of, channel="All", point_number=0)
    cells, _, allocation = found
    plan = _plan(cells, allocation, asked.confidence, currency, as_of)
    seen = known_campaigns(frame, as_of)
    seen = seen[(seen["contacted_count"] > 0) & (seen["holdout_count"] > 0)]
    tests = seen.groupby("channel")["campaign_natural_key"].nunique()
    amounts = allocation.solution.amounts
    rows: list[dict[str, Any]] = []
    for channel, part in cells.frame.groupby("channel", sort=True):
        people = part["contact_count"].to_numpy(dtype=float)
        share = people / people.sum()
        largest = float(part["largest_contact_amount"].iloc[0])

        def added(
            spends: Floats, part: pd.DataFrame = part, share: Floats = share
        ) -> Floats:  # of one spend per cell
            parts = [
                w * cells.added(int(str(k)), np.array([x]))[:, 0]
                for k, w, x in zip(part.index, share, spends, strict=True)
            ]
            return np.asarray(np.sum(parts, axis=0))

        now = part["current_spend_amount"].to_numpy(dtype=float) / people
        best = amounts[part.index] / people
        points = [(np.full(len(part), x), False, False) for x in np.linspace(0, largest, POINTS)]
        points.append((now, True, False))
        if allocation.solution.status == "optimal":
            points.append((best, False, True))
        rows += [
            {
                "channel": channel,
                "point_number": number,
                "contact_amount": float(share @ spends),
                **bounds_of("added_per_contact_amount", added(spends), asked.confidence),
                "is_current": is_now,
                "is_recommended": is_best,
                "is_tried": bool(part["is_tried"].iloc[0]),
                "contact_count": int(people.sum()),
                "experiment_count": int(tests.get(channel, 0)),
                **plan,
            }
            for number, (spends, is_now, is_best) in enumerate(points, start=1)
        ]
    return to_table(pd.DataFrame(rows), CURVE_SCHEMA)
