"""What to offer: ranking by hand, rules of suitability, and a planted bank held out in time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from tests.support.frames import frame_of

from financial_analytics.charts.registry import get_chart
from financial_analytics.models.prescriptive.offers import (
    AMOUNTS,
    NUMBERS,
    find_offers,
    suitable,
)
from financial_analytics.models.prescriptive.recommendation import (
    product_recommendations,
    recommendation_evidence,
)
from financial_analytics.stats.propensity import average_precision, fit_propensity, top_ranked

CLOCK = pd.DataFrame({"as_of_date": [pd.Timestamp("2024-12-31")]})
CUTS = pd.to_datetime(["2024-12-31", "2024-06-30", "2023-12-31", "2023-06-30"])
PRODUCTS = pd.DataFrame(
    [
        (1, "Savings", "Deposit", "Basic", False),
        (2, "Currency", "Deposit", "Basic", False),
        (3, "Premier", "Deposit", "Premium", True),
        (4, "Card", "Credit", "Basic", False),
        (5, "Business Checking", "Deposit", "Business", False),
        (6, "Never opened", "Deposit", "Basic", False),
    ],
    columns=[
        "product_natural_key",
        "product_name",
        "product_category",
        "product_tier",
        "is_premium",
    ],
).assign(account_month_count=1200, held_balance=2_400_000, owed_balance=1_200_000, fee_amount=1200)


def test_average_precision_worked_by_hand() -> None:
    """First and third of three right, two taken: (1 + 2/3) / 2; one of one right at second: 1/2."""
    found = average_precision([[0, 1, 2], [0, 1, 2]], [[True, False, True], [False, True, False]])
    assert found.tolist() == pytest.approx([(1 + 2 / 3) / 2, 0.5])
    assert np.isnan(average_precision([[0]], [[False]])[0])


def test_ranks_skip_what_may_not_be_offered_and_keep_ties_in_order() -> None:
    ranked = top_ranked([[0.1, 0.9, 0.5, 0.5]], [[True, False, True, True]], 3)
    assert ranked.tolist() == [[2, 3, 0]]


def test_a_propensity_is_calibrated_in_the_large() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(4000, 3))
    taken = rng.random(4000) < expit(-3 + x[:, 0])
    model = fit_propensity(x, taken)
    assert model.chance(x).sum() == pytest.approx(taken.sum(), rel=1e-5)
    assert model.weights[0] == pytest.approx(1.0, abs=0.2)  # three standard errors of about 0.07


def test_credit_needs_a_known_score_and_tiers_their_segment() -> None:
    people = pd.DataFrame(
        {
            "credit_score": [700, 600, None],
            "customer_segment": ["Premium", "Business", "Mass Market"],
            "employment_status": ["Employed", "Employed", "Student"],
        }
    )
    may = suitable(people, PRODUCTS, 660)
    assert may[:, 3].tolist() == [True, False, False]  # credit
    assert may[:, 2].tolist() == [True, True, False]  # premium tier
    assert may[:, 4].tolist() == [False, True, False]  # business
    assert may[:, 0].all()


def bank(seed: int, size: int = 4000) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Draw customers at four month ends: income buys savings, travel buys currency accounts."""
    rng = np.random.default_rng(seed)
    people = pd.DataFrame({name: rng.normal(size=size) for name in NUMBERS})
    people["credit_score"] = rng.integers(550, 800, size)
    people["travel_count"] = rng.poisson(2, size) * (rng.random(size) < 0.3)
    people["customer_natural_key"] = np.arange(size)
    for name in AMOUNTS:
        people[name] = np.exp(rng.normal(10, 0.6, size))
    people["customer_segment"] = rng.choice(["Premium", "Business", "Mass Market"], size)
    people["employment_status"] = rng.choice(["Employed", "Student"], size)
    people["home_ownership"] = "Own"
    customers = pd.concat([people.assign(cut_number=k, cut_date=cut) for k, cut in enumerate(CUTS)])
    income = (np.log(people["annual_income_amount"]) - 10) / 0.6
    chance = np.column_stack([
        expit(-2.6 + 1.2 * income), expit(-5 + 3.5 * (people["travel_count"] > 0)),
        np.full(size, 0.03), np.full(size, 0.02), np.full(size, 0.03),
    ])  # fmt: skip
    rows, have = [], np.zeros(chance.shape, dtype=bool)
    may = suitable(people, PRODUCTS.head(5), 660)
    for cut in CUTS[::-1][:3]:
        new = (rng.random(chance.shape) < chance) & may & ~have
        have |= new
        who, what = np.nonzero(new)
        day = cut + pd.to_timedelta(rng.integers(1, 150, len(who)), unit="D")
        rows.append(
            pd.DataFrame(
                {"customer_natural_key": who, "product_natural_key": what + 1, "open_date": day}
            )
        )
    openings = pd.concat(rows, ignore_index=True)
    return customers, openings.assign(close_date=pd.NaT, joined_days=500), PRODUCTS


