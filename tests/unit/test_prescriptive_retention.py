"""Whom to contact: choices by hand and brute force, uplift on planted effects, headlines."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit
from tests.support.frames import frame_of

from financial_analytics.charts.registry import get_chart
from financial_analytics.errors import InvalidInputError
from financial_analytics.models.prescriptive.retention import (
    NUMBERS,
    by_rank,
    find_choices,
    retention_actions,
    retention_scenarios,
)
from financial_analytics.stats.optimize import Limit, choose
from financial_analytics.stats.uplift import fit_uplift

CLOCK = pd.DataFrame({"as_of_date": [pd.Timestamp("2024-12-31")]})
COST = {"Call": 2.0, "Rebate": 6.0}
ACTIONS = tuple(COST)


def test_a_choice_of_two_worked_by_hand() -> None:
    """A budget of 4: 9 + 5 for 3 + 1 is more than 4 + 6 for 1 + 3."""
    cost = np.array([[1.0, 3.0], [1.0, 3.0]])
    chosen, plan = choose([[4.0, 9.0], [5.0, 6.0]], [Limit("Budget", cost, 4.0)])
    assert chosen.tolist() == [1, 0]
    assert (plan.value, plan.used) == (14.0, {"Budget": 4.0})
    assert plan.binding == ("Budget",)


def test_what_loses_is_never_chosen_however_much_room() -> None:
    chosen, plan = choose([[-1.0, np.nan], [0.0, -2.0]], [Limit("Budget", np.ones((2, 2)), 9)])
    assert chosen.tolist() == [-1, -1]
    assert (plan.value, plan.bound, plan.binding) == (0, 0, ())


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_choices_are_those_of_brute_force(seed: int) -> None:
    rng = np.random.default_rng(seed)
    worth, cost = rng.normal(2, 3, (6, 2)), rng.uniform(0.5, 3, (6, 2))
    most, number = float(rng.uniform(1, 8)), int(rng.integers(1, 6))
    chosen, plan = choose(
        worth, [Limit("Budget", cost, most), Limit("Contacts", np.ones((6, 2)), number)]
    )
    best = 0.0
    for one in itertools.product((-1, 0, 1), repeat=6):
        at = [(k, a) for k, a in enumerate(one) if a >= 0]
        if len(at) <= number and sum(cost[x] for x in at) <= most + 1e-9:
            best = max(best, sum(worth[x] for x in at))
    assert plan.value == pytest.approx(best, rel=2e-4, abs=1e-9)  # the gap it stops at
    assert plan.bound >= best - 1e-9
    assert (chosen >= 0).sum() <= number


def test_twenty_thousand_are_proved_to_a_hundredth_of_a_percent() -> None:
    rng = np.random.default_rng(1)
    worth, cost = rng.normal(0, 3, (20_000, 3)), rng.uniform(0.5, 3, (20_000, 3))
    limits = [Limit("Budget", cost, 3000.0), Limit("Contacts", np.ones(cost.shape), 2500)]
    chosen, plan = choose(worth, limits)
    assert plan.gap < 1e-4
    assert plan.used["Budget"] <= 3000
    assert (chosen >= 0).sum() <= 2500
    more = choose(worth, [Limit("Budget", cost, 3010.0), limits[1]])[1]
    # ten units more are worth ten prices, less what the price falls on the way
    assert (more.value - plan.value) / 10 == pytest.approx(plan.prices["Budget"], rel=0.05)


def test_a_negative_use_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="below zero"):
        choose([[1.0]], [Limit("a", [[-1.0]], 1)])


def bank(seed: int, size: int = 30_000) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Draw contacts of two actions by lot: a call harms who did not ask, a rebate helps owners."""
    rng = np.random.default_rng(seed)
    people = pd.DataFrame(
        {
            **{name: rng.normal(size=size) for name in NUMBERS},
            "customer_segment": rng.choice(["A", "B"], size),
            "home_ownership": rng.choice(["Own", "Rent"], size),
            "is_marketing_opt_in": rng.random(size) < 0.6,
        }
    )
    people.loc[::50, "credit_score"] = np.nan
    place, held = rng.integers(0, 2, size), rng.random(size) < 0.5
    chance = chances(people)
    took = np.where(held, 0, place + 1)
    contacts = people.assign(
        touch_id=np.arange(size),
        action_name=np.array(ACTIONS)[place],
        touch_date=pd.Timestamp("2024-06-01"),
        is_holdout=held,
        cost_amount=np.where(held, 0.0, np.array(list(COST.values()))[place]),
        is_event=rng.random(size) < chance[np.arange(size), took],
    )
    customers = people.head(3000).assign(customer_natural_key=np.arange(3000))
    values = customers[["customer_natural_key"]].assign(
        predicted_clv_12m=np.exp(rng.normal(5, 1, 3000))
    )
    return contacts, customers, values


