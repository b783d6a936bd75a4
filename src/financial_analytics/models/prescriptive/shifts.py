"""Shifts that give every open hour of a branch the people it needs, at the least cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from financial_analytics.models.prescriptive.arrivals import CELL, Arrivals
from financial_analytics.stats.optimize import Limit, Solution, solve
from financial_analytics.stats.queueing import queue

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
SHORT, FULL = 4, 8
"""Hours of a short and of a full shift."""
ASKED, PARTS, BUDGET = "Staff hours asked for", "Hours in short shifts", "Weekly budget"
MOST_STAFF = 500
TIE, ROUNDING = 1e-4, 1e-6
"""Hours that the choice between shifts of the same cost is worth; what a solver may be off."""


@dataclass(frozen=True)
class Rules:
    """What a plan has to keep, and what things cost.

    Attributes
    ----------
    within, patience : float
        Minutes: of wait that is asked for, and after which a visitor leaves on average.
    share : float
        Share of visitors to be served within that wait, in each hour.
    least : int
        People at least in an open hour.
    part : float
        Share of the hours that may be in short shifts.
    week : float
        Hours a week of an employee, today.
    wage, lost : float
        Cost of an hour of staff and of a visitor who leaves.
    budget : float or None
        Of a week of all branches.
    """

    within: float
    patience: float
    share: float
    least: int
    part: float
    week: float
    wage: float
    lost: float
    budget: float | None


@dataclass(frozen=True)
class Plan:
    """Staff by open hour of the week: asked for, planned, and what one person less would save."""

    required: Ints
    staff: Ints
    prices: Floats
    solution: Solution


def required_staff(rate: Floats, minutes: Floats, rules: Rules) -> Ints:
    """Return the least staff under which enough are served in time (Erlang C), by hour.

    Parameters
    ----------
    rate : ndarray of float64, shape (draws, n)
        Visits an hour; the share served is that of all draws together.
    minutes : ndarray of float64, shape (n,)

    Notes
    -----
    Patient visitors: who leaves is not counted as served.
    """
    load = np.floor(rate.mean(axis=0) * minutes / 60)
    need: Ints = np.maximum(load + 1, rules.least).astype(np.int64)
    open_ = np.arange(len(need))
    while len(open_):
        found = queue(rate[:, open_] / 60, minutes[open_], need[open_], within=rules.within)
        came = rate[:, open_].sum(axis=0)
        served = (found.served_in_time * rate[:, open_]).sum(axis=0) / np.where(came > 0, came, 1.0)
        open_ = open_[(came > 0) & (served < rules.share) & (need[open_] < MOST_STAFF)]
        need[open_] += 1
    return need


def shifts_of(hours: Sequence[int]) -> list[tuple[int, int, bool]]:
    """Return start, length and whether it is short of every shift within a day's open hours.

    Examples
    --------
    >>> shifts_of([9, 10, 11, 12, 13])
    [(9, 5, False), (9, 4, True), (10, 4, True)]
    """
    first, size = min(hours), max(hours) - min(hours) + 1
    full = min(size, FULL)
    found = [(start, full, False) for start in range(first, first + size - full + 1)]
    if full > SHORT:
        found += [(start, SHORT, True) for start in range(first, first + size - SHORT + 1)]
    return found


def plan_branch(
    cells: pd.DataFrame, rate: Floats, need: Ints, rules: Rules
) -> tuple[Ints, Floats, Solution]:
    """Return the staff of one branch by hour, what one person less would save, and the proof."""
    weekday, hour = (cells[name].to_numpy() for name in CELL)
    every = [
        (day, *shift) for day in np.unique(weekday) for shift in shifts_of(hour[weekday == day])
    ]
    day, start, size, short = (np.array(part) for part in zip(*every, strict=True))
    covers = (
        (weekday[:, None] == day)
        & (hour[:, None] >= start)
        & (hour[:, None] < start + size)
    ).astype(float)  # fmt: skip
    # of shifts that cost the same the one that more visitors meet: worth less than any hour
    busy = rate @ covers / max(float(rate.sum()), 1e-12)
    names = [f"{d} {h}" for d, h in zip(weekday, hour, strict=True)]
    asked = [Limit(name, -row, -float(n)) for name, row, n in zip(names, covers, need, strict=True)]
    parts = Limit(PARTS, size * (short - rules.part), 0.0)
    found = solve(TIE * busy - size, [*asked, parts], whole=True)
    staff = np.round(covers @ found.amounts).astype(np.int64)
    prices = {name: rules.wage * round(price, 2) for name, price in found.prices.items()}
    proof = Solution(
        "optimal", found.amounts, -rules.wage * float(staff.sum()),
        # whole hours: what is worth less than the next is worth this
        rules.wage * float(np.floor(found.bound + ROUNDING)),
        {PARTS: prices[PARTS]}, {PARTS: float(size[short] @ found.amounts[short])},
        (PARTS,) if prices[PARTS] > 0 else (), {},
    )  # fmt: skip
    return staff, np.array([prices[name] for name in names]), proof


def plan_staff(found: Arrivals, rules: Rules, *, factor: float = 1.0) -> Plan:
    """Return the cheapest shifts of all branches, or which limit has to give.

    Parameters
    ----------
    factor : float, default 1
        Visits in parts of those forecast.
    """
    need = required_staff(found.day * factor, found.minutes, rules)
    staff, prices = np.zeros_like(need), np.zeros(len(need))
    value = bound = short = price = 0.0
    at_limit = False
    for rows in found.cells.groupby("location_natural_key").indices.values():
        part = found.cells.iloc[rows]
        staff[rows], prices[rows], one = plan_branch(part, found.rate[rows], need[rows], rules)
        value, bound = value + one.value, bound + one.bound
        short += one.used[PARTS]
        price = max(price, one.prices[PARTS])
        at_limit |= PARTS in one.binding
    cost = -value
    used = {ASKED: float(staff.sum()), PARTS: short}
    dear = {ASKED: float(prices.max(initial=0.0)), PARTS: price}
    binding = [ASKED] if (prices > 0).any() else []
    binding += [PARTS] if at_limit else []
    if rules.budget is not None:
        used[BUDGET], dear[BUDGET] = cost, 0.0
        if cost > rules.budget:
            none = Solution("infeasible", np.full(len(need), np.nan), np.nan, np.nan, {}, {}, (),
                            {BUDGET: cost - rules.budget})  # fmt: skip
            return Plan(need, staff, prices, none)
    proof = Solution(
        "optimal", staff.astype(np.float64), value, bound, dear, used, tuple(binding), {}
    )
    return Plan(need, staff, prices, proof)
