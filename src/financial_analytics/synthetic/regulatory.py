"""Cash near the reporting limit and what is filed about it (mechanism 14)."""

from __future__ import annotations

import numpy as np

from financial_analytics.synthetic import catalog
from financial_analytics.synthetic.accounts import Accounts
from financial_analytics.synthetic.calendar import Calendar
from financial_analytics.synthetic.catalog import CHECKING
from financial_analytics.synthetic.churn import Life
from financial_analytics.synthetic.compliance import ANALYSTS
from financial_analytics.synthetic.config import BankConfig
from financial_analytics.synthetic.customers import Customers
from financial_analytics.synthetic.frame import (
    DAY,
    NULL,
    Bools,
    Frame,
    Ints,
    Text,
    fixed_digits,
)
from financial_analytics.synthetic.legs import CODE, Legs, join, legs
from financial_analytics.synthetic.rng import stream

CTR_LIMIT = 1_000_000


def cash_legs(
    config: BankConfig,
    calendar: Calendar,
    people: Customers,
    accounts: Accounts,
    life: Life,
    block: int,
) -> tuple[Legs, Bools]:
    """Draw large cash deposits, and structured ones just below the reporting limit.

    Honest large deposits are Poisson (``large_cash_rate`` a year) with amounts
    uniform on 8,000-20,000: no one counts to 10,000. A share ``structuring_share`` of
    customers splits 3-7 deposits of 9,000-9,950 over some weeks. So the excess in
    [9,000, 10,000) over [10,000, 11,000) is planted. Banks must report cash above
    10,000 USD and suspect splitting (31 CFR 1010.311 and 1010.314).
    """
    effect = config.regulatory
    rng = stream(config.seed, "regulatory cash", block)
    n = people.size
    counts = rng.poisson(effect.large_cash_rate * calendar.years, n)
    structurer = rng.random(n) < effect.structuring_share
    number = np.where(structurer, rng.integers(3, 8, n), 0)
    begin = np.maximum(people.signup + 2, calendar.first + 1)
    span = np.maximum(np.minimum(life.until, calendar.horizon + 1) - begin, 1)
    burst = begin + (rng.random(n) * np.maximum(span - 40, 1)).astype(np.int64)
    honest = np.repeat(np.arange(n), counts)
    split = np.repeat(np.arange(n), number)
    day = np.concatenate([
        begin[honest] + (rng.random(len(honest)) * span[honest]).astype(np.int64),
        burst[split] + (rng.random(len(split)) * 35).astype(np.int64),
    ])  # fmt: skip
    value = np.concatenate(
        [rng.uniform(8_000, 20_000, len(honest)), rng.uniform(9_000, 9_950, len(split))]
    )
    row = np.concatenate([honest, split])
    hour = rng.random(len(row))
    weekend = (day + 3) % 7
    day = day - np.where(weekend == 6, 2, np.where(weekend == 5, 1, 0))
    ok = np.flatnonzero(
        accounts.open_on(row, CHECKING, day) & (day <= calendar.horizon) & (day >= calendar.first)
    )
    cents = np.round(value[ok] / 10).astype(np.int64) * 1000
    table = legs(
        customer=row[ok],
        slot=CHECKING,
        at=day[ok] * DAY + ((9 + 7.5 * hour[ok]) * 3600).astype(np.int64),
        kind=catalog.DEPOSIT,
        cents=cents,
        channel=catalog.BRANCH,
        description=CODE["Cash deposit"],
    )
    # the money leaves again by transfer, so that balances stay in proportion
    later = table.take(np.arange(len(table)))
    later.at = later.at + 3 * DAY
    later.cents = -later.cents
    later.kind = np.full(len(later), catalog.TRANSFER)
    later.channel = np.full(len(later), catalog.ONLINE)
    later.description = np.full(len(later), CODE["Transfer to external account"])
    gone = later.at // DAY
    keep = accounts.open_on(later.customer, CHECKING, gone) & (gone <= calendar.horizon)
    return join([table, later.take(np.flatnonzero(keep))]), structurer


REPORT_NAMES = (
    "Currency Transaction Report", "Suspicious Activity Report", "Call Report",
    "Sanctions Blocking Report",
)  # fmt: skip
REPORT_CODES = ("CTR", "SAR", "CALL", "OFAC")


