"""The purchase process: when, where, how much (mechanisms 1 and 2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from financial_analytics.synthetic import catalog
from financial_analytics.synthetic.accounts import Accounts, Holdings
from financial_analytics.synthetic.arrays import order_of, run_starts
from financial_analytics.synthetic.calendar import Calendar
from financial_analytics.synthetic.catalog import CARD, CHECKING
from financial_analytics.synthetic.churn import Life
from financial_analytics.synthetic.config import BankConfig
from financial_analytics.synthetic.credit import EXTRA_PURCHASE, Applications, credit_spell
from financial_analytics.synthetic.customers import Customers
from financial_analytics.synthetic.frame import DAY, NULL, Bools, Floats, Ints
from financial_analytics.synthetic.legs import CODE, Legs, join, legs
from financial_analytics.synthetic.merchants import FOREIGN_PLACE, ONLINE_PLACE, Merchants
from financial_analytics.synthetic.mobile import Rollout
from financial_analytics.synthetic.rng import stream

CARD_SHARE = 0.65
FOREIGN_SHARE = np.array([0.006, 0.015, 0.002, 0.02, 0.14])
STEPS = 2048
NEVER_DROPPED = 10**7
"""A day after any window."""


def steps(cumulative: Floats) -> Ints:
    """Turn rows of cumulative shares into lookup tables of ``STEPS`` equal steps."""
    place = (np.arange(STEPS) + 0.5) / STEPS
    return np.array([np.searchsorted(row, place).clip(0, len(row) - 1) for row in cumulative])


def blend(table: Floats, separation: float) -> Floats:
    """Pull the archetypes' shares towards their average."""
    mean = catalog.ARCHETYPE_SHARE @ table
    return np.asarray(separation * table + (1 - separation) * mean)


@dataclass(frozen=True)
class Profiles:
    """Lookup tables by archetype, shape (archetypes, STEPS)."""

    category: Ints
    channel: Ints
    service: Ints
    other: Ints
    hour: Floats
    mix: Floats
    spend: Floats
    other_mix: Floats

    @classmethod
    def build(cls, config: BankConfig) -> Profiles:
        """Return the tables for the separation and hour effects of `config`."""
        separation = config.archetypes.separation
        mix = blend(catalog.CATEGORY_MIX, separation)
        flat = config.purchase.hour_effect * blend(catalog.HOURS, separation)
        hours = flat + (1 - config.purchase.hour_effect) / 24
        edges = np.concatenate([np.zeros((len(hours), 1)), np.cumsum(hours, axis=1)], axis=1)
        place = (np.arange(STEPS) + 0.5) / STEPS
        hour = np.array([np.interp(place, row, np.arange(25.0)) for row in edges])
        sigma = config.purchase.amount_sigma * catalog.CATEGORY_SIGMA
        other = blend(catalog.OTHER_MIX, separation)
        return cls(
            category=steps(np.cumsum(mix, axis=1)),
            channel=steps(np.cumsum(blend(catalog.PURCHASE_CHANNEL, separation), axis=1)),
            service=steps(np.cumsum(blend(catalog.SERVICE_CHANNEL, separation), axis=1)),
            other=steps(np.cumsum(other, axis=1)),
            hour=hour,
            mix=mix,
            spend=mix @ np.exp(catalog.CATEGORY_MU + sigma**2 / 2),
            other_mix=other,
        )


def look(table: NDArray[Any], archetype: Ints, uniform: Floats) -> NDArray[Any]:
    """Return the entries of a lookup `table` at uniforms."""
    return table.ravel().take(archetype * STEPS + (uniform * STEPS).astype(np.int64))


def amount_factor(config: BankConfig, people: Customers) -> Floats:
    """Return how much more than the category's median each customer spends."""
    factor = catalog.AMOUNT_FACTOR[people.archetype] ** config.archetypes.separation
    income = np.clip(people.income / 62_000, 0.1, 20) ** config.purchase.income_effect
    return np.asarray(factor * income)


def spend_per_day(config: BankConfig, profiles: Profiles, people: Customers) -> Floats:
    """Return what each customer spends on purchases a day at scale 1, USD."""
    spent = people.rate * profiles.spend[people.archetype]
    return np.asarray(spent * amount_factor(config, people))


