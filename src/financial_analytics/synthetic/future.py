"""Three years that are in no feed: when customers leave, what they buy and are worth until then."""

from __future__ import annotations

import dataclasses
import datetime as dt
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from financial_analytics.synthetic import catalog
from financial_analytics.synthetic.calendar import build_calendar
from financial_analytics.synthetic.config import BankConfig, Stream
from financial_analytics.synthetic.foresight import DISENGAGED, ENGAGED, RECOVERED
from financial_analytics.synthetic.frame import NULL, Bools, Floats, Ints
from financial_analytics.synthetic.margin import INTERCHANGE_SHARE
from financial_analytics.synthetic.outlook import FUTURE_MONTHS
from financial_analytics.synthetic.rng import stream
from financial_analytics.synthetic.services import FEE_SIZES, FEES

SPANS = (12, 36)
"""Months of the two futures."""


@dataclass(frozen=True)
class Prospects:
    """What the future of the customers of a block hangs on, as of the end of the window.

    Attributes
    ----------
    here : ndarray of bool, shape (customers,)
        Still there.
    hazard : ndarray of float64, shape (customers, FUTURE_MONTHS)
        Cumulative hazard of leaving in each month of who is not disengaged.
    buys : ndarray of float64, shape (customers, FUTURE_MONTHS)
        Expected purchases of who is engaged and still buying.
    boost : ndarray of float64, shape (customers, 1)
        Of which one in `boost` may end the buying.
    ticket, spread : ndarray of float64, shape (customers,)
        Mean of a purchase that is posted and kept, USD, and its squared coefficient of variation.
    interest : ndarray of float64, shape (customers,)
        Interest margin of a month, USD: the mean of the window's last three.
    """

    here: Bools
    hazard: Floats
    buys: Floats
    boost: Floats
    ticket: Floats
    spread: Floats
    interest: Floats


@dataclass(frozen=True)
class Future:
    """One draw of the future, and what was to be expected; arrays are per customer.

    Attributes
    ----------
    leave : ndarray of int64
        Day of leaving, or NULL.
    purchases, margin : ndarray of float64, shape (customers, FUTURE_MONTHS)
    """

    leave: Ints
    purchases: Floats
    margin: Floats


@lru_cache(maxsize=4)
def future_months(config: BankConfig) -> tuple[Ints, Floats]:
    """Return the first days of the months after the window, and the activity in each."""
    last = config.end + dt.timedelta(31 * (FUTURE_MONTHS + 2))
    longer = build_calendar(dataclasses.replace(config, end=last, stream=Stream(0)))
    window = (config.end - config.start).days + 1
    activity = longer.intensity / longer.intensity[:window].mean()
    edge = longer.month_first[longer.month_first >= window][: FUTURE_MONTHS + 1]
    total = np.concatenate([[0.0], np.cumsum(activity)])
    return longer.first + edge, np.diff(total[edge])


def fee_margin(config: BankConfig) -> float:
    """Return the fees that a month is expected to bring, USD."""
    share = np.diff(np.concatenate([[0.0], FEE_SIZES, [1.0]]))
    return float(config.churn.fee_rate * (share @ FEES) / 100)


def expected_future(
    config: BankConfig, prospects: Prospects, state: Floats, buying: Floats, still: Floats
) -> tuple[Floats, Floats]:
    """Return expected purchases and margin of each month to come.

    Parameters
    ----------
    state : ndarray of float64, shape (customers, 3)
        Chances of being engaged, disengaged and recovered at the end of the window.
    buying : ndarray of float64, shape (customers,)
        Chance of still buying.
    still : ndarray of float64, shape (customers, FUTURE_MONTHS)
        Mean share of `buys` that the end of buying leaves.

    Returns
    -------
    ndarray of float64, shape (customers, FUTURE_MONTHS)
        Purchases.
    ndarray of float64, shape (customers, FUTURE_MONTHS)
        Margin, USD.
    """
    effect = config.churn
    falls, stays = effect.disengage_rate, 1 - 1 / effect.disengage_months
    deeper = np.exp(effect.falling_effect)
    engaged, down, back = state[:, ENGAGED], state[:, DISENGAGED], state[:, RECOVERED]
    bought = np.zeros_like(prospects.buys)
    there = np.zeros_like(prospects.buys)
    for ahead in range(1, FUTURE_MONTHS + 1):
        engaged, down, back = (
            engaged * (1 - falls), engaged * falls + down * stays, back + down * (1 - stays),
        )  # fmt: skip
        eta = prospects.hazard[:, ahead - 1]
        usual, deep = np.exp(-eta), np.exp(-eta * deeper)
        # who leaves does so in the middle of a month on average
        up, low = (engaged + back) * (1 + usual) / 2, down * (1 + deep) / 2
        bought[:, ahead - 1] = up + effect.falling_activity * low
        there[:, ahead - 1] = up + low
        engaged, down, back = engaged * usual, down * deep, back * usual
    bought *= prospects.buys * still * buying[:, None]
    margin = INTERCHANGE_SHARE * prospects.ticket[:, None] * bought
    margin += (prospects.interest + fee_margin(config))[:, None] * there
    return bought, margin


