"""What customers will be worth, and how such predictions did before."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from scipy.stats import norm

from financial_analytics.models.columns import (
    DATE,
    DOUBLE,
    FLAG,
    LONG,
    TEXT,
    WHOLE,
    clock_date,
    fields,
    with_bounds,
)
from financial_analytics.models.frames import to_pandas, to_table, too_little
from financial_analytics.models.predictive.value_model import (
    MONTH,
    YEAR_MONTHS,
    Prices,
    ValueModel,
    enough,
    fit_value,
    last_year,
    levelled,
    purchases_of,
    year_of,
)
from financial_analytics.models.threads import one_thread
from financial_analytics.stats.correlation import spearman
from financial_analytics.stats.coverage import tails

Floats = NDArray[np.float64]
LONG_MONTHS = 36
NOBODY = -1
"""No customer's key: the loader refuses it."""
CURRENT, HOLDOUT, CALIBRATION = "current", "holdout", "calibration"
LAST_YEAR, BUY_TILL_YOU_DIE = "last_year_again", "bg_nbd_gamma_gamma"
METHODS = (LAST_YEAR, BUY_TILL_YOU_DIE)
"""In order of simplicity: the margin of the last year again; purchases, amounts and the rest."""
BINS = 10
BETTER = 0.01

MONEY = pa.decimal128(18, 2)
BACKTEST_SCHEMA = pa.schema(
    [
        pa.field("method_name", TEXT),
        pa.field("customer_natural_key", WHOLE),
        pa.field("customer_segment", TEXT),
        pa.field("cut_date", DATE),
        *fields(with_bounds("predicted_margin_amount"), DOUBLE),
        pa.field("actual_margin_amount", DOUBLE),
        *fields(with_bounds("total_ratio_index", "rank_correlation"), DOUBLE),
        pa.field("is_served", FLAG),
        pa.field("coverage_pct", DOUBLE),
        *fields(["reporting_currency", "status"], TEXT),
        pa.field("as_of_date", DATE),
    ]
)
SCHEMA = pa.schema(
    [
        pa.field("customer_natural_key", WHOLE),
        pa.field("customer_segment", TEXT),
        pa.field("prediction_date", DATE),
        *fields(["purchase_count", "observed_days"], LONG),
        pa.field("last_purchase_days", LONG),
        *fields(["p_alive", "expected_transactions", "expected_purchase_amount"], DOUBLE),
        *fields(["last_year_margin_amount", "predicted_margin_amount"], MONEY),
        *fields(with_bounds("predicted_clv_12m"), MONEY),
        pa.field("predicted_clv_36m", MONEY),
        pa.field("value_band", TEXT),
        pa.field("model_name", TEXT),
        *fields(with_bounds("total_ratio_index", "rank_correlation"), DOUBLE),
        pa.field("sample_count", LONG),
        pa.field("coverage_pct", DOUBLE),
        *fields(["reporting_currency", "status"], TEXT),
        pa.field("as_of_date", DATE),
    ]
)


def _sorted(rows: pd.DataFrame, cut: str) -> pd.DataFrame:
    return rows[rows["cut_name"] == cut].sort_values("customer_natural_key", ignore_index=True)


def _bands(predicted: Floats, actual: Floats, confidence: float) -> tuple[Floats, Floats, Floats]:
    """Return edges of bins of the prediction, and lower and upper errors within each."""
    edges = np.quantile(predicted, np.linspace(0, 1, BINS + 1)[1:-1])
    which = np.searchsorted(edges, predicted, side="right")
    below, above = tails(confidence)
    low, high = np.zeros(BINS), np.zeros(BINS)
    for k in range(BINS):
        part = (actual - predicted)[which == k]
        if len(part):
            low[k], high[k] = np.quantile(part, below), np.quantile(part, above)
    return edges, np.minimum(low, 0), np.maximum(high, 0)


def _within(predicted: Floats, bands: tuple[Floats, Floats, Floats]) -> tuple[Floats, Floats]:
    edges, low, high = bands
    which = np.searchsorted(edges, predicted, side="right")
    return predicted + low[which], predicted + high[which]


def _ratio(actual: Floats, predicted: Floats, confidence: float) -> tuple[float, float, float]:
    """Return predicted over actual total, with the interval of the ratio estimator."""
    total = float(actual.sum())
    if total <= 0:
        return (np.nan, np.nan, np.nan)
    ratio = float(predicted.sum()) / total
    error = float(np.sqrt(((predicted - ratio * actual) ** 2).sum())) / total
    half = float(norm.ppf(tails(confidence)[1])) * error
    return ratio, ratio - half, ratio + half