def seconds(profiles: Profiles, archetype: Ints, u: Floats, v: Floats) -> Ints:
    """Return a second of the day by archetype from two uniforms."""
    hour = look(profiles.hour, archetype, u) + (v - 0.5) * 24 / STEPS
    return (np.clip(hour, 0, 23.9997) * 3600).astype(np.int64)


@dataclass(frozen=True)
class Activity:
    """Expected purchases and services of each customer and month.

    Attributes
    ----------
    purchases, services : ndarray of float64, shape (customers, months)
        Expected counts at scale 1.
    boost : ndarray of float64, shape (customers, months)
        Factor of mobile and adoption within `purchases`.
    low, span : ndarray of float64, shape (customers, months)
        Cumulative intensity at the start of the exposed part of the month, and
        its length.
    """

    purchases: Floats
    services: Floats
    boost: Floats
    low: Floats
    span: Floats


def expected_activity(
    config: BankConfig,
    calendar: Calendar,
    rollout: Rollout,
    people: Customers,
    held: Holdings,
    life: Life,
    service_rate: Floats,
) -> Activity:
    """Return the expected counts, which carry every effect on activity.

    ``rate = gamma * archetype * exp(confounding) * exp(mobile ramp + adoption) *
    falling * intensity``; see the mechanisms' own modules for each factor.
    """
    first = np.maximum(people.signup + 1, calendar.first) - calendar.first
    until = np.clip(life.until - calendar.first, 0, calendar.days)
    edge = calendar.month_first
    low = np.clip(first[:, None], edge[:-1], edge[1:])
    high = np.clip(until[:, None], low, edge[1:])
    total = calendar.cumulative
    span = total[high] - total[low]
    ramp = rollout.ramp[people.region]
    month_day = calendar.first + edge[:-1]
    # a month counts as adopted when it starts after adoption
    adopted = (held.brokerage_open != NULL)[:, None] & (held.brokerage_open[:, None] < month_day)
    launched = np.exp(config.mobile.transaction_effect * ramp)
    boost = launched * np.exp(config.adoption.causal_effect * adopted)
    engaged = np.where(life.disengaged, config.churn.falling_activity, 1.0)
    return Activity(
        purchases=people.rate[:, None] * boost * engaged * span,
        services=service_rate[:, None] * launched * engaged * span,
        boost=boost,
        low=total[low],
        span=span,
    )


def when(calendar: Calendar, activity: Activity, cell: Ints, u: Floats) -> Ints:
    """Return a day index for each event of `cell`, by the days' intensity."""
    level = activity.low.ravel().take(cell) + u * activity.span.ravel().take(cell)
    return calendar.day_at(level)


def _shop(
    config: BankConfig, profiles: Profiles, rollout: Rollout, calendar: Calendar,
    merchants: Merchants, people: Customers, accounts: Accounts, row: Ints, day: Ints,
    second: Ints, draws: Floats, noise: Floats, mean: float | None,
) -> Legs:  # fmt: skip
    """Fill in category, channel, merchant, account and amount of purchases."""
    archetype, region = people.archetype.take(row), people.region.take(row)
    category = look(profiles.category, archetype, draws[0])
    channel = look(profiles.channel, archetype, draws[1])
    channel[catalog.ONLINE_ONLY.take(category) & (channel == catalog.POS)] = catalog.ONLINE
    before = calendar.month_of_day.take(day) < rollout.month.take(region)
    early = before & (channel == catalog.MOBILE) & (draws[2] > catalog.MOBILE_BEFORE_ROLLOUT)
    channel[early] = catalog.ONLINE
    share = blend(FOREIGN_SHARE[:, None], config.archetypes.separation)[:, 0]
    abroad = draws[3] < share.take(archetype)
    remote = channel != catalog.POS
    place = np.where(remote & (draws[4] < 0.8), ONLINE_PLACE, region)
    place = np.where(abroad, FOREIGN_PLACE, place)
    merchant = merchants.draw(place, category, draws[5])
    stamp = calendar.first + day
    by_card = accounts.open_on(row, CARD, stamp) & (draws[6] < CARD_SHARE)
    if mean is None:
        sigma = (config.purchase.amount_sigma * catalog.CATEGORY_SIGMA).take(category)
        log = catalog.CATEGORY_MU.take(category) + sigma * noise
        value = np.exp(log) * amount_factor(config, people).take(row)
    else:
        value = mean * np.exp(0.4 * noise - 0.08)
    cents = -np.maximum(np.round(np.minimum(value, 25_000) * 100), 50).astype(np.int64)
    return legs(
        customer=row,
        slot=np.where(by_card, CARD, CHECKING),
        at=stamp * DAY + second,
        kind=catalog.PURCHASE,
        cents=cents,
        channel=channel,
        category=category,
        merchant=merchant,
        description=np.where(remote, CODE["Online purchase"], CODE["Card purchase"]),
    )