def draw_future(
    config: BankConfig, prospects: Prospects, state: Ints, left_to_buy: Floats, block: int
) -> Future:
    """Draw one future of `FUTURE_MONTHS` whole months after the window.

    Another continuation of the processes of the bank than the days of its live stream: customers
    disengage, recover and leave by the hazards of `churn.draw_life` (complaints, fees and
    enrolments to come are averaged over), buy until their last purchase, pay fees. Amounts of
    a month are gamma with the mean and variance of a sum of purchases; balances stay.

    Parameters
    ----------
    state : ndarray of int64, shape (customers,)
        `ENGAGED`, `DISENGAGED` or `RECOVERED` at the end of the window.
    left_to_buy : ndarray of float64, shape (customers,)
        Purchases that BG/NBD leaves; 0 for who has dropped out.
    """
    rng = stream(config.seed, "future", block)
    n = len(prospects.here)
    u = rng.random((3, FUTURE_MONTHS, n))
    effect = config.churn
    edge, _ = future_months(config)
    leave = np.full(n, NULL)
    there = np.zeros((n, FUTURE_MONTHS))
    level = np.zeros((n, FUTURE_MONTHS))
    alive, now = prospects.here.copy(), state.copy()
    for month in range(FUTURE_MONTHS):
        falls = (now == ENGAGED) & (u[0, month] < effect.disengage_rate)
        heals = (now == DISENGAGED) & (u[0, month] < 1 / effect.disengage_months)
        now = np.where(falls, DISENGAGED, np.where(heals, RECOVERED, now))
        down = now == DISENGAGED
        eta = prospects.hazard[:, month]
        hazard = -np.expm1(-eta * np.where(down, np.exp(effect.falling_effect), 1.0))
        goes = alive & (u[1, month] < hazard)
        days = edge[month + 1] - edge[month]
        offset = (u[2, month] * days).astype(np.int64)
        leave = np.where(goes, edge[month] + offset, leave)
        there[:, month] = np.where(goes, offset / days, alive)
        level[:, month] = there[:, month] * np.where(down, effect.falling_activity, 1.0)
        alive &= ~goes
    purchases = rng.poisson(prospects.buys * level)
    own = rng.binomial(purchases, 1 / prospects.boost)
    until = np.cumsum(own, axis=1)
    room = np.clip((left_to_buy[:, None] - (until - own)) / np.maximum(own, 1), 0, 1)
    room = np.where((left_to_buy[:, None] <= until - own), 0.0, room)
    kept = np.ceil(purchases * room)
    with np.errstate(divide="ignore", invalid="ignore"):
        shape = kept / prospects.spread[:, None]
    spend = rng.gamma(np.maximum(shape, 1e-12)) * (prospects.ticket * prospects.spread)[:, None]
    fees = rng.poisson(config.churn.fee_rate * there) * fee_margin(config)
    fees = fees / max(config.churn.fee_rate, 1e-12)
    margin = INTERCHANGE_SHARE * np.where(kept > 0, spend, 0.0) + fees
    return Future(leave, kept, margin + prospects.interest[:, None] * there)


def amount_moments(config: BankConfig, archetype: Ints, mix: Floats) -> tuple[Floats, Floats]:
    """Return the mean of a purchase and its squared coefficient of variation, by customer."""
    sigma = config.purchase.amount_sigma * catalog.CATEGORY_SIGMA
    mean = mix @ np.exp(catalog.CATEGORY_MU + sigma**2 / 2)
    square = mix @ np.exp(2 * catalog.CATEGORY_MU + 2 * sigma**2)
    return mean[archetype], (square / mean**2 - 1)[archetype]