def test_offers_beat_popularity_out_of_time_and_are_never_unsuitable() -> None:
    customers, openings, products = bank(3)
    plan = product_recommendations(customers, openings, products, CLOCK).to_pandas()
    first = plan.iloc[0]
    assert first["map_gain_score_lower"] > 0
    assert first["calibration_ratio_index_lower"] < 1 < first["calibration_ratio_index_upper"]
    people = customers[customers["cut_number"] == 0].set_index("customer_natural_key")
    row = people.loc[plan["customer_natural_key"]].reset_index()
    may = suitable(row, products, 660)
    assert may[np.arange(len(plan)), plan["product_natural_key"] - 1].all()
    held = set(map(tuple, openings[["customer_natural_key", "product_natural_key"]].to_numpy()))
    given = plan[["customer_natural_key", "product_natural_key"]].itertuples(index=False, name=None)
    offered = list(given)
    assert len(set(offered)) == len(offered)
    assert not held & set(offered)
    assert 6 not in set(plan["product_natural_key"])  # nobody ever opened it
    for _, part in plan.groupby("customer_natural_key"):
        assert part["rank_number"].tolist() == list(range(1, len(part) + 1))
        assert part["expected_margin_amount"].is_monotonic_decreasing


def test_the_future_is_not_learnt_from() -> None:
    """Openings of the last known horizon change what is judged, and no propensity."""
    customers, openings, products = bank(4, 2000)
    spreads = (0.02, 0.08, 0.025)
    whole = find_offers(
        customers, openings, products, months=6, score_cutoff=660.0, spreads=spreads
    )
    early = openings[openings["open_date"] <= CUTS[1]]
    cut = find_offers(customers, early, products, months=6, score_cutoff=660.0, spreads=spreads)
    assert whole is not None
    assert cut is not None
    assert np.array_equal(whole.chance_then, cut.chance_then)
    assert whole.opened.any()
    assert not cut.opened.any()


def test_margins_are_those_worked_by_hand() -> None:
    """A deposit of 2,000 at 2 % and fees of 1 a month; a card owing 1,000 at 8 %, and the same."""
    customers, openings, products = bank(4, 2000)
    plan = product_recommendations(customers, openings, products, CLOCK).to_pandas()
    margin = plan.groupby("product_name")["margin_amount"].first().astype(float)
    assert margin["Savings"] == 52.0
    if "Card" in margin:
        assert margin["Card"] == 92.0


def test_more_offers_meet_more_and_too_little_is_one_row() -> None:
    frames = bank(3)
    table = recommendation_evidence(*frames, CLOCK).to_pandas()
    assert table["plan_value_amount"].is_monotonic_increasing
    assert table["is_recommended"].tolist() == [False, False, True]
    for empty in ((frames[0].head(0), *frames[1:]), (frames[0], frames[1].head(3), frames[2])):
        for model in (product_recommendations, recommendation_evidence):
            assert model(*empty, CLOCK)["status"].to_pylist() == ["insufficient_data"]


@pytest.mark.parametrize("name", ["heatmap", "network"])
def test_headlines_compare_with_popularity(name: str) -> None:
    entry = get_chart(f"prescriptive.recommendation_{name}")
    frame = frame_of(entry.model)
    said = entry.draw(frame).layout.meta
    assert "Of 12 customers on 31 May 2024" in said["finding"]
    assert "more than the most opened products" in said["finding"]
    assert "better than it" in said["note"]
    unsure = frame.assign(plan_gain_amount_lower=-1.0, map_gain_score_lower=-0.01)
    said = entry.draw(unsure).layout.meta
    assert "cannot be told from none" in said["finding"]
    assert "not told apart from" in said["note"]
    worse = frame.assign(plan_gain_amount_lower=-9.0, plan_gain_amount_upper=-1.0)
    assert "less than the most opened" in entry.draw(worse).layout.meta["finding"]