def _predictions(
    states: pd.DataFrame, cut: str, before: str, prices: Prices, confidence: float
) -> tuple[pd.DataFrame, dict[str, Floats], ValueModel] | None:
    """Return rows of a cut, both methods' next year, and the model, from what was known then."""
    rows, earlier = _sorted(states, cut), _sorted(states, before)
    if rows.empty or not enough(rows):
        return None
    model = fit_value(rows, earlier, confidence=confidence)
    model = levelled(model, earlier, prices, confidence)
    return rows, {LAST_YEAR: last_year(rows), BUY_TILL_YOU_DIE: year_of(model, rows, prices)}, model


@one_thread
def value_backtest(
    states: Any, clock: Any, *, interchange_rate: float, discount_rate: float,
    confidence: float = 0.95, currency: str = "USD",
) -> pa.Table:  # fmt: skip
    """Return `analytics_customer_lifetime_value_backtest`: the last known year as predicted.

    Parameters
    ----------
    states, clock : relation
        ``int_customer_value_states``, ``data_clock``.
    interchange_rate, discount_rate, confidence : float

    Notes
    -----
    Fitted a year back, purchases at the level found two years back. Bounds: errors of the year
    before, by tenth of the prediction; there are none where that year is not known.
    """
    frame, times = to_pandas(states), to_pandas(clock)
    prices = Prices(float(interchange_rate), float(discount_rate))
    share = float(confidence)
    found = _predictions(frame, HOLDOUT, CALIBRATION, prices, share)
    if found is None:
        return too_little(
            BACKTEST_SCHEMA, clock_date(times), method_name=LAST_YEAR, customer_natural_key=NOBODY
        )
    held, said, _ = found
    before = _predictions(frame, CALIBRATION, "", prices, share)
    parts = []
    for name in METHODS:
        part = held[["customer_natural_key", "customer_segment", "cut_date"]].copy()
        part["method_name"], part["predicted_margin_amount"] = name, said[name]
        low = high = np.full(len(held), np.nan)
        if before is not None:
            past = before[0]["later_margin_amount"].to_numpy(dtype=float)
            low, high = _within(said[name], _bands(before[1][name], past, share))
        part["predicted_margin_amount_lower"] = low
        part["predicted_margin_amount_upper"] = high
        part["actual_margin_amount"] = held["later_margin_amount"].to_numpy(dtype=float)
        parts.append(part)
    made = pd.concat(parts, ignore_index=True)
    made["status"], made["as_of_date"] = "ok", clock_date(times)
    made["coverage_pct"], made["reporting_currency"] = 100 * share, currency
    scores = judge(made, share)
    made["is_served"] = made["method_name"] == served(scores)
    for name in METHODS:
        for column, found_value in _evidence(scores, name).items():
            made.loc[made["method_name"] == name, column] = found_value
    return to_table(made, BACKTEST_SCHEMA)


