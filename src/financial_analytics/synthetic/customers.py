"""Who the customers are, and how they change over time (mechanisms 1, 15, 16)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from financial_analytics.synthetic import catalog
from financial_analytics.synthetic.calendar import Calendar
from financial_analytics.synthetic.config import BLOCK_CUSTOMERS, BankConfig
from financial_analytics.synthetic.frame import Bools, Floats, Ints
from financial_analytics.synthetic.geography import Geography
from financial_analytics.synthetic.rng import stream

NEW_SHARE = 0.30
"""Customers who sign up inside a three-year window."""
TENURE_YEARS = 6.0
MAX_CHANGES = 5


HOME_SHARE = (0.26, 0.36, 0.38)
"""Shares of ``catalog.HOME``."""
OPT_IN_SHARE = 0.62
"""Of customers who have opted in to marketing."""


@dataclass(frozen=True)
class Change:
    """One round of changes: at most one per customer.

    Attributes
    ----------
    day : ndarray of int64, shape (customers,)
        Day of the change, or NULL.
    zip_index, score, income, married, segment, tier, risk : ndarray
        State after it.
    kind : ndarray of int64
        0 move, 1 score, 2 income, 3 family.
    """

    day: Ints
    kind: Ints
    zip_index: Ints
    score: Ints
    income: Ints
    marital: Ints
    segment: Ints
    tier: Ints
    risk: Ints


@dataclass(frozen=True)
class Customers:
    """One block of customers, before anybody leaves.

    `states[0]` is the first known state (its day is the sign-up), the others
    are later changes. `segment`, `zip_index` and `score` are by month, shape
    (customers, months). `activity` is the standardised log purchase rate.
    """

    ids: Ints
    signup: Ints
    birth: Ints
    archetype: Ints
    business: Bools
    region: Ints
    states: tuple[Change, ...]
    segment: Ints
    zip_index: Ints
    score: Ints
    log_income_z: Floats
    log_tenure_z: Floats
    activity: Floats
    rate: Floats
    draws: Floats

    @property
    def size(self) -> int:
        """Number of customers in the block."""
        return len(self.ids)

    @property
    def income(self) -> Ints:
        """First known yearly income in USD."""
        return self.states[0].income


def _segment(income: Ints, business: Bools) -> Ints:
    level = np.digitize(income, [110_000, 190_000])
    return np.where(business, 3, level)


def _tier(years: Floats, segment: Ints) -> Ints:
    steps = np.digitize(years, [2.0, 5.0, 10.0])
    return np.asarray(np.clip(steps + (segment == 2) - (segment == 0), 0, 3))


def _risk(score: Ints) -> Ints:
    return np.asarray(2 - np.digitize(score, [620, 700]))


def draw_customers(
    config: BankConfig, calendar: Calendar, geography: Geography, block: int, size: int
) -> Customers:
    """Draw one block of customers and their changes.

    Archetype k has share p_k and shifts log income; log income is
    ``log 58,000 + field[county] + shift[k] + age profile + 0.45 e``; the score is
    ``705 + 22 z(income) + 75 e``, clipped to 300..850. Purchase rates are gamma
    with shape ``purchase.shape`` (mean 1 here; scaled to the bank's size later).
    Changes come as a Poisson process with ``move_rate``, ``score_rate``, ``income_rate``
    and ``family_rate`` a year, but none within 20 days of another; a move stays in its
    county, so that region and field hold for life. Of US residents 8.4 % had moved within
    the year (Census Bureau, Current Population Survey, 2021).
    ``separation`` draws all factors of the archetypes towards their average; their
    shares and factors (``catalog``) are our own choice.
    """
    rng = stream(config.seed, "customers", block)
    n = BLOCK_CUSTOMERS
    u = rng.random((12, n))
    e = rng.standard_normal((4, n))
    gamma = rng.gamma(config.purchase.shape, 1 / config.purchase.shape, n)
    separation = config.archetypes.separation
    ids = block * BLOCK_CUSTOMERS + np.arange(n) + 1
    archetype = np.searchsorted(np.cumsum(catalog.ARCHETYPE_SHARE), u[0]).clip(0, 4)
    window = calendar.last - calendar.first + 1
    new = u[1] < min(0.9, NEW_SHARE * window / 1096)
    old_days = np.minimum(-np.log1p(-u[2]) * TENURE_YEARS * 365.25, 40 * 365).astype(np.int64)
    signup = np.where(
        new, calendar.first + (u[2] * window).astype(np.int64), calendar.first - 1 - old_days
    )
    age_years = 19 + 66 * (u[3] ** 1.15)
    birth = calendar.first - (age_years * 365.25).astype(np.int64)
    signup = np.maximum(signup, birth + 18 * 366)
    zip_index = np.searchsorted(geography.weight, u[4]).clip(0, len(geography.weight) - 1)
    profile = -0.00045 * (age_years - 50) ** 2 + 0.15
    noise = geography.field[geography.county[zip_index]]
    log_income = np.log(58_000) + noise + separation * catalog.INCOME_SHIFT[archetype]
    log_income = log_income + profile + 0.45 * e[0]
    income = (np.exp(log_income) / 100).round().astype(np.int64) * 100
    z_income = (log_income - np.log(58_000)) / 0.60
    score = np.clip(705 + 22 * z_income + 75 * e[1], 300, 850).astype(np.int64)
    business = u[5] < 0.06
    marital = np.where(u[6] < 0.32, 0, np.where(u[6] < 0.80, 1, np.where(u[6] < 0.94, 2, 3)))
    tenure = (calendar.last - signup) / 365.25
    z_tenure = (np.log1p(np.maximum(tenure, 0)) - 1.6) / 0.7
    factor = catalog.RATE_FACTOR[archetype] ** separation
    confounded = config.adoption.confounding * (z_income + z_tenure)
    rate = gamma * factor * np.exp(np.clip(confounded, -1.5, 1.5))

    segment = _segment(income, business)
    years = (np.maximum(signup, calendar.first) - signup) / 365.25
    state = Change(
        signup, np.full(n, -1), zip_index, score, income, marital, segment,
        _tier(years, segment), _risk(score),
    )  # fmt: skip
    states = [state]
    months = calendar.months
    by_month = [np.repeat(item[:, None], months, axis=1) for item in (segment, zip_index, score)]
    effect = config.history
    rates = np.array([effect.move_rate, effect.score_rate, effect.income_rate, effect.family_rate])
    total = float(rates.sum())
    kinds = np.cumsum(rates) / total if total else np.ones(4)
    when = np.maximum(signup, calendar.first).astype(np.float64)
    change_draws = rng.random((MAX_CHANGES, 4, n))
    change_noise = rng.standard_normal((MAX_CHANGES, n))
    grid = calendar.first + calendar.month_first[:-1]
    for gap_u, kind_u, zip_u, family_u, step in (
        (*change_draws[k], change_noise[k]) for k in range(MAX_CHANGES)
    ):
        if not total:
            break
        when = when + 20 - np.log1p(-gap_u) / total * 365.25
        live = when <= calendar.horizon
        day = np.where(live, when, 0).astype(np.int64)
        kind = np.searchsorted(kinds, kind_u).clip(0, 3)
        county = geography.county[state.zip_index]
        start, stop = geography.county_first[county], geography.county_first[county + 1]
        moved = geography.county_zips[start + (zip_u * (stop - start)).astype(np.int64)]
        zip_index = np.where(live & (kind == 0), moved, state.zip_index)
        revised = np.clip(state.score + 35 * step, 300, 850).astype(np.int64)
        score = np.where(live & (kind == 1), revised, state.score)
        raised = (state.income * np.exp(0.06 + 0.14 * step) / 100).round().astype(np.int64) * 100
        income = np.where(live & (kind == 2), raised, state.income)
        other = np.where(state.marital == 1, 2 + (family_u < 0.2), 1)
        marital = np.where(live & (kind == 3), other, state.marital)
        segment = np.where(live, _segment(income, business), state.segment)
        tier = np.where(live, _tier((day - signup) / 365.25, segment), state.tier)
        state = Change(
            np.where(live, day, np.iinfo(np.int64).min), kind, zip_index, score, income, marital,
            segment, tier, np.where(live, _risk(score), state.risk),
        )  # fmt: skip
        states.append(state)
        later = live[:, None] & (grid > day[:, None])
        for table, value in zip(by_month, (segment, zip_index, score), strict=True):
            np.copyto(table, value[:, None], where=later)
    cut = slice(0, size)

    def trim(item: Change) -> Change:
        return Change(*(getattr(item, name)[cut] for name in Change.__dataclass_fields__))

    return Customers(
        ids=ids[cut],
        signup=signup[cut],
        birth=birth[cut],
        archetype=archetype[cut],
        business=business[cut],
        region=geography.region[states[0].zip_index][cut],
        states=tuple(trim(item) for item in states),
        segment=by_month[0][cut],
        zip_index=by_month[1][cut],
        score=by_month[2][cut],
        log_income_z=z_income[cut],
        log_tenure_z=z_tenure[cut],
        activity=((np.log(rate) + 0.3) / 0.9)[cut],
        rate=rate[cut],
        draws=rng.random((40, n))[:, cut],
    )
