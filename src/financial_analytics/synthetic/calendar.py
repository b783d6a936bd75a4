"""Days, months, bank holidays and the intensity of activity on each day."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from financial_analytics.synthetic.catalog import WEEKDAY_LOG
from financial_analytics.synthetic.config import BankConfig
from financial_analytics.synthetic.frame import Bools, Floats, Ints

EPOCH = dt.date(1970, 1, 1).toordinal()


def day_number(date: dt.date) -> int:
    """Return `date` as days since 1970."""
    return date.toordinal() - EPOCH


def _nth(year: int, month: int, weekday: int, nth: int) -> dt.date:
    first = dt.date(year, month, 1)
    return first + dt.timedelta((weekday - first.weekday()) % 7 + 7 * (nth - 1))


def bank_holidays(first_year: int, last_year: int) -> list[tuple[dt.date, str]]:
    """Return the Federal Reserve holidays of the years given.

    A holiday on Sunday moves to Monday; one on Saturday does not move.
    Juneteenth is a bank holiday from 2021.

    Examples
    --------
    >>> [str(day) for day, name in bank_holidays(2023, 2023)][:2]
    ['2023-01-02', '2023-01-16']
    """
    found: list[tuple[dt.date, str]] = []
    for year in range(first_year, last_year + 1):
        last_monday = max(
            day for day in (_nth(year, 5, 0, n) for n in range(1, 6)) if day.month == 5
        )
        fixed = [
            (1, 1, "New Year's Day"), (7, 4, "Independence Day"),
            (11, 11, "Veterans Day"), (12, 25, "Christmas Day"),
        ]  # fmt: skip
        if year >= 2021:
            fixed.append((6, 19, "Juneteenth National Independence Day"))
        days = [(dt.date(year, month, day), name) for month, day, name in fixed]
        days = [(day + dt.timedelta(day.weekday() == 6), name) for day, name in days]
        days += [
            (_nth(year, 1, 0, 3), "Birthday of Martin Luther King, Jr."),
            (_nth(year, 2, 0, 3), "Washington's Birthday"),
            (last_monday, "Memorial Day"),
            (_nth(year, 9, 0, 1), "Labor Day"),
            (_nth(year, 10, 0, 2), "Columbus Day"),
            (_nth(year, 11, 3, 4), "Thanksgiving Day"),
        ]
        found += sorted(days)
    return found


@dataclass(frozen=True)
class Calendar:
    """The simulated days: the window, and the stream's days after it.

    Attributes
    ----------
    first, last, horizon : int
        Days since 1970 of the window's first and last day and of the last
        simulated day.
    month_of_day : ndarray of int64, shape (days,)
        Month index of each simulated day.
    month_first : ndarray of int64, shape (months + 1,)
        Day index on which each month starts; the last entry is the day count.
    month_code : ndarray of int64, shape (months,)
        Months since 1970.
    month_start, month_length : ndarray of int64, shape (months,)
        First day (since 1970) and length of the whole calendar month, of which the
        simulation may hold a part: what falls outside did not happen.
    intensity : ndarray of float64, shape (days,)
        Activity of the day, mean 1 over the window.
    cumulative : ndarray of float64, shape (days + 1,)
        Activity up to the start of each day.
    step : float
        Less than the activity of any day.
    day_of_step : ndarray of int64
        Day in which each multiple of `step` falls.
    holiday : ndarray of bool, shape (days,)
    """

    first: int
    last: int
    horizon: int
    month_of_day: Ints
    month_first: Ints
    month_code: Ints
    month_start: Ints
    month_length: Ints
    intensity: Floats
    cumulative: Floats
    step: float
    day_of_step: Ints
    holiday: Bools

    @property
    def days(self) -> int:
        """Number of simulated days."""
        return self.horizon - self.first + 1

    @property
    def months(self) -> int:
        """Number of (possibly partial) simulated months."""
        return len(self.month_code)

    def day_at(self, level: Floats) -> Ints:
        """Return the day index in which cumulative activity reaches `level`.

        A bisection for each event would take ten times as long.
        """
        day = self.day_of_step.take((level / self.step).astype(np.int64), mode="clip")
        stop = np.append(self.cumulative[1:-1], np.inf)
        ahead = level >= stop.take(day)
        while ahead.any():
            day += ahead
            ahead = level >= stop.take(day)
        return day

    def holds(self, day: Ints) -> Bools:
        """Say which days are simulated."""
        return np.asarray((day >= self.first) & (day <= self.horizon))

    @property
    def years(self) -> float:
        """Length of the simulation in years."""
        return self.days / 365.25


def build_calendar(config: BankConfig) -> Calendar:
    """Return the days of the bank and their intensity.

    The log intensity of day d is linear,
    ``weekday_effect * w[weekday] + season_effect * cos(2 pi (doy - 350) / 365.25) +
    payday_effect * payday + holiday_effect * holiday + trend_effect * years``, so that a
    Poisson regression of daily counts recovers every effect.
    """
    effect = config.purchase
    first, last = day_number(config.start), day_number(config.end)
    days = np.arange(first, last + config.stream.days + 1)
    stamps = days.astype("datetime64[D]")
    months = stamps.astype("datetime64[M]").astype(np.int64)
    codes, starts, month_of_day = np.unique(months, return_index=True, return_inverse=True)
    weekday = (days + 3) % 7
    day_of_month = days - stamps.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    day_of_year = days - stamps.astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64)
    last_year = config.end.year + config.stream.days // 365 + 1
    closed = {day_number(day) for day, _ in bank_holidays(config.start.year, last_year)}
    holiday = np.isin(days, list(closed))
    payday = np.isin(day_of_month, (0, 14))
    log = (
        effect.weekday_effect * WEEKDAY_LOG[weekday]
        + effect.season_effect * np.cos(2 * np.pi * (day_of_year - 349) / 365.25)
        + effect.payday_effect * payday
        + effect.holiday_effect * holiday
        + effect.trend_effect * (days - first) / 365.25
    )
    intensity = np.exp(log)
    intensity /= intensity[: last - first + 1].mean()
    cumulative = np.concatenate([[0.0], np.cumsum(intensity)])
    step = max(float(intensity.min()) / 2, float(cumulative[-1]) / 2**16)
    # a hair early, so that rounding never starts past the day
    places = np.arange(int(cumulative[-1] / step) + 1) * step * (1 - 1e-12)
    day_of_step = np.searchsorted(cumulative, places, side="right") - 1
    edge = np.append(codes, codes[-1] + 1).astype("datetime64[M]")
    edge = edge.astype("datetime64[D]").astype(np.int64)
    return Calendar(
        first=first,
        last=last,
        horizon=int(days[-1]),
        month_of_day=month_of_day.astype(np.int64),
        month_first=np.append(starts, len(days)).astype(np.int64),
        month_code=codes,
        month_start=edge[:-1],
        month_length=np.diff(edge),
        intensity=intensity,
        cumulative=cumulative,
        step=step,
        day_of_step=day_of_step.astype(np.int64),
        holiday=holiday,
    )
