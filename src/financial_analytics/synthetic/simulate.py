"""One block of customers, simulated from who they are to every movement of their money."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
from scipy.special import betaincinv

from financial_analytics.synthetic.accounts import Accounts, Holdings, build_accounts, draw_holdings
from financial_analytics.synthetic.balances import (
    Book,
    card_cycle,
    closing_legs,
    orphan_refunds,
    overdraft_limits,
    refuse_unfunded,
)
from financial_analytics.synthetic.calendar import Calendar, build_calendar
from financial_analytics.synthetic.campaigns import (
    Plan,
    Touches,
    build_plan,
    draw_touches,
)
from financial_analytics.synthetic.cards import Cards, draw_cards
from financial_analytics.synthetic.catalog import CHECKING
from financial_analytics.synthetic.churn import Life, draw_life
from financial_analytics.synthetic.config import BLOCK_CUSTOMERS, BankConfig
from financial_analytics.synthetic.credit import Applications, draw_applications
from financial_analytics.synthetic.customers import Customers, draw_customers
from financial_analytics.synthetic.foresight import Seen
from financial_analytics.synthetic.frame import DAY, NULL, Bools, Floats, Ints
from financial_analytics.synthetic.fraud import draw_fraud
from financial_analytics.synthetic.geography import Geography, build_geography
from financial_analytics.synthetic.interactions import Contacts, draw_contacts
from financial_analytics.synthetic.legs import Legs, join
from financial_analytics.synthetic.loans import Loans, draw_loans, utilisation_of
from financial_analytics.synthetic.logins import Logins, draw_logins
from financial_analytics.synthetic.merchants import Merchants, build_merchants
from financial_analytics.synthetic.mobile import Rollout, build_rollout
from financial_analytics.synthetic.network import Network, build_network
from financial_analytics.synthetic.purchases import (
    Activity,
    Dropout,
    Profiles,
    draw_credit_purchases,
    draw_purchases,
    draw_refunds,
    expected_activity,
    spend_per_day,
    with_declines,
)
from financial_analytics.synthetic.rates import Market, build_market
from financial_analytics.synthetic.regulatory import cash_legs
from financial_analytics.synthetic.retention import retention_contacts
from financial_analytics.synthetic.services import (
    draw_services,
    loan_legs,
    opening_legs,
    savings_legs,
    service_rates,
    small_legs,
)
from financial_analytics.synthetic.transactions import Places, order_legs

PILOT_BLOCK = 2**31
PILOT_BLOCKS = 2


@dataclass(frozen=True)
class World:
    """What all customers share."""

    config: BankConfig
    calendar: Calendar
    geography: Geography
    network: Network
    merchants: Merchants
    market: Market
    rollout: Rollout
    plan: Plan
    profiles: Profiles
    places: Places
    scale: float
    """Purchases per day of a customer of average rate; chosen to meet the transactions asked."""

    @property
    def full_last(self) -> int:
        """Last day of the first full load."""
        return self.calendar.last - self.config.deltas


@dataclass(frozen=True)
class Block:
    """Everything that happened to one block of customers."""

    number: int
    people: Customers
    held: Holdings
    made: Applications
    made_kept: Ints
    contacts: Contacts
    contacts_kept: Ints
    touches: Touches
    touches_kept: Ints
    life: Life
    logins: Logins
    accounts: Accounts
    cards: Cards
    loans: Loans
    activity: Activity
    dropout: Dropout
    credit_spend: Ints
    seen: Seen
    savings_target: Ints
    legs: Legs
    takeover: Ints
    structurer: Bools
    utilisation: Floats

    @cached_property
    def book(self) -> Book:
        """All balances."""
        return Book.build(self.legs)


def build_world(config: BankConfig) -> World:
    """Build what all customers share, and find the scale that meets ``transactions``."""
    sizes = BankConfig(
        customers=config.customers, transactions=config.transactions, start=config.start,
        end=config.end, seed=config.seed, merchants=config.merchants,
    )  # fmt: skip
    return replace(_shared(config), scale=find_scale(sizes))


@lru_cache(maxsize=1)
def _shared(config: BankConfig) -> World:
    """Build what does not depend on the scale; kept, as `find_scale` often asks for the same."""
    calendar = build_calendar(config)
    geography = build_geography(config)
    return World(
        config=config,
        calendar=calendar,
        geography=geography,
        network=build_network(config, calendar, geography),
        merchants=build_merchants(config, geography),
        market=build_market(config, calendar),
        rollout=build_rollout(config, calendar),
        plan=build_plan(config, calendar),
        profiles=Profiles.build(config),
        places=Places.build(geography),
        scale=0.0,
    )


@lru_cache(maxsize=64)
def find_scale(sizes: BankConfig) -> float:
    """Return the scale at which the expected number of transactions is the one asked.

    Looks at sizes, dates and seed only, with every mechanism at its default: switching
    an effect off must not rescale everything else. Purchases are expected to be
    ``(1 - exp(-scale A p)) / p`` (Poisson, stopped with probability p after each),
    services ``scale S``; movements that do not depend on the scale are counted on
    pilot blocks with streams of their own.
    """
    world = _shared(sizes)
    wanted = sizes.transactions / sizes.customers
    drop = sizes.purchase
    people = PILOT_BLOCKS * BLOCK_CUSTOMERS
    last = (world.calendar.last + 1) * DAY
    guess = max(wanted / 60.0, 1e-4) * 0.02
    for _ in range(2):
        pilot = [
            simulate_block(replace(world, scale=guess), PILOT_BLOCK + k, BLOCK_CUSTOMERS)
            for k in range(PILOT_BLOCKS)
        ]
        total = sum(int((block.legs.at < last).sum()) for block in pilot) / people
        bought = np.concatenate([block.activity.purchases.sum(axis=1) for block in pilot])
        served = float(sum(block.activity.services.sum() for block in pilot))
        place = (np.arange(people) * 0.6180339887 + 0.5) % 1
        chance = np.clip(betaincinv(drop.dropout_a, drop.dropout_b, place), 1e-9, 1)

        def free(
            scale: float, bought: Floats = bought, served: float = served, chance: Floats = chance
        ) -> float:
            stopped = -np.expm1(-scale * bought * chance) / chance
            return float(stopped.sum() + scale * served) / people * 1.03

        rest = max(total - free(guess), 0.0)
        low, high = 1e-7, 1e4
        for _ in range(80):
            middle = float(np.sqrt(low * high))
            low, high = (middle, high) if free(middle) + rest < wanted else (low, middle)
        guess = low
    return guess


def seen_activity(
    calendar: Calendar, people: Customers, activity: Activity, service_rate: Floats, ramp: Floats,
    bought: Legs, services: Legs, scale: float, mobile_effect: float,
) -> Seen:  # fmt: skip
    """Return what the feeds tell of activity, and what would be expected of the engaged."""

    def count(table: Legs) -> Ints:
        month = calendar.month_of_day.take(table.at // DAY - calendar.first)
        cell = table.customer * calendar.months + month
        return np.bincount(cell, minlength=activity.span.size).reshape(activity.span.shape)

    launched = np.exp(mobile_effect * ramp)
    return Seen(
        bought=count(bought),
        served=count(services),
        buys=scale * people.rate[:, None] * activity.boost * activity.span,
        serves=scale * service_rate[:, None] * launched * activity.span,
        boost=activity.boost,
    )


def simulate_block(world: World, number: int, size: int) -> Block:
    """Simulate one block of `size` customers; `number` keys its streams."""
    config, calendar = world.config, world.calendar
    people = draw_customers(config, calendar, world.geography, number, size)
    held = draw_holdings(config, calendar, people, number)
    contacts = draw_contacts(config, calendar, world.network, world.rollout, people, number)
    touches = draw_touches(config, calendar, world.plan, people, number)
    retention = retention_contacts(config, calendar, world.plan, touches, people)
    life = draw_life(
        config, calendar, world.network, world.market, people, contacts, held, retention, number
    )
    has = [(item != NULL) for item in (held.card_open, held.loan_open)]
    made = draw_applications(config, calendar, people, has[0], has[1], number)
    accounts = build_accounts(calendar, people, held, made, life.leave)
    utilisation = utilisation_of(held, config, number, people.size)
    cards = draw_cards(config, calendar, people, accounts, utilisation, number)
    loans = draw_loans(
        config,
        calendar,
        world.market,
        people,
        held,
        made,
        accounts,
        life.autopay,
        utilisation,
        number,
    )
    until = life.until
    kept = np.flatnonzero(
        (touches.at // DAY < until[touches.customer])
        & (touches.at // DAY > people.signup[touches.customer])
    )
    service_rate = service_rates(config, people, number)
    activity = expected_activity(config, calendar, world.rollout, people, held, life, service_rate)
    bought, dropout = draw_purchases(
        config, calendar, world.profiles, world.rollout, world.merchants, people, accounts,
        activity, world.scale, number,
    )  # fmt: skip
    extra, credit_spend = draw_credit_purchases(
        config, calendar, world.profiles, world.rollout, world.merchants, people, accounts, made,
        life, number,
    )  # fmt: skip
    services = draw_services(
        config, calendar, world.profiles, world.merchants, people, accounts, activity, loans,
        service_rate, world.scale, number,
    )  # fmt: skip
    seen = seen_activity(
        calendar, people, activity, service_rate, world.rollout.ramp[people.region], bought,
        services, world.scale, config.mobile.transaction_effect,
    )  # fmt: skip
    attempts = with_declines(config, join([bought, extra, services]), number)
    refunds = draw_refunds(config, accounts, attempts, calendar.horizon, number)
    days = 30.4375 * world.scale
    monthly = days * people.rate, days * spend_per_day(config, world.profiles, people)
    openings = opening_legs(config, calendar, people, accounts, loans, utilisation, monthly, number)
    savings, target = savings_legs(
        config, calendar, world.market, people, accounts, openings, number
    )
    cash, structurer = cash_legs(config, calendar, people, accounts, life, number)
    stolen, takeover = draw_fraud(config, calendar, world.merchants, people, accounts, life, number)
    everything = join([
        attempts, refunds, openings, savings, cash, stolen,
        loan_legs(people, loans, accounts),
        small_legs(
            config, calendar, people, held, accounts, life, made, touches, kept, world.merchants,
            number,
        ),
    ])  # fmt: skip
    everything, payments = card_cycle(
        config, calendar, people, accounts, cards, everything, utilisation, number
    )
    everything = join([everything, payments])
    overdraft = overdraft_limits(accounts.product[:, CHECKING])
    keep = refuse_unfunded(calendar, accounts, everything, overdraft)
    keep[orphan_refunds(everything)] = False
    keep &= everything.at < (calendar.horizon + 1) * DAY
    everything = everything.take(np.flatnonzero(keep))
    everything = join([everything, closing_legs(accounts, everything)])
    day = contacts.at // DAY
    talked = np.flatnonzero(
        (day > people.signup[contacts.customer]) & (day < until[contacts.customer])
    )
    asked = np.flatnonzero(made.applied < until[made.customer])
    return Block(
        number=number, people=people, held=held, made=made, made_kept=asked, contacts=contacts,
        contacts_kept=talked, touches=touches, touches_kept=kept, life=life, seen=seen,
        logins=draw_logins(config, calendar, people, life, number), accounts=accounts,
        cards=cards, loans=loans, activity=activity, dropout=dropout, credit_spend=credit_spend,
        savings_target=target,
        legs=order_legs(everything), takeover=takeover, structurer=structurer,
        utilisation=utilisation,
    )  # fmt: skip
