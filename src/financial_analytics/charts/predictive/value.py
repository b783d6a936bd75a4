"""Charts of category 05 about what customers will be worth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from financial_analytics.charts.kit import theme
from financial_analytics.charts.kit.frames import currency_of, known
from financial_analytics.charts.kit.parts import row_height
from financial_analytics.charts.kit.predictions import bounded
from financial_analytics.charts.registry import chart

MOST_POINTS = 1500
GROUPS = 10
WORDS = {
    "last_year_again": "the margin of the last year again",
    "bg_nbd_gamma_gamma": "BG/NBD and gamma-gamma with other margin",
}
BANDS = ("Top", "High", "Middle", "Low")


def _spread(rows: pd.DataFrame, most: int) -> pd.DataFrame:
    """Return at most `most` rows, evenly over the order of the prediction."""
    ordered = rows.sort_values(["predicted_margin_amount", "customer_natural_key"], kind="stable")
    if len(ordered) <= most:
        return ordered
    return ordered.iloc[np.linspace(0, len(ordered) - 1, most).round().astype(int)]


def _signed_log(values: pd.Series) -> list[float]:
    """Return values on a scale that is linear near zero and logarithmic beyond 10."""
    plain = values.to_numpy(dtype=float)
    scaled = np.sign(plain) * np.log10(1 + np.abs(plain) / 10)
    return [float(value) for value in scaled]


def _ticks(currency: str, low: float, high: float) -> dict[str, list[object]]:
    marks = [-10_000.0, -1000.0, -100.0, 0.0, 100.0, 1000.0, 10_000.0, 100_000.0]
    places = _signed_log(pd.Series(marks))
    kept = [(p, m) for p, m in zip(places, marks, strict=True) if low - 0.2 <= p <= high + 0.2]
    return {
        "tickvals": [place for place, _ in kept],
        "ticktext": [theme.money(mark, currency) for _, mark in kept],
    }


@chart(
    id="predictive.value_actual_and_predicted",
    order=80,
    model="analytics_customer_lifetime_value_backtest",
    title="Predicted and actual margin of the last known year",
    unit="margin of a customer in twelve months, reporting currency",
    reading=(
        "Each dot is a customer: what was predicted a year ago, and what came. Large diamonds are "
        "the means of tenths of the customers by prediction; on the line both are equal. Both "
        "axes are logarithmic away from zero."
    ),
    needs=(
        *("customer_natural_key", "predicted_margin_amount", "actual_margin_amount"),
        *("method_name", "is_served", "total_ratio_index", "rank_correlation", "cut_date"),
    ),
    measures=("predicted_margin_amount",),
    span="full",
)
def value_actual_and_predicted(frame: pd.DataFrame) -> go.Figure:
    """Scatter of customers, means of tenths, and the line of equality."""
    rows = known(frame, "predicted_margin_amount", "actual_margin_amount")
    rows = rows[rows["is_served"].fillna(False).astype(bool)]
    if rows.empty:
        return theme.empty_figure("no year is known in which a prediction could be judged")
    currency = currency_of(rows)
    drawn = _spread(rows, MOST_POINTS)
    ordered = rows.sort_values(["predicted_margin_amount", "customer_natural_key"], kind="stable")
    parts = np.array_split(np.arange(len(ordered)), min(GROUPS, len(ordered)))
    means = pd.DataFrame(
        [
            ordered.iloc[part][["predicted_margin_amount", "actual_margin_amount"]].mean()
            for part in parts
        ]
    )
    figure = go.Figure()
    figure.add_trace(
        go.Scatter(
            x=_signed_log(drawn["predicted_margin_amount"]),
            y=_signed_log(drawn["actual_margin_amount"]),
            mode="markers",
            name="Customer",
            marker={"size": 4, "color": theme.LIGHT["grey"], "opacity": 0.5},
            customdata=[
                f"predicted {theme.money(said, currency)}<br>came {theme.money(came, currency)}"
                for said, came in zip(
                    drawn["predicted_margin_amount"], drawn["actual_margin_amount"], strict=True
                )
            ],
            hovertemplate="%{customdata}<extra></extra>",
        )
    )
    figure.add_trace(
        go.Scatter(
            x=_signed_log(means["predicted_margin_amount"]),
            y=_signed_log(means["actual_margin_amount"]),
            mode="markers",
            name="Mean of a tenth",
            marker={"size": 11, "symbol": "diamond", "color": theme.LIGHT["orange"]},
            customdata=[
                f"tenth {k + 1}: predicted {theme.money(said, currency)}, "
                f"came {theme.money(came, currency)}"
                for k, (said, came) in enumerate(
                    zip(
                        means["predicted_margin_amount"],
                        means["actual_margin_amount"],
                        strict=True,
                    )
                )
            ],
            hovertemplate="%{customdata}<extra></extra>",
        )
    )
    every = [*figure.data[0].x, *figure.data[0].y, *figure.data[1].x]
    low, high = min(every), max(every)
    figure.add_trace(
        go.Scatter(
            x=[low, high], y=[low, high], mode="lines", name="Equal",
            line={"color": theme.LIGHT["text"], "dash": "dash", "width": 1}, hoverinfo="skip",
        )
    )  # fmt: skip
    ticks = _ticks(currency, low, high)
    figure.update_xaxes(title="predicted", zeroline=False, **ticks)
    figure.update_yaxes(title="came", zeroline=False, **ticks)
    figure.update_layout(
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "traceorder": "normal"}
    )
    after = f"{pd.Timestamp(rows['cut_date'].iloc[0]):%-d %B %Y}"
    said = float(rows["predicted_margin_amount"].sum())
    came = float(rows["actual_margin_amount"].sum())
    finding = (
        f"In the twelve months after {after}, {theme.count(len(rows))} customers earned "
        f"{theme.money(came, currency)}; {theme.money(said, currency)} had been predicted, "
        f"{bounded(rows, 'total_ratio_index')} of it; the order of customers agrees with rank "
        f"correlation {bounded(rows, 'rank_correlation')}."
    )
    name = str(rows["method_name"].iloc[0])
    naive = frame[~frame["is_served"].fillna(True).astype(bool)]
    note = f"Method: {WORDS.get(name, name)}, from what was known on {after}. "
    if len(naive):
        other = str(naive["method_name"].iloc[0])
        note += (
            f"{WORDS.get(other, other).capitalize()}: {bounded(naive, 'total_ratio_index')} of it, "
            f"rank correlation {bounded(naive, 'rank_correlation')}. "
        )
    if len(drawn) < len(rows):
        note += f"{theme.count(len(drawn))} customers are drawn, evenly over the prediction."
    return theme.finish(
        figure,
        finding=finding,
        height=470,
        note=note,
        compact={"layout": {"height": 420}, "traces": [{"marker": {"size": 3}}]},
    )


@chart(
    id="predictive.value_by_segment",
    order=90,
    model="analytics_customer_lifetime_value_prediction",
    title="Where next year's value lies",
    unit="predicted margin of the next twelve months, discounted, reporting currency",
    reading=(
        "A bar is a segment's predicted value, split by quarter of all customers by value. The "
        "texts give the customers and the mean value of one."
    ),
    needs=(
        *("customer_segment", "predicted_clv_12m", "value_band", "last_year_margin_amount"),
        *("total_ratio_index", "total_ratio_index_lower", "total_ratio_index_upper"),
        *("model_name", "prediction_date"),
    ),
    measures=("predicted_clv_12m",),
    span="full",
)
def value_by_segment(frame: pd.DataFrame) -> go.Figure:
    """Stacked bars of predicted value by segment and quarter of customers."""
    rows = known(frame, "predicted_clv_12m")
    currency = currency_of(rows)
    rows["customer_segment"] = rows["customer_segment"].fillna("Unknown")
    totals = rows.groupby("customer_segment")["predicted_clv_12m"].agg(["sum", "count", "mean"])
    totals = totals.sort_values(["sum"], kind="stable")
    labels = [
        f"{name}<br>{theme.count(row['count'])} customers, "
        f"{theme.money(row['mean'], currency)} each"
        for name, row in totals.iterrows()
    ]
    figure = go.Figure()
    for position, band in enumerate(BANDS):
        part = rows[rows["value_band"] == band]
        sums = part.groupby("customer_segment")["predicted_clv_12m"].sum()
        values = [float(sums.get(name, 0.0)) for name in totals.index]
        counts = part.groupby("customer_segment")["predicted_clv_12m"].count()
        figure.add_trace(
            go.Bar(
                x=values,
                y=labels,
                orientation="h",
                name=f"{band} quarter",
                marker=theme.bar_style(position),
                customdata=[
                    f"{theme.money(value, currency)} of {theme.count(int(counts.get(name, 0)))} "
                    "customers"
                    for value, name in zip(values, totals.index, strict=True)
                ],
                hovertemplate="<b>%{fullData.name}</b><br>%{customdata}<extra></extra>",
            )
        )
    figure.update_layout(
        barmode="relative",
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
    )
    figure.update_xaxes(title=f"value of the next twelve months, {currency}", tickformat=",.3~s")
    total = float(rows["predicted_clv_12m"].sum())
    first = str(totals.index[-1])
    share = 100 * float(totals["sum"].iloc[-1]) / total if total else float("nan")
    top = rows[rows["value_band"] == "Top"]["predicted_clv_12m"].sum()
    finding = (
        f"{theme.count(len(rows))} customers are expected to earn {_with_bounds(rows, total)} in "
        f"the twelve months after {pd.Timestamp(rows['prediction_date'].iloc[0]):%-d %B %Y}; "
        f"{first} is the largest part ({theme.percent(share)}), and a quarter of the customers "
        f"has {theme.percent(100 * float(top) / total if total else float('nan'))}."
    )
    before = float(rows["last_year_margin_amount"].sum())
    name = str(rows["model_name"].iloc[0])
    note = (
        f"The same customers earned {theme.money(before, currency)} in the twelve months before. "
        f"Method: {WORDS.get(name, name)}; on the last known year its total was "
        f"{bounded(rows, 'total_ratio_index')} of what came, its rank correlation "
        f"{bounded(rows, 'rank_correlation')}. Customers yet to come are not in it."
    )
    return theme.finish(
        figure,
        finding=finding,
        height=150 + len(labels) * row_height(labels, 52),
        note=note,
        compact={
            "layout": {
                "height": 190 + len(labels) * 64,
                "xaxis": {"nticks": 4, "title": {"text": currency}},
            }
        },
    )


def _with_bounds(rows: pd.DataFrame, total: float) -> str:
    """Return a total with what the error of the last known year would make of it.

    The bounds hold the total itself: a past error is no reason to move it.
    """
    currency = currency_of(rows)
    lower, upper = (rows[f"total_ratio_index_{end}"].iloc[0] for end in ("lower", "upper"))
    if pd.isna(lower) or pd.isna(upper) or min(lower, upper) <= 0:
        return theme.money(total, currency)
    return (
        f"{theme.money(total, currency)} ({theme.money(min(total, total / upper), currency)} to "
        f"{theme.money(max(total, total / lower), currency)} with the last known year's error)"
    )
