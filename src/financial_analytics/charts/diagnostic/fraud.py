"""Charts of category 02 about fraud: where and when it is more than usual."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from financial_analytics.charts.kit import theme
from financial_analytics.charts.kit.frames import coverage_of, currency_of
from financial_analytics.charts.kit.intervals import wilson_bounds
from financial_analytics.charts.kit.maps import bubble_sizes
from financial_analytics.charts.kit.parts import heat_texts, left_off_words
from financial_analytics.charts.registry import chart

MOST_CATEGORIES = 16
LARGEST_BUBBLE = 34.0
LABELLED_FROM = 20.0
LINKS = "Merchants and devices where victims meet are rows of analytics_fraud_pattern_links."
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
NEEDS = ("transaction_count", "fraud_count", "coverage_pct")
# How a rate stands to the rate of all: name, token, marker.
KINDS = (
    ("More than usual", "orange", "diamond"),
    ("Not told apart from usual", "grey", "circle"),
    ("Less than usual", "blue", "square"),
)


def _patterns(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the cells of transactions that carry labels."""
    return frame[frame["fraud_rate_pct"].notna()].reset_index(drop=True)


def _kind(rows: pd.DataFrame, base: float) -> list[int]:
    """Return the place in `KINDS` of each row, by its Wilson interval."""
    lower, upper = wilson_bounds(
        rows["fraud_count"].to_numpy(dtype=np.float64),
        rows["transaction_count"].to_numpy(dtype=np.float64),
        coverage_of(rows),
    )
    return [
        0 if low > base else 2 if high < base else 1 for low, high in zip(lower, upper, strict=True)
    ]


@chart(
    id="diagnostic.fraud_bubble",
    order=30,
    model="analytics_fraud_pattern_analysis",
    title="Where fraud is more than usual: category and channel",
    unit="amount of fraud, reporting currency",
    reading=(
        "The area is the amount of fraud, the number its count. Marker and colour say whether "
        "the rate of the cell is above or below that of all transactions: its {coverage} interval "
        "lies wholly on one side. Cells without fraud have no bubble."
    ),
    needs=(*NEEDS, "merchant_category", "channel", "fraud_amount"),
    measures=("fraud_rate_pct",),
)
def fraud_bubble(frame: pd.DataFrame) -> go.Figure:
    """Draw a bubble per merchant category and channel, area by the amount of fraud."""
    currency = currency_of(frame)
    cells = _patterns(frame)
    total = float(cells["transaction_count"].sum())
    frauds = float(cells["fraud_count"].sum())
    if frauds <= 0:
        return theme.empty_figure(f"none of {theme.count(total)} transactions is a known fraud")
    base = 100 * frauds / total
    names = ["merchant_category", "channel"]
    sums = cells.groupby(names, dropna=False)[
        ["transaction_count", "fraud_count", "fraud_amount"]
    ].sum()
    rows = sums.reset_index().assign(coverage_pct=coverage_of(cells))
    rows[names] = rows[names].fillna("Unknown")
    rows = rows[rows["fraud_count"] > 0].reset_index(drop=True)
    rows["kind"] = _kind(rows, base)
    amounts = rows.groupby("merchant_category")["fraud_amount"].sum()
    categories = amounts.sort_values(ascending=False, kind="stable").index.tolist()
    left_off = len(categories) - MOST_CATEGORIES
    categories = categories[:MOST_CATEGORIES]
    by_channel = rows.groupby("channel")["fraud_amount"].sum()
    channels = by_channel.sort_values(ascending=False, kind="stable").index.tolist()
    shown = rows[rows["merchant_category"].isin(categories)].reset_index(drop=True)
    shown["size"] = bubble_sizes(shown["fraud_amount"].tolist(), largest=LARGEST_BUBBLE)
    figure = go.Figure()
    for number, (name, token, symbol) in enumerate(KINDS):
        part = shown[shown["kind"] == number]
        if not part.empty:
            figure.add_trace(_bubbles(part, name, token, symbol, currency))
    wide, narrow = ([theme.wrap(name, width) for name in categories] for width in (30, 15))
    figure.update_yaxes(
        type="category",
        categoryorder="array",
        categoryarray=categories,
        range=[len(categories) - 0.4, -0.6],
        tickvals=categories,
        ticktext=wide,
    )
    figure.update_xaxes(
        type="category",
        categoryorder="array",
        categoryarray=channels,
        range=[-0.6, len(channels) - 0.4],
    )
    worst = rows.assign(rate=100 * rows["fraud_count"] / rows["transaction_count"])
    named = (worst["merchant_category"] != "Unknown") & (worst["channel"] != "Unknown")
    worst = worst[named & (worst["kind"] == 0)].sort_values(
        "fraud_amount", ascending=False, kind="stable"
    )
    said = (
        f"of the cells above that, {worst.iloc[0]['merchant_category']} "
        f"({worst.iloc[0]['channel']}) costs most: {theme.percent(worst.iloc[0]['rate'], 2)} "
        "of its transactions"
        if not worst.empty
        else "no named cell is told apart from it as higher"
    )
    return theme.finish(
        figure,
        finding=f"{theme.count(frauds)} frauds in {theme.count(total)} transactions "
        f"({theme.percent(base, 2)}); {said}.",
        height=110 + 36 * len(categories),
        compact={
            "layout": {
                "yaxis": {"ticktext": narrow, "tickfont": {"size": 10}},
                "xaxis": {"tickangle": -40, "tickfont": {"size": 10}},
                "height": 170 + 36 * len(categories),
            }
        },
        note=" ".join(
            words for words in (left_off_words(max(0, left_off), "categories"), LINKS) if words
        ),
    )


