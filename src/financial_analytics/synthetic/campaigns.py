"""Campaign plan, audiences, holdouts and conversions (mechanism 8)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from financial_analytics.synthetic import catalog
from financial_analytics.synthetic.calendar import Calendar
from financial_analytics.synthetic.config import BankConfig, Campaigns
from financial_analytics.synthetic.customers import Customers
from financial_analytics.synthetic.frame import DAY, NULL, Bools, Floats, Frame, Ints, Text
from financial_analytics.synthetic.rng import stream

CHANNELS = ("Email", "Social Media", "Direct Mail", "TV", "Radio", "Online Display")
HALF_SPEND = np.array([0.25, 0.80, 2.00, 4.00, 2.50, 1.20])
"""USD per contact at which a channel reaches half of its lift (K of the Hill curve)."""
CHANNEL_LIFT = np.array([0.80, 0.90, 1.00, 0.85, 0.50, 0.65])
OPEN_RATE = np.array([0.32, 0.20, 0.55, 0.30, 0.25, 0.12])
RETENTION_EVERY = 6
"""Every sixth campaign retains customers instead of selling (its sales lift is zero)."""
OBJECTIVES = ("Sales", "Retention")
SEGMENT_REACH = (1.0, 3.0, 6.0, 6.0)
"""Times `audience_share` of a campaign at one segment: small segments would show nothing."""
ACTIONS = ("Call", "Rate Bonus", "Fee Waiver")
"""What a retention campaign does, in turn."""
SEEN_DAYS = 122
"""Days before the end of the window by which retention campaigns are over."""
SALE_SIGMA = 0.5
CONVERSION_DAYS = 9
"""Days after a contact within which who converts buys."""
EVERYBODY = 4
"""Target of a campaign that is not for one segment."""


@dataclass(frozen=True)
class Plan:
    """The campaigns, before anybody is contacted.

    Attributes
    ----------
    channel, target, product : ndarray of int64, shape (campaigns,)
        `target` is a segment, or 4 for everybody.
    first, days : ndarray of int64
        Day index of the start, and length.
    spend : ndarray of float64
        USD per contact.
    lift : ndarray of float64, shape (campaigns, segments)
        Conversion that a contact adds.
    randomised, retention : ndarray of bool
    action : ndarray of int64
        Place in `ACTIONS` of a retention campaign; -1 for others.
    """

    channel: Ints
    target: Ints
    product: Ints
    first: Ints
    days: Ints
    spend: Floats
    lift: Floats
    randomised: Bools
    retention: Bools
    action: Ints


def build_plan(config: BankConfig, calendar: Calendar) -> Plan:
    """Return the campaigns and their planted lift.

    Lift of campaign c in segment s is
    ``lift * channel[c] * spend / (spend + K[channel]) * segment[s]``: return to
    spend saturates (Hill curve, Jin et al. 2017, "Bayesian methods for media
    mix modeling", Google). Premium customers and retention campaigns have a
    sales lift of exactly zero. A uniform draw below ``base + lift`` converts, the same
    draw below ``base`` converts without contact, so both outcomes are known.
    """
    effect = config.campaigns
    rng = stream(config.seed, "marketing_campaigns")
    number = effect.count
    window = calendar.last - calendar.first + 1
    channel = rng.permutation(np.arange(number) % len(CHANNELS))
    spread = (np.arange(number) + rng.random(number)) / max(number, 1)
    days = np.minimum(rng.integers(14, 57, number), window)
    first = np.minimum((spread * window).astype(np.int64), window - days)
    spend = HALF_SPEND[channel] * np.exp(rng.uniform(np.log(0.15), np.log(5), number))
    retention = np.arange(number) % RETENTION_EVERY == RETENTION_EVERY - 1
    # an action that comes too late has no time to show
    late = np.maximum(window - days - SEEN_DAYS, 0)
    first = np.where(retention, np.minimum(first, late), first)
    action = np.where(retention, np.arange(number) // RETENTION_EVERY % len(ACTIONS), -1)
    hill = spend / (spend + HALF_SPEND[channel])
    lift = effect.lift * CHANNEL_LIFT[channel] * hill
    lift = np.where(retention, 0.0, lift)[:, None] * catalog.SEGMENT_LIFT
    target = np.where(rng.random(number) < 0.6, EVERYBODY, rng.integers(0, 4, number))
    target = np.where(retention, EVERYBODY, target)
    randomised = (np.arange(number) * 0.6180339887) % 1 < effect.randomised_share
    return Plan(
        channel, target, rng.integers(1, 16, number), first, days, np.round(spend, 4), lift,
        randomised, retention, action,
    )  # fmt: skip


def audience_shares(config: BankConfig, plan: Plan) -> Floats:
    """Return the share of those eligible that each campaign asks for."""
    reach = np.array([*SEGMENT_REACH, 1.0])[plan.target]
    return np.minimum(config.campaigns.audience_share * reach, 1.0)


@dataclass(frozen=True)
class Sales:
    """What was bought without any contact, in no feed but the transactions.

    Attributes
    ----------
    customer, campaign : ndarray of int64
    at : ndarray of int64
        Seconds since 1970.
    value : ndarray of int64
        Cents.
    """

    customer: Ints
    campaign: Ints
    at: Ints
    value: Ints


@dataclass(frozen=True)
class Touches:
    """Contacts and holdouts of one block, with both outcomes.

    Attributes
    ----------
    customer, campaign : ndarray of int64
    at : ndarray of int64
        Seconds since 1970.
    holdout, without, withal : ndarray of bool
        `without` and `withal` say whether the customer would buy not contacted
        and contacted.
    converted_at, value : ndarray of int64
        NULL and 0 when there is no conversion; value in cents.
    unasked : Sales
        Of those who were eligible and in no audience.
    """

    customer: Ints
    campaign: Ints
    at: Ints
    holdout: Bools
    without: Bools
    withal: Bools
    opened: Bools
    clicked: Bools
    converted_at: Ints
    value: Ints
    unasked: Sales


def sale_values(effect: Campaigns, noise: Floats) -> Ints:
    """Return what conversions are worth, in cents: log-normal with sigma 0.5."""
    usd = effect.conversion_value * np.exp(SALE_SIGMA * noise - SALE_SIGMA**2 / 2)
    return np.maximum(np.round(usd * 100), 100).astype(np.int64)


def unasked_sales(
    config: BankConfig, calendar: Calendar, plan: Plan, others: Bools, block: int
) -> Sales:
    """Draw who buys of the `others`, eligible and in no audience, shape (customers, campaigns).

    They buy with ``base_conversion``, as who is held out does, at any time of the campaign.
    """
    effect = config.campaigns
    rng = stream(config.seed, "unasked sales", block)
    row, column = np.nonzero(others & (rng.random(others.shape) < effect.base_conversion))
    place, wait = rng.random((2, len(row)))
    start = (calendar.first + plan.first[column]) * DAY + place * plan.days[column] * DAY
    return Sales(
        customer=row,
        campaign=column,
        at=(start + 3600 + wait * CONVERSION_DAYS * DAY).astype(np.int64),
        value=sale_values(effect, rng.standard_normal(len(row))),
    )


def draw_touches(
    config: BankConfig, calendar: Calendar, plan: Plan, people: Customers, block: int
) -> Touches:
    """Choose audiences and outcomes of one block, as if nobody ever left.

    A share ``randomised_share`` of campaigns draws its audience with probability
    ``audience_share`` (more of small segments: `SEGMENT_REACH`) and holds
    ``holdout_share`` of it out; the others draw with
    ``audience_share * exp(t (activity - t / 2))``, t = ``targeting``, and spare nobody.
    ``base_conversion`` is the probability without contact, of those in no audience too
    (`unasked_sales`); a conversion is worth ``conversion_value`` on average.
    """
    effect = config.campaigns
    rng = stream(config.seed, "campaign_touches", block)
    n, number = people.size, len(plan.first)
    u = rng.random((n, number))
    month = calendar.month_of_day[plan.first] if number else np.zeros(0, dtype=np.int64)
    segment = people.segment[:, month]
    eligible = (segment == plan.target) | (plan.target == EVERYBODY)
    eligible &= people.signup[:, None] < calendar.first + plan.first
    # targeted campaigns prefer active customers, which is what confounds them
    pull = effect.targeting * (people.activity - 0.5 * effect.targeting)
    chance = audience_shares(config, plan) * np.where(
        plan.randomised, 1.0, np.exp(np.clip(pull, -4, 4))[:, None]
    )
    asked = eligible & (u < chance)
    row, column = np.nonzero(asked)
    size = len(row)
    draws = rng.random((8, size))
    at = calendar.first + plan.first[column] + (draws[0] * plan.days[column]).astype(np.int64)
    second = (8 + (draws[1] * 12)).astype(np.int64) * 3600 + (draws[2] * 3600).astype(np.int64)
    holdout = plan.randomised[column] & (draws[3] < effect.holdout_share)
    without = draws[4] < effect.base_conversion
    lift = plan.lift[column, segment[row, column]]
    withal = draws[4] < effect.base_conversion + lift
    converted = np.where(holdout, without, withal)
    opened = ~holdout & ((draws[5] < OPEN_RATE[plan.channel[column]]) | converted)
    value = sale_values(effect, rng.standard_normal(size))
    wait = 3600 + (draws[7] * CONVERSION_DAYS * DAY).astype(np.int64)
    when = at * DAY + second
    return Touches(
        customer=row,
        campaign=column,
        at=when,
        holdout=holdout,
        without=without,
        withal=withal,
        opened=opened,
        clicked=opened & ((draws[6] < 0.25) | converted),
        converted_at=np.where(converted, when + wait, NULL),
        value=np.where(converted, value, 0),
        unasked=unasked_sales(config, calendar, plan, eligible & ~asked, block),
    )


def touch_frame(people: Customers, plan: Plan, touches: Touches, keep: Ints) -> Frame:
    """Return the touches feed for the rows `keep`, in final state."""
    order = np.arange(len(touches.at))
    campaign = touches.campaign[keep]
    converted = touches.converted_at[keep] != NULL
    cost = np.round(plan.spend[campaign] * 10_000).astype(np.int64)
    return {
        "touch_id": (people.ids[touches.customer] * 10_000 + touches.campaign)[keep],
        "campaign_id": campaign + 1,
        "customer_id": people.ids[touches.customer[keep]],
        "touch_date": touches.at[keep],
        "touch_channel": Text(plan.channel[campaign], CHANNELS),
        "is_holdout": touches.holdout[keep],
        "opened": touches.opened[keep],
        "clicked": touches.clicked[keep],
        "converted": converted,
        "conversion_date": touches.converted_at[keep],
        "conversion_value": np.where(converted, touches.value[keep], NULL),
        "cost": np.where(touches.holdout[keep], 0, cost),
        "created_at": touches.at[keep] + 0 * order[keep],
    }


@dataclass
class Results:
    """Running totals per campaign, summed over the blocks."""

    touched: Ints
    clicks: Ints
    conversions: Ints
    value: Ints

    @classmethod
    def empty(cls, number: int) -> Results:
        """Return totals of nothing."""
        return cls(*(np.zeros(number, dtype=np.int64) for _ in range(4)))

    def merge(self, other: Results) -> None:
        """Add the totals of another block."""
        self.touched += other.touched
        self.clicks += other.clicks
        self.conversions += other.conversions
        self.value += other.value

    def add(self, touches: Touches, keep: Ints, last_second: int) -> None:
        """Add the contacts `keep` of a block, as known at `last_second`."""
        size = len(self.touched)
        campaign = touches.campaign[keep]
        live = ~touches.holdout[keep]
        when = touches.converted_at[keep]
        bought = live & (when != NULL) & (when <= last_second)
        self.touched += np.bincount(campaign[live], minlength=size)
        self.clicks += np.bincount(campaign[touches.clicked[keep]], minlength=size)
        self.conversions += np.bincount(campaign[bought], minlength=size)
        value = touches.value[keep]
        self.value += np.bincount(campaign[bought], value[bought], minlength=size).astype(np.int64)


def campaign_versions(calendar: Calendar, plan: Plan, results: Results) -> tuple[Frame, Ints]:
    """Return the campaign feed: a version at the start, and one with results at the end."""
    number = len(plan.first)
    start = calendar.first + plan.first
    end = start + plan.days - 1
    row = np.concatenate([np.arange(number), np.arange(number)])
    done = np.arange(2 * number) >= number
    day = np.where(done, end[row] + 14, start[row])
    spent = np.round(results.touched * plan.spend * 100).astype(np.int64)
    budget = np.maximum(spent, 10_000) // 100 * 110
    cost = np.where(results.conversions > 0, spent // np.maximum(results.conversions, 1), NULL)
    with np.errstate(divide="ignore", invalid="ignore"):
        roi = np.where(spent > 0, (results.value - spent) / np.maximum(spent, 1), np.nan)
    audience = [*catalog.SEGMENTS, "All"]
    offers = [*(item.name for item in catalog.PRODUCTS), *ACTIONS]
    offer = np.where(plan.retention, len(catalog.PRODUCTS) + plan.action, plan.product - 1)
    contact = np.round(plan.spend * 10_000).astype(np.int64)
    titles = [
        f"{audience[t]} {'Retention ' * r}{offers[o]} {CHANNELS[c]} {n:03d}"
        for t, r, o, c, n in zip(
            plan.target,
            plan.retention.tolist(),
            offer,
            plan.channel,
            range(1, number + 1),
            strict=True,
        )
    ]
    known = np.where(done, results.touched[row], NULL)
    frame: Frame = {
        "campaign_id": row + 1,
        "campaign_name": Text(row, titles or ["-"]),
        "campaign_type": Text(plan.channel[row], CHANNELS),
        "start_date": start[row],
        "end_date": end[row],
        "target_segment": Text(plan.target[row], audience),
        "budget": budget[row],
        "impressions": np.where(done, known * 9, NULL),
        "clicks": np.where(done, results.clicks[row], NULL),
        "conversions": np.where(done, results.conversions[row], NULL),
        "cost_per_acquisition": np.where(done, cost[row], NULL),
        "roi": np.where(done, roi[row], np.nan),
        "product_promoted": plan.product[row],
        "objective": Text(plan.retention[row].astype(np.int64), OBJECTIVES),
        "offer": Text(offer[row], offers),
        "is_randomised": plan.randomised[row],
        "cost_per_contact": contact[row],
        "updated_at": day * DAY,
        "created_at": start[row] * DAY,
    }
    return frame, day
