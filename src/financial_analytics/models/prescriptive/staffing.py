"""How many people each branch needs in each hour: arrivals, queues, shifts, what-if."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from financial_analytics.models.columns import (
    DOUBLE,
    LONG,
    TEXT,
    WHOLE,
    clock_date,
    fields,
    with_bounds,
)
from financial_analytics.models.frames import need_columns, to_pandas, to_table, too_little
from financial_analytics.models.prescriptive.arrivals import (
    Arrivals,
    forecast_arrivals,
    held_out_error,
)
from financial_analytics.models.prescriptive.plans import (
    MONEY,
    PLAN_FIELDS,
    SCENARIO_SCHEMA,
    asked_amount,
    plan_columns,
    scenario_rows,
    scenario_table,
)
from financial_analytics.models.prescriptive.shifts import (
    ASKED,
    BUDGET,
    PARTS,
    Plan,
    Rules,
    plan_staff,
)
from financial_analytics.models.threads import one_thread
from financial_analytics.stats.coverage import tails
from financial_analytics.stats.queueing import queue

Floats = NDArray[np.float64]
DRAWS = 100
NOBODY = -1
"""No branch's key: the loader refuses it."""
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

SCHEMA = pa.schema(
    [
        pa.field("location_natural_key", WHOLE),
        pa.field("location_name", TEXT),
        pa.field("day_of_week_number", WHOLE),
        pa.field("day_name", TEXT),
        pa.field("hour_number", WHOLE),
        pa.field("visit_count", LONG),
        pa.field("day_count", WHOLE),
        *fields(with_bounds("hourly_visit_count"), DOUBLE),
        pa.field("handling_minutes", DOUBLE),
        pa.field("held_out_error_pct", DOUBLE),
        *fields(["current_staff_count", "required_staff_count", "recommended_staff_count"], WHOLE),
        *fields(["current_cost_amount", "recommended_cost_amount"], MONEY),
        *fields(with_bounds("current_served_rate", "recommended_served_rate"), DOUBLE),
        *fields(["current_wait_minutes", "recommended_wait_minutes"], DOUBLE),
        *fields(["current_lost_rate", "recommended_lost_rate"], DOUBLE),
        *fields(["target_wait_minutes", "target_served_rate"], DOUBLE),
        pa.field("shadow_price_amount", MONEY),
        *PLAN_FIELDS,
    ]
)


def _limits(plan: Plan, rules: Rules) -> dict[str, float]:
    most = {ASKED: float(plan.required.sum()), PARTS: rules.part * float(plan.staff.sum())}
    return most if rules.budget is None else most | {BUDGET: rules.budget}


def _cost(found: Arrivals, staff: Floats, rules: Rules, factor: float = 1.0) -> Floats:
    """Return draws of a week's staff and of visitors who leave (Erlang A), by branch and hour."""
    rate = found.draws * factor
    there = np.maximum(np.nan_to_num(staff, nan=1.0), 1).astype(np.int64)
    lost = queue(rate / 60, found.minutes, there, patience=rules.patience).lost
    return np.asarray(rules.wage * staff + rules.lost * lost * rate)


def _columns(
    found: Arrivals, plan: Plan, now: Floats, rules: Rules, confidence: float, currency: str,
    as_of: Any, factor: float = 1.0,
) -> dict[str, Any]:  # fmt: skip
    """Return what the plan says of itself: against the least staff, and against today's."""
    ours = _cost(found, plan.staff.astype(float), rules, factor)
    least = _cost(found, np.full(len(now), float(rules.least)), rules, factor)
    known = np.isfinite(now)
    today = _cost(found, now, rules, factor)
    value = (least - ours).sum(axis=1)
    gain = (today - ours)[:, known].sum(axis=1) if known.any() else np.full(len(value), np.nan)
    made = plan_columns(
        plan.solution, value, gain, rules.wage * float(plan.staff.sum()), confidence=confidence,
        currency=currency, as_of=as_of,
    )  # fmt: skip
    if plan.solution.status == "optimal":
        # which of the hours ask for more, and what one person less in one of them would save
        prices, binding = plan.solution.prices, plan.solution.binding
        said = [f"{name} (one less in an hour saves up to {prices[name]:,.2f} {currency})"
                if name == ASKED else name for name in binding]  # fmt: skip
        made["binding_limits"] = "; ".join(said) or None
    return made


