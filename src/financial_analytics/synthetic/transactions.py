"""The transactions feed: every column of every leg."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from financial_analytics.synthetic import catalog
from financial_analytics.synthetic.accounts import Accounts
from financial_analytics.synthetic.config import BankConfig
from financial_analytics.synthetic.customers import Customers
from financial_analytics.synthetic.frame import DAY, Bools, Floats, Frame, Ints, Text, fixed_digits
from financial_analytics.synthetic.geography import EARTH_KM, Geography
from financial_analytics.synthetic.legs import BROUGHT_FORWARD, DECLINES, DESCRIPTIONS, Legs
from financial_analytics.synthetic.merchants import Merchants, merchant_codes
from financial_analytics.synthetic.rng import stream

IDS_PER_CUSTOMER = 10_000_000
PROCESSING_MS = np.array([240.0, 210.0, 420.0, 650.0, 180.0])
THIEF_IP = [f"185.{(i * 37) % 256}.{(i * 101) % 256}.{1 + (i * 17) % 254}" for i in range(256)]
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
    return table.take(np.argsort((table.customer << 40) + table.at, kind="stable"))


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
    config: BankConfig,
    places: Places,
    merchants: Merchants,
    people: Customers,
    accounts: Accounts,
    table: Legs,
    month: Ints,
    score: Floats,
    labelled: Bools,
    sequence: Ints,
    block: int,
) -> Frame:
    """Return the feed of the (ordered) legs.

    Parameters
    ----------
    month : ndarray of int64
        Month index of each leg.
    labelled : ndarray of bool
        Whether the fraud label is known.
    sequence : ndarray of int64
        Number of the leg within its customer; with the customer id it makes the
        transaction id.
    """
    rng = stream(config.seed, "transactions", block)
    rows = len(table)
    who, ids = table.customer, people.ids[table.customer]
    channel, merchant = table.channel, table.merchant
    noise = rng.standard_normal(rows, dtype=np.float32)
    digits = rng.integers(0, 1_000_000, rows)
    jitter = rng.random((2, rows), dtype=np.float32)
    shop = merchant >= 0
    foreign = np.where(shop, merchants.foreign[merchant], -1)
    home = people.zip_index[who, month]
    online = (channel == catalog.ONLINE) | (channel == catalog.MOBILE)
    at_shop = shop & (channel == catalog.POS) & (foreign < 0)
    place = np.where(at_shop, merchants.zip_index[merchant], home)
    abroad = foreign >= 0
    place = np.where(abroad, places.zips + foreign, place)
    distance = np.zeros(rows)
    away = np.flatnonzero(at_shop | abroad)
    there, from_home = place[away], home[away]
    distance[away] = _flat_km(
        places.latitude[there], places.longitude[there],
        places.latitude[from_home], places.longitude[from_home],
    )  # fmt: skip
    near = np.flatnonzero(~online & ~(at_shop | abroad) & (channel >= 0))
    distance[near] = np.round(6 * jitter[0, near].astype(np.float64) ** 2, 2)
    day = table.at // DAY
    weekday = (day + 3) % 7 + 1
    card = (channel == catalog.POS) | (channel == catalog.ATM) | (shop & online)
    posted = table.decline < 0
    category_mu = np.where(table.category >= 0, catalog.CATEGORY_MU[table.category], np.log(200.0))
    sigma = np.where(table.category >= 0, catalog.CATEGORY_SIGMA[table.category], 1.0)
    size = np.log(np.maximum(np.abs(table.cents), 1) / 100)
    device = np.where(table.device >= 0, table.device, ids * 10 + (jitter[1] < 0.15))
    has_device = online & (channel >= 0)
    home_ip = [
        f"{24 + i % 60}.{(i * 7919) % 256}.{(i * 104729) % 256}.{1 + (i * 31) % 254}"
        for i in people.ids.tolist()
    ]
    ip = np.where(table.device >= 0, len(home_ip) + table.device % 256, who)
    slow = np.exp(0.35 * noise) * PROCESSING_MS[channel] * np.where(posted, 1.0, 1.6)
    recurring = np.isin(table.description, (6, 16)) | (
        (table.category == catalog.CATEGORY_NAMES.index("Digital Goods")) & (table.typology == 0)
    )
    codes = merchant_codes(merchants)
    account = ids * 10 + table.slot
    return {
        "transaction_id": ids * IDS_PER_CUSTOMER + sequence,
        "account_id": account,
        "customer_id": ids,
        "merchant_id": np.where(shop, merchant + 1, np.iinfo(np.int64).min),
        "transaction_date": table.at,
        "transaction_type": Text(table.kind, catalog.TYPES),
        "amount": table.cents,
        "currency": Text(accounts.currency[who, table.slot], catalog.CURRENCIES),
        "channel": Text(channel, catalog.CHANNELS),
        "merchant_category": Text(table.category, catalog.CATEGORY_NAMES),
        "mcc_code": Text(np.where(shop, codes.codes[merchant], -1), codes.values),
        "description": Text(table.description, DESCRIPTIONS),
        "is_fraud": (table.typology > 0) & labelled,
        "fraud_score": score,
        "location_city": Text(np.where(channel >= 0, place, -1), places.city),
        "location_state": Text(np.where((channel >= 0) & ~abroad, place, -1), places.state),
        "location_country": Text(np.where(channel >= 0, places.country[place], -1), COUNTRIES),
        "latitude": places.latitude[place],
        "longitude": places.longitude[place],
        "device_id": fixed_digits(device, 12, "D", has_device),
        "ip_address": Text(np.where(has_device, ip, -1), [*home_ip, *THIEF_IP]),
        "is_international": abroad,
        "authorization_code": fixed_digits(digits, 6, "", card & posted),
        "card_last_four": fixed_digits((account * 7919) % 10_000, 4, "", card),
        "is_recurring": recurring,
        "hour_of_day": table.at % DAY // 3600,
        "day_of_week": weekday,
        "is_weekend": weekday >= 6,
        "distance_from_home_km": distance,
        "merchant_risk_score": np.where(shop, np.round(merchants.risk, 4)[merchant], np.nan),
        "velocity_24h": velocity(table),
        "amount_deviation_score": np.round((size - category_mu) / sigma, 3),
        "processing_time_ms": np.where(channel >= 0, slow, 20.0).astype(np.int64),
        "decline_reason": Text(table.decline, DECLINES),
        "created_at": table.at + 1 + (slow / 1000).astype(np.int64),
    }
