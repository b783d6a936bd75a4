"""Fraud typologies and the score that should find them (mechanism 13)."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from financial_analytics.synthetic import catalog
from financial_analytics.synthetic.accounts import Accounts
from financial_analytics.synthetic.calendar import Calendar
from financial_analytics.synthetic.catalog import CARD, CHECKING
from financial_analytics.synthetic.churn import Life
from financial_analytics.synthetic.config import BankConfig
from financial_analytics.synthetic.customers import Customers
from financial_analytics.synthetic.frame import DAY, NULL, Floats, Ints
from financial_analytics.synthetic.fraud_cells import (
    EXPOSURE_DAYS,
    MERCHANT,
    RING,
    SIZES,
    TAKEOVER,
    TESTING,
    THEFT_WAIT,
    TRAVEL,
    day_weights,
    draw_cells,
    incident_days,
    mix,
)
from financial_analytics.synthetic.legs import CODE, SUSPECTED, Legs, join, legs
from financial_analytics.synthetic.merchants import FOREIGN_PLACE, ONLINE_PLACE, Merchants
from financial_analytics.synthetic.rng import stream

BLOCKED = np.array([0.15, 0.40, 0.10, 0.10, 0.05])
ATTACKER_DEVICE = 8_000_000_000
RING_DEVICE = 9_000_000_000
CUSTOMERS_PER_RING = 400


def compromised(config: BankConfig, calendar: Calendar, merchants: Merchants) -> tuple[Ints, Ints]:
    """Return the compromised merchants (two per region) and the first day of exposure."""
    rng = stream(config.seed, "compromised merchants")
    regions = np.repeat(np.arange(ONLINE_PLACE), 2)
    category = rng.integers(0, len(catalog.CATEGORIES) - 1, len(regions))
    row = merchants.draw(regions, category, rng.random(len(regions)) * 0.3)
    span = max(1, calendar.last - calendar.first - EXPOSURE_DAYS - 40)
    return row, calendar.first + 5 + (rng.random(len(regions)) * span).astype(np.int64)


def incident_span(calendar: Calendar, people: Customers, life: Life) -> tuple[Ints, Ints]:
    """Return the days from which and before which incidents of each customer begin."""
    begin = np.maximum(people.signup + 10, calendar.first + 3)
    return begin, np.minimum(life.until, calendar.horizon + 1) - 2


def draw_fraud(
    config: BankConfig,
    calendar: Calendar,
    merchants: Merchants,
    people: Customers,
    accounts: Accounts,
    life: Life,
    block: int,
) -> tuple[Legs, Ints]:
    """Draw the incidents of one block.

    Incidents of typology k are Poisson with mean ``share * transactions per customer *
    mix[k] / size[k]``, mix being ``compromised_merchant``, ``card_testing``,
    ``impossible_travel``, ``account_takeover`` and ``ring``. They fall on days by
    ``exp(weekend_effect * weekend + trend_effect * years)``, thefts on those after the
    exposure; `fraud_cells` has the categories and channels of each. Compromised merchant: a
    purchase there inside its 45 days, then online fraud 3-30 days later. Card testing:
    6-12 payments under 3 USD within minutes, then a large one. Impossible travel: a
    payment abroad within the hour of one at home. Takeover: contact details change, then
    transfers from a new device. Ring: money comes in and leaves from a device many
    customers share. About 0.1 % of payments by number are fraudulent (ECB/EBA 2024:
    0.015-0.03 % of card payments; Nilson 2023: 0.07 % by value; the demo keeps a visible
    0.1 %).

    Returns
    -------
    Legs
        Fraudulent legs, and the honest ones that belong to the story.
    ndarray of int64, shape (incidents, 2)
        Customer row and second of each account takeover.
    """
    rng = stream(config.seed, "fraud", block)
    n = people.size
    per_customer = config.transactions / config.customers
    expected = config.fraud.share * per_customer * mix(config) / SIZES
    counts = rng.poisson(expected[:, None], (5, n))
    typology = np.repeat(np.repeat(np.arange(1, 6), n), counts.ravel())
    row = np.repeat(np.tile(np.arange(n), 5), counts.ravel())
    size = len(row)
    u = rng.random((8, size))
    begin, stop = incident_span(calendar, people, life)
    weight = day_weights(config, calendar)
    day = incident_days(weight, calendar.first, begin[row], stop[row], u[0])
    bad, exposed_from = compromised(config, calendar, merchants)
    source = 2 * people.region[row] + (u[1] < 0.5)
    exposed = exposed_from[source] + (u[2] * EXPOSURE_DAYS).astype(np.int64)
    theft = typology == MERCHANT
    wait, span = THEFT_WAIT
    day = np.where(theft, exposed + wait + (u[3] * span).astype(np.int64), day)
    first = np.where(theft, exposed, day)
    keep = (first >= begin[row]) & (day < stop[row])
    typology, row, day, exposed, source = (
        item[keep] for item in (typology, row, day, exposed, source)
    )
    u, size = u[:, keep], int(keep.sum())
    incident = people.ids[0] * 10_000 + np.arange(size)
    start = day * DAY + (u[4] * 20 * 3600).astype(np.int64) + 3600
    number = np.select(
        [typology == MERCHANT, typology == TESTING, typology == TRAVEL, typology == TAKEOVER],
        [1 + u[5] * 3, 6 + u[5] * 7, 1 + u[5] * 2, 1 + u[5] * 4],
        4.0,
    ).astype(np.int64)
    at = np.repeat(np.arange(size), number)
    kind, who = typology[at], row[at]
    place = np.arange(len(at)) - np.repeat(np.cumsum(number) - number, number)
    v, e = rng.random((5, len(at))), rng.standard_normal(len(at))
    gap = np.select(
        [kind == MERCHANT, kind == TESTING, kind == TAKEOVER, kind == RING],
        [9000.0, 75.0, 2400.0, 14_000.0],
        1500.0,
    )
    second = start[at] + (place * gap * (0.6 + 0.4 * v[0])).astype(np.int64)
    last_test = (kind == TESTING) & (place == number[at] - 1)
    value = np.select(
        [kind == MERCHANT, last_test, kind == TESTING, kind == TRAVEL, kind == TAKEOVER],
        [180 * np.exp(0.6 * e), 420 * np.exp(0.5 * e), 0.5 + 2.5 * v[1], 450 * np.exp(0.5 * e),
         1100 * np.exp(0.5 * e)],
        1300 * np.exp(0.3 * e),
    )  # fmt: skip
    cents = np.round(value * 100).astype(np.int64)
    incoming = (kind == RING) & (place < 2)
    transfer = (kind == TAKEOVER) | (kind == RING)
    stamp = second // DAY
    by_card = ~transfer & accounts.open_on(who, CARD, stamp)
    pick = stream(config.seed, "fraud cells", block).random(len(at))
    category, channel = draw_cells(kind, last_test, pick)
    where = np.where(
        kind == TRAVEL, FOREIGN_PLACE, np.where(v[2] < 0.4, FOREIGN_PLACE, ONLINE_PLACE)
    )
    merchant = merchants.draw(where, np.maximum(category, 0), v[3])
    ring = people.region[who] + 6 * (people.ids[who] // (6 * CUSTOMERS_PER_RING))
    device = np.where(kind == RING, RING_DEVICE + ring, ATTACKER_DEVICE + incident[at] % 10**9)
    blocked = v[4] < BLOCKED[kind - 1]
    stolen = legs(
        customer=who,
        slot=np.where(by_card, CARD, CHECKING),
        at=second,
        kind=np.where(transfer, catalog.TRANSFER, catalog.PURCHASE),
        cents=np.where(incoming, cents, -cents),
        channel=channel,
        category=category,
        merchant=np.where(transfer, -1, merchant),
        description=np.where(
            transfer,
            np.where(
                incoming,
                CODE["Transfer from external account"],
                CODE["Transfer to external account"],
            ),
            np.where(kind == TRAVEL, CODE["Card purchase"], CODE["Online purchase"]),
        ),
        decline=np.where(blocked & ~incoming, SUSPECTED, -1),
        typology=kind,
        incident=incident[at],
        device=np.where(kind == TRAVEL, -1, device),
    )
    story = np.flatnonzero((typology == MERCHANT) | (typology == TRAVEL))
    visited = typology[story] == MERCHANT
    who = row[story]
    local = merchants.draw(people.region[who], np.zeros(len(story), dtype=np.int64), u[6, story])
    seen = np.where(visited, bad[source[story]], local)
    afternoon = exposed[story] * DAY + 13 * 3600 + (u[7, story] * 18_000).astype(np.int64)
    just_before = start[story] - 1200 - (u[7, story] * 1500).astype(np.int64)
    moment = np.where(visited, afternoon, just_before)
    card = accounts.open_on(who, CARD, moment // DAY)
    honest = legs(
        customer=who,
        slot=np.where(card, CARD, CHECKING),
        at=moment,
        kind=catalog.PURCHASE,
        cents=-(1500 + (u[6, story] * 6000).astype(np.int64)),
        channel=catalog.POS,
        category=merchants.category[seen],
        merchant=seen,
        description=CODE["Card purchase"],
        incident=incident[story],
    )
    takeover = np.flatnonzero(typology == TAKEOVER)
    together = join([stolen, honest])
    stamp = together.at // DAY
    fits = accounts.open_on(together.customer, together.slot, stamp) & (stamp <= calendar.horizon)
    changed = np.column_stack(
        [row[takeover], start[takeover] - 900 - (u[7, takeover] * 6000).astype(np.int64)]
    )
    return together.take(np.flatnonzero(fits)), changed.astype(np.int64)


def fraud_score(config: BankConfig, typology: Ints, block: int) -> tuple[Floats, Floats]:
    """Return a score in [0, 1] whose area under the ROC curve is planted.

    Latent scores are N(0, 1) for honest and N(d, 1) for fraudulent transactions with
    ``d = sqrt(2) * probit(score_auc)`` (binormal model, Hanley and McNeil 1982); the score is
    a logistic function of the latent one. The second array is the latent score.
    """
    rng = stream(config.seed, "fraud score", block)
    shift = np.sqrt(2.0) * ndtri(config.fraud.score_auc)
    latent = rng.standard_normal(len(typology), dtype=np.float32) + shift * (typology > 0)
    return np.round(1 / (1 + np.exp(-(1.35 * latent - 3.2))), 5), latent


def label_day(config: BankConfig, typology: Ints, at: Ints, block: int) -> Ints:
    """Return the day on which a fraud becomes known; NULL for honest transactions.

    The wait is exponential with mean ``label_delay_days``, in whole days.
    """
    rng = stream(config.seed, "fraud labels", block)
    days = np.full(len(at), NULL)
    fraud = np.flatnonzero(typology > 0)
    delay = -np.log1p(-rng.random(len(fraud))) * config.fraud.label_delay_days
    days[fraud] = at[fraud] // DAY + delay.astype(np.int64)
    return days