def current_staff(found: Arrivals, branches: pd.DataFrame, rules: Rules) -> Floats:
    """Return who is there now, by hour: employees spread evenly, as no feed holds a rota.

    Each works `rules.week` hours, at most the open ones; NaN where employees are not known.
    """
    people = branches.set_index("location_natural_key")["employee_count"].astype(float)
    key = found.cells["location_natural_key"]
    hours = key.map(key.value_counts()).to_numpy(dtype=float)
    there = key.map(people).to_numpy(dtype=float) * np.minimum(rules.week / hours, 1.0)
    return np.where(there > 0, np.maximum(np.floor(there + 0.5), 1.0), np.nan)


def _served(found: Arrivals, staff: Floats, rules: Rules) -> tuple[Floats, Floats, Floats]:
    """Return served in time, shape (draws, n), mean wait and share lost, shape (n,)."""
    there = np.nan_to_num(staff, nan=1.0).astype(np.int64)
    made = queue(found.day / 60, found.minutes, there, patience=rules.patience, within=rules.within)
    weight = found.day / np.maximum(found.day.sum(axis=0), 1e-12)
    is_known = np.isfinite(staff)
    wait, lost = ((values * weight).sum(axis=0) for values in (made.wait, made.lost))
    return (
        np.where(is_known, made.served_in_time, np.nan), np.where(is_known, wait, np.nan),
        np.where(is_known, lost, np.nan),
    )  # fmt: skip


@dataclass(frozen=True)
class _Case:
    found: Arrivals
    branches: pd.DataFrame
    visits: pd.DataFrame
    now: Floats


def _case(visits: Any, locations: Any, as_of: Any, rules: Rules, seed: int) -> _Case | None:
    if as_of is None:
        return None
    places = to_pandas(locations)
    need_columns(places, "location_type", "location_natural_key", "location_name",
                 "employee_count", "is_active", "close_date")  # fmt: skip
    closing = pd.to_datetime(places["close_date"])
    is_open = (places["location_type"] == "branch") & (places["is_active"] != False)  # noqa: E712
    places = places[is_open & ~(closing <= pd.Timestamp(as_of))]
    places = places.sort_values("location_natural_key", ignore_index=True)
    rows = to_pandas(visits).sort_values(
        ["location_natural_key", "visit_date", "hour_number"], ignore_index=True
    )
    rows = rows.astype({"visit_count": float, "handled_count": float, "handling_minutes": float})
    found = forecast_arrivals(
        rows, places["location_natural_key"], draws=DRAWS, rng=np.random.default_rng(seed)
    )
    return (
        None if found is None else _Case(found, places, rows, current_staff(found, places, rules))
    )


def _rules(settings: dict[str, Any]) -> Rules:
    return Rules(
        within=float(settings["within_minutes"]), patience=float(settings["patience_minutes"]),
        share=float(settings["served_share"]), least=int(settings["least_staff"]),
        part=float(settings["part_share"]), week=float(settings["week_hours"]),
        wage=float(settings["hour_amount"]), lost=float(settings["lost_amount"]),
        budget=asked_amount(settings["budget"]),
    )  # fmt: skip


