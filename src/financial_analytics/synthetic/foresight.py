"""What could be known of churn: a filter of the hidden state, and chances of leaving soon."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import gammainc, gammaln

from financial_analytics.synthetic.calendar import Calendar
from financial_analytics.synthetic.churn import Life
from financial_analytics.synthetic.config import BankConfig
from financial_analytics.synthetic.frame import Floats, Ints
from financial_analytics.synthetic.logins import Logins, thinning
from financial_analytics.synthetic.outlook import Outlook

HORIZONS = (1, 3, 6, 12)
"""Months ahead of the chances of leaving."""
ENGAGED, DISENGAGED, RECOVERED, BUYING = 0, 1, 2, 3


@dataclass(frozen=True)
class Seen:
    """What the feeds tell of activity, by customer and month.

    Attributes
    ----------
    bought, served : ndarray of int64, shape (customers, months)
        Purchases that approval of credit did not add, and services, refused ones too.
    buys, serves : ndarray of float64
        Their expected numbers, were the customer engaged and still buying.
    boost : ndarray of float64
        Factor of mobile and adoption within `buys`: what they add ends nobody's buying.
    """

    bought: Ints
    served: Ints
    buys: Floats
    serves: Floats
    boost: Floats


def _likelihoods(config: BankConfig, seen: Seen) -> tuple[Floats, Floats, Floats]:
    """Return the likelihood of a month's activity, relative to the engaged buyer's.

    Two arrays of shape (activity, customers, months) for who still buys at the month's end and
    for who stops in it, activity being full or fallen; and one of shape (customers, months) of
    seeing no purchase from who had stopped, relative to the same.
    """
    left = np.array([1.0, config.churn.falling_activity])[:, None, None]
    x, served = seen.bought, seen.served
    a, b = config.purchase.dropout_a, config.purchase.dropout_b
    own = x / seen.boost
    before = np.cumsum(own, axis=1) - own
    buys, serves = left * seen.buys, left * seen.serves

    def log_poisson(count: Ints, mean: Floats) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(count > 0, count * np.log(mean), 0.0) - mean

    services = log_poisson(served, serves)
    silent = np.where(x > 0, -np.inf, services)
    alive = services + log_poisson(x, buys)
    stops = np.full_like(alive, -np.inf)
    some = np.nonzero(x > 0)
    n, o, f = before[some], own[some], 1 / seen.boost[some]
    if a > 0:
        stays = gammaln(b + n + o) + gammaln(a + b + n) - gammaln(b + n) - gammaln(a + b + n + o)
        odds = a / (b + n + np.maximum(o - f, 0.0)) * f
        for level in range(len(left)):
            place = (level, some[0], some[1])
            alive[place] += stays
            with np.errstate(divide="ignore"):
                # x purchases of which the last ends it, and any number that would have followed
                more = np.log(gammainc(x[some], buys[place]) * odds)
            stops[place] = services[place] + more + gammaln(x[some] + 1.0) + stays
    top = np.maximum(np.maximum(alive.max(axis=0), stops.max(axis=0)), silent.max(axis=0))
    top = np.where(np.isfinite(top), top, 0.0)
    return np.exp(alive - top), np.exp(stops - top), np.exp(silent - top)


def filter_state(
    config: BankConfig,
    calendar: Calendar,
    life: Life,
    logins: Logins,
    seen: Seen,
    signup: Ints,
) -> Floats:
    """Return the chance of each state at the end of each month, given the feeds until then.

    A hidden Markov model with the bank's own parameters, and each customer's own rates of
    purchases and services, known. States are: not yet disengaged, disengaged for
    k months, recovered; each still buying, or not (BG/NBD: with n purchases behind,
    the next is the last with chance ``a / (a + b + n)``). Seen are the month's purchases and
    services, the days since the last login at its end, and that the customer is still there.

    Returns
    -------
    ndarray of float64, shape (customers, months, 4)
        Chances of `ENGAGED` (never yet disengaged), `DISENGAGED` and `RECOVERED`, and of `BUYING`.
    """
    n, months = life.hazard.shape
    effect = config.churn
    steps = max(int(np.ceil((effect.login_thinning - 2) / 2)), 0) + 1
    factor = np.concatenate([[1.0], thinning(config, np.arange(steps)), [1.0]])
    fallen = np.zeros(len(factor), dtype=np.int64)
    fallen[1:-1] = 1
    falls, stays = effect.disengage_rate, 1 - 1 / effect.disengage_months
    alive, stops, silent = _likelihoods(config, seen)
    edge = calendar.first + calendar.month_first
    # two layers: who still buys, and who has stopped
    weight = np.zeros((2, n, len(factor)))
    weight[0, :, 0] = 1.0
    out = np.zeros((n, months, 4))
    at_risk = ~np.isnan(life.hazard)
    began = np.zeros(n, dtype=np.bool_)
    deeper = np.exp(effect.falling_effect * fallen)
    # days without a login are geometric
    gap = effect.login_gap_days * factor
    ends = -np.expm1(-1 / gap)
    for month in range(months):
        moved = weight.copy()
        moved[..., 0] = weight[..., 0] * (1 - falls)
        moved[..., 1] = weight[..., 0] * falls
        moved[..., 2:-1] = weight[..., 1:-2] * stays
        moved[..., steps] += weight[..., steps] * stays
        moved[..., -1] = weight[..., -1] + weight[..., 1:-1].sum(axis=-1) * (1 - stays)
        weight = np.where(began[:, None], moved, weight)
        # who signed up in the month cannot have disengaged, and shows no whole month
        days = edge[month + 1] - edge[month]
        waited = (edge[month + 1] - 1 - logins.last[:, month])[:, None]
        told = np.exp(-np.minimum(waited, days) / gap) * np.where(waited < days, ends, 1.0)
        told = np.where(began[:, None], told, 1.0)
        eta = np.where(at_risk[:, month], life.usual_hazard[:, month], 0.0)
        told *= np.exp(-eta[:, None] * deeper)
        buying = weight[0] * alive[fallen, :, month].T
        stopped = weight[0] * stops[fallen, :, month].T + weight[1] * silent[fallen, :, month].T
        weight = np.stack([buying * told, stopped * told])
        total = weight.sum(axis=(0, 2))
        weight /= np.where(total > 0, total, 1.0)[:, None]
        state = weight.sum(axis=0)
        out[:, month, ENGAGED] = state[:, 0]
        out[:, month, DISENGAGED] = state[:, 1:-1].sum(axis=1)
        out[:, month, RECOVERED] = state[:, -1]
        out[:, month, BUYING] = weight[0].sum(axis=1)
        began |= signup < edge[month + 1]
    return out


def true_state(life: Life) -> Floats:
    """Return the state of each customer and month, as `filter_state` would if it knew."""
    grid = np.arange(life.hazard.shape[1])
    recovered = (grid >= life.falling_from[:, None]) & ~life.disengaged
    engaged = ~life.disengaged & ~recovered
    return np.stack([engaged, life.disengaged, recovered], axis=-1).astype(np.float64)


def leave_chances(
    config: BankConfig, outlook: Outlook, states: Sequence[Floats]
) -> list[list[Floats]]:
    """Return the chance of leaving within each of `HORIZONS` after each month.

    Parameters
    ----------
    outlook : Outlook
        Expected hazards of the months ahead of who is not disengaged.
    states : sequence of ndarray of float64, shape (customers, months, 3)
        Chance of each state at the end of the month: 0 or 1, or from `filter_state`.

    Returns
    -------
    list of list of ndarray of float64, shape (customers, months)
        By state and horizon. Complaints, fees, enrolments and retention contacts to come are
        averaged over; where the customer lives, what market rates do and whether savings are held
        is taken as it comes.
    """
    effect = config.churn
    falls, stays = effect.disengage_rate, 1 - 1 / effect.disengage_months
    deeper = np.exp(effect.falling_effect)
    now = [tuple(state[..., k] for k in range(3)) for state in states]
    total = [engaged + down + back for engaged, down, back in now]
    found: list[list[Floats]] = [[] for _ in states]
    for ahead in range(1, max(HORIZONS) + 1):
        eta = outlook.at(ahead)
        usual, deep = np.exp(-eta), np.exp(-eta * deeper)
        for place, (engaged, down, back) in enumerate(now):
            falling = engaged * falls
            now[place] = (
                (engaged - falling) * usual,
                (falling + down * stays) * deep,
                (back + down * (1 - stays)) * usual,
            )
            if ahead in HORIZONS:
                found[place].append(total[place] - sum(now[place]))
    return found
