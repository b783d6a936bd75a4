"""Customer and segment history feeds (mechanism 16)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from financial_analytics.synthetic import catalog, words
from financial_analytics.synthetic.accounts import Accounts
from financial_analytics.synthetic.calendar import Calendar
from financial_analytics.synthetic.churn import Life
from financial_analytics.synthetic.config import BankConfig
from financial_analytics.synthetic.customers import HOME_SHARE, OPT_IN_SHARE, Change, Customers
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
from financial_analytics.synthetic.geography import Geography
from financial_analytics.synthetic.logins import Logins, last_login
from financial_analytics.synthetic.rng import stream

CHANGE_TYPES = ("Initial", "Upgrade", "Downgrade", "Risk Change", "Tier Change", "Other")
REASONS = ("Onboarding", "Moved", "Score revised", "Income revised", "Family status changed")
LAST_SECOND = DAY - 1


@dataclass(frozen=True)
class Versions:
    """Rows of the customer feed of one block.

    Attributes
    ----------
    customer, state : ndarray of int64
        Row of the customer, and the state number that holds.
    at : ndarray of int64
        Seconds from which the version holds.
    gone : ndarray of bool
        The version that ends the relation.
    """

    customer: Ints
    state: Ints
    at: Ints
    gone: Bools


def build_versions(
    config: BankConfig, calendar: Calendar, people: Customers, life: Life, full_last: int
) -> Versions:
    """Return a version per change, per periodic extract and at the end of the relation.

    A full extract is taken every ``extract_months`` months and on the day of the full load;
    it repeats what is known with fresh balances and logins. A change is stamped with
    its minute, so versions of one customer never share a time.
    """
    parts: list[tuple[Ints, Ints, Ints]] = []
    n = people.size
    rows = np.arange(n)
    parts.append((rows, np.zeros(n, dtype=np.int64), people.signup * DAY))
    for number, state in enumerate(people.states[1:], start=1):
        live = np.flatnonzero((state.day != NULL) & (state.day < life.until))
        second = (8 * 3600 + people.draws[20 + number, live] * 36_000).astype(np.int64)
        parts.append((live, np.full(len(live), number), state.day[live] * DAY + second))
    months = np.arange(
        config.history.extract_months, calendar.months, config.history.extract_months
    )
    extracts = calendar.first + calendar.month_first[months] - 1
    for day in [*[int(day) for day in extracts if day < full_last], full_last]:
        live = np.flatnonzero((people.signup <= day) & (life.until > day))
        latest = np.zeros(len(live), dtype=np.int64)
        for number, state in enumerate(people.states[1:], start=1):
            known = (state.day[live] != NULL) & (state.day[live] <= day)
            latest = np.where(known, number, latest)
        parts.append((live, latest, np.full(len(live), day * DAY + LAST_SECOND)))
    left = np.flatnonzero(life.leave != NULL)
    latest = np.zeros(len(left), dtype=np.int64)
    for number, state in enumerate(people.states[1:], start=1):
        known = (state.day[left] != NULL) & (state.day[left] < life.leave[left])
        latest = np.where(known, number, latest)
    parts.append((left, latest, life.leave[left] * DAY + 18 * 3600))
    customer, state_number, at = (np.concatenate(column) for column in zip(*parts, strict=True))
    gone = np.arange(len(at)) >= len(at) - len(left)
    order = np.lexsort((at, customer))
    return Versions(customer[order], state_number[order], at[order], gone[order])


def pick(people: Customers, field: str, customer: Ints, state: Ints) -> Ints:
    """Return one attribute of the states of versions."""
    table = np.stack([getattr(item, field) for item in people.states])
    return np.asarray(table[state, customer])


def churn_score(config: BankConfig, life: Life, noise: Floats, month: Ints, row: Ints) -> Floats:
    """Return the bank's own churn score: the true hazard of a year, blurred."""
    last = life.hazard.shape[1] - 1
    hazard = np.nan_to_num(life.hazard[row, np.clip(month, 0, last)], nan=config.churn.base_rate)
    logit = np.log(np.clip(-np.expm1(-12 * hazard), 1e-4, 0.999))
    return np.asarray(np.round(1 / (1 + np.exp(-(logit + 0.7 * noise) * 1.1 - 0.8)), 4))


