"""How many transactions to expect of each day and channel, from the rates of all customers."""

from __future__ import annotations

import numpy as np

from financial_analytics.synthetic import catalog
from financial_analytics.synthetic.balances import CARD_PAY_DAYS
from financial_analytics.synthetic.credit import EXTRA_PURCHASE, credit_spell
from financial_analytics.synthetic.frame import DAY, Bools, Floats, Ints
from financial_analytics.synthetic.legs import BROUGHT_FORWARD, CODE, Legs
from financial_analytics.synthetic.purchases import blend
from financial_analytics.synthetic.services import CASH_LIMIT
from financial_analytics.synthetic.simulate import Block, World

CHANNELS = len(catalog.CHANNELS)
REGIONS = len(catalog.REGIONS)
ARCHETYPES = len(catalog.ARCHETYPES)
REFUND_WAIT = (2, 20)
"""First day after the purchase on which a refund may come, and the first on which it may not."""
PROCESS = np.isin(np.arange(len(CODE)), [CODE[text] for text in (
    "Card purchase", "Online purchase", "Cash withdrawal", "Transfer to external account",
    "Transfer from external account", "Bill payment", "Payroll deposit", "Mobile cheque deposit",
    "Cash deposit", "Currency exchange", "Refund",
)])  # fmt: skip
"""What purchases and services are called; what else is so called is fraud or much cash."""


LARGE_CASH = np.isin(
    np.arange(len(CODE)), [CODE[text] for text in ("Cash deposit", "Transfer to external account")]
)
SCHEDULED = np.isin(
    np.arange(len(CODE)), [CODE[text] for text in ("Loan instalment", "Principal repaid")]
)
CARD_PAID = np.isin(
    np.arange(len(CODE)), [CODE[text] for text in ("Card payment received", "Card payment")]
)


def purchase_shares(world: World) -> Floats:
    """Return shares of channels, shape (archetypes, regions, months, channels)."""
    separation = world.config.archetypes.separation
    plain = blend(catalog.PURCHASE_CHANNEL, separation)
    digital = blend(catalog.CATEGORY_MIX, separation) @ catalog.ONLINE_ONLY
    moved = plain[:, catalog.POS] * digital
    plain[:, catalog.POS] -= moved
    plain[:, catalog.ONLINE] += moved
    months = world.calendar.months
    share = np.tile(plain[:, None, None, :], (1, REGIONS, months, 1))
    early = np.arange(months) < world.rollout.month[:, None]
    lost = share[..., catalog.MOBILE] * np.where(early, 1 - catalog.MOBILE_BEFORE_ROLLOUT, 0.0)
    share[..., catalog.MOBILE] -= lost
    share[..., catalog.ONLINE] += lost
    return share


def service_shares(world: World) -> tuple[Floats, Floats]:
    """Return shares of channels of services on open days and on days without branches.

    Each of shape (archetypes, channels).
    """
    separation = world.config.archetypes.separation
    mix = blend(catalog.OTHER_MIX, separation)
    channel = blend(catalog.SERVICE_CHANNEL, separation)
    share = channel * (mix[:, 1] + mix[:, 2] + mix[:, 3])[:, None]
    # no transfer at a cash machine; all cash from one
    moved = channel[:, catalog.ATM] * mix[:, 1]
    share[:, catalog.ATM] += mix[:, 0] - moved
    share[:, catalog.ONLINE] += moved
    shut = share.copy()
    shut[:, catalog.ONLINE] += shut[:, catalog.BRANCH]
    shut[:, catalog.BRANCH] = 0.0
    return share, shut


def by_day(world: World, group: Ints, groups: int, rate: Floats, start: Ints, stop: Ints) -> Floats:
    """Add up monthly rates by day: customer i acts at `rate[i, month]` from start to stop.

    Parameters
    ----------
    group : ndarray of int64, shape (customers,)
    rate : ndarray of float64, shape (customers, months)
    start, stop : ndarray of int64, shape (customers,)
        Day indices, `stop` not included.

    Returns
    -------
    ndarray of float64, shape (groups, days)
    """
    calendar = world.calendar
    low = np.clip(start[:, None], calendar.month_first[:-1], calendar.month_first[1:])
    high = np.clip(stop[:, None], low, calendar.month_first[1:])
    row, month = np.nonzero(high > low)
    amount, first = rate[row, month], group[row] * (calendar.days + 1)
    size = groups * (calendar.days + 1)
    steps = np.bincount(first + low[row, month], amount, size)
    steps = steps - np.bincount(first + high[row, month], amount, size)
    return np.asarray(np.cumsum(steps.reshape(groups, -1), axis=1)[:, :-1])


