"""Contacts with the bank and how satisfied they leave people (mechanism 3)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

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
from financial_analytics.synthetic.mobile import Rollout
from financial_analytics.synthetic.network import Network
from financial_analytics.synthetic.rng import stream

KINDS = ("Phone Call", "Email", "Chat", "Branch Visit", "Social Media")
VISIT = 3
REASONS = (
    "Account Inquiry", "Complaint", "Card Issue", "Loan Question", "Technical Support",
    "Fee Dispute", "Payment Problem", "General",
)  # fmt: skip
REASON_SHARE = np.array([0.28, 0.14, 0.12, 0.10, 0.13, 0.06, 0.09, 0.08])
COMPLAINTS = (1, 5)
CUTPOINTS = np.array([-3.3, -2.4, -1.3, 0.5])
CONTACT_RATE = 0.055
VISIT_FACTOR = np.array([0.9, 0.35, 2.2, 0.8, 0.5])
MINUTES = np.array([8.0, 14.0, 10.0, 12.0, 6.0])
CUSTOMERS_PER_AGENT = 250


@dataclass(frozen=True)
class Contacts:
    """Contacts of one block, as if nobody ever left."""

    customer: Ints
    at: Ints
    month: Ints
    kind: Ints
    reason: Ints
    minutes: Floats
    escalated: Bools
    resolved: Bools
    latent: Floats
    rating: Ints
    branch: Ints
    agent: Ints
    complaints: Floats
    """Expected complaints that stay unresolved, shape (customers, months)."""

    @property
    def is_complaint(self) -> Bools:
        """Complaints and fee disputes."""
        return np.isin(self.reason, COMPLAINTS)


UNRESOLVED_COMPLAINT = float(REASON_SHARE[list(COMPLAINTS)].sum()) * (1 - 0.62 + 0.25 * 0.20)
"""Share of contacts that are complaints which stay unresolved."""


def contact_rates(
    config: BankConfig, calendar: Calendar, network: Network, rollout: Rollout, people: Customers
) -> tuple[Floats, Floats]:
    """Return expected calls and visits, shape (customers, months); see `draw_contacts`."""
    ramp = config.mobile.contact_effect * rollout.ramp[people.region]
    band_effect = np.array([0.0, config.branches.middle_effect, config.branches.far_effect])
    band = network.band[people.zip_index, np.arange(calendar.months)]
    share = np.diff(calendar.month_first) / 30.4375
    factor = VISIT_FACTOR[people.archetype] ** config.archetypes.separation
    visits = config.branches.visit_rate * share * factor[:, None] * np.exp(ramp + band_effect[band])
    return CONTACT_RATE * share * np.exp(ramp), visits


HUMPS = ((0.55, 0.22, 0.13), (0.45, 0.62, 0.30))
"""Of the hours of a day: share, middle and half width, in parts of the hours that it is open."""
OPENING, HOURS, SATURDAY_HOURS = 9.0, 8.0, 4.0


def visit_hours(span: float) -> Floats:
    """Return which share of a day's visits falls into each of its 24 hours.

    Parameters
    ----------
    span : float
        Hours over which a day's visits are drawn.

    Examples
    --------
    >>> visit_hours(8.0).round(3)[9:17].tolist()
    [0.02, 0.367, 0.17, 0.073, 0.151, 0.145, 0.067, 0.005]
    """
    ends = np.arange(25.0)
    below = np.zeros(25)
    for share, middle, half in HUMPS:
        at = np.clip(((ends - OPENING) / span - middle) / half, -1, 1)
        # two uniform numbers added make a triangle
        part = np.where(at < 0, (1 + at) ** 2 / 2, 1 - (1 - at) ** 2 / 2)
        below += share * np.where(ends >= OPENING + span, 1.0, part)
    return np.diff(below)


def visit_week() -> Floats:
    """Return visits by weekday (Monday first) and hour, in visits of one day: shape (7, 24).

    Of a week without holidays: Sunday's visits come on Saturday, at the hours that they had.
    """
    week = np.zeros((7, 24))
    week[:5] = visit_hours(HOURS)
    week[5] = visit_hours(SATURDAY_HOURS) + visit_hours(HOURS)
    return week


def draw_contacts(
    config: BankConfig,
    calendar: Calendar,
    network: Network,
    rollout: Rollout,
    people: Customers,
    block: int,
) -> Contacts:
    """Draw contacts and branch visits.

    Contacts are Poisson with log rate ``log 0.055 + mobile``, visits with
    ``log visit_rate + archetype + band + mobile``, per customer and month. The rating is
    an ordered logit: with logistic noise e, the latent satisfaction
    ``s = unresolved_effect * unresolved + slow_effect * log2(minutes / 10) +
    escalated_effect * escalated + e`` is cut at ``CUTPOINTS`` into 1..5 (McCullagh 1980);
    a share ``rating_share`` of contacts leaves one. First-contact resolution is the
    driver that contact-centre studies put first; about 3 of 4 contacts are resolved
    (SQM Group 2023 benchmark: 70 %).
    """
    effect = config.satisfaction
    rng = stream(config.seed, "customer_interactions", block)
    n, months = people.size, calendar.months
    expected = contact_rates(config, calendar, network, rollout, people)
    calls, visits = rng.poisson(expected[0]), rng.poisson(expected[1])
    grid = np.concatenate([calls.ravel(), visits.ravel()])
    cell = np.repeat(np.tile(np.arange(n * months), 2), grid)
    is_visit = np.arange(len(cell)) >= calls.sum()
    customer, month = np.divmod(cell, months)
    size = len(cell)
    u = rng.random((9, size))
    kind = np.where(is_visit, VISIT, np.searchsorted([0.55, 0.75, 0.93], u[0]))
    kind = np.where(~is_visit & (kind == 3), 4, kind)
    length = np.diff(calendar.month_first)[month]
    day = calendar.month_first[month] + (u[1] * length).astype(np.int64)
    weekday = (calendar.first + day + 3) % 7
    sunday = is_visit & ((weekday == 6) | calendar.holiday[day])
    day = np.where(sunday & (day > calendar.month_first[month]), day - 1, day)
    opening = np.where(is_visit, OPENING, 8.0)
    span = np.where(is_visit, np.where(weekday == 5, SATURDAY_HOURS, HOURS), 12.0)
    # two humps: late morning and after lunch
    (share, early, narrow), (_, late, wide) = HUMPS
    apart = u[3] + u[4] - 1
    clock = np.where(u[2] < share, early + narrow * apart, late + wide * apart)
    second = ((opening + span * np.clip(clock, 0, 0.999)) * 3600).astype(np.int64)
    reason = np.searchsorted(np.cumsum(REASON_SHARE), u[5]).clip(0, len(REASONS) - 1)
    complaint = np.isin(reason, COMPLAINTS)
    escalated = u[6] < np.where(complaint, 0.20, 0.05)
    minutes = MINUTES[kind] * np.exp(0.55 * rng.standard_normal(size) + 0.4 * escalated)
    minutes = np.round(np.clip(minutes, 0.5, 240), 1)
    resolved = u[7] < np.where(complaint, 0.62, 0.88) - 0.25 * escalated
    noise = rng.logistic(size=size)
    latent = (
        effect.unresolved_effect * ~resolved
        + effect.slow_effect * np.log2(minutes / 10)
        + effect.escalated_effect * escalated
        + noise
    )
    rated = u[8] < effect.rating_share
    rating = np.where(rated, 1 + np.searchsorted(CUTPOINTS, latent), NULL)
    agents = max(5, config.customers // CUSTOMERS_PER_AGENT)
    branch = np.where(is_visit, network.nearest[people.zip_index[customer, month], month], NULL)
    here = (np.where(is_visit, branch, 0) * 7 + rng.integers(0, 4, size)) % agents
    anyone = rng.integers(0, agents, size)
    return Contacts(
        customer=customer,
        at=(calendar.first + day) * DAY + second,
        month=month,
        kind=kind,
        reason=reason,
        minutes=minutes,
        escalated=escalated,
        resolved=resolved,
        latent=latent,
        rating=rating,
        branch=branch,
        agent=np.where(is_visit, here, anyone),
        complaints=(expected[0] + expected[1]) * UNRESOLVED_COMPLAINT,
    )


def contact_frame(people: Customers, contacts: Contacts, keep: Ints) -> Frame:
    """Return the interactions feed for the rows `keep`, ordered by customer and time."""
    customer = contacts.customer[keep]
    order = np.lexsort((contacts.at[keep], customer))
    keep, customer = keep[order], customer[order]
    start = np.searchsorted(customer, customer, side="left")
    number = np.arange(len(keep)) - start
    branch = contacts.branch[keep]
    sentiment = np.round(np.tanh(0.45 * (contacts.latent[keep] + 0.9)), 3)
    return {
        "interaction_id": people.ids[customer] * 10_000 + number + 1,
        "customer_id": people.ids[customer],
        "interaction_date": contacts.at[keep],
        "interaction_type": Text(contacts.kind[keep], KINDS),
        "reason": Text(contacts.reason[keep], REASONS),
        "duration_minutes": contacts.minutes[keep],
        "sentiment_score": sentiment,
        "satisfaction_rating": contacts.rating[keep],
        "resolved": contacts.resolved[keep],
        "escalated": contacts.escalated[keep],
        "agent_id": fixed_digits(contacts.agent[keep] + 1, 5, "AG"),
        "branch_id": np.where(branch == NULL, NULL, branch + 1),
        "notes": None,
        "created_at": contacts.at[keep] + (contacts.minutes[keep] * 60).astype(np.int64),
    }