def chances(people: pd.DataFrame) -> np.ndarray:
    """Return the planted chance of leaving without and with each action."""
    plain = -2.2 + 0.5 * people["login_days"].to_numpy()
    call = -0.5 + 0.9 * ~people["is_marketing_opt_in"].to_numpy(dtype=bool)
    rebate = -0.4 - 0.5 * (people["home_ownership"] == "Own").to_numpy()
    return expit(np.column_stack([plain, plain + call, plain + rebate]))


@pytest.fixture(scope="module")
def planted() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    return bank(5)


def test_the_plan_keeps_more_than_rules_of_thumb_and_harms_nobody(
    planted: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame],
) -> None:
    """Realised: what the planted chances say of each choice, not what the model thinks of it."""
    found = find_choices(*planted, as_of=pd.Timestamp("2024-12-31"), seed=1)
    assert found is not None
    true = chances(planted[1])
    lift = true[:, :1] - true[:, 1:]
    shape = found.worth.shape
    limits = [
        Limit("Budget", np.broadcast_to(found.cost, shape), 1500.0),
        Limit("Contacts", np.ones(shape), 500),
    ]

    def realised(chosen: np.ndarray) -> float:
        at = np.flatnonzero(chosen >= 0)
        return float((found.value[at] * lift[at, chosen[at]] - found.cost[chosen[at]]).sum())

    chosen, _ = choose(found.worth, limits)
    risk = found.leave.mean(axis=0)
    ours = realised(chosen)
    assert ours > realised(by_rank(found, risk, limits))
    assert ours > realised(by_rank(found, risk * found.value, limits))
    oracle, _ = choose(found.value[:, None] * lift - found.cost, limits)
    assert ours > 0.9 * realised(oracle)
    at = np.flatnonzero(chosen >= 0)
    assert (lift[at, chosen[at]] > 0).mean() > 0.99
    unasked = ~planted[1]["is_marketing_opt_in"].to_numpy(dtype=bool)
    call = found.actions.index("Call")
    assert not (unasked & (chosen == call)).any()
    # and the stated interval holds what is realised
    low, high = np.quantile(found.gains(chosen), [0.005, 0.995])
    assert low < ours < high


def test_uplift_of_an_action_is_the_planted_one() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=(40_000, 3))
    kind, live = rng.integers(0, 2, 40_000), rng.random(40_000) < 0.5
    odds = -2 + 0.4 * x[:, 0] + live * np.where(kind == 0, -0.5 + 0.4 * x[:, 1], 0.3)
    event = rng.random(40_000) < expit(odds)
    found = fit_uplift(x, kind, live, event, actions=2, draws=200, rng=rng)
    low, high = np.quantile(found.moved, [0.0005, 0.9995], axis=0)
    planted = np.array([[-0.5, 0, 0.4, 0], [0.3, 0, 0, 0]])
    assert ((low < planted) & (planted < high)).all()
    assert np.abs(found.moved.mean(axis=0) - planted).max() < 0.15
    with pytest.raises(InvalidInputError, match="everybody"):
        fit_uplift(x, kind, np.ones(40_000, bool), event, actions=2, draws=2, rng=rng)


def test_models_say_what_they_know(
    planted: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame],
) -> None:
    plan = retention_actions(*planted, CLOCK, contact_share=0.1).to_pandas()
    assert len(plan) == 3000
    taken = plan[plan["is_recommended"]]
    assert 0 < len(taken) <= 300
    assert (taken["expected_gain_amount"] >= 0).all()
    assert plan["plan_value_amount_lower"].iloc[0] > 0
    table = retention_scenarios(*planted, CLOCK, contact_share=0.1).to_pandas()
    worth = table.drop_duplicates("scenario_name").set_index("scenario_name")["plan_value_amount"]
    assert worth["Half the contacts"] < worth["As recommended"] < worth["Twice the contacts"]
    assert worth["By churn risk"] < worth["By value times risk"] < worth["As recommended"]
    contacts, customers, values = planted
    few = contacts.assign(is_event=False)
    for frames in ((few, customers, values), (contacts, customers.head(0), values)):
        for model in (retention_actions, retention_scenarios):
            assert model(*frames, CLOCK)["status"].to_pylist() == ["insufficient_data"]


@pytest.mark.parametrize("name", ["matrix", "funnel"])
def test_headlines_count_and_compare(name: str) -> None:
    frame = frame_of("analytics_customer_retention_actions")
    said = get_chart(f"prescriptive.retention_{name}").draw(frame).layout.meta["finding"]
    assert "Of 40 customers" in said
    assert "contacts 10 (10 Call)" in said
    assert "against contacting nobody" in said
    worse = frame.assign(plan_gain_amount_lower=-9.0, plan_gain_amount_upper=-1.0)
    said = get_chart(f"prescriptive.retention_{name}").draw(worse).layout.meta["finding"]
    assert "but less than last year" in said
