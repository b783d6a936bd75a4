"""Contacts that should keep customers, and whom they keep (mechanisms 4 and 8)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from financial_analytics.synthetic.calendar import Calendar
from financial_analytics.synthetic.campaigns import (
    ACTIONS,
    EVERYBODY,
    Plan,
    Touches,
    audience_shares,
)
from financial_analytics.synthetic.config import BankConfig
from financial_analytics.synthetic.customers import HOME_SHARE, OPT_IN_SHARE, Customers
from financial_analytics.synthetic.frame import DAY, Bools, Floats

CALL, BONUS, WAIVER = range(len(ACTIONS))
OWNS = 0
"""Place of home owners without a mortgage in ``catalog.HOME``."""


@dataclass(frozen=True)
class Retention:
    """Contacts of one block by action, as if nobody ever left.

    Attributes
    ----------
    contacted, reached : ndarray of bool, shape (actions, customers, months)
        In which months a contact was, and in which it was or was held out.
    mean : ndarray of float64, shape (actions, customers, months)
        Expected contacts.
    effect : ndarray of float64, shape (actions, customers, 1)
        On the log churn hazard of the three months after a contact.
    """

    contacted: Bools
    reached: Bools
    mean: Floats
    effect: Floats


def retention_effects(config: BankConfig, people: Customers) -> Floats:
    """Return the effect of each action on the log churn hazard of each customer.

    All have ``retention_effect``; a call adds ``unasked_effect`` for who has not opted in to
    marketing, a rate bonus ``bonus_effect`` for who owns a home without a mortgage. So calls
    harm by default who did not ask for them (the "sleeping dogs" of Ascarza 2018, *Journal of
    Marketing Research* 55(1), where targeting by risk raised churn).
    """
    effect = config.campaigns
    out = np.full((len(ACTIONS), people.size, 1), effect.retention_effect)
    unasked = people.draws[10] >= OPT_IN_SHARE
    owner = np.searchsorted(np.cumsum(HOME_SHARE)[:-1], people.draws[8]) == OWNS
    out[CALL, :, 0] += effect.unasked_effect * unasked
    out[BONUS, :, 0] += effect.bonus_effect * owner
    return out


def retention_contacts(
    config: BankConfig, calendar: Calendar, plan: Plan, touches: Touches, people: Customers
) -> Retention:
    """Return who is contacted to be kept, by which action and when."""
    shape = (len(ACTIONS), people.size, calendar.months)
    day = touches.at // DAY
    use = np.flatnonzero(plan.retention[touches.campaign] & (day <= calendar.horizon))
    row, month = touches.customer[use], calendar.month_of_day[day[use] - calendar.first]
    action = plan.action[touches.campaign[use]]
    reached, contacted = np.zeros(shape, dtype=np.bool_), np.zeros(shape, dtype=np.bool_)
    reached[action, row, month] = True
    live = ~touches.holdout[use]
    contacted[action[live], row[live], month[live]] = True
    mean = np.zeros(shape)
    shares = audience_shares(config, plan)
    effect = config.campaigns
    for number in np.flatnonzero(plan.retention):
        days = plan.first[number] + np.arange(plan.days[number])
        share = np.bincount(calendar.month_of_day[days], minlength=calendar.months) / len(days)
        spared = effect.holdout_share * plan.randomised[number]
        segment = people.segment[:, calendar.month_of_day[plan.first[number]]]
        asked = (segment == plan.target[number]) | (plan.target[number] == EVERYBODY)
        chance = asked * shares[number] * (1 - spared)
        mean[plan.action[number]] += np.outer(chance, share)
    return Retention(contacted, reached, mean, retention_effects(config, people))
