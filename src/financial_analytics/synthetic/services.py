"""Everything on an account but purchases: cash, transfers, bills, deposits, savings, loans."""

from __future__ import annotations

import numpy as np

from financial_analytics.synthetic import catalog
from financial_analytics.synthetic.accounts import Accounts, Holdings
from financial_analytics.synthetic.calendar import Calendar
from financial_analytics.synthetic.campaigns import Touches
from financial_analytics.synthetic.catalog import BROKERAGE, CARD, CHECKING, CURRENCY, LOAN, SAVINGS
from financial_analytics.synthetic.churn import Life
from financial_analytics.synthetic.config import BankConfig
from financial_analytics.synthetic.credit import Applications
from financial_analytics.synthetic.customers import Customers
from financial_analytics.synthetic.frame import DAY, NULL, Bools, Floats, Ints
from financial_analytics.synthetic.legs import CODE, Legs, join, legs
from financial_analytics.synthetic.loans import Loans
from financial_analytics.synthetic.merchants import Merchants
from financial_analytics.synthetic.purchases import (
    CARD_SHARE,
    Activity,
    Profiles,
    amount_factor,
    look,
    seconds,
    spend_per_day,
    when,
)
from financial_analytics.synthetic.rates import Market
from financial_analytics.synthetic.rng import stream

SERVICE_RATE = 0.85
"""Services per purchase of the average customer."""
LOAN_FROM_CHECKING = 0.45
STUDENT, STUDENT_SHARE = 3, 0.15
"""Product of student accounts, and what they hold at first of what others do."""
CASH_LIMIT = 600_000
"""Ordinary cash deposits stay below this many cents; larger ones are mechanism 14's."""
FEES = np.array([500, 1200, 1500, 3500])
FEE_SIZES = (0.35, 0.60, 0.75)
"""Cumulative shares of the first three fees."""
UTILITIES = catalog.CATEGORY_NAMES.index("Utilities")


def service_rates(config: BankConfig, people: Customers, block: int) -> Floats:
    """Return each customer's rate of services (gamma, shape 4) at scale 1."""
    mixed = stream(config.seed, "service rate", block).gamma(4.0, 0.25, people.size)
    factor = catalog.RATE_FACTOR[people.archetype] ** (0.5 * config.archetypes.separation)
    return np.asarray(SERVICE_RATE * mixed * factor)


def pays_here(ids: Ints) -> Bools:
    """Say which customers pay their loan from our current account."""
    return np.asarray((ids * 2654435761 % 1000) < LOAN_FROM_CHECKING * 1000)


def _clock(day: Ints, hour: float | Floats) -> Ints:
    return day * DAY + np.asarray(np.asarray(hour) * 3600).astype(np.int64)


