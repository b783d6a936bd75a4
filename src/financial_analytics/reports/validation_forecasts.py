"""The validation packs of models that forecast amounts: volume, customer value, frauds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from financial_analytics.reports.validation_parts import (
    METRIC_COLUMNS,
    ORACLE,
    Section,
    metric_rows,
    number,
)
from financial_analytics.stats.correlation import spearman

WITHOUT_TRUTH = "No ledger of truths of this bank: it is not a synthetic one."
YEAR = 365
MONTH = 30


@dataclass(frozen=True)
class Forecast:
    """What the pack of one model says besides its metrics.

    Attributes
    ----------
    relation : str
        Relation of gold with the forecasts in use.
    methods : sequence of str
        Sentences: champion, challenger, what both assume.
    limits : sequence of str
        Sentences: what the figures do not say.
    oracle : callable
        From the forecasts and the folder of truths: the comparison with the best that could be
        known, or None without a ledger.
    leaning : callable
        From the forecasts: how they vary with what they look at.
    """

    relation: str
    methods: Sequence[str]
    limits: Sequence[str]
    oracle: Callable[[pd.DataFrame, Path], Section | None]
    leaning: Callable[[pd.DataFrame], Section]


def _truth(folder: Path, name: str) -> pd.DataFrame | None:
    found = sorted(folder.glob(f"{name}*.parquet"))
    if not found:
        return None
    return pd.concat([pd.read_parquet(path) for path in found], ignore_index=True)


def volume_oracle(frame: pd.DataFrame, truth: Path) -> Section | None:
    """Compare forecasts of days that are over with the means that their counts were drawn from."""
    ledger = _truth(truth, "latent_expected_volume")
    if ledger is None:
        return None
    ledger["forecast_date"] = pd.to_datetime(ledger["transaction_date"])
    ledger["series_name"] = ledger["channel"].fillna("Unknown")
    total = ledger.assign(series_name="All channels")
    best = pd.concat([ledger, total]).groupby(["series_name", "forecast_date"])["expected_posted"]
    over = frame[~frame["is_ahead"].astype(bool) & frame["forecast_count"].notna()].copy()
    over["forecast_date"] = pd.to_datetime(over["forecast_date"])
    joined = over.merge(best.sum().rename("oracle").reset_index())
    rows = []
    for name, days in joined.groupby("series_name"):
        actual = days["actual_count"].astype(float)
        errors = [
            float((days[column].astype(float) - actual).abs().mean())
            for column in ("forecast_count", "oracle")
        ]
        ratio = errors[0] / errors[1] if errors[1] else float("nan")
        rows.append([str(name), f"{len(days):,}", *(number(value) for value in (*errors, ratio))])
    return Section(
        ORACLE,
        [
            "Mean absolute error of the forecasts of days that are over, and of the expected "
            "counts that the days were drawn from. A ratio of 1 is the best that can be."
        ],
        ("series", "days", "error of the model", "error of the oracle", "ratio"),
        rows,
    )


def value_oracle(frame: pd.DataFrame, truth: Path) -> Section | None:
    """Compare predicted values with the simulated year after the feeds and its expectation."""
    ledger = _truth(truth, "latent_customer_values")
    if ledger is None:
        return None
    joined = frame.dropna(subset=["predicted_clv_12m"]).merge(
        ledger, left_on="customer_natural_key", right_on="customer_id"
    )
    came = joined["future_margin_12m"].to_numpy(float)
    rows = []
    for label, column in (
        ("model", "predicted_margin_amount"),
        ("oracle: all feeds and the true parameters", "expected_margin_12m_filtered"),
    ):
        said = joined[column].to_numpy(float)
        ranked = spearman(said, came)
        rows.append(
            [label, number(said.sum() / came.sum()), number(ranked.estimate), number(ranked.lower),
             number(ranked.upper), number(float(np.abs(said - came).mean()), 2)]
        )  # fmt: skip
    return Section(
        ORACLE,
        [
            f"{len(joined):,} customers. What came is one simulated year after the last feed, "
            "which no feed holds; margin is not discounted here."
        ],
        ("forecast", "total over what came", "Spearman", "lower", "upper", "mean absolute error"),
        rows,
    )


def fraud_oracle(frame: pd.DataFrame, truth: Path) -> Section | None:
    """Compare the frauds expected in thirty days with those that the last year was drawn from."""
    ledger = _truth(truth, "latent_expected_frauds")
    if ledger is None:
        return None
    day = pd.to_datetime(ledger["transaction_date"])
    year = ledger[day > day.max() - pd.Timedelta(days=YEAR)]
    cell = ["merchant_category", "channel"]
    # planted frauds without a merchant are transfers, which the cells call by their type
    filled = year.fillna({"merchant_category": "Transfer", "channel": "Unknown"})
    best = filled.groupby(cell)["expected_frauds"].sum()
    ahead = frame[(frame["window_days"] == MONTH) & (frame["merchant_category"] != "All")]
    scaled = (best * MONTH / YEAR).rename("oracle").reset_index()
    joined = ahead.merge(scaled, on=cell, how="outer")
    joined = joined.fillna({"oracle": 0.0, "expected_fraud_count": 0.0})
    said, known = (joined[c].to_numpy(float) for c in ("expected_fraud_count", "oracle"))
    ranked = spearman(said, known)
    return Section(
        ORACLE,
        [
            f"{len(joined):,} cells of category and channel, thirty days. The oracle's number is "
            "the mean that the frauds of the last year were drawn from, for as many days."
        ],
        ("measure", "value", "lower", "upper"),
        [
            ["frauds expected by the model", number(said.sum(), 2), "", ""],
            ["frauds expected by the oracle", number(known.sum(), 2), "", ""],
            ["Spearman over cells", number(ranked.estimate), number(ranked.lower),
             number(ranked.upper)],
        ],
    )  # fmt: skip


LEANING = "Sensitivity"


def volume_leaning(frame: pd.DataFrame) -> Section:
    """Return how the forecasts ahead vary with the weekday and holidays."""
    ahead = frame[frame["is_ahead"].astype(bool) & (frame["series_name"] == "All channels")]
    day = pd.to_datetime(ahead["forecast_date"])
    kind = np.where(ahead["is_bank_holiday"].astype(bool), "bank holiday", day.dt.day_name())
    counts = ahead["forecast_count"].astype(float).groupby(kind)
    rows = [[str(name), f"{len(days):,}", number(days.mean(), 1)] for name, days in counts]
    text = "Mean forecast of a day ahead, all channels, by what the calendar says of it."
    return Section(LEANING, [text], ("day", "days", "transactions"), rows)


def value_leaning(frame: pd.DataFrame) -> Section:
    """Return how predicted value varies with how long ago and how often somebody bought."""
    known = frame.dropna(subset=["predicted_clv_12m"]).copy()
    rows = []
    for label, column in (
        ("days from the first look to the last purchase", "last_purchase_days"),
        ("purchases until now", "purchase_count"),
    ):
        bands = pd.qcut(known[column].astype(float), 4, duplicates="drop")
        for band, part in known.groupby(bands, observed=True):
            values = part["predicted_clv_12m"].astype(float)
            rows.append([label, str(band), f"{len(part):,}", number(values.mean(), 2)])
    text = "Mean predicted value of twelve months by quarters of what the model looks at."
    return Section(LEANING, [text], ("what", "between", "customers", "value"), rows)


def fraud_leaning(frame: pd.DataFrame) -> Section:
    """Return which cells the expected frauds of thirty days stand in."""
    ahead = frame[(frame["window_days"] == MONTH) & (frame["merchant_category"] != "All")]
    counts = ahead["expected_fraud_count"].astype(float)
    largest = ahead.assign(share=100 * counts / counts.sum()).nlargest(10, "share")
    rows = [
        [str(r["merchant_category"]), str(r["channel"]), number(r["expected_fraud_count"], 2),
         number(r["share"], 1)]
        for r in largest.to_dict("records")
    ]  # fmt: skip
    text = "The ten cells with most frauds expected in thirty days: the total leans on these."
    return Section(LEANING, [text], ("category", "channel", "frauds", "% of all"), rows)


FORECASTS: Mapping[str, Forecast] = {
    "volume": Forecast(
        "analytics_transaction_volume_forecast",
        [
            "Champion: the same weekday a week before. Challengers: the mean of the weekday, and "
            "a regression on weekday, month position, holidays and trend, at its own or the recent "
            "level. Each series is served by the method with the least error over past origins.",
            "Bounds are conformal: quantiles of the errors that the method made at past origins, "
            "as far ahead.",
            "Assumed: the calendar works next quarter as in the past two years, and errors ahead "
            "are like those of the past.",
        ],
        [
            "A campaign, outage or merger to come is in no forecast.",
            "The method was chosen on the origins that it is measured on: its error is a little "
            "too good; coverage is measured on origins whose errors its bounds had not seen.",
        ],
        volume_oracle,
        volume_leaning,
    ),
    "value": Forecast(
        "analytics_customer_lifetime_value_prediction",
        [
            "Champion: the margin of the last twelve months again. Challenger: BG/NBD for how "
            "often somebody will buy, gamma-gamma for how much (both with customers' own means), "
            "the margin of balances as it was, and the chance to stay of the segment.",
            "Assumed: who buys keeps a rate of his own until he stops for good; what a purchase "
            "is worth has nothing to do with how many there are; rates and prices stay.",
        ],
        [
            "A value is what a customer brings if nothing is done; it is no reason to treat one "
            "customer worse than another.",
            "Bounds are of a customer's value, not of the sum: the errors of customers that depend "
            "on one economy do not cancel out.",
        ],
        value_oracle,
        value_leaning,
    ),
    "fraud": Forecast(
        "analytics_fraud_risk_totals",
        [
            "Champion: the mean of the past. Challenger: a gamma-Poisson rate of each cell of "
            "category and channel, shrunk to the bank's, with what is still unlabelled added by "
            "the delays of past labels.",
            "Assumed: labels come as late as they did, and frauds of one incident come together "
            "as often as in the past (their number is more scattered than Poisson).",
        ],
        [
            "A new kind of fraud has no past: its cell says what was usual.",
            "Daily counts per cell are near zero; judge the windows of 7 and 30 days.",
        ],
        fraud_oracle,
        fraud_leaning,
    ),
}


def forecast_sections(
    name: str, row: dict[str, Any], metrics: pd.DataFrame, frame: pd.DataFrame, truth: Path
) -> list[Section]:
    """Return the parts of the pack of a served forecast.

    Parameters
    ----------
    name : str
        One of `FORECASTS`.
    row : dict
        Its served row of ``model_registry``.
    metrics : DataFrame
        Rows of ``model_metrics`` of this model, of both roles.
    frame : DataFrame
        The relation that `FORECASTS` names.
    truth : Path
        Folder of the ledger of a synthetic bank, which may be missing.
    """
    what = FORECASTS[name]
    metrics = metrics.assign(
        metric_name=metrics["metric_name"]
        + np.where(metrics["model_id"] == row["model_id"], ", served", ", other")
    )
    whole = metrics["segment_kind"] == "all"
    covers = metrics["metric_name"].str.startswith("coverage")
    first, last = (str(row[f"out_of_time_{end}_date"])[:10] for end in ("start", "end"))
    trained = (
        "All that was labelled by then is learnt from; "
        if pd.isna(row["train_count"])
        else f"{row['train_count']:,.0f} days or customers up to {str(row['train_end_date'])[:10]} "
        "are learnt from; "
    )
    return [
        Section(
            "Purpose and use",
            [
                f"{row['target']}. Served: the {row['model_role']}, {row['model_kind']}; status "
                f"{row['status']}. Read from gold.{what.relation}.",
            ],
        ),
        Section(
            "Data",
            [
                f"{trained}judged on origins from {first} to {last}, each "
                "with what was known then. Fingerprint of the data "
                f"{row['data_fingerprint']}, of the code {row['code_fingerprint']}.",
            ],
        ),
        Section(
            "Method and assumptions",
            [
                *what.methods,
                "Challenger less champion on the first figure below: "
                f"{number(row['difference_statistic'])} "
                f"({number(row['difference_statistic_lower'])} to "
                f"{number(row['difference_statistic_upper'])}).",
            ],
        ),
        Section(
            "Outcomes: how near it was",
            ["Out of time, the served model and the one that it stood against."],
            METRIC_COLUMNS,
            metric_rows(metrics[whole & ~covers]),
        ),
        what.oracle(frame, truth) or Section(ORACLE, [WITHOUT_TRUTH]),
        Section(
            "Calibration",
            ["Share of what came that lay inside its bounds; right is what the bounds promise."],
            METRIC_COLUMNS,
            metric_rows(metrics[whole & covers]),
        ),
        what.leaning(frame),
        Section(
            "Groups",
            ["The same figures by group."]
            if (~whole).any()
            else ["This model is judged as a whole; it has no figures by group."],
            METRIC_COLUMNS,
            metric_rows(metrics[~whole]),
        ),
        Section("Limits", what.limits),
        Section(
            "Monitoring",
            [
                "Every complete month end judges again; the figures are in gold.model_metrics. "
                "Look when the interval of a coverage leaves what the bounds promise, when the "
                "other model is better beyond the interval of the difference, or the status is "
                "not ok."
            ],
        ),
    ]