@one_thread
def branch_staffing(
    visits: Any, locations: Any, clock: Any, *, within_minutes: float = 5.0,
    served_share: float = 0.9, patience_minutes: float = 20.0, least_staff: int = 2,
    part_share: float = 0.5, week_hours: float = 40.0, hour_amount: float = 28.0,
    lost_amount: float = 50.0, budget: float | str | None = None, seed: int = 20240,
    confidence: float = 0.95, currency: str = "USD",
) -> pa.Table:  # fmt: skip
    """Return `analytics_branch_staffing_optimization`: one row per branch, weekday and hour.

    Parameters
    ----------
    visits, locations, clock : relation
        ``int_branch_visit_hours``, ``dim_location``, ``data_clock``.
    within_minutes, served_share : float
        So many of the visitors of an hour are to wait no longer.
    patience_minutes : float
        Mean time after which a visitor leaves.
    least_staff : int
        People at least in an open hour.
    part_share : float
        Share of a branch's hours that may be in shifts of four.
    week_hours : float
        Of an employee, for who is there now.
    hour_amount, lost_amount : float
        Cost of an hour of staff, and of a visitor who leaves.
    budget : float, optional
        Of a week of all branches.

    Notes
    -----
    ``min w sum_p L_p x_p``, ``sum_{p covers h} x_p >= n_h`` for each open hour h,
    ``sum_short L_p x_p <= part sum L_p x_p``, x whole: shifts p of four and eight hours (of the
    whole day where it is shorter) within the open hours. ``n_h`` is the least n, and at least
    `least_staff`, of which Erlang C serves enough in time, over draws of the arrivals of a day.
    All branches together are under the budget. A plan is worth what it saves of staff and of
    visitors who leave (Erlang A) in a week: against the least staff in each hour, and against
    today's employees spread evenly over the open hours.
    """
    rules = _rules(locals())
    as_of, level = clock_date(to_pandas(clock)), float(confidence)
    case = _case(visits, locations, as_of, rules, int(seed))
    if case is None:
        return too_little(SCHEMA, as_of, location_natural_key=NOBODY, day_of_week_number=0,
                          hour_number=0)  # fmt: skip
    found, now = case.found, case.now
    plan = plan_staff(found, rules)
    made = found.cells.merge(
        case.branches[["location_natural_key", "location_name"]], on="location_natural_key"
    )
    made["day_name"] = made["day_of_week_number"].map(dict(enumerate(DAYS, start=1)))
    ends = tails(level)
    made["hourly_visit_count"] = found.rate
    made["hourly_visit_count_lower"], made["hourly_visit_count_upper"] = np.quantile(
        found.draws, ends, axis=0
    )
    made["handling_minutes"] = found.minutes
    error = held_out_error(case.visits, case.branches["location_natural_key"])
    made["held_out_error_pct"] = made["location_natural_key"].map(error)
    made["target_wait_minutes"], made["target_served_rate"] = rules.within, rules.share
    made["required_staff_count"] = plan.required
    made["shadow_price_amount"] = plan.prices
    for name, staff in (("current", now), ("recommended", plan.staff.astype(float))):
        served, wait, lost = _served(found, staff, rules)
        made[f"{name}_staff_count"] = staff
        made[f"{name}_cost_amount"] = rules.wage * staff
        made[f"{name}_served_rate"] = (served * found.day).sum(axis=0) / found.day.sum(axis=0)
        low, high = np.quantile(served, ends, axis=0)
        made[f"{name}_served_rate_lower"], made[f"{name}_served_rate_upper"] = low, high
        made[f"{name}_wait_minutes"], made[f"{name}_lost_rate"] = wait, lost
    if plan.solution.status != "optimal":
        made.loc[:, made.columns.str.startswith(("recommended_", "shadow_"))] = np.nan
    return to_table(
        made.assign(**_columns(found, plan, now, rules, level, currency, as_of)), SCHEMA
    )


@one_thread
def staffing_scenarios(
    visits: Any, locations: Any, clock: Any, *, within_minutes: float = 5.0,
    served_share: float = 0.9, patience_minutes: float = 20.0, least_staff: int = 2,
    part_share: float = 0.5, week_hours: float = 40.0, hour_amount: float = 28.0,
    lost_amount: float = 50.0, budget: float | str | None = None, seed: int = 20240,
    confidence: float = 0.95, currency: str = "USD",
) -> pa.Table:  # fmt: skip
    """Return `analytics_branch_staffing_scenarios`: other rules. Parameters: `branch_staffing`."""
    rules = _rules(locals())
    as_of, level = clock_date(to_pandas(clock)), float(confidence)
    case = _case(visits, locations, as_of, rules, int(seed))
    if case is None:
        return too_little(SCENARIO_SCHEMA, as_of, scenario_number=0, limit_name=ASKED)
    rows: list[dict[str, Any]] = []
    cases: tuple[tuple[str, dict[str, Any], float], ...] = (
        ("As recommended", {}, 1.0),
        ("Served in time 5 points less", {"share": rules.share - 0.05}, 1.0),
        ("Served in time 5 points more", {"share": min(rules.share + 0.05, 0.99)}, 1.0),
        ("Full shifts only", {"part": 0.0}, 1.0),
        ("As many short shifts as wanted", {"part": 1.0}, 1.0),
        ("A tenth more visits", {}, 1.1),
        ("A tenth fewer visits", {}, 0.9),
    )
    for name, change, factor in cases:
        other = replace(rules, **change)
        plan = plan_staff(case.found, other, factor=factor)
        rows += scenario_rows(
            len({row["scenario_number"] for row in rows}) + 1, name, plan.solution,
            _limits(plan, other),
            _columns(case.found, plan, case.now, other, level, currency, as_of, factor),
            recommended=name == "As recommended",
        )  # fmt: skip
    return scenario_table(rows)