def draw_services(
    config: BankConfig,
    calendar: Calendar,
    profiles: Profiles,
    merchants: Merchants,
    people: Customers,
    accounts: Accounts,
    activity: Activity,
    loans: Loans,
    service_rate: Floats,
    scale: float,
    block: int,
) -> Legs:
    """Draw withdrawals, transfers, bill payments and deposits of the current account.

    Deposits are sized so that what comes in matches what goes out on average
    (plus 12 %): pay follows spending, balances drift slowly upwards.
    """
    rng = stream(config.seed, "services", block)
    counts = rng.poisson(scale * activity.services)
    cell = np.repeat(np.arange(counts.size), counts.ravel())
    row, size = np.repeat(np.arange(people.size), counts.sum(axis=1)), len(cell)
    day = when(calendar, activity, cell, rng.random(size))
    draws, noise = rng.random((7, size)), rng.standard_normal(size)
    archetype = people.archetype.take(row)
    other = look(profiles.other, archetype, draws[0])
    factor = amount_factor(config, people)
    means = np.exp(catalog.OTHER_MU + catalog.OTHER_SIGMA**2 / 2)
    mix = profiles.other_mix[people.archetype]
    # transfers are outgoing three times out of four, so half of them net
    out = mix[:, 0] * means[0] + 0.5 * mix[:, 1] * means[1] + mix[:, 2] * means[2]
    own = loans.level * pays_here(people.ids[loans.customer])
    instalments = np.bincount(loans.customer, own, minlength=people.size) / 100 / 30.4375
    spent = spend_per_day(config, profiles, people)
    per_day = scale * (spent + service_rate * out * factor) + instalments
    pay = 1.12 * per_day / np.maximum(scale * service_rate * mix[:, 3], 1e-12)
    mu, sigma = catalog.OTHER_MU.take(other), catalog.OTHER_SIGMA.take(other)
    level = np.where(other == 3, (pay / means[3]).take(row), factor.take(row))
    value = np.exp(mu + sigma * noise) * level
    incoming = (other == 3) | ((other == 1) & (draws[1] < 0.25))
    cents = np.maximum(np.round(np.minimum(value, 150_000) * 100), 100).astype(np.int64)
    cash = other == 0
    cents = np.where(cash, np.clip(np.round(cents / 2000), 1, 40).astype(np.int64) * 2000, cents)
    channel = look(profiles.service, archetype, draws[2])
    channel[cash] = catalog.ATM
    channel[(channel == catalog.ATM) & (other == 1)] = catalog.ONLINE
    stamp = calendar.first + day
    shut = (np.arange(calendar.first, calendar.horizon + 1) + 3) % 7 == 6
    shut |= calendar.holiday
    channel[(channel == catalog.BRANCH) & shut.take(day)] = catalog.ONLINE
    second = seconds(profiles, archetype, draws[3], draws[4])
    in_hours = (9 * 3600 + draws[4] * 8 * 3600).astype(np.int64)
    second = np.where(channel == catalog.BRANCH, in_hours, second)
    bill = other == 2
    merchant = np.full(size, -1)
    billed = np.flatnonzero(bill)
    merchant[billed] = merchants.draw(
        people.region.take(row[billed]), np.full(len(billed), UTILITIES), draws[5, billed]
    )
    kinds = np.array([catalog.WITHDRAWAL, catalog.TRANSFER, catalog.PAYMENT, catalog.DEPOSIT])
    texts = np.array([
        CODE["Cash withdrawal"], CODE["Transfer to external account"], CODE["Bill payment"],
        CODE["Payroll deposit"],
    ])  # fmt: skip
    text = np.where(
        (other == 1) & incoming, CODE["Transfer from external account"], texts.take(other)
    )
    cheque = (other == 3) & (channel == catalog.MOBILE)
    text = np.where(cheque, CODE["Mobile cheque deposit"], text)
    at_till = (other == 3) & ((channel == catalog.BRANCH) | (channel == catalog.ATM))
    at_till &= cents < CASH_LIMIT
    text = np.where(at_till, CODE["Cash deposit"], text)
    # the currency account takes some transfers
    foreign = (other == 1) & (draws[6] < 0.3) & accounts.open_on(row, CURRENCY, stamp)
    return legs(
        customer=row,
        slot=np.where(foreign, CURRENCY, CHECKING),
        at=stamp * DAY + second,
        kind=kinds.take(other),
        cents=np.where(incoming | (foreign & (draws[1] < 0.6)), cents, -cents),
        channel=channel,
        category=np.where(bill, UTILITIES, -1),
        merchant=merchant,
        description=np.where(foreign, CODE["Currency exchange"], text),
    )