def _bubbles(part: pd.DataFrame, name: str, token: str, symbol: str, currency: str) -> go.Scatter:
    lower, upper = wilson_bounds(
        part["fraud_count"].to_numpy(dtype=np.float64),
        part["transaction_count"].to_numpy(dtype=np.float64),
        coverage_of(part),
    )
    hover = [
        f"{theme.count(row['fraud_count'])} frauds in {theme.count(row['transaction_count'])} "
        f"transactions<br>{theme.percent(100 * row['fraud_count'] / row['transaction_count'], 2)} "
        f"({theme.percent(low, 2)} to {theme.percent(high, 2)})"
        f"<br>{theme.money(row['fraud_amount'], currency)}"
        for row, low, high in zip(part.to_dict("records"), lower, upper, strict=True)
    ]
    return go.Scatter(
        x=part["channel"].tolist(),
        y=part["merchant_category"].tolist(),
        mode="markers+text",
        name=name,
        marker={
            "size": part["size"].tolist(),
            "color": theme.LIGHT[token],
            "symbol": symbol,
            "line": {"color": theme.LIGHT["paper"], "width": 1},
            "opacity": 1,
        },
        text=[
            theme.count(count) if size >= LABELLED_FROM else f" {theme.count(count)}"
            for count, size in zip(part["fraud_count"], part["size"], strict=True)
        ],
        # A small bubble has its number beside it.
        textposition=[
            "middle center" if size >= LABELLED_FROM else "middle right" for size in part["size"]
        ],
        textfont={
            "size": 11,
            "color": [
                theme.LIGHT["onfill" if size >= LABELLED_FROM else "text"] for size in part["size"]
            ],
        },
        customdata=hover,
        hovertemplate="<b>%{y}</b>, %{x}<br>%{customdata}<extra></extra>",
    )


