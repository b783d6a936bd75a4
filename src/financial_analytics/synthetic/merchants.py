"""Merchants: regional shops, national online ones and foreign ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from financial_analytics.synthetic import catalog, words
from financial_analytics.synthetic.calendar import Calendar
from financial_analytics.synthetic.config import BankConfig
from financial_analytics.synthetic.frame import DAY, Bools, Floats, Frame, Ints, Text
from financial_analytics.synthetic.geography import Geography
from financial_analytics.synthetic.rng import stream

ONLINE_PLACE = len(catalog.REGIONS)
FOREIGN_PLACE = ONLINE_PLACE + 1
PLACES = FOREIGN_PLACE + 1
POPULARITY = 2.2
"""Merchant number within its cell is ``floor(n * u ** POPULARITY)``: a long tail."""


@dataclass(frozen=True)
class Merchants:
    """Merchants sorted by place and category, so that a cell is a range.

    Attributes
    ----------
    first, number : ndarray of int64, shape (places, categories)
        Start and size of each cell.
    category, place, zip_index, foreign : ndarray of int64, shape (merchants,)
        `zip_index` is -1 online and abroad, `foreign` -1 at home.
    mcc : ndarray of int64
        Number of the code within the category's codes.
    risk : ndarray of float64
        Merchant risk score in [0, 1].
    """

    first: Ints
    number: Ints
    category: Ints
    place: Ints
    zip_index: Ints
    foreign: Ints
    mcc: Ints
    risk: Floats
    latitude: Floats
    longitude: Floats
    online: Bools

    def draw(self, place: Ints, category: Ints, u: Floats) -> Ints:
        """Return a merchant of each place and category from uniforms `u`."""
        cell = place * self.number.shape[1] + category
        size = self.number.ravel().take(cell)
        return np.asarray(self.first.ravel().take(cell) + (size * u**POPULARITY).astype(np.int64))


def build_merchants(config: BankConfig, geography: Geography) -> Merchants:
    """Place merchants: each region has every category, each cell a long tail."""
    rng = stream(config.seed, "merchants")
    categories = len(catalog.CATEGORIES)
    per_cell = max(2, config.merchants // ((PLACES + 1) * categories))
    number = np.full((PLACES, categories), per_cell)
    number[FOREIGN_PLACE] = len(catalog.FOREIGN)
    first = np.concatenate([[0], np.cumsum(number.ravel())[:-1]]).reshape(number.shape)
    total = int(number.sum())
    cell = np.repeat(np.arange(number.size), number.ravel())
    place, category = cell // categories, cell % categories
    zip_index = np.full(total, -1)
    u = rng.random(total)
    for region in range(ONLINE_PLACE):
        here = np.flatnonzero(geography.region == region)
        weight = np.diff(geography.weight, prepend=0.0)[here]
        weight = np.cumsum(weight) / weight.sum()
        mine = place == region
        zip_index[mine] = here[np.searchsorted(weight, u[mine]).clip(0, len(here) - 1)]
    foreign = np.where(place == FOREIGN_PLACE, np.arange(total) - first.ravel()[cell], -1)
    latitude = np.where(zip_index >= 0, geography.latitude[zip_index], np.nan)
    longitude = np.where(zip_index >= 0, geography.longitude[zip_index], np.nan)
    abroad = np.array([(item[2], item[3]) for item in catalog.FOREIGN])
    latitude = np.where(foreign >= 0, abroad[foreign, 0], latitude)
    longitude = np.where(foreign >= 0, abroad[foreign, 1], longitude)
    codes = np.array([len(item[1]) for item in catalog.CATEGORIES])
    return Merchants(
        first=first,
        number=number,
        category=category,
        place=place,
        zip_index=zip_index,
        foreign=foreign,
        mcc=(rng.random(total) * codes[category]).astype(np.int64),
        risk=rng.beta(1.6, 9.0, total) + 0.25 * (foreign >= 0),
        latitude=latitude,
        longitude=longitude,
        online=place == ONLINE_PLACE,
    )


def merchant_codes(merchants: Merchants) -> Text:
    """Return the category code of each merchant."""
    flat = [code for item in catalog.CATEGORIES for code in item[1]]
    start = np.cumsum([0, *[len(item[1]) for item in catalog.CATEGORIES]])[:-1]
    return Text(start[merchants.category] + merchants.mcc, flat)


def merchant_versions(
    config: BankConfig, calendar: Calendar, geography: Geography, merchants: Merchants
) -> tuple[Frame, Ints]:
    """Return the merchant feed, one version each."""
    rng = stream(config.seed, "merchant names")
    total = len(merchants.category)
    word = rng.integers(0, len(words.MERCHANT_WORDS), total)
    established = calendar.first - rng.integers(300, 14_000, total)
    zips = geography.zips
    place_names = zips["city"].tolist() + [item[0] for item in catalog.FOREIGN]
    countries = ["US", *[item[1] for item in catalog.FOREIGN]]
    at = np.where(merchants.foreign >= 0, len(zips) + merchants.foreign, merchants.zip_index)
    titles = [
        f"{words.MERCHANT_WORDS[w]} {words.MERCHANT_NOUNS[catalog.CATEGORY_NAMES[c]]} {n}"
        for w, c, n in zip(
            word.tolist(), merchants.category.tolist(), range(1, total + 1), strict=True
        )
    ]
    seen = np.full(total, calendar.first)
    frame: Frame = {
        "merchant_id": np.arange(total) + 1,
        "merchant_name": Text(np.arange(total), titles),
        "category": Text(merchants.category, catalog.CATEGORY_NAMES),
        "mcc_code": merchant_codes(merchants),
        "city": Text(at, place_names),
        "state": Text(merchants.zip_index, zips["state"].tolist()),
        "country": Text(merchants.foreign + 1, countries),
        "latitude": merchants.latitude,
        "longitude": merchants.longitude,
        "risk_rating": Text(np.digitize(merchants.risk, [0.22, 0.38]), ["Low", "Medium", "High"]),
        "avg_transaction_amount": np.round(
            100 * np.exp(catalog.CATEGORY_MU + catalog.CATEGORY_SIGMA**2 / 2)[merchants.category]
        ).astype(np.int64),
        "is_online": merchants.online,
        "established_date": established,
        "updated_at": seen * DAY,
        "created_at": seen * DAY,
    }
    return frame, seen
