"""Packs of forecasts: their parts, and the comparison with the truth, by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from financial_analytics.models.predictive.judged import _share
from financial_analytics.reports.validation_forecasts import (
    FORECASTS,
    WITHOUT_TRUTH,
    forecast_sections,
    fraud_leaning,
    fraud_oracle,
    value_oracle,
    volume_leaning,
    volume_oracle,
)
from financial_analytics.reports.validation_parts import ORACLE, Section

DAYS = pd.date_range("2025-01-01", periods=60)


@pytest.fixture
def volume() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    rows = []
    for name in ("All channels", "ATM"):
        for place, day in enumerate(DAYS):
            ahead = place >= 40
            rows.append({
                "series_name": name, "forecast_date": day.date(), "is_ahead": ahead,
                "is_bank_holiday": place == 45, "forecast_count": float(rng.integers(90, 110)),
                "actual_count": None if ahead else int(rng.integers(90, 110)),
            })  # fmt: skip
    return pd.DataFrame(rows)


def test_volume_is_compared_with_the_means_of_its_days(
    volume: pd.DataFrame, tmp_path: Path
) -> None:
    ledger = pd.DataFrame({
        "transaction_date": np.repeat(DAYS.date, 2), "channel": ["ATM", None] * len(DAYS),
        "expected_posted": np.tile([95.0, 4.0], len(DAYS)),
    })  # fmt: skip
    ledger.to_parquet(tmp_path / "latent_expected_volume.parquet")
    section = volume_oracle(volume, tmp_path)
    assert section is not None
    found = {row[0]: row[1:] for row in section.rows}
    assert set(found) == {"ATM", "All channels"}
    for name, mean in (("ATM", 95.0), ("All channels", 99.0)):
        over = volume[(volume["series_name"] == name) & ~volume["is_ahead"]].astype(
            {"actual_count": float}
        )
        error = (over["forecast_count"] - over["actual_count"]).abs().mean()
        best = (mean - over["actual_count"]).abs().mean()
        assert found[name] == ["40", f"{error:.4f}", f"{best:.4f}", f"{error / best:.4f}"]


def test_value_is_compared_with_the_year_that_came(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    ids = np.arange(50)
    came = rng.gamma(2, 50, 50)
    frame = pd.DataFrame({
        "customer_natural_key": ids, "predicted_clv_12m": np.where(ids < 40, 1.0, np.nan),
        "predicted_margin_amount": came + rng.normal(0, 20, 50),
    })  # fmt: skip
    pd.DataFrame({
        "customer_id": ids, "future_margin_12m": came,
        "expected_margin_12m_filtered": came + rng.normal(0, 10, 50),
    }).to_parquet(tmp_path / "latent_customer_values.parquet")  # fmt: skip
    section = value_oracle(frame, tmp_path)
    assert section is not None
    model, oracle = section.rows
    said = frame["predicted_margin_amount"].to_numpy()[:40]
    assert model[1] == f"{said.sum() / came[:40].sum():.4f}"
    assert model[2] == f"{stats.spearmanr(said, came[:40]).statistic:.4f}"
    assert float(oracle[5]) < float(model[5])
    assert "40 customers" in section.sentences[0]


def test_frauds_are_compared_by_cell_and_a_cell_that_one_side_lacks_counts(
    tmp_path: Path,
) -> None:
    cells = [
        *(("Transfer", "Online", 3.0), ("Fuel", "POS", 1.0)),
        *(("Food", "POS", 0.5), ("Home", "POS", 0.25)),
    ]
    frame = pd.DataFrame(
        [
            {"merchant_category": c, "channel": ch, "window_days": days, "expected_fraud_count": n}
            for c, ch, n in [*cells, ("All", "All", 4.75)]
            for days in (7, 30)
        ]
    )
    pd.DataFrame({
        "transaction_date": ["2025-12-31"] * 3 + ["2024-12-01"],
        "merchant_category": [None, "Fuel", "Toys", "Fuel"],
        "channel": ["Online", "POS", "Online", "POS"], "expected_frauds": [36.5, 7.3, 3.65, 900.0],
    }).to_parquet(tmp_path / "latent_expected_frauds.parquet")  # fmt: skip
    section = fraud_oracle(frame, tmp_path)
    assert section is not None
    rows = {row[0]: row[1] for row in section.rows}
    assert rows["frauds expected by the model"] == "4.75"
    assert rows["frauds expected by the oracle"] == "3.90"  # 47.45 of a year in thirty days
    model, oracle = [3.0, 1.0, 0.5, 0.25, 0.0], [3.0, 0.6, 0.0, 0.0, 0.3]
    assert rows["Spearman over cells"] == f"{stats.spearmanr(model, oracle).statistic:.4f}"
    assert list(fraud_leaning(frame).rows[0][:2]) == ["Transfer", "Online"]
    assert sum(float(row[3]) for row in fraud_leaning(frame).rows) == pytest.approx(100, abs=0.2)


def test_the_calendar_is_told_apart(volume: pd.DataFrame) -> None:
    rows = {row[0]: row[1] for row in volume_leaning(volume).rows}
    assert rows["bank holiday"] == "1"
    assert sum(int(count) for count in rows.values()) == 20


def test_a_share_has_no_bound_beyond_one() -> None:
    values = pd.Series([1.0, 1.0, 1.0, 0.9])
    share, lower, upper = _share(values, 0.95)
    assert share == pytest.approx(0.975)
    assert upper == 1.0
    assert lower < share


def test_a_pack_has_the_parts_of_the_guidance_and_says_that_there_is_no_truth(
    volume: pd.DataFrame, tmp_path: Path
) -> None:
    row: dict[str, Any] = dict.fromkeys(
        ("difference_statistic_lower", "difference_statistic_upper", "difference_statistic"), 0.1
    ) | {
        "model_id": "a", "target": "posted transactions a day", "model_role": "challenger",
        "model_kind": "calendar_regression", "status": "ok", "train_count": 1096,
        "train_end_date": "2025-12-31", "out_of_time_start_date": "2025-01-01",
        "out_of_time_end_date": "2025-12-01", "data_fingerprint": "d", "code_fingerprint": "c",
    }  # fmt: skip
    metrics = pd.DataFrame([
        {"model_id": model, "metric_name": name, "split_name": "out_of_time", "segment_kind": kind,
         "segment_name": "ATM", "metric_value": 0.5, "metric_lower": 0.4, "metric_upper": 0.6,
         "sample_count": 32, "event_count": None, "status": "ok"}
        for model in ("a", "b") for name in ("mase", "coverage_95") for kind in ("all", "channel")
    ])  # fmt: skip
    parts = forecast_sections("volume", row, metrics, volume, tmp_path)
    found: dict[str, Section] = {part.heading: part for part in parts}
    assert list(found) == [
        *("Purpose and use", "Data", "Method and assumptions", "Outcomes: how near it was"),
        *(ORACLE, "Calibration", "Sensitivity", "Groups", "Limits", "Monitoring"),
    ]
    assert found[ORACLE].sentences == [WITHOUT_TRUTH]
    near, covered = found["Outcomes: how near it was"], found["Calibration"]
    assert [row[0] for row in near.rows] == ["mase, served", "mase, other"]
    assert [row[0] for row in covered.rows] == ["coverage_95, served", "coverage_95, other"]
    assert "1,096" in found["Data"].sentences[0]


def test_every_trained_model_has_a_pack() -> None:
    from financial_analytics.cli_models import trained_names  # noqa: PLC0415
    from financial_analytics.reports.validation import FEATURES  # noqa: PLC0415
    from financial_analytics.settings import find_project_dir  # noqa: PLC0415

    assert set(trained_names(find_project_dir())) == {*FEATURES, *FORECASTS}
