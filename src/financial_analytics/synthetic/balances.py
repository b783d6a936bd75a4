"""Card cycles, refused payments, closing entries: what makes balances add up."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from financial_analytics.synthetic import catalog
from financial_analytics.synthetic.accounts import Accounts
from financial_analytics.synthetic.arrays import order_of, run_starts
from financial_analytics.synthetic.calendar import Calendar
from financial_analytics.synthetic.cards import CHARGED_OFF, Cards
from financial_analytics.synthetic.catalog import CARD, CHECKING, CURRENCY, SAVINGS
from financial_analytics.synthetic.config import BankConfig
from financial_analytics.synthetic.customers import Customers
from financial_analytics.synthetic.frame import DAY, NULL, Bools, Floats, Ints
from financial_analytics.synthetic.legs import (
    BROUGHT_FORWARD,
    CODE,
    NO_FUNDS,
    OVER_LIMIT,
    Legs,
    join,
    legs,
)
from financial_analytics.synthetic.rng import stream

SLOTS = 8
"""Account slots per customer in the sort keys."""


CARD_PAY_DAYS = 24
"""Days, from the second of the month, on which card statements are paid."""


def card_cycle(
    config: BankConfig, calendar: Calendar, people: Customers, accounts: Accounts, cards: Cards,
    table: Legs, utilisation: Floats, block: int,
) -> tuple[Legs, Legs]:  # fmt: skip
    """Run the cards month by month: refuse what exceeds the limit, then pay the statement.

    Whose `utilisation` is 0 pays in full, the others in some months
    pay back to their habit, at least 25 USD: revolving is
    a habit (about half of US card accounts revolve: CFPB Consumer Credit Card Market
    2023), so `utilisation` is what the balances of every month show. The first statement
    is what was brought forward. A card in default pays nothing but what is recovered at its
    charge-off. Returns the legs with refused purchases marked, and the payments.
    """
    rng = stream(config.seed, "card cycle", block)
    n, months = people.size, calendar.months
    pay_u, day_u = rng.random((2, n, months))
    mine = np.flatnonzero(table.slot == CARD)
    day = table.at[mine] // DAY - calendar.first
    month = calendar.month_of_day[day]
    order = order_of(month, table.customer[mine], table.at[mine])
    mine, month = mine[order], month[order]
    edge = np.searchsorted(month, np.arange(months + 1))
    buyer = table.customer[mine]
    brought = table.description[mine] == BROUGHT_FORWARD
    moved = np.where((table.decline[mine] < 0) & ~brought, table.cents[mine], 0)
    # what each leg and those before it in the month take out
    out = np.cumsum(-np.minimum(moved, 0))
    cell = month * n + buyer
    start = run_starts(cell)
    out = out - (out[start] + np.minimum(moved, 0)[start])
    may_exceed = (table.kind[mine] == catalog.PURCHASE) & (moved < 0)
    opened, closed = accounts.opened[:, CARD], accounts.closed[:, CARD]
    has = opened != NULL
    owed = np.zeros(n, dtype=np.int64)
    owed[buyer[brought]] = -table.cents[mine[brought]]
    full = utilisation == 0
    paid = np.zeros((n, months), dtype=np.int64)
    # the statement is paid in the first weeks of the next month
    wait = (day_u * np.minimum(CARD_PAY_DAYS, calendar.month_length - 2)).astype(np.int64)
    pay_day = calendar.month_start + 1 + wait
    able = has[:, None] & (pay_u < np.where(full, 0.9, 0.45)[:, None])
    able &= (pay_day > opened[:, None]) & (pay_day <= calendar.horizon)
    able &= pay_day < np.where(closed == NULL, 10**9, closed)[:, None]
    able &= pay_day > calendar.first
    able &= pay_day < np.where(cards.default_day == NULL, 10**9, cards.default_day)[:, None]
    for number in range(months):
        due = np.maximum(owed - cards.habit[:, number], np.minimum(owed, 2500))
        pays = able[:, number] & (owed > 0)
        paid[:, number] = np.where(pays, due, 0)
        rows = slice(edge[number], edge[number + 1])
        who = buyer[rows]
        over = may_exceed[rows] & (out[rows] > (cards.limit[:, number] - owed)[who])
        table.decline[mine[rows][over]] = OVER_LIMIT
        cents = np.where(over, 0, moved[rows])
        owed = owed - np.bincount(who, cents, minlength=n).astype(np.int64) - paid[:, number]
    row, place = np.nonzero(paid > 0)
    at = pay_day[row, place] * DAY + 5 * 3600
    cents = paid[row, place]
    received = legs(
        customer=row, slot=CARD, at=at, kind=catalog.PAYMENT, cents=cents, channel=catalog.ONLINE,
        description=CODE["Card payment received"],
    )  # fmt: skip
    inside = np.flatnonzero(accounts.open_on(row, CHECKING, pay_day[row, place]) & full[row])
    sent = legs(
        customer=row[inside], slot=CHECKING, at=at[inside], kind=catalog.PAYMENT,
        cents=-cents[inside], channel=catalog.ONLINE, description=CODE["Card payment"],
    )  # fmt: skip
    lost = np.flatnonzero(has & (accounts.reason[:, CARD] == CHARGED_OFF))
    back = np.round(np.maximum(owed[lost], 0) * (1 - cards.loss_share[lost])).astype(np.int64)
    lost, back = lost[back > 0], back[back > 0]
    recovered = legs(
        customer=lost, slot=CARD, at=closed[lost] * DAY + 8 * 3600, kind=catalog.PAYMENT,
        cents=back, channel=-1, description=CODE["Recovery after default"],
    )  # fmt: skip
    return table, join([received, sent, recovered])


REFUSABLE = np.isin(
    np.arange(len(CODE)),
    [CODE[text] for text in (
        "Card purchase", "Online purchase", "Cash withdrawal", "Transfer to external account",
        "Bill payment", "Purchase", "Currency exchange",
    )],
)  # fmt: skip


ELSEWHERE = np.isin(
    np.arange(len(CODE)), [CODE[text] for text in ("Card payment", "Loan instalment")]
)


def refuse_unfunded(calendar: Calendar, accounts: Accounts, table: Legs, overdraft: Ints) -> Bools:
    """Decline payments that the account cannot cover; instalments then come from elsewhere.

    Marks what is declined in `table`, and returns which legs stay.

    Within a month the balance looked at counts refused payments too, so a payment that
    passes is covered for certain; overdrafts come from fees and fraud only. Each month
    starts from the true balance: what was refused once does not weigh on later years.
    """
    index = np.flatnonzero((table.slot == CHECKING) | (table.slot == CURRENCY))
    size = len(accounts.opened) * SLOTS
    at = table.at.take(index)
    account = table.customer.take(index) * SLOTS + table.slot.take(index)
    day = np.clip(at // DAY - calendar.first, 0, calendar.horizon - calendar.first)
    month = calendar.month_of_day.take(day)
    order = order_of(month, account, at)
    index, account = index.take(order), account.take(order)
    cell = month.take(order) * size + account
    text = table.description.take(index)
    moved = np.where(table.decline.take(index) < 0, table.cents.take(index), 0)
    total = np.cumsum(moved)
    start = run_starts(cell)
    total = total - (total - moved).take(start)
    # no other account has an overdraft
    least = np.zeros(size, dtype=np.int64)
    least[CHECKING::SLOTS] = -overdraft
    floor = least.take(account)
    may_fail = (moved < 0) & (table.typology.take(index) == 0)
    may_fail &= (REFUSABLE | ELSEWHERE).take(text)
    refused = np.zeros(len(index), dtype=np.bool_)
    held = np.zeros(size, dtype=np.int64)
    edges = np.searchsorted(cell, np.arange(calendar.months + 1) * size)
    for first, stop in pairwise(edges.tolist()):
        rows = slice(first, stop)
        who = account[rows]
        refused[rows] = may_fail[rows] & (held[who] + total[rows] < floor[rows])
        held += np.bincount(who, np.where(refused[rows], 0, moved[rows]), size).astype(np.int64)
    index, text = index[refused], text[refused]
    table.decline[index[REFUSABLE[text]]] = NO_FUNDS
    keep = np.ones(len(table), dtype=np.bool_)
    keep[index[ELSEWHERE[text]]] = False
    return keep


def orphan_refunds(table: Legs) -> Ints:
    """Return the refunds of purchases that were declined after all."""
    refund = np.flatnonzero((table.kind == catalog.REFUND) & (table.parent >= 0))
    return refund[table.decline[table.parent[refund]] >= 0]


def closing_legs(accounts: Accounts, table: Legs) -> Legs:
    """Pay out or settle what is left on each account on the day it closes."""
    moved = np.where(table.decline >= 0, 0, table.cents)
    account = table.customer * SLOTS + table.slot
    size = len(accounts.opened) * SLOTS
    total = np.bincount(account, moved, minlength=size).round().astype(np.int64)
    row, slot = np.nonzero(accounts.exists & (accounts.closed != NULL))
    left = total[row * SLOTS + slot]
    some = left != 0
    row, slot, left = row[some], slot[some], left[some]
    lost = np.isin(accounts.reason[row, slot], (4, CHARGED_OFF))
    text = np.where(
        left > 0, CODE["Account closed: balance paid out"], CODE["Account closed: balance settled"]
    )
    return legs(
        customer=row,
        slot=slot,
        at=accounts.closed[row, slot] * DAY + 17 * 3600,
        kind=np.where((left > 0) | lost, catalog.TRANSFER, catalog.PAYMENT),
        cents=-left,
        channel=np.where(slot == SAVINGS, catalog.ONLINE, catalog.BRANCH),
        description=np.where(lost, CODE["Charge-off"], text),
    )


@dataclass(frozen=True)
class Book:
    """The balances of all accounts of a block at any time.

    Attributes
    ----------
    key : ndarray of int64
        Account and second of each movement, ascending.
    total : ndarray of int64
        Cents moved before each movement of `key`, and in all.
    """

    key: Ints
    total: Ints

    @classmethod
    def build(cls, table: Legs) -> Book:
        """Return the book of legs that hold every movement; their order does not matter."""
        account = table.customer * SLOTS + table.slot
        order = order_of(account, table.at)
        key = ((account << 40) + table.at).take(order)
        moved = np.where(table.decline >= 0, 0, table.cents).take(order)
        return cls(key, np.concatenate([[0], np.cumsum(moved)]))

    def at(self, customer: Ints, slot: Ints, second: Ints) -> Ints:
        """Return the balance in cents of accounts at times `second` (inclusive)."""
        account = customer * SLOTS + slot
        first = np.searchsorted(self.key, account << 40, side="left")
        last = np.searchsorted(self.key, (account << 40) + second, side="right")
        return np.asarray(self.total[last] - self.total[first])


def overdraft_limits(product: Ints) -> Ints:
    """Return the overdraft limit in cents of each product id."""
    limits = np.array([0, *[item.overdraft * 100 for item in catalog.PRODUCTS]])
    return np.asarray(limits[product])
