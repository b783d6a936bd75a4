"""Applications for credit, the decision and what approval changes (mechanism 5)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from financial_analytics.synthetic import catalog
from financial_analytics.synthetic.calendar import Calendar
from financial_analytics.synthetic.config import BankConfig
from financial_analytics.synthetic.customers import Customers
from financial_analytics.synthetic.frame import DAY, NULL, Bools, Floats, Frame, Ints, Text
from financial_analytics.synthetic.rng import stream

CARD_KIND, LOAN_KIND = 0, 1
EFFECT_DAYS = 365
SENIOR_DAYS = 62 * 365.2425
EXTRA_PURCHASE = 120.0
"""Mean of the extra purchases, USD; their rate is ``spend_effect / EXTRA_PURCHASE`` a month."""
GRADES = ("A", "B", "C", "D", "E")


@dataclass(frozen=True)
class Applications:
    """Applications of one block, as if nobody ever left.

    Attributes
    ----------
    customer, kind, product : ndarray of int64
        Row of the customer; card or loan; product id.
    applied, decided : ndarray of int64
        Days.
    amount, granted : ndarray of int64
        Cents; `granted` is NULL unless approved.
    approved : ndarray of bool
    chance : ndarray of float64
        Probability with which it is approved.
    """

    customer: Ints
    kind: Ints
    product: Ints
    applied: Ints
    decided: Ints
    amount: Ints
    term: Ints
    score: Ints
    income: Ints
    dti: Floats
    approved: Bools
    granted: Ints
    rate: Floats
    channel: Ints
    employment: Floats
    chance: Floats


def price(product: Ints, score: Ints, u: Floats) -> Floats:
    """Return a risk-based yearly rate: list price, 1.5 points per 100 of score, some noise."""
    list_price = np.array([item.rate for item in catalog.PRODUCTS])[product - 1]
    return np.asarray(
        np.round(
            np.clip(list_price + 0.015 * (700 - score) / 100 + 0.01 * (u - 0.5), 0.02, 0.36), 6
        )
    )


def loan_size(product: Ints, income: Ints, u: Floats, v: Floats) -> tuple[Ints, Ints]:
    """Return amounts in cents and terms in months of loans."""
    low = np.array([2_000, 8_000, 90_000])[product - 12]
    high = np.array([30_000, 45_000, 420_000])[product - 12]
    scale = np.clip(income / 65_000, 0.4, 3.0) ** 0.5
    amount = np.round((low + (high - low) * u**1.6) * scale / 500).astype(np.int64) * 500
    terms = np.array([[24, 36, 48, 60], [36, 48, 60, 72], [180, 240, 360, 360]])
    return amount * 100, terms[product - 12, (v * 4).astype(np.int64)]


def card_product(segment: Ints, income: Ints) -> Ints:
    """Return the card offered: Platinum to Premium, Rewards from 60,000 of income."""
    return np.where(segment == 2, 11, np.where(income > 60_000, 10, 9))


def card_limit(income: Ints, score: Ints, u: Floats) -> Ints:
    """Return a card limit in cents: a share of income that grows with the score."""
    share = 0.06 + 0.20 * np.clip((score - 560) / 250, 0, 1) + 0.04 * u
    return np.maximum(np.round(income * share / 100), 5).astype(np.int64) * 100 * 100


def approval_chance(config: BankConfig, score: Ints, dti: Floats, senior: Bools) -> Floats:
    """Return the probability of approval.

    Log odds are ``+-logit(1 - exception_rate)`` (minus below the cutoff or above the limit of
    debt to income) ``+ slope_effect * (score - cutoff) / 100 + senior_effect * senior``,
    senior being 62 and older (the age that the Equal Credit Opportunity Act protects).
    """
    effect = config.credit
    rule = (score >= effect.cutoff) & (dti <= effect.dti_limit)
    with np.errstate(divide="ignore"):
        sure = np.log1p(-effect.exception_rate) - np.log(effect.exception_rate)
    odds = effect.slope_effect * (score - effect.cutoff) / 100 + effect.senior_effect * senior
    return np.asarray(expit(np.where(rule, sure, -sure) + odds))


def draw_applications(
    config: BankConfig,
    calendar: Calendar,
    people: Customers,
    has_card: Bools,
    has_loan: Bools,
    block: int,
) -> Applications:
    """Draw at most one application per customer, for a card or a loan, whichever comes first.

    The decision jumps where ``score >= cutoff`` and ``dti <= dti_limit``; at the cutoff a
    share ``exception_rate`` goes the other way, fewer the farther the score lies on its side
    (`approval_chance`; a group difference is planted by ``senior_effect``). Scores move in whole
    points and nobody can aim at the cutoff, so near-cutoff applicants are alike
    (Lee and Lemieux 2010, *JEL* 48(2)). Applications come at ``application_rate`` a year
    for each product not held, from 45 days after joining. Approval adds ``spend_effect`` USD of
    purchases a month for a year and moves ``balance_effect`` USD in: the marginal
    propensity to spend out of new credit lines is 10-14 % a year and higher at low
    scores (Gross and Souleles 2002, *QJE* 117(1)). 660 is the usual prime limit.
    """
    effect = config.credit
    rng = stream(config.seed, "credit_applications", block)
    n = people.size
    u = rng.random((2, 12, n))
    parts = []
    start = np.maximum(people.signup, calendar.first) + 45
    rate = effect.application_rate
    gaps = -np.log1p(-u[:, 0]) / rate * 365.25 if rate > 0 else np.full((2, n), 1e9)
    days = np.minimum(start + gaps, 10**6).astype(np.int64)
    days[CARD_KIND, has_card] = days[LOAN_KIND, has_loan] = 10**6
    first = days[LOAN_KIND] < days[CARD_KIND]
    for kind, turn in ((CARD_KIND, ~first), (LOAN_KIND, first)):
        v, day = u[kind], days[kind]
        row = np.flatnonzero((day <= calendar.horizon) & turn)
        v, day = v[:, row], day[row]
        month = calendar.month_of_day[day - calendar.first]
        score = people.score[row, month]
        income = people.income[row]
        if kind == CARD_KIND:
            product = card_product(people.segment[row, month], income)
            amount, term = card_limit(income, score, v[1]), np.full(len(row), NULL)
        else:
            product = 12 + np.searchsorted([0.50, 0.85], v[1])
            amount, term = loan_size(product, income, v[2], v[3])
        dti = np.round(0.08 + 0.62 * v[4] ** 1.3, 4)
        senior = day - people.birth[row] >= SENIOR_DAYS
        chance = approval_chance(config, score, dti, senior)
        # high chances are tried from the other end: an exception stays one
        approved = np.where(chance < 0.5, v[5] < chance, v[5] >= 1 - chance)
        granted = np.where(kind == CARD_KIND, amount, amount * (90 + (v[6] * 11)) // 100)
        granted = granted.astype(np.int64) // 10_000 * 10_000
        parts.append((
            row, np.full(len(row), kind), product, day,
            day + 1 + (v[7] * (3 if kind == CARD_KIND else 12)).astype(np.int64),
            amount, term, score, income, dti, approved, np.where(approved, granted, NULL),
            price(product, score, v[8]), np.searchsorted([0.45, 0.70, 0.92], v[9]),
            np.round(12 * v[10] ** 2, 1), chance,
        ))  # fmt: skip
    return Applications(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def credit_spell(made: Applications, until: Ints) -> tuple[Ints, Ints]:
    """Return the days from and to which approval adds spend, or would have added it.

    `until` is the day on which each customer of the block leaves.
    """
    start = made.decided + 1
    stop = np.minimum(start + EFFECT_DAYS, until[made.customer])
    return start, np.maximum(stop, start)


def application_frame(people: Customers, made: Applications, keep: Ints, decided: bool) -> Frame:
    """Return the applications feed for rows `keep`, decided or still pending."""
    rows = len(keep)
    approved = made.approved[keep]
    verdict = np.where(approved, 0, 1) if decided else np.full(rows, 2)
    chance = 1 / (1 + np.exp(-(made.score[keep] - 660) / 28.0 + 3 * (made.dti[keep] - 0.35)))
    grade = 4 - np.digitize(made.score[keep], [600, 660, 710, 760])
    return {
        "application_id": people.ids[made.customer[keep]] * 10 + made.kind[keep],
        "customer_id": people.ids[made.customer[keep]],
        "product_id": made.product[keep],
        "application_date": made.applied[keep],
        "requested_amount": made.amount[keep],
        "requested_term_months": made.term[keep],
        "credit_score_at_application": made.score[keep],
        "annual_income": made.income[keep] * 100,
        "debt_to_income_ratio": made.dti[keep],
        "employment_length_years": made.employment[keep],
        "decision": Text(verdict, ("Approved", "Declined", "Pending")),
        "decision_date": made.decided[keep] if decided else None,
        "approved_amount": made.granted[keep] if decided else None,
        "approved_rate": (
            np.where(approved, np.round(made.rate[keep] * 1e6).astype(np.int64), NULL)
            if decided
            else None
        ),
        "application_channel": Text(made.channel[keep], ("Online", "Mobile", "Branch", "Phone")),
        "approval_probability_score": np.round(chance, 4),
        "risk_grade": Text(grade, GRADES),
        "created_at": made.applied[keep] * DAY + 10 * 3600,
    }
