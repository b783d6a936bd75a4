"""Charts of category 01 about transactions in time: by day and by month."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from financial_analytics.charts.kit import theme
from financial_analytics.charts.kit.frames import currency_of, scalar
from financial_analytics.charts.kit.parts import month_axis
from financial_analytics.charts.registry import chart

LONG_SERIES_DAYS = 400
SHORT_SERIES_DAYS = 14
DAY_MS = 86_400_000


@chart(
    id="descriptive.daily_trend",
    order=80,
    model="analytics_daily_transaction_trend",
    title="Transaction volume per day with moving averages",
    unit="posted volume per day in the reporting currency",
    reading=(
        "Thin line: each day. Solid line: mean of the 7 days up to it. Dashed line: mean of "
        "28 days. Diamonds mark bank holidays. The buttons choose how far back to look."
    ),
    needs=("transaction_date", "volume"),
    measures=("volume",),
    span="full",
    rows="last",
)
def daily_trend(frame: pd.DataFrame) -> go.Figure:
    """Daily volume with 7- and 28-day moving averages and bank holidays."""
    currency = currency_of(frame)
    rows = frame.sort_values("transaction_date", kind="stable").reset_index(drop=True)
    days = rows["transaction_date"]
    short = len(rows) <= SHORT_SERIES_DAYS
    figure = go.Figure()
    figure.add_trace(
        go.Scatter(
            x=days,
            y=rows["volume"],
            name="Day",
            mode="lines+markers" if short else "lines",
            line={"color": theme.LIGHT["grey"], "width": 0.8},
            marker={"size": 6},
            opacity=0.65,
            customdata=rows.get("transaction_count"),
            hovertemplate="%{y:,.0f}, %{customdata:,.0f} transactions<extra>day</extra>",
        )
    )
    for position, (column, name) in enumerate(
        (("ma7_volume_amount", "7-day mean"), ("ma28_volume_amount", "28-day mean"))
    ):
        if column in rows.columns and rows[column].notna().any():
            figure.add_trace(
                go.Scatter(
                    x=days,
                    y=rows[column],
                    name=name,
                    mode="lines",
                    line={
                        "color": theme.series_color(position),
                        "dash": theme.DASHES[position],
                        "width": 2.2,
                    },
                    hovertemplate="%{y:,.0f}<extra>" + name + "</extra>",
                )
            )
    if "is_bank_holiday" in rows.columns:
        holidays = rows[rows["is_bank_holiday"].fillna(False).astype(bool)]
        if not holidays.empty:
            names = holidays.get("holiday_name", pd.Series("holiday", index=holidays.index))
            figure.add_trace(
                go.Scatter(
                    x=holidays["transaction_date"],
                    y=holidays["volume"],
                    name="Bank holiday",
                    mode="markers",
                    marker={
                        "symbol": "diamond-open",
                        "size": 7,
                        "color": theme.LIGHT["purple"],
                        "line": {"width": 1.5},
                    },
                    text=names.fillna("bank holiday"),
                    hovertemplate="%{text}<extra></extra>",
                )
            )
    figure.update_yaxes(title=f"{currency} per day".strip(), rangemode="tozero")
    figure.update_xaxes(rangeselector=_range_buttons(), type="date")
    if short:
        figure.update_xaxes(dtick=DAY_MS, tickformat="%-d %b")
    if len(rows) > LONG_SERIES_DAYS:
        last = days.iloc[-1]
        figure.update_xaxes(range=[last - pd.DateOffset(years=1), last + pd.DateOffset(days=2)])
        recent = rows[days >= last - pd.DateOffset(years=1)]["volume"].max()
        if pd.notna(recent) and recent > 0:
            figure.update_yaxes(range=[0, float(recent) * 1.08])
    figure.update_layout(
        hovermode="x unified",
        showlegend=True,
        dragmode="pan",
        margin={"t": 60},
        legend={"y": 1.0, "yanchor": "bottom"},
    )
    mean = scalar(rows, "ma28_volume_amount", len(rows) - 1)
    finding = (
        f"{theme.count(len(rows))} days up to {days.iloc[-1]:%-d %B %Y}, too few for a mean of 28."
        if mean is None
        else f"On average {theme.money(mean, currency)} a day over the 28 days up to "
        f"{days.iloc[-1]:%-d %B %Y}; {theme.count(len(rows))} days in all."
    )
    return theme.finish(
        figure,
        finding=finding,
        height=420,
        compact={
            "layout": {
                "height": 420,
                "dragmode": False,
                "yaxis": {"title": {"text": ""}},
                "margin": {"t": 92},
                "legend": {"font": {"size": 11}},
                "xaxis": {"rangeselector": {"y": 1.17}, "nticks": 4},
            }
        },
    )


def _range_buttons() -> dict[str, object]:
    return {
        "buttons": [
            {"count": 3, "label": "3 months", "step": "month", "stepmode": "backward"},
            {"count": 1, "label": "1 year", "step": "year", "stepmode": "backward"},
            {"step": "all", "label": "all"},
        ],
        "bgcolor": theme.LIGHT["card"],
        "activecolor": theme.LIGHT["seq1"],
        "bordercolor": theme.LIGHT["line"],
        "borderwidth": 1,
        "font": {"color": theme.LIGHT["text"], "size": 11},
        "x": 0,
        "y": 1.09,
        "yanchor": "bottom",
    }


@chart(
    id="descriptive.monthly_trend",
    order=90,
    model="analytics_monthly_transaction_trend",
    title="Volume and active customers per month",
    unit="posted volume in the reporting currency; customers",
    reading=(
        "Bars: posted volume of the month; a hatched last bar is a month not yet over. Line below: "
        "customers with a transaction. Hover for the change on the month and year before."
    ),
    needs=("month_start_date", "volume", "active_customers"),
    measures=("volume",),
    span="full",
    rows="last",
    metrics=("customers_moving_money",),
)
def monthly_trend(frame: pd.DataFrame) -> go.Figure:
    """Bars of monthly volume above the line of active customers."""
    currency = currency_of(frame)
    rows = frame.sort_values("month_start_date", kind="stable").reset_index(drop=True)
    partial = (
        rows["is_partial_month"].fillna(False).astype(bool)
        if "is_partial_month" in rows.columns
        else pd.Series(False, index=rows.index)
    )
    changes = [
        f"on the month before {theme.change(row.get('mom_change_pct')) or theme.UNKNOWN}"
        f"<br>on the year before {theme.change(row.get('yoy_change_pct')) or theme.UNKNOWN}"
        f"<br>{theme.count(row.get('transaction_count'))} transactions"
        + ("<br>month not yet over" if part else "")
        for row, part in zip(rows.to_dict("records"), partial, strict=True)
    ]
    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, row_heights=[0.66, 0.34], vertical_spacing=0.07
    )
    figure.add_trace(
        go.Bar(
            x=rows["month_start_date"],
            y=rows["volume"],
            name="Volume",
            width=26 * DAY_MS,
            marker={
                "color": theme.LIGHT["blue"],
                "pattern": {
                    "shape": ["/" if part else "" for part in partial],
                    "fillmode": "overlay",
                    "fgcolor": theme.LIGHT["hatch"],
                    "size": 6,
                },
            },
            customdata=changes,
            hovertemplate="<b>%{x|%B %Y}</b><br>volume %{y:,.0f}<br>%{customdata}<extra></extra>",
        ),
        row=1,
        col=1,
    )
    figure.add_trace(
        go.Scatter(
            x=rows["month_start_date"],
            y=rows["active_customers"],
            name="Active customers",
            mode="lines" if len(rows) > 36 else "lines+markers",
            line={"color": theme.LIGHT["orange"], "width": 2.2},
            marker={"symbol": "square", "size": 6},
            hovertemplate="%{x|%B %Y}: %{y:,.0f} active customers<extra></extra>",
        ),
        row=2,
        col=1,
    )
    figure.update_yaxes(title_text=f"volume, {currency}".rstrip(", "), row=1, col=1)
    figure.update_yaxes(title_text="customers", rangemode="tozero", row=2, col=1)
    figure.update_xaxes(month_axis(rows["month_start_date"]))
    whole = rows[~partial]
    newest = (whole if not whole.empty else rows).iloc[-1]
    yoy = newest.get("yoy_change_pct")
    finding = (
        f"{newest['month_start_date']:%B %Y}: {theme.money(newest['volume'], currency)} from "
        f"{theme.count(newest['active_customers'])} customers"
    )
    if yoy is not None and not pd.isna(yoy):
        finding += f", {theme.change(float(yoy))} on the same month a year before"
    return theme.finish(
        figure,
        finding=finding + ".",
        height=460,
        compact={
            "layout": {
                "height": 430,
                "yaxis": {"title": {"text": ""}},
                "yaxis2": {"title": {"text": ""}},
            }
        },
    )
