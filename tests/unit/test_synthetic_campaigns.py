"""Retention actions, power of campaigns and the best budget: what the lab banks can show."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm
from tests.support.synthetic_lab import Bank, bank

from financial_analytics.synthetic import load_config
from financial_analytics.synthetic.budget import plan_budget
from financial_analytics.synthetic.calendar import build_calendar
from financial_analytics.synthetic.campaigns import (
    ACTIONS,
    CONVERSION_DAYS,
    EVERYBODY,
    HALF_SPEND,
    build_plan,
    draw_touches,
)
from financial_analytics.synthetic.customers import draw_customers
from financial_analytics.synthetic.frame import DAY
from financial_analytics.synthetic.geography import build_geography

SIZES = {"customers": 2000, "transactions": 20_000}
AUDIENCE = 5000


def ratios(made: Bank) -> dict[str, np.ndarray]:
    """Return by action the hazard after it over that of who is spared, as cumulative hazards."""
    frame = made.truth("customer_months")
    spared = -np.log1p(-frame.churn_hazard_if_spared.to_numpy(dtype=float))
    columns = {name: f"churn_hazard_after_{name.lower().replace(' ', '_')}" for name in ACTIONS}
    return {
        name: np.log(-np.log1p(-frame[column].to_numpy(dtype=float)) / spared)
        for name, column in columns.items()
    }


def test_actions__help_some_and_harm_others() -> None:
    made = bank(**SIZES)
    effect = made.parameters["config"]["campaigns"]
    people = made.first_versions.loc[made.truth("customer_months").customer_id]
    asked = people.marketing_opt_in.astype(bool).to_numpy()
    owner = (people.home_ownership == "Own").to_numpy()
    found, base = ratios(made), effect["retention_effect"]
    call = np.where(asked, base, base + effect["unasked_effect"])
    bonus = np.where(owner, base + effect["bonus_effect"], base)
    np.testing.assert_allclose(found["Call"], call, atol=1e-4)
    np.testing.assert_allclose(found["Rate Bonus"], bonus, atol=1e-4)
    np.testing.assert_allclose(found["Fee Waiver"], base, atol=1e-4)
    assert (call > 0).mean() > 0.3


def test_actions__may_all_do_nothing() -> None:
    effects = ("retention_effect", "unasked_effect", "bonus_effect")
    made = bank(*(f"campaigns.{name}=0" for name in effects), **SIZES)
    for found in ratios(made).values():
        np.testing.assert_allclose(found, 0.0, atol=1e-4)


@pytest.fixture(scope="module")
def audiences() -> tuple[list[dict[str, object]], int]:
    """Audience and last contact of each retention campaign of the lab bank."""
    config = load_config(preset="retention")
    calendar, geography = build_calendar(config), build_geography(config)
    plan = build_plan(config, calendar)
    size = np.zeros(len(plan.first), dtype=int)
    held = np.zeros(len(plan.first), dtype=int)
    latest = np.zeros(len(plan.first), dtype=int)
    for block in range(config.blocks):
        people = draw_customers(config, calendar, geography, block, 1000)
        touches = draw_touches(config, calendar, plan, people, block)
        size += np.bincount(touches.campaign, minlength=len(size))
        held += np.bincount(touches.campaign[touches.holdout], minlength=len(size))
        np.maximum.at(latest, touches.campaign, touches.at // DAY)
    rows = [
        {"action": ACTIONS[plan.action[k]], "size": size[k], "held": held[k], "day": latest[k]}
        for k in np.flatnonzero(plan.retention)
    ]
    return rows, calendar.last


def test_preset__each_action_has_an_audience_of_thousands_and_time_to_show(
    audiences: tuple[list[dict[str, object]], int],
) -> None:
    rows, last = audiences
    for action in ACTIONS:
        mine = [row for row in rows if row["action"] == action]
        assert sum(int(str(row["size"])) for row in mine) >= AUDIENCE
        assert all(int(str(row["held"])) > 0.4 * int(str(row["size"])) for row in mine)
        assert all(int(str(row["day"])) < last - 120 for row in mine)


def test_campaigns_preset__has_power_and_a_range_of_spend_in_each_channel() -> None:
    config = load_config(preset="campaigns")
    calendar, geography = build_calendar(config), build_geography(config)
    plan = build_plan(config, calendar)
    number, blocks = len(plan.first), 4
    size, held, lift = np.zeros(number), np.zeros(number), np.zeros(number)
    for block in range(blocks):
        people = draw_customers(config, calendar, geography, block, 1000)
        touches = draw_touches(config, calendar, plan, people, block)
        campaign = touches.campaign
        size += np.bincount(campaign, minlength=number)
        held += np.bincount(campaign[touches.holdout], minlength=number)
        month = calendar.month_of_day[plan.first[campaign]]
        planted = plan.lift[campaign, people.segment[touches.customer, month]]
        lift += np.bincount(campaign, planted, minlength=number)
    mean, scale = lift / np.maximum(size, 1), config.blocks / blocks
    base = config.campaigns.base_conversion
    error = np.sqrt(
        base * (1 - base) / np.maximum(held * scale, 1)
        + (base + mean) * (1 - base - mean) / np.maximum((size - held) * scale, 1)
    )
    power = norm.sf(norm.isf(0.025) - mean / error)
    sells = plan.randomised & ~plan.retention & (mean > 0)
    assert (power[sells] >= 0.8).mean() >= 2 / 3
    for channel, half in enumerate(HALF_SPEND):
        spend = plan.spend[sells & (plan.channel == channel)]
        assert len(spend) >= 15
        assert spend.min() < half / 2
        assert spend.max() > 2 * half


def test_budget__best_one_beats_the_plan_and_every_shift_of_money() -> None:
    config = load_config(preset="campaigns")
    calendar, geography = build_calendar(config), build_geography(config)
    plan = build_plan(config, calendar)
    people = draw_customers(config, calendar, geography, 0, 1000)
    found = plan_budget(config, plan, people.segment[:, -1])
    assert found.best > 1.02 * found.planned > 0
    assert found.audience @ found.best_spend == pytest.approx(found.spend, rel=1e-6)

    def conversions(spend: np.ndarray) -> float:
        return float(found.audience @ (found.top_lift * spend / (spend + HALF_SPEND)))

    assert conversions(found.best_spend) == pytest.approx(found.best)
    for source in np.flatnonzero(found.best_spend > 0):
        for target in range(len(HALF_SPEND)):
            if target == source:
                continue
            shifted, money = found.best_spend.copy(), 0.05 * found.audience[source]
            shifted[source] -= money / found.audience[source]
            shifted[target] += money / found.audience[target]
            assert shifted.min() < 0 or conversions(shifted) < found.best
    none = plan_budget(load_config(overrides=["campaigns.lift=0"]), plan, people.segment[:, -1])
    assert none.best == 0.0


def test_untouched__who_is_eligible_and_in_no_audience_buys_as_who_is_held_out() -> None:
    config = load_config(overrides=["campaigns.count=24"])
    calendar, geography = build_calendar(config), build_geography(config)
    plan = build_plan(config, calendar)
    base, held, own, eligible = config.campaigns.base_conversion, [], 0, 0
    for block in range(3):
        people = draw_customers(config, calendar, geography, block, 1000)
        touches = draw_touches(config, calendar, plan, people, block)
        held += touches.without[touches.holdout].tolist()
        month = calendar.month_of_day[plan.first]
        fits = (people.segment[:, month] == plan.target) | (plan.target == EVERYBODY)
        fits &= people.signup[:, None] < calendar.first + plan.first
        eligible += int(fits.sum()) - len(touches.at)
        own += len(touches.unasked.at)
        assert not set(zip(touches.customer, touches.campaign, strict=True)) & set(
            zip(touches.unasked.customer, touches.unasked.campaign, strict=True)
        )
        start = calendar.first + plan.first[touches.unasked.campaign]
        day = touches.unasked.at // DAY
        assert (day >= start).all()
        assert (day <= start + plan.days[touches.unasked.campaign] + CONVERSION_DAYS + 1).all()
        assert fits[touches.unasked.customer, touches.unasked.campaign].all()
    # 99.9 % intervals of a share
    for share, number in ((own / eligible, eligible), (sum(held) / len(held), len(held))):
        assert abs(share - base) < 3.29 * np.sqrt(base * (1 - base) / number)