def judge(backtests: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Return metrics of each method on the last known year, each with its interval.

    Parameters
    ----------
    backtests : DataFrame
        Rows of ``analytics_customer_lifetime_value_backtest``.

    Returns
    -------
    DataFrame
        ``method_name, metric_name, metric_value, metric_lower, metric_upper, sample_count``;
        no rows where nothing is known.
    """
    frame = backtests[backtests["status"] == "ok"]
    z = float(norm.ppf(tails(confidence)[1]))
    rows: list[dict[str, Any]] = []
    for name in METHODS:
        part = frame[frame["method_name"] == name].sort_values("customer_natural_key")
        if part.empty:
            continue
        actual = part["actual_margin_amount"].to_numpy(dtype=float)
        said = part["predicted_margin_amount"].to_numpy(dtype=float)
        rank = spearman(said, actual, confidence=confidence)
        miss = np.abs(actual - said)
        half = z * float(miss.std(ddof=1)) / np.sqrt(len(miss))
        metrics = {
            "total_ratio": _ratio(actual, said, confidence),
            "spearman": (rank.estimate, rank.lower, rank.upper),
            "mean_absolute_error": (miss.mean(), miss.mean() - half, miss.mean() + half),
        }
        low = part["predicted_margin_amount_lower"].to_numpy(dtype=float)
        high = part["predicted_margin_amount_upper"].to_numpy(dtype=float)
        if np.isfinite(low).all():
            inside = float(((actual >= low) & (actual <= high)).mean())
            wide = z * np.sqrt(inside * (1 - inside) / len(actual))
            metrics["coverage"] = (inside, inside - wide, inside + wide)
        rows += [
            {
                "method_name": name,
                "metric_name": metric,
                "metric_value": value,
                "metric_lower": lower,
                "metric_upper": upper,
                "sample_count": len(actual),
            }
            for metric, (value, lower, upper) in metrics.items()
        ]
    return pd.DataFrame(rows, columns=_METRICS)


def served(metrics: pd.DataFrame) -> str:
    """Return the simpler method, unless the other's mean error is lower by a hundredth."""
    errors = metrics[metrics["metric_name"] == "mean_absolute_error"].set_index("method_name")
    error = errors["metric_value"]
    better = error[BUY_TILL_YOU_DIE] < (1 - BETTER) * error[LAST_YEAR]
    return BUY_TILL_YOU_DIE if better else LAST_YEAR


def _evidence(scores: pd.DataFrame, method: str) -> dict[str, float]:
    """Return total ratio and rank correlation of a method, with their bounds, as columns."""
    rows = scores[scores["method_name"] == method].set_index("metric_name")
    ends = (("", "metric_value"), ("_lower", "metric_lower"), ("_upper", "metric_upper"))
    return {
        f"{column}{end}": float(rows[name][metric])
        for column, metric in (
            ("total_ratio_index", "total_ratio"),
            ("rank_correlation", "spearman"),
        )
        for end, name in ends
    }


_METRICS = [
    *("method_name", "metric_name", "metric_value", "metric_lower", "metric_upper"),
    "sample_count",
]


def _value_bands(values: Floats) -> NDArray[np.object_]:
    """Return each customer's quarter of the predicted value: Top, High, Middle, Low."""
    place = pd.Series(values).rank(method="first", pct=True).to_numpy()
    names = np.array(["Low", "Middle", "High", "Top"], dtype=object)
    return np.asarray(names[np.minimum((place * 4 - 1e-9).astype(int), 3)])


@one_thread
def value_predictions(
    states: Any, backtests: Any, clock: Any, *, interchange_rate: float, discount_rate: float,
    confidence: float = 0.95, currency: str = "USD",
) -> pa.Table:  # fmt: skip
    """Return `analytics_customer_lifetime_value_prediction`: one row per customer.

    Parameters
    ----------
    states, backtests, clock : relation
        ``int_customer_value_states``, ``analytics_customer_lifetime_value_backtest``,
        ``data_clock``.
    interchange_rate : float
        Share of a purchase that is margin.
    discount_rate : float
        Yearly.

    Notes
    -----
    Purchases: BG/NBD (Fader, Hardie and Lee 2005), time from joining or the first day of the
    feeds. Amount of a purchase: gamma-gamma (Fader and Hardie 2013). Margin that is no
    interchange stays what it was in the last quarter, while the customer does. Purchases are at
    the level that the last known year needed.
    """
    frame, tests, times = to_pandas(states), to_pandas(backtests), to_pandas(clock)
    prices = Prices(float(interchange_rate), float(discount_rate))
    share = float(confidence)
    found = _predictions(frame, CURRENT, HOLDOUT, prices, share)
    rows = _sorted(frame, CURRENT)
    unknown = [name for name in SCHEMA.names if name not in rows]
    made = rows.assign(**dict.fromkeys(unknown))
    made["status"] = "insufficient_data"
    made["as_of_date"] = clock_date(times)
    made["prediction_date"] = rows["cut_date"]
    made["coverage_pct"], made["reporting_currency"] = 100 * share, currency
    made["last_year_margin_amount"] = rows["margin_amount"]
    scores = judge(tests, share)
    if found is None or scores.empty:
        return to_table(made, SCHEMA)
    _, said, model = found
    method = served(scores)
    weights = prices.weights(LONG_MONTHS)
    if method == BUY_TILL_YOU_DIE:
        monthly = model.monthly(rows, prices, LONG_MONTHS)
    else:
        stay = rows["customer_segment"].map(model.staying).to_numpy(dtype=float)[:, None]
        monthly = (said[LAST_YEAR] / YEAR_MONTHS)[:, None] * stay ** np.arange(1, LONG_MONTHS + 1)
    year = monthly[:, :YEAR_MONTHS]
    seen = purchases_of(rows)
    made["p_alive"] = model.buying.alive(seen)
    made["expected_transactions"] = model.buying.expected(seen, MONTH * YEAR_MONTHS)
    made["expected_purchase_amount"] = model.amounts(rows)
    made["predicted_margin_amount"] = year.sum(axis=1)
    made["predicted_clv_12m"] = year @ weights[:YEAR_MONTHS]
    made["predicted_clv_36m"] = monthly @ weights
    held = tests[tests["method_name"] == method].sort_values("customer_natural_key")
    predicted = year.sum(axis=1)
    bands = _bands(
        held["predicted_margin_amount"].to_numpy(dtype=float),
        held["actual_margin_amount"].to_numpy(dtype=float), share,
    )  # fmt: skip
    low, high = _within(predicted, bands)
    value = made["predicted_clv_12m"].to_numpy(dtype=float)
    made["predicted_clv_12m_lower"] = value + (low - predicted)
    made["predicted_clv_12m_upper"] = value + (high - predicted)
    made["value_band"] = _value_bands(made["predicted_clv_12m"].to_numpy(dtype=float))
    made["model_name"] = method
    made = made.assign(**_evidence(scores, method))
    made["sample_count"] = len(rows)
    made["status"] = "ok"
    return to_table(made, SCHEMA)
