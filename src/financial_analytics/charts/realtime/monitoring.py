"""Charts of category 08 about what channels do now, beside what is normal for the hour."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from financial_analytics.charts.kit import theme
from financial_analytics.charts.kit.frames import coverage_of, currency_of, known
from financial_analytics.charts.kit.parts import Card, cards_figure, row_height
from financial_analytics.charts.registry import chart

NO_SUM = "no row sums the channels"
COMPARED = (
    *("expected_count", "expected_count_lower", "expected_count_upper"),
    *("band", "window_end_at"),
)
WORDS = {
    "normal": "within what is normal",
    "above": "more than is normal",
    "below": "fewer than is normal",
    "unknown": "an hour without history",
}
HEALTH = ("silent", "healthy", "slow", "refusing")
HEALTH_COLORS = ("card", "green", "amber", "orange")
MARKS = {"silent": "…", "healthy": "✓", "slow": "◷", "refusing": "✕"}


def moment(rows: pd.DataFrame, column: str = "window_end_at") -> str:
    """Return the newest moment of a frame in words."""
    return f"{pd.Timestamp(rows[column].max()):%-d %B %Y, %H:%M}"


def _said(row: pd.Series) -> str:
    """Return a count beside what is normal."""
    if pd.isna(row["expected_count"]):
        return f"{theme.count(row['transaction_count'])} transactions, {WORDS['unknown']}"
    return (
        f"{theme.count(row['transaction_count'])} transactions, {WORDS[str(row['band'])]} "
        f"({theme.decimal(row['expected_count_lower'])} to "
        f"{theme.decimal(row['expected_count_upper'])})"
    )


def _all(frame: pd.DataFrame) -> pd.DataFrame:
    rows = frame[frame["channel"] == "All"].sort_values("window_minutes", kind="stable")
    return rows.reset_index(drop=True)


@chart(
    id="realtime.live_counters",
    order=5,
    model="analytics_realtime_transaction_monitoring",
    title="The last hour",
    unit="transactions; money in the reporting currency",
    reading="Four counts of the sixty minutes that end with the newest transaction.",
    needs=(
        "window_minutes",
        "channel",
        "volume",
        "declined_count",
        *COMPARED,
    ),
    measures=("transaction_count",),
    span="full",
)
def live_counters(frame: pd.DataFrame) -> go.Figure:
    """Cards of the last hour."""
    rows = _all(frame)
    if rows.empty:
        return theme.empty_figure(NO_SUM)
    row = rows.iloc[-1]
    minutes = float(row["window_minutes"])
    currency = currency_of(frame)
    normal = (
        WORDS["unknown"]
        if pd.isna(row["expected_count"])
        else f"normal {theme.decimal(row['expected_count_lower'])} to "
        f"{theme.decimal(row['expected_count_upper'])}"
    )
    cards = [
        Card("Transactions", theme.count(row["transaction_count"]), before=normal),
        Card("A minute", theme.decimal(row["transaction_count"] / minutes, 2), before="mean"),
        Card("Money moved", theme.money(float(row["volume"]), currency)),
        Card(
            "Refused",
            theme.count(row["declined_count"]),
            before=f"of {theme.count(row['transaction_count'])}",
        ),
    ]
    finding = f"In the {minutes:.0f} minutes to {moment(rows)}: {_said(row)}."
    return cards_figure(cards, finding=finding, columns=2)


@chart(
    id="realtime.throughput_gauges",
    order=10,
    model="analytics_realtime_transaction_monitoring",
    title="Transactions a minute against what is normal now",
    unit="transactions per minute",
    reading=(
        "One row per window. The band is the {coverage} interval of what is normal at this weekday "
        "and hour, the dot what came."
    ),
    needs=("window_minutes", "channel", *COMPARED),
    measures=("transaction_count",),
)
def throughput_gauges(frame: pd.DataFrame) -> go.Figure:
    """Draw a band and a dot for each window."""
    rows = _all(frame)
    if rows.empty:
        return theme.empty_figure(NO_SUM)
    names = [f"last {minutes:.0f} min" for minutes in rows["window_minutes"]]
    figure = go.Figure()
    figure.add_trace(_band(rows, names, rows["window_minutes"]))
    figure.add_trace(_now(rows, names, rows["transaction_count"] / rows["window_minutes"]))
    figure.update_xaxes(rangemode="tozero", title="transactions a minute")
    figure.update_yaxes(type="category", autorange="reversed")
    row = rows.iloc[-1]
    return theme.finish(
        figure,
        finding=f"In the {row['window_minutes']:.0f} minutes to {moment(rows)}: {_said(row)}.",
        height=150 + 42 * len(names),
        note=_method(frame),
    )


@chart(
    id="realtime.channel_split",
    order=12,
    model="analytics_realtime_transaction_monitoring",
    title="Channels in the last hour",
    unit="transactions",
    reading=(
        "One row per channel. The band is the {coverage} interval of what is normal for it at this "
        "weekday and hour, the dot what came."
    ),
    needs=("window_minutes", "channel", *COMPARED),
    measures=("transaction_count",),
)
def channel_split(frame: pd.DataFrame) -> go.Figure:
    """Draw a band and a dot for each channel."""
    longest = frame["window_minutes"] == frame["window_minutes"].max()
    rows = frame[longest & (frame["channel"] != "All")]
    rows = rows.sort_values(["transaction_count", "channel"], ascending=[False, True])
    rows = rows.reset_index(drop=True)
    if rows.empty:
        rows = frame.tail(1).reset_index(drop=True)
    names = [str(name) for name in rows["channel"]]
    figure = go.Figure()
    figure.add_trace(_band(rows, names, pd.Series(1.0, index=rows.index)))
    figure.add_trace(_now(rows, names, rows["transaction_count"]))
    figure.update_xaxes(rangemode="tozero", title="transactions in the hour")
    figure.update_yaxes(type="category", autorange="reversed")
    odd = rows[rows["band"].isin(["above", "below"])]
    first = rows.iloc[0]
    finding = (
        f"In the hour to {moment(rows)} {names[0]} is busiest of {len(names)} channels: "
        f"{_said(first)}; "
        + (
            f"outside what is normal: {', '.join(str(name) for name in odd['channel'])}."
            if len(odd)
            else "no channel is outside what is normal."
        )
    )
    return theme.finish(
        figure,
        finding=finding,
        height=140 + row_height(names) * len(names),
        note=_method(frame),
    )


def _method(frame: pd.DataFrame) -> str:
    coverage = coverage_of(frame)
    said = "" if pd.isna(coverage) else f"{coverage:g} % "
    return (
        f"Normal is the mean of the same weekday and hour in eight weeks; its {said}interval is "
        "that of one more count; with several rows one is outside it now and then by chance. "
        "Windows end with the newest transaction, so that the shortest is never empty."
    )


def _now(rows: pd.DataFrame, names: list[str], counted: pd.Series) -> go.Scatter:
    """Return a dot for each row, coloured where it lies outside what is normal."""
    return go.Scatter(
        x=counted.tolist(),
        y=names,
        mode="markers",
        cliponaxis=False,
        name="now",
        marker=_dots(rows),
        customdata=[_said(row) for _, row in rows.iterrows()],
        hovertemplate="%{y}: %{customdata}<extra></extra>",
    )


def _band(rows: pd.DataFrame, names: list[str], units: pd.Series) -> go.Scatter:
    """Return what is normal as one thick line per row, in counts per unit."""
    x: list[float | None] = []
    y: list[str | None] = []
    for name, unit, low, high in zip(
        names, units, rows["expected_count_lower"], rows["expected_count_upper"], strict=True
    ):
        if not pd.isna(low):
            x += [float(low / unit), float(high / unit), None]
            y += [name, name, None]
    return go.Scatter(
        x=x, y=y, mode="lines", name="normal", hoverinfo="skip",
        line={"color": theme.LIGHT["band"], "width": 16},
    )  # fmt: skip


def _dots(rows: pd.DataFrame) -> dict[str, Any]:
    odd = rows["band"].isin(["above", "below"])
    return {
        "size": 12,
        "color": [theme.LIGHT["orange" if is_odd else "blue"] for is_odd in odd],
        "symbol": ["diamond" if is_odd else "circle" for is_odd in odd],
    }


@chart(
    id="realtime.health_board",
    order=90,
    model="analytics_realtime_system_health",
    title="How the channels are doing",
    unit="status; processing time in milliseconds; refused in per cent",
    reading=(
        "Rows are channels, columns windows. ✓ healthy, ◷ slow (p95 above two seconds), ✕ refusing "
        "(the lower end of the {coverage} interval of its decline rate is above 10 %), … silent."
    ),
    needs=(
        *("channel", "window_minutes", "health", "processing_p95_ms", "lag_minutes"),
        *("decline_rate_pct", "decline_rate_pct_lower", "decline_rate_pct_upper"),
    ),
    measures=("transaction_count",),
    span="full",
)
def health_board(frame: pd.DataFrame) -> go.Figure:
    """One cell per channel and window."""
    rows = known(frame, "window_minutes", "health")
    channels = sorted(str(name) for name in rows["channel"].unique())
    windows = sorted(float(minutes) for minutes in rows["window_minutes"].unique())
    cells = {(str(r["channel"]), float(r["window_minutes"])): r for _, r in rows.iterrows()}
    names = [_window(minutes) for minutes in windows]
    z, texts, hovers = [], [], []
    for channel in channels:
        line = [cells.get((channel, minutes)) for minutes in windows]
        z.append([None if r is None else HEALTH.index(str(r["health"])) for r in line])
        texts.append(["" if r is None else MARKS[str(r["health"])] for r in line])
        hovers.append(["" if r is None else _cell(r) for r in line])
    steps = [
        [edge / len(HEALTH), theme.LIGHT[color]]
        for position, color in enumerate(HEALTH_COLORS)
        for edge in (position, position + 1)
    ]
    figure = go.Figure(
        go.Heatmap(
            x=names, y=channels, z=z, text=texts, customdata=hovers, zmin=-0.5, zmax=3.5,
            texttemplate="%{text}", hovertemplate="%{customdata}<extra></extra>", xgap=2, ygap=2,
            colorscale=steps, showscale=False,
        )
    )  # fmt: skip
    figure.update_xaxes(type="category", showgrid=False)
    figure.update_yaxes(type="category", autorange="reversed", showgrid=False)
    longest = rows[rows["window_minutes"] == max(windows)]
    bad = longest[longest["health"].isin(["slow", "refusing"])]
    worst = longest.sort_values(["decline_rate_pct", "channel"], ascending=[False, True]).iloc[0]
    finding = (
        f"In {_window(max(windows))} {len(bad)} of {len(channels)} channels are slow or refusing"
        + (f" ({', '.join(str(name) for name in bad['channel'])})" if len(bad) else "")
        + f"; {worst['channel']} refuses most, {theme.percent(worst['decline_rate_pct'])} of "
        f"{theme.count(worst['transaction_count'])} transactions "
        f"({theme.percent(worst['decline_rate_pct_lower'])} to "
        f"{theme.percent(worst['decline_rate_pct_upper'])})."
    )
    ages = longest.sort_values(["lag_minutes", "channel"], ascending=[False, True]).iloc[0]
    return theme.finish(
        figure,
        finding=finding,
        height=130 + row_height(channels, 34) * len(channels),
        note=f"Longest without a transaction: {ages['channel']}, "
        f"{theme.count(ages['lag_minutes'])} minutes before the newest one of all.",
    )


def _window(minutes: float) -> str:
    return "the last day" if minutes == 1440 else f"the last {minutes:.0f} min"


def _cell(row: pd.Series) -> str:
    return (
        f"<b>{row['channel']}</b>, {_window(float(row['window_minutes']))}: {row['health']}<br>"
        f"{theme.count(row['transaction_count'])} transactions<br>"
        f"p95 {theme.count(row['processing_p95_ms'])} ms<br>"
        f"refused {theme.percent(row['decline_rate_pct'])}"
    )
