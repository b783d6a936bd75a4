"""Category 04 on a synthetic bank: what is planted is found, and nothing where nothing is."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score
from tests.support.lab import Lab
from tests.support.synthetic_lab import Bank, bank

pytestmark = pytest.mark.slow

FOLDER = "+gold.analytics.04_inferential_analytics"
# More contacts, applications and frauds than by default, or a small bank has too few to tell.
OVERRIDES = (
    *("campaigns.audience_share=0.4", "campaigns.lift=0.4"),
    *("credit.application_rate=0.8", "fraud.share=0.01"),
    *("churn.base_rate=0.015", "credit.exception_rate=0.05"),
)
MODELS = (
    *("customer_segment_statistical_comparison", "ab_test_channel_performance"),
    *("credit_approval_hypothesis_test", "fraud_detection_accuracy"),
    *("customer_lifetime_value_distribution", "transaction_amount_normality_test"),
    "churn_rate_confidence_intervals",
)


@pytest.fixture(scope="module")
def made() -> Bank:
    """Return the bank's feeds and truth."""
    return bank(*OVERRIDES, customers=2000, transactions=60_000, seed=7)


@pytest.fixture(scope="module")
def lab(made: Bank, tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """Return a lab with the inferential models built."""
    lab = Lab(tmp_path_factory.mktemp("inferential"))
    lab.load(made.folder / "full")
    lab.build(FOLDER)
    return lab


def frame(lab: Lab, query: str) -> pd.DataFrame:
    """Return a query's rows; a bare name is an inferential model."""
    query = query if " " in query else f"select * from gold.analytics_{query}"
    with duckdb.connect(str(lab.settings.warehouse_path), read_only=True) as connection:
        return connection.sql(query).df()


@pytest.mark.parametrize("name", MODELS)
def test_every_model_has_results_and_one_clock(lab: Lab, name: str) -> None:
    rows = frame(lab, name)
    assert (rows["status"] == "ok").any()
    assert len(set(rows["as_of_date"])) == 1
    assert set(rows["coverage_pct"]) == {95.0}


def test_the_planted_lift_lies_in_the_intervals(lab: Lab, made: Bank) -> None:
    rows = frame(lab, "ab_test_channel_performance")
    assert set(rows.loc[rows["experiment_level"] == "channel", "evidence"]) == {"observational"}
    found = rows[(rows["metric_name"] == "conversion_rate") & (rows["evidence"] == "randomised")]
    found = found[found["status"] == "ok"].set_index("experiment_number")
    assert len(found) > 20
    # what each contact would have done either way is known to the bank alone
    truth = made.truth("campaign_touches").groupby("campaign_id")
    lift = (truth["converts_if_contacted"].mean() - truth["converts_if_spared"].mean())[found.index]
    held = (found["estimate_lower"] <= lift) & (lift <= found["estimate_upper"])
    assert held.mean() >= 0.82  # three errors below 95 % of some twenty
    # 0.41 tells a correlation of 23 pairs from none
    assert np.corrcoef(found["estimate"], lift)[0, 1] > 0.41
    clear = found["adjusted_p_value"] < 0.05
    plan = {item["campaign_id"]: item for item in made.parameters["campaigns"]}
    none = np.array([max(plan[number]["lift"].values()) == 0 for number in found.index])
    assert clear.sum() >= 1 and not (clear & none).any()
    # the bank draws the lots as it says
    assert not found["has_sample_ratio_mismatch"].any()
    share = made.parameters["config"]["campaigns"]["holdout_share"]
    assert found["planned_control_rate"].iloc[0] == pytest.approx(share, abs=0.02)
    cuped = rows[(rows["metric_name"] == "next_month_amount_cuped") & (rows["status"] == "ok")]
    # means of few and skewed amounts are told, not trusted
    assert cuped["has_normal_means"].notna().all() and cuped["largest_skewness_index"].min() > 1
    assert cuped["cuped_variance_reduction_rate"].median() > 0.01


def test_the_score_has_the_planted_area(lab: Lab, made: Bank) -> None:
    rows = frame(lab, "fraud_detection_accuracy").sort_values("threshold_number")
    row = rows.iloc[0]
    planted = made.parameters["config"]["fraud"]["score_auc"]
    assert row["auc_score_lower"] <= planted <= row["auc_score_upper"]
    facts = frame(
        lab,
        "select is_fraud, fraud_score from gold.fact_transactions, silver.data_clock"
        " where is_fraud is not null and fraud_score is not null"
        " and transaction_date <= as_of_date - 60",
    )
    assert row["sample_count"] == len(facts) and row["event_count"] == facts["is_fraud"].sum()
    area = roc_auc_score(facts["is_fraud"], facts["fraud_score"])
    assert row["auc_score"] == pytest.approx(area, abs=1e-5)  # scores are counted to four places
    assert (rows["recall_rate"].diff().dropna() >= 0).all()
    best = rows[rows["is_cost_optimal"]]
    assert len(best) == 1
    assert best["total_cost_amount"].iloc[0] == rows["total_cost_amount"].min()


def test_the_cutoff_decides_and_nobody_is_treated_differently(lab: Lab) -> None:
    rows = frame(lab, "credit_approval_hypothesis_test")
    score = rows[rows["factor"] == "credit_score"].set_index("level")
    for level in ("Below 600", "600 to 659"):
        assert score.loc[level, "approval_rate_lower"] < 0.05  # the planted exceptions
        assert score.loc[level, "approval_rate_upper"] < 0.12
    low = score[score["average_marginal_effect"] < -0.5]
    assert (low["adjusted_p_value"] < 0.001).all() and len(low) >= 1
    guarded = rows[rows["is_protected"] & (rows["status"] == "ok")]
    assert len(guarded) >= 6
    assert (guarded["adjusted_p_value"] > 0.05).all()
    assert (guarded["adverse_impact_adjusted_p_value"] > 0.05).all()
    assert len(set(rows.groupby("factor")["sample_count"].sum())) == 1


def test_churn_is_that_of_the_truth(lab: Lab, made: Bank) -> None:
    rows = frame(lab, "churn_rate_confidence_intervals")
    first, last = rows["window_start_date"].iloc[0], rows["window_end_date"].iloc[0]
    members = frame(
        lab,
        "select customer_natural_key, customer_segment from gold_intermediate.int_churn_at_risk"
        " where month_number = (select min(month_number) from gold_intermediate.int_churn_months)",
    )
    left = pd.to_datetime(made.truth("customers").set_index("customer_id")["leave_date"])
    gone = left.reindex(members["customer_natural_key"]).between(first, last)
    assert rows["customer_count"].sum() == len(members)
    # whoever leaves in the last days may be told of after the window
    assert rows["churned_count"].sum() == pytest.approx(gone.sum(), rel=0.03)
    assert rows["overall_rate"].iloc[0] == pytest.approx(gone.mean(), rel=0.03)
    by_segment = rows.groupby("customer_segment")[["churned_count", "customer_count"]].sum()
    truth = pd.Series(gone.to_numpy()).groupby(members["customer_segment"]).sum()
    assert (by_segment["churned_count"] - truth).abs().max() <= 0.05 * gone.sum()
    assert (rows["shrunken_rate"].std() < rows["churn_rate"].std()).all()
    judged = rows[~rows["is_small"]]
    assert judged["is_outside_funnel"].mean() < 0.1


def test_segments_differ_where_they_were_made_to(lab: Lab) -> None:
    rows = frame(lab, "customer_segment_statistical_comparison")
    omnibus = rows[rows["test_name"] == "welch_anova"].set_index("metric_name")
    assert omnibus.loc["income", "adjusted_p_value"] < 1e-6
    assert omnibus.loc["income", "effect_size_lower"] > 0.3
    assert omnibus.loc["tenure", "adjusted_p_value"] > 0.05  # drawn without a look at the segment
    pair = rows[
        (rows["metric_name"] == "income")
        & (rows["test_name"] == "games_howell")
        & (rows["first_segment"] == "Mass Market")
        & (rows["second_segment"] == "Premium")
    ].iloc[0]
    assert pair["estimate_upper"] < 0 and pair["effect_size_upper"] < -1


def test_amounts_are_log_normal_rather_than_normal(lab: Lab) -> None:
    rows = frame(lab, "transaction_amount_normality_test")
    once = rows[rows["status"] == "ok"].drop_duplicates(["merchant_category", "transform_name"])
    raw, log = (
        once[once["transform_name"] == name].set_index("merchant_category")
        for name in ("raw", "log")
    )
    assert len(raw) >= 8 and not raw["is_normal"].any()
    assert (log["skewness_index"].abs() < raw["skewness_index"].abs()).all()
    assert (log["quantile_correlation"] > raw["quantile_correlation"]).all()


def test_lifetime_values_add_up(lab: Lab) -> None:
    rows = frame(lab, "customer_lifetime_value_distribution")
    ok = rows[rows["status"] == "ok"]
    counted = ok.groupby("customer_segment")["customer_count"].sum()
    sizes = ok.groupby("customer_segment")["sample_count"].first()
    pd.testing.assert_series_equal(counted, sizes, check_names=False, check_dtype=False)
    everyone = ok[ok["customer_segment"] == "All"].iloc[0]
    assert everyone["mean_amount_lower"] < everyone["mean_amount"] < everyone["mean_amount_upper"]
    assert everyone["mean_amount"] > everyone["median_amount"]
