"""A branch's desk event by event, and the arrivals that are planted in the lab bank `branches`."""

from __future__ import annotations

import heapq

import numpy as np
import pandas as pd

from financial_analytics.synthetic.interactions import MINUTES, VISIT
from tests.support.synthetic_lab import Bank

HOLIDAY_REACH = pd.Timedelta(days=1)


def visit_hours(bank: Bank, as_of: str) -> pd.DataFrame:
    """Return what int_branch_visit_hours holds."""
    rows = bank.feed("customer_interactions")
    rows = rows[rows["interaction_type"] == "Branch Visit"]
    at = pd.to_datetime(rows["interaction_date"])
    day, clock = at.dt.normalize(), pd.Timestamp(as_of)
    holidays = pd.to_datetime(bank.feed("bank_holidays")["holiday_date"])
    near = pd.concat([holidays, holidays - HOLIDAY_REACH, holidays + HOLIDAY_REACH])
    rows = rows.assign(
        location_natural_key=rows["branch_id"].astype(int), visit_date=day,
        day_of_week_number=at.dt.dayofweek + 1, hour_number=at.dt.hour,
        is_near_holiday=day.isin(near),
    )[(day <= clock) & (day > clock - pd.Timedelta(days=182))]  # fmt: skip
    keys = ["location_natural_key", "visit_date", "day_of_week_number", "hour_number"]
    sums = rows.groupby([*keys, "is_near_holiday"])["duration_minutes"]
    return sums.agg(visit_count="size", handled_count="count", handling_minutes="sum").reset_index()


def places(bank: Bank) -> pd.DataFrame:
    """Return branches as in dim_location."""
    newest = bank.feed("branch_locations").sort_values("updated_at").groupby("branch_id").last()
    return pd.DataFrame(
        {
            "location_type": "branch", "location_natural_key": newest.index.astype(int),
            "location_name": newest["branch_name"].to_numpy(),
            "employee_count": newest["num_employees"].to_numpy(),
            "is_active": newest["is_active"].to_numpy(),
            "close_date": pd.to_datetime(newest["close_date"]).to_numpy(),
        }
    )  # fmt: skip


def planted_rates(bank: Bank, month: str) -> pd.Series:
    """Return visits to expect in a usual week of a month, by branch, weekday and hour."""
    table = bank.truth("expected_visits")
    start = pd.to_datetime(table["month_start"])
    days = pd.Timestamp(month).days_in_month
    rows = table[start == pd.Timestamp(month)].set_index("branch_id")["expected_visits"] / days
    week = np.array(bank.parameters["visit_week"])
    cells = [(day, hour) for day in range(1, 8) for hour in range(24)]
    keys = [(branch, *cell) for branch in rows.index for cell in cells]
    return pd.Series(np.outer(rows, week.ravel()).ravel(), pd.MultiIndex.from_tuples(keys))


def planted_minutes(rng: np.random.Generator, size: int) -> np.ndarray:
    """Draw handling times as the bank does: log-normal, longer where it escalates."""
    share = 0.05 + 0.15 * 0.20  # a fifth of the reasons are complaints
    escalated = rng.random(size) < share
    minutes = MINUTES[VISIT] * np.exp(0.55 * rng.standard_normal(size) + 0.4 * escalated)
    return np.clip(minutes, 0.5, 240)


def run_day(
    rates: np.ndarray, staff: np.ndarray, rng: np.random.Generator, patience: float | None = None
) -> np.ndarray:
    """Return the minutes that each visitor of a day waits.

    Parameters
    ----------
    rates, staff : ndarray, shape (24,)
        Visits expected and people at the desk, by hour. Who has begun to serve ends it.
    rng : numpy.random.Generator
    patience : float, optional
        Mean minutes after which who still waits leaves: his wait is infinite.
    """
    counts = rng.poisson(rates)
    at = np.sort(np.repeat(np.arange(24) * 60.0, counts) + 60 * rng.random(counts.sum()))
    minutes = planted_minutes(rng, len(at))
    leaves = np.full(len(at), np.inf) if patience is None else rng.exponential(patience, len(at))
    waits = np.empty(len(at))
    busy: list[float] = []  # when who serves will be free
    clock = 0.0
    for k, came in enumerate(at):
        clock = max(clock, came)
        while True:
            while busy and busy[0] <= clock:
                heapq.heappop(busy)
            hour = min(int(clock // 60), 23)
            if len(busy) < staff[hour]:
                break
            # the next moment at which somebody is free, or more people come
            clock = min([60.0 * (hour + 1), *busy[:1]])
            if clock >= 24 * 60:
                break
        waits[k] = clock - came
        if waits[k] > leaves[k]:
            waits[k], clock = np.inf, came
            continue
        heapq.heappush(busy, clock + minutes[k])
    return waits