@dataclass(frozen=True)
class Dropout:
    """When customers stop buying, arrays per customer.

    Attributes
    ----------
    chance : ndarray of float64
        That a purchase is the last one.
    last : ndarray of int64
        Number of the last purchase that dropout allows (a large number: none).
    bought : ndarray of int64
        Purchases made, those that mobile or adoption added left out.
    day : ndarray of int64
        Day of the last purchase that dropout allows; `NEVER_DROPPED` for who has not dropped out.
    """

    chance: Floats
    last: Ints
    bought: Ints
    day: Ints


def draw_purchases(
    config: BankConfig,
    calendar: Calendar,
    profiles: Profiles,
    rollout: Rollout,
    merchants: Merchants,
    people: Customers,
    accounts: Accounts,
    activity: Activity,
    scale: float,
    block: int,
) -> tuple[Legs, Dropout]:
    """Draw purchases, and the purchase after which each customer drops out.

    BG/NBD (Fader, Hardie and Lee 2005, *Marketing Science* 24(2)): while active,
    customer i buys as a Poisson process with rate ``scale * rate_i`` (gamma with
    shape r), modulated by the calendar; after each purchase i drops out with
    probability ``p_i ~ Beta(dropout_a, dropout_b)``. Purchases that mobile or adoption add
    count towards nobody's dropout, so their effect is the same at any time. Log amounts are
    ``log median[category] + income_effect * log(income / 62,000) + amount_sigma *
    sigma[category] * e`` (and the archetype's factor); hours follow ``hour_effect *
    profile[archetype] + (1 - hour_effect) / 24``. Card payments average about 60 USD (Diary
    of Consumer Payment Choice 2023).

    Returns
    -------
    Legs
        Purchases up to the dropout.
    Dropout
    """
    effect = config.purchase
    rng = stream(config.seed, "purchases", block)
    counts = rng.poisson(scale * activity.purchases)
    cell = np.repeat(np.arange(counts.size), counts.ravel())
    row = np.repeat(np.arange(people.size), counts.sum(axis=1))
    size = len(cell)
    day = when(calendar, activity, cell, rng.random(size))
    draws, noise = rng.random((9, size)), rng.standard_normal(size)
    own = rng.random(size) * activity.boost.ravel().take(cell) < 1
    second = seconds(profiles, people.archetype.take(row), draws[7], draws[8])
    order = order_of(row, day, second)
    buyer = row.take(order)
    drop = stream(config.seed, "dropout", block)
    u, v = drop.random(people.size), drop.random(people.size)
    if effect.dropout_a == 0:
        chance, last = np.zeros(people.size), np.full(people.size, 10**12)
    else:
        chance = np.clip(betaincinv(effect.dropout_a, effect.dropout_b, u), 1e-12, 1 - 1e-12)
        last = 1 + np.minimum(np.log1p(-v) / np.log1p(-chance), 1e12).astype(np.int64)
    counted = np.concatenate([[0], np.cumsum(own.take(order))])
    rank = counted[:-1] - counted.take(run_starts(buyer))
    inside = rank < last.take(buyer)
    kept = order[inside]
    mine = own.take(order)
    final = mine & (rank == last.take(buyer) - 1)
    stopped = np.full(people.size, NEVER_DROPPED)
    stopped[buyer[final]] = calendar.first + day.take(order[final])
    made_here = inside & mine & (day.take(order) <= calendar.last - calendar.first)
    count = np.bincount(buyer[made_here], minlength=people.size)
    made = _shop(
        config, profiles, rollout, calendar, merchants, people, accounts, row.take(kept),
        day.take(kept), second.take(kept), draws.take(kept, axis=1), noise.take(kept), None,
    )  # fmt: skip
    return made, Dropout(chance, last, count, stopped)


