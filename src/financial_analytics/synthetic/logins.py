"""When customers log in: the trace that disengagement leaves in time (mechanism 4)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from financial_analytics.synthetic.calendar import Calendar
from financial_analytics.synthetic.churn import Life
from financial_analytics.synthetic.config import BankConfig
from financial_analytics.synthetic.customers import Customers
from financial_analytics.synthetic.frame import Floats, Ints
from financial_analytics.synthetic.rng import stream


@dataclass(frozen=True)
class Logins:
    """Last logins of one block, as if nobody ever left.

    Attributes
    ----------
    last : ndarray of int64, shape (customers, months)
        Day of the last login by the end of each month; not before sign-up.
    before : ndarray of int64, shape (customers,)
        The same on the day before the window.
    gap : ndarray of float64, shape (customers, months)
        Mean days between logins.
    """

    last: Ints
    before: Ints
    gap: Floats


def thinning(config: BankConfig, months_down: Ints) -> Floats:
    """Return how many times longer the gap between logins is, by whole months disengaged.

    Examples
    --------
    >>> thinning(BankConfig(), np.arange(5)).tolist()
    [2.0, 4.0, 6.0, 8.0, 8.0]
    """
    return np.asarray(np.minimum(config.churn.login_thinning, 2.0 + 2 * np.asarray(months_down)))


def draw_logins(
    config: BankConfig, calendar: Calendar, people: Customers, life: Life, block: int
) -> Logins:
    """Draw the last login of each month.

    Logins are a Poisson process: looking back from the end of a month the gap to the last one
    is exponential with mean ``login_gap_days``, `thinning` times that while disengaged. If it
    is longer than the month, nobody logged in, and the last login is that of the months before.
    """
    rng = stream(config.seed, "logins", block)
    n, months = people.size, calendar.months
    wait = -np.log1p(-rng.random((n, months + 1)))
    down = np.maximum(np.arange(months) - life.falling_from[:, None], 0)
    usual = config.churn.login_gap_days
    gap = usual * np.where(life.disengaged, thinning(config, down), 1.0)
    edge = calendar.first + calendar.month_first
    end = edge[1:] - 1
    day = end - (wait[:, :-1] * gap).astype(np.int64)
    before = calendar.first - 1 - (wait[:, -1] * usual).astype(np.int64)
    seen = np.where(day >= edge[:-1], day, before[:, None])
    last = np.maximum.accumulate(np.concatenate([before[:, None], seen], axis=1), axis=1)
    last = np.maximum(last, people.signup[:, None])
    return Logins(last[:, 1:], last[:, 0], gap)


def last_login(
    calendar: Calendar, people: Customers, logins: Logins, row: Ints, day: Ints, uniform: Floats
) -> Ints:
    """Return the last login of customers `row` by the end of `day`.

    It is the month's last one, if that has come; else one before it in the month, by the
    gap from `day` backwards; else the last one of the month before.
    """
    inside = np.clip(day - calendar.first, 0, calendar.days - 1)
    month = calendar.month_of_day[inside]
    start = calendar.first + calendar.month_first[month]
    end = logins.last[row, month]
    earlier = np.where(month > 0, logins.last[row, np.maximum(month - 1, 0)], logins.before[row])
    back = day - (-np.log1p(-uniform) * logins.gap[row, month]).astype(np.int64)
    found = np.where((back >= start) & (end >= start), back, earlier)
    found = np.where(end <= day, end, found)
    return np.where(day < calendar.first, people.signup[row], np.maximum(found, people.signup[row]))
