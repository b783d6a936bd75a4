"""Limits of cards: the trial's elasticity, choices by hand, caps, and planted cards."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from tests.support.frames import frame_of

from financial_analytics.charts.registry import get_chart
from financial_analytics.models.prescriptive.limits import (
    CUT,
    KEEP,
    RAISE,
    Portfolio,
    credit_limits,
    elasticity,
    find_portfolio,
    limit_scenarios,
    plan_limits,
)

CLOCK = pd.DataFrame({"as_of_date": [pd.Timestamp("2024-12-31")]})
ELASTICITY, SPREAD, LOST = 0.6, 0.08, 0.85


def portfolio(owed: list[float], chance: list[float]) -> Portfolio:
    """Return cards of limit 1,000 whose elasticity is known to be 0.5."""
    size = len(owed)
    return Portfolio(
        pd.DataFrame({"account_natural_key": range(size)}), np.full(size, 1000.0),
        np.array(owed), np.tile(chance, (2, 1)), np.full(2, 0.5), 0.2, 0.1, 0.8,
        np.full(size, KEEP), 100,
    )  # fmt: skip


def test_three_cards_worked_by_hand() -> None:
    """A step moves the balance by 10 %; each unit owed earns 0.10 less 0.8 times the chance."""
    found = portfolio([500.0, 500.0, 0.0], [0.05, 0.25, 0.01])
    margin, loss = found.worth(None)
    assert margin[0] == pytest.approx([45.0, 50.0, 55.0])
    assert loss[0] == pytest.approx([18.0, 20.0, 22.0])
    chosen, plan = plan_limits(found, {"Expected loss": 1e9, "Sum of limits": 1e9})
    assert chosen.tolist() == [RAISE, CUT, KEEP]  # who owes nothing is left alone
    # 50 more owed earn 5 and lose 2; 50 less owed save 10 and forgo 5
    assert plan.value == pytest.approx(3 + 5)
    assert found.gains(chosen) == pytest.approx([8.0, 8.0])
    assert plan.gap == pytest.approx(0)


def test_a_cap_is_held_and_priced_and_one_too_low_is_named() -> None:
    found = portfolio([500.0] * 4, [0.05] * 4)
    chosen, plan = plan_limits(found, {"Expected loss": 1e9, "Sum of limits": 4400.0})
    assert 1000 * (0.8 * 4 + 0.2 * (chosen >= KEEP).sum() + 0.2 * (chosen == RAISE).sum()) <= 4400
    assert plan.used["Sum of limits"] <= 4400
    assert plan.prices["Sum of limits"] == pytest.approx(3 / 200)
    assert "Sum of limits" in plan.binding
    chosen, none = plan_limits(found, {"Expected loss": 1e9, "Sum of limits": 3000.0})
    assert none.status == "infeasible"
    assert none.relax == pytest.approx({"Sum of limits": 200.0})


def trial(rng: np.random.Generator, size: int, effect: float) -> pd.DataFrame:
    """Draw reviews by lot, half raised by a quarter."""
    limit, use = rng.uniform(1000, 9000, size), rng.beta(1, 3, size) * (rng.random(size) < 0.7)
    up = rng.random(size) < 0.5
    after = limit * np.where(up, 1.25, 1.0)
    owed = limit * use
    later = owed * np.where(up, 1 + 0.25 * effect, 1.0) * np.exp(rng.normal(0, 0.1, size))
    return pd.DataFrame(
        {
            "event_id": np.arange(size), "account_natural_key": np.arange(size), "is_trial": True,
            "limit_before_amount": limit, "limit_after_amount": after, "credit_score": 700,
            "owed_before_amount": owed, "owed_after_amount": later,
        }
    )  # fmt: skip


@pytest.mark.parametrize("effect", [0.0, ELASTICITY])
def test_the_elasticity_of_a_trial_is_found(effect: float) -> None:
    slope, error = elasticity(trial(np.random.default_rng(7), 3000, effect))
    assert abs(slope - effect) < 3.3 * error  # 99.9 %
    assert error < 0.05


def bank(seed: int, size: int = 3000) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw cards at two month ends: trouble falls with score and grows with use."""
    rng = np.random.default_rng(seed)
    cards = pd.DataFrame(
        {
            "account_natural_key": np.arange(size), "customer_natural_key": np.arange(size),
            "product_name": "Card", "credit_limit_amount": rng.uniform(1000, 9000, size),
            "credit_score": rng.integers(560, 820, size),
        }
    )  # fmt: skip
    use = rng.beta(1, 3, size) * (rng.random(size) < 0.7)
    cards["owed_balance"] = cards["credit_limit_amount"] * use
    cards["chance"] = expit(-3.2 - 0.012 * (cards["credit_score"] - 690) + 2 * use)
    past = cards.assign(cut_number=1, cut_date=pd.Timestamp("2023-12-31"))
    past["is_event"] = rng.random(size) < past["chance"]
    now = cards.assign(cut_number=0, cut_date=pd.Timestamp("2024-12-31"), is_event=None)
    reviews = trial(rng, 2500, ELASTICITY)
    rule = trial(rng, 900, ELASTICITY).assign(
        is_trial=False, credit_score=rng.integers(560, 820, 900)
    )
    step = np.where(
        rule["credit_score"] >= 700, 1.25, np.where(rule["credit_score"] < 620, 0.75, 1)
    )
    rule["limit_after_amount"] = rule["limit_before_amount"] * step
    rule["event_id"] += 5000
    return pd.concat([now, past], ignore_index=True), pd.concat([reviews, rule], ignore_index=True)


