"""Risk models on frames that never saw this warehouse: other names, missing values, no signal."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from financial_analytics.errors import InvalidInputError
from financial_analytics.models.frames import to_pandas
from financial_analytics.models.predictive.features import Feature, infer_features
from financial_analytics.models.predictive.risk import RiskModel, fit_candidates
from financial_analytics.models.predictive.training import (
    RiskTask,
    measure_risk_model,
    served_model,
    train_risk_model,
)
from financial_analytics.models.predictive.windows import split_of_cuts
from financial_analytics.stats.roc import auc_interval


def patients(rows: int, seed: int, signal: float = 1.0) -> pd.DataFrame:
    """Return readmissions of a clinic: numbers with gaps, a flag, wards of unequal size."""
    rng = np.random.default_rng(seed)
    age = rng.normal(60, 15, rows)
    stay = rng.gamma(2, 3, rows)
    smokes = rng.random(rows) < 0.3
    ward = rng.choice(["north", "south", "east", "intensive"], rows, p=[0.6, 0.25, 0.13, 0.02])
    eta = -2.6 + signal * (0.04 * (age - 60) + 0.8 * smokes + 1.2 * (ward == "intensive"))
    frame = pd.DataFrame({"Age": age, "Stay (days)": stay, "smokes": smokes, "ward": ward})
    frame["chance"] = expit(eta)
    frame["back"] = rng.random(rows) < frame["chance"]
    frame.loc[rng.random(rows) < 0.15, "Age"] = np.nan
    frame["smokes"] = frame["smokes"].astype(object).where(rng.random(rows) > 0.1, None)
    return frame


FEATURES = (
    Feature("Age", "number", "Age", "years"),
    Feature("Stay (days)", "number", "Stay", "days"),
    Feature("smokes", "flag", "Smokes"),
    Feature("ward", "category", "Ward"),
)


@pytest.fixture(scope="module")
def models() -> tuple[RiskModel, RiskModel]:
    made = fit_candidates(patients(12_000, 1), patients(4_000, 2), target="back", features=FEATURES)
    assert made is not None
    return made


def test_both_come_near_the_best_that_can_be_known(models: tuple[RiskModel, RiskModel]) -> None:
    new = patients(20_000, 3)
    best = auc_interval(new["back"], new["chance"]).value
    for model in models:
        assert best - auc_interval(new["back"], model.score(new)).value < 0.03  # gaps cost some
        assert model.score(new).mean() == pytest.approx(new["back"].mean(), rel=0.08)


def test_json_scores_the_same_to_the_last_bit(models: tuple[RiskModel, RiskModel]) -> None:
    new = patients(3_000, 4)
    for model in models:
        again = RiskModel.from_json(model.to_json())
        assert (again.score(new) == model.score(new)).all()
        assert (again.reasons(new) == model.reasons(new)).all()
    with pytest.raises(InvalidInputError, match="format 99"):
        RiskModel.from_json(json.dumps({"format": 99}))


def test_boosted_trees_score_as_scikit_learn_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our JSON trees against the library that grew them, missing values included."""
    from financial_analytics.models.predictive import boosting  # noqa: PLC0415

    grown = []
    original = boosting.HistGradientBoostingClassifier.fit

    def fit(self, matrix, event, sample_weight):  # type: ignore[no-untyped-def]
        grown.append(original(self, matrix, event, sample_weight=sample_weight))
        return grown[-1]

    monkeypatch.setattr(boosting.HistGradientBoostingClassifier, "fit", fit)
    frame = patients(5_000, 5)
    ours = boosting.fit_boosting(frame, FEATURES, frame["back"].to_numpy(dtype=bool))
    new = patients(2_000, 6)
    matrix = boosting._encoded(new, ours.features, ours.encodings)
    theirs = grown[0].decision_function(matrix)
    assert np.abs(ours.log_odds(new) - theirs).max() < 1e-9


def test_contributions_add_up(models: tuple[RiskModel, RiskModel]) -> None:
    new = patients(500, 7)
    champion, challenger = models
    parts = champion.machine.contributions(new).sum(axis=1)
    gap = champion.machine.log_odds(new) - parts
    assert np.ptp(gap) < 1e-9
    gap = challenger.machine.log_odds(new) - challenger.machine.contributions(new).sum(axis=1)
    assert np.ptp(gap) < 1e-9


def test_reasons_are_of_scored_features_and_raise_the_risk(
    models: tuple[RiskModel, RiskModel],
) -> None:
    new = patients(2_000, 8)
    champion, _ = models
    labels = {feature.label for feature in champion.features}
    assert "Stay" not in labels  # says nothing, so it is not scored
    said = champion.reasons(new)
    named = {text.split(":")[0] for text in said.ravel() if text is not None}
    assert named == labels
    risky = champion.score(new) > np.quantile(champion.score(new), 0.95)
    assert all(text is not None for text in said[risky, 0])
    first = said[(new["ward"] == "intensive").to_numpy(), :2]
    assert all("Ward: intensive" in row for row in first)


