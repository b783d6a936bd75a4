"""Totals of predictions, and figures of forecasts by group."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from financial_analytics.models.frames import to_pandas
from financial_analytics.models.predictive.fraud_rates import METHODS
from financial_analytics.models.predictive.judged import LEAST_GROUP, fraud_metrics, value_metrics
from financial_analytics.models.predictive.registry import ALL
from financial_analytics.models.predictive.serving import with_total
from financial_analytics.models.predictive.value import BUY_TILL_YOU_DIE, LAST_YEAR

ROW = {"model_id": "m"}


def intercept(width: float) -> pd.DataFrame:
    """Return metrics that know the calibration intercept to plus or minus half of `width`."""
    return pd.DataFrame(
        [
            {
                "model_id": "m", "split_name": "out_of_time", "segment_kind": "all",
                "segment_name": ALL, "metric_name": "calibration_intercept",
                "metric_value": 0.0, "metric_lower": -width / 2, "metric_upper": width / 2,
                "coverage_pct": 95.0,
            }
        ]
    )  # fmt: skip


@pytest.mark.parametrize("width", [0.0, 0.6])
def test_the_interval_of_a_total_covers_what_comes(width: float) -> None:
    """Ten thousand futures: risks at an unknown level, each row's event by chance."""
    rng = np.random.default_rng(3)
    risk = rng.beta(1, 9, 800)
    weight = rng.lognormal(8, 1, 800)
    weight[:5] = np.nan
    made = with_total(pd.DataFrame({"risk": risk}), "loss", weight, ROW, intercept(width))
    known = np.nan_to_num(weight)
    assert made["loss"].iloc[0] == pytest.approx(float((risk * known).sum()))
    shift = rng.normal(0, width / (2 * norm.ppf(0.975)), (10_000, 1))
    chance = 1 / (1 + np.exp(-(np.log(risk / (1 - risk)) + shift)))
    came = (rng.random(chance.shape) < chance) @ known
    low, high = made["loss_lower"].iloc[0], made["loss_upper"].iloc[0]
    assert 0.935 < ((came >= low) & (came <= high)).mean() < 0.965


def test_a_total_is_never_below_nothing_nor_above_all_there_is() -> None:
    made = with_total(pd.DataFrame({"risk": [0.5]}), "loss", [100.0], ROW, intercept(0.0))
    assert made[["loss_lower", "loss", "loss_upper"]].to_numpy().tolist() == [[0.0, 50.0, 100.0]]


def test_value_is_judged_by_segment_too() -> None:
    rng = np.random.default_rng(4)
    sizes = {"Mass Market": 300, "Premium": 60, "Private": LEAST_GROUP - 1, None: 40}
    names = np.repeat(np.array(list(sizes), dtype=object), list(sizes.values()))
    came = rng.gamma(2, 100, len(names))
    rows: list[pd.DataFrame] = []
    for method, noise in ((LAST_YEAR, 80.0), (BUY_TILL_YOU_DIE, 40.0)):
        said = came + rng.normal(10, noise, len(names))
        rows.append(pd.DataFrame({
            "method_name": method, "customer_natural_key": np.arange(len(names)),
            "customer_segment": names, "cut_date": pd.Timestamp("2024-01-31"),
            "predicted_margin_amount": said, "predicted_margin_amount_lower": said - 100,
            "predicted_margin_amount_upper": said + 100, "actual_margin_amount": came,
            "status": "ok",
        }))  # fmt: skip
    seen = pd.concat(rows, ignore_index=True)
    states = seen[seen["method_name"] == LAST_YEAR][
        ["customer_natural_key", "cut_date", "customer_segment"]
    ].assign(cut_name="current")
    found = to_pandas(value_metrics(states, seen))
    groups = found[(found["segment_kind"] == "customer_segment")]
    assert set(groups["segment_name"]) == {"Mass Market", "Premium", "Private", "Unknown"}
    part = seen[(seen["method_name"] == BUY_TILL_YOU_DIE) & (seen["customer_segment"] == "Premium")]
    ratio = part["predicted_margin_amount"].sum() / part["actual_margin_amount"].sum()
    row = groups[
        (groups["model_role"] == "challenger")
        & (groups["segment_name"] == "Premium")
        & (groups["metric_name"] == "total_ratio")
    ].iloc[0]
    assert row["metric_value"] == pytest.approx(ratio)
    assert row["metric_lower"] < ratio < row["metric_upper"]
    assert row["sample_count"] == 60
    private = groups[groups["segment_name"] == "Private"]
    assert set(private["status"]) == {"insufficient_data"}
    assert private["metric_value"].isna().all()


def test_fraud_is_judged_by_category_and_channel_too() -> None:
    rng = np.random.default_rng(5)
    rows: list[dict[str, Any]] = []
    for method in METHODS[:2]:
        for origin in pd.date_range("2024-01-01", periods=8, freq="30D"):
            for category in ("Fuel", "Travel", "Never"):
                for channel in ("Online", "POS"):
                    came = 0 if category == "Never" else int(rng.poisson(3))
                    rows.append({
                        "method_name": method, "origin_date": origin,
                        "merchant_category": category, "channel": channel,
                        "expected_fraud_count": 3.3, "expected_fraud_count_lower": 1.0,
                        "expected_fraud_count_upper": 6.0, "fraud_count": came,
                        "log_score": float(-rng.random()),
                    })  # fmt: skip
    seen = pd.DataFrame(rows)
    found = to_pandas(fraud_metrics(seen))
    groups = found[(found["model_role"] == "champion") & (found["metric_name"] == "total_ratio")]
    ratios = groups.set_index(["segment_kind", "segment_name"])["metric_value"]
    part = seen[seen["method_name"] == METHODS[0]]
    for kind in ("merchant_category", "channel"):
        for name, rows_of in part.groupby(kind):
            total = rows_of["fraud_count"].sum()
            if total:
                expected = rows_of["expected_fraud_count"].sum() / total
                assert ratios[kind, name] == pytest.approx(expected)
            else:
                assert np.isnan(ratios[kind, name])
    assert ("all", ALL) in ratios
