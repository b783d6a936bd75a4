"""The validation pack of a predictive model: one page by the structure of SR 26-2."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from financial_analytics.build import target_name
from financial_analytics.engines.table import engine_of
from financial_analytics.errors import UserInputError
from financial_analytics.models.frames import to_pandas
from financial_analytics.models.predictive.risk import RiskModel
from financial_analytics.models.predictive.score_sql import score_sql
from financial_analytics.reports.page import validation_page
from financial_analytics.reports.reader import live_run
from financial_analytics.reports.report import _write
from financial_analytics.reports.validation_forecasts import (
    FORECASTS,
    WITHOUT_TRUTH,
    forecast_sections,
)
from financial_analytics.reports.validation_parts import (
    METRIC_COLUMNS,
    ORACLE,
    Section,
    metric_rows,
    number,
)
from financial_analytics.settings import Settings
from financial_analytics.stats.roc import auc_difference, auc_interval

FEATURES = {
    "churn": ("features_customer", "customer_natural_key"),
    "default": ("features_loan", "account_natural_key"),
}
"""Relation of gold that a model is scored on, and the key of its rows."""
FOLDER = "validation"
SHIFTS = (0.1, 0.9)
"""Quantiles that sensitivity sets each feature to."""


def _used(row: dict[str, Any], model: RiskModel) -> list[list[str]]:
    return [[feature.name, feature.kind, feature.label] for feature in model.features]


def sensitivity(model: RiskModel, frame: pd.DataFrame) -> list[list[str]]:
    """Return how the mean risk moves when a number is set to its low and its high tenth."""
    base = float(model.score(frame).mean())
    rows = []
    for feature in model.features:
        if feature.kind != "number":
            continue
        values = pd.to_numeric(frame[feature.name], errors="coerce").astype(float)
        low, high = (float(values.quantile(share)) for share in SHIFTS)
        moved = [
            float(model.score(frame.assign(**{feature.name: value})).mean())
            for value in (low, high)
        ]
        rows.append(
            [feature.label, feature.said(low), f"{100 * (moved[0] - base):+.3f}",
             feature.said(high), f"{100 * (moved[1] - base):+.3f}"]
        )  # fmt: skip
    return rows


def with_truth(name: str, frame: pd.DataFrame, truth: Path, horizon: int) -> pd.DataFrame | None:
    """Return the rows of a synthetic bank with what happened and the best that could be known.

    Columns ``happened`` and ``oracle``: the chance given the true parameters and all feeds until
    the month end. None without a ledger of truths.
    """
    file = {"churn": "latent_customer_months", "default": "latent_loan_months"}.get(name)
    found = sorted(truth.glob(f"{file}*.parquet")) if file else []
    if not found:
        return None
    ledger = pd.concat([pd.read_parquet(path) for path in found], ignore_index=True)
    if name == "churn":
        ledger["cut_date"] = pd.to_datetime(ledger["month"]) + pd.offsets.MonthEnd(0)
        ledger = ledger.rename(
            columns={
                "customer_id": "customer_natural_key",
                f"leave_probability_{horizon}m_filtered": "oracle",
            }
        )
        if "oracle" not in ledger:
            return None
        lives = pd.concat(
            [pd.read_parquet(path) for path in sorted(truth.glob("latent_customers*.parquet"))]
        )
        left = pd.to_datetime(lives.set_index("customer_id")["leave_date"])
        joined = frame.merge(
            ledger[["customer_natural_key", "cut_date", "oracle"]],
            on=["customer_natural_key", "cut_date"],
        )
        gone = joined["customer_natural_key"].map(left)
        end = joined["cut_date"] + pd.offsets.MonthEnd(horizon)
        joined["happened"] = (gone > joined["cut_date"]) & (gone <= end)
    else:
        ledger["due_date"] = pd.to_datetime(ledger["due_date"])
        ledger["cut_date"] = ledger["due_date"] + pd.offsets.MonthEnd(-1)
        ledger = ledger.rename(
            columns={
                "account_id": "account_natural_key",
                "default_probability_12m_filtered": "oracle",
            }
        )
        missed = ledger[ledger["defaults"]].groupby("account_natural_key")["due_date"].min()
        joined = frame.merge(
            ledger[["account_natural_key", "cut_date", "oracle"]],
            on=["account_natural_key", "cut_date"],
        )
        first = joined["account_natural_key"].map(missed) + pd.Timedelta(days=90)
        end = joined["cut_date"] + pd.offsets.MonthEnd(horizon)
        joined["happened"] = (first > joined["cut_date"]) & (first <= end)
    return joined.dropna(subset=["oracle"]).reset_index(drop=True)


def oracle_section(
    name: str, row: dict[str, Any], model: RiskModel, frame: pd.DataFrame, truth: Path, key: str
) -> Section:
    """Return the comparison with the best that an observer could have known."""
    cuts = (frame["cut_date"] >= row["out_of_time_start_date"]) & (
        frame["cut_date"] <= row["out_of_time_end_date"]
    )
    known = with_truth(name, frame[cuts], truth, int(row["horizon_months"]))
    if known is None or known["happened"].nunique() < 2:
        return Section(ORACLE, [WITHOUT_TRUTH])
    score = model.log_odds(known)
    options: dict[str, Any] = {"clusters": known[key].to_numpy()}
    gap = auc_difference(known["happened"], known["oracle"], score, **options)
    rows = [
        [label, number(found.value), number(found.lower), number(found.upper)]
        for label, found in (
            ("AUC of the model", auc_interval(known["happened"], score, **options)),
            ("AUC of the oracle", auc_interval(known["happened"], known["oracle"], **options)),
            ("oracle less model", gap),
        )
    ]
    return Section(
        ORACLE,
        [
            f"{len(known):,} rows out of time, {int(known['happened'].sum()):,} events. The oracle "
            "knows the true parameters and every feed until the month end, not the future."
        ],
        ("measure", "value", "lower", "upper"),
        rows,
    )


def sections_of(
    name: str, row: dict[str, Any], metrics: pd.DataFrame, frame: pd.DataFrame, truth: Path
) -> list[Section]:
    """Return the parts of the pack of a served model."""
    model = RiskModel.from_json(row["model_json"])
    own = metrics[metrics["model_id"] == row["model_id"]]
    whole = own[own["segment_kind"] == "all"]
    newest = frame[frame["cut_date"] == frame["cut_date"].max()]
    spans = [
        [split, str(row[f"{split}_start_date"])[:10], str(row[f"{split}_end_date"])[:10]]
        for split in ("train", "validation", "out_of_time")
    ]

    def metric_section(heading: str, names: Sequence[str], *sentences: str) -> Section:
        chosen = whole[whole["metric_name"].isin(names)]
        return Section(heading, sentences, METRIC_COLUMNS, metric_rows(chosen))

    return [
        Section(
            "Purpose and use",
            [
                f"{row['target']}, within {row['horizon_months']} months after a month end. "
                f"Served: the {row['model_role']}, a {row['model_kind']}; status {row['status']}.",
                f"At a probability of {number(row['threshold_rate'])} acting costs as much as "
                "not acting.",
            ],
        ),
        Section(
            "Data",
            [
                f"{row['train_count']:,.0f} rows and {row['train_event_count']:,.0f} events were "
                f"trained on; fingerprint of the data {row['data_fingerprint']}, of the code "
                f"{row['code_fingerprint']}. Features are as of month ends, by the time of "
                "versions and events; changing all that is later changes none (tested)."
            ],
            ("split", "first month end", "last month end"),
            spans,
        ),
        Section(
            "Method and assumptions",
            [
                "Champion: a logit on weights of evidence of binned features, each bin shrunk "
                "towards the mean. Challenger: boosted trees of at most eight leaves. Level and, "
                "where it is not 1 beyond chance, slope of the log odds are set on validation.",
                "Assumed: units are independent of each other; the relation of features and "
                "outcome lasts from training to use; who leaves the population otherwise (paid "
                "off, closed) counts as no event.",
                f"Challenger less champion, AUC out of time: {number(row['difference_statistic'])}"
                f" ({number(row['difference_statistic_lower'])} to "
                f"{number(row['difference_statistic_upper'])}).",
            ],
            ("feature", "kind", "meaning"),
            _used(row, model),
        ),
        metric_section("Outcomes: how well it ranks", ("auc", "gini", "ks", "brier")),
        oracle_section(name, row, model, frame, truth, FEATURES[name][1]),
        metric_section(
            "Calibration",
            ("calibration_intercept", "calibration_slope", "event_rate", "mean_probability"),
            "Slope 1 and intercept 0 are right.",
        ),
        metric_section(
            "Stability",
            ("psi",),
            "Population stability of the score against training: below 0.1 "
            "nothing moved, above 0.25 the population is another one.",
        ),
        Section(
            "Sensitivity",
            [
                "Change of the mean risk on the newest month end, in percentage points, when one "
                "number is set to its 10th and its 90th percentile for everybody."
            ],
            ("feature", "low", "change", "high", "change"),
            sensitivity(model, newest),
        ),
        Section(
            "Groups",
            ["The same metrics by group, out of time; groups with few events are withheld."],
            METRIC_COLUMNS,
            metric_rows(
                own[
                    (own["segment_kind"] != "all")
                    & (own["split_name"] == "out_of_time")
                    & own["metric_name"].isin(("auc", "calibration_slope", "event_rate"))
                ]
            ),
        ),
        Section(
            "Limits",
            [
                "A reason says what the model looks at, not what would change the outcome.",
                "Outcomes of the last "
                f"{row['horizon_months']} months are not known yet: a change since then is not in "
                "any figure here.",
                "KS intervals leave out the search for the score where the gap is largest.",
            ],
        ),
        Section(
            "Monitoring",
            [
                "Every complete month end trains and measures again; the figures are in "
                "gold.model_metrics. Look when PSI passes 0.25, the interval of the calibration "
                "slope leaves 1, or the status is not ok."
            ],
        ),
    ]


def write_pack(settings: Settings, name: str, target: str | None = None) -> list[Path]:
    """Write the pack of a model from the warehouse; return what was written.

    Raises
    ------
    UserInputError
        If the model is not a risk model, or could not be trained.
    EngineError
        If there is no warehouse, or it is in use.
    """
    if name not in {*FEATURES, *FORECASTS}:
        raise UserInputError(
            f"there is no validation pack of {name!r}",
            hint=f"give one of: {', '.join(sorted({*FEATURES, *FORECASTS}))}",
        )
    relation = FEATURES[name][0] if name in FEATURES else FORECASTS[name].relation
    with engine_of(target_name(target)).gold.open_gold(settings) as gold:
        missing = sorted({"model_registry", "model_metrics", relation} - set(gold.names()))
        if missing:
            raise UserInputError(
                f"gold has no {', '.join(missing)}", hint="build everything: fa build"
            )
        models, metrics, frame = (
            to_pandas(gold.table(each)) for each in ("model_registry", "model_metrics", relation)
        )
        run = live_run(gold)
    models = models[models["model_name"] == name]
    served = models[models["is_served"].astype(bool)]
    truth = settings.feeds_dir / "synthetic" / "truth"
    page = settings.reports_dir / FOLDER / f"{name}.html"
    if name in FORECASTS:
        if served.empty or served.iloc[0]["status"] == "insufficient_data":
            raise UserInputError(
                f"{name} could not be fitted: too little history",
                hint="see status in gold.model_registry",
            )
        own = metrics[metrics["model_name"] == name]
        row = {str(k): v for k, v in served.iloc[0].items()}
        parts = forecast_sections(name, row, own, frame, truth)
        _write(page, validation_page(name, parts, run))
        return [page]
    key = FEATURES[name][1]
    if served.empty or pd.isna(served.iloc[0]["model_json"]):
        raise UserInputError(
            f"{name} could not be trained: too few events", hint="see status in gold.model_registry"
        )
    frame["cut_date"] = pd.to_datetime(frame["cut_date"])
    row = {str(k): v for k, v in served.iloc[0].items()}
    for column in ("out_of_time_start_date", "out_of_time_end_date"):
        row[column] = pd.Timestamp(row[column])
    sections = sections_of(name, row, metrics, frame, truth)
    _write(page, validation_page(name, sections, run))
    written = [page]
    champion = RiskModel.from_json(
        str(models[models["model_role"] == "champion"].iloc[0]["model_json"])
    )
    query = page.with_name(f"{name}_champion.sql")
    _write(query, score_sql(champion, f"gold.{relation}", [key, "cut_date"]))
    return [*written, query]