def expected_process(world: World, block: Block) -> tuple[Floats, Floats]:
    """Return expected purchases and services of each day and channel, tried once.

    Both of shape (days, channels). Given who is a customer, engaged and has not stopped buying
    that day, they are Poisson with these means.
    """
    calendar, people, life = world.calendar, block.people, block.life
    start = np.maximum(people.signup + 1, calendar.first) - calendar.first
    stop = np.clip(life.until - calendar.first, 0, calendar.days)
    span = np.where(block.activity.span > 0, block.activity.span, 1.0)
    scale = world.scale
    buys = scale * block.activity.purchases / span
    buying = np.minimum(stop, np.clip(block.dropout.day + 1 - calendar.first, 0, calendar.days))
    kind = people.archetype * REGIONS + people.region
    level = by_day(world, kind, ARCHETYPES * REGIONS, buys, start, buying) * calendar.intensity
    begin, end = credit_spell(block.made, np.minimum(life.until, calendar.horizon + 1))
    end = np.where(block.made.approved, end, begin)
    daily = world.config.credit.spend_effect / EXTRA_PURCHASE / 30.4375
    level += by_day(
        world, kind[block.made.customer], ARCHETYPES * REGIONS,
        np.full((len(begin), calendar.months), daily), begin - calendar.first, end - calendar.first,
    )  # fmt: skip
    level = level.reshape(ARCHETYPES, REGIONS, -1)
    share = purchase_shares(world)[:, :, calendar.month_of_day]
    bought = np.einsum("ard,ardc->dc", level, share)
    serves = scale * block.activity.services / span
    level = by_day(world, people.archetype, ARCHETYPES, serves, start, stop) * calendar.intensity
    is_open, shut = service_shares(world)
    closed = calendar.holiday | ((np.arange(calendar.first, calendar.horizon + 1) + 3) % 7 == 6)
    served = np.where(closed[:, None], level.T @ shut, level.T @ is_open)
    return np.asarray(bought), served


def tries(world: World) -> Floats:
    """Return how many rows of the feed an attempt makes, by channel: some are tried again."""
    effect = world.config.purchase
    online = np.isin(np.arange(CHANNELS), (catalog.ONLINE, catalog.MOBILE))
    return 1 + effect.decline_share * np.where(online, 1.5, 0.85) * effect.retry_share


def refunds_of(world: World, bought: Floats) -> Floats:
    """Return the refunds that expected purchases lead to, shape (days, channels)."""
    effect = world.config.purchase
    online = np.isin(np.arange(CHANNELS), (catalog.ONLINE, catalog.MOBILE))
    fails = effect.decline_share * np.where(online, 1.5, 0.85) * (1 - effect.retry_share)
    total = np.concatenate([np.zeros((1, CHANNELS)), np.cumsum(bought, axis=0)])
    day = np.arange(len(bought))
    first, last = REFUND_WAIT
    window = total[np.maximum(day - first + 1, 0)] - total[np.maximum(day - last + 1, 0)]
    return np.asarray(effect.refund_share * (1 - fails) * window / (last - first))


def is_process(table: Legs) -> Bools:
    """Say which legs purchases, services, their failures and refunds made."""
    much = LARGE_CASH.take(table.description) & (np.abs(table.cents) >= CASH_LIMIT)
    return PROCESS.take(table.description) & (table.incident < 0) & ~much


def expected_volume(world: World, block: Block) -> tuple[Floats, Floats, Floats]:
    """Return what to expect of each day and channel, and how much of it is posted.

    Purchases and services follow their rates, with retries and refunds. Instalments of loans
    are expected when they came, for their days are fixed in advance. Card payments are spread
    evenly over the days on which statements are paid, and all else (fees, savings, openings,
    closings, conversions, fraud) over its month.

    Returns
    -------
    ndarray of float64, shape (days, channels + 1)
        Expected rows of the transactions feed; the last column has no channel.
    ndarray of float64, shape (months, channels + 1)
        Rows of the feed that came.
    ndarray of float64, shape (months, channels + 1)
        Those of them that are posted.
    """
    calendar, table = world.calendar, block.legs
    bought, served = expected_process(world, block)
    told = (table.description != BROUGHT_FORWARD) & (table.at // DAY <= calendar.last)
    day = table.at // DAY - calendar.first
    channel = np.where(table.channel < 0, CHANNELS, table.channel)

    def count(rows: Bools, unit: Ints, units: int) -> Floats:
        cell = unit[rows] * (CHANNELS + 1) + channel[rows]
        found = np.bincount(cell, minlength=units * (CHANNELS + 1))
        return np.asarray(found.reshape(units, -1), dtype=np.float64)

    inside = np.arange(calendar.days) <= calendar.last - calendar.first
    day_of_month = np.arange(calendar.first, calendar.horizon + 1) - calendar.month_start.take(
        calendar.month_of_day
    )
    paying = np.minimum(CARD_PAY_DAYS, calendar.month_length - 2).take(calendar.month_of_day)
    month = calendar.month_of_day.take(day)
    other = told & ~is_process(table)
    fixed, by_card = SCHEDULED.take(table.description), CARD_PAID.take(table.description)
    expected = count(other & fixed, day, calendar.days)
    expected[:, :CHANNELS] += (bought + served) * tries(world) + refunds_of(world, bought)
    for rows, days in (
        (other & by_card, inside & (day_of_month >= 1) & (day_of_month <= paying)),
        (other & ~by_card & ~fixed, inside),
    ):
        size = np.bincount(calendar.month_of_day[days], minlength=calendar.months)
        each = count(rows, month, calendar.months) / np.maximum(size, 1)[:, None]
        expected[days] += each[calendar.month_of_day[days]]
    came = count(told, month, calendar.months)
    return expected, came, count(told & (table.decline < 0), month, calendar.months)
