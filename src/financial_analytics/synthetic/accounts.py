"""Which accounts each customer holds, from when to when (mechanism 12 for brokerage)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from financial_analytics.synthetic import catalog
from financial_analytics.synthetic.calendar import Calendar
from financial_analytics.synthetic.catalog import BROKERAGE, CARD, CHECKING, CURRENCY, LOAN, SAVINGS
from financial_analytics.synthetic.config import BankConfig
from financial_analytics.synthetic.credit import (
    CARD_KIND,
    LOAN_KIND,
    Applications,
    card_limit,
    card_product,
)
from financial_analytics.synthetic.customers import Customers
from financial_analytics.synthetic.frame import NULL, Bools, Floats, Ints
from financial_analytics.synthetic.rng import stream

TRAVELLER = catalog.ARCHETYPES.index("traveller")
HELD = 6
"""Account slots in use: checking, savings, card, loan, brokerage, currency."""


@dataclass(frozen=True)
class Holdings:
    """What customers hold at the start, before applications and churn.

    Arrays are per customer of the block. ``*_open`` are days or NULL.
    """

    savings_open: Ints
    savings_product: Ints
    savings_close: Ints
    card_open: Ints
    card_draw: Floats
    loan_open: Ints
    loan_product: Ints
    brokerage_open: Ints
    currency_open: Ints
    currency: Ints
    adoption_hazard: Floats
    opening_hazard: Floats
    """Of savings and currency accounts by month while without, shape (2, customers)."""


def draw_holdings(
    config: BankConfig, calendar: Calendar, people: Customers, block: int
) -> Holdings:
    """Draw the products held.

    Brokerage is adopted with monthly hazard ``base_rate * exp(income_effect * z(log income)
    + tenure_effect * z(log tenure))``: the same traits raise purchases
    (``adoption.confounding``), so that adopters differ before they adopt. Adoption itself
    multiplies purchases by ``exp(causal_effect)``. About 40 % of US families hold savings,
    80 % a card (here: with this bank, 32 % and more later), 20 % brokerage (SCF 2022).
    """
    effect = config.adoption
    rng = stream(config.seed, "holdings", block)
    n = people.size
    u = rng.random((14, n))
    old = people.signup < calendar.first
    known = np.where(old, calendar.first - people.signup, 0)

    def opened(share: float | Floats, choose: Floats, place: Floats, wait: float) -> Ints:
        before = people.signup + (place * np.maximum(known - 1, 0)).astype(np.int64)
        after = people.signup + 1 + (-np.log1p(-place) * wait).astype(np.int64)
        day = np.where(old, before, after)
        return np.where((choose < share) & (day <= calendar.horizon), day, NULL)

    savings_open = opened(0.38, u[0], u[1], 60.0)
    wealthy = people.income > 120_000
    pick = np.searchsorted([0.45, 0.80], u[2])
    savings_product = 5 + np.where(wealthy, np.maximum(pick, 1), np.minimum(pick, 1 + (u[2] > 0.9)))
    hazards = opening_hazards(config, calendar, people)
    later = openings_later(config, calendar, people, hazards, block)
    savings_open = np.where(savings_open == NULL, later[0], savings_open)
    closes = savings_open + 90 + (-np.log1p(-u[3]) * 365.25 / 0.05).astype(np.int64)
    closes = np.where((savings_open != NULL) & (closes > calendar.first), closes, NULL)
    card_chance = np.clip(0.34 + 0.0012 * (people.states[0].score - 690), 0.03, 0.8)
    card_open = np.where(old, opened(card_chance, u[4], u[5], 1.0), NULL)
    product = 12 + np.searchsorted([0.40, 0.75], u[6])
    life = np.array([700, 1000, 3000])[product - 12]
    loan_open = calendar.first - 20 - (u[7] * life).astype(np.int64)
    has_loan = old & (u[8] < 0.10) & (loan_open > people.signup)
    hazard = effect.base_rate * np.exp(
        np.clip(
            effect.income_effect * people.log_income_z + effect.tenure_effect * people.log_tenure_z,
            -4, 4,
        )
    )  # fmt: skip
    with np.errstate(divide="ignore"):
        months = np.where(hazard > 0, -np.log1p(-u[9]) / hazard, 1e6)
    before = np.minimum(known / 30.4375, 18.0)
    day = np.maximum(people.signup, calendar.first) + np.minimum(
        (months - before) * 30.4375, 1e6
    ).astype(np.int64)
    early = old & (months < before)
    day = np.where(early, calendar.first - 1 - ((before - months) * 30).astype(np.int64), day + 1)
    day = np.where(early, np.maximum(day, people.signup), day)
    brokerage_open = np.where(day <= calendar.horizon, day, NULL)
    traveller = people.archetype == TRAVELLER
    currency_open = opened(np.where(traveller, 0.14, 0.02), u[10], u[11], 90.0)
    currency_open = np.where(currency_open == NULL, later[1], currency_open)
    return Holdings(
        savings_open=savings_open,
        savings_product=savings_product,
        savings_close=closes,
        card_open=card_open,
        card_draw=u[12],
        loan_open=np.where(has_loan, loan_open, NULL),
        loan_product=product,
        brokerage_open=brokerage_open,
        currency_open=currency_open,
        currency=1 + (u[13] * 3).astype(np.int64),
        adoption_hazard=hazard,
        opening_hazard=hazards,
    )


def opening_hazards(config: BankConfig, calendar: Calendar, people: Customers) -> Floats:
    """Return the monthly hazards of opening savings and a currency account while without one.

    ``savings_rate * exp(income_effect * z(log income) + age_effect * (age - 45) / 10)``, age
    when the window opens or at sign-up, and ``currency_rate * exp(travel_effect *
    traveller)``. Wealth, income and age are what tells who holds which product (SCF 2022: savings
    36 % of the lowest to 70 % of the highest fifth of incomes).

    Returns
    -------
    ndarray of float64, shape (2, customers)
    """
    effect = config.products
    age = (np.maximum(people.signup, calendar.first) - people.birth) / 365.2425
    savings = effect.savings_rate * np.exp(
        np.clip(
            effect.income_effect * people.log_income_z + effect.age_effect * (age - 45) / 10, -4, 4
        )
    )
    traveller = people.archetype == TRAVELLER
    return np.stack([savings, effect.currency_rate * np.exp(effect.travel_effect * traveller)])


def openings_later(
    config: BankConfig, calendar: Calendar, people: Customers, hazards: Floats, block: int
) -> Ints:
    """Return the days on which those without the product would open it, shape (2, customers)."""
    u = stream(config.seed, "product openings", block).random((2, people.size))
    with np.errstate(divide="ignore"):
        wait = np.where(hazards > 0, -np.log1p(-u) / hazards * 30.4375, 1e6)
    day = np.maximum(people.signup, calendar.first) + 1 + np.minimum(wait, 1e6).astype(np.int64)
    return np.where(day <= calendar.horizon, day, NULL)


@dataclass
class Accounts:
    """Accounts of one block, shape (customers, HELD).

    `opened` and `closed` are days or NULL; `limit` is in cents; `reason` says why an
    account closed (0 none, 1 customer left, 2 savings moved, 3 loan repaid, 4 loan
    charged off, 5 loan prepaid, 6 card charged off).
    """

    opened: Ints
    closed: Ints
    product: Ints
    limit: Ints
    currency: Ints
    rate: Ints
    reason: Ints

    @property
    def exists(self) -> Bools:
        """Which slots hold an account."""
        return np.asarray(self.opened != NULL)

    def open_on(self, row: Ints, slot: Ints | int, day: Ints) -> Bools:
        """Say whether the account takes movements on `day` (after opening, before closing)."""
        place = row * self.opened.shape[1] + slot
        opened, closed = self.opened.ravel().take(place), self.closed.ravel().take(place)
        return np.asarray((opened != NULL) & (day > opened) & ((closed == NULL) | (day < closed)))


def build_accounts(
    calendar: Calendar,
    people: Customers,
    held: Holdings,
    made: Applications,
    leave: Ints,
) -> Accounts:
    """Return all accounts: those held, and those that approved applications open."""
    n = people.size
    shape = (n, HELD)
    opened, closed = np.full(shape, NULL), np.full(shape, NULL)
    product, limit = np.zeros(shape, dtype=np.int64), np.full(shape, NULL)
    currency, reason = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    segment = people.states[0].segment
    student = people.signup - people.birth < 22 * 365
    opened[:, CHECKING] = people.signup
    product[:, CHECKING] = np.where(
        segment == 3, 4, np.where(student, 3, np.where(segment == 2, 2, 1))
    )
    opened[:, SAVINGS], product[:, SAVINGS] = held.savings_open, held.savings_product
    opened[:, CARD] = held.card_open
    product[:, CARD] = card_product(segment, people.income)
    limit[:, CARD] = card_limit(people.income, people.states[0].score, held.card_draw)
    opened[:, LOAN], product[:, LOAN] = held.loan_open, held.loan_product
    opened[:, BROKERAGE], product[:, BROKERAGE] = held.brokerage_open, 15
    opened[:, CURRENCY], product[:, CURRENCY] = held.currency_open, 8
    currency[:, CURRENCY] = held.currency
    stay = np.where(leave == NULL, np.iinfo(np.int64).max, leave)
    given = (
        made.approved & (made.decided < stay[made.customer]) & (made.decided <= calendar.horizon)
    )
    for kind, slot in ((CARD_KIND, CARD), (LOAN_KIND, LOAN)):
        new = given & (made.kind == kind)
        row = made.customer[new]
        opened[row, slot], product[row, slot] = made.decided[new], made.product[new]
        if kind == CARD_KIND:
            limit[row, slot] = made.granted[new]
    gone = (opened != NULL) & (opened >= stay[:, None])
    opened[gone] = NULL
    limit[opened == NULL] = NULL
    list_rate = np.array([0.0, *[item.rate for item in catalog.PRODUCTS]])
    rate = np.round(list_rate[product] * 1e6).astype(np.int64)
    left = (opened != NULL) & (leave != NULL)[:, None]
    closed[left] = np.broadcast_to(leave[:, None], shape)[left]
    reason[left] = 1
    day = held.savings_close
    early = (day != NULL) & (opened[:, SAVINGS] != NULL) & (day < stay) & (day <= calendar.horizon)
    closed[early, SAVINGS], reason[early, SAVINGS] = day[early], 2
    return Accounts(opened, closed, product, limit, currency, rate, reason)
