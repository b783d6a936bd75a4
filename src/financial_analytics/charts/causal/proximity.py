"""Charts of category 07 about the distance to a branch."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from financial_analytics.charts.kit import theme
from financial_analytics.charts.kit.intervals import series_with_bars
from financial_analytics.charts.kit.verdicts import (
    EFFECT_NEEDS,
    SUPPORTED,
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
from financial_analytics.charts.kit.words import float_of
from financial_analytics.charts.registry import chart

VISITS = "visit_count"
TICKS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
LOWEST, HIGHEST = 0.05, 10.0
"""Ends of the axis: a quarter with few visits has bounds far beyond."""


def _times(row: Row) -> str:
    value, low, high = (
        math.exp(float_of(row[name])) for name in ("estimate", "estimate_lower", "estimate_upper")
    )
    clear = "" if told_apart(row) else ", which cannot be told from 1"
    return f"{value:.2f} times as often ({low:.2f} to {high:.2f}){clear}"


def _said(row: Row) -> str:
    if not is_supported(row):
        return f"in the {row['group_name']} band: {verdict_words(row).rstrip('.')}"
    return f"in the {row['group_name']} band {_times(row)}"


def _line(part: pd.DataFrame, name: str, place: int) -> go.Scatter:
    """Return the event study of a band, with the bounds of each quarter."""
    value, low, high = (
        [min(max(math.exp(item), LOWEST), HIGHEST) for item in part[column]]
        for column in ("estimate", "estimate_lower", "estimate_upper")
    )
    return series_with_bars(
        [month + 0.25 * (2 * (place % 2) - 1) for month in part["point_value"]],
        value,
        (low, high),
        place=place,
        name=name,
        hover="month %{x:.0f}<br>%{y:.2f} times as often "
        "(%{customdata[0]:.2f} to %{customdata[1]:.2f})",
        size=8,
    )


@chart(
    id="causal.proximity",
    order=50,
    model="analytics_branch_proximity_impact",
    title="Does a branch nearby bring customers in",
    unit="times as many visits as near a branch",
    reading=(
        "Branches that opened or closed changed how far customers live from one. Each line is how "
        "many times as often they visit for living in the band instead of near a branch, by "
        "quarter from the change, against all quarters before it; left of it lines must stay at 1. "
        "Bars have {coverage} coverage and end at the edge of the drawing."
    ),
    needs=(
        *EFFECT_NEEDS,
        *("point_value", "event_count", "changed_customer_count", "placebo_p_value"),
        *("symmetry_p_value", "benchmark_value"),
    ),
    measures=("estimate",),
    span="full",
)
def proximity(frame: pd.DataFrame) -> go.Figure:
    """Lines of visits around openings and closures of branches, by band."""
    rows, points = effects(frame), level(frame, "point", outcome_name=VISITS)
    points = points.dropna(subset=["estimate_lower", "estimate_upper"])
    if rows.empty or points.empty:
        return theme.empty_figure("too few branches opened or closed to compare bands")
    records = rows.to_dict("records")
    visits = [row for row in records if row["outcome_name"] == VISITS] or records
    withheld = {row["group_name"] for row in visits if row["verdict"] != SUPPORTED}
    figure = go.Figure()
    for place, name in enumerate(points["group_name"].drop_duplicates()):
        part = points[points["group_name"] == name]
        if name in withheld:  # what was before the change refutes nothing by itself
            part = part[part["point_value"] < 0]
        if not part.empty:
            figure.add_trace(_line(part, f"{name} band".capitalize(), place))
    figure.add_hline(y=1, line={"color": theme.LIGHT["grey"], "width": 1})
    figure.add_vline(x=-0.5, line={"color": theme.LIGHT["grey"], "width": 1, "dash": "dot"})
    figure.update_xaxes(title="months from the change", dtick=3)
    figure.update_yaxes(
        title="times as many visits", type="log", tickvals=list(TICKS),
        ticktext=[f"{tick:g}" for tick in TICKS],
        range=[math.log10(LOWEST), math.log10(HIGHEST)],
    )  # fmt: skip
    first = visits[0]
    branches = max(float_of(row["event_count"]) for row in visits)
    finding = (
        f"Of {theme.count(first['sample_count'])} visits around {theme.count(branches)} branches "
        f"that opened or closed{span_words(first)}. Instead of near a branch, customers visit one "
        f"{'; '.join(_said(row) for row in visits)}."
    )
    if all(is_supported(row) for row in visits):
        finding += f" {verdict_words(first)}"
    others = [row for row in records if row["outcome_name"] != first["outcome_name"]]
    return theme.finish(figure, finding=finding, height=420, note=_note(visits, others))


def _note(visits: Sequence[Row], others: Sequence[Row]) -> str:
    """Return the tests, what so few branches could have found, and the other outcomes."""
    parts = []
    for row in visits:
        parts.append(
            f"{str(row['group_name']).capitalize()} band: "
            f"{theme.count(row['changed_customer_count'])} customers changed by "
            f"{theme.count(row['event_count'])} branches; p of visits that move before "
            f"{p_value_words(row['placebo_p_value'])}, of openings that do not mirror closures "
            f"{p_value_words(row['symmetry_p_value'])}; {_power(row)}."
        )
    for row in others:
        parts.append(f"{row['outcome_label']}, {_said(row)}; {_power(row)}.")
    return " ".join([*parts, design_words(visits[0])]).strip()


def _power(row: Row) -> str:
    """Return the power at the effect that would matter."""
    size, power = float_of(row["relevant_value"]), float_of(row["power_rate"])
    if math.isnan(size) or math.isnan(power):
        return "power unknown"
    return f"tells {math.exp(size):.2f} times from 1 with power {power:.2f}"
