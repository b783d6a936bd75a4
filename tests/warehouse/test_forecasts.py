"""Volume, fraud and value to come, beside what the synthetic bank holds as true."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr
from tests.support.lab import Lab
from tests.support.synthetic_lab import Bank, bank

from financial_analytics.models.predictive.fraud import fraud_forecast, fraud_totals
from financial_analytics.models.predictive.value import value_backtest, value_predictions
from financial_analytics.models.predictive.volume import backtests_of, each_series, volume_forecast
from financial_analytics.stats.forecast import Backtest, mase

pytestmark = pytest.mark.slow

MODELS = (
    *("analytics_transaction_volume_forecast", "analytics_fraud_risk_forecast"),
    *("analytics_fraud_risk_totals", "analytics_customer_lifetime_value_prediction"),
    *("int_volume_models", "int_volume_metrics", "int_fraud_models", "int_fraud_metrics"),
    *("int_value_models", "int_value_metrics"),
)
SELECT = " ".join(f"+{name}" for name in MODELS)


def frame(lab: Lab, query: str) -> pd.DataFrame:
    """Return a query's rows; a bare name is a gold model."""
    if " " not in query:
        query = f"select * from {query}"
    with duckdb.connect(str(lab.settings.warehouse_path), read_only=True) as connection:
        return connection.sql(query).df()


@pytest.fixture(scope="module")
def made() -> Bank:
    return bank("fraud.share=0.004", customers=1500, transactions=90_000, seed=5)


@pytest.fixture(scope="module")
def lab(made: Bank, tmp_path_factory: pytest.TempPathFactory) -> Lab:
    lab = Lab(tmp_path_factory.mktemp("forecasts"))
    lab.load(made.folder / "full")
    lab.build(SELECT)
    return lab


def test_volume__errs_little_more_than_the_mean_that_counts_are_drawn_from(
    lab: Lab, made: Bank
) -> None:
    daily = frame(lab, "gold_intermediate.int_daily_volume")
    seen = frame(lab, "gold_intermediate.int_volume_backtest")
    said = frame(lab, "gold.analytics_transaction_volume_forecast")
    truth = made.truth("expected_volume")
    expected = truth.groupby(pd.to_datetime(truth["transaction_date"]))["expected_posted"].sum()
    name, series, _ = next(iter(each_series(daily)))
    method = said.loc[said["series_name"] == name, "method_name"].iloc[0]
    test = backtests_of(seen[seen["series_name"] == name], series)[method]
    ahead = test.forecast.shape[1]
    mean = expected.reindex(pd.to_datetime(series.days)).to_numpy()
    best = Backtest(
        test.origins, np.array([mean[o : o + ahead] for o in test.origins]), test.actual
    )
    assert mase(series.counts, test) <= 1.15 * mase(series.counts, best)
    whole = said[said["series_name"] == name]
    assert whole["naive_mase_score"].iloc[0] > 1.5 * whole["mase_score"].iloc[0]
    assert (whole["is_ahead"].sum(), (~whole["is_ahead"]).sum()) == (90, 365)
    held = whole["forecast_95_lower"].le(whole["actual_count"]) & whole["forecast_95_upper"].ge(
        whole["actual_count"]
    )
    assert held[~whole["is_ahead"]].mean() == pytest.approx(0.95, abs=0.04)


def test_volume__ends_where_the_feed_ends_and_does_not_read_the_order_of_rows(lab: Lab) -> None:
    daily = frame(lab, "gold_intermediate.int_daily_volume")
    seen = frame(lab, "gold_intermediate.int_volume_backtest")
    clock = frame(lab, "silver.data_clock")
    said = frame(lab, "gold.analytics_transaction_volume_forecast")
    assert said.loc[~said["is_ahead"], "forecast_date"].max() == clock["transaction_end_date"][0]
    again = volume_forecast(
        daily.sample(frac=1, random_state=1), seen.sample(frac=1, random_state=2), clock
    ).to_pandas(date_as_object=False)
    key = ["series_name", "forecast_date"]
    pd.testing.assert_frame_equal(
        again.sort_values(key, ignore_index=True),
        said.sort_values(key, ignore_index=True),
        check_dtype=False,
    )


def test_fraud__the_totals_hold_what_is_to_be_expected(lab: Lab, made: Bank) -> None:
    truth = made.truth("expected_frauds")
    days = pd.to_datetime(truth["transaction_date"])
    year = truth[days > days.max() - pd.Timedelta(days=365)]
    totals = frame(lab, "gold.analytics_fraud_risk_totals")
    for window in (7, 30):
        row = totals[(totals["channel"] == "All") & (totals["window_days"] == window)].iloc[0]
        expected = year["expected_frauds"].sum() * window / 365
        assert row["expected_fraud_count_lower"] <= expected <= row["expected_fraud_count_upper"]
        assert row["expected_fraud_count"] == pytest.approx(expected, rel=0.35)


def test_fraud__what_is_high_has_planted_fraud(lab: Lab, made: Bank) -> None:
    truth = made.truth("expected_frauds")
    planted = set(zip(truth["merchant_category"].fillna("Transfer"), truth["channel"], strict=True))
    said = frame(lab, "gold.analytics_fraud_risk_forecast").drop_duplicates(
        ["merchant_category", "channel"]
    )
    high = said[said["risk_level"] == "High"]
    assert len(high) >= 3
    assert set(zip(high["merchant_category"], high["channel"], strict=True)) <= planted
    # of what is not planted nothing is expected
    cells = list(zip(said["merchant_category"], said["channel"], strict=True))
    other = said[[cell not in planted for cell in cells]]
    assert other["expected_fraud_count"].sum() < 0.05 * said["expected_fraud_count"].sum()


