"""When frauds happen and how: days, categories and channels, and how many to expect."""

from __future__ import annotations

import numpy as np

from financial_analytics.synthetic import catalog
from financial_analytics.synthetic.calendar import Calendar
from financial_analytics.synthetic.config import BankConfig
from financial_analytics.synthetic.frame import Bools, Floats, Ints

MERCHANT, TESTING, TRAVEL, TAKEOVER, RING = 1, 2, 3, 4, 5
SIZES = np.array([2.0, 9.0, 1.5, 2.5, 4.0])
"""Mean number of fraudulent transactions of an incident, by typology."""
EXPOSURE_DAYS = 45
_PLACE = {name: code for code, name in enumerate(catalog.CATEGORY_NAMES)}
ELECTRONICS, DIGITAL = _PLACE["Electronics"], _PLACE["Digital Goods"]
THEFT_WAIT = (3, 27)
"""First day after the exposure on which a stolen card is used, and for how many days."""
# typology, category (-1: a transfer, to no merchant), channel, share of the typology; the large
# payment that ends card testing is its last cell, one of nine
CELLS: tuple[tuple[int, int, int, float], ...] = (
    (1, ELECTRONICS, catalog.ONLINE, 0.40), (1, ELECTRONICS, catalog.MOBILE, 0.10),
    (1, _PLACE["Clothing"], catalog.ONLINE, 0.25), (1, _PLACE["Clothing"], catalog.MOBILE, 0.10),
    (1, _PLACE["General Merchandise"], catalog.ONLINE, 0.15),
    (2, DIGITAL, catalog.ONLINE, 5 / 9), (2, DIGITAL, catalog.MOBILE, 1 / 9),
    (2, _PLACE["Services"], catalog.ONLINE, 2 / 9), (2, ELECTRONICS, catalog.ONLINE, 1 / 9),
    (3, _PLACE["General Merchandise"], catalog.POS, 0.40), (3, ELECTRONICS, catalog.POS, 0.35),
    (3, _PLACE["Restaurants"], catalog.POS, 0.25),
    (4, -1, catalog.ONLINE, 0.55), (4, -1, catalog.MOBILE, 0.45),
    (5, -1, catalog.ONLINE, 0.70), (5, -1, catalog.MOBILE, 0.30),
)  # fmt: skip
KIND, CATEGORY, CHANNEL = np.array([cell[:3] for cell in CELLS]).T
SHARE = np.array([cell[3] for cell in CELLS])


def mix(config: BankConfig) -> Floats:
    """Return the typologies' shares of fraudulent transactions."""
    effect = config.fraud
    return np.array([
        effect.compromised_merchant, effect.card_testing, effect.impossible_travel,
        effect.account_takeover, effect.ring,
    ])  # fmt: skip


def draw_cells(typology: Ints, last_test: Bools, u: Floats) -> tuple[Ints, Ints]:
    """Return category (-1: none) and channel of frauds at uniforms `u`.

    Examples
    --------
    >>> category, channel = draw_cells(
    ...     np.array([3, 4, 2]), np.array([False, False, True]), np.array([0.0, 0.99, 0.0])
    ... )
    >>> catalog.CATEGORY_NAMES[category[0]], catalog.CHANNELS[channel[1]]
    ('General Merchandise', 'Mobile')
    >>> catalog.CATEGORY_NAMES[category[2]]
    'Electronics'
    """
    tested = np.where(last_test, 1.0, u * (SIZES[TESTING - 1] - 1) / SIZES[TESTING - 1])
    place = np.minimum(np.where(typology == TESTING, tested, u), 1 - 1e-9)
    top = KIND - 1 + np.concatenate([np.cumsum(SHARE[kind == KIND]) for kind in range(1, 6)])
    cell = np.searchsorted(top, typology - 1 + place, side="right")
    cell = np.minimum(cell, np.searchsorted(KIND, typology, side="right") - 1)
    return CATEGORY[cell], CHANNEL[cell]


def day_weights(config: BankConfig, calendar: Calendar) -> Floats:
    """Return how likely each simulated day is for an incident, mean 1 over the window.

    Log weights are ``weekend_effect * weekend + trend_effect * years``.
    """
    effect = config.fraud
    days = np.arange(calendar.days)
    weekend = (calendar.first + days + 3) % 7 >= 5
    weight = np.exp(effect.weekend_effect * weekend + effect.trend_effect * days / 365.25)
    return np.asarray(weight / weight[: calendar.last - calendar.first + 1].mean())


def incident_days(weight: Floats, first: int, begin: Ints, stop: Ints, u: Floats) -> Ints:
    """Return a day from `begin` to before `stop` by its weight, at uniforms `u`."""
    total = np.concatenate([[0.0], np.cumsum(weight)])
    low = total[np.clip(begin - first, 0, len(weight))]
    high = np.maximum(total[np.clip(stop - first, 0, len(weight))], low)
    place = np.searchsorted(total, low + u * (high - low), side="right") - 1
    return np.asarray(
        first + np.clip(place, begin - first, np.maximum(stop, begin + 1) - first - 1)
    )


def expected_incidents(
    config: BankConfig, calendar: Calendar, exposed_from: Ints, region: Ints, begin: Ints,
    stop: Ints,
) -> Floats:  # fmt: skip
    """Return how many incidents begin on each day, by typology, shape (5, days).

    Parameters
    ----------
    exposed_from : ndarray of int64, shape (2 * regions,)
        First day of exposure of each compromised merchant.
    region, begin, stop : ndarray of int64, shape (customers,)
        Region, and the days between which incidents of a customer begin.
    """
    each = config.fraud.share * config.transactions / config.customers * mix(config) / SIZES
    weight = day_weights(config, calendar)
    total = np.concatenate([[0.0], np.cumsum(weight)])
    live = stop > begin
    low, high = begin[live] - calendar.first, stop[live] - calendar.first
    # each customer has as many incidents, over however many days
    rate = 1 / (total[high] - total[low])
    steps = np.bincount(low, rate, calendar.days + 1) - np.bincount(high, rate, calendar.days + 1)
    spread = np.cumsum(steps)[:-1] * weight
    expected: Floats = each[:, None] * spread
    expected[MERCHANT - 1] = 0.0
    wait, span = THEFT_WAIT
    gone = np.arange(EXPOSURE_DAYS)
    offset = np.arange(EXPOSURE_DAYS + wait + span)
    possible = (offset >= gone[:, None] + wait) & (offset < gone[:, None] + wait + span)
    for source, start in enumerate(exposed_from):
        here = live & (region == source // 2)
        there = (begin[here][:, None] <= start + gone).astype(np.float64)
        stays = (stop[here][:, None] > start + offset).astype(np.float64)
        pairs = (there.T @ stays) * possible
        day = start + offset - calendar.first
        fits = day < calendar.days
        value = each[MERCHANT - 1] / 2 * pairs.sum(axis=0) / (EXPOSURE_DAYS * span)
        expected[MERCHANT - 1, day[fits]] += value[fits]
    return np.asarray(expected)


def expected_frauds(incidents: Floats) -> Floats:
    """Return the fraudulent transactions of each day and cell, shape (days, cells).

    An incident is counted on the day on which it begins.
    """
    return np.asarray((incidents * SIZES[:, None])[KIND - 1].T * SHARE)
