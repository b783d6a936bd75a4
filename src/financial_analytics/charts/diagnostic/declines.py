"""The chart of category 02 about declined payments."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from financial_analytics.charts.kit import theme
from financial_analytics.charts.kit.flows import split_funnel
from financial_analytics.charts.kit.frames import currency_of
from financial_analytics.charts.registry import chart

MOST_CHANNELS = 6
NOT_DECLINED = "Not declined"
STAGES = {
    "Declined": "declined_count",
    "Tried again": "retried_count",
    "Won back": "recovered_count",
}


@chart(
    id="diagnostic.decline_funnel",
    order=70,
    model="analytics_transaction_decline_analysis",
    title="What becomes of declined payments, by channel",
    unit="attempts",
    reading=(
        "Top: attempts that were declined. Middle: those that the customer repeated within 24 "
        "hours. Bottom: those whose repetition went through. Colour and hatch tell the channel; "
        "the percentage is of all declined. Payments that went through at once are not drawn."
    ),
    needs=(
        "decline_reason",
        "channel",
        "attempt_count",
        "declined_count",
        "retried_count",
        "recovered_count",
    ),
    measures=("attempt_count",),
)
def decline_funnel(frame: pd.DataFrame) -> go.Figure:
    """Funnel of declined, repeated and recovered attempts, split by channel."""
    currency = currency_of(frame)
    rows = frame.assign(channel=frame["channel"].fillna("Unknown"))
    attempts = rows.groupby("channel")["attempt_count"].sum()
    refused = rows[rows["decline_reason"] != NOT_DECLINED]
    counts = refused.groupby("channel")[list(STAGES.values())].sum()
    counts = counts.sort_values("declined_count", ascending=False, kind="stable")
    counts = counts[counts["declined_count"] > 0]
    if counts.empty:
        return theme.empty_figure(f"none of {theme.count(attempts.sum())} attempts was declined")
    attempts = attempts.reindex(counts.index)
    if len(counts) > MOST_CHANNELS:
        name = f"Other ({len(counts) - MOST_CHANNELS + 1})"
        group = [
            channel if k < MOST_CHANNELS - 1 else name for k, channel in enumerate(counts.index)
        ]
        attempts = attempts.groupby(group, sort=False).sum()
        counts = counts.groupby(group, sort=False).sum()
    values = counts.rename(columns={column: stage for stage, column in STAGES.items()}).T
    values = values.loc[list(STAGES)]
    totals = values.sum(axis=1)
    texts = [
        f"{theme.count(total)} ({theme.percent(100 * total / totals['Declined'], 0)})"
        for total in totals
    ]

    numbers = {str(channel): values[channel].to_dict() for channel in values.columns}

    def hover(stage: str, channel: str) -> str:
        number, declined = numbers[channel][stage], numbers[channel]["Declined"]
        tried = float(attempts[channel])
        share = (
            f"{theme.percent(100 * declined / tried, 2)} of {theme.count(tried)} attempts"
            if stage == "Declined"
            else f"{theme.percent(100 * number / declined)} of the declined"
        )
        return f"{channel}: {theme.count(number)}<br>{share}"

    figure, compact = split_funnel(values, texts=texts, hover=hover)
    reasons = refused.groupby("decline_reason")["declined_count"].sum()
    reasons = reasons.drop("Unknown", errors="ignore").sort_values(ascending=False, kind="stable")
    all_attempts = float(rows["attempt_count"].sum())
    finding = (
        f"{theme.count(totals['Declined'])} of {theme.count(all_attempts)} attempts were declined "
        f"({theme.percent(100 * totals['Declined'] / all_attempts, 2)}"
        + (f", most often: {reasons.index[0]}" if not reasons.empty else "")
        + f"); {theme.percent(100 * totals['Won back'] / totals['Declined'])} were won back"
    )
    if "lost_amount" in refused:
        lost = float(refused["lost_amount"].sum())
        finding += f", {theme.money(lost, currency)} was lost" if lost else ", nothing was lost"
    return theme.finish(
        figure,
        finding=finding + ".",
        height=400,
        compact={**compact, "layout": {**compact["layout"], "height": 420}},
    )
