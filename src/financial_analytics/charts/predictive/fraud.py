"""The chart of category 05 about frauds to come."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from financial_analytics.charts.kit import theme
from financial_analytics.charts.kit.frames import currency_of, known
from financial_analytics.charts.kit.matrices import cell_matrix, rows_of
from financial_analytics.charts.kit.parts import row_height
from financial_analytics.charts.kit.predictions import bounded
from financial_analytics.charts.registry import chart

MOST_CELLS, FEWEST_CELLS = 12, 4
LEAST_SHARE = 0.005
"""Cells with less of the expected frauds are counted, not drawn."""
WORDS = {
    "historical_mean": "the mean of each cell",
    "gamma_poisson": "means of cells drawn to each other (gamma-Poisson)",
    "gamma_poisson_recent": "means of late days, drawn to each other (gamma-Poisson)",
}


@chart(
    id="predictive.fraud_forecast",
    order=100,
    model="analytics_fraud_risk_forecast",
    title="Where and when fraud is to be expected",
    unit="expected frauds a day",
    reading=(
        "Rows are what is paid for and the channel, those with most expected frauds first; "
        "columns are days ahead. The darker, the more frauds are expected. The mark behind a name "
        "tells whether its {coverage} interval of frauds per transaction lies above (high) or "
        "below (low) that of the bank."
    ),
    needs=(
        *("merchant_category", "channel", "forecast_date", "expected_fraud_count"),
        *("expected_fraud_count_lower", "expected_fraud_count_upper", "expected_fraud_amount"),
        *("risk_level", "bank_fraud_30d_count", "bank_fraud_7d_count", "label_known_rate"),
    ),
    measures=("expected_fraud_count",),
    span="full",
)
def fraud_forecast(frame: pd.DataFrame) -> go.Figure:
    """Heatmap of expected frauds by cell and day."""
    rows = known(frame, "expected_fraud_count", "forecast_date")
    currency = currency_of(rows)
    rows["cell"] = (
        rows["merchant_category"].fillna("Unknown") + " · " + rows["channel"].fillna("Unknown")
    )
    totals = rows.groupby("cell")["expected_fraud_count"].sum()
    totals = totals.sort_values(ascending=False, kind="stable")
    many = int((totals >= LEAST_SHARE * totals.sum()).sum())
    shown = [str(name) for name in totals.index[: min(max(many, FEWEST_CELLS), MOST_CELLS)]]
    levels = rows.drop_duplicates("cell").set_index("cell")["risk_level"]
    labels = [f"{name} ({str(levels[name]).lower()})" for name in shown]
    days = sorted(rows["forecast_date"].unique())
    drawn = rows[rows["cell"].isin(shown)]
    values = cell_matrix(drawn, ("cell", "forecast_date"), "expected_fraud_count", shown, days)
    texts = {
        (row["cell"], row["forecast_date"]): (
            f"<b>{row['cell']}</b>, {pd.Timestamp(row['forecast_date']):%a %d %b %Y}<br>"
            f"{row['expected_fraud_count']:.2f} frauds expected "
            f"({row['expected_fraud_count_lower']:.0f} to {row['expected_fraud_count_upper']:.0f})"
            f"<br>{theme.money(row['expected_fraud_amount'], currency)}"
        )
        for row in drawn.to_dict("records")
    }
    figure = go.Figure()
    figure.add_trace(
        go.Heatmap(
            x=[f"{pd.Timestamp(day):%Y-%m-%d}" for day in days],
            y=labels,
            z=rows_of(values),
            zmin=0,
            zmax=float(np.nanmax(values)) or 1.0,
            colorscale=theme.SEQUENTIAL,
            xgap=1,
            ygap=1,
            colorbar={"title": {"text": "frauds<br>a day"}, "thickness": 12, "len": 0.9},
            customdata=[[texts.get((name, day), "") for day in days] for name in shown],
            hovertemplate="%{customdata}<extra></extra>",
        )
    )
    figure.update_xaxes(type="date", tickformat="%-d %b", showgrid=False, nticks=8)
    figure.update_yaxes(type="category", autorange="reversed", showgrid=False)
    first = shown[0]
    share = 100 * float(totals.iloc[0]) / float(totals.sum())
    finding = (
        f"{bounded(rows, 'bank_fraud_30d_count', 0)} frauds are expected in the "
        f"{len(days)} days from {pd.Timestamp(days[0]):%-d %B %Y}, "
        f"{bounded(rows, 'bank_fraud_7d_count', 0)} of them in the first seven; "
        f"{first} is the largest part ({theme.percent(share)})."
    )
    row = rows.iloc[0]
    method = str(row.get("method_name", ""))
    left = totals.iloc[len(shown) :]
    note = (
        f"Of the last thirty days' frauds {theme.percent(100 * float(row['label_known_rate']))} "
        "are known by now, as estimated; the rest is added. "
        f"Method: {WORDS.get(method, method)}, chosen at past origins. "
        f"{theme.count(len(left))} cells with fewer expected frauds are not drawn "
        f"({theme.percent(100 * float(left.sum() / totals.sum()))} of them)."
    )
    return theme.finish(
        figure,
        finding=finding,
        height=130 + len(labels) * row_height(labels, 26),
        note=note,
        compact={
            "layout": {"height": 210 + 30 * len(labels), "xaxis": {"nticks": 4}},
            "traces": [
                {
                    "colorbar": {
                        "orientation": "h", "y": -0.12, "yanchor": "top", "thickness": 10,
                        "title": {"text": "frauds a day", "side": "top"},
                    }
                }
            ],
        },
    )  # fmt: skip
