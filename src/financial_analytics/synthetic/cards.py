"""Limits, reviews and losses of cards (mechanism 19)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from financial_analytics.synthetic.accounts import Accounts
from financial_analytics.synthetic.calendar import Calendar
from financial_analytics.synthetic.catalog import CARD
from financial_analytics.synthetic.config import BankConfig
from financial_analytics.synthetic.customers import Customers
from financial_analytics.synthetic.frame import DAY, NULL, Bools, Floats, Ints
from financial_analytics.synthetic.loan_risk import chance
from financial_analytics.synthetic.rng import stream

CHARGE_OFF_DAYS = 180
"""Days past due at which open-end credit is charged off (FFIEC retail classification, 2000)."""
PAST_DUE_DAYS = (30, 60, 90)
STATEMENT_DAY = 14
"""Day of the month, from its first, on which a statement is due."""
RAISE_SCORE, CUT_SCORE = 700, 620
"""At a review by the rule, limits rise from the one on and fall below the other."""
REVIEW_SECOND = 4 * 3600
LOSS_SPREAD = 0.15
CHARGED_OFF = 6
"""Reason of a closed account: the card was charged off."""
USUAL_UTILISATION = 0.30


@dataclass(frozen=True)
class Cards:
    """Cards of one block.

    Attributes
    ----------
    limit : ndarray of int64, shape (customers, months)
        Limit in cents in each month; 0 without a card.
    habit : ndarray of int64, shape (customers, months)
        Balance in cents that who revolves pays back to.
    hazard : ndarray of float64, shape (customers, months)
        Probability of default in the month; 0 who pays in full.
    default_day : ndarray of int64, shape (customers,)
        Due day from which on nothing is paid, or NULL.
    loss_share : ndarray of float64, shape (customers,)
        Share of the balance that a default loses.
    reviewed, month, before, after : ndarray of int64, shape (reviews,)
        Customer and month of each review, and the limits in cents.
    by_chance : ndarray of bool, shape (reviews,)
        Decided by lot, not by the rule.
    """

    limit: Ints
    habit: Ints
    hazard: Floats
    default_day: Ints
    loss_share: Floats
    reviewed: Ints
    month: Ints
    before: Ints
    after: Ints
    by_chance: Bools

    @property
    def charge_off_day(self) -> Ints:
        """Day on which a card in default is charged off, or NULL, shape (customers,)."""
        return np.where(self.default_day == NULL, NULL, self.default_day + CHARGE_OFF_DAYS)

    def limit_at(self, calendar: Calendar, row: Ints, at: Ints) -> Ints:
        """Return the limits of customers `row` at seconds `at`."""
        day = (at - REVIEW_SECOND) // DAY
        month = calendar.month_of_day[np.clip(day - calendar.first, 0, calendar.days - 1)]
        return np.asarray(self.limit[row, month])


def draw_cards(
    config: BankConfig, calendar: Calendar, people: Customers, accounts: Accounts,
    utilisation: Floats, block: int,
) -> Cards:  # fmt: skip
    """Draw reviews of limits and defaults; closes charged-off cards in `accounts`.

    A card is reviewed with chance ``review_rate`` on the first of a month. A share
    ``trial_share`` of reviews is decided by lot: half of those limits rise by ``step_share``,
    half stay. The others follow the rule: up by ``step_share`` from 700 points on, down by it
    below 620. Who revolves pays back to ``utilisation * limit``, and after a change to that
    times ``(limit / first limit) ** balance_elasticity`` of the first: part of new credit is
    borrowed (Gross and Souleles 2002, *QJE* 117(1): 10-14 % of it, half of that and more by
    who is close to the limit). Default in month m has ``h = 1 - exp(-exp(eta))``, ``eta = log
    default_rate + score_effect * (score - 700) / 100 + utilisation_effect * (utilisation -
    0.3)``, of who revolves: from the due day on nothing is paid, and the card is charged off 180
    days later (FFIEC retail classification, 2000); of what is owed then a share around
    ``loss_given_default`` is lost. Charge-offs are 3-5 % of card balances a year (Federal
    Reserve charge-off and delinquency release, 2024), 80-90 % of them never recovered.
    """
    effect = config.cards
    rng = stream(config.seed, "cards", block)
    n, months = people.size, calendar.months
    review_u, lot_u, arm_u, default_u = rng.random((4, n, months))
    beta = rng.beta(4.0, 4.0, n)
    opened, closed = accounts.opened[:, CARD], accounts.closed[:, CARD]
    has = opened != NULL
    stop = np.where(closed == NULL, np.iinfo(np.int64).max, closed)
    due = calendar.month_start + STATEMENT_DAY
    revolves = has & (utilisation > 0)
    with np.errstate(divide="ignore"):
        base = np.log(effect.default_rate)
    hazard = chance(
        base + effect.score_effect * (people.score - 700) / 100
        + effect.utilisation_effect * (utilisation - USUAL_UTILISATION)[:, None]
    )  # fmt: skip
    open_ = (due > opened[:, None]) & (due < stop[:, None]) & (due >= calendar.first)
    hazard = np.where(revolves[:, None] & open_, hazard, 0.0)
    defaults = default_u < hazard
    ever = defaults.any(axis=1)
    default_day = np.where(ever, due[defaults.argmax(axis=1)], NULL)
    good = calendar.month_start < np.where(ever, default_day, np.iinfo(np.int64).max)[:, None]
    good &= (calendar.month_start > opened[:, None]) & (calendar.month_start < stop[:, None])
    reviews = has[:, None] & good & (review_u < effect.review_rate)
    reviews &= calendar.month_start >= calendar.first
    by_chance = lot_u < effect.trial_share
    ruled = (people.score >= RAISE_SCORE) * 1.0 - (people.score < CUT_SCORE)
    step = effect.step_share * np.where(by_chance, arm_u < 0.5, ruled)

    limit = np.zeros((n, months), dtype=np.int64)
    level = np.where(has, accounts.limit[:, CARD], 0)
    parts = []
    for month in range(months):
        row = np.flatnonzero(reviews[:, month])
        moved = np.round(level[row] * (1 + step[row, month]) / 10_000).astype(np.int64) * 10_000
        parts.append((row, np.full(len(row), month), level[row], moved, by_chance[row, month]))
        level[row] = moved
        limit[:, month] = level
    first = np.where(has, accounts.limit[:, CARD], 1)
    grown = (limit / np.maximum(first, 1)[:, None]) ** effect.balance_elasticity
    habit = np.round(np.where(has, first * utilisation, 0)[:, None] * grown).astype(np.int64)

    charged = np.where(ever, np.minimum(default_day + CHARGE_OFF_DAYS, stop), NULL)
    lost = ever & (charged <= calendar.horizon)
    accounts.closed[lost, CARD] = charged[lost]
    accounts.reason[lost, CARD] = CHARGED_OFF
    share = effect.loss_given_default * (1 + LOSS_SPREAD * (2 * beta - 1))
    reviewed, month_, before, after, lot = (
        np.concatenate(column) for column in zip(*parts, strict=True)
    )
    return Cards(
        limit=limit, habit=np.minimum(habit, limit), hazard=hazard, default_day=default_day,
        loss_share=np.clip(share, 0, 1), reviewed=reviewed, month=month_, before=before,
        after=after, by_chance=lot,
    )  # fmt: skip
