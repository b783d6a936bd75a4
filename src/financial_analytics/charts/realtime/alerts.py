"""Charts of category 08 about fraud alerts."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from financial_analytics.charts.kit import theme
from financial_analytics.charts.kit.frames import currency_of, known
from financial_analytics.charts.kit.parts import row_height
from financial_analytics.charts.realtime.monitoring import moment
from financial_analytics.charts.registry import chart

PRIORITIES = ("high", "medium", "low")
MOST_MARKS = 1000
"""Of each priority the newest so many are drawn; they are counted all."""
COLORS = {"high": "orange", "medium": "amber", "low": "grey"}
SYMBOLS = {"high": "diamond", "medium": "square", "low": "circle"}


@chart(
    id="realtime.alert_feed",
    order=40,
    model="analytics_realtime_fraud_alerts",
    title="Fraud alerts of the last day",
    unit="score of the rules that fired, 0 to 1",
    reading=(
        "One mark per transaction that fired a rule; the higher, the more rules and the surer "
        "ones. An open mark was declined. The table below names the rules, newest first."
    ),
    needs=(
        *("transaction_at", "alert_amount", "alert_score", "rules", "priority", "alert_status"),
    ),
    measures=("transaction_count",),
    span="full",
)
def alert_feed(frame: pd.DataFrame) -> go.Figure:
    """Draw alerts by time and score."""
    rows = known(frame, "alert_score", "transaction_at")
    if rows.empty:
        return _no_alerts(frame)
    rows = rows.sort_values("transaction_at", ascending=False, kind="stable")
    currency = currency_of(frame)
    figure = go.Figure()
    for priority in PRIORITIES:
        chosen = rows[rows["priority"] == priority]
        if chosen.empty:
            continue
        some = chosen.head(MOST_MARKS)
        figure.add_trace(
            go.Scatter(
                x=some["transaction_at"].tolist(),
                y=some["alert_score"].tolist(),
                mode="markers",
                name=f"{priority} ({theme.count(len(chosen))})",
                marker={
                    "size": 11,
                    "color": theme.LIGHT[COLORS[priority]],
                    "symbol": [
                        SYMBOLS[priority] + ("-open" if status == "declined" else "")
                        for status in some["alert_status"]
                    ],
                },
                customdata=[_hover(row, currency) for _, row in some.iterrows()],
                hovertemplate="%{customdata}<extra></extra>",
            )
        )
    figure.update_xaxes(type="date", tickformat="%H:%M<br>%-d %b", nticks=6)
    figure.update_yaxes(range=[0, 1.05], title="score")
    high = rows[rows["priority"] == "high"]
    is_cut = int(rows["priority"].value_counts().max()) > MOST_MARKS
    finding = (
        f"In the day to {moment(rows, 'transaction_at')} {theme.count(len(rows))} of "
        f"{theme.count(rows['transaction_count'].iloc[0])} transactions fired a fraud rule, "
        f"{theme.count(len(high))} of them of high priority"
    )
    if len(high):
        newest = high.iloc[0]
        finding += (
            f"; the newest of these: {theme.money(float(newest['alert_amount']), currency)}, "
            f"{newest['rules']}"
        )
    return theme.finish(
        figure,
        finding=f"{finding}.",
        height=360,
        note="Weights of the rules are set by hand: a score ranks alerts and is no probability."
        + (f" The newest {theme.count(MOST_MARKS)} of a priority are drawn." if is_cut else ""),
    )


def _no_alerts(frame: pd.DataFrame) -> go.Figure:
    seen = theme.count(frame["transaction_count"].iloc[0])
    return theme.empty_figure(f"none of {seen} transactions in a day fired a fraud rule")


def _hover(row: pd.Series, currency: str) -> str:
    amount = row["alert_amount"]
    said = theme.UNKNOWN if pd.isna(amount) else theme.money(float(amount), currency)
    return (
        f"<b>{pd.Timestamp(row['transaction_at']):%-d %b %H:%M:%S}</b>, {said}<br>"
        f"{theme.wrap(str(row['rules']), 40)}<br>score {row['alert_score']:.2f}, "
        f"{row['alert_status']}"
    )


@chart(
    id="realtime.alert_funnel",
    order=50,
    model="analytics_realtime_fraud_alerts",
    title="From transactions to what should be looked at first",
    unit="transactions",
    reading=(
        "Of the last day's transactions those that fired a rule, those of medium and of high "
        "priority, and of these those that the bank let through."
    ),
    needs=("alert_score", "priority", "alert_status"),
    measures=("transaction_count",),
)
def alert_funnel(frame: pd.DataFrame) -> go.Figure:
    """Draw the counts of alerts by priority."""
    rows = known(frame, "alert_score")
    if rows.empty:
        return _no_alerts(frame)
    total = rows["transaction_count"].iloc[0]
    high = rows[rows["priority"] == "high"]
    urgent = rows[rows["priority"].isin(["high", "medium"])]
    stopped = int((high["alert_status"] == "declined").sum())
    stages = (
        ("alerted", len(rows)),
        ("medium or high", len(urgent)),
        ("high", len(high)),
        ("high, went through", len(high) - stopped),
    )
    names = [name for name, _ in stages]
    figure = go.Figure(
        go.Bar(
            x=[count for _, count in stages],
            y=names,
            orientation="h",
            text=[theme.count(count) for _, count in stages],
            textposition="outside",
            cliponaxis=False,
            marker=theme.bar_style(0),
            hovertemplate="%{y}: %{x:,.0f}<extra></extra>",
        )
    )
    figure.update_xaxes(rangemode="tozero", title="transactions", nticks=4)
    figure.update_yaxes(type="category", autorange="reversed")
    return theme.finish(
        figure,
        finding=(
            f"Of {theme.count(total)} transactions in a day {len(rows)} were alerted, "
            f"{len(urgent)} of medium priority or more, {len(high)} of high; the bank declined "
            f"{stopped} of these and {len(high) - stopped} went through."
        ),
        height=140 + row_height(names, 36) * len(names),
    )