def draw_credit_purchases(
    config: BankConfig, calendar: Calendar, profiles: Profiles, rollout: Rollout,
    merchants: Merchants, people: Customers, accounts: Accounts, made: Applications, life: Life,
    block: int,
) -> tuple[Legs, Ints]:  # fmt: skip
    """Draw the purchases that approval adds (mechanism 5), for a year after the decision.

    They are drawn for every application, and made where it is approved.

    Returns
    -------
    Legs
    ndarray of int64, shape (applications,)
        Cents that each approval adds, or would have added, until the customer leaves.
    """
    rng = stream(config.seed, "credit purchases", block)
    per_day = config.credit.spend_effect / EXTRA_PURCHASE / 30.4375
    start, stop = credit_spell(made, np.minimum(life.until, calendar.horizon + 1))
    length = stop - start
    counts = rng.poisson(per_day * length)
    at = np.repeat(np.arange(len(counts)), counts)
    day = start[at] - calendar.first + (rng.random(len(at)) * length[at]).astype(np.int64)
    row = made.customer[at]
    draws = rng.random((9, len(at)))
    second = seconds(profiles, people.archetype[row], draws[7], draws[8])
    table = _shop(
        config, profiles, rollout, calendar, merchants, people, accounts, row, day, second, draws,
        rng.standard_normal(len(at)), EXTRA_PURCHASE,
    )  # fmt: skip
    added = np.bincount(at, -table.cents, minlength=len(counts)).round().astype(np.int64)
    return table.take(np.flatnonzero(made.approved[at])), added


def with_declines(config: BankConfig, attempts: Legs, block: int) -> Legs:
    """Make some attempts fail, some of them with a successful retry minutes later.

    A share ``decline_share`` of attempts fails; of those, ``retry_share`` is an extra
    failed attempt before one that succeeds. Issuers decline 2-5 % of card-present
    and more of online payments (Federal Reserve Payments Study 2022).
    """
    effect = config.purchase
    rng = stream(config.seed, "declines", block)
    u, which, gap = rng.random((3, len(attempts)))
    online = (attempts.channel == catalog.ONLINE) | (attempts.channel == catalog.MOBILE)
    share = effect.decline_share * np.array([0.85, 1.5]).take(online)
    hit = np.flatnonzero(u < share)
    reason = np.where(
        attempts.kind[hit] == catalog.WITHDRAWAL,
        np.searchsorted([0.35, 0.55, 0.90, 0.93], which[hit]),
        np.searchsorted([0.45, 0.62, 0.66, 0.78, 0.90], which[hit]),
    )
    fails = u[hit] < share[hit] * (1 - effect.retry_share)
    attempts.decline[hit[fails]] = reason[fails]
    again = hit[~fails]
    first = attempts.take(again)
    first.decline = reason[~fails]
    first.at = first.at - 45 - (gap[again] * 500).astype(np.int64)
    first.at = np.maximum(first.at, first.at // DAY * DAY)
    same = first.at // DAY == attempts.at[again] // DAY
    return join([attempts, first.take(np.flatnonzero(same))])


def draw_refunds(
    config: BankConfig, accounts: Accounts, attempts: Legs, horizon: int, block: int
) -> Legs:
    """Refund a share ``refund_share`` of posted purchases in full, 2 to 20 days later."""
    rng = stream(config.seed, "refunds", block)
    bought = np.flatnonzero(attempts.kind == catalog.PURCHASE)
    u, gap = rng.random((2, len(bought)))
    some = np.flatnonzero(u < config.purchase.refund_share)
    index = bought[some]
    day = attempts.at[index] // DAY + 2 + (gap[some] * 18).astype(np.int64)
    keep = (attempts.decline[index] < 0) & (day <= horizon)
    keep &= accounts.open_on(attempts.customer[index], attempts.slot[index], day)
    index, day = index[keep], day[keep]
    back = attempts.take(index)
    back.cents = -back.cents
    back.kind = np.full(len(index), catalog.REFUND)
    back.description = np.full(len(index), CODE["Refund"])
    back.at = day * DAY + back.at % DAY
    back.parent = index
    return back


def is_posted(table: Legs) -> Bools:
    """Say which legs move money."""
    return table.decline < 0
