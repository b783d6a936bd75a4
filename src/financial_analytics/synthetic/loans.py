"""Instalments, lateness, default, prepayment and recovery (mechanisms 6 and 7)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from financial_analytics.synthetic.accounts import Accounts, Holdings
from financial_analytics.synthetic.calendar import Calendar
from financial_analytics.synthetic.catalog import LOAN
from financial_analytics.synthetic.config import BankConfig
from financial_analytics.synthetic.credit import LOAN_KIND, Applications, loan_size, price
from financial_analytics.synthetic.customers import Customers
from financial_analytics.synthetic.frame import DAY, NULL, Bools, Floats, Frame, Ints, Text
from financial_analytics.synthetic.loan_risk import (
    after,
    chance,
    late_chances,
    log_hazard,
    loss_shares,
    stated_debt,
)
from financial_analytics.synthetic.rates import Market
from financial_analytics.synthetic.rng import stream

LATE_MEAN_DAYS = 14.0
LATE_MAX_DAYS = 84
CHARGE_OFF_DAYS = 125
LATE_FEE = 3_500
METHODS = ("Autopay", "Online", "Check", "Branch", "Phone")


def annuity(principal: Ints, yearly_rate: Floats, months: Ints) -> Ints:
    """Return the level monthly instalment in cents.

    ``A = P r / (1 - (1 + r) ** -n)`` with monthly rate r, rounded to the cent.

    Examples
    --------
    >>> annuity(np.array([1_000_000]), np.array([0.12]), np.array([12])).tolist()
    [88849]
    """
    r = yearly_rate / 12
    with np.errstate(divide="ignore", invalid="ignore"):
        level = principal * r / -np.expm1(-months * np.log1p(r))
    return np.round(np.where(r > 0, level, principal / months)).astype(np.int64)


@dataclass(frozen=True)
class Loans:
    """Loans of one block; matrices have shape (loans, months).

    Attributes
    ----------
    customer : ndarray of int64, shape (loans,)
    principal, level, start_balance : ndarray of int64
        Cents: amount lent, instalment, principal owed when the window opens (or lent).
    due : ndarray of int64
        Due day of the month's instalment, NULL when there is none.
    paid : ndarray of int64
        Day it is paid, NULL when it is missed.
    repaid : ndarray of int64
        Principal it repays, cents (the whole balance when prepaid).
    amount : ndarray of int64
        Cents paid.
    scheduled, owed : ndarray of int64
        Instalment due; principal owed after it.
    default_month : ndarray of int64, shape (loans,)
        Month of the first missed instalment, or -1.
    loss_share : ndarray of float64
        Share of the exposure lost if it defaults.
    recovered : ndarray of int64
        Cents recovered at the charge-off; 0 otherwise.
    log_hazard : ndarray of float64, shape (loans,)
        Log default hazard at 4 % unemployment, the instalment before paid on time.
    was_late : ndarray of bool
        The instalment before was late.
    late_chance : ndarray of float64, shape (2, loans)
        Probability of a late instalment without and with autopay.
    """

    customer: Ints
    product: Ints
    principal: Ints
    rate: Floats
    term: Ints
    opened: Ints
    level: Ints
    start_balance: Ints
    score: Ints
    dti: Floats
    utilisation: Floats
    number: Ints
    due: Ints
    paid: Ints
    repaid: Ints
    amount: Ints
    scheduled: Ints
    owed: Ints
    late: Bools
    autopay: Bools
    default_month: Ints
    default_hazard: Floats
    late_hazard: Floats
    loss_share: Floats
    exposure: Ints
    recovered: Ints
    log_hazard: Floats
    was_late: Bools
    late_chance: Floats


def utilisation_of(held: Holdings, config: BankConfig, block: int, size: int) -> Floats:
    """Return the share of the card limit drawn when the window opens (0 without a card)."""
    u = stream(config.seed, "utilisation", block).beta(1.1, 2.4, size)
    used = (held.card_draw * 7919) % 1 < 0.62
    return np.where((held.card_open != NULL) & used, np.round(u, 4), 0.0)


def draw_loans(
    config: BankConfig,
    calendar: Calendar,
    market: Market,
    people: Customers,
    held: Holdings,
    made: Applications,
    accounts: Accounts,
    autopay_day: Ints,
    utilisation: Floats,
    block: int,
) -> Loans:
    """Draw the loans and their payments; closes repaid loans in `accounts`.

    Default in month m has ``h = 1 - exp(-exp(eta))``, ``eta = log_hazard +
    unemployment_effect * (unemployment - 4) + late_effect * late``, late being the instalment
    before (`loan_risk` has the other terms and the losses): from then on nothing is paid, the
    loan rolls through the buckets and is charged off 125 days later; of the exposure,
    ``loss_given_default`` or ``mortgage_loss`` is lost, less where much was repaid
    (``loss_paid_effect``). An instalment is late with ``h = 1 - exp(-late_rate *
    hazard_ratio ** autopay * exp(score_effect * (score - 700) / 100))``, by 1 +
    exponential(14) days, and most who are late pay again as before; prepayment competes at
    the hazard ``prepay_rate``. Autopay is what ends late fees (Gathergood et al.
    2021, *Management Science* 67(4)). Charge-off rates of 1-4 % a year (Federal Reserve
    charge-off and delinquency release, 2024); ``mortgage_effect``: mortgages well below 1 %;
    LGD of 45-65 % unsecured (Basel II foundation: 45 %; Moody's 2010), 15-30 % of mortgages
    (Qi and Yang 2009, *Journal of Banking and Finance* 33(5)).
    """
    rng = stream(config.seed, "loan_payments", block)
    n, months = people.size, calendar.months
    u = rng.random((8, n))
    default_u, prepay_u, late_u, days_u = rng.random((4, n, months))
    beta = rng.beta(4.0, 4.0, n)
    has = accounts.exists[:, LOAN]
    row = np.flatnonzero(has)
    product = accounts.product[row, LOAN]
    opened = accounts.opened[row, LOAN]
    score = people.states[0].score[row].copy()
    principal, term = loan_size(product, people.income[row], u[1, row], u[2, row])
    rate = price(product, score, u[3, row])
    place = np.full(n, -1)
    place[row] = np.arange(len(row))
    given = made.approved & (made.kind == LOAN_KIND) & (place[made.customer] >= 0)
    at = place[made.customer[given]]
    score[at] = made.score[given]
    principal[at], term[at] = made.granted[given], made.term[given]
    rate[at] = made.rate[given]
    accounts.rate[row, LOAN] = np.round(rate * 1e6).astype(np.int64)

    level = annuity(principal, rate, term)
    dti = stated_debt(level, people.income[row])
    dti[at] = made.dti[given]
    open_month = opened.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    first_of = open_month.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    dom = np.minimum(opened - first_of, 27)
    number = calendar.month_code[None, :] - open_month[:, None]
    month_day = calendar.month_code.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    due = month_day + dom[:, None]
    live = (number >= 1) & (number <= term[:, None]) & (due >= calendar.first)
    live &= due <= calendar.horizon
    elapsed = np.clip(
        np.where(live.any(axis=1), number[np.arange(len(row)), live.argmax(axis=1)] - 1, 0), 0, None
    )
    growth = (1 + rate / 12) ** elapsed
    owed_now = principal * growth - level * (growth - 1) / (rate / 12)
    balance = np.where(elapsed > 0, np.round(owed_now), principal).astype(np.int64)
    start_balance = balance.copy()

    effect = config.loans
    on_autopay = (autopay_day[row] != NULL)[:, None] & (autopay_day[row][:, None] < due)
    if_manual, if_autopay = late_chances(config, score)
    late_hazard = np.where(on_autopay, if_autopay[:, None], if_manual[:, None])
    slips = late_u[row] < late_hazard
    was_late = after(slips & live)
    eta = log_hazard(effect, score, dti, rate, utilisation[row], product)
    default_hazard = chance(
        eta[:, None] + effect.unemployment_effect * (market.unemployment - 4.0)
        + effect.late_effect * was_late
    )  # fmt: skip
    defaults = live & (default_u[row] < default_hazard)
    prepays = live & (prepay_u[row] < effect.prepay_rate) & ~defaults
    leave = np.where(people_leave(accounts, row) == NULL, 10**9, people_leave(accounts, row))
    live &= due < leave[:, None]
    last = np.full(len(row), months)
    default_month = np.where((defaults & live).any(axis=1), (defaults & live).argmax(axis=1), last)
    prepay_month = np.where((prepays & live).any(axis=1), (prepays & live).argmax(axis=1), last)
    default_month = np.where(default_month < prepay_month, default_month, last)
    prepay_month = np.where(prepay_month < default_month, prepay_month, last)
    grid = np.arange(months)
    hit = np.minimum(default_month, months - 1)
    charge_off = np.where(
        default_month < months, due[np.arange(len(row)), hit] + CHARGE_OFF_DAYS, 10**9
    )
    charge_off = np.where(default_month < months, np.minimum(charge_off, leave), charge_off)
    live &= grid <= prepay_month[:, None]
    live &= due < charge_off[:, None]

    missed = live & (grid >= default_month[:, None])
    late = live & ~missed & slips & (grid != prepay_month[:, None])
    slip = 1 + np.minimum(-np.log1p(-days_u[row]) * LATE_MEAN_DAYS, LATE_MAX_DAYS - 1)
    paid = np.where(late, due + slip.astype(np.int64), due)
    stop = np.minimum(leave, charge_off)
    prepaid_day = due[np.arange(len(row)), np.minimum(prepay_month, months - 1)]
    stop = np.where(prepay_month < months, prepaid_day, stop)
    final = np.where(live & (number == term[:, None]) & ~missed, paid, -1).max(axis=1)
    stop = np.where(final >= 0, np.minimum(stop, final), stop)
    paid = np.where(live & ~missed, np.minimum(paid, stop[:, None]), NULL)
    late &= paid > due

    repaid = np.zeros((len(row), months), dtype=np.int64)
    amount, scheduled = np.zeros_like(repaid), np.zeros_like(repaid)
    owed = np.zeros_like(repaid)
    for month in range(months):
        interest = np.round(balance * rate / 12).astype(np.int64)
        final = number[:, month] == term
        part = np.where(final, balance, np.minimum(level - interest, balance))
        scheduled[:, month] = np.where(live[:, month], interest + part, 0)
        whole = grid[month] == prepay_month
        part = np.where(whole, balance, part)
        pays = live[:, month] & ~missed[:, month]
        repaid[:, month] = np.where(pays, part, 0)
        amount[:, month] = np.where(pays, interest + part, 0)
        balance = balance - repaid[:, month]
        owed[:, month] = balance

    rows = np.arange(len(row))
    matured = np.where(live & (number == term[:, None]) & ~missed, paid, NULL).max(
        axis=1, initial=NULL
    )
    closing = np.where(prepay_month < months, prepaid_day, matured)
    closing = np.where(charge_off <= calendar.horizon, charge_off, closing)
    why = np.where(prepay_month < months, 5, np.where(matured != NULL, 3, 0))
    why = np.where(charge_off <= calendar.horizon, 4, why)
    ends = (closing != NULL) & (closing <= calendar.horizon) & (closing < 10**8)
    accounts.closed[row[ends], LOAN] = closing[ends]
    accounts.reason[row[ends], LOAN] = why[ends]
    exposure = np.where(default_month < months, owed[rows, hit], 0)
    loss = loss_shares(effect, product, 1 - balance / principal, beta[row])
    recovered = np.where(why == 4, np.round(balance * (1 - loss)), 0).astype(np.int64)
    return Loans(
        customer=row, product=product, principal=principal, rate=rate, term=term, opened=opened,
        level=level, start_balance=start_balance, score=score, dti=dti,
        utilisation=utilisation[row], number=number, due=np.where(live, due, NULL),
        paid=np.where(live, paid, NULL), repaid=repaid, amount=amount, scheduled=scheduled,
        owed=owed, late=late, autopay=on_autopay,
        default_month=np.where(default_month < months, default_month, -1),
        default_hazard=default_hazard, late_hazard=late_hazard, loss_share=loss,
        exposure=exposure, recovered=recovered, log_hazard=eta, was_late=was_late,
        late_chance=np.stack([if_manual, if_autopay]),
    )  # fmt: skip


def people_leave(accounts: Accounts, row: Ints) -> Ints:
    """Return the day on which each customer's checking account closes, or NULL."""
    return np.asarray(accounts.closed[row, 0])


def payment_frame(people: Customers, loans: Loans, row: Ints, month: Ints, settled: Bools) -> Frame:
    """Return the instalments feed for cells (`row`, `month`).

    A cell that is not `settled` is shown as it was on its due day: unpaid.
    """
    customer = people.ids[loans.customer[row]]
    due, paid = loans.due[row, month], np.where(settled, loans.paid[row, month], NULL)
    open_ = paid == NULL
    days = np.where(open_, NULL, paid - due)
    owed_before = loans.owed[row, month] + loans.repaid[row, month]
    method = np.where(
        loans.autopay[row, month], 0, 1 + (customer * 31 + loans.number[row, month] // 9) % 4
    )
    return {
        "payment_id": customer * 1000 + loans.number[row, month],
        "account_id": customer * 10 + LOAN,
        "customer_id": customer,
        "scheduled_date": due,
        "actual_date": paid,
        "scheduled_amount": loans.scheduled[row, month],
        "actual_amount": np.where(open_, 0, loans.amount[row, month]),
        "is_late": np.where(open_, -1, days > 0).astype(np.int8),
        "days_late": days,
        "late_fee": np.where(~open_ & (days > 15), LATE_FEE, 0),
        "payment_method": Text(np.where(open_, -1, method), METHODS),
        "outstanding_balance": np.where(open_, owed_before, loans.owed[row, month]),
        "created_at": due * DAY,
    }