@chart(
    id="diagnostic.fraud_hours",
    order=40,
    model="analytics_fraud_pattern_analysis",
    title="When fraud happens: weekday and hour",
    unit="frauds in 100 transactions",
    reading=(
        "Rows are weekdays, columns three hours of the day. The stronger the colour, "
        "the more of the transactions of that time are fraud; the count is under the rate. A rate "
        "in bold has a {coverage} interval wholly above the rate of all transactions."
    ),
    needs=(*NEEDS, "weekday_number", "hour_band", "hour_band_number"),
    measures=("fraud_rate_pct",),
)
def fraud_hours(frame: pd.DataFrame) -> go.Figure:
    """Heatmap of the fraud rate by weekday and hours."""
    labelled = _patterns(frame)
    if labelled["transaction_count"].sum() <= 0:
        return theme.empty_figure("no transaction carries a label of fraud")
    is_timed = labelled["hour_band_number"] >= 0
    cells = labelled[is_timed].reset_index(drop=True)
    total, frauds = float(cells["transaction_count"].sum()), float(cells["fraud_count"].sum())
    if total <= 0:
        return theme.empty_figure("no transaction with a label of fraud carries a time of day")
    base = 100 * frauds / total
    timeless = float(labelled.loc[~is_timed, "transaction_count"].sum())
    firsts = cells.dropna(subset=["hour_band"]).drop_duplicates("hour_band")
    ordered = firsts.sort_values("hour_band_number", kind="stable")
    bands = [str(name) for name in ordered["hour_band"]]

    def table(column: str) -> pd.DataFrame:
        sums = cells.pivot_table(
            index="weekday_number", columns="hour_band", values=column, aggfunc="sum"
        )
        return sums.reindex(index=list(range(1, 8)), columns=bands).fillna(0.0)

    trials = table("transaction_count").to_numpy(dtype=np.float64)
    events = table("fraud_count").to_numpy(dtype=np.float64)
    rates = np.divide(100 * events, trials, out=np.full_like(trials, np.nan), where=trials > 0)
    lower, upper = wilson_bounds(events.ravel(), trials.ravel(), coverage_of(cells))
    above = np.nan_to_num(lower, nan=0.0).reshape(rates.shape) > base
    top = float(np.nanmax(rates)) or 1.0
    texts = [
        [
            "none"
            if size <= 0
            else f"{'<b>' if bold else ''}{rate:.2f}{theme.NO_BREAK}%{'</b>' if bold else ''}"
            f"<br>{theme.count(number)}"
            for rate, number, size, bold in zip(*row, strict=True)
        ]
        for row in zip(rates, events, trials, above, strict=True)
    ]
    hover = [
        f"{theme.count(number)} frauds in {theme.count(size)} transactions"
        f"<br>{theme.percent(low, 2)} to {theme.percent(high, 2)}"
        for number, size, low, high in zip(
            events.ravel(), trials.ravel(), lower, upper, strict=True
        )
    ]
    figure = go.Figure(
        go.Heatmap(
            z=rates,
            x=bands,
            y=list(DAYS),
            zmin=0,
            zmax=top,
            xgap=2,
            ygap=2,
            colorscale=theme.SEQUENTIAL,
            showscale=False,
            customdata=np.array(hover).reshape(rates.shape),
            hovertemplate="<b>%{y} %{x}</b><br>%{z:.3f} %<br>%{customdata}<extra></extra>",
            hoverongaps=False,
        )
    )
    heat_texts(figure, x=bands, y=DAYS, shares=rates / top, texts=texts)
    figure.update_yaxes(autorange="reversed", type="category", showgrid=False)
    figure.update_xaxes(title="hour of the day", type="category", showgrid=False)
    return theme.finish(
        figure,
        finding=_hours_finding(cells, base, bool(frauds)),
        height=430,
        note=f"{theme.count(timeless)} transactions carry no time of day and are left out."
        if timeless
        else "",
        compact={
            "layout": {
                "height": 430,
                "yaxis": {
                    "tickvals": list(DAYS),
                    "ticktext": [day[:3] for day in DAYS],
                },
                "xaxis": {
                    "title": {"text": "from hour; per cent over count"},
                    "tickvals": bands,
                    "ticktext": [band[:2] for band in bands],
                    "tickangle": 0,
                },
            },
            "traces": [None, {"textfont": {"size": 9}, "text": _short(rates, events, above)}],
        },
    )


def _short(
    rates: NDArray[np.float64], events: NDArray[np.float64], above: NDArray[np.bool_]
) -> list[str]:
    """Return the texts of the cells for a narrow drawing, row by row."""
    return [
        "none"
        if np.isnan(rate)
        else f"{'<b>' if bold else ''}{rate:.2f}{'</b>' if bold else ''}<br>{theme.count(number)}"
        for rate, number, bold in zip(rates.ravel(), events.ravel(), above.ravel(), strict=True)
    ]


def _hours_finding(cells: pd.DataFrame, base: float, any_fraud: bool) -> str:
    if not any_fraud:
        return f"None of {theme.count(cells['transaction_count'].sum())} transactions is fraud."
    by_band = cells.groupby("hour_band")[["fraud_count", "transaction_count"]].sum()
    rates = 100 * by_band["fraud_count"] / by_band["transaction_count"]
    place = int(np.nanargmax(rates.to_numpy(dtype=np.float64)))
    worst, rate = str(by_band.index[place]), float(rates.iloc[place])
    pair = by_band.iloc[[place]].to_numpy(dtype=np.float64)
    lower, upper = wilson_bounds(pair[:, 0], pair[:, 1], coverage_of(cells))
    apart = "above" if lower[0] > base else "not told apart from"
    return (
        f"The rate is highest at {worst} h, {theme.percent(rate, 2)} "
        f"({theme.percent(lower[0], 2)} to {theme.percent(upper[0], 2)}), {apart} the "
        f"{theme.percent(base, 2)} of all transactions."
    )
