"""The chart of category 04 about churn: which groups lie outside the funnel."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from financial_analytics.charts.kit import theme
from financial_analytics.charts.kit.frames import coverage_of, known
from financial_analytics.charts.kit.intervals import wilson_bounds
from financial_analytics.charts.kit.words import (
    SIGNIFICANT,
    as_of_words,
    interval,
    left_out,
    p_words,
)
from financial_analytics.charts.registry import chart

MOST_NAMED = 4
KINDS = (
    ("above", "Above the outer limit", "orange", "triangle-up"),
    ("below", "Below the outer limit", "green", "triangle-down"),
    ("inside", "Within what chance does", "blue", "circle"),
    ("small", "Too small to judge", "grey", "circle-open"),
)


@chart(
    id="inferential.churn_funnel",
    order=100,
    model="analytics_churn_rate_confidence_intervals",
    title="Which groups of customers leave more than chance",
    unit="per cent of customers at the start who left",
    reading=(
        "A point is a group of segment, age and years with the bank. Between the inner lines lie "
        "{coverage} of groups whose true rate is the overall one, between the outer 99.8 %. Small "
        "groups scatter most; open circles are too small to judge."
    ),
    needs=(
        *("customer_segment", "age_group", "tenure_band", "customer_count", "churned_count"),
        *("churn_rate", "churn_rate_lower", "churn_rate_upper", "shrunken_rate", "overall_rate"),
        *("funnel_lower", "funnel_upper", "funnel_outer_lower", "funnel_outer_upper"),
        *("effect_size", "effect_size_lower", "effect_size_upper", "adjusted_p_value"),
        *("is_small", "is_outside_funnel", "status"),
    ),
    measures=("churn_rate",),
    span="full",
)
def churn_funnel(frame: pd.DataFrame) -> go.Figure:
    """Funnel plot of rates against group sizes."""
    rows = known(frame, "churn_rate", "customer_count").sort_values("customer_count")
    rows = rows.reset_index(drop=True)
    small = rows["is_small"].fillna(True).astype(bool)
    outside = rows["is_outside_funnel"].fillna(False).astype(bool) & ~small
    above = rows["churn_rate"] > rows["overall_rate"]
    rows["kind"] = np.select(
        [small, outside & above, outside], ["small", "above", "below"], default="inside"
    )
    rows["label"] = [
        f"{segment}, {age}, {years.lower()}"
        for segment, age, years in zip(
            *(rows[n].fillna("Unknown") for n in ("customer_segment", "age_group", "tenure_band")),
            strict=True,
        )
    ]
    figure = go.Figure()
    limits = rows.drop_duplicates("customer_count")
    for columns, dash, words in (
        (("funnel_outer_lower", "funnel_outer_upper"), "dash", "Outer limits"),
        (("funnel_lower", "funnel_upper"), "dot", "Inner limits"),
    ):
        for place, column in enumerate(columns):
            figure.add_trace(
                go.Scatter(
                    x=limits["customer_count"].tolist(),
                    y=(100 * limits[column]).tolist(),
                    mode="lines",
                    name=words,
                    legendgroup=words,
                    showlegend=place == 0,
                    line={"color": theme.LIGHT["grey"], "width": 1.2, "dash": dash},
                    hoverinfo="skip",
                )
            )
    for kind, words, token, symbol in KINDS:
        part = rows[rows["kind"] == kind]
        if part.empty:
            continue
        figure.add_trace(
            go.Scatter(
                x=part["customer_count"].tolist(),
                y=(100 * part["churn_rate"]).tolist(),
                mode="markers",
                name=words,
                marker={"color": theme.LIGHT[token], "symbol": symbol, "size": 9,
                        "line": {"color": theme.LIGHT[token], "width": 1}},
                customdata=[_hover(row) for row in part.to_dict("records")],
                hovertemplate="%{customdata}<extra></extra>",
            )
        )  # fmt: skip
    overall = 100 * float(rows["overall_rate"].iloc[0])
    figure.add_hline(y=overall, line={"color": theme.LIGHT["text"], "width": 1})
    named = rows[rows["kind"].isin(["above", "below"])].nsmallest(MOST_NAMED, "adjusted_p_value")
    for row in named.to_dict("records"):
        figure.add_annotation(
            x=np.log10(row["customer_count"]), y=100 * row["churn_rate"], showarrow=False,
            text=theme.wrap(str(row["label"]), 22), xanchor="right", xshift=-8,
            font={"size": 11, "color": theme.LIGHT["text"]}, align="right",
        )  # fmt: skip
    top = min(100.0, max(2.5 * overall, 105 * float(rows["churn_rate"].max())))
    figure.update_xaxes(
        type="log", title="customers at the start (logarithmic)", tickformat=",", dtick="D1",
        exponentformat="none", tickvals=_ticks(rows["customer_count"]),
    )  # fmt: skip
    figure.update_yaxes(title="left, per cent", range=[-0.03 * top, 1.03 * top])
    return theme.finish(
        figure,
        finding=_finding(frame, rows),
        height=460,
        note=" ".join(
            part
            for part in (
                "Rates of small groups, pulled to the mean, are in the table.",
                left_out(frame, "groups").replace("Not drawn:", "Not tested:"),
            )
            if part
        ),
        compact={
            "layout": {
                "height": 460,
                "annotations": [],
                "yaxis": {"title": {"text": ""}},
            }
        },
    )


def _ticks(sizes: pd.Series) -> list[int]:
    low, high = float(sizes.min()), float(sizes.max())
    steps = [base * 10**power for power in range(7) for base in (1, 3)]
    return [step for step in steps if 0.8 * low <= step <= 1.2 * high]


def _hover(row: Mapping[Hashable, Any]) -> str:
    unit = theme.NO_BREAK + "%"
    return (
        f"<b>{row['label']}</b><br>{theme.count(row['churned_count'])} of "
        f"{theme.count(row['customer_count'])} left<br>"
        f"{interval(row, 'churn_rate', 1, 100, unit)}<br>pulled to the mean "
        f"{theme.percent(100 * row['shrunken_rate'])}"
    )


def _finding(frame: pd.DataFrame, rows: pd.DataFrame) -> str:
    left, whole = float(rows["churned_count"].sum()), float(rows["customer_count"].sum())
    low, high = wilson_bounds([left], [whole], coverage_of(frame))
    period = as_of_words(frame, "window_start_date", "window_end_date")
    bounds = "" if np.isnan(low[0]) else f", {low[0]:.1f} to {high[0]:.1f}{theme.NO_BREAK}%"
    said = (
        f"{'In ' + period + ' ' if period else ''}{theme.count(left)} of {theme.count(whole)} "
        f"customers left ({theme.percent(100 * left / whole)}{bounds})"
    )
    judged = rows[rows["kind"] != "small"]
    outside = judged[judged["kind"].isin(["above", "below"])]
    lie = "lies" if len(outside) == 1 else "lie"
    said += (
        f"; {len(outside) or 'none'} of {len(judged)} groups large enough {lie} outside the funnel"
    )
    tested = rows[rows["adjusted_p_value"].notna()]
    if tested.empty:
        return said + "."
    clear = int((tested["adjusted_p_value"] < SIGNIFICANT).sum())
    far = tested.iloc[int(np.argmin(tested["adjusted_p_value"]))].to_dict()
    unit = theme.NO_BREAK + "%"
    kind = "Farthest" if clear else "The candidate that is farthest, no more than chance,"
    return (
        f"{said}. {kind} is {far['label']}: {interval(far, 'churn_rate', 1, 100, unit)} of "
        f"{theme.count(far['customer_count'])} ({p_words(far['adjusted_p_value'])}, Cohen's h "
        f"{interval(far, 'effect_size')})."
    )