def customer_frame(
    config: BankConfig, calendar: Calendar, geography: Geography, people: Customers, life: Life,
    logins: Logins, versions: Versions, block: int,
) -> Frame:  # fmt: skip
    """Return the customer feed."""
    rng = stream(config.seed, "customer versions", block)
    row, state = versions.customer, versions.state
    draws = people.draws
    at, day = versions.at, versions.at // DAY
    ids = people.ids
    noise = rng.standard_normal((2, len(row)))
    gap_u = rng.random(len(row))

    def fixed(place: int, shares: list[float]) -> Ints:
        return np.asarray(np.searchsorted(np.cumsum(shares)[:-1], draws[place]))

    first = (draws[0] * len(words.FIRST_NAMES)).astype(np.int64)
    last = (draws[1] * len(words.LAST_NAMES)).astype(np.int64)
    mails = [
        f"{words.FIRST_NAMES[a]}.{words.LAST_NAMES[b]}{i}@example.com".lower().replace("'", "")
        for a, b, i in zip(first.tolist(), last.tolist(), ids.tolist(), strict=True)
    ]
    zip_index = pick(people, "zip_index", row, state)
    street = (ids[row] * 7 + zip_index) % len(words.STREETS)
    number = (ids[row] * 31 + zip_index * 17) % 9900 + 1
    income, score = pick(people, "income", row, state), pick(people, "score", row, state)
    segment, tier = pick(people, "segment", row, state), pick(people, "tier", row, state)
    age = ((day - people.birth[row]) / 365.2425).astype(np.int64)
    grown = np.minimum(age, 130)
    employment = np.where(
        grown >= 67,
        2,
        np.where((grown < 23) & (draws[2][row] < 0.6), 3, fixed(3, [0.82, 0.13, 0, 0, 0.05])[row]),
    )
    works = employment < 2
    month = calendar.month_of_day[np.clip(day - calendar.first, 0, calendar.days - 1)]
    login = last_login(calendar, people, logins, row, day, gap_u)
    # a later report knows of the login of an earlier one
    apart = row * 1_000_000
    login = np.maximum.accumulate(login + apart) - apart
    before = day < calendar.first
    value = (
        0.9 * np.exp(0.25 * noise[0]) * (income / 62_000) ** 0.7 * people.rate[row] ** 0.6 * 1400
    )
    life_stage = np.where(
        employment == 3, 0, np.where(employment == 2, 4, np.digitize(grown, [32, 50]) + 1)
    )
    return {
        "customer_id": ids[row],
        "first_name": Text(first[row], words.FIRST_NAMES),
        "last_name": Text(last[row], words.LAST_NAMES),
        "email": Text(row, mails),
        "phone": fixed_digits(2_000_000_000 + (ids[row] * 7_919_777) % 7_999_999_999, 10, "+1"),
        "date_of_birth": people.birth[row],
        "age": grown,
        "ssn": fixed_digits(900_000_000 + (ids[row] * 48_271) % 99_999_999, 9),
        "address": addresses(number, street),
        "city": Text(zip_index, geography.words["city"]),
        "state": Text(zip_index, geography.words["state"]),
        "zip_code": Text(zip_index, geography.words["zip_code"]),
        "country": "US",
        "signup_date": people.signup[row],
        "credit_score": score,
        "annual_income": income * 100,
        "employment_status": Text(employment, catalog.EMPLOYMENT),
        "employer": Text(
            np.where(works, (draws[4] * len(words.EMPLOYERS)).astype(np.int64)[row], -1),
            words.EMPLOYERS,
        ),
        "job_title": Text(
            np.where(works, (draws[5] * len(words.JOBS)).astype(np.int64)[row], -1), words.JOBS
        ),
        "education_level": Text(fixed(6, [0.28, 0.22, 0.32, 0.14, 0.04])[row], catalog.EDUCATION),
        "marital_status": Text(pick(people, "marital", row, state), catalog.MARITAL),
        "number_of_dependents": np.minimum(-np.log(1 - draws[7]) * 1.1, 6).astype(np.int64)[row],
        "home_ownership": Text(fixed(8, [*HOME_SHARE])[row], catalog.HOME),
        "customer_segment": Text(segment, catalog.SEGMENTS),
        "life_stage": Text(life_stage, catalog.LIFE_STAGES),
        "risk_segment": Text(pick(people, "risk", row, state), catalog.RISKS),
        "is_active": ~versions.gone,
        "preferred_channel": Text(preferred(people)[row], catalog.PREFERRED),
        "marketing_opt_in": (draws[10] < OPT_IN_SHARE)[row],
        "loyalty_tier": Text(tier, catalog.TIERS),
        "customer_lifetime_value": np.round(value * 100).astype(np.int64),
        "churn_risk_score": churn_score(config, life, noise[1], np.where(before, 0, month), row),
        "last_login_date": login,
        "acquisition_channel": Text(
            fixed(11, [0.34, 0.28, 0.14, 0.09, 0.06, 0.09])[row], catalog.ACQUISITION
        ),
        "updated_at": at,
        "created_at": people.signup[row] * DAY,
    }


