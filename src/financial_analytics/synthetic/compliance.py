"""Fraud alerts and risk assessments (mechanisms 13 and 14)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from financial_analytics.synthetic.accounts import Accounts
from financial_analytics.synthetic.calendar import Calendar
from financial_analytics.synthetic.churn import Life
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
from financial_analytics.synthetic.fraud_cells import TESTING
from financial_analytics.synthetic.legs import BROUGHT_FORWARD, Legs
from financial_analytics.synthetic.network import names
from financial_analytics.synthetic.rng import stream

STATUSES = ("Open", "Under Review", "Confirmed", "False Positive", "Closed")
ALERT_TYPES = (
    "Score",
    "Velocity",
    "Impossible Travel",
    "New Device",
    "Shared Device",
    "Customer Report",
)
ANALYSTS = tuple(names(np.arange(12) * 7, np.arange(12) * 5 + 3))


@dataclass(frozen=True)
class Alerts:
    """Rows of the alert feed: one per alert and status."""

    leg: Ints
    status: Ints
    at: Ints
    raised: Ints
    kind: Ints
    severity: Ints
    resolved: Ints
    recovered: Ints


def draw_alerts(
    config: BankConfig, table: Legs, latent: Floats, label: Ints, horizon: int, block: int
) -> Alerts:
    """Raise alerts by score, by rule and by customers' reports, and work them off.

    The limit of the score is such that a share ``alert_share`` of honest transactions passes
    it: of the alerts of card fraud systems one in five to one in twenty is a fraud.

    An alert opens minutes after its transaction (a customer's report: when the fraud is
    known), is reviewed a day or so later, decided within days, closed after. Each
    status is a row of its own; of a posted fraud, ``recovered_share`` comes back on average
    (uniform on 0.4 to 1.6 times that).
    """
    rng = stream(config.seed, "fraud_alerts", block)
    u = rng.random(len(table))
    fraud = table.typology > 0
    posted = table.decline < 0
    by_score = latent > -ndtri(config.fraud.alert_share)
    by_rule = (table.typology >= TESTING) & (u < 0.55)
    reported = fraud & ~by_score & ~by_rule & posted & (label != NULL)
    moves = table.description != BROUGHT_FORWARD
    hit = np.flatnonzero(moves & (by_score | by_rule | reported))
    size = len(hit)
    v = rng.random((6, size))
    late = reported[hit]
    kind = np.where(
        late, 5, np.where(by_rule[hit], np.array([0, 0, 1, 2, 3, 4])[table.typology[hit]], 0)
    )
    raised = np.where(
        late, (label[hit] + 0) * DAY + 10 * 3600 + (v[0] * 20_000).astype(np.int64),
        table.at[hit] + 60 + (v[0] * 1200).astype(np.int64),
    )  # fmt: skip
    raised = np.maximum(raised, table.at[hit] + 60)
    value = np.abs(table.cents[hit])
    severity = np.clip(
        np.digitize(value, [5_000, 30_000, 100_000]) + (np.isin(kind, (3, 4))).astype(int), 0, 3
    )
    review = raised + 3600 + (-np.log1p(-v[1]) * 0.8 * DAY).astype(np.int64)
    decide = review + 7200 + (-np.log1p(-v[2]) * 3.0 * DAY).astype(np.int64)
    known = np.where(label[hit] == NULL, 0, label[hit] * DAY + 12 * 3600)
    decide = np.where(fraud[hit], np.maximum(decide, known), decide)
    close = decide + DAY + (v[3] * 9 * DAY).astype(np.int64)
    share = np.clip(config.fraud.recovered_share * (0.4 + 1.2 * v[4]), 0, 1)
    recovered = np.where(fraud[hit] & posted[hit], np.round(value * share), 0).astype(np.int64)
    verdict = np.where(fraud[hit], 2, 3)
    moments = np.stack([raised, review, decide, close])
    status = np.stack(
        [np.zeros(size, np.int64), np.ones(size, np.int64), verdict, np.full(size, 4)]
    )
    flat = np.arange(4 * size) % max(size, 1)
    stage = np.arange(4 * size) // max(size, 1)
    return Alerts(
        leg=hit[flat] if size else hit,
        status=status.ravel(),
        at=moments.ravel(),
        raised=raised[flat] if size else raised,
        kind=kind[flat] if size else kind,
        severity=severity[flat] if size else severity,
        resolved=np.where(stage >= 2, decide[flat], NULL) if size else decide,
        recovered=np.where(stage >= 3, recovered[flat], 0) if size else recovered,
    )


def alert_frame(people: Customers, table: Legs, ids: Ints, alerts: Alerts) -> Frame:
    """Return the alert feed; `ids` are the transaction ids of the legs."""
    who = people.ids[table.customer[alerts.leg]]
    return {
        "alert_id": ids[alerts.leg],
        "transaction_id": ids[alerts.leg],
        "customer_id": who,
        "account_id": who * 10 + table.slot[alerts.leg],
        "alert_date": alerts.raised,
        "alert_type": Text(alerts.kind, ALERT_TYPES),
        "alert_severity": Text(alerts.severity, ("Low", "Medium", "High", "Critical")),
        "investigation_status": Text(alerts.status, STATUSES),
        "resolution_date": alerts.resolved,
        "amount_recovered": alerts.recovered,
        "assigned_to": Text(
            np.where(alerts.status > 0, ids[alerts.leg] % len(ANALYSTS), -1), ANALYSTS
        ),
        "notes": None,
        "updated_at": alerts.at,
        "created_at": alerts.raised,
    }


def assessments(
    config: BankConfig, calendar: Calendar, people: Customers, accounts: Accounts, life: Life,
    table: Legs, structurer: Bools, block: int,
) -> tuple[Frame, Bools]:  # fmt: skip
    """Return yearly (low risk: every two years) assessments.

    A share ``sanctions_share`` of customers has a sanctions hit, and stands out.
    """
    rng = stream(config.seed, "risk_assessments", block)
    n = people.size
    u = rng.random((8, n))
    sanctioned = u[0] < config.regulatory.sanctions_share
    risk = people.states[0].risk
    period = np.where(risk == 0, 730, 365)
    first = np.maximum(people.signup + 30, calendar.first) + (u[1] * period).astype(np.int64)
    number = np.maximum((calendar.horizon - first) // period + 1, 0)
    row = np.repeat(np.arange(n), number)
    turn = np.arange(len(row)) - np.repeat(np.cumsum(number) - number, number)
    day = first[row] + turn * period[row]
    keep = (day < life.until[row]) & (day > people.signup[row])
    row, turn, day = row[keep], turn[keep], day[keep]
    noise = rng.standard_normal(len(row))
    month = calendar.month_of_day[day - calendar.first]
    score = people.score[row, month]
    credit = 2 - np.digitize(score, [620, 700])
    level = np.clip(
        0.45 - (score - 650) / 400 + 0.08 * noise + 0.4 * sanctioned[row] + 0.25 * structurer[row],
        0.01,
        0.99,
    )
    rating = np.digitize(level, [0.35, 0.65])
    flagged = sanctioned | structurer
    aml = np.where(sanctioned[row], 2, np.where(structurer[row], 2, (u[2, row] > 0.93).astype(int)))
    status = np.where(sanctioned[row], 2, np.where(u[3, row] < 0.04, 1, 0))
    key = (table.customer << 40) + table.at
    moves = (table.decline < 0) & (table.description != BROUGHT_FORWARD)
    total = np.concatenate([[0], np.cumsum(np.where(moves, np.abs(table.cents), 0))])
    base = (row << 40) + day * DAY
    volume = total[np.searchsorted(key, base)] - total[np.searchsorted(key, base - 90 * DAY)]
    owned = (accounts.opened[row] != NULL) & (accounts.opened[row] <= day[:, None])
    owned &= (accounts.closed[row] == NULL) | (accounts.closed[row] > day[:, None])
    ids = people.ids[row]
    words = ("Low", "Medium", "High")
    frame: Frame = {
        "assessment_id": ids * 100 + turn + 1,
        "customer_id": ids,
        "assessment_date": day,
        "assessment_type": Text(
            np.where(turn == 0, 0, np.where(flagged[row], 2, 1)),
            ("Onboarding", "Periodic", "Triggered"),
        ),
        "risk_rating": Text(rating, words),
        "risk_score": np.round(level, 4),
        "credit_risk": Text(credit, words),
        "fraud_risk": Text((u[4, row] > 0.9).astype(int), words),
        "aml_risk": Text(aml, words),
        "kyc_status": Text(status, ("Verified", "Pending", "Failed")),
        "kyc_last_updated": np.maximum(
            day - (u[5, row] * 120).astype(np.int64), people.signup[row]
        ),
        "pep_flag": u[6, row] < 0.004,
        "sanctions_flag": sanctioned[row],
        "adverse_media_flag": (u[7, row] < 0.006) | sanctioned[row],
        "high_value_customer": people.income[row] > 190_000,
        "transaction_volume_last_90d": volume,
        "num_accounts": owned.sum(axis=1),
        "years_as_customer": np.round((day - people.signup[row]) / 365.25, 2),
        "employment_verified": u[5, row] < 0.9,
        "income_verified": u[5, row] < 0.8,
        "address_verified": u[3, row] < 0.95,
        "regulatory_concerns": Text(
            np.where(sanctioned[row], 0, np.where(structurer[row], 1, -1)),
            ("Sanctions list match", "Possible structuring"),
        ),
        "next_review_date": day + period[row],
        "assessor_id": fixed_digits(ids % 37, 3, "RA"),
        "requires_enhanced_due_diligence": flagged[row],
        "created_at": day * DAY + 15 * 3600,
    }
    return frame, sanctioned
