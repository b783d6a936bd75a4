"""The transactions feed: every column of every leg."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from financial_analytics.synthetic import catalog
from financial_analytics.synthetic.accounts import Accounts
from financial_analytics.synthetic.arrays import order_of
from financial_analytics.synthetic.calendar import Calendar
from financial_analytics.synthetic.config import BankConfig
from financial_analytics.synthetic.customers import Customers
from financial_analytics.synthetic.frame import (
    DAY,
    NULL,
    Bools,
    Floats,
    Frame,
    Ints,
    Text,
    fixed_digits,
)
from financial_analytics.synthetic.geography import EARTH_KM, Geography
from financial_analytics.synthetic.legs import BROUGHT_FORWARD, DECLINES, DESCRIPTIONS, Legs
from financial_analytics.synthetic.merchants import Merchants, merchant_codes
from financial_analytics.synthetic.rng import stream

IDS_PER_CUSTOMER = 10_000_000
PROCESSING_MS = np.array([240.0, 210.0, 420.0, 650.0, 180.0])
THIEF_IP = [f"185.{(i * 37) % 256}.{(i * 101) % 256}.{1 + (i * 17) % 254}" for i in range(256)]
RECURRING = np.isin(np.arange(len(DESCRIPTIONS)), (6, 16))
DIGITAL_GOODS = catalog.CATEGORY_NAMES.index("Digital Goods")
COUNTRIES = ("US", *sorted({item[1] for item in catalog.FOREIGN}))


@dataclass(frozen=True)
class Places:
    """Cities, states and coordinates of ZIPs, then of foreign cities."""

    city: tuple[str, ...]
    state: tuple[str, ...]
    country: Ints
    latitude: Floats
    longitude: Floats
    zips: int

    @classmethod
    def build(cls, geography: Geography) -> Places:
        """Return the places of `geography` and abroad."""
        foreign = catalog.FOREIGN
        return cls(
            city=(*geography.words["city"], *(item[0] for item in foreign)),
            state=geography.words["state"],
            country=np.array(
                [0] * len(geography.zips) + [COUNTRIES.index(item[1]) for item in foreign]
            ),
            latitude=np.concatenate([geography.latitude, [item[2] for item in foreign]]),
            longitude=np.concatenate([geography.longitude, [item[3] for item in foreign]]),
            zips=len(geography.zips),
        )


def order_legs(table: Legs) -> Legs:
    """Return the legs ordered by customer, then time."""
    return table.take(order_of(table.customer, table.at))


def _flat_km(lat_a: Floats, lon_a: Floats, lat_b: Floats, lon_b: Floats) -> Floats:
    a, b = np.radians(lat_a), np.radians(lat_b)
    step = np.sin((b - a) / 2) ** 2 + np.cos(a) * np.cos(b) * (
        np.sin(np.radians(lon_b - lon_a) / 2) ** 2
    )
    return np.asarray(np.round(2 * EARTH_KM * np.arcsin(np.sqrt(np.minimum(step, 1))), 2))


def velocity(table: Legs) -> Ints:
    """Return how many attempts the customer made in the 24 hours before each (ordered) leg."""
    key = (table.customer << 40) + table.at
    made = np.concatenate([[0], np.cumsum(table.description != BROUGHT_FORWARD)])
    return np.asarray(made[:-1] - made[np.searchsorted(key, key - DAY, side="left")])


def transaction_frame(
    config: BankConfig, calendar: Calendar, places: Places, merchants: Merchants,
    people: Customers, accounts: Accounts, legs: Legs, rows: Ints, score: Floats, labelled: Bools,
    ids: Ints, block: int,
) -> Frame:  # fmt: skip
    """Return the feed of the legs `rows`.

    Parameters
    ----------
    legs : Legs
        All legs of the block, ordered.
    rows : ndarray of int64
        The legs that the feed tells.
    score, labelled, ids : ndarray
        Fraud score, whether the fraud label is known and transaction id of each of all legs.
    """
    rng = stream(config.seed, "transactions", block)
    size = len(legs)
    # a leg's draws do not depend on which others are told
    noise = rng.standard_normal(size, dtype=np.float32).take(rows)
    digits = rng.integers(0, 1_000_000, size).take(rows)
    jitter = rng.random((2, size), dtype=np.float32).take(rows, axis=1)
    recent = velocity(legs).take(rows)
    table = legs.take(rows)
    who, customer = table.customer, people.ids.take(table.customer)
    channel, merchant, category = table.channel, table.merchant, table.category
    day = table.at // DAY
    second = table.at - day * DAY
    month = calendar.month_of_day.take(day - calendar.first)
    shop, somewhere = merchant >= 0, channel >= 0
    foreign = np.append(merchants.foreign, -1).take(merchant)
    home = people.zip_index.ravel().take(who * calendar.months + month)
    online = (channel == catalog.ONLINE) | (channel == catalog.MOBILE)
    abroad = foreign >= 0
    at_shop = shop & (channel == catalog.POS) & ~abroad
    away = np.flatnonzero(at_shop | abroad)
    there = merchants.zip_index.take(merchant[away])
    there = np.where(abroad[away], places.zips + foreign[away], there)
    place, from_home = home.copy(), home[away]
    place[away] = there
    distance = np.zeros(len(rows))
    distance[away] = _flat_km(
        places.latitude[there], places.longitude[there],
        places.latitude[from_home], places.longitude[from_home],
    )  # fmt: skip
    near = np.flatnonzero(~online & ~(at_shop | abroad) & somewhere)
    distance[near] = np.round(6 * jitter[0, near].astype(np.float64) ** 2, 2)
    weekdays = (np.arange(calendar.first, calendar.horizon + 1) + 3) % 7 + 1
    weekday = weekdays.take(day - calendar.first)
    card = (channel == catalog.POS) | (channel == catalog.ATM) | (shop & online)
    posted = table.decline < 0
    category_mu = np.append(catalog.CATEGORY_MU, np.log(200.0)).take(category)
    sigma = np.append(catalog.CATEGORY_SIGMA, 1.0).take(category)
    log_amount = np.log(np.maximum(np.abs(table.cents), 1) / 100)
    has_device = online & somewhere
    device = customer * 10 + (jitter[1] < 0.15)
    home_ip = [
        f"{24 + i % 60}.{(i * 7919) % 256}.{(i * 104729) % 256}.{1 + (i * 31) % 254}"
        for i in people.ids.tolist()
    ]
    ip = np.where(has_device, who, -1)
    thief = np.flatnonzero(table.device >= 0)
    device[thief] = table.device[thief]
    ip[thief] = np.where(has_device[thief], len(home_ip) + table.device[thief] % 256, -1)
    slow = np.exp(0.35 * noise) * PROCESSING_MS.take(channel) * np.array([1.6, 1.0]).take(posted)
    recurring = RECURRING.take(table.description) | (
        (category == DIGITAL_GOODS) & (table.typology == 0)
    )
    codes = merchant_codes(merchants)
    account = customer * 10 + table.slot
    currency = accounts.currency.ravel().take(who * accounts.currency.shape[1] + table.slot)
    return {
        "transaction_id": ids.take(rows),
        "account_id": account,
        "customer_id": customer,
        "merchant_id": np.where(shop, merchant + 1, NULL),
        "transaction_date": table.at,
        "transaction_type": Text(table.kind, catalog.TYPES),
        "amount": table.cents,
        "currency": Text(currency, catalog.CURRENCIES),
        "channel": Text(channel, catalog.CHANNELS),
        "merchant_category": Text(category, catalog.CATEGORY_NAMES),
        "mcc_code": Text(np.append(codes.codes, -1).take(merchant), codes.values),
        "description": Text(table.description, DESCRIPTIONS),
        "is_fraud": ((legs.typology > 0) & labelled).take(rows),
        "fraud_score": score.take(rows),
        "location_city": Text(np.where(somewhere, place, -1), places.city),
        "location_state": Text(np.where(somewhere & ~abroad, place, -1), places.state),
        "location_country": Text(np.where(somewhere, places.country.take(place), -1), COUNTRIES),
        "latitude": places.latitude.take(place),
        "longitude": places.longitude.take(place),
        "device_id": fixed_digits(device, 12, "D", has_device),
        "ip_address": Text(ip, [*home_ip, *THIEF_IP]),
        "is_international": abroad,
        "authorization_code": fixed_digits(digits, 6, "", card & posted),
        "card_last_four": fixed_digits((account * 7919) % 10_000, 4, "", card),
        "is_recurring": recurring,
        "hour_of_day": second // 3600,
        "day_of_week": weekday,
        "is_weekend": weekday >= 6,
        "distance_from_home_km": distance,
        "merchant_risk_score": np.append(np.round(merchants.risk, 4), np.nan).take(merchant),
        "velocity_24h": recent,
        "amount_deviation_score": np.round((log_amount - category_mu) / sigma, 3),
        "processing_time_ms": np.where(somewhere, slow, 20.0).astype(np.int64),
        "decline_reason": Text(table.decline, DECLINES),
        "created_at": table.at + 1 + (slow / 1000).astype(np.int64),
    }