def addresses(number: Ints, street: Ints) -> Text:
    """Return addresses, each distinct one once."""
    key = number * len(words.STREETS) + street
    distinct, codes = np.unique(key, return_inverse=True)
    spelled = [
        f"{value // len(words.STREETS)} {words.STREETS[value % len(words.STREETS)]} St"
        for value in distinct.tolist()
    ]
    return Text(codes, spelled or [""])


def preferred(people: Customers) -> Ints:
    """Return the preferred channel, which follows the archetype."""
    table = np.cumsum(
        [[0.35, 0.35, 0.25, 0.05], [0.15, 0.82, 0.01, 0.02], [0.05, 0.02, 0.73, 0.20],
         [0.50, 0.25, 0.15, 0.10], [0.30, 0.55, 0.05, 0.10]], axis=1,
    )  # fmt: skip
    return np.asarray((people.draws[9][:, None] > table[people.archetype]).sum(axis=1)).clip(0, 3)


@dataclass(frozen=True)
class SegmentRows:
    """Rows of the segment history: state `now` follows `before` (-1 at first)."""

    customer: Ints
    now: Ints
    before: Ints
    start: Ints
    end: Ints


def segment_rows(people: Customers, life: Life) -> SegmentRows:
    """Return a row for the first state, and for each change of segment, tier or risk."""
    states = people.states
    rows: list[tuple[Ints, Ints, Ints, Ints]] = []
    n = people.size
    rows.append((np.arange(n), np.zeros(n, dtype=np.int64), np.full(n, -1), people.signup))
    previous = np.zeros(n, dtype=np.int64)
    for number, state in enumerate(states[1:], start=1):
        live = (state.day != NULL) & (state.day < life.until)

        def differs(field: str, state: Change = state, previous: Ints = previous) -> Bools:
            old = pick(people, field, np.arange(n), previous)
            return np.asarray(getattr(state, field) != old)

        change = live & (differs("segment") | differs("tier") | differs("risk"))
        index = np.flatnonzero(change)
        rows.append((index, np.full(len(index), number), previous[index], state.day[index]))
        previous = np.where(change, number, previous)
    customer, now, before, start = (np.concatenate(column) for column in zip(*rows, strict=True))
    order = np.lexsort((start, customer))
    customer, now, before, start = customer[order], now[order], before[order], start[order]
    same = np.append(customer[1:] == customer[:-1], np.zeros(1, dtype=np.bool_))
    following = np.append(start[1:], np.zeros(1, dtype=np.int64))
    end = np.where(same, following, NULL)
    return SegmentRows(customer, now, before, start, end)


