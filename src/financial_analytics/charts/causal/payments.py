"""Charts of category 07 about autopay and late payment."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from financial_analytics.charts.kit import theme
from financial_analytics.charts.kit.intervals import band
from financial_analytics.charts.kit.verdicts import (
    EFFECT_NEEDS,
    Row,
    design_words,
    effects,
    is_supported,
    level,
    p_value_words,
    span_words,
    told_apart,
    verdict_words,
)
from financial_analytics.charts.kit.words import float_of, interval
from financial_analytics.charts.registry import chart

LATE = "is_late"
LOOKS = {"Without autopay": ("orange", "soft", "dot"), "On autopay": ("blue", "band", "solid")}


def _said(row: Row, noun: str) -> str:
    if not is_supported(row):
        return f"{noun}: {verdict_words(row)}"
    clear = "" if told_apart(row) else ", which cannot be told from 1"
    return f"{noun} on autopay: {interval(row, 'hazard_ratio')} times as often as without{clear}."


@chart(
    id="causal.payment_hazard",
    order=80,
    model="analytics_payment_timeliness_impact",
    title="Late instalments of a loan, with autopay and without",
    unit="late instalments of a loan since the first month, on average",
    reading=(
        "Each line is the number of late instalments a loan would have by then, were it in that "
        "state all along; a loan counts for autopay from the day it is enrolled. Bands have "
        "{coverage} coverage. The hazard ratio in the headline holds score, product and month "
        "fixed."
    ),
    needs=(
        *EFFECT_NEEDS,
        *("point_value", "hazard_ratio", "hazard_ratio_lower", "hazard_ratio_upper"),
        *("event_count", "proportionality_p_value", "placebo_p_value", "e_value_bound_index"),
    ),
    measures=("estimate",),
)
def payment_hazard(frame: pd.DataFrame) -> go.Figure:
    """Cumulative late instalments of a loan by state, with bands."""
    rows, points = effects(frame), level(frame, "point", outcome_name=LATE)
    if rows.empty or points.empty:
        return theme.empty_figure("no instalments of loans in both states to compare")
    records = {str(row["outcome_name"]): row for row in rows.to_dict("records")}
    first = records.get(LATE, next(iter(records.values())))
    figure = go.Figure()
    for name, (token, light, dash) in LOOKS.items():
        part = points[points["group_name"] == name].dropna(subset=["estimate_lower"])
        if part.empty:
            continue
        months = part["point_value"].tolist()
        lower, upper = (part[f"estimate_{end}"].tolist() for end in ("lower", "upper"))
        figure.add_trace(band(months, lower, upper, theme.LIGHT[light], f"Bounds, {name.lower()}"))
        figure.add_trace(
            go.Scatter(
                x=months,
                y=part["estimate"].tolist(),
                mode="lines",
                name=name,
                line={"color": theme.LIGHT[token], "width": 2, "dash": dash, "shape": "hv"},
                customdata=part["sample_count"].tolist(),
                hovertemplate="month %{x:.0f}<br>%{y:.2f} late instalments of a loan, "
                "%{customdata:,.0f} loans due<extra></extra>",
            )
        )
    figure.update_xaxes(title="months since the first instalment")
    figure.update_yaxes(rangemode="tozero")
    finding = (
        f"Of {theme.count(first['sample_count'])} instalments of loans"
        f"{span_words(first)}, {theme.count(first['event_count'])} were late. "
        f"{_said(first, 'Late payment')}"
    )
    if is_supported(first):
        finding += f" {verdict_words(first)}"
    others = " ".join(
        _said(row, str(row["outcome_label"]))
        for row in records.values()
        if row["outcome_name"] != first["outcome_name"]
    )
    tests = (
        f"p that the ratio stays the same {p_value_words(first['proportionality_p_value'])}, that "
        f"accounts soon to be enrolled do not differ {p_value_words(first['placebo_p_value'])}."
    )
    strength = float_of(first["e_value_bound_index"])
    if is_supported(first) and strength > 1:
        tests += (
            f" Something unmeasured would need a risk ratio of {strength:.1f} with autopay and "
            "with lateness to take the effect away."
        )
    note = " ".join(part for part in (tests, others, design_words(first)) if part)
    return theme.finish(figure, finding=finding, height=400, note=note)
