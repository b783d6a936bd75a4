"""The best that a marketing budget could buy, were the response curves known (mechanism 8)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from financial_analytics.synthetic import catalog
from financial_analytics.synthetic.campaigns import (
    CHANNEL_LIFT,
    EVERYBODY,
    HALF_SPEND,
    Plan,
    audience_shares,
)
from financial_analytics.synthetic.config import BankConfig
from financial_analytics.synthetic.frame import Floats, Ints

SMALLEST = 1e-12


@dataclass(frozen=True)
class Budget:
    """Expected contacts by channel, and what the money does as planned and at its best.

    Attributes
    ----------
    audience : ndarray of float64, shape (channels,)
        Expected contacts of all sales campaigns, held out customers not counted.
    top_lift : ndarray of float64, shape (channels,)
        Mean over the audience of the most that a contact can add to conversion.
    spend : float
        USD of the plan.
    planned, best : float
        Expected conversions that contacts add, as planned and with `best_spend`.
    best_spend : ndarray of float64, shape (channels,)
        USD per contact.
    """

    audience: Floats
    top_lift: Floats
    spend: float
    planned: float
    best: float
    best_spend: Floats


def best_spend(audience: Floats, top_lift: Floats, half_spend: Floats, spend: float) -> Floats:
    """Return the spend per contact by channel that adds most conversions for `spend` in all.

    ``sum(audience * top_lift * x / (x + half_spend))`` is concave, so at its best a further
    dollar adds the same everywhere it is spent: ``x = sqrt(top_lift half_spend / m) - half_spend``
    where that is positive, with the multiplier m that meets the budget (Karush-Kuhn-Tucker).

    Examples
    --------
    >>> best_spend(np.ones(2), np.array([0.1, 0.1]), np.array([1.0, 1.0]), 4.0).tolist()
    [2.0, 2.0]
    """
    live = audience * top_lift > 0
    if spend <= 0 or not live.any():
        return np.zeros(len(audience))

    def spends(log_price: float) -> Floats:
        wanted = np.sqrt(top_lift * half_spend / np.exp(log_price)) - half_spend
        return np.where(live, np.maximum(wanted, 0.0), 0.0)

    highest = float(np.log(np.max(top_lift[live] / half_spend[live])))
    price = brentq(
        lambda at: float(audience @ spends(at)) - spend, highest - 60.0, highest, xtol=SMALLEST
    )
    return np.round(spends(price), 9)


def plan_budget(config: BankConfig, plan: Plan, segment: Ints) -> Budget:
    """Return the budget of the sales campaigns of a plan.

    Parameters
    ----------
    segment : ndarray of int64, shape (customers,)
        Segments of some customers, who stand for all.
    """
    size = len(catalog.SEGMENTS)
    share = np.bincount(segment, minlength=size) / max(len(segment), 1)
    sells = np.flatnonzero(~plan.retention)
    asked = (plan.target[sells, None] == EVERYBODY) | (plan.target[sells, None] == np.arange(size))
    spared = config.campaigns.holdout_share * plan.randomised[sells]
    contacts = asked * share * config.customers * audience_shares(config, plan)[sells, None]
    contacts *= (1 - spared)[:, None]
    channel = plan.channel[sells]
    number = len(HALF_SPEND)
    audience = np.bincount(channel, contacts.sum(axis=1), minlength=number).astype(np.float64)
    weighted = np.bincount(channel, contacts @ catalog.SEGMENT_LIFT, minlength=number)
    mean = weighted / np.maximum(audience, SMALLEST)
    top = config.campaigns.lift * CHANNEL_LIFT * mean
    spend = float(contacts.sum(axis=1) @ plan.spend[sells])
    best = best_spend(audience, top, HALF_SPEND, spend)
    return Budget(
        audience=audience,
        top_lift=top,
        spend=spend,
        planned=float((contacts * plan.lift[sells]).sum()),
        best=float(audience @ (top * best / (best + HALF_SPEND))),
        best_spend=best,
    )