def test_the_plan_earns_more_than_today_and_the_rule_on_planted_cards() -> None:
    cards, reviews = bank(11)
    plan = credit_limits(cards, reviews, CLOCK).to_pandas()
    now = cards[cards["cut_number"] == 0].set_index("account_natural_key")
    now = now.loc[plan["account_natural_key"]]
    step = plan["recommended_limit_amount"].astype(float).to_numpy()
    step = step / now["credit_limit_amount"].to_numpy()

    def net(factor: np.ndarray) -> float:
        owed = np.minimum(now["owed_balance"] * (1 + ELASTICITY * (factor - 1)),
                          now["credit_limit_amount"] * factor)  # fmt: skip
        return float((owed * (SPREAD - LOST * now["chance"])).sum())

    score = now["credit_score"].to_numpy()
    rule = np.where(score // 20 * 20 >= 700, 1.25, np.where(score // 20 * 20 < 620, 0.75, 1.0))
    today, ours = net(np.ones(len(step))), net(step)
    assert ours > today
    assert ours > net(rule)
    first = plan.iloc[0]
    assert first["plan_value_amount_lower"] < ours - today < first["plan_value_amount_upper"]
    assert first["plan_gain_amount_lower"] > 0
    assert set(np.round(step, 3)) <= {0.75, 1.0, 1.25}
    assert plan["recommended_limit_amount"].astype(float).sum() <= (
        1.1 * now["credit_limit_amount"].sum() + 0.01 * len(plan)
    )
    assert plan["loss_change_amount"].astype(float).sum() <= 0.01 * len(plan)  # rounding of cents
    found = find_portfolio(cards, reviews, step=0.25, spread=SPREAD, loss_rate=LOST, seed=1)
    assert found is not None
    assert (found.rule == np.sign(rule - 1) + KEEP).mean() > 0.99


def test_more_room_is_never_worse_and_too_little_is_one_row() -> None:
    cards, reviews = bank(12)
    table = limit_scenarios(cards, reviews, CLOCK).to_pandas()
    worth = table.groupby("scenario_name")["plan_value_amount"].first().astype(float)
    assert worth["Expected loss 5 points lower"] <= worth["As recommended"] + 0.01
    assert worth["As recommended"] <= worth["Limits 10 points higher"] + 0.01
    for few in ((cards, reviews.head(20)), (cards[cards["cut_number"] == 1], reviews)):
        for model in (credit_limits, limit_scenarios):
            assert model(*few, CLOCK)["status"].to_pylist() == ["insufficient_data"]


@pytest.mark.parametrize("name", ["scatter", "changes"])
def test_headlines_compare_with_today_and_the_rule(name: str) -> None:
    entry = get_chart(f"prescriptive.limit_{name}")
    frame = frame_of(entry.model)
    said = entry.draw(frame).layout.meta
    assert (
        "Of 30 cards in good standing on 31 May 2024, 10 raised, 10 kept, 10 cut" in said["finding"]
    )
    assert "more than the rule of the bank" in said["finding"]
    assert "not told apart" not in said["note"]
    doubt = frame.assign(plan_value_amount_lower=-1.0, borrowed_rate_lower=-0.1)
    said = entry.draw(doubt).layout.meta
    assert "cannot be told from nothing" in said["finding"]
    assert "not told apart from nothing" in said["note"]
