"""The validation pack: its parts, the comparison with the truth, sensitivity by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score
from tests.unit.test_risk_models import FEATURES, labelled

from financial_analytics import cli_models
from financial_analytics.errors import UserInputError
from financial_analytics.models.frames import to_pandas
from financial_analytics.models.predictive.risk import RiskModel
from financial_analytics.models.predictive.training import (
    RiskTask,
    measure_risk_model,
    train_risk_model,
)
from financial_analytics.reports.page import validation_page
from financial_analytics.reports.reader import RunInfo
from financial_analytics.reports.validation import Section, sections_of, sensitivity
from financial_analytics.settings import find_project_dir

TASK = RiskTask("churn", "The customer leaves", "customer_natural_key", FEATURES, ("ward",))


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return labelled(1.0).rename(columns={"patient_id": "customer_natural_key"})


@pytest.fixture(scope="module")
def sections(frame: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Section]:
    truth = tmp_path_factory.mktemp("truth")
    # one life per row: each row is a customer of its own
    rows = frame.assign(customer_natural_key=np.arange(len(frame)))
    months = rows["cut_date"].dt.to_period("M").dt.to_timestamp()
    pd.DataFrame(
        {
            "customer_id": rows["customer_natural_key"],
            "month": months,
            "leave_probability_3m_filtered": rows["chance"],
        }
    ).to_parquet(truth / "latent_customer_months.parquet")
    pd.DataFrame(
        {
            "customer_id": rows["customer_natural_key"],
            "leave_date": (rows["cut_date"] + pd.Timedelta(days=9)).where(rows["is_event"]),
        }
    ).to_parquet(truth / "latent_customers.parquet")
    trained = train_risk_model(rows, TASK, horizon_months=3)
    metrics = to_pandas(measure_risk_model(trained, rows, TASK, horizon_months=3))
    registry = to_pandas(trained)
    row = registry[registry["is_served"]].iloc[0].to_dict()
    for name in ("out_of_time_start_date", "out_of_time_end_date"):
        row[name] = pd.Timestamp(row[name])
    found = sections_of("churn", row, metrics, rows, truth)
    return {section.heading: section for section in found}


def test_the_pack_has_the_parts_of_the_guidance(sections: dict[str, Section]) -> None:
    assert list(sections) == [
        *("Purpose and use", "Data", "Method and assumptions", "Outcomes: how well it ranks"),
        *("Against the best that could be known", "Calibration", "Stability", "Sensitivity"),
        *("Groups", "Limits", "Monitoring"),
    ]
    page = validation_page("churn", list(sections.values()), RunInfo("r", None, "x", None, {}))
    assert "http" not in page.replace("http-equiv", "")
    assert "The customer leaves" in page


def test_the_oracle_is_measured_out_of_time(
    sections: dict[str, Section], frame: pd.DataFrame
) -> None:
    cuts = sorted(frame["cut_date"].unique())[-2:]
    outside = frame[frame["cut_date"].isin(cuts)]
    oracle = {
        row[0]: float(row[1]) for row in sections["Against the best that could be known"].rows
    }
    assert oracle["AUC of the oracle"] == pytest.approx(
        roc_auc_score(outside["is_event"], outside["chance"]), abs=1e-4
    )
    assert 0 < oracle["oracle less model"] < 0.05


def test_sensitivity_says_what_a_number_moves(frame: pd.DataFrame) -> None:
    trained = to_pandas(train_risk_model(frame, TASK, horizon_months=3))
    model = RiskModel.from_json(trained["model_json"].iloc[0])
    (age,) = (row for row in sensitivity(model, frame) if row[0] == "Age")
    high = float(frame["Age"].quantile(0.9))
    moved = model.score(frame.assign(Age=high)).mean() - model.score(frame).mean()
    assert float(age[4]) == pytest.approx(100 * moved, abs=1e-3)
    assert float(age[2]) < 0 < float(age[4])


def test_names_come_from_the_project_and_others_are_refused() -> None:
    project: Path = find_project_dir()
    assert {"churn", "default"} <= set(cli_models.trained_names(project))
    with pytest.raises(UserInputError, match="no model 'weather'"):
        cli_models.checked_name("weather", project)
