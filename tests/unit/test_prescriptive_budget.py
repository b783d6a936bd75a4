"""The marketing budget: curves by hand, on planted ones, and against the oracle's split."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.support.frames import frame_of
from tests.support.synthetic_lab import Bank, bank

from financial_analytics.charts.registry import get_chart
from financial_analytics.models.prescriptive.budget import (
    budget_allocation,
    budget_scenarios,
    response_curves,
)
from financial_analytics.stats.response import Experiments, carried_over, fit_response, hill

CLOCK = pd.DataFrame({"as_of_date": [pd.Timestamp("2025-12-31")]})


def campaigns_of(made: Bank) -> pd.DataFrame:
    """Return int_campaign_response from feeds: segments at the end stand for those then."""
    touches = made.columns(
        *("campaign_touches", "campaign_id", "customer_id", "is_holdout", "converted"),
        *("conversion_value", "cost"),
    )
    versions = made.feed("marketing_campaigns").sort_values("updated_at")
    campaigns = versions.groupby("campaign_id").last()
    segment = made.last_versions["customer_segment"]
    touches = touches[touches["campaign_id"].map(campaigns["objective"]) != "Retention"]
    held, bought = touches["is_holdout"].astype(bool), touches["converted"].astype(bool)
    rows = touches.assign(
        customer_segment=touches["customer_id"].map(segment),
        contacted_count=~held, converted_count=~held & bought,
        holdout_count=held, holdout_converted_count=held & bought, valued_count=bought,
        conversion_amount=touches["conversion_value"].astype(float),
        spend_amount=touches["cost"].astype(float),
    )  # fmt: skip
    names = [name for name in rows if name.endswith(("_count", "_amount"))]
    out = rows.groupby(["campaign_id", "customer_segment"])[names].sum().reset_index()
    return out.assign(
        channel=out["campaign_id"].map(campaigns["campaign_type"]),
        start_date=out["campaign_id"].map(campaigns["start_date"]),
        member_count=out["customer_segment"].map(segment.value_counts()),
    ).rename(columns={"campaign_id": "campaign_natural_key"})


@pytest.fixture(scope="module")
def made() -> Bank:
    lab = ("campaigns.count=150", "campaigns.audience_share=0.4", "campaigns.holdout_share=0.5")
    return bank(
        *lab, "campaigns.randomised_share=1.0", customers=3000, transactions=15_000, seed=11
    )


@pytest.fixture(scope="module")
def campaigns(made: Bank) -> pd.DataFrame:
    return campaigns_of(made)


def test_adstock_and_hill_worked_by_hand() -> None:
    assert hill([0, 1, 3], 1.0).tolist() == [0, 0.5, 0.75]
    # 4 a month ago leaves 2, and 8 two months ago leaves 2
    carried = carried_over([0, 1, 2], [8.0, 4.0, 1.0], 0.5, groups=["a"] * 3)
    assert carried.tolist() == [0, 4, 4]
    assert carried_over([0, 1], [8.0, 4.0], 0.5, groups=["a", "b"]).tolist() == [0, 0]


def experiments(rng: np.random.Generator, decay: float) -> tuple[Experiments, np.ndarray]:
    """Draw campaigns of two channels, half spend 0.5 and 2, with or without carry-over."""
    number, people = 120, 4000.0
    channel, spend = np.arange(number) % 2, np.exp(rng.uniform(-2, 2, number))
    half = np.array([0.5, 2.0])
    month = np.arange(number) / 4.0
    carry = carried_over(month, spend, decay, groups=channel)
    base = 0.02 + 0.1 * hill(carry, half[channel])
    lifted = 0.02 + 0.1 * hill(carry + spend, half[channel])
    rows = Experiments(
        channel, np.zeros(number, dtype=np.int64), ["a", "b"], ["all"], spend, month,
        np.full(number, people), rng.binomial(4000, lifted).astype(float),
        np.full(number, people), rng.binomial(4000, base).astype(float), spend,
    )  # fmt: skip
    return rows, half


@pytest.mark.parametrize("decay", [0.0, 0.4])
def test_planted_curves_and_carry_over_are_found(decay: float) -> None:
    rng = np.random.default_rng(3)
    rows, half = experiments(rng, decay)
    found = fit_response(rows, draws=100, rng=rng)
    assert found.decay == decay
    low, high = np.quantile(found.half, [0.005, 0.995], axis=0)
    assert ((low < half) & (half < high)).all()
    # 0.1 is planted; half a million contacts leave a standard error of about 0.005
    top = (found.top * found.multiplier).mean(axis=0)
    assert top == pytest.approx([0.1, 0.1], abs=0.02)


def test_the_split_returns_what_the_oracle_does_and_more_than_today(
    made: Bank, campaigns: pd.DataFrame
) -> None:
    plan = budget_allocation(campaigns, CLOCK).to_pandas()
    truth, people = made.parameters, plan["contact_count"].to_numpy(dtype=float)
    value = truth["config"]["campaigns"]["conversion_value"]
    curve = truth["channel_response"]
    top = np.array([
        curve[c]["top_lift"] * truth["segment_lift"][s]
        for c, s in zip(plan["channel"], plan["customer_segment"], strict=True)
    ])  # fmt: skip
    half = np.array([curve[c]["half_spend"] for c in plan["channel"]])

    def net(spend: np.ndarray) -> float:
        return float((people * (value * top * spend / (spend + half) - spend)).sum())

    # what a dollar returns exactly: spend until 1 is left, or the budget is gone
    oracle = net(np.maximum(np.sqrt(value * top * half) - half, 0))
    ours = net(plan["recommended_contact_amount"].to_numpy(dtype=float))
    today = net(plan["current_contact_amount"].to_numpy(dtype=float))
    assert ours >= 0.9 * oracle  # the bound
    assert ours > today
    first = plan.iloc[0]
    assert first["plan_gain_amount_lower"] > 0
    assert first["plan_value_amount_lower"] < ours < first["plan_value_amount_upper"]
    spent = float(plan["current_spend_amount"].sum())
    assert float(first["plan_cost_amount"]) <= spent + 0.01
    premium = plan[plan["customer_segment"] == "Premium"]  # planted: nothing moves them
    spent = [float(premium[f"{name}_spend_amount"].sum()) for name in ("recommended", "current")]
    assert spent[0] < 0.5 * spent[1]


def test_slopes_are_equal_between_bounds_and_the_budget_has_its_price(
    campaigns: pd.DataFrame,
) -> None:
    plan = budget_allocation(campaigns, CLOCK, budget=5000).to_pandas()
    table = budget_scenarios(campaigns, CLOCK, budget=5000).to_pandas()
    here = table[table["is_recommended"]].iloc[0]
    assert plan["recommended_spend_amount"].sum() == pytest.approx(5000, abs=0.2)
    assert "Budget" in here["limit_name"]
    assert here["is_binding"]
    inside = plan[
        (plan["recommended_spend_amount"] > 1)
        & (plan["recommended_contact_amount"] < 0.99 * plan["largest_contact_amount"])
    ]
    assert len(inside) > 5
    # one return everywhere, as near as a gap of 1e-8 tells (its root, and a bit)
    assert (
        np.ptp(inside["recommended_return_index"])
        < 0.02 * inside["recommended_return_index"].mean()
    )
    assert here["shadow_price_value"] + 1 == pytest.approx(
        inside["recommended_return_index"].median(), rel=0.05
    )
    worth = table.groupby("scenario_number")["plan_value_amount"].first().astype(float)
    assert worth.is_monotonic_increasing  # more money is never worse
    steps = np.diff(worth) / np.diff(table.groupby("scenario_number")["limit_value"].first())
    assert (np.diff(steps) < 0).all()  # and brings less and less


def test_a_share_limits_a_channel_and_is_named(campaigns: pd.DataFrame) -> None:
    plan = budget_allocation(campaigns, CLOCK, budget=5000, channel_share=0.2).to_pandas()
    spent = plan.groupby("channel")["recommended_spend_amount"].sum().astype(float)
    assert spent.max() <= 1000.01
    assert "Share of" in plan["binding_limits"].iloc[0]


def test_a_channel_without_holdouts_stays_as_it_is(campaigns: pd.DataFrame) -> None:
    blind = campaigns.copy()
    tv = blind["channel"] == "TV"
    blind.loc[tv, ["holdout_count", "holdout_converted_count"]] = 0
    plan = budget_allocation(blind, CLOCK).to_pandas()
    part = plan[plan["channel"] == "TV"]
    assert (part["recommended_spend_amount"] == part["current_spend_amount"]).all()
    assert set(part["action"]) == {"keep"}
    # and where the budget has no room for it, it is said what must give
    tight = budget_allocation(blind, CLOCK, budget=1).to_pandas()
    assert set(tight["status"]) == {"infeasible"}
    assert "relax Budget by" in tight["relax_advice"].iloc[0]
    figure = get_chart("prescriptive.budget_sankey").draw(tight)
    assert "relax Budget by" in figure.layout.meta["finding"]


def test_too_little_is_one_row(campaigns: pd.DataFrame) -> None:
    for model in (budget_allocation, budget_scenarios, response_curves):
        assert model(campaigns.head(2), CLOCK)["status"].to_pylist() == ["insufficient_data"]
        assert model(campaigns.head(0), CLOCK)["status"].to_pylist() == ["insufficient_data"]


def test_curves_pass_through_the_plan(campaigns: pd.DataFrame) -> None:
    points = response_curves(campaigns, CLOCK).to_pandas()
    plan = budget_allocation(campaigns, CLOCK).to_pandas()
    best = points[points["is_recommended"]].set_index("channel")
    added = plan.groupby("channel")["recommended_added_amount"].sum().astype(float)
    each = best["added_per_contact_amount"] * best["contact_count"]
    assert each.to_numpy() == pytest.approx(added[each.index].to_numpy(), rel=1e-3, abs=0.1)
    for _, line in points[~points["is_current"] & ~points["is_recommended"]].groupby("channel"):
        assert line["added_per_contact_amount"].is_monotonic_increasing


def finding(**changes: object) -> str:
    frame = frame_of("analytics_marketing_budget_allocation").assign(**changes)
    return str(get_chart("prescriptive.budget_sankey").draw(frame).layout.meta["finding"])


def test_the_headline_says_both_comparisons_and_who_gives() -> None:
    said = finding()
    assert "2,000 contacts cost USD\xa01,000; the plan spends USD\xa0900.00" not in said
    assert "USD\xa09,000 (8,000 to 10.0\xa0k) against no marketing" in said.replace(
        "10,000", "10.0\xa0k"
    )
    assert "USD\xa02,500 (2,000 to 3,000) more than today" in said
    assert "Email gains most (USD\xa0400)" in said
    assert "TV gives most (USD\xa0500)" in said


def test_a_plan_that_may_be_no_better_or_is_worse_is_not_praised() -> None:
    assert "cannot be told from none" in finding(plan_gain_amount_lower=-5.0)
    assert "less than today" in finding(plan_gain_amount_lower=-9.0, plan_gain_amount_upper=-1.0)
    assert "cannot be told from nothing" in finding(plan_value_amount_lower=-5.0)
