"""Charts of category 03 about the hours: when in the week, and through which channel."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from financial_analytics.charts.kit import matrices, theme
from financial_analytics.charts.kit.frames import known
from financial_analytics.charts.kit.parts import left_off_words
from financial_analytics.charts.registry import chart

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
HOURS = tuple(range(24))
HOUR_NAMES = tuple(f"{hour:02d}" for hour in HOURS)
INDEX_LIMIT = 8.0
MOST_CHANNELS = 7


def _timed(frame: pd.DataFrame) -> tuple[pd.DataFrame, float, list[str]]:
    """Return rows with a time of day, the transactions without one, and their channels."""
    rows = known(frame, "hour_number", "transaction_count")
    rows = rows.assign(channel=rows["channel"].fillna("Unknown"))
    timeless = rows[rows["hour_number"] < 0]
    timeless = timeless[timeless["transaction_count"] > 0]
    timed = rows[rows["hour_number"] >= 0].reset_index(drop=True)
    names = sorted(str(name) for name in timeless["channel"].unique())
    return timed, float(timeless["transaction_count"].sum()), names


def _timeless_note(number: float, names: list[str]) -> str:
    if not number:
        return ""
    return (
        f"{theme.count(number)} transactions carry no time of day ({', '.join(names)}) "
        "and are left out."
    )


@chart(
    id="exploratory.weekday_hour_heatmap",
    order=30,
    model="analytics_transaction_time_patterns",
    title="Which hours of the week are busy",
    unit="index, 100 = the mean hour of the week",
    reading=(
        "A cell is one hour of one weekday, all channels together: 200 is twice as many "
        "transactions as in the mean hour, 50 half as many. Each step of the colours is a "
        "doubling. The fraud rate of the hour is in the hover text."
    ),
    needs=("day_of_week_number", "hour_number", "channel", "transaction_count", "expected_count"),
    measures=("transaction_count",),
    span="full",
)
def weekday_hour_heatmap(frame: pd.DataFrame) -> go.Figure:
    """Heatmap of weekday by hour, transactions against a uniform week."""
    rows, timeless, names = _timed(frame)
    if rows.empty or rows["transaction_count"].sum() <= 0:
        return theme.empty_figure("no transaction carries a time of day")
    columns = ["transaction_count", "expected_count"]
    columns += [name for name in ("labelled_count", "fraud_count") if name in rows]
    keys = ("day_of_week_number", "hour_number")
    cells = rows.groupby(list(keys), as_index=False)[columns].sum(min_count=1)
    cells["index"] = (100 * cells["transaction_count"] / cells["expected_count"]).where(
        cells["expected_count"] > 0
    )
    index = matrices.cell_matrix(cells, keys, "index", range(1, 8), HOURS)
    counts = matrices.cell_matrix(cells, keys, "transaction_count", range(1, 8), HOURS)
    fraud = _fraud_words(cells)
    hover = [
        [
            f"<b>{day} {hour:02d}:00 to {hour:02d}:59</b><br>"
            f"{theme.count(counts[row, hour])} transactions, index "
            f"{theme.decimal(index[row, hour], 0)}{fraud.get((row + 1, hour), '')}"
            for hour in HOURS
        ]
        for row, day in enumerate(DAYS)
    ]
    figure = go.Figure(
        go.Heatmap(
            z=matrices.rows_of(matrices.log_ratio(index / 100, INDEX_LIMIT)),
            x=list(HOUR_NAMES),
            y=list(DAYS),
            zmin=-np.log2(INDEX_LIMIT),
            zmax=np.log2(INDEX_LIMIT),
            xgap=1.5,
            ygap=1.5,
            colorscale=theme.DIVERGING,
            colorbar={
                "orientation": "h",
                "x": 0.5,
                "xanchor": "center",
                "y": -0.2,
                "yanchor": "top",
                "len": 0.6,
                "thickness": 10,
                "outlinewidth": 0,
                "tickfont": {"size": 11, "color": theme.LIGHT["muted"]},
                **matrices.ratio_ticks(INDEX_LIMIT, percent=True),
            },
            customdata=hover,
            hovertemplate="%{customdata}<extra></extra>",
            hoverongaps=False,
        )
    )
    figure.update_xaxes(type="category", title="hour of the day", showgrid=False, tickangle=0)
    figure.update_yaxes(type="category", autorange="reversed", showgrid=False)
    figure.update_layout(margin={"b": 70})
    busiest = cells.iloc[int(np.argmax(cells["index"].fillna(-1.0)))]
    calm = cells.iloc[int(np.argmin(cells["index"].fillna(np.inf)))]

    def place(cell: pd.Series) -> str:
        return f"{DAYS[int(cell['day_of_week_number']) - 1]} {int(cell['hour_number']):02d}:00"

    weekend = cells.loc[cells["day_of_week_number"] >= 6, "transaction_count"].sum()
    share = 100 * float(weekend) / float(cells["transaction_count"].sum())
    return theme.finish(
        figure,
        finding=f"The busiest hour begins {place(busiest)} (index "
        f"{theme.decimal(busiest['index'], 0)}), the calmest {place(calm)} "
        f"({theme.decimal(calm['index'], 0)}); the weekend has {theme.percent(share)} of "
        f"{theme.count(cells['transaction_count'].sum())} transactions, 28.6{theme.NO_BREAK}% "
        "if days were alike.",
        height=400,
        note=_timeless_note(timeless, names),
        compact={
            "layout": {
                "height": 340,
                "xaxis": {"tickvals": ["00", "06", "12", "18", "23"]},
                "yaxis": {
                    "tickvals": list(DAYS),
                    "ticktext": [day[:3] for day in DAYS],
                },
            },
            "traces": [
                {
                    "xgap": 0.5,
                    "ygap": 0.5,
                    "colorbar": {"len": 0.95, "tickfont": {"size": 10}, "y": -0.24},
                }
            ],
        },
    )


def _fraud_words(cells: pd.DataFrame) -> dict[tuple[int, int], str]:
    """Return the fraud rate per weekday and hour in words, where labels are known."""
    if not {"labelled_count", "fraud_count"} <= set(cells.columns):
        return {}
    return {
        (int(cell["day_of_week_number"]), int(cell["hour_number"])): (
            f"<br>fraud {theme.percent(100 * cell['fraud_count'] / cell['labelled_count'], 2)} of "
            f"{theme.count(cell['labelled_count'])} labelled"
        )
        for cell in cells.to_dict("records")
        if cell["labelled_count"] > 0
    }


@chart(
    id="exploratory.hourly_channels",
    order=40,
    model="analytics_transaction_time_patterns",
    title="Which channel carries which hour",
    unit="transactions per day",
    reading=(
        "The height is the mean number of transactions that begin in the hour, all weekdays "
        "together; colour and hatch are the channel. Channels are stacked, the largest lowest."
    ),
    needs=("day_of_week_number", "hour_number", "channel", "transaction_count", "day_count"),
    measures=("transaction_count",),
    span="full",
)
def hourly_channels(frame: pd.DataFrame) -> go.Figure:
    """Stacked area of transactions per day by hour and channel."""
    rows, timeless, names = _timed(frame)
    days = float(rows.drop_duplicates("day_of_week_number")["day_count"].sum())
    if rows.empty or days <= 0 or rows["transaction_count"].sum() <= 0:
        return theme.empty_figure("no transaction carries a time of day")
    totals = rows.groupby("channel")["transaction_count"].sum()
    totals = totals[totals > 0].sort_values(ascending=False, kind="stable")
    figure = go.Figure()
    for position, name in enumerate(totals.index[:MOST_CHANNELS]):
        hourly = rows[rows["channel"] == name].groupby("hour_number")["transaction_count"].sum()
        values = [float(hourly.get(hour, 0.0)) / days for hour in HOURS]
        color = theme.series_color(position)
        figure.add_trace(
            go.Scatter(
                x=list(HOURS),
                y=values,
                name=str(name),
                mode="lines",
                stackgroup="channels",
                line={"color": color, "width": 1.2, "shape": "linear"},
                fillcolor=color,
                fillpattern={
                    "shape": theme.PATTERNS[position % len(theme.PATTERNS)],
                    "fillmode": "overlay",
                    "fgcolor": theme.LIGHT["hatch"],
                    "fgopacity": 0.5,
                    "size": 8,
                    "solidity": 0.2,
                },
                hovertemplate="<b>%{fullData.name}</b> %{x:02d}:00<br>%{y:,.1f} a day"
                "<extra></extra>",
            )
        )
    figure.update_xaxes(
        title="hour of the day", range=[0, 23], tickvals=list(range(0, 24, 3)), showgrid=False
    )
    figure.update_yaxes(title="transactions per day", rangemode="tozero")
    first = totals.index[0]
    by_hour = rows[rows["channel"] == first].groupby("hour_number")["transaction_count"].sum()
    share = 100 * float(totals.iloc[0]) / float(totals.sum())
    notes = [
        _timeless_note(timeless, names),
        left_off_words(max(0, len(totals) - MOST_CHANNELS), "channels"),
    ]
    return theme.finish(
        figure,
        finding=f"{first} carries {theme.percent(share)} of {theme.count(totals.sum())} "
        f"transactions with a time of day, most in the hour from {by_hour.idxmax():02.0f}:00.",
        height=400,
        note=" ".join(note for note in notes if note),
        compact={"layout": {"height": 380, "yaxis": {"title": {"text": ""}}}},
    )
