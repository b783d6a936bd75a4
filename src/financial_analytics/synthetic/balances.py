"""Card cycles, refused payments, closing entries: what makes balances add up."""

from __future__ import annotations

import numpy as np

from financial_analytics.synthetic import catalog
from financial_analytics.synthetic.accounts import Accounts
from financial_analytics.synthetic.calendar import Calendar
from financial_analytics.synthetic.catalog import CARD, CHECKING, CURRENCY, LOAN, SAVINGS
from financial_analytics.synthetic.config import BankConfig
from financial_analytics.synthetic.customers import Customers
from financial_analytics.synthetic.frame import DAY, NULL, Floats, Ints
from financial_analytics.synthetic.legs import CODE, NO_FUNDS, OVER_LIMIT, Legs, join, legs
from financial_analytics.synthetic.rng import stream

SLOTS = 8
"""Account slots per customer in the sort keys."""


def account_order(table: Legs) -> Ints:
    """Return the order of legs by account, then time."""
    key = ((table.customer * SLOTS + table.slot) << 40) + table.at
    return np.argsort(key, kind="stable").astype(np.int64)


def running(table: Legs, order: Ints) -> Ints:
    """Return the balance of its account after each leg of `order` (declined ones move none)."""
    moved = np.where(table.decline[order] < 0, table.cents[order], 0)
    total = np.cumsum(moved)
    account = table.customer[order] * SLOTS + table.slot[order]
    start = np.searchsorted(account, account, side="left")
    return np.asarray(total - (total[start] - moved[start]))


def card_cycle(
    config: BankConfig, calendar: Calendar, people: Customers, accounts: Accounts, table: Legs,
    utilisation: Floats, block: int,
) -> tuple[Legs, Legs]:  # fmt: skip
    """Run the cards month by month: refuse what exceeds the limit, then pay the statement.

    Who has drawn nothing when the window opens pays in full, the others in some months
    pay back to the share of the limit that was drawn then, at least 25 USD: revolving is
    a habit (about half of US card accounts revolve: CFPB Consumer Credit Card Market
    2023), so `utilisation` is what the balances of every month show. Returns the legs
    with refused purchases marked, and the payments.
    """
    rng = stream(config.seed, "card cycle", block)
    n, months = people.size, calendar.months
    pay_u, day_u = rng.random((2, n, months))
    mine = np.flatnonzero(table.slot == CARD)
    day = table.at[mine] // DAY - calendar.first
    month = calendar.month_of_day[day]
    order = np.lexsort((table.at[mine], table.customer[mine], month))
    mine, month = mine[order], month[order]
    edge = np.searchsorted(month, np.arange(months + 1))
    opened, closed = accounts.opened[:, CARD], accounts.closed[:, CARD]
    has = opened != NULL
    limit = np.where(has, accounts.limit[:, CARD], 0)
    owed = np.zeros(n, dtype=np.int64)
    full = utilisation == 0
    habit = np.round(limit * utilisation).astype(np.int64)
    paid = np.zeros((n, months), dtype=np.int64)
    # the statement is paid in the first weeks of the next month
    wait = (day_u * np.minimum(24, calendar.month_length - 2)).astype(np.int64)
    pay_day = calendar.month_start + 1 + wait
    for number in range(months):
        due = np.maximum(owed - habit, np.minimum(owed, 2500))
        chance = np.where(full, 0.9, 0.45)
        date = pay_day[:, number]
        can = has & (owed > 0) & (pay_u[:, number] < chance) & (date > opened)
        can &= (
            (date < np.where(closed == NULL, 10**9, closed))
            & (date <= calendar.horizon)
            & (date > calendar.first)
        )
        paid[:, number] = np.where(can, due, 0)
        rows = mine[edge[number] : edge[number + 1]]
        who = table.customer[rows]
        cents = np.where(table.decline[rows] < 0, table.cents[rows], 0)
        start = np.searchsorted(who, who, side="left")
        spent = np.cumsum(-np.minimum(cents, 0))
        spent = spent - (spent[start] + np.minimum(cents, 0)[start]) if len(rows) else spent
        over = (table.kind[rows] == catalog.PURCHASE) & (spent > (limit - owed)[who]) & (cents < 0)
        table.decline[rows[over]] = OVER_LIMIT
        cents = np.where(over, 0, cents)
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
    return table, join([received, sent])


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


def refuse_unfunded(accounts: Accounts, table: Legs, overdraft: Ints) -> Legs:
    """Decline payments that the account cannot cover; instalments then come from elsewhere.

    The balance looked at counts refused payments too, so a payment that passes is
    covered for certain; overdrafts come from fees and fraud only.
    """
    index = np.flatnonzero((table.slot == CHECKING) | (table.slot == CURRENCY))
    part = table.take(index)
    order = account_order(part)
    balance = running(part, order)
    floor = -np.where(part.slot[order] == CHECKING, overdraft[part.customer[order]], 0)
    poor = (balance < floor) & (part.cents[order] < 0) & (part.decline[order] < 0)
    poor &= part.typology[order] == 0
    text = part.description[order]
    table.decline[index[order[poor & REFUSABLE[text]]]] = NO_FUNDS
    keep = np.ones(len(table), dtype=np.bool_)
    keep[index[order[poor & ELSEWHERE[text]]]] = False
    return table.take(np.flatnonzero(keep))


def drop_orphan_refunds(table: Legs, bought: int) -> Legs:
    """Drop refunds of purchases that were declined after all; `bought` legs come first."""
    parent = table.parent
    lost = (parent >= 0) & (table.kind == catalog.REFUND)
    lost &= table.decline[np.clip(parent, 0, max(bought - 1, 0))] >= 0
    return table.take(np.flatnonzero(~lost))


def closing_legs(accounts: Accounts, table: Legs) -> Legs:
    """Pay out or settle what is left on each account on the day it closes."""
    order = account_order(table)
    moved = np.where(table.decline >= 0, 0, table.cents)[order]
    account = (table.customer * SLOTS + table.slot)[order]
    size = len(accounts.opened) * SLOTS
    total = np.bincount(account, moved, minlength=size).round().astype(np.int64)
    row, slot = np.nonzero(accounts.exists & (accounts.closed != NULL))
    left = total[row * SLOTS + slot]
    some = left != 0
    row, slot, left = row[some], slot[some], left[some]
    lost = (slot == LOAN) & (accounts.reason[row, slot] == 4)
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


def balances_at(table: Legs, customer: Ints, slot: Ints, at: Ints) -> Ints:
    """Return the balance in cents of accounts at times `at` (inclusive).

    The legs must hold every movement of those accounts; order does not matter.
    """
    order = account_order(table)
    key = (((table.customer * SLOTS + table.slot) << 40) + table.at)[order]
    moved = np.where(table.decline >= 0, 0, table.cents)[order]
    total = np.concatenate([[0], np.cumsum(moved)])
    account = customer * SLOTS + slot
    first = np.searchsorted(key, account << 40, side="left")
    last = np.searchsorted(key, (account << 40) + at, side="right")
    return np.asarray(total[last] - total[first])


def overdraft_limits(product: Ints) -> Ints:
    """Return the overdraft limit in cents of each product id."""
    limits = np.array([0, *[item.overdraft * 100 for item in catalog.PRODUCTS]])
    return np.asarray(limits[product])
