"""The methods of category 04 on frames that never saw a warehouse, and on nothing at all."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.support.frames import inferential as given

from financial_analytics.errors import InvalidInputError
from financial_analytics.models import inferential as inf

RNG_SEED = 12


@pytest.fixture(scope="module")
def clinic() -> pd.DataFrame:
    """Visits to a clinic: other names, missing values, groups of unequal size."""
    rng = np.random.default_rng(RNG_SEED)
    number = 1200
    ward = rng.choice(["north", "south", "annex"], number, p=[0.7, 0.28, 0.02])
    drug = rng.random(number) < 0.4
    age = rng.integers(18, 95, number).astype(float)
    frame = pd.DataFrame(
        {
            "ward": ward,
            "study": np.where(rng.random(number) < 0.9, "phase 3", "pilot"),
            "placebo": ~drug,
            "well": rng.random(number) < np.where(drug, 0.55, 0.4),
            "days": rng.gamma(2, 3, number) + 2 * (ward == "south"),
            "days_before": rng.gamma(2, 3, number),
            "marker": rng.normal(size=number) + 0.8 * drug,
            "charge": rng.lognormal(5, 1, number),
            "age band": pd.cut(age, [0, 40, 65, 120], labels=["young", "middle", "old"]),
        }
    )
    frame["well"] = frame["well"].astype(object)
    for name in ("days", "marker", "charge", "well", "ward"):
        frame.loc[rng.random(number) < 0.05, name] = None
    return frame


def test_groups_of_any_frame(clinic: pd.DataFrame) -> None:
    found = inf.compare_groups(clinic, group="ward", metrics=["days", "charge"], minimum=40)
    assert len(found) == 2 * (2 + 2 * 3)
    days = found[found["metric_name"] == "days"].set_index(
        ["test_name", "first_segment", "second_segment"]
    )
    row = days.loc[("games_howell", "north", "south")]
    assert row["estimate_lower"] < -2 < row["estimate_upper"]
    assert days.loc[("games_howell", "annex", "north"), "status"] == "insufficient_data"
    assert np.isnan(days.loc[("dunn", "annex", "north"), "p_value"])
    known = clinic.dropna(subset=["days", "ward"])
    assert row["sample_count"] == known["ward"].isin(["north", "south"]).sum()
    charge = found[(found["metric_name"] == "charge") & (found["status"] == "ok")]
    assert (charge["adjusted_p_value"] > 0.05).all()
    assert not charge["has_normal_means"].isna().any()


def test_arms_of_any_frame(clinic: pd.DataFrame) -> None:
    found = inf.compare_arms(
        clinic,
        experiment="study",
        control="placebo",
        rates=["well"],
        means=["days"],
        before={"days": "days_before"},
        control_share=0.6,
    ).set_index(["experiment_name", "metric_name"])
    row = found.loc[("phase 3", "well")]
    assert row["estimate_lower"] < 0.15 < row["estimate_upper"] and row["p_value"] < 0.01
    assert found["status"].eq("ok").all()
    wrong = inf.compare_arms(
        clinic, experiment="study", control="placebo", rates=["well"], control_share=0.5
    )
    assert set(wrong.loc[wrong["experiment_name"] == "phase 3", "status"]) == {
        "sample_ratio_mismatch"
    }


def test_selection_in_any_frame(clinic: pd.DataFrame) -> None:
    found = inf.selection_effects(clinic, outcome="well", factors=["ward", "age band", "placebo"])
    rows = found.set_index(["factor", "level"])
    assert rows.loc[("placebo", "True"), "status"] == "reference"
    drug = rows.loc[("placebo", "False")]
    assert drug["average_marginal_effect_lower"] < 0.15 < drug["average_marginal_effect_upper"]
    assert rows.loc[("ward", "Unknown"), "sample_count"] > 10
    assert rows.loc[("ward", "north"), "is_reference"]


def test_a_score_of_any_frame(clinic: pd.DataFrame) -> None:
    found = inf.score_accuracy(clinic, score="marker", event="well", miss_cost=5, alarm_cost=1)
    assert len(set(found["auc_score"])) == 1
    totals = found[["true_positive_count", "false_positive_count",
                    "false_negative_count", "true_negative_count"]].sum(axis=1)  # fmt: skip
    assert (totals == found["sample_count"]).all()
    known = clinic.dropna(subset=["marker", "well"])
    assert found["sample_count"].iloc[0] == len(known)


def test_values_and_amounts_of_any_frame(clinic: pd.DataFrame) -> None:
    shapes = inf.value_shapes(clinic, value="charge", group="ward")
    everyone = shapes[shapes["customer_segment"] == "All"].iloc[0]
    assert everyone["better_fit_name"] == "lognormal"
    assert everyone["left_out_count"] == clinic["charge"].isna().sum()
    normal = inf.amount_normality(clinic, value="charge", group="ward")
    first = normal.groupby(["merchant_category", "transform_name"])["is_normal"].first()
    assert first[("north", "log")] and not first[("north", "raw")]


def test_rates_of_any_frame(clinic: pd.DataFrame) -> None:
    known = clinic.dropna(subset=["well"])
    counts = known.groupby(["ward", "age band"], observed=True)["well"].agg(["sum", "count"])
    counts["sum"] = counts["sum"].astype(float)
    found = inf.rate_intervals(
        counts.reset_index(), groups=["ward", "age band"], events="sum", trials="count"
    )
    assert found["customer_count"].sum() == len(known.dropna(subset=["ward"]))
    small = found[found["customer_count"] < 10]
    assert len(small) >= 1 and small["is_small"].all() and small["p_value"].isna().all()
    assert found["shrunken_rate"].notna().all()


@pytest.mark.parametrize(
    ("function", "options"),
    [
        (inf.compare_groups, {"group": "no", "metrics": ["days"]}),
        (inf.compare_arms, {"experiment": "study", "control": "no"}),
        (inf.selection_effects, {"outcome": "well", "factors": ["no"]}),
        (inf.score_accuracy, {"score": "no", "event": "well"}),
        (inf.value_shapes, {"value": "charge", "group": "no"}),
        (inf.amount_normality, {"value": "no", "group": "ward"}),
        (inf.rate_intervals, {"groups": ["ward"], "events": "no", "trials": "days"}),
    ],
)
def test_a_column_that_is_not_there_is_named(
    clinic: pd.DataFrame, function: Any, options: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInputError, match="no column no"):
        function(clinic, **options)


EMPTY: tuple[tuple[Any, Any], ...] = (
    (inf.segment_comparison, given.behavior),
    (inf.campaign_experiments, given.touches),
    (inf.approval_tests, given.applications),
    (inf.fraud_accuracy, given.score_counts),
    (inf.churn_intervals, given.churn_cells),
)


@pytest.mark.parametrize(("model", "make"), EMPTY, ids=lambda value: getattr(value, "__name__", ""))
def test_a_bank_without_the_feed_has_no_estimate(model: Any, make: Any) -> None:
    """None of them raises; what has rows says that there is too little data."""
    found = model(make().iloc[0:0], given.CLOCK).to_pandas()
    assert found.empty or set(found["status"]) == {"insufficient_data"}


NULLS: tuple[tuple[Any, Any], ...] = (
    (inf.segment_comparison, lambda seed: given.behavior(effect=0.0, seed=seed)),
    (inf.campaign_experiments, lambda seed: given.touches(lift=0.0, campaigns=5, seed=seed)),
    (inf.approval_tests, lambda seed: given.applications(effect=0.0, seed=seed)),
    (inf.churn_intervals, lambda seed: given.churn_cells(extra=0.0, seed=seed)),
)


@pytest.mark.parametrize(("model", "make"), NULLS, ids=lambda value: getattr(value, "__name__", ""))
def test_nothing_is_found_where_nothing_is_planted(model: Any, make: Any) -> None:
    found = model(make(5), given.CLOCK).to_pandas()
    known = found[found["adjusted_p_value"].notna()]
    assert len(known) >= 4
    # each kind of test is adjusted alone, and one frame is one draw: benchmarks/levels.py counts
    assert (known["adjusted_p_value"] > 0.01).all()
    assert (known["adjusted_p_value"] < 0.05).mean() < 0.06


def test_a_score_that_knows_nothing_has_an_area_of_one_half() -> None:
    found = inf.fraud_accuracy(given.score_counts(shift=0.0), given.CLOCK).to_pandas().iloc[0]
    assert found["auc_score_lower"] < 0.5 < found["auc_score_upper"]
    assert found["p_value"] > 0.05


def test_experiments_do_not_depend_on_the_order_of_rows() -> None:
    touches = given.touches(campaigns=2)
    one, two = (
        inf.campaign_experiments(frame, given.CLOCK).to_pandas()
        for frame in (touches, touches.sample(frac=1, random_state=4))
    )
    pd.testing.assert_frame_equal(one, two, rtol=1e-9)
