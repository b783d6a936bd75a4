"""How many visitors come to each branch in each hour of a usual week, and how long each takes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from financial_analytics.models.frames import need_columns

Floats = NDArray[np.float64]
LEVEL_DAYS = 56
"""The level is that of the last eight weeks; the shape of the week that of all weeks given."""
LEAST_HOURLY = 0.5
"""Visits in an open hour below which a branch has no queue to plan for."""
LEAST_WEEKS = 8
OPEN_SHARE = 0.001
"""Share of a weekday's visits from which an hour counts as one in which branches are open."""
STEADY = 1e4
"""Shape of a gamma factor that hardly varies."""
HANDLED = 200
"""Visits at which a branch's own handling time counts as much as the bank's."""
CELL = ["day_of_week_number", "hour_number"]


@dataclass(frozen=True)
class Arrivals:
    """Visits to expect in the open hours of a usual week.

    Attributes
    ----------
    cells : pandas.DataFrame, shape (n, …)
        An hour of the week of a branch: `location_natural_key`, `day_of_week_number`,
        `hour_number`, `day_count` (days that it was seen on), `visit_count` on these.
    rate : ndarray of float64, shape (n,)
        Visits to expect in the hour.
    draws : ndarray of float64, shape (draws, n)
        The same, as far as it is known.
    day : ndarray of float64, shape (draws, n)
        Of a single day: busy ones and calm ones.
    minutes : ndarray of float64, shape (n,)
        Mean handling time.
    """

    cells: pd.DataFrame
    rate: Floats
    draws: Floats
    day: Floats
    minutes: Floats


def _excess(count: Floats, expected: Floats) -> float:
    """Return the shape of a gamma factor by which counts vary more than Poisson counts."""
    spare = ((count - expected) ** 2 - expected).sum() / max((expected**2).sum(), 1e-12)
    return float(min(1 / max(spare, 1 / STEADY), STEADY))


def open_hours(visits: pd.DataFrame) -> pd.DataFrame:
    """Return branch, weekday, hour, how many days it was open on and visits then, zeros too.

    A weekday is open where the branch had visits in half of the weeks; of its days those count
    on which any branch had visits, from the branch's first day on.
    """
    dates = visits[["visit_date", "day_of_week_number"]].drop_duplicates()
    first = visits.groupby("location_natural_key")["visit_date"].min().rename("first_date")
    pairs = dates.merge(first.reset_index(), how="cross")
    pairs = pairs[pairs["visit_date"] >= pairs["first_date"]]
    keys = ["location_natural_key", "day_of_week_number"]
    days = pairs.groupby(keys).size().rename("day_count")
    came = visits.drop_duplicates(["location_natural_key", "visit_date"]).groupby(keys).size()
    weeks = (dates["visit_date"].max() - dates["visit_date"].min()).days // 7 + 1
    is_open = (came.reindex(days.index).fillna(0) >= days / 2) & (days >= min(weeks, 26) / 4)
    bank = visits.groupby(CELL)["visit_count"].sum()
    usual = bank[bank >= OPEN_SHARE * bank.groupby(level=0).transform("sum")]
    spans = usual.reset_index().groupby("day_of_week_number")["hour_number"].agg(["min", "max"])
    own = visits.groupby([*keys, "hour_number"])["visit_count"].sum()
    ends = own.reset_index().groupby(keys)["hour_number"].agg(["min", "max"])
    rows = [
        (branch, weekday, hour, int(days[branch, weekday]))
        for branch, weekday in days.index[is_open]
        for hour in range(
            max(spans.loc[weekday, "min"], ends.loc[(branch, weekday), "min"]),
            min(spans.loc[weekday, "max"], ends.loc[(branch, weekday), "max"]) + 1,
        )
    ]
    made = pd.DataFrame(rows, columns=[*keys, "hour_number", "day_count"])
    made["visit_count"] = own.reindex(pd.MultiIndex.from_frame(made[own.index.names])).to_numpy()
    made["visit_count"] = made["visit_count"].fillna(0.0)
    return made.sort_values([*keys, "hour_number"], ignore_index=True)


def handling(visits: pd.DataFrame) -> pd.Series | None:
    """Return the mean handling time of each branch, drawn to the bank's; None where not known."""
    sums = visits.groupby("location_natural_key")[["handling_minutes", "handled_count"]].sum()
    number = float(sums["handled_count"].sum())
    if number < 1 or sums["handling_minutes"].sum() <= 0:
        return None
    mean = float(sums["handling_minutes"].sum()) / number
    return (sums["handling_minutes"] + HANDLED * mean) / (sums["handled_count"] + HANDLED)