def report_rows(
    config: BankConfig, calendar: Calendar, people: Customers, table: Legs, ids: Ints,
    structurer: Bools, sanctioned: Bools, life: Life, block: int,
) -> tuple[Frame, Ints, Ints]:  # fmt: skip
    """File a CTR per cash deposit above 10,000, a SAR per structurer, a report per sanctions hit.

    Returns the frame in final state, the day each report appears and the day it is filed.
    """
    rng = stream(config.seed, "regulatory_reports", block)
    cash = (
        (table.description == CODE["Cash deposit"])
        & (table.cents > CTR_LIMIT)
        & (table.decline < 0)
    )
    hit = np.flatnonzero(cash)
    split = (
        (table.description == CODE["Cash deposit"])
        & (table.cents >= 900_000)
        & (table.cents < CTR_LIMIT)
    )
    split &= structurer[table.customer]
    chosen = np.flatnonzero(split)
    last = np.append(
        table.customer[chosen][1:] != table.customer[chosen][:-1],
        np.ones(min(1, len(chosen)), bool),
    )
    sar = chosen[last]
    listed = np.flatnonzero(sanctioned)
    known = np.maximum(people.signup[listed] + 35, calendar.first + 40)
    ok = known < life.until[listed]
    listed, known = listed[ok], known[ok]
    leg = np.concatenate([hit, sar, np.full(len(listed), -1)]).astype(np.int64)
    kind = np.repeat([0, 1, 3], [len(hit), len(sar), len(listed)])
    who = np.concatenate([table.customer[hit], table.customer[sar], listed])
    event = np.concatenate([table.at[hit] // DAY, table.at[sar] // DAY, known])
    return _report_frame(people, table, ids, rng, leg, kind, who, event)


def _report_frame(
    people: Customers, table: Legs, ids: Ints, rng: np.random.Generator, leg: Ints, kind: Ints,
    who: Ints, event: Ints,
) -> tuple[Frame, Ints, Ints]:  # fmt: skip
    size = len(leg)
    u = rng.random((4, size))
    seen = event + 1 + np.where(kind == 1, 10, 0)
    due = event + np.array([15, 40, 30, 10])[kind]
    late = u[0] < 0.04
    filed = np.where(
        late, due + 1 + (u[1] * 12).astype(np.int64), seen + (u[1] * (due - seen)).astype(np.int64)
    )
    account = np.where(
        leg >= 0, people.ids[who] * 10 + table.slot[np.maximum(leg, 0)] if len(table) else 0, NULL
    )
    order = np.lexsort((kind, event, who))
    start = np.searchsorted(who[order], who[order], side="left")
    number = np.empty(size, dtype=np.int64)
    number[order] = np.arange(size) - start + 1
    amount = np.abs(table.cents[np.maximum(leg, 0)]) if len(table) else np.zeros(size, np.int64)
    frame: Frame = {
        "report_id": people.ids[who] * 1000 + number,
        "report_type_code": Text(kind, REPORT_CODES),
        "report_type_name": Text(kind, REPORT_NAMES),
        "report_period_start": event,
        "report_period_end": event,
        "filing_date": filed,
        "due_date": due,
        "actual_filing_date": filed,
        "filing_status": Text(late.astype(np.int64), ("Filed", "Late Filed")),
        "report_frequency": "Event",
        "regulator": Text((kind == 3).astype(np.int64), ("FinCEN", "OFAC")),
        "customer_id": people.ids[who],
        "account_id": account,
        "transaction_id": np.where(leg >= 0, ids[np.maximum(leg, 0)] if len(ids) else 0, NULL),
        "amount_reported": np.where(leg >= 0, amount, NULL),
        "risk_level": Text(np.where(kind == 0, 1, 2), ("Low", "Medium", "High")),
        "requires_follow_up": kind > 0,
        "follow_up_date": np.where(kind > 0, filed + 90, NULL),
        "assigned_to": Text(people.ids[who] % len(ANALYSTS), ANALYSTS),
        "reviewed_by": Text((people.ids[who] + 5) % len(ANALYSTS), ANALYSTS),
        "approval_date": filed,
        "filing_method": "Electronic",
        "confirmation_number": fixed_digits(people.ids[who] * 1000 + number, 12, "BSA"),
        "is_amended": u[2] < 0.01,
        "penalty_amount": np.where(late & (u[3] < 0.1), 50_000, 0),
    }
    return frame, seen, filed


def call_reports(calendar: Calendar) -> tuple[Frame, Ints]:
    """Return the quarterly call reports (no customer; ids below 1000)."""
    months = calendar.month_code[(calendar.month_code % 3 == 0)]
    end = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) - 1
    start = (months - 3).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    keep = end + 30 <= calendar.last
    start, end = start[keep], end[keep]
    size = len(end)
    frame: Frame = {
        "report_id": np.arange(size) + 1,
        "report_type_code": "CALL",
        "report_type_name": "Call Report",
        "report_period_start": start,
        "report_period_end": end,
        "filing_date": end + 25,
        "due_date": end + 30,
        "actual_filing_date": end + 25,
        "filing_status": "Filed",
        "report_frequency": "Quarterly",
        "regulator": "FFIEC",
        "risk_level": "Low",
        "requires_follow_up": np.zeros(size, dtype=np.bool_),
        "approval_date": end + 24,
        "filing_method": "Electronic",
        "confirmation_number": fixed_digits(np.arange(size) + 1, 9, "CALL"),
        "is_amended": np.zeros(size, dtype=np.bool_),
        "penalty_amount": np.zeros(size, dtype=np.int64),
    }
    return frame, end + 25