def segment_frame(
    config: BankConfig, people: Customers, accounts: Accounts, life: Life, rows: SegmentRows,
    balance: Ints, closed: Bools,
) -> Frame:  # fmt: skip
    """Return the segment history feed; rows that are not `closed` are still current."""
    customer, now, before = rows.customer, rows.now, rows.before
    first = before < 0
    old = np.maximum(before, 0)

    def names(field: str, words: tuple[str, ...], previous: bool = False) -> Text:
        codes = pick(people, field, customer, old if previous else now)
        return Text(np.where(first, -1, codes) if previous else codes, words)

    def moved(field: str) -> Ints:
        return pick(people, field, customer, now) - pick(people, field, customer, old)

    segment, tier, risk = moved("segment"), moved("tier"), moved("risk")
    kind = np.select([first, segment > 0, segment < 0, tier != 0, risk != 0], [0, 1, 2, 4, 3], 5)
    cause = np.where(first, 0, 1 + pick(people, "kind", customer, now))
    owned = (accounts.opened[customer] != NULL) & (accounts.opened[customer] <= rows.start[:, None])
    owned &= (accounts.closed[customer] == NULL) | (accounts.closed[customer] > rows.start[:, None])
    held = owned.sum(axis=1)
    ids = people.ids[customer]
    score = pick(people, "score", customer, now)
    income = pick(people, "income", customer, now)
    start = np.searchsorted(customer, customer, side="left")
    archetype = people.archetype[customer]
    digital = np.array([0.45, 0.90, 0.08, 0.60, 0.70])[archetype]
    level = np.digitize(
        np.nan_to_num(life.hazard[customer].mean(axis=1), nan=0.005), [0.005, 0.012]
    )
    return {
        "segment_history_id": ids * 100 + np.arange(len(customer)) - start + 1,
        "customer_id": ids,
        "effective_date": rows.start,
        "end_date": np.where(closed, rows.end, NULL),
        "is_current": ~closed,
        "customer_segment": names("segment", catalog.SEGMENTS),
        "previous_segment": names("segment", catalog.SEGMENTS, previous=True),
        "loyalty_tier": names("tier", catalog.TIERS),
        "previous_tier": names("tier", catalog.TIERS, previous=True),
        "risk_segment": names("risk", catalog.RISKS),
        "previous_risk": names("risk", catalog.RISKS, previous=True),
        "change_type": Text(kind, CHANGE_TYPES),
        "change_reason": Text(np.clip(cause, 0, 4), REASONS),
        "triggered_by": "system",
        "total_accounts": held,
        "total_balance": balance,
        "avg_monthly_transactions": np.round(people.rate[customer] * 1.4, 2),
        "products_held": held,
        "customer_lifetime_value": np.round(
            126_000 * (income / 62_000) ** 0.7 * people.rate[customer] ** 0.6
        ).astype(np.int64),
        "tenure_days": np.maximum(rows.start - people.signup[customer], 0),
        "credit_score": score,
        "annual_income": income * 100,
        "last_interaction_days": (people.draws[12][customer] * 180).astype(np.int64),
        "digital_engagement_score": np.round(digital * (0.6 + 0.4 * people.draws[13][customer]), 3),
        "branch_visits_last_90d": ((1 - digital) * 3 * people.draws[14][customer]).astype(np.int64),
        "online_logins_last_90d": (digital * 30 * people.draws[15][customer]).astype(np.int64),
        "eligible_for_premium": income > 150_000,
        "churn_risk": Text(level, ("Low", "Medium", "High")),
        "cross_sell_opportunity": held < 3,
        "updated_by": "segmentation-job",
    }
