"""Charts of category 05 about customers who may leave."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from financial_analytics.charts.kit import theme
from financial_analytics.charts.kit.frames import currency_of, known, scalar
from financial_analytics.charts.kit.parts import row_height
from financial_analytics.charts.kit.predictions import (
    bounded,
    bounded_money,
    evidence_words,
    warning_words,
)
from financial_analytics.charts.registry import chart

CATEGORIES = ("Low", "Medium", "High", "Very high")
COLORS = {
    name: theme.LIGHT[token]
    for name, token in zip(CATEGORIES, ("grey", "sky", "amber", "orange"), strict=True)
}
BINS = 40
SHOWN_SHARE = 0.995
MOST_REASONS = 10
REASONS = ("reason_1", "reason_2", "reason_3", "reason_4")
HIGH = ("High", "Very high")


def _day(frame: pd.DataFrame, column: str) -> str:
    """Return a date of the first row in words, or an empty text."""
    if column not in frame or pd.isna(frame[column].iloc[0]):
        return ""
    return f"{pd.Timestamp(frame[column].iloc[0]):%-d %B %Y}"


def _period(frame: pd.DataFrame) -> str:
    first, last = _day(frame, "prediction_date"), _day(frame, "prediction_window_end")
    return f" from {first} to {last}" if first and last else ""


@chart(
    id="predictive.churn_risk_distribution",
    order=10,
    model="analytics_customer_churn_prediction",
    title="How likely customers are to leave",
    unit="customers; risk of leaving within the window, %",
    reading=(
        "Bars count customers by their predicted risk; colour and hatch tell the category, which "
        "is the risk against the mean of all. The dashed line is the naive baseline: the share "
        "that left out of time, the same for everybody."
    ),
    needs=("predicted_churn_risk_pct", "predicted_churn_category"),
    measures=("predicted_churn_risk_pct",),
)
def churn_risk_distribution(frame: pd.DataFrame) -> go.Figure:
    """Histogram of risks by category, with the naive baseline."""
    rows = known(frame, "predicted_churn_risk_pct")
    rows["predicted_churn_category"] = rows["predicted_churn_category"].fillna("Unknown")
    risk = rows["predicted_churn_risk_pct"].to_numpy(dtype=np.float64)
    top = float(np.quantile(risk, SHOWN_SHARE)) or 1.0
    edges = np.linspace(0, top, BINS + 1)
    present = [name for name in CATEGORIES if name in set(rows["predicted_churn_category"])]
    others = sorted(set(rows["predicted_churn_category"]) - set(CATEGORIES))
    figure = go.Figure()
    for position, name in enumerate([*present, *others]):
        part = risk[(rows["predicted_churn_category"] == name).to_numpy()]
        counts, _ = np.histogram(np.minimum(part, top), bins=edges)
        style = theme.bar_style(position)
        figure.add_trace(
            go.Bar(
                x=((edges[:-1] + edges[1:]) / 2).tolist(),
                y=counts.tolist(),
                width=float(edges[1] - edges[0]),
                name=f"{name} ({theme.count(len(part))})",
                marker={**style, "color": COLORS.get(name, style["color"])},
                hovertemplate=f"{name}<br>risk about %{{x:.2f}} %: %{{y:,}} customers"
                "<extra></extra>",
            )
        )
    base = scalar(rows, "base_rate_pct")
    if base is not None:
        figure.add_vline(x=base, line={"color": theme.LIGHT["text"], "dash": "dash", "width": 1.5})
        figure.add_annotation(
            x=base,
            y=1,
            yref="paper",
            yanchor="top",
            xanchor="left",
            xshift=4,
            showarrow=False,
            text=f"naive: {base:.2f} %",
        )
    figure.update_layout(
        barmode="stack",
        bargap=0,
        xaxis={"title": {"text": "risk of leaving within the window, %"}, "range": [0, top * 1.01]},
        yaxis={"title": {"text": "customers"}},
        legend={
            "orientation": "h",
            "y": 1.02,
            "yanchor": "bottom",
            "x": 0,
            "traceorder": "normal",
        },
    )
    expected = scalar(rows, "expected_event_count")
    said = f"{theme.count(len(rows))} customers"
    if expected is not None:
        said = (
            f"{bounded(rows, 'expected_event_count', 0)} of {theme.count(len(rows))} customers "
            f"are expected to leave{_period(rows)}"
        )
    high = rows["predicted_churn_category"].isin(HIGH)
    finding = (
        f"{warning_words(rows)}{said}; {theme.count(high.sum())} of them "
        f"({theme.percent(100 * high.mean())}) are at high or very high risk."
    )
    over = int((risk > top).sum())
    note = f"{theme.count(over)} customers above {top:.1f} % are in the last bar. " if over else ""
    return theme.finish(
        figure,
        finding=finding,
        height=400,
        note=note + evidence_words(rows),
        compact={"layout": {"height": 430, "legend": {"font": {"size": 10}}}},
    )


@chart(
    id="predictive.churn_funnel",
    order=20,
    model="analytics_customer_churn_prediction",
    title="Where the customers who will leave are to be found",
    unit="customers",
    reading=(
        "From top to bottom: customers at least at this risk. The texts give how many they are, "
        "and which share of all expected departures is among them; without a model both shares "
        "would be equal."
    ),
    needs=("predicted_churn_risk_pct", "predicted_churn_category"),
    measures=("predicted_churn_risk_pct",),
)
def churn_funnel(frame: pd.DataFrame) -> go.Figure:
    """Funnel of customers by least category, with the share of expected departures."""
    rows = known(frame, "predicted_churn_risk_pct")
    currency = currency_of(rows)
    names = rows["predicted_churn_category"].fillna("Unknown")
    stages = {"All customers": rows}
    for place, label in ((1, "Medium or more"), (2, "High or more"), (3, "Very high")):
        stages[label] = rows[names.isin(CATEGORIES[place:])]
    total, leaving = len(rows), float(rows["predicted_churn_risk_pct"].sum())
    counts = [len(part) for part in stages.values()]
    shares = [
        float(part["predicted_churn_risk_pct"].sum()) / leaving if leaving else 0.0
        for part in stages.values()
    ]
    texts = [
        f"{theme.count(count)} ({theme.percent(100 * count / total, 1)})"
        f"<br>{theme.percent(100 * share, 1)} of departures"
        for count, share in zip(counts, shares, strict=True)
    ]
    figure = go.Figure(
        go.Bar(
            x=counts,
            y=list(stages),
            orientation="h",
            text=texts,
            textposition="outside",
            textangle=0,
            cliponaxis=False,
            marker={"color": [theme.LIGHT["grey"], *(COLORS[name] for name in CATEGORIES[1:])]},
            hovertemplate="%{y}: %{x:,} customers<extra></extra>",
        )
    )
    figure.update_layout(
        showlegend=False,
        xaxis={"visible": False, "range": [0, 1.5 * max(total, 1)]},
        yaxis={"autorange": "reversed"},
        bargap=0.35,
    )
    finding = (
        f"{warning_words(rows)}{theme.count(counts[2])} customers "
        f"({theme.percent(100 * counts[2] / total)}) at high or very high risk hold "
        f"{theme.percent(100 * shares[2])} of the {bounded(rows, 'expected_event_count', 0)} "
        f"departures that are expected{_period(rows)}"
    )
    if "clv_at_risk" in rows and rows["clv_at_risk"].notna().any():
        value_at_risk = bounded_money(rows, "clv_at_risk_total_amount", currency)
        finding += f"; lifetime value at risk in all {value_at_risk}"
    return theme.finish(
        figure,
        finding=finding + ".",
        height=360,
        note=evidence_words(rows),
        compact={"layout": {"xaxis": {"range": [0, 2.8 * max(total, 1)]}}},
    )


@chart(
    id="predictive.churn_reasons",
    order=30,
    model="analytics_customer_churn_prediction",
    title="Why customers at high risk are at risk",
    unit="% of customers at high or very high risk",
    reading=(
        "Each bar: share of the customers at high or very high risk who have this among the four "
        "reasons that raise their risk most above the average customer's. A reason says what the "
        "model looks at, not what would keep the customer."
    ),
    needs=("predicted_churn_risk_pct", "predicted_churn_category", *REASONS),
    measures=("predicted_churn_risk_pct",),
    span="full",
)
def churn_reasons(frame: pd.DataFrame) -> go.Figure:
    """Bars of the most frequent reasons among customers at high risk."""
    rows = frame[frame["predicted_churn_category"].isin(HIGH)].reset_index(drop=True)
    of_all = rows.empty
    if of_all:
        rows = known(frame, "predicted_churn_category")
    reasons = rows[list(REASONS)].melt()["value"].dropna()
    if rows.empty or reasons.empty:
        return theme.empty_figure(
            f"{warning_words(frame)}no customer has a reason that raises the risk"
        )
    counts = reasons.astype(str).value_counts().sort_index(kind="stable")
    counts = counts.sort_values(ascending=False, kind="stable")
    shown = counts.head(MOST_REASONS)[::-1]
    labels = [theme.wrap(str(name), 30) for name in shown.index]
    shares = (100 * shown / len(rows)).tolist()
    figure = go.Figure(
        go.Bar(
            x=shares,
            y=labels,
            orientation="h",
            text=[theme.percent(share, 0) for share in shares],
            textposition="outside",
            cliponaxis=False,
            marker={"color": theme.LIGHT["blue"]},
            hovertemplate="%{y}<br>%{x:.1f} %<extra></extra>",
        )
    )
    figure.update_layout(
        showlegend=False,
        xaxis={"range": [0, 1.15 * max(shares)], "ticksuffix": " %", "nticks": 5},
    )
    first = counts.index[0]
    who = "customers" if of_all else "customers at high or very high risk"
    finding = (
        f"{warning_words(frame)}Most frequent among the {theme.count(len(rows))} {who}: "
        f"{first} ({theme.percent(100 * counts.iloc[0] / len(rows), 0)})"
    )
    left = len(counts) - len(shown)
    note = f"{theme.count(left)} less frequent reasons are left off. " if left else ""
    return theme.finish(
        figure,
        finding=finding + ".",
        height=max(220, 90 + len(shown) * row_height(labels)),
        note=note + evidence_words(rows),
        compact={"layout": {"xaxis": {"range": [0, 1.5 * max(shares)]}}},
    )