def test_unknown_and_unseen_values_are_scored(models: tuple[RiskModel, RiskModel]) -> None:
    strange = pd.DataFrame(
        {"Age": [np.nan, np.inf], "Stay (days)": [1.0, 2.0], "smokes": [None, True]}
    )
    strange["ward"] = [None, "annex"]
    for model in models:
        assert ((model.score(strange) > 0) & (model.score(strange) < 1)).all()
    with pytest.raises(InvalidInputError, match="no column ward"):
        models[0].score(strange.drop(columns="ward"))


def test_features_are_inferred_from_types() -> None:
    kinds = {f.name: f.kind for f in infer_features(patients(50, 9), ["back", "chance"])}
    assert kinds == {f.name: f.kind for f in FEATURES}


def labelled(signal: float, seed: int = 10) -> pd.DataFrame:
    months = pd.date_range("2023-03-31", periods=8, freq="QE")
    parts = []
    for place, month in enumerate(months):
        part = patients(2_500, seed + place, signal)
        part["cut_date"], part["patient_id"] = month, np.arange(len(part))
        parts.append(part)
    return pd.concat(parts, ignore_index=True).rename(columns={"back": "is_event"})


TASK = RiskTask("readmission", "The patient is back", "patient_id", FEATURES, ("ward",))


def test_with_signal_the_model_is_served_and_measured() -> None:
    frame = labelled(1.0)
    trained = train_risk_model(frame, TASK, horizon_months=3)
    row, model = served_model(trained)
    assert row["status"] == "ok" and model is not None
    registry = to_pandas(trained)
    assert registry["is_served"].sum() == 1
    assert registry["train_end_date"].max() < registry["out_of_time_start_date"].min()
    metrics = to_pandas(measure_risk_model(trained, frame, TASK, horizon_months=3))
    assert (
        metrics.groupby(["model_id", "metric_name", "split_name", "segment_name"]).size().max() == 1
    )
    out = metrics[
        (metrics["model_role"] == "champion")
        & (metrics["split_name"] == "out_of_time")
        & (metrics["segment_name"] == "All")
    ].set_index("metric_name")
    slope = out.loc["calibration_slope"]
    assert slope["metric_lower"] < 1 < slope["metric_upper"]
    assert out.loc["auc", "metric_lower"] > 0.6
    thin = metrics[(metrics["segment_name"] == "intensive") & (metrics["status"] != "ok")]
    assert thin["metric_value"].isna().all()


def test_training_twice_is_the_same_and_other_data_are_another_model() -> None:
    frame = labelled(1.0)
    one, two = (
        to_pandas(train_risk_model(f, TASK, horizon_months=3)) for f in (frame, frame[::-1])
    )
    pd.testing.assert_frame_equal(one, two)
    other = frame.copy()
    other.loc[3, "Age"] = 20.0
    three = to_pandas(train_risk_model(other, TASK, horizon_months=3))
    assert set(three["model_id"]).isdisjoint(one["model_id"])


def test_without_signal_nothing_is_fit_for_use() -> None:
    """8 clinics without signal: AUC 0.5 within its interval, status says so, in all but chance."""
    fit = 0
    for seed in range(8):
        trained = to_pandas(
            train_risk_model(labelled(0.0, 100 + 10 * seed), TASK, horizon_months=3)
        )
        served = trained[trained["is_served"]].iloc[0]
        fit += served["status"] != "not_fit_for_use"
    assert fit <= 1  # 2.5 % each: two or more of 8 have a chance of 0.016


def test_too_few_events_are_said() -> None:
    frame = labelled(1.0).head(200)
    trained = to_pandas(train_risk_model(frame, TASK, horizon_months=3))
    assert set(trained["status"]) == {"insufficient_data"}
    assert trained["model_json"].isna().all()
    assert measure_risk_model(trained, frame, TASK, horizon_months=3).num_rows == 0


def test_windows_never_train_on_what_is_known_only_after_the_test() -> None:
    cuts = pd.date_range("2022-01-31", periods=30, freq="ME")
    for horizon in (1, 3, 6, 12):
        splits = split_of_cuts(cuts, horizon)
        first = splits.index[splits == "out_of_time"].min()
        used = splits.index[splits.isin(["train", "validation"])]
        assert (used + pd.offsets.MonthEnd(horizon) <= first).all()
        assert (splits == "purged").sum() == horizon - 1
