"""The chart of category 01 about balances: a histogram and a box per product category."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from financial_analytics.charts.kit import theme
from financial_analytics.charts.kit.frames import currency_of, known
from financial_analytics.charts.registry import chart

CATEGORY_ORDER = ("Deposit", "Investment", "Credit", "Loan", "Unknown")
BOX_SHARE = 0.16
MOST_CATEGORIES = 6


@chart(
    id="descriptive.balance_histogram",
    order=120,
    model="analytics_account_balance_distribution",
    title="How balances of open accounts are spread",
    unit="accounts; balance in the reporting currency",
    reading=(
        "For each product category: bars count accounts by balance between the 1st and the 99th "
        "percentile (the outermost bars include what lies beyond). The box above spans the "
        "quartiles with the median, its whiskers reach the 5th and 95th percentile, the dashed "
        "line is the mean."
    ),
    needs=("product_category", "bin_lower", "bin_upper", "account_count", "p25_balance"),
    measures=("account_count",),
)
def balance_histogram(frame: pd.DataFrame) -> go.Figure:
    """Draw a histogram per product category with a box of its quantiles above."""
    currency = currency_of(frame)
    rows = known(frame, "account_count", "bin_lower", "bin_upper")
    if rows.empty:
        return theme.empty_figure("no product category has enough open accounts for a histogram")
    rows["product_category"] = rows["product_category"].fillna("Unknown")
    present = set(rows["product_category"])
    categories = [name for name in CATEGORY_ORDER if name in present]
    categories += sorted(present - set(CATEGORY_ORDER))
    left_off = categories[MOST_CATEGORIES:]
    categories = categories[:MOST_CATEGORIES]
    figure = go.Figure()
    titles: list[str] = []
    medians: list[str] = []
    axes: dict[str, Any] = {}
    for position, category in enumerate(categories):
        part = rows[rows["product_category"] == category].sort_values("bin_lower", kind="stable")
        first = part.iloc[0]
        box, bars = 2 * position + 1, 2 * position + 2
        figure.add_trace(_quantile_box(first, category, position, _name("", box)))
        figure.add_trace(_balance_bars(part, category, position, currency, _name("", bars)))
        axes |= _axes(part, box, bars, currency)
        titles.append(
            f"<b>{category}</b>, {theme.count(first.get('category_account_count'))} accounts"
        )
        medians.append(f"{category} {theme.money(first.get('p50_balance'), currency)}")
    figure.update_layout(axes)
    columns = min(2, len(categories))
    figure.update_layout(_grid(titles, columns))
    figure.update_layout(showlegend=False, bargap=0.04)
    rows_wide = -(-len(categories) // columns)
    return theme.finish(
        figure,
        finding=f"Median balance: {'; '.join(medians)}.",
        height=60 + 230 * rows_wide,
        note=f"{len(left_off)} further categories are left off." if left_off else "",
        compact={"layout": {**_grid(titles, 1), "height": 50 + 240 * len(categories)}},
    )


def _name(prefix: str, number: int) -> str:
    return prefix + ("" if number == 1 else str(number))


def _axes(part: pd.DataFrame, box: int, bars: int, currency: str) -> dict[str, Any]:
    """Return the axes of one category: both x axes share the range of the bins."""
    lowest, highest = float(part["bin_lower"].min()), float(part["bin_upper"].max())
    margin = 0.03 * ((highest - lowest) or 1.0)
    edges = [lowest - margin, highest + margin]
    return {
        _name("xaxis", box): {"visible": False, "range": edges, "anchor": _name("y", box)},
        _name("yaxis", box): {"visible": False, "anchor": _name("x", box)},
        _name("xaxis", bars): {
            "range": edges,
            "nticks": 5,
            "tickangle": 0,
            "anchor": _name("y", bars),
            "title": {"text": f"balance, {currency}".rstrip(", ")},
        },
        _name("yaxis", bars): {"nticks": 4, "anchor": _name("x", bars)},
    }


def _grid(titles: list[str], columns: int) -> dict[str, Any]:
    """Return the domains of all axes and the titles for a grid of `columns`."""
    rows = -(-len(titles) // columns)
    gap_x = 0.1 if columns > 1 else 0.0
    gap_y = 0.0 if rows == 1 else 0.3 / rows
    width = (1 - gap_x * (columns - 1)) / columns
    height = (1 - gap_y * (rows - 1)) / rows
    layout: dict[str, Any] = {}
    notes = []
    for position, title in enumerate(titles):
        left = (position % columns) * (width + gap_x)
        top = 1 - (position // columns) * (height + gap_y)
        across = [left, min(1.0, left + width)]
        split = top - BOX_SHARE * height
        box, bars = 2 * position + 1, 2 * position + 2
        layout[_name("xaxis", box)] = {"domain": across}
        layout[_name("xaxis", bars)] = {"domain": across}
        layout[_name("yaxis", box)] = {"domain": [split, top]}
        layout[_name("yaxis", bars)] = {"domain": [max(0.0, top - height), split - 0.02]}
        notes.append(
            {
                "text": title,
                "xref": "paper",
                "yref": "paper",
                "x": left,
                "y": top,
                "xanchor": "left",
                "yanchor": "bottom",
                "showarrow": False,
            }
        )
    return {**layout, "annotations": notes}


def _quantile_box(first: pd.Series, category: str, position: int, axis: str) -> go.Box:
    def value(name: str) -> list[float] | None:
        number = first.get(name)
        return None if number is None or pd.isna(number) else [float(number)]

    return go.Box(
        q1=value("p25_balance"),
        median=value("p50_balance"),
        q3=value("p75_balance"),
        lowerfence=value("p5_balance"),
        upperfence=value("p95_balance"),
        mean=value("avg_balance"),
        boxmean=True,
        y=[category],
        orientation="h",
        name=category,
        line={"color": theme.series_color(position), "width": 1.5},
        fillcolor=theme.LIGHT["card"],
        hoverinfo="x",
        xaxis=f"x{axis}",
        yaxis=f"y{axis}",
    )


def _balance_bars(
    part: pd.DataFrame, category: str, position: int, currency: str, axis: str
) -> go.Bar:
    lower, upper = part["bin_lower"], part["bin_upper"]
    width = (upper - lower).where(upper > lower, 1.0)
    shares = part.get("pct_of_category", pd.Series(float("nan"), index=part.index))
    return go.Bar(
        x=((lower + upper) / 2).tolist(),
        y=part["account_count"].tolist(),
        width=(width * 0.96).tolist(),
        name=category,
        marker=theme.bar_style(position),
        customdata=[
            [theme.money(low, currency), theme.money(high, currency), theme.percent(share)]
            for low, high, share in zip(lower, upper, shares, strict=True)
        ],
        hovertemplate="%{customdata[0]} to %{customdata[1]}<br>%{y:,.0f} accounts, "
        "%{customdata[2]} of " + category + "<extra></extra>",
        xaxis=f"x{axis}",
        yaxis=f"y{axis}",
    )
