"""Charts of category 01 about fraud alerts and loan payments."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from financial_analytics.charts.kit import theme
from financial_analytics.charts.kit.frames import currency_of
from financial_analytics.charts.kit.parts import heat_texts, last_months, period_words
from financial_analytics.charts.registry import chart

MONTHS_SHOWN = 12
BUCKETS = ("current", "1_29", "30_59", "60_89", "90_plus")
BUCKET_NAMES = ("current", "1-29", "30-59", "60-89", "90+")


@chart(
    id="descriptive.fraud_funnel",
    order=140,
    model="analytics_fraud_summary",
    title="What becomes of fraud alerts",
    unit="alerts",
    reading=(
        "Each bar counts the alerts of the last twelve months that reached the stage; the "
        "percentage is of all alerts raised. Alerts of recent months may still move down."
    ),
    needs=("month_start_date", "raised_count", "reviewed_count", "confirmed_count"),
    measures=("raised_count",),
)
def fraud_funnel(frame: pd.DataFrame) -> go.Figure:
    """Funnel of alerts raised, reviewed, confirmed and recovered."""
    currency = currency_of(frame)
    rows = last_months(frame, MONTHS_SHOWN)
    stages = {
        "Raised": "raised_count",
        "Reviewed": "reviewed_count",
        "Confirmed": "confirmed_count",
        "Recovered": "recovered_count",
    }
    stages = {name: column for name, column in stages.items() if column in rows.columns}
    counts = [float(rows[column].sum()) for column in stages.values()]
    raised = counts[0]
    if raised <= 0:
        return theme.empty_figure(f"no fraud alert was raised, {period_words(rows)}")
    texts = [
        f"{theme.count(value)}  ({theme.percent(100 * value / raised, 0)})" for value in counts
    ]
    figure = go.Figure(
        go.Funnel(
            y=list(stages),
            x=counts,
            text=texts,
            textinfo="text",
            textposition="auto",
            textangle=0,
            insidetextfont={"size": 13, "color": theme.LIGHT["onfill"]},
            outsidetextfont={"size": 13, "color": theme.LIGHT["text"]},
            marker={
                "color": theme.LIGHT["blue"],
            },
            connector={
                "fillcolor": theme.LIGHT["card"],
                "line": {"color": theme.LIGHT["line"], "width": 1},
            },
            hovertemplate="<b>%{y}</b><br>%{x:,.0f} alerts, %{percentInitial:.1%} of raised"
            "<extra></extra>",
        )
    )
    dismissed = float(rows["dismissed_count"].sum()) if "dismissed_count" in rows else 0.0
    decided = counts[2] + dismissed
    precision = 100 * counts[2] / decided if decided else None
    finding = (
        f"{theme.count(raised)} alerts from {period_words(rows)}; of those decided, "
        f"{theme.percent(precision)} were fraud"
    )
    if "recovered_amount" in rows:
        recovered = float(rows["recovered_amount"].sum())
        finding += f"; {theme.money(recovered, currency)} recovered"
    return theme.finish(figure, finding=finding + ".", height=340)


@chart(
    id="descriptive.loan_waterfall",
    order=150,
    model="analytics_loan_payment_summary",
    title="From payments due to payments made on time",
    unit="reporting currency",
    reading=(
        "Left to right: what was due in the last twelve months, less what was missed or underpaid, "
        "plus what was overpaid, gives what was paid; less what came late leaves what came on time."
    ),
    needs=(
        "month_start_date",
        "scheduled_amount",
        "paid_amount",
        "missed_amount",
        "underpaid_amount",
        "overpaid_amount",
        "late_amount",
    ),
    measures=("scheduled_amount",),
    rows="last",
)
def loan_waterfall(frame: pd.DataFrame) -> go.Figure:
    """Waterfall from scheduled to paid to paid on time."""
    currency = currency_of(frame)
    rows = last_months(frame, MONTHS_SHOWN)

    def total(column: str) -> float:
        return float(rows[column].sum())

    steps = (
        ("Due", "absolute", total("scheduled_amount")),
        ("Missed", "relative", -total("missed_amount")),
        ("Underpaid", "relative", -total("underpaid_amount")),
        ("Overpaid", "relative", total("overpaid_amount")),
        ("Paid", "total", total("paid_amount")),
        ("Late", "relative", -total("late_amount")),
        ("On time", "total", total("paid_amount") - total("late_amount")),
    )
    values = [value for _, _, value in steps]
    figure = go.Figure(
        go.Waterfall(
            x=[name for name, _, _ in steps],
            measure=[measure for _, measure, _ in steps],
            y=values,
            text=[theme.money(value) for value in values],
            textposition="outside",
            textfont={"size": 11},
            constraintext="none",  # narrow bars would shrink their numbers
            cliponaxis=False,
            connector={"line": {"color": theme.LIGHT["grey"], "width": 1, "dash": "dot"}},
            increasing={"marker": {"color": theme.LIGHT["green"]}},
            decreasing={"marker": {"color": theme.LIGHT["orange"]}},
            totals={"marker": {"color": theme.LIGHT["blue"]}},
            customdata=[theme.money(value, currency) for value in values],
            hovertemplate="<b>%{x}</b><br>%{customdata}<extra></extra>",
        )
    )
    highest = max(values[0], values[4], 0.0)
    figure.update_yaxes(title=currency, range=[0, highest * 1.12 if highest else 1.0])
    figure.update_layout(showlegend=False, uniformtext={"mode": False})
    due, paid = values[0], values[4]
    share = 100 * paid / due if due else None
    return theme.finish(
        figure,
        finding=f"{theme.money(paid, currency)} of {theme.money(due, currency)} due was paid "
        f"({theme.percent(share)}), {period_words(rows)}.",
        height=400,
        compact={
            "layout": {
                "height": 380,
                "yaxis": {"title": {"text": ""}},
                "xaxis": {"tickangle": -40},
            },
            "traces": [{"textfont": {"size": 9}}],
        },
    )


@chart(
    id="descriptive.roll_rates",
    order=160,
    model="analytics_loan_payment_summary",
    title="How loans roll between delinquency buckets",
    unit="per cent of the loans in the bucket",
    reading=(
        "Rows are the bucket a loan was in, columns the bucket one payment month later; a row adds "
        "up to 100 %. Right of the diagonal loans got worse, left of it they cured. Twelve months "
        "together; the number of moves is under the rate."
    ),
    needs=(
        "month_start_date",
        *(f"roll_{left}_to_{entered}_count" for left in BUCKETS for entered in BUCKETS),
    ),
    measures=("roll_current_to_current_count",),
    rows="last",
)
def roll_rates(frame: pd.DataFrame) -> go.Figure:
    """Heatmap of moves between buckets, in per cent of the bucket left."""
    rows = last_months(frame, MONTHS_SHOWN)
    counts = np.array(
        [[rows[f"roll_{left}_to_{to}_count"].sum() for to in BUCKETS] for left in BUCKETS],
        dtype=np.float64,
    )
    totals = counts.sum(axis=1, keepdims=True)
    if totals.sum() <= 0:
        return theme.empty_figure("no loan has two payment months, so nothing can roll")
    rates = np.divide(100 * counts, totals, out=np.full_like(counts, np.nan), where=totals > 0)
    texts = [
        [
            f"{theme.percent(rate)}<br>{theme.count(number)}" if total > 0 else "no loans"
            for rate, number in zip(rate_row, count_row, strict=True)
        ]
        for rate_row, count_row, total in zip(rates, counts, totals[:, 0], strict=True)
    ]
    figure = go.Figure(
        go.Heatmap(
            z=rates,
            x=list(BUCKET_NAMES),
            y=list(BUCKET_NAMES),
            zmin=0,
            zmax=100,
            xgap=2,
            ygap=2,
            colorscale=theme.SEQUENTIAL,
            showscale=False,
            customdata=counts,
            hovertemplate="%{y} → %{x}<br>%{z:.2f} % (%{customdata:,.0f} loans)<extra></extra>",
            hoverongaps=False,
        )
    )
    heat_texts(figure, x=BUCKET_NAMES, y=BUCKET_NAMES, shares=rates / 100, texts=texts)
    figure.update_yaxes(
        autorange="reversed", title="days past due before", type="category", showgrid=False
    )
    figure.update_xaxes(
        title="days past due one payment month later", type="category", showgrid=False
    )
    worse = counts[0, 1:].sum()
    share = 100 * worse / totals[0, 0] if totals[0, 0] else None
    return theme.finish(
        figure,
        finding=f"{theme.percent(share)} of loans that were current fell behind by the next "
        f"payment month, {period_words(rows)}.",
        height=440,
        compact={
            "layout": {"height": 380, "yaxis": {"title": {"text": ""}}},
            "traces": [None, {"textfont": {"size": 9}}],
        },
    )
