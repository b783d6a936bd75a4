"""Retention: what each action does to whom, and that its audience can show it."""

from __future__ import annotations

import numpy as np
import pytest
from tests.support.synthetic_lab import Bank, bank

from financial_analytics.synthetic import load_config
from financial_analytics.synthetic.calendar import build_calendar
from financial_analytics.synthetic.campaigns import ACTIONS, build_plan, draw_touches
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