def forecast_arrivals(
    visits: pd.DataFrame, branches: pd.Series, *, draws: int, rng: np.random.Generator
) -> Arrivals | None:
    """Return the visits to expect at `branches`, None where they are too few to plan for.

    Parameters
    ----------
    visits : pandas.DataFrame
        ``int_branch_visit_hours``: a row per branch, day and hour with visits.
    branches : pandas.Series
        Keys of those that are open.
    draws : int
    rng : numpy.random.Generator

    Notes
    -----
    Rate = level of the branch x hour of the bank's week x the branch's own departure from it. The
    departures are gamma distributed about 1 with a spread that the counts themselves give
    (empirical Bayes), so that a small branch follows the bank and a large one itself. Days on or
    beside a bank holiday are no usual days. `day` has a gamma factor per day besides, fitted to
    the totals of days.
    """
    need_columns(visits, "location_natural_key", "visit_date", *CELL, "is_near_holiday",
                 "visit_count", "handled_count", "handling_minutes")  # fmt: skip
    rows = visits[visits["location_natural_key"].isin(branches)]
    minutes = handling(rows)
    rows = rows[~rows["is_near_holiday"].astype(bool)]
    rows = rows.assign(visit_date=pd.to_datetime(rows["visit_date"]))
    if minutes is None or rows.empty:
        return None
    last = rows["visit_date"].max()
    if (last - rows["visit_date"].min()).days < 7 * LEAST_WEEKS:
        return None
    cells = open_hours(rows)
    sums = cells.groupby("location_natural_key")[["visit_count", "day_count"]].sum()
    busy = sums.index[sums["visit_count"] >= LEAST_HOURLY * sums["day_count"]]
    cells = cells[cells["location_natural_key"].isin(busy)].reset_index(drop=True)
    if cells.empty:
        return None
    count, days = cells["visit_count"].to_numpy(), cells["day_count"].to_numpy(dtype=float)
    bank = cells.groupby(CELL)[["visit_count", "day_count"]].transform("sum")
    usual = (bank["visit_count"] / bank["day_count"]).to_numpy()
    whole = cells.assign(expected=usual * days).groupby("location_natural_key")
    size = (whole["visit_count"].sum() / whole["expected"].sum()).to_numpy()
    place = pd.Index(busy).get_indexer(cells["location_natural_key"])
    expected = size[place] * usual * days
    shape = _excess(count, expected)
    own = (shape + count) / (shape + expected)
    rate = size[place] * usual * own
    # the level of the last weeks, against what the whole window says of the same hours
    keys = ["location_natural_key", *CELL]
    recent = rows[rows["visit_date"] > last - pd.Timedelta(days=LEVEL_DAYS)]
    dates = recent[["visit_date", "day_of_week_number"]].drop_duplicates()
    times = dates["day_of_week_number"].value_counts()
    late = times.reindex(cells["day_of_week_number"]).fillna(0).to_numpy(dtype=float)
    was = np.bincount(place, rate * late, len(busy))
    seen = recent.merge(cells[keys], on=keys)
    now = seen.groupby("location_natural_key")["visit_count"].sum().reindex(busy).fillna(0)
    level = (now.to_numpy(dtype=float) + 0.5) / np.maximum(was + 0.5, 1e-9)
    rate = rate * level[place]
    by_day = seen.groupby(["location_natural_key", "visit_date"])["visit_count"].sum()
    weekday = pd.to_datetime(by_day.index.get_level_values(1)).dayofweek + 1
    daily = cells.assign(rate=rate).groupby(["location_natural_key", "day_of_week_number"])["rate"]
    means = daily.sum().reindex(
        pd.MultiIndex.from_arrays([by_day.index.get_level_values(0), weekday])
    )
    is_there = means.notna().to_numpy()
    steady = _excess(by_day.to_numpy(dtype=float)[is_there], means.to_numpy()[is_there])
    departures = rng.gamma(shape + count, 1 / (shape + expected), (draws, len(cells))) / own
    levels = rng.gamma(now.to_numpy() + 0.5, 1 / (now.to_numpy() + 0.5), (draws, len(busy)))
    # the bank's own week is no better known than from its visits
    _, hour = np.unique(cells[CELL].to_numpy(), axis=0, return_inverse=True)
    seen_in = np.bincount(hour, count) + 0.5
    week = rng.gamma(seen_in, 1 / seen_in, (draws, len(seen_in)))[:, hour]
    drawn = rate * departures * week * levels[:, place]
    factor = rng.gamma(steady, 1 / steady, (draws, len(busy)))
    return Arrivals(
        cells, rate, drawn, drawn * factor[:, place],
        minutes.reindex(busy).to_numpy(dtype=float)[place],
    )  # fmt: skip


def held_out_error(visits: pd.DataFrame, branches: pd.Series, days: int = 28) -> pd.Series:
    """Return by how many per cent the last days had more visits than was to be forecast before.

    By branch; NaN where it could not have been forecast.
    """
    rows = visits.assign(visit_date=pd.to_datetime(visits["visit_date"]))
    cut = rows["visit_date"].max() - pd.Timedelta(days=days)
    made = forecast_arrivals(
        rows[rows["visit_date"] <= cut], branches, draws=1, rng=np.random.default_rng(0)
    )
    none = pd.Series(np.nan, index=pd.Index(branches))
    if made is None:
        return none
    late = rows[(rows["visit_date"] > cut) & ~rows["is_near_holiday"].astype(bool)]
    times = late[["visit_date", "day_of_week_number"]].drop_duplicates()["day_of_week_number"]
    often = times.value_counts().reindex(made.cells["day_of_week_number"]).fillna(0).to_numpy()
    expected = (made.cells.assign(expected=made.rate * often)
                .groupby("location_natural_key")["expected"].sum())  # fmt: skip
    keys = ["location_natural_key", *CELL]
    came = late.merge(made.cells[keys], on=keys).groupby("location_natural_key")["visit_count"]
    error: pd.Series = 100 * (came.sum() / expected.where(expected > 0) - 1)
    return error.reindex(none.index)
