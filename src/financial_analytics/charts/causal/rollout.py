"""Charts of category 07 about the roll-out of the mobile application."""

from __future__ import annotations

import math

import numpy as np
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
from financial_analytics.charts.kit.words import float_of
from financial_analytics.charts.registry import chart

LOOKS = {
    "purchase_count": ("blue", "band", "solid", "circle"),
    "contact_count": ("orange", "soft", "dot", "square"),
}


def percent_changed(row: Row) -> str:
    """Return a logarithm of a ratio with its bounds as a change in per cent.

    Examples
    --------
    >>> percent_changed({"estimate": -0.3, "estimate_lower": -0.4, "estimate_upper": -0.2})
    '-25.9 % (-33.0 to -18.1)'
    """
    value, low, high = (
        100 * math.expm1(float_of(row.get(name)))
        for name in ("estimate", "estimate_lower", "estimate_upper")
    )
    return f"{value:+.1f} % ({low:+.1f} to {high:+.1f})"


def _said(row: Row) -> str:
    noun = str(row["outcome_label"])
    if not is_supported(row):
        return f"{noun}: {verdict_words(row)}"
    clear = "" if told_apart(row) else ", which cannot be told from nothing"
    return f"{noun}: {percent_changed(row)}{clear}."


@chart(
    id="causal.channel",
    order=70,
    model="analytics_channel_migration_impact",
    title="What the mobile application changes, month by month",
    unit="per cent, against regions not yet reached",
    reading=(
        "Month 0 is when the application came to a region. Each line is how much more or less its "
        "customers did than in the month before it came, less the same of regions not yet reached. "
        "Left of 0 a line should lie at 0. A band holds its whole line with {coverage} coverage."
    ),
    needs=(
        *EFFECT_NEEDS,
        *("treatment_count", "benchmark_value", "pretrend_p_value", "cohort_count"),
    ),
    measures=("estimate",),
    span="full",
)
def channel(frame: pd.DataFrame) -> go.Figure:
    """Event study of the outcomes, with uniform bands."""
    rows, points = effects(frame), level(frame, "event")
    if rows.empty or points.empty:
        return theme.empty_figure(
            "the application came to too few regions, or at one time, to compare them"
        )
    records = rows.to_dict("records")
    figure = go.Figure()
    for row in records:
        name = str(row["outcome_name"])
        token, light, dash, symbol = LOOKS.get(name, LOOKS["purchase_count"])
        part = points[points["outcome_name"] == name]
        if not is_supported(row):  # what came before is a diagnostic, what came after an effect
            part = part[part["point_number"] < 0]
        if part.empty:
            continue
        months = part["point_number"].tolist()
        logs = part[["estimate", "estimate_lower", "estimate_upper"]].astype(float)
        seen = logs.apply(np.expm1) * 100
        lower, upper = (seen[f"estimate_{end}"].tolist() for end in ("lower", "upper"))
        said = f"Band, {str(row['outcome_label']).lower()}"
        figure.add_trace(band(months, lower, upper, theme.LIGHT[light], said))
        figure.add_trace(
            go.Scatter(
                x=months,
                y=seen["estimate"].tolist(),
                mode="lines+markers",
                name=str(row["outcome_label"]),
                line={"color": theme.LIGHT[token], "width": 2, "dash": dash},
                marker={"color": theme.LIGHT[token], "symbol": symbol, "size": 6},
                customdata=seen[["estimate_lower", "estimate_upper"]].to_numpy().tolist(),
                hovertemplate="month %{x:.0f}<br>%{y:+.1f} % (%{customdata[0]:+.1f} to "
                "%{customdata[1]:+.1f})<extra></extra>",
            )
        )
    figure.add_vline(x=-0.5, line={"color": theme.LIGHT["grey"], "width": 1, "dash": "dot"})
    figure.add_hline(y=0, line={"color": theme.LIGHT["grey"], "width": 1})
    figure.update_xaxes(title="months since the application came to the region")
    figure.update_yaxes(title="per cent")
    first = records[0]
    finding = (
        f"Of {theme.count(first['sample_count'])} regions, "
        f"{theme.count(first['treatment_count'])} reached in "
        f"{theme.count(first['cohort_count'])} waves{span_words(first)}; after the application "
        f"came, per customer and month. {' '.join(_said(row) for row in records)}"
    )
    if all(is_supported(row) for row in records):
        finding += f" {verdict_words(first)}"
    parts = []
    for row in records:
        said = (
            f"{row['outcome_label']}: p that regions did not move before "
            f"{p_value_words(row['pretrend_p_value'])}"
        )
        if is_supported(row):
            naive, least = (
                100 * math.expm1(float_of(row[name]))
                for name in ("benchmark_value", "minimum_detectable_value")
            )
            said += (
                f"; two-way fixed effects, a benchmark, {naive:+.1f} %; so many regions and "
                f"months find {least:.0f} % four times out of five"
            )
        parts.append(f"{said}.")
    design = " ".join(dict.fromkeys(design_words(row) for row in records))
    return theme.finish(figure, finding=finding, height=440, note=f"{' '.join(parts)} {design}")
