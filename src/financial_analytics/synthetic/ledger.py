"""Account versions and account events."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from financial_analytics.synthetic import catalog
from financial_analytics.synthetic.accounts import Accounts
from financial_analytics.synthetic.arrays import among, distinct, order_of
from financial_analytics.synthetic.balances import SLOTS, Book
from financial_analytics.synthetic.calendar import Calendar
from financial_analytics.synthetic.cards import CHARGED_OFF, PAST_DUE_DAYS, REVIEW_SECOND, Cards
from financial_analytics.synthetic.catalog import BROKERAGE, CARD, CHECKING, LOAN
from financial_analytics.synthetic.churn import Life
from financial_analytics.synthetic.config import BankConfig
from financial_analytics.synthetic.customers import Customers
from financial_analytics.synthetic.frame import DAY, NULL, Frame, Ints, Text, fixed_digits
from financial_analytics.synthetic.legs import Legs
from financial_analytics.synthetic.loans import Loans
from financial_analytics.synthetic.mobile import Rollout
from financial_analytics.synthetic.rng import stream

DORMANT_DAYS = 365
CLOSE_REASONS = (
    "", "Moved to another bank", "Better rate elsewhere", "Loan repaid", "Charged off",
    "Loan prepaid", "Charged off",
)  # fmt: skip
LEAVE_REASONS = (
    "Moved to another bank", "Dissatisfied with service", "Fees too high", "Moved away",
    "No longer needed",
)  # fmt: skip
ACTIVE, DORMANT, CLOSED = range(3)


Spells: TypeAlias = tuple[Ints, Ints, Ints, Ints]


def dormancy(table: Legs, accounts: Accounts, last_day: int) -> Spells:
    """Return the dormant spells of deposit accounts: customer, slot, first and last second.

    An account falls dormant a year after its last movement and wakes with the next;
    a spell that does not end has last second NULL.
    """
    idle = (table.decline < 0) & ~among(table.slot, (CARD, LOAN, BROKERAGE), SLOTS)
    index = np.flatnonzero(idle & (table.at < (last_day + 1) * DAY))
    account, at = (table.customer * SLOTS + table.slot).take(index), table.at.take(index)
    order = order_of(account, at)
    index, account, at = index.take(order), account.take(order), at.take(order)
    who, slot = table.customer.take(index), table.slot.take(index)
    last = np.append(account[1:] != account[:-1], np.ones(min(1, len(account)), dtype=np.bool_))
    following = np.append(at[1:], np.zeros(min(1, len(at)), dtype=np.int64))
    shut = accounts.closed[who, slot]
    end = np.where(last, np.where(shut == NULL, (last_day + 1) * DAY, shut * DAY), following)
    start = at + DORMANT_DAYS * DAY
    asleep = start < end
    wakes = ~last | (shut != NULL)
    who, slot, start, end, wakes = (
        who[asleep],
        slot[asleep],
        start[asleep],
        end[asleep],
        wakes[asleep],
    )
    return who, slot, start, np.where(wakes & ~(end > last_day * DAY + DAY), end, NULL)


def account_versions(
    calendar: Calendar, people: Customers, accounts: Accounts, cards: Cards, life: Life,
    table: Legs, book: Book, spells: Spells, full_last: int,
) -> Frame:  # fmt: skip
    """Return the account feed: versions at opening, change, full load and closing.

    An account from before the window has a version at its first second, which reports
    what it held; whatever moves after that is in the transactions.
    Every version carries the balance of its own second, so the newest one equals the
    sum of all movements. After the full load an account with movements on a day
    gets a version at the day's end.
    """
    row, slot = np.nonzero(accounts.exists & (accounts.opened <= calendar.last))
    opened, closed = accounts.opened[row, slot], accounts.closed[row, slot]
    versions: list[tuple[Ints, Ints, Ints]] = [(row, slot, opened * DAY + 1)]
    old = (opened < calendar.first) & ((closed == NULL) | (closed >= calendar.first))
    start = np.full(int(old.sum()), calendar.first * DAY)
    versions.append((row[old], slot[old], start))
    alive = (opened <= full_last) & ((closed == NULL) | (closed > full_last))
    versions.append((row[alive], slot[alive], np.full(int(alive.sum()), full_last * DAY + DAY - 1)))
    done = closed != NULL
    versions.append((row[done], slot[done], closed[done] * DAY + 18 * 3600))
    pays = (slot == CHECKING) | (slot == LOAN)
    enrolled = life.autopay[row]
    fresh = pays & (enrolled != NULL) & (enrolled > np.maximum(opened, calendar.first))
    fresh &= (closed == NULL) | (enrolled < closed)
    versions.append((row[fresh], slot[fresh], enrolled[fresh] * DAY + 30))
    who, where, start, end = spells
    versions.append((who, where, start))
    woke = end != NULL
    versions.append((who[woke], where[woke], end[woke]))
    moved = np.flatnonzero(cards.after != cards.before)
    start = calendar.month_start[cards.month[moved]] * DAY + REVIEW_SECOND
    who = cards.reviewed[moved]
    versions.append((who, np.full(len(who), CARD), start))
    day = table.at // DAY
    late = (day > full_last) & (day <= calendar.last) & (table.decline < 0)
    if late.any():
        key = np.unique(
            ((table.customer[late] * 8 + table.slot[late]) << 20) + day[late] - calendar.first
        )
        account, offset = key >> 20, key & ((1 << 20) - 1)
        who_, slot_, day_ = account // 8, account % 8, offset + calendar.first
        stays = (accounts.closed[who_, slot_] == NULL) | (accounts.closed[who_, slot_] > day_)
        versions.append((who_[stays], slot_[stays], day_[stays] * DAY + DAY - 1))
    row, slot, at = (np.concatenate(column) for column in zip(*versions, strict=True))
    key = distinct(((row * 8 + slot) << 40) + at)
    account, at = key >> 40, key & ((1 << 40) - 1)
    row, slot = account // 8, account % 8
    return _frame(calendar, people, accounts, cards, life, book, row, slot, at, spells)


def _frame(
    calendar: Calendar, people: Customers, accounts: Accounts, cards: Cards, life: Life,
    book: Book, row: Ints, slot: Ints, at: Ints, spells: Spells,
) -> Frame:  # fmt: skip
    ids = people.ids[row]
    day = at // DAY
    closed = accounts.closed[row, slot]
    gone = (closed != NULL) & (at >= closed * DAY + 18 * 3600)
    who, where, start, end = spells
    asleep = np.zeros(len(row), dtype=np.bool_)
    if len(who):
        order = np.argsort(((who * 8 + where) << 40) + start)
        key = (((who * 8 + where) << 40) + start)[order]
        found = np.searchsorted(key, ((row * 8 + slot) << 40) + at, side="right") - 1
        at_spell = order[np.maximum(found, 0)]
        same = (found >= 0) & (who[at_spell] == row) & (where[at_spell] == slot)
        stop = np.where(end[at_spell] == NULL, np.iinfo(np.int64).max, end[at_spell])
        asleep = same & (at < stop)
    status = np.where(gone, CLOSED, np.where(asleep, DORMANT, ACTIVE))
    balance = book.at(row, slot, at)
    card = slot == CARD
    limit = np.where(card, cards.limit_at(calendar, row, at), NULL)
    available = np.where(card, limit + balance, np.where(slot == LOAN, 0, balance))
    owed = np.maximum(-balance, 0)
    minimum = np.where(card, np.minimum(np.maximum(2500, owed // 50), owed), NULL)
    month = day.astype("datetime64[D]").astype("datetime64[M]")
    month_day = month.astype("datetime64[D]").astype(np.int64)
    next_due = (month + 1).astype("datetime64[D]").astype(np.int64) + 14
    autopay = (life.autopay[row] != NULL) & (life.autopay[row] * DAY <= at)
    pays = (slot == CHECKING) | (slot == LOAN)
    statement = np.maximum(month_day, accounts.opened[row, slot])
    return {
        "account_id": ids * 10 + slot,
        "customer_id": ids,
        "product_id": accounts.product[row, slot],
        "account_number": fixed_digits(4_000_000_000_000 + (ids * 10 + slot) * 9_176 % 10**12, 13),
        "account_status": Text(status, ("Active", "Dormant", "Closed")),
        "open_date": accounts.opened[row, slot],
        "close_date": np.where(gone, closed, NULL),
        "current_balance": balance,
        "available_balance": np.where(gone, 0, available),
        "credit_limit": limit,
        "currency": Text(accounts.currency[row, slot], catalog.CURRENCIES),
        "interest_rate": accounts.rate[row, slot],
        "minimum_payment": np.where(gone & card, 0, minimum),
        "payment_due_date": np.where((card | (slot == LOAN)) & ~gone, next_due, NULL),
        "last_statement_date": statement,
        "autopay_enabled": autopay & pays,
        "overdraft_protection": (slot == CHECKING) & (people.draws[16][row] < 0.6),
        "primary_account": slot == CHECKING,
        "updated_at": at,
        "created_at": accounts.opened[row, slot] * DAY,
    }


EVENTS = (
    "Account Opened", "Account Closed", "Autopay Enrolled", "Account Dormant",
    "Account Reactivated",
    "Mobile Banking Enabled", "Contact Details Changed", "Loan Defaulted", "Loan Charged Off",
    "Card Replaced", "Password Reset", "Limit Review", "Card Past Due", "Card Charged Off",
)  # fmt: skip
CATEGORIES = ("Lifecycle", "Service", "Security", "Risk")
EVENT_CATEGORY = np.array([0, 0, 1, 0, 0, 1, 2, 3, 3, 1, 2, 3, 3, 3])
REVIEW, PAST_DUE, CARD_LOST = 11, 12, 13
BY_CUSTOMER = (0, 2, 5, 6, 9, 10)


def account_events(
    config: BankConfig, calendar: Calendar, people: Customers, accounts: Accounts, cards: Cards,
    life: Life, loans: Loans, rollout: Rollout, spells: Spells, takeover: Ints, block: int,
) -> Frame:  # fmt: skip
    """Return the account events feed (openings before the window are not repeated).

    A review of a limit says the limit before and after, and whether the rule or a trial
    decided.
    """
    rng = stream(config.seed, "account_events", block)
    n = people.size
    u = rng.random((6, n))
    parts: list[tuple[Ints, Ints, Ints, Ints, Ints]] = []

    def add(customer: Ints, slot: Ints | int, at: Ints, kind: int, note: Ints | int = -1) -> None:
        size = len(customer)
        columns = [
            np.full(size, value) if isinstance(value, int) else value
            for value in (slot, kind, note)
        ]
        parts.append((customer, columns[0], at, columns[1], columns[2]))

    row, slot = np.nonzero(accounts.exists & (accounts.opened >= calendar.first))
    add(row, slot, accounts.opened[row, slot] * DAY + 9 * 3600, 0)
    row, slot = np.nonzero(accounts.exists & (accounts.closed != NULL))
    why = accounts.reason[row, slot]
    month = calendar.month_of_day[
        np.clip(accounts.closed[row, slot] - calendar.first, 0, calendar.days - 1)
    ]
    upset = life.complained[row, month]
    stated = np.where(upset & (u[0, row] < 0.6), 1, (u[1, row] * 5).astype(np.int64))
    note = np.where(why == 1, len(CLOSE_REASONS) + stated, why)
    add(row, slot, accounts.closed[row, slot] * DAY + 18 * 3600, 1, note)
    row, slot = np.nonzero(
        accounts.exists & (life.autopay != NULL)[:, None]
        & (life.autopay[:, None] > np.maximum(accounts.opened, calendar.first))
        & ((accounts.closed == NULL) | (life.autopay[:, None] < accounts.closed))
        & np.isin(np.arange(accounts.opened.shape[1]), (CHECKING, LOAN))
    )  # fmt: skip
    add(row, slot, life.autopay[row] * DAY + 30, 2)
    who, where, start, end = spells
    add(who, where, start, 3)
    woke = (end != NULL) & (end // DAY != accounts.closed[who, where])
    add(who[woke], where[woke], end[woke], 4)
    launch = rollout.month[people.region]
    reached = np.flatnonzero(launch < calendar.months)
    day = calendar.first + calendar.month_first[launch[reached]]
    day = np.maximum(day, people.signup[reached]) + (u[2, reached] * 5).astype(np.int64)
    ok = (day < life.until[reached]) & (day > people.signup[reached])
    add(reached[ok], CHECKING, day[ok] * DAY + 12 * 3600, 5)
    add(takeover[:, 0], CHECKING, takeover[:, 1], 6)
    bad = np.flatnonzero(loans.default_month >= 0)
    due = loans.due[bad, loans.default_month[bad]]
    day = due + 91
    ok = (accounts.closed[loans.customer[bad], LOAN] == NULL) | (
        day < accounts.closed[loans.customer[bad], LOAN]
    )
    ok &= due != NULL
    add(loans.customer[bad][ok], LOAN, day[ok] * DAY + 7 * 3600, 7)
    lost = np.flatnonzero((accounts.reason[:, LOAN] == 4) & accounts.exists[:, LOAN])
    add(lost, LOAN, accounts.closed[lost, LOAN] * DAY + 17 * 3600, 8)
    span = np.maximum(
        np.minimum(life.until, calendar.horizon + 1)
        - np.maximum(people.signup + 1, calendar.first),
        1,
    )
    start_day = np.maximum(people.signup + 1, calendar.first)
    for kind, rate, place, slot_number in (
        (9, 0.35, 3, CARD),
        (10, 0.55, 4, CHECKING),
    ):
        some = np.flatnonzero(u[place] < rate)
        day = start_day[some] + (u[place, some] / rate * span[some]).astype(np.int64)
        ok = accounts.open_on(some, slot_number, day)
        add(some[ok], slot_number, day[ok] * DAY + 14 * 3600, kind)
    start_ = calendar.month_start[cards.month] * DAY + REVIEW_SECOND
    add(cards.reviewed, CARD, start_, REVIEW, np.arange(len(cards.reviewed)))
    late = np.flatnonzero(cards.default_day != NULL)
    shut = accounts.closed[late, CARD]
    shut = np.where(shut == NULL, calendar.horizon + 1, shut)
    for past_due in PAST_DUE_DAYS:
        day = cards.default_day[late] + past_due
        who = late[day < shut]
        add(who, CARD, day[day < shut] * DAY + 7 * 3600, PAST_DUE)
    lost = np.flatnonzero(accounts.exists[:, CARD] & (accounts.reason[:, CARD] == CHARGED_OFF))
    add(lost, CARD, accounts.closed[lost, CARD] * DAY + 17 * 3600, CARD_LOST)
    joined = [np.concatenate(column) for column in zip(*parts, strict=True)]
    order = np.lexsort((joined[3], joined[2], joined[0]))
    row, slot, at, what, note = (column[order] for column in joined)
    ids = people.ids[row]
    start = np.searchsorted(row, row, side="left")
    notes = [*CLOSE_REASONS, *LEAVE_REASONS]
    words = ["Active", "Dormant", "Closed", "Delinquent", "Charged Off"]
    status = np.array([-1, 0, -1, 0, 1, -1, -1, -1, 0, -1, -1, -1, 0, 3])[what]
    after = np.array([0, 2, -1, 1, 0, -1, -1, -1, 2, -1, -1, -1, 3, 4])[what]
    reviews = what == REVIEW
    review, note = note[reviews], np.where(reviews, -1, note)
    by = np.where(np.isin(what, BY_CUSTOMER), 1, 0)
    by[reviews] = np.where(cards.by_chance[review], 3, 2)
    limits, code = np.unique(
        np.stack([cards.before[review], cards.after[review]]), return_inverse=True
    )
    status[reviews], after[reviews] = len(words) + code.reshape(2, -1)
    words += [f"{cents / 100:.2f}" for cents in limits.tolist()]
    by_customer = by == 1
    return {
        "event_id": ids * 1000 + np.arange(len(row)) - start + 1,
        "account_id": ids * 10 + slot,
        "customer_id": ids,
        "product_id": accounts.product[row, slot],
        "event_date": at,
        "event_type": Text(what, EVENTS),
        "event_category": Text(EVENT_CATEGORY[what], CATEGORIES),
        "old_value": Text(status, words),
        "new_value": Text(after, words),
        "triggered_by": Text(by, ("system", "customer", "policy", "trial")),
        "channel": Text(
            np.where(by_customer, (ids + what) % 3, -1), ("Online", "Mobile", "Branch")
        ),
        "processed_by": "core-banking",
        "notes": Text(np.where(note > 0, note, -1), notes),
        "is_reversible": np.isin(what, (2, 3, 5)),
        "requires_approval": np.isin(what, (8, REVIEW, CARD_LOST)),
        "approval_status": Text(
            np.where(np.isin(what, (8, REVIEW, CARD_LOST)), 0, -1), ("Approved",)
        ),
    }
