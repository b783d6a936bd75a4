"""The chart of category 03 about how long accounts stay open."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from financial_analytics.charts.kit import theme
from financial_analytics.charts.kit.frames import coverage_of, known
from financial_analytics.charts.registry import chart

ALL = "All"
ALL_PRODUCTS = -2
MOST_LINES = 6
YEAR = 12


def _step(rows: pd.DataFrame, name: str, position: int, axis: str) -> go.Scatter:
    """Return one survival curve, in per cent by age."""
    return go.Scatter(
        x=rows["age_month"].tolist(),
        y=(100 * rows["survival_rate"]).tolist(),
        mode="lines",
        name=theme.wrap(name, 26),  # a long name would push the drawing out of a phone
        line={
            "color": theme.series_color(position),
            "dash": theme.DASHES[position % len(theme.DASHES)],
            "width": 2,
            "shape": "hv",
        },
        xaxis=f"x{axis}",
        yaxis=f"y{axis}",
        legend="legend" if axis == "" else "legend2",
        customdata=[
            f"{theme.count(at_risk)} at risk" for at_risk in rows["at_risk_count"].tolist()
        ],
        hovertemplate="<b>%{fullData.name}</b><br>age %{x} months: %{y:.1f} % open"
        "<br>%{customdata}<extra></extra>",
    )


def _band(rows: pd.DataFrame) -> go.Scatter:
    """Return the interval of the curve of all accounts as a stepped polygon."""
    inside = known(rows, "survival_rate_lower", "survival_rate_upper")
    ages: list[float] = []
    lower: list[float] = []
    upper: list[float] = []
    for k, row in enumerate(inside.to_dict("records")):
        if k:
            ages.append(row["age_month"])
            lower.append(lower[-1])
            upper.append(upper[-1])
        ages.append(row["age_month"])
        lower.append(100 * row["survival_rate_lower"])
        upper.append(100 * row["survival_rate_upper"])
    return go.Scatter(
        x=ages + ages[::-1],
        y=upper + lower[::-1],
        mode="lines",
        fill="toself",
        fillcolor=theme.LIGHT["band"],
        line={"width": 0, "color": theme.LIGHT["blue"]},
        hoverinfo="skip",
        showlegend=False,
        name=f"{coverage_of(rows):g} % interval",
    )


def _spread(names: list[str], most: int) -> list[str]:
    """Return at most `most` of the names, evenly spread, the first and the last among them."""
    if len(names) <= most:
        return names
    return [names[round(k * (len(names) - 1) / (most - 1))] for k in range(most)]


def _cohorts(rows: pd.DataFrame) -> list[str]:
    """Return the cohorts of all products with a curve of at least two ages, oldest first."""
    curves = rows[(rows["cohort_name"] != ALL) & (rows["product_natural_key"] == ALL_PRODUCTS)]
    ages = curves.groupby("cohort_name")["age_month"].nunique()
    return sorted(str(name) for name in ages[ages >= 2].index)


def _products(rows: pd.DataFrame) -> tuple[list[tuple[float, str]], int]:
    """Return key and name of the products with most accounts, and how many are left off."""
    curves = rows[(rows["cohort_name"] == ALL) & (rows["product_natural_key"] != ALL_PRODUCTS)]
    firsts = curves.sort_values("age_month").drop_duplicates("product_natural_key")
    firsts = firsts.sort_values(
        ["cohort_account_count", "product_natural_key"], ascending=[False, True], kind="stable"
    )
    pairs = [
        (float(key), "Unknown" if pd.isna(name) else str(name))
        for key, name in zip(firsts["product_natural_key"], firsts["product_name"], strict=True)
    ]
    return pairs[:MOST_LINES], max(0, len(pairs) - MOST_LINES)


@chart(
    id="exploratory.cohort_survival",
    order=130,
    model="analytics_account_lifecycle_patterns",
    title="How long accounts stay open",
    unit="per cent of accounts still open (Kaplan-Meier)",
    reading=(
        "Each curve falls when accounts close; age is counted in months since the month of "
        "opening. First panel: all accounts with their interval, and cohorts by quarter of "
        "opening. Second: products. The vertical axis does not begin at zero. Accounts still "
        "open count until their present age."
    ),
    needs=(
        "cohort_name",
        "product_natural_key",
        "product_name",
        "age_month",
        "cohort_account_count",
        "at_risk_count",
        "survival_rate",
        "survival_rate_lower",
        "survival_rate_upper",
    ),
    measures=("survival_rate",),
    span="full",
)
def cohort_survival(frame: pd.DataFrame) -> go.Figure:
    """Survival curves: all and by cohort on the left, by product on the right."""
    rows = known(frame, "survival_rate", "age_month").sort_values("age_month", kind="stable")
    whole = rows[(rows["cohort_name"] == ALL) & (rows["product_natural_key"] == ALL_PRODUCTS)]
    whole = whole.reset_index(drop=True)
    cohorts = _cohorts(rows)
    drawn = _spread(cohorts, MOST_LINES)
    products, left_off = _products(rows)
    figure = go.Figure()
    if not whole.empty:
        figure.add_trace(_band(whole))
        line = _step(whole, "All accounts", 0, "")
        line.line.width = 3
        figure.add_trace(line)
    for position, name in enumerate(drawn, start=1):
        curve = rows[(rows["cohort_name"] == name) & (rows["product_natural_key"] == ALL_PRODUCTS)]
        figure.add_trace(_step(curve, name, position, ""))
    for position, (key, name) in enumerate(products):
        curve = rows[(rows["cohort_name"] == ALL) & (rows["product_natural_key"] == key)]
        figure.add_trace(_step(curve, name, position, "2"))
    if not figure.data:
        return theme.empty_figure("no cohort has a survival curve over two months of age")
    lowest = float(np.nanmin([min(trace.y) for trace in figure.data if trace.y]))
    floor = max(0.0, 5 * (lowest // 5) - 5)
    oldest = float(rows["age_month"].max())
    figure.update_layout(_layout(floor, oldest))
    notes = []
    if len(drawn) < len(cohorts):
        notes.append(f"{len(drawn)} of {len(cohorts)} cohorts are drawn, evenly spread.")
    if left_off:
        notes.append(f"{left_off} products with fewer accounts are left off.")
    return theme.finish(
        figure,
        finding=_finding(whole, rows, products),
        height=460,
        note=" ".join(notes),
        compact={"layout": _phone()},
    )


def _layout(floor: float, oldest: float) -> dict[str, Any]:
    values = {"range": [floor, 101], "ticksuffix": " %", "nticks": 6}
    ages = {"range": [0, max(1.0, oldest)], "title": {"text": "age in months"}, "nticks": 8}
    legend = {"orientation": "v", "yanchor": "bottom", "xanchor": "left", "y": 0.02}
    ground = {"bgcolor": theme.LIGHT["paper"], "font": {"size": 11}}
    return {
        "xaxis": {**ages, "domain": [0, 0.48], "anchor": "y"},
        "xaxis2": {**ages, "domain": [0.54, 1], "anchor": "y2"},
        "yaxis": {**values, "anchor": "x"},
        "yaxis2": {**values, "anchor": "x2"},
        "legend": {**legend, **ground, "x": 0.01},
        "legend2": {**legend, **ground, "x": 0.55},
    }


def _phone() -> dict[str, Any]:
    return {
        "height": 760,
        "xaxis": {"domain": [0, 1]},
        "xaxis2": {"domain": [0, 1]},
        "yaxis": {"domain": [0.58, 1]},
        "yaxis2": {"domain": [0, 0.42]},
        "legend": {"y": 0.59, "font": {"size": 10}},
        "legend2": {"x": 0.01, "y": 0.01, "font": {"size": 10}},
    }


def _at(rows: pd.DataFrame, age: float) -> pd.Series | None:
    before = rows[rows["age_month"] <= age]
    return None if before.empty or rows["age_month"].max() < age else before.iloc[-1]


def _finding(whole: pd.DataFrame, rows: pd.DataFrame, products: list[tuple[float, str]]) -> str:
    if whole.empty:
        return f"{len(products)} products have a survival curve; that of all accounts is unknown."
    age = YEAR if whole["age_month"].max() >= YEAR else float(whole["age_month"].max())
    point = _at(whole, age)
    assert point is not None  # age is within the curve
    text = f"{theme.percent(100 * point['survival_rate'])} of accounts are open at {age:.0f} months"
    if not pd.isna(point["survival_rate_lower"]):
        text += (
            f" ({theme.percent(100 * point['survival_rate_lower'])} to "
            f"{theme.percent(100 * point['survival_rate_upper'])})"
        )
    found = {}
    for key, name in products:
        place = _at(rows[(rows["cohort_name"] == ALL) & (rows["product_natural_key"] == key)], age)
        if place is not None:
            found[name] = float(place["survival_rate"])
    if len(found) < 2:
        return text + "."
    low, high = (pick(sorted(found), key=lambda name: found[name]) for pick in (min, max))
    if found[low] == found[high]:
        return f"{text}; no product drawn differs."
    return (
        f"{text}; of the products drawn from {theme.percent(100 * found[low])} ({low}) to "
        f"{theme.percent(100 * found[high])} ({high})."
    )
