"""Charts of category 08 about hours, customers, merchants and accounts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from financial_analytics.charts.kit import theme
from financial_analytics.charts.kit.frames import currency_of, known
from financial_analytics.charts.kit.matrices import cell_matrix, rows_of
from financial_analytics.charts.kit.parts import row_height, unique_names
from financial_analytics.charts.realtime.monitoring import moment
from financial_analytics.charts.registry import chart

MOST_ROWS = 12
MOST_MARKS = 1000
"""Of each kind of mark the newest so many are drawn; they are counted all."""
ALERTS = ("past_due", "near_limit", "low_balance", "large_movement", "dormant_awake")
ALERT_WORDS = {
    "past_due": "payment past due",
    "near_limit": "near the limit",
    "low_balance": "overdrawn",
    "large_movement": "large movement",
    "dormant_awake": "dormant, awake",
}
PRIORITIES = (("high", "orange"), ("medium", "amber"), ("low", "grey"))


def _hours(frame: pd.DataFrame) -> pd.DataFrame:
    rows = known(frame, "hour_date", "hour_number")
    stamps = pd.to_datetime(rows["hour_date"]) + pd.to_timedelta(rows["hour_number"], unit="h")
    rows["hour_at"] = stamps
    return rows.sort_values(["hour_at", "channel"], kind="stable").reset_index(drop=True)


@chart(
    id="realtime.minute_line",
    order=15,
    model="analytics_realtime_timeline",
    title="Transactions a minute by the hour, beside what is normal",
    unit="transactions per minute, mean of the hour",
    reading=(
        "The line is what came, the band the {coverage} interval of what is normal for the weekday "
        "and hour. Dotted, hatched ends are hours that are not whole; they are not compared."
    ),
    needs=(
        *("channel", "hour_date", "hour_number", "is_partial", "expected_count"),
        *("expected_count_lower", "expected_count_upper"),
    ),
    measures=("transaction_count",),
    span="full",
    rows="last",
)
def minute_line(frame: pd.DataFrame) -> go.Figure:
    """Draw the last two days and their band."""
    rows = _hours(frame)
    rows = rows[rows["channel"] == "All"].reset_index(drop=True)
    if rows.empty:
        return theme.empty_figure("no row sums the channels")
    times = rows["hour_at"].tolist()
    figure = go.Figure()
    for name, is_filled in (("expected_count_lower", False), ("expected_count_upper", True)):
        figure.add_trace(
            go.Scatter(
                x=times, y=(rows[name] / 60).tolist(), mode="lines", line={"width": 0},
                fill="tonexty" if is_filled else None, fillcolor=theme.LIGHT["band"],
                name="normal", showlegend=is_filled, hoverinfo="skip",
            )
        )  # fmt: skip
    for ends, is_first in _ends(rows):
        figure.add_trace(
            go.Scatter(
                x=ends["hour_at"].tolist(), y=(ends["transaction_count"] / 60).tolist(),
                mode="lines", line={"width": 0}, fill="tozeroy", name="hour not whole",
                fillpattern={"shape": "/", "fgcolor": theme.LIGHT["grey"], "size": 6,
                             "fillmode": "overlay", "bgcolor": theme.LIGHT["paper"]},
                showlegend=is_first, hoverinfo="skip",
            )
        )  # fmt: skip
    whole = rows["transaction_count"].where(~rows["is_partial"].astype(bool)) / 60
    figure.add_trace(
        go.Scatter(
            x=times, y=(rows["transaction_count"] / 60).tolist(), mode="lines",
            line={"color": theme.LIGHT["grey"], "dash": "dot"}, name="came, hour not whole",
            hoverinfo="skip", showlegend=False,
        )
    )  # fmt: skip
    figure.add_trace(
        go.Scatter(
            x=times, y=whole.tolist(), mode="lines", name="came",
            line={"color": theme.LIGHT["blue"], "width": 2},
            hovertemplate="%{x|%a %d %b, %H:00}: %{y:.2f} a minute<extra></extra>",
        )
    )  # fmt: skip
    figure.update_xaxes(type="date", tickformat="%H:%M<br>%-d %b", nticks=6)
    figure.update_yaxes(rangemode="tozero", title="transactions a minute")
    compared = known(rows[~rows["is_partial"].astype(bool)], "expected_count")
    above = int((compared["transaction_count"] > compared["expected_count_upper"]).sum())
    below = int((compared["transaction_count"] < compared["expected_count_lower"]).sum())
    if compared.empty:
        finding = f"None of {len(rows)} hours to {moment(rows, 'hour_at')} can be compared."
    else:
        last = compared.iloc[-1]
        finding = (
            f"Of {len(compared)} whole hours to {moment(compared, 'hour_at')} {above} were above "
            f"and {below} below what is normal; in the last one came "
            f"{theme.count(last['transaction_count'])} transactions, normal are "
            f"{theme.decimal(last['expected_count_lower'])} to "
            f"{theme.decimal(last['expected_count_upper'])}."
        )
    return theme.finish(
        figure,
        finding=finding,
        height=360,
        note="Of many hours some lie outside what is normal by chance.",
    )


def _ends(rows: pd.DataFrame) -> list[tuple[pd.DataFrame, bool]]:
    """Return the hours that are not whole, each with the hour next to it."""
    partial = rows["is_partial"].astype(bool)
    places = [int(at) for at in np.flatnonzero(partial)]
    if len(rows) < 2:
        return []
    spans = [rows.iloc[max(0, at - 1) : at + 1] if at else rows.iloc[:2] for at in places]
    return [(span, number == 0) for number, span in enumerate(spans)]


@chart(
    id="realtime.activity_heatmap",
    order=70,
    model="analytics_realtime_timeline",
    title="Which channels were busy when",
    unit="transactions in the hour",
    reading="Rows are channels, columns hours of the last two days; the darker, the more came.",
    needs=("channel", "hour_date", "hour_number"),
    measures=("transaction_count",),
    span="full",
    rows="last",
)
def activity_heatmap(frame: pd.DataFrame) -> go.Figure:
    """Draw a heatmap of hours and channels."""
    rows = _hours(frame)
    split = rows[rows["channel"] != "All"].reset_index(drop=True)
    rows = rows if split.empty else split
    totals = rows.groupby("channel")["transaction_count"].sum()
    totals = totals.sort_values(ascending=False, kind="stable")
    channels = [str(name) for name in totals.index]
    hours = sorted(rows["hour_at"].unique())
    values = cell_matrix(rows, ("channel", "hour_at"), "transaction_count", channels, hours)
    figure = go.Figure(
        go.Heatmap(
            x=[f"{pd.Timestamp(hour):%Y-%m-%d %H:%M}" for hour in hours],
            y=channels,
            z=rows_of(values),
            zmin=0,
            zmax=float(np.nanmax(values)) or 1.0,
            colorscale=theme.SEQUENTIAL,
            xgap=1,
            ygap=2,
            colorbar={"title": {"text": "an hour"}, "thickness": 12, "len": 0.9},
            hovertemplate="<b>%{y}</b>, %{x|%a %d %b, %H:00}<br>%{z:,.0f}<extra></extra>",
        )
    )
    figure.update_xaxes(type="date", tickformat="%H:%M<br>%-d %b", nticks=6, showgrid=False)
    figure.update_yaxes(type="category", autorange="reversed", showgrid=False)
    share = 100 * float(totals.iloc[0]) / max(float(totals.sum()), 1.0)
    return theme.finish(
        figure,
        finding=(
            f"In the {len(hours)} hours to {moment(rows, 'hour_at')} {channels[0]} had most of "
            f"{theme.count(float(totals.sum()))} transactions, {theme.percent(share)}."
        ),
        height=150 + row_height(channels) * len(channels),
        compact={"layout": {"xaxis": {"nticks": 4}}, "traces": [{"showscale": False}]},
    )


@chart(
    id="realtime.activity_stream",
    order=60,
    model="analytics_realtime_customer_activity",
    title="Customers of the last hour",
    unit="money moved in the reporting currency",
    reading=(
        "One mark per customer: when last seen, and how much moved in the hour. A diamond did more "
        "than is usual for that customer; an open mark has too little history to say."
    ),
    needs=("customer_natural_key", "last_transaction_at", "volume", "is_unusual_frequency",
           "is_unusual_volume"),
    measures=("transaction_count",),
    span="full",
)  # fmt: skip
def activity_stream(frame: pd.DataFrame) -> go.Figure:
    """Draw customers by time and volume."""
    rows = known(frame, "transaction_count", "last_transaction_at")
    currency = currency_of(frame)
    flags = rows[["is_unusual_frequency", "is_unusual_volume"]].astype("boolean")
    odd = flags.fillna(value=False).any(axis=1).astype(bool)
    unknown = rows["is_unusual_frequency"].isna()
    is_cut = False
    figure = go.Figure()
    for name, chosen, color, symbol in (
        ("as usual", ~odd & ~unknown, "blue", "circle"),
        ("more than usual", odd, "orange", "diamond"),
        ("too little history", unknown & ~odd, "grey", "circle-open"),
    ):
        size = int(chosen.sum())
        if not size:
            continue
        some = rows[chosen].sort_values("last_transaction_at", kind="stable").tail(MOST_MARKS)
        is_cut = is_cut or size > MOST_MARKS
        figure.add_trace(
            go.Scatter(
                x=some["last_transaction_at"].tolist(),
                y=[float(value) for value in some["volume"]],
                mode="markers",
                name=f"{name} ({theme.count(size)})",
                marker={"size": 9, "color": theme.LIGHT[color], "symbol": symbol},
                customdata=[
                    f"customer {row['customer_natural_key']:.0f}: "
                    f"{theme.count(row['transaction_count'])} transactions, "
                    f"{theme.money(float(row['volume']), currency)}"
                    for _, row in some.iterrows()
                ],
                hovertemplate="%{customdata}<extra></extra>",
            )
        )
    figure.update_xaxes(type="date", tickformat="%H:%M", nticks=5)
    figure.update_yaxes(rangemode="tozero", title=f"moved ({currency})" if currency else "moved")
    return theme.finish(
        figure,
        finding=(
            f"In the hour to {moment(rows, 'last_transaction_at')} {theme.count(len(rows))} "
            f"customers made {theme.count(rows['transaction_count'].sum())} transactions; "
            f"{theme.count(int(odd.sum()))} did "
            f"more than is usual for them, of {theme.count(int((~unknown).sum()))} whose "
            "habits are known."
        ),
        height=340,
        note=f"The newest {theme.count(MOST_MARKS)} of each kind are drawn." if is_cut else "",
    )


@chart(
    id="realtime.trending_merchants",
    order=52,
    model="analytics_realtime_trending_merchants",
    title="Merchants that are busier than is normal",
    unit="transactions of the last hour",
    reading=(
        "The most unusual merchants first: the bar is the last hour, the mark what is normal for "
        "an hour, night and day."
    ),
    needs=("merchant_natural_key", "merchant_name", "expected_count", "previous_hour_count",
           "z_score", "rank_number"),
    measures=("this_hour_count",),
)  # fmt: skip
def trending_merchants(frame: pd.DataFrame) -> go.Figure:
    """Draw the merchants of the highest rank."""
    rows = known(frame, "this_hour_count", "rank_number").sort_values("rank_number", kind="stable")
    busy = rows[rows["this_hour_count"] > 0].head(MOST_ROWS).reset_index(drop=True)
    if busy.empty:
        return theme.empty_figure("no merchant had a transaction in the last hour")
    names = unique_names(busy["merchant_name"], busy["merchant_natural_key"]).tolist()
    labels = [theme.wrap(str(name), 24) for name in names]
    figure = go.Figure(
        go.Bar(
            x=busy["this_hour_count"].tolist(), y=labels, orientation="h", name="last hour",
            marker=theme.bar_style(0),
            customdata=busy["previous_hour_count"].tolist(),
            hovertemplate="<b>%{y}</b><br>%{x:,.0f}, the hour before %{customdata:,.0f}"
            "<extra></extra>",
        )
    )  # fmt: skip
    figure.add_trace(
        go.Scatter(
            x=busy["expected_count"].tolist(), y=labels, mode="markers", name="normal",
            marker={"symbol": "line-ns-open", "size": 16, "color": theme.LIGHT["text"]},
            hovertemplate="%{x:.2f} are normal<extra></extra>",
        )
    )  # fmt: skip
    figure.update_xaxes(rangemode="tozero", title="transactions", nticks=5)
    figure.update_yaxes(type="category", autorange="reversed")
    first = busy.iloc[0]
    return theme.finish(
        figure,
        finding=(
            f"Of {len(rows)} merchants with a transaction in two hours {names[0]} is furthest from "
            f"what is normal, a candidate: {theme.count(first['this_hour_count'])} transactions in "
            f"the last hour, {theme.decimal(first['expected_count'], 2)} are normal (z "
            f"{theme.decimal(first['z_score'])})."
        ),
        height=150 + row_height(labels) * len(labels),
        note="The first of many is picked: some are this far from normal by chance.",
    )


@chart(
    id="realtime.account_alerts",
    order=100,
    model="analytics_realtime_account_alerts",
    title="Accounts that need somebody",
    unit="accounts",
    reading=(
        "One row per kind of alert, split by priority. The table below names account and action."
    ),
    needs=("alert_type", "priority", "recommended_action"),
    measures=("observed_value",),
    span="full",
)
def account_alerts(frame: pd.DataFrame) -> go.Figure:
    """Draw counts of alerts by kind and priority."""
    rows = known(frame, "priority")
    counts = rows.groupby(["alert_type", "priority"]).size()
    kinds = [kind for kind in ALERTS if (rows["alert_type"] == kind).any()]
    if not kinds:
        return theme.empty_figure("no account is in a state to act on")
    labels = [ALERT_WORDS[kind] for kind in kinds]
    figure = go.Figure()
    for position, (priority, color) in enumerate(PRIORITIES):
        values = [int(counts.get((kind, priority), 0)) for kind in kinds]
        if not any(values):
            continue
        marker = theme.bar_style(position) | {"color": theme.LIGHT[color]}
        figure.add_trace(
            go.Bar(
                x=values, y=labels, orientation="h", name=priority, marker=marker,
                hovertemplate=f"%{{y}}, {priority}: %{{x:,.0f}}<extra></extra>",
            )
        )  # fmt: skip
    figure.update_layout(barmode="stack")
    figure.update_xaxes(rangemode="tozero", title="accounts", nticks=5)
    figure.update_yaxes(type="category", autorange="reversed")
    sizes = [int((rows["alert_type"] == kind).sum()) for kind in kinds]
    largest = int(np.argmax(sizes))
    high = int((rows["priority"] == "high").sum())
    return theme.finish(
        figure,
        finding=(
            f"{len(rows)} alerts on accounts, {high} of high priority; most are "
            f"{labels[largest]} ({sizes[largest]})."
        ),
        height=140 + row_height(labels) * len(labels),
    )