def opening_legs(
    config: BankConfig, calendar: Calendar, people: Customers, accounts: Accounts, loans: Loans,
    utilisation: Floats, monthly: tuple[Floats, Floats], block: int,
) -> Legs:  # fmt: skip
    """Bring balances forward, or pay the first deposit in, so that every opening is zero.

    An account opened before the window starts with 'Balance brought forward' at the
    window's first second. Liabilities are negative: a card's balance is what is
    owed, a loan's the principal outstanding. Who pays the card in full owes what was
    bought in the month before, if anything (`monthly`: expected purchases and USD); the
    others owe the share of the limit in use.
    """
    purchases, spent = monthly
    rng = stream(config.seed, "openings", block)
    e = rng.standard_normal((6, people.size))
    u = rng.random((6, people.size))
    wealth = np.clip(people.income / 62_000, 0.1, 20) ** 0.9
    medians = np.array([5200.0, 6500.0, 0.0, 0.0, 9000.0, 1500.0])
    parts = []
    for slot in (CHECKING, SAVINGS, CARD, LOAN, BROKERAGE, CURRENCY):
        row = np.flatnonzero(accounts.exists[:, slot])
        opened = accounts.opened[row, slot]
        old = opened < calendar.first
        if slot == CARD:
            limit = accounts.limit[row, slot]
            bought = -np.expm1(-CARD_SHARE * purchases[row])
            month = 100 * CARD_SHARE * spent[row] / bought * np.exp(0.5 * e[slot, row] - 0.125)
            month = np.where(u[slot, row] < bought, month, 0)
            used = np.where(utilisation[row] > 0, limit * utilisation[row], month)
            cents = np.where(old, -np.minimum(np.round(used).astype(np.int64), limit), 0)
        elif slot == LOAN:
            owed = np.zeros(people.size, dtype=np.int64)
            owed[loans.customer] = loans.start_balance
            cents = -owed[row]
        else:
            share = np.where(old, 1.0, 0.55) if slot == CHECKING else 1.0
            value = medians[slot] * wealth[row] * np.exp(0.8 * e[slot, row]) * share
            value = np.where(accounts.product[row, slot] == STUDENT, STUDENT_SHARE * value, value)
            cents = np.maximum(np.round(value * 100), 2500).astype(np.int64)
        keep = cents != 0
        row, cents, old, opened = row[keep], cents[keep], old[keep], opened[keep]
        liability = slot in (CARD, LOAN)
        text = CODE["Loan disbursement"] if slot == LOAN else CODE["Opening deposit"]
        kind = catalog.TRANSFER if liability else catalog.DEPOSIT
        parts.append(
            legs(
                customer=row,
                slot=slot,
                at=np.where(old, calendar.first * DAY, _clock(opened, 9 + u[slot, row])),
                kind=kind,
                cents=cents,
                channel=np.where(old, -1, catalog.BRANCH if liability else catalog.ONLINE),
                description=np.where(old, CODE["Balance brought forward"], text),
            )
        )
    return join(parts)


