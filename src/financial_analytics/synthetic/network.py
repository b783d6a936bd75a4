"""Branches, cash machines and who lives near them (mechanism 10)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from financial_analytics.synthetic.calendar import Calendar
from financial_analytics.synthetic.config import BankConfig
from financial_analytics.synthetic.frame import DAY, NULL, Floats, Frame, Ints, Text
from financial_analytics.synthetic.geography import Geography, distance_km
from financial_analytics.synthetic.rng import stream
from financial_analytics.synthetic.words import FIRST_NAMES, LAST_NAMES, STREETS


@dataclass(frozen=True)
class Network:
    """Branches and, for each ZIP and month, the nearest open one.

    Attributes
    ----------
    zip_index : ndarray of int64, shape (branches,)
    opened, closed : ndarray of int64, shape (branches,)
        Days since 1970; `closed` is NULL for branches still open.
    nearest : ndarray of int64, shape (zips, months)
        Branch number.
    band : ndarray of int64, shape (zips, months)
        0 near, 1 middle, 2 far.
    """

    zip_index: Ints
    opened: Ints
    closed: Ints
    latitude: Floats
    longitude: Floats
    nearest: Ints
    band: Ints
    distance: Floats


def build_network(config: BankConfig, calendar: Calendar, geography: Geography) -> Network:
    """Place the branches and measure distances month by month.

    Of ``count`` branches, ``openings`` open and ``closures`` close on known first-of-month
    dates. The bands end at ``near_km`` and ``far_km``. A customer's log rate of
    branch visits is ``middle_effect`` or ``far_effect`` lower than near a branch, and
    the log churn hazard is ``far_churn_effect`` higher in the far band. Visits
    fall steeply beyond a few miles (Nguyen 2019, *AEJ: Applied* 11(1), on branch
    closings); the bands are those of her tract-level study, rounded.
    """
    effect = config.branches
    rng = stream(config.seed, "branches")
    number = effect.count
    zip_index = np.searchsorted(geography.weight, rng.random(number)).clip(
        0, len(geography.weight) - 1
    )
    opened = calendar.first - rng.integers(400, 15_000, number)
    closed = np.full(number, NULL)
    opening = min(effect.openings, number - 1)
    closing = min(effect.closures, number - 1 - opening)
    inner = np.arange(calendar.months)[2:-2]
    if len(inner):
        months = calendar.first + calendar.month_first[rng.choice(inner, opening)]
        opened[:opening] = months
        months = calendar.first + calendar.month_first[rng.choice(inner, closing)]
        closed[opening : opening + closing] = months
    jitter = rng.uniform(-0.008, 0.008, (2, number))
    latitude = geography.latitude[zip_index] + jitter[0]
    longitude = geography.longitude[zip_index] + jitter[1]
    gap = distance_km(
        geography.latitude[:, None], geography.longitude[:, None], latitude, longitude
    )
    nearest = np.empty((len(gap), calendar.months), dtype=np.int64)
    distance = np.empty((len(gap), calendar.months))
    for month, day in enumerate(calendar.first + calendar.month_first[:-1]):
        is_open = (opened <= day) & ((closed == NULL) | (closed > day))
        here = np.where(is_open, gap, np.inf)
        nearest[:, month] = here.argmin(axis=1)
        distance[:, month] = here.min(axis=1)
    band = (distance >= effect.near_km).astype(np.int64) + (distance >= effect.far_km)
    return Network(zip_index, opened, closed, latitude, longitude, nearest, band, distance)


def names(codes: Ints, last: Ints) -> list[str]:
    """Return full names by number."""
    return [
        f"{FIRST_NAMES[a % len(FIRST_NAMES)]} {LAST_NAMES[b % len(LAST_NAMES)]}"
        for a, b in zip(codes.tolist(), last.tolist(), strict=True)
    ]


def _words(values: list[str]) -> Text:
    return Text(np.arange(len(values)), values)


def _address(config: BankConfig, name: str, rows: int) -> Text:
    rng = stream(config.seed, name)
    numbers = rng.integers(1, 9999, rows)
    streets = rng.integers(0, len(STREETS), rows)
    return _words(
        [f"{n} {STREETS[s]} St" for n, s in zip(numbers.tolist(), streets.tolist(), strict=True)]
    )


def branch_versions(
    config: BankConfig, calendar: Calendar, geography: Geography, network: Network
) -> tuple[Frame, Ints]:
    """Return the branch feed (an opening and, for closed ones, a closing version)."""
    rng = stream(config.seed, "branch_locations")
    number = len(network.opened)
    staff = rng.integers(4, 19, number)
    square = rng.integers(15, 75, number) * 100
    flags = rng.random((4, number))
    people = rng.integers(0, 10_000, (2, number))
    gone = np.flatnonzero(network.closed != NULL)
    row = np.concatenate([np.arange(number), gone])
    is_closing = np.arange(len(row)) >= number
    day = np.where(is_closing, network.closed[row], network.opened[row])
    zips = geography.zips.iloc[network.zip_index[row]]
    ids = row + 1
    frame: Frame = {
        "branch_id": ids,
        "branch_name": _words(
            [f"{city} Branch {n}" for city, n in zip(zips["city"], ids, strict=True)]
        ),
        "branch_code": _words([f"BR{n:04d}" for n in ids]),
        "branch_type": Text((staff[row] > 14).astype(np.int64), ["Retail", "Flagship"]),
        "address": Text(row, _address(config, "branch address", number).values),
        "city": _words(zips["city"].tolist()),
        "state": _words(zips["state"].tolist()),
        "zip_code": _words(zips["zip_code"].tolist()),
        "country": "US",
        "latitude": network.latitude[row],
        "longitude": network.longitude[row],
        "phone": _words([f"555-01{n % 100:02d}" for n in ids]),
        "open_date": network.opened[row],
        "close_date": np.where(is_closing, network.closed[row], NULL),
        "is_active": ~is_closing,
        "square_footage": square[row],
        "num_employees": np.where(is_closing, 0, staff[row]),
        "avg_daily_customers": np.where(is_closing, 0, staff[row] * 11),
        "has_safe_deposit": flags[0, row] < 0.6,
        "has_notary": flags[1, row] < 0.8,
        "has_coin_counter": flags[2, row] < 0.3,
        "wheelchair_accessible": flags[3, row] < 0.93,
        "operating_hours": "Mon-Fri 09:00-17:00, Sat 09:00-13:00",
        "manager_name": Text(row, names(people[0], people[1])),
        "region": _words(zips["region"].tolist()),
        "updated_at": day * DAY,
        "created_at": network.opened[row] * DAY,
    }
    return frame, day


def atm_versions(
    config: BankConfig, calendar: Calendar, geography: Geography, network: Network
) -> tuple[Frame, Ints]:
    """Return the cash machine feed: one at each branch and as many elsewhere."""
    rng = stream(config.seed, "atm_locations")
    branches = len(network.opened)
    number = 2 * branches + branches // 3
    kind = np.where(np.arange(number) < branches, 0, 1 + (np.arange(number) % 3 == 0))
    branch = np.where(kind == 0, np.arange(number), NULL)
    elsewhere = np.searchsorted(geography.weight, rng.random(number)).clip(
        0, len(geography.weight) - 1
    )
    at = np.where(kind == 0, network.zip_index[np.arange(number) % branches], elsewhere)
    zips = geography.zips.iloc[at]
    jitter = rng.uniform(-0.01, 0.01, (2, number))
    host = np.arange(number) % branches
    installed = np.where(
        kind == 0, network.opened[host], calendar.first - rng.integers(30, 5000, number)
    )
    whole = rng.random(number) < 0.85
    refill = calendar.first - rng.integers(1, 8, number)
    ids = np.arange(number) + 1
    shop = ("Branch Lobby", "Mall", "Grocery Store", "Gas Station", "Airport", "Campus")
    frame: Frame = {
        "atm_id": ids,
        "atm_code": _words([f"ATM{n:05d}" for n in ids]),
        "location_name": _words(
            [
                f"{city} {shop[0 if k == 0 else 1 + n % 5]}"
                for city, k, n in zip(zips["city"], kind, ids, strict=True)
            ]
        ),
        "location_type": Text(kind, ["Branch", "Off-Site", "Third-Party"]),
        "address": _address(config, "atm address", number),
        "city": _words(zips["city"].tolist()),
        "state": _words(zips["state"].tolist()),
        "zip_code": _words(zips["zip_code"].tolist()),
        "country": "US",
        "latitude": np.where(kind == 0, network.latitude[host], zips["latitude"] + jitter[0]),
        "longitude": np.where(kind == 0, network.longitude[host], zips["longitude"] + jitter[1]),
        "install_date": installed,
        "is_operational": np.ones(number, dtype=np.bool_),
        "is_deposit_enabled": whole & (kind < 2),
        "is_cash_only": ~whole,
        "max_withdrawal_amount": rng.integers(4, 11, number) * 10_000,
        "daily_transaction_limit": rng.integers(3, 13, number) * 100,
        "avg_daily_transactions": rng.integers(30, 220, number),
        "cash_capacity": rng.integers(8, 31, number) * 1_000_000,
        "last_refill_date": np.maximum(refill, installed),
        "last_maintenance_date": np.maximum(refill - rng.integers(0, 60, number), installed),
        "surcharge_fee": np.where(kind == 2, 350, 0),
        "is_24_hour": (kind > 0) | whole,
        "has_camera": rng.random(number) < 0.97,
        "branch_id": np.where(branch == NULL, NULL, branch + 1),
        "updated_at": np.maximum(installed, calendar.first) * DAY,
        "created_at": installed * DAY,
    }
    return frame, np.maximum(installed, calendar.first)
