"""Charts of category 07 about taking up a product."""

from __future__ import annotations

import math

import pandas as pd
import plotly.graph_objects as go

from financial_analytics.charts.kit import theme
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

LOOKS = {"Adopters": ("blue", "solid", "circle"), "Not yet adopters": ("orange", "dot", "square")}


def percent_more(row: Row, stem: str = "estimate") -> str:
    """Return a logarithm of a ratio with its bounds as per cent more.

    Examples
    --------
    >>> percent_more({"estimate": 0.2, "estimate_lower": 0.1, "estimate_upper": 0.3})
    '22.1 % more (10.5 to 35.0)'
    """
    value, low, high = (
        100 * math.expm1(float_of(row.get(name)))
        for name in (stem, f"{stem}_lower", f"{stem}_upper")
    )
    return f"{value:.1f} % more ({low:.1f} to {high:.1f})"


@chart(
    id="causal.adoption",
    order=60,
    model="analytics_product_adoption_impact",
    title="Does an investment account make customers buy more",
    unit="share of each group",
    reading=(
        "The lines show how likely adopters and the others were to adopt, as everything known "
        "before tells it: where both lines are above zero, there is somebody to compare with. The "
        "effect is in the headline, with its interval of {coverage} coverage."
    ),
    needs=(
        *EFFECT_NEEDS,
        *("point_value", "benchmark_value", "overlap_rate", "effective_control_count"),
        *("imbalance_before_index", "imbalance_after_index", "placebo_p_value"),
        "e_value_bound_index",
    ),
    measures=("estimate",),
)
def adoption(frame: pd.DataFrame) -> go.Figure:
    """Lines of the chance to adopt, of adopters and others."""
    rows, points = effects(frame), level(frame, "point")
    if rows.empty or points.empty:
        return theme.empty_figure("too few customers took the product up to compare them")
    row = rows.iloc[0].to_dict()
    figure = go.Figure()
    for name, (token, dash, symbol) in LOOKS.items():
        part = points[points["group_name"] == name]
        if part.empty:
            continue
        figure.add_trace(
            go.Scatter(
                x=(100 * part["point_value"]).tolist(),
                y=(100 * part["estimate"]).tolist(),
                mode="lines+markers",
                name=name,
                line={"color": theme.LIGHT[token], "width": 2, "dash": dash},
                marker={"color": theme.LIGHT[token], "symbol": symbol, "size": 6},
                hovertemplate="chance %{x:.1f} %<br>%{y:.1f} % of the group<extra></extra>",
            )
        )
    figure.update_xaxes(title="chance of adopting in a quarter, per cent", rangemode="tozero")
    figure.update_yaxes(title="per cent of the group", rangemode="tozero")
    count = theme.count(row["sample_count"])
    finding = f"Of {count} customers and quarters{span_words(row)}. "
    if is_supported(row):
        seems = 100 * math.expm1(float_of(row["benchmark_value"]))
        clear = "" if told_apart(row) else ", which cannot be told from nothing"
        finding += f"With the account customers buy {percent_more(row)}{clear}; "
        finding += f"it would seem {seems:.1f} % without adjustment. "
    finding += verdict_words(row)
    tests = (
        f"Adopters with somebody alike: {theme.percent(100 * float_of(row['overlap_rate']), 0)}; "
        f"largest difference {theme.decimal(row['imbalance_before_index'], 2)} deviations before "
        f"weighting, {theme.decimal(row['imbalance_after_index'], 2)} after; p of purchases from "
        f"before {p_value_words(row['placebo_p_value'])}."
    )
    if is_supported(row) and float_of(row["e_value_bound_index"]) > 1:
        tests += (
            f" Something unmeasured would need a risk ratio of "
            f"{float_of(row['e_value_bound_index']):.1f} with adoption and with purchases."
        )
    return theme.finish(
        figure, finding=finding, height=380, note=f"{tests} {design_words(row)}".strip()
    )