def test_fraud__labels_that_are_still_to_come_are_added(lab: Lab) -> None:
    """Without allowance the last month's frauds would count as all there were."""
    labels = frame(lab, "gold_intermediate.int_fraud_labels")
    exposure = frame(lab, "gold_intermediate.int_fraud_exposure")
    tests = frame(lab, "gold_intermediate.int_fraud_backtest")
    totals = frame(lab, "gold.analytics_fraud_risk_totals")
    clock = frame(lab, "silver.data_clock")
    at_once = labels.assign(known_date=labels["transaction_date"])
    slow, quick = (
        fraud_forecast(rows, exposure, tests, totals, clock)
        .to_pandas()["expected_fraud_count"]
        .sum()
        for rows in (labels, at_once)
    )
    assert slow > 1.01 * quick


def test_value__ranks_and_adds_up_nearly_as_the_best_observer(lab: Lab, made: Bank) -> None:
    said = frame(lab, "gold.analytics_customer_lifetime_value_prediction")
    both = said.merge(
        made.truth("customer_values"), left_on="customer_natural_key", right_on="customer_id"
    )
    assert len(both) > 0.95 * len(said)
    future = both["future_margin_12m"]
    ours = spearmanr(both["predicted_margin_amount"].astype(float), future)[0]
    best = spearmanr(both["expected_margin_12m_filtered"], future)[0]
    assert ours > best - 0.05
    total = both["predicted_margin_amount"].astype(float).sum()
    assert total == pytest.approx(both["expected_margin_12m"].sum(), rel=0.05)


def test_value__margin_in_gold_is_that_of_the_ledger(lab: Lab, made: Bank) -> None:
    gold = frame(lab, "gold_intermediate.int_customer_margins")
    truth = made.truth("customer_months")["margin"].sum()
    # refunds, currency accounts and the first month's start are the difference
    assert gold["margin_amount"].astype(float).sum() == pytest.approx(truth, rel=0.03)


def test_value__a_customer_without_a_purchase_is_predicted(lab: Lab) -> None:
    said = frame(lab, "gold.analytics_customer_lifetime_value_prediction")
    none = said[said["purchase_count"] == 0]
    assert len(none) > 0
    assert none["predicted_clv_12m"].notna().all()
    assert none["p_alive"].eq(1).all()
    assert (said["predicted_clv_36m"] >= said["predicted_clv_12m"]).mean() > 0.99


def test_registry__tells_of_each_forecast(lab: Lab) -> None:
    for name, metric in (("volume", "mase"), ("fraud", "log_score"), ("value", "spearman")):
        models = frame(lab, f"gold_intermediate.int_{name}_models")
        metrics = frame(lab, f"gold_intermediate.int_{name}_metrics")
        assert sorted(models["model_role"]) == ["challenger", "champion"]
        assert models["is_served"].sum() == 1
        assert set(metrics["model_id"]) == set(models["model_id"])
        whole = metrics[(metrics["metric_name"] == metric) & (metrics["segment_name"] == "All")]
        assert len(whole) == 2
        assert (whole["metric_lower"] < whole["metric_value"]).all()
        assert (whole["metric_value"] < whole["metric_upper"]).all()


def test_with_too_few_data_the_status_tells() -> None:
    """Nine weeks of one channel, one customer, no fraud."""
    days = pd.date_range("2024-01-01", periods=63 + 30)
    daily = pd.DataFrame(
        {
            "series_name": "All channels",
            "observation_date": days,
            "is_bank_holiday": False,
            "is_ahead": days > days[62],
            "transaction_count": [float(day < 63) if day < 63 else None for day in range(93)],
        }
    )
    clock = pd.DataFrame(
        {
            "as_of_date": [days[62]],
            "first_transaction_date": [days[0]],
            "transaction_end_date": [days[62]],
        }
    )
    none = pd.DataFrame(columns=["series_name", "method_name", "origin_date", "ahead_days"])
    volume = volume_forecast(daily, none, clock).to_pandas()
    assert set(volume["status"]) == {"insufficient_data"}
    assert volume["forecast_count"].isna().all()
    labels = pd.DataFrame(
        columns=["transaction_id", "transaction_date", "merchant_category", "channel",
                 "fraud_amount", "known_date"]
    )  # fmt: skip
    exposure = pd.DataFrame(
        {"merchant_category": ["Fuel"], "channel": ["POS"], "transaction_count": [9],
         "labelled_count": [9]}
    )  # fmt: skip
    tests = pd.DataFrame(columns=["method_name", "log_score"])
    totals = fraud_totals(labels, exposure, tests, clock)
    fraud = fraud_forecast(labels, exposure, tests, totals, clock).to_pandas()
    assert fraud["status"].tolist() == ["insufficient_data"]
    assert fraud["expected_fraud_count"].isna().all()
    one = pd.DataFrame(
        {
            "cut_name": ["current"], "cut_date": [days[62]], "customer_natural_key": [1],
            "customer_segment": ["Premium"], "observed_days": [63], "purchase_count": [4],
            "last_purchase_days": [60], "mean_purchase_amount": [12.5], "margin_month_count": [2],
            "margin_amount": [3.0], "recent_month_count": [2],
            "recent_other_margin_amount": [2.0], "later_purchase_count": [None],
            "later_interchange_amount": [None], "later_margin_amount": [None], "has_left": [None],
        }
    )  # fmt: skip
    rates = {"interchange_rate": 0.012, "discount_rate": 0.1}
    tests = value_backtest(one, clock, **rates)
    assert tests.column("status").to_pylist() == ["insufficient_data"]
    value = value_predictions(one, tests, clock, **rates).to_pandas()
    assert value["status"].tolist() == ["insufficient_data"]
    assert value["predicted_clv_12m"].isna().all()
