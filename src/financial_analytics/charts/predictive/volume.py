"""Charts of category 05 about how many transactions will come."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from financial_analytics.charts.kit import theme
from financial_analytics.charts.kit.frames import known, scalar
from financial_analytics.charts.kit.parts import Card, cards_figure
from financial_analytics.charts.registry import chart

ALL_CHANNELS = "All channels"
SHOWN_DAYS = 120
WIDE, NARROW = 95, 80
"""The two coverages that the model states, whatever the variable `confidence` is."""
WORDS = {
    "seasonal_naive": "last week repeated",
    "weekday_mean": "the mean of eight weeks by weekday",
    "calendar_regression": "a regression on the calendar",
    "calendar_regression_at_recent_level": "a regression on the calendar at the recent level",
}
MOST_CHANNELS = 6


def _first(frame: pd.DataFrame, *, ahead: bool = False) -> pd.DataFrame:
    """Return the series of all channels, or else the first one (with days ahead), by day."""
    usable = known(frame[frame["is_ahead"].astype(bool)], "forecast_count") if ahead else frame
    names = sorted(usable["series_name"].dropna().unique(), key=lambda name: name != ALL_CHANNELS)
    rows = frame[frame["series_name"] == names[0]] if names else usable
    return rows.sort_values("forecast_date", ignore_index=True)


def _band(rows: pd.DataFrame, share: int, token: str) -> go.Scatter:
    """Return the interval of the days ahead as a polygon."""
    part = known(rows, f"forecast_{share}_lower", f"forecast_{share}_upper")
    days = part["forecast_date"].tolist()
    return go.Scatter(
        x=days + days[::-1],
        y=part[f"forecast_{share}_upper"].tolist() + part[f"forecast_{share}_lower"].tolist()[::-1],
        mode="lines",
        fill="toself",
        fillcolor=theme.LIGHT[token],
        line={"width": 0, "color": theme.LIGHT["orange"]},
        hoverinfo="skip",
        name=f"{share} of 100 days",
    )


def _day(value: Any) -> str:
    return f"{pd.Timestamp(value):%-d %B %Y}"


def _bounds(row: pd.Series) -> str:
    if pd.isna(row["forecast_95_lower"]):
        return theme.count(row["forecast_count"])
    return (
        f"{theme.count(row['forecast_count'])} "
        f"({theme.count(row['forecast_95_lower'])} to {theme.count(row['forecast_95_upper'])})"
    )


def _evidence(rows: pd.DataFrame) -> str:
    """Return method, training window, error against the naive one, and coverage in words."""
    row = rows.iloc[-1]
    said = f"Method: {WORDS.get(str(row['method_name']), row['method_name'])}. "
    said += (
        f"Learnt from {_day(row['training_start_date'])} to {_day(row['training_end_date'])}. "
        f"Over {theme.count(row['origin_count'])} past origins its error is "
        f"{row['mase_score']:.2f} of a week's change, that of last week repeated "
        f"{row['naive_mase_score']:.2f}"
    )
    if not pd.isna(row["coverage_95_rate"]):
        said += (
            f"; of days {theme.percent(100 * row['coverage_95_rate'])} "
            f"({100 * row['coverage_95_rate_lower']:.1f} to "
            f"{100 * row['coverage_95_rate_upper']:.1f}) lay within {WIDE} % bounds stated before "
            "them"
        )
    return said + "."


@chart(
    id="predictive.volume_forecast",
    order=60,
    model="analytics_transaction_volume_forecast",
    title="How many transactions are to come",
    unit="posted transactions a day",
    reading=(
        "The line is what was posted; where it ends, the forecast begins, with the band that holds "
        "80 of 100 days and the wider one that holds 95. Diamonds are bank holidays. The "
        "vertical axis begins at zero."
    ),
    needs=(
        *("series_name", "forecast_date", "is_ahead", "actual_count", "forecast_count"),
        *("forecast_80_lower", "forecast_80_upper", "forecast_95_lower", "forecast_95_upper"),
        *("method_name", "mase_score", "naive_mase_score", "origin_count"),
        *("training_start_date", "training_end_date", "is_bank_holiday"),
        *("coverage_95_rate", "coverage_95_rate_lower", "coverage_95_rate_upper"),
    ),
    measures=("forecast_count",),
    span="full",
    rows="last",
)
def volume_forecast(frame: pd.DataFrame) -> go.Figure:
    """Lines of what was posted and is forecast, with both bands."""
    rows = _first(frame, ahead=True)
    ahead = known(rows[rows["is_ahead"].astype(bool)], "forecast_count")
    past = rows[~rows["is_ahead"].astype(bool)].tail(SHOWN_DAYS)
    if ahead.empty:
        return theme.empty_figure("no day ahead is forecast")
    figure = go.Figure()
    if ahead["forecast_95_lower"].notna().any():
        figure.add_trace(_band(ahead, WIDE, "soft"))
        figure.add_trace(_band(ahead, NARROW, "soft"))
    figure.add_trace(
        go.Scatter(
            x=past["forecast_date"],
            y=past["actual_count"].tolist(),
            mode="lines",
            name="Posted",
            line={"color": theme.LIGHT["blue"], "width": 1.6},
            hovertemplate="%{x|%a %d %b %Y}<br>%{y:,} posted<extra></extra>",
        )
    )
    figure.add_trace(
        go.Scatter(
            x=ahead["forecast_date"],
            y=ahead["forecast_count"].tolist(),
            mode="lines",
            name="Forecast",
            line={"color": theme.LIGHT["orange"], "width": 1.6, "dash": "dot"},
            customdata=[_bounds(row) for _, row in ahead.iterrows()],
            hovertemplate="%{x|%a %d %b %Y}<br>%{customdata}<extra></extra>",
        )
    )
    held = rows[rows["is_bank_holiday"].fillna(False).astype(bool)]
    held = held[held["forecast_date"] >= past["forecast_date"].min()]
    level = held["actual_count"].astype(float).fillna(held["forecast_count"].astype(float))
    if len(held):
        figure.add_trace(
            go.Scatter(
                x=held["forecast_date"],
                y=level.tolist(),
                mode="markers",
                name="Bank holiday",
                marker={"symbol": "diamond", "size": 8, "color": theme.LIGHT["purple"]},
                hovertemplate="bank holiday, %{x|%d %b %Y}<extra></extra>",
            )
        )
    figure.update_yaxes(rangemode="tozero", title="transactions a day")
    figure.update_layout(
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "traceorder": "normal"}
    )
    first, last = ahead.iloc[0], ahead.iloc[-1]
    name = str(rows["series_name"].iloc[0])
    finding = (
        f"{name}: {_bounds(first)} posted transactions are forecast for "
        f"{_day(first['forecast_date'])}, {_bounds(last)} for {_day(last['forecast_date'])}; "
        f"the method errs by {first['mase_score']:.2f} where last week repeated errs by "
        f"{first['naive_mase_score']:.2f} (in mean changes to the week before)."
    )
    return theme.finish(
        figure,
        finding=finding,
        height=420,
        note=f"Bounds are of single days, at {WIDE} % in the headline. {_evidence(rows)}",
        compact={"layout": {"height": 420, "yaxis": {"title": {"text": ""}}}},
    )


@chart(
    id="predictive.forecast_accuracy",
    order=70,
    model="analytics_transaction_volume_forecast",
    title="How good the forecasts of volume were",
    unit="error in mean changes to the same weekday of the week before (MASE); share of days, %",
    reading=(
        "Each card is one number over all past origins: the error of the method served beside that "
        "of last week repeated, for all channels and for each; and which share of days lay within "
        "the bounds that were stated before them. An error below 1 beats a week's change."
    ),
    needs=(
        *("series_name", "method_name", "mase_score", "naive_mase_score", "origin_count"),
        *("coverage_80_rate", "coverage_95_rate", "is_ahead", "actual_count", "forecast_count"),
        "forecast_date",
    ),
    measures=("mase_score",),
    span="full",
)
def forecast_accuracy(frame: pd.DataFrame) -> go.Figure:
    """Cards: error and coverage of all channels, error of each channel."""
    rows = _first(frame)
    row = rows.iloc[0]
    name = str(row["series_name"])
    cards = [
        Card(f"Error, {name.lower()}", f"{row['mase_score']:.2f}",
             before=f"last week repeated: {row['naive_mase_score']:.2f}"),
    ]  # fmt: skip
    for share in (WIDE, NARROW):
        value = scalar(rows, f"coverage_{share}_rate")
        lower, upper = (scalar(rows, f"coverage_{share}_rate_{end}") for end in ("lower", "upper"))
        if value is not None and lower is not None and upper is not None:
            cards.append(
                Card(f"Days within {share} % bounds", theme.percent(100 * value),
                     before=f"{100 * lower:.1f} to {100 * upper:.1f} %")
            )  # fmt: skip
    past = known(rows[~rows["is_ahead"].astype(bool)], "actual_count", "forecast_count")
    if len(past) and past["actual_count"].sum() > 0:
        miss = (past["actual_count"] - past["forecast_count"]).abs().sum()
        share_off = 100 * float(miss) / float(past["actual_count"].sum())
        cards.append(
            Card("Mean error, last year", theme.percent(share_off),
                 before="up to two weeks ahead")
        )  # fmt: skip
    others = known(frame[frame["series_name"] != name], "mase_score")
    each = others.drop_duplicates("series_name").sort_values("series_name")
    for other in each.head(MOST_CHANNELS).to_dict("records"):
        cards.append(
            Card(f"Error, {other['series_name']}", f"{other['mase_score']:.2f}",
                 before=f"last week repeated: {other['naive_mase_score']:.2f}")
        )  # fmt: skip
    worse = each[each["mase_score"] >= each["naive_mase_score"]]["series_name"].tolist()
    finding = (
        f"Over {theme.count(row['origin_count'])} past origins the forecast of {name.lower()} "
        f"erred by {row['mase_score']:.2f}, last week repeated by {row['naive_mase_score']:.2f}"
    )
    value = scalar(rows, "coverage_95_rate")
    if value is not None:
        finding += f"; {theme.percent(100 * value)} of days lay within their {WIDE} % bounds"
    if worse:
        finding += f"; no better than last week repeated: {', '.join(worse)}"
    return cards_figure(cards, finding=finding + ".")