def savings_legs(
    config: BankConfig, calendar: Calendar, market: Market, people: Customers, accounts: Accounts,
    openings: Legs, block: int,
) -> tuple[Legs, Ints]:  # fmt: skip
    """Adjust savings to the rate paid (mechanism 9).

    A saver adjusts in a month with probability ``adjust_share`` to the target
    ``B0 exp(elasticity[product] * (rate(t) - rate(0)) + 0.004 t + balance_noise * e)``, t
    in months and rates in points, elasticities ``savings_elasticity``,
    ``high_yield_elasticity`` and ``money_market_elasticity``; so balances answer a change
    with a delay of ``1 / adjust_share`` months. Deposit semi-elasticities of 0.1-0.4 per point lie
    in the range of Drechsler, Savov and Schnabl (2017, *QJE* 132(4)).

    Returns
    -------
    Legs
    ndarray of int64, shape (customers, months)
        Target balance in cents at each month.
    """
    effect = config.rates
    rng = stream(config.seed, "savings", block)
    n, months = people.size, calendar.months
    u, place, hour = rng.random((3, n, months))
    e = rng.standard_normal((n, months))
    elasticity = np.array([
        effect.savings_elasticity, effect.high_yield_elasticity, effect.money_market_elasticity,
    ])  # fmt: skip
    own = np.clip(accounts.product[:, SAVINGS] - 5, 0, 2)
    opened, closed = accounts.opened[:, SAVINGS], accounts.closed[:, SAVINGS]
    base = np.zeros(n)
    mine = openings.slot == SAVINGS
    base[openings.customer[mine]] = openings.cents[mine]
    start = np.where(opened == NULL, calendar.horizon, np.maximum(opened, calendar.first))
    born = calendar.month_of_day[np.clip(start - calendar.first, 0, calendar.days - 1)]
    grid = np.arange(months)
    # a saver from before the window adjusts from its first month on
    adjusts = grid >= np.where(opened < calendar.first, 0, born + 1)[:, None]
    drift = 0.004 * (grid - born[:, None])
    pull = elasticity[own][:, None] * (market.rate[own] - market.rate[own, born][:, None])
    target = np.round(base[:, None] * np.exp(pull + drift + effect.balance_noise * e)).astype(
        np.int64
    )
    end = np.where(closed == NULL, calendar.horizon + 1, closed)
    day = calendar.month_start + (place * calendar.month_length).astype(np.int64)
    live = (opened != NULL)[:, None] & adjusts & (day < end[:, None])
    live &= day >= calendar.first
    moves = live & (u < effect.adjust_share) & (day > opened[:, None])
    last = np.where(moves, grid, -1)
    previous = np.maximum.accumulate(
        np.concatenate([np.full((n, 1), -1), last[:, :-1]], axis=1), axis=1
    )
    before = np.where(
        previous >= 0, np.take_along_axis(target, np.maximum(previous, 0), axis=1), base[:, None]
    ).astype(np.int64)
    row, month = np.nonzero(moves & (target != before))
    cents = (target - before)[row, month]
    table = legs(
        customer=row,
        slot=SAVINGS,
        at=_clock(day[row, month], 7 + 14 * hour[row, month]),
        kind=catalog.TRANSFER,
        cents=cents,
        channel=np.where(hour[row, month] < 0.6, catalog.ONLINE, catalog.BRANCH),
        description=np.where(cents > 0, CODE["Savings transfer in"], CODE["Savings transfer out"]),
    )
    return table, target


def loan_legs(people: Customers, loans: Loans, accounts: Accounts) -> Legs:
    """Repay principal on the loan, and take some instalments from the current account."""
    row, month = np.nonzero((loans.paid != NULL) & (loans.repaid > 0))
    customer, day = loans.customer[row], loans.paid[row, month]
    whole = loans.owed[row, month] == 0
    here = legs(
        customer=customer,
        slot=LOAN,
        at=_clock(day, 6.0),
        kind=catalog.PAYMENT,
        cents=loans.repaid[row, month],
        channel=catalog.ONLINE,
        description=np.where(whole, CODE["Loan paid off"], CODE["Principal repaid"]),
    )
    own = pays_here(people.ids[customer])
    # a payoff is paid from outside: it would empty the current account
    own &= ~whole & accounts.open_on(customer, CHECKING, day)
    pays = np.flatnonzero(own)
    checking = legs(
        customer=customer[pays],
        slot=CHECKING,
        at=_clock(day[pays], 6.0),
        kind=catalog.PAYMENT,
        cents=-loans.amount[row, month][pays],
        channel=catalog.ONLINE,
        description=CODE["Loan instalment"],
    )
    lost = np.flatnonzero(loans.recovered > 0)
    day = accounts.closed[loans.customer[lost], LOAN]
    recovery = legs(
        customer=loans.customer[lost],
        slot=LOAN,
        at=_clock(day, 8.0),
        kind=catalog.PAYMENT,
        cents=loans.recovered[lost],
        channel=-1,
        description=CODE["Recovery after default"],
    )
    return join([here, checking, recovery])


