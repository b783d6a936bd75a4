"""The chart of category 01 about engagement: who comes back, how often."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from financial_analytics.charts.kit import theme
from financial_analytics.charts.kit.parts import month_axis
from financial_analytics.charts.registry import chart


@chart(
    id="descriptive.engagement",
    order=170,
    model="analytics_customer_engagement_metrics",
    title="How many customers are active per day, week and month",
    unit="customers; stickiness in per cent",
    reading=(
        "Upper panel: customers active on an average day (DAU), in an average week (WAU) and in "
        "the month (MAU), all segments. Lower panel: stickiness, DAU as a share of MAU."
    ),
    needs=("month_start_date", "dau_count", "wau_count", "mau_count"),
    measures=("dau_count", "wau_count", "mau_count"),
    rows="last",
    metrics=("customers_engaged",),
)
def engagement(frame: pd.DataFrame) -> go.Figure:
    """Lines of daily, weekly and monthly active customers, and stickiness below."""
    months = (
        frame.groupby("month_start_date")[["dau_count", "wau_count", "mau_count"]]
        .sum(min_count=1)
        .sort_index()
    )
    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, row_heights=[0.68, 0.32], vertical_spacing=0.07
    )
    names = {"mau_count": "MAU, month", "wau_count": "WAU, week", "dau_count": "DAU, day"}
    for position, (column, name) in enumerate(names.items()):
        figure.add_trace(
            go.Scatter(
                x=months.index,
                y=months[column],
                name=name,
                mode="lines" if len(months) > 24 else "lines+markers",
                line={
                    "color": theme.series_color(position),
                    "dash": theme.DASHES[position],
                    "width": 2.2,
                },
                marker={"symbol": theme.SYMBOLS[position], "size": 6},
                hovertemplate="%{x|%B %Y}: %{y:,.0f} customers<extra>" + name + "</extra>",
            ),
            row=1,
            col=1,
        )
    stickiness = 100 * months["dau_count"] / months["mau_count"].where(months["mau_count"] > 0)
    figure.add_trace(
        go.Scatter(
            x=months.index,
            y=stickiness,
            name="Stickiness",
            mode="lines" if len(months) > 24 else "lines+markers",
            line={"color": theme.LIGHT["purple"], "width": 2.2},
            marker={"symbol": "diamond", "size": 6},
            hovertemplate="%{x|%B %Y}: %{y:.1f} %<extra>stickiness</extra>",
        ),
        row=2,
        col=1,
    )
    figure.update_yaxes(title_text="customers", rangemode="tozero", row=1, col=1)
    figure.update_yaxes(title_text="DAU / MAU, %", rangemode="tozero", row=2, col=1)
    figure.update_xaxes(month_axis(months.index))
    figure.update_layout(hovermode="x unified")
    newest = months.index[-1]
    month = months.loc[newest]
    return theme.finish(
        figure,
        finding=f"In {newest:%B %Y} {theme.count(month['mau_count'])} customers were active, "
        f"{theme.count(month['dau_count'])} on an average day: stickiness "
        f"{theme.percent(float(stickiness.iloc[-1]))}.",
        height=470,
        compact={"layout": {"height": 440, "yaxis": {"title": {"text": ""}}}},
    )
