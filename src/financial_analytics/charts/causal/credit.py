"""Charts of category 07 about the approval of credit."""

from __future__ import annotations

import math

import pandas as pd
import plotly.graph_objects as go

from financial_analytics.charts.kit import theme
from financial_analytics.charts.kit.frames import scalar
from financial_analytics.charts.kit.verdicts import (
    EFFECT_NEEDS,
    Row,
    design_words,
    effects,
    is_supported,
    level,
    p_value_words,
    power_words,
    span_words,
    told_apart,
    verdict_words,
)
from financial_analytics.charts.kit.words import float_of, interval
from financial_analytics.charts.registry import chart

SPEND = "spend_amount"


def _said(row: Row, noun: str) -> str:
    if not is_supported(row):
        return f"{noun}: {verdict_words(row)}"
    clear = "" if told_apart(row) else " and cannot be told from nothing"
    return f"{noun}: approval adds {interval(row, 'estimate', 0)}{clear}."


@chart(
    id="causal.rdd",
    order=10,
    model="analytics_credit_score_impact_analysis",
    title="What approval of credit adds to spending",
    unit="reporting currency of purchases a month, in the half year after the decision",
    reading=(
        "A dot is the mean of applicants with such a score, what they spent before allowed for. "
        "The lines are the local fits on the two sides of the cutoff; the gap between them there, "
        "over the jump in approval, is the effect. Its interval has {coverage} coverage and "
        "allows for the curvature that straight lines miss."
    ),
    needs=(
        *EFFECT_NEEDS,
        *("point_value", "benchmark_value", "cutoff_value", "bandwidth_value"),
        *("first_stage_rate", "density_p_value", "placebo_p_value", "balance_p_value"),
    ),
    measures=("estimate",),
    span="full",
)
def rdd(frame: pd.DataFrame) -> go.Figure:
    """Binned means by score, with the local fits on both sides of the cutoff."""
    rows, points = effects(frame), level(frame, "point", outcome_name=SPEND)
    cutoff = scalar(frame, "cutoff_value")
    if rows.empty or points.empty or cutoff is None:
        return theme.empty_figure("too few applications on a side of the cutoff to draw")
    records = {str(row["outcome_name"]): row for row in rows.to_dict("records")}
    first = records.get(SPEND, next(iter(records.values())))
    figure = go.Figure()
    sides = (
        ("Below the cutoff", "orange", "circle-open", points["point_value"] < cutoff),
        ("At the cutoff and above", "blue", "circle", points["point_value"] >= cutoff),
    )
    for name, token, symbol, mine in sides:
        part = points[mine]
        figure.add_trace(
            go.Scatter(
                x=part["point_value"].tolist(),
                y=part["estimate"].tolist(),
                mode="markers",
                name=name,
                marker={"color": theme.LIGHT[token], "symbol": symbol, "size": 9},
                customdata=part["sample_count"].tolist(),
                hovertemplate="score %{x:.0f}<br>%{y:,.0f} a month, of %{customdata:,.0f} "
                "applications<extra></extra>",
            )
        )
        line = part.dropna(subset=["benchmark_value"])
        if is_supported(first) and len(line) > 1:
            figure.add_trace(
                go.Scatter(
                    x=line["point_value"].tolist(),
                    y=line["benchmark_value"].tolist(),
                    mode="lines",
                    name=f"Local fit, {name.lower()}",
                    line={"color": theme.LIGHT[token], "width": 2},
                    hoverinfo="skip",
                    showlegend=False,
                )
            )
    figure.add_vline(x=cutoff, line={"color": theme.LIGHT["grey"], "width": 1, "dash": "dot"})
    figure.update_xaxes(title=f"credit score at the application; the cutoff is {cutoff:.0f}")
    figure.update_yaxes(rangemode="tozero")
    width = float_of(first.get("bandwidth_value"))
    about = "" if math.isnan(width) else f" within {width:.0f} points of the cutoff"
    finding = (
        f"Of {theme.count(first['sample_count'])} applications{about}{span_words(first)}. "
        f"{_said(first, 'Purchases a month')}"
    )
    if is_supported(first):
        finding += f" {verdict_words(first)}"
    others = " ".join(
        _said(row, str(row["outcome_label"])) + f" {power_words(row)}".rstrip()
        for name, row in records.items()
        if name != str(first["outcome_name"])
    )
    tests = (
        f"Approval jumps by {theme.percent(100 * float_of(first['first_stage_rate']), 0)}. "
        f"p of a jump in the density {p_value_words(first['density_p_value'])}, at placebo cutoffs "
        f"{p_value_words(first['placebo_p_value'])}, of what was known before "
        f"{p_value_words(first['balance_p_value'])}."
    )
    note = " ".join(
        part for part in (power_words(first), tests, others, design_words(first)) if part
    )
    return theme.finish(figure, finding=finding, height=420, note=note)
