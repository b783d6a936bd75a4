"""Who leaves, and why (mechanism 4)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from financial_analytics.synthetic.accounts import Holdings
from financial_analytics.synthetic.calendar import Calendar
from financial_analytics.synthetic.config import BankConfig
from financial_analytics.synthetic.customers import Customers
from financial_analytics.synthetic.frame import DAY, NULL, Bools, Floats, Ints
from financial_analytics.synthetic.interactions import Contacts
from financial_analytics.synthetic.network import Network
from financial_analytics.synthetic.outlook import FUTURE_MONTHS, Outlook, Trigger, recent
from financial_analytics.synthetic.rates import Market
from financial_analytics.synthetic.retention import Retention
from financial_analytics.synthetic.rng import stream

REFERENCE_TENURE = np.log1p(5.0)


@dataclass(frozen=True)
class Life:
    """How long each customer of a block stays, and what happens on the way.

    Attributes
    ----------
    leave : ndarray of int64, shape (customers,)
        Day on which all accounts close; NULL for those who stay.
    until : ndarray of int64, shape (customers,)
        First day without activity: `leave`, or the day after the horizon.
    disengaged : ndarray of bool, shape (customers, months)
    falling_from : ndarray of int64, shape (customers,)
        Month index in which activity starts to fall (may lie past the end).
    fee : ndarray of bool, shape (customers, months)
    autopay : ndarray of int64, shape (customers,)
        Day of enrolment, or NULL.
    hazard : ndarray of float64, shape (customers, months)
        Probability of leaving in the month for those still there; NaN outside.
    contacted_hazard, holdout_hazard : ndarray of float64
        The hazard had the retention campaigns reached, or spared, the customer.
    action_hazard : ndarray of float64, shape (actions, customers, months)
        The hazard had one action, and no other, reached the customer in the months before.
    complained : ndarray of bool, shape (customers, months)
        Unresolved complaint, told by the feed, in the three months before.
    usual_hazard : ndarray of float64, shape (customers, months)
        Cumulative hazard of the month, were the customer not disengaged.
    outlook : Outlook
        The same for months to come.
    """

    leave: Ints
    until: Ints
    disengaged: Bools
    falling_from: Ints
    fee: Bools
    autopay: Ints
    hazard: Floats
    contacted_hazard: Floats
    holdout_hazard: Floats
    action_hazard: Floats
    complained: Bools
    usual_hazard: Floats
    outlook: Outlook


def draw_life(
    config: BankConfig,
    calendar: Calendar,
    network: Network,
    market: Market,
    people: Customers,
    contacts: Contacts,
    held: Holdings,
    retention: Retention,
    block: int,
) -> Life:
    """Draw churn from a discrete-time proportional hazard.

    In month m, ``h = 1 - exp(-exp(eta))`` (complementary log-log) with
    ``eta = log base_rate + complaint_effect * complaint + fee_effect * fee +
    falling_effect * disengaged + rate_gap_effect * gap * saver + tenure_effect *
    (log(1 + tenure) - log 6) + autopay_effect * autopay + far_churn_effect * far +
    retained``, the last of `retention_effects`; complaint and fee look at the three months
    before, so causes come first. Who signed up before the window is at risk from its first month,
    others from the month after they signed up. A customer disengages once, with monthly
    chance ``disengage_rate``, for a geometric spell of mean ``disengage_months``: activity is then
    ``falling_activity`` of what it was, and the exponential gap between logins (mean
    ``login_gap_days``) grows up to ``login_thinning`` times. Fees come with monthly chance
    ``fee_rate``, enrolment in autopay with ``enrol_rate``. About 6-10 % of retail
    customers leave a year (Recurly/Qualtrics retail banking benchmarks report
    8-15 % with account attrition); service failures and falling usage rank on top
    in Keaveney (1995, *J. Marketing* 59(2)) and Larivière and Van den Poel (2004).

    Parameters
    ----------
    held : Holdings
        Says who saves, from when to when.
    retention : Retention
        From ``retention.retention_contacts``.
    """
    effect = config.churn
    rng = stream(config.seed, "churn", block)
    n, months = people.size, calendar.months
    u = rng.random((4, n))
    leaving, fee_u, day_u = rng.random((3, n, months))
    month_day = calendar.first + calendar.month_first[:-1]
    joined = np.maximum(people.signup, calendar.first)
    first_month = calendar.month_of_day[np.minimum(joined, calendar.horizon) - calendar.first]
    grid = np.arange(months)

    def wait(uniform: Floats, rate: float) -> Ints:
        if rate <= 0:
            return np.full(n, 10**6)
        periods = np.floor(np.log1p(-uniform) / np.log1p(-rate))
        return np.asarray(np.minimum(periods, 10**6).astype(np.int64))

    def later(by_month: Floats) -> Floats:
        """Append the months past the simulation, which are like its last one."""
        last = np.repeat(by_month[:, -1:], FUTURE_MONTHS, axis=1)
        return np.concatenate([by_month, last], axis=1)

    falling = first_month + 1 + wait(u[0], effect.disengage_rate)
    recover = falling + 1 + wait(u[1], 1 / effect.disengage_months)
    disengaged = (grid >= falling[:, None]) & (grid < recover[:, None])
    old = people.signup < calendar.first
    enrolled_month = np.where(
        old & (u[2] < 0.30), 0, first_month + 1 + wait(u[3], config.autopay.enrol_rate)
    )
    if config.autopay.enrol_rate == 0:
        enrolled_month[:] = 10**6
    autopay = np.where(
        enrolled_month < months,
        np.maximum(month_day[np.minimum(enrolled_month, months - 1)], people.signup),
        NULL,
    )
    # a month that the window cuts tells a part of what it did
    whole = calendar.month_start[0] >= calendar.first
    at_risk = grid >= np.where(old & whole, 0, first_month + 1)[:, None]
    fee = (fee_u < effect.fee_rate) & at_risk
    unresolved = np.zeros((n, months), dtype=np.bool_)
    bad = contacts.is_complaint & ~contacts.resolved
    # contacts are drawn as if everyone had always been here
    bad &= contacts.at // DAY > people.signup[contacts.customer]
    unresolved[contacts.customer[bad], contacts.month[bad]] = True
    complained, charged = recent(unresolved), recent(fee)
    start = np.concatenate([
        month_day, month_day[-1] + np.round(30.4375 * np.arange(1, FUTURE_MONTHS + 1)),
    ])  # fmt: skip
    tenure = np.maximum(start - people.signup[:, None], 0) / 365.25
    saves = (held.savings_open != NULL)[:, None] & (held.savings_open[:, None] < month_day)
    saves &= (held.savings_close == NULL)[:, None] | (held.savings_close[:, None] >= month_day)
    gap = np.where(saves, market.funds_rate - market.rate[held.savings_product - 5], 0.0)
    far = network.band[people.zip_index, grid] == 2
    on_autopay = grid >= enrolled_month[:, None]
    with np.errstate(divide="ignore"):
        base = np.log(effect.base_rate)
    place = effect.rate_gap_effect * gap + config.branches.far_churn_effect * far
    fixed = base + effect.tenure_effect * (np.log1p(tenure) - REFERENCE_TENURE) + later(place)
    usual = (
        fixed[:, :months]
        + effect.complaint_effect * complained
        + effect.fee_effect * charged
        + effect.autopay_effect * on_autopay
    )
    common = usual + effect.falling_effect * disengaged
    treated = (retention.effect * recent(retention.contacted)).sum(axis=0)
    reachable = (retention.effect * recent(retention.reached)).sum(axis=0)

    def hazard_of(eta: Floats) -> Floats:
        return np.asarray(-np.expm1(-np.exp(eta)))

    hazard = np.where(at_risk, hazard_of(common + treated), np.nan)
    leaves = leaving < np.where(at_risk, hazard, -1.0)
    ever = leaves.any(axis=1)
    month = np.where(ever, leaves.argmax(axis=1), 0)
    offset = (day_u[np.arange(n), month] * calendar.month_length[month]).astype(np.int64)
    leave = calendar.month_start[month] + offset
    ever &= leave <= calendar.horizon
    leave = np.where(ever, leave, NULL)
    contacted = hazard_of(common + reachable)

    def trigger(flags: Bools, mean: Floats, log_effect: Floats | float) -> Trigger:
        return Trigger(flags, later(mean), np.broadcast_to(log_effect, (n, 1)))

    fees = np.full((n, months), -np.log1p(-min(effect.fee_rate, 1 - 1e-9)))
    outlook = Outlook(
        fixed=np.exp(fixed),
        triggers=(
            trigger(unresolved, contacts.complaints, effect.complaint_effect),
            trigger(fee, fees, effect.fee_effect),
            *map(trigger, retention.contacted, retention.mean, retention.effect),
        ),
        enrolled=on_autopay,
        enrol_rate=config.autopay.enrol_rate,
        autopay_effect=effect.autopay_effect,
    )
    return Life(
        leave=leave,
        until=np.where(ever, leave, calendar.horizon + 1),
        disengaged=disengaged,
        falling_from=falling,
        fee=fee,
        autopay=np.where(ever & (autopay >= leave), NULL, autopay),
        hazard=hazard,
        contacted_hazard=np.where(at_risk, contacted, np.nan),
        holdout_hazard=np.where(at_risk, hazard_of(common), np.nan),
        action_hazard=np.where(at_risk, hazard_of(common + retention.effect), np.nan),
        complained=complained,
        usual_hazard=np.exp(usual + treated),
        outlook=outlook,
    )