def moved_balances(config: BankConfig, made: Applications, block: int) -> tuple[Ints, Ints]:
    """Return the day and the cents that approval moves in from another bank, approved or not."""
    rng = stream(config.seed, "moved balances", block)
    gap, noise = rng.random(len(made.applied)), rng.standard_normal(len(made.applied))
    second = _clock(made.decided + 15 + (gap * 30).astype(np.int64), 11 + 3 * gap)
    value = config.credit.balance_effect * np.exp(0.3 * noise - 0.045)
    return second, np.round(value * 100).astype(np.int64)


def small_legs(
    config: BankConfig, calendar: Calendar, people: Customers, held: Holdings, accounts: Accounts,
    life: Life, made: Applications, touches: Touches, kept: Ints, merchants: Merchants, block: int,
) -> Legs:  # fmt: skip
    """Fees, investment transfers, approval's transfer in and campaign conversions."""
    rng = stream(config.seed, "small movements", block)
    n, months = people.size, calendar.months
    fee_u, fee_v = rng.random((2, n, months))
    row, month = np.nonzero(life.fee)
    length = calendar.month_length[month]
    day = calendar.month_start[month] + (fee_u[row, month] * length).astype(np.int64)
    ok = accounts.open_on(row, CHECKING, day) & calendar.holds(day)
    row, month, day = row[ok], month[ok], day[ok]
    size = np.searchsorted(FEE_SIZES, fee_v[row, month])
    fees = legs(
        customer=row,
        slot=CHECKING,
        at=_clock(day, 3.0),
        kind=catalog.FEE,
        cents=-FEES[size],
        description=np.where(size == 3, CODE["Overdraft fee"], CODE["Monthly service fee"]),
    )
    invest_u, invest_v = rng.random((2, n, months))
    invest_e = rng.standard_normal((n, months))
    row, month = np.nonzero((invest_u < 0.07) & accounts.exists[:, BROKERAGE][:, None])
    length = calendar.month_length[month]
    day = calendar.month_start[month] + (invest_v[row, month] * length).astype(np.int64)
    ok = accounts.open_on(row, BROKERAGE, day) & calendar.holds(day)
    row, month, day = row[ok], month[ok], day[ok]
    value = 450 * np.clip(people.income[row] / 62_000, 0.2, 10) * np.exp(0.7 * invest_e[row, month])
    invested = legs(
        customer=row,
        slot=BROKERAGE,
        at=_clock(day, 10 + 5 * invest_v[row, month]),
        kind=catalog.TRANSFER,
        cents=np.round(value * 100).astype(np.int64),
        channel=catalog.ONLINE,
        description=CODE["Investment transfer"],
    )
    second, cents = moved_balances(config, made, block)
    day = second // DAY
    ok = made.approved & (day <= calendar.horizon) & accounts.open_on(made.customer, CHECKING, day)
    index = np.flatnonzero(ok & (cents > 0))
    moved = legs(
        customer=made.customer[index],
        slot=CHECKING,
        at=second[index],
        kind=catalog.DEPOSIT,
        cents=cents[index],
        channel=catalog.ONLINE,
        description=CODE["Balance moved from another bank"],
    )
    hit, own = kept[touches.converted_at[kept] != NULL], touches.unasked
    row = np.concatenate([touches.customer[hit], own.customer])
    when_ = np.concatenate([touches.converted_at[hit], own.at])
    campaign = np.concatenate([touches.campaign[hit], own.campaign])
    value_ = np.concatenate([touches.value[hit], own.value])
    ok = accounts.open_on(row, CHECKING, when_ // DAY) & (when_ // DAY <= calendar.horizon)
    row, when_, campaign, value_ = row[ok], when_[ok], campaign[ok], value_[ok]
    category = (people.ids[row] + campaign) % len(catalog.CATEGORIES)
    bought = legs(
        customer=row,
        slot=CHECKING,
        at=when_,
        kind=catalog.PURCHASE,
        cents=-value_,
        channel=catalog.ONLINE,
        category=category,
        merchant=merchants.draw(np.full(len(row), 6), category, (people.ids[row] % 97) / 97.0),
        description=CODE["Purchase"],
    )
    return join([fees, invested, moved, bought])
