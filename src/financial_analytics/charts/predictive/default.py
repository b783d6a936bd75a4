"""Charts of category 05 about loans that may default."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from financial_analytics.charts.kit import theme
from financial_analytics.charts.kit.frames import currency_of, known
from financial_analytics.charts.kit.parts import heat_texts
from financial_analytics.charts.kit.predictions import (
    bounded,
    bounded_money,
    evidence_words,
    warning_words,
)
from financial_analytics.charts.registry import chart

MOST_PRODUCTS = 6


def _counted(rows: pd.DataFrame, noun: str = "loans") -> str:
    return f"{theme.count(len(rows))} running {noun} that are not in default"


@chart(
    id="predictive.default_risk_matrix",
    order=40,
    model="analytics_loan_default_prediction",
    title="Where loan losses are to be expected",
    unit="expected loss of 12 months, reporting currency",
    reading=(
        "Rows are grades by probability of default, A the lowest; columns are products. Each cell "
        "gives the expected loss, probability times exposure times loss given default, and the "
        "number of loans; the darker, the larger the loss."
    ),
    needs=("grade", "product_name", "default_probability_pct", "expected_loss_amount"),
    measures=("default_probability_pct", "expected_loss_amount"),
)
def default_risk_matrix(frame: pd.DataFrame) -> go.Figure:
    """Heatmap of expected loss by grade and product."""
    rows = known(frame, "grade", "default_probability_pct", "expected_loss_amount")
    if rows.empty:
        return theme.empty_figure("no loan has a known expected loss")
    currency = currency_of(rows)
    rows["product_name"] = rows["product_name"].fillna("Unknown")
    cells = rows.groupby(["grade", "product_name"], as_index=False).agg(
        loss=("expected_loss_amount", "sum"), count=("expected_loss_amount", "size")
    )
    totals = rows.groupby("product_name")["expected_loss_amount"].sum()
    ordered = totals.sort_values(ascending=False, kind="stable").index.tolist()
    products, left = ordered[:MOST_PRODUCTS], ordered[MOST_PRODUCTS:]
    grades = sorted(set(rows["grade"]))
    losses = cells.pivot_table(index="grade", columns="product_name", values="loss").reindex(
        index=grades, columns=products
    )
    counts = cells.pivot_table(index="grade", columns="product_name", values="count").reindex(
        index=grades, columns=products
    )
    values = losses.to_numpy(dtype=np.float64)
    top = float(np.nanmax(values)) or 1.0
    labels = [theme.wrap(str(name), 14) for name in products]
    texts = [
        [
            "" if np.isnan(loss) else f"{theme.money(loss)}<br>{theme.count(count)} loans"
            for loss, count in zip(line, sizes, strict=True)
        ]
        for line, sizes in zip(values.tolist(), counts.to_numpy(dtype=float).tolist(), strict=True)
    ]
    figure = go.Figure(
        go.Heatmap(
            x=labels,
            y=grades,
            z=[[None if np.isnan(v) else v for v in line] for line in values.tolist()],
            zmin=0,
            zmax=top,
            colorscale=theme.SEQUENTIAL,
            showscale=False,
            xgap=2,
            ygap=2,
            hovertemplate="grade %{y}, %{x}<br>%{z:,.0f}<extra></extra>",
        )
    )
    heat_texts(figure, x=labels, y=grades, shares=np.nan_to_num(values) / top, texts=texts)
    figure.update_layout(
        yaxis={"autorange": "reversed", "title": {"text": "grade"}, "type": "category"},
        xaxis={"side": "top", "type": "category", "showgrid": False},
    )
    place = int(np.nanargmax(values))
    grade, product = grades[place // len(products)], products[place % len(products)]
    whole = float(rows["expected_loss_amount"].sum())
    share = theme.percent(100 * top / whole if whole else 0, 0)
    finding = (
        f"{warning_words(rows)}Of {_counted(rows)} {bounded(frame, 'expected_event_count', 0)} "
        f"are expected to default within 12 months; the largest part of the expected loss, "
        f"{share}, is that of {product}, grade {grade}."
    )
    note = (
        "Expected loss in all: "
        f"{bounded_money(frame, 'expected_loss_total_amount', currency)}, exposure and loss given "
        "default taken as known. "
    )
    note += f"{theme.count(len(left))} smaller products are left off. " if left else ""
    outside = len(frame) - len(rows)
    if outside:
        note += f"{theme.count(outside)} loans without a known exposure are left out. "
    return theme.finish(
        figure, finding=finding, height=130 + 56 * len(grades), note=note + evidence_words(rows)
    )


@chart(
    id="predictive.default_by_grade",
    order=50,
    model="analytics_loan_default_prediction",
    title="Loans by grade, and whether the grades keep their word",
    unit="loans; % of loans that default within 12 months",
    reading=(
        "Above: running loans by grade. Below: the mean predicted probability of default of each "
        "grade (diamond) and the share that did default out of time, with its {coverage} interval "
        "(circle); a diamond within the interval keeps its word. The dotted line is the naive "
        "baseline, the same for every loan."
    ),
    needs=(
        "grade",
        "default_probability_pct",
        "grade_observed_pct",
        "grade_observed_pct_lower",
        "grade_observed_pct_upper",
    ),
    measures=("default_probability_pct",),
)
def default_by_grade(frame: pd.DataFrame) -> go.Figure:
    """Bars of loans by grade over predicted and observed default rates."""
    rows = known(frame, "grade", "default_probability_pct")
    if rows.empty:
        return theme.empty_figure("no loan has a grade")
    grouped = rows.groupby("grade")
    counts = grouped.size()
    said = grouped["default_probability_pct"].mean()
    seen = grouped[
        ["grade_observed_pct", "grade_observed_pct_lower", "grade_observed_pct_upper"]
    ].first()
    grades = counts.index.tolist()
    value = seen["grade_observed_pct"].to_numpy(dtype=np.float64)
    over = np.nan_to_num(seen["grade_observed_pct_upper"].to_numpy(dtype=np.float64) - value)
    under = np.nan_to_num(value - seen["grade_observed_pct_lower"].to_numpy(dtype=np.float64))
    shares = 100 * counts / counts.sum()
    figure = go.Figure(
        [
            go.Bar(
                x=grades,
                y=counts.tolist(),
                text=[
                    f"{theme.count(number)} ({theme.percent(share, 0)})"
                    for number, share in zip(counts, shares, strict=True)
                ],
                textposition="outside",
                cliponaxis=False,
                marker={"color": theme.LIGHT["blue"]},
                name="loans",
                showlegend=False,
                hovertemplate="grade %{x}: %{y:,} loans<extra></extra>",
            ),
            go.Scatter(
                x=grades,
                y=[None if np.isnan(v) else v for v in value],
                error_y={
                    "type": "data",
                    "array": over.tolist(),
                    "arrayminus": under.tolist(),
                    "thickness": 1.5,
                },
                mode="markers",
                marker={"color": theme.LIGHT["grey"], "size": 9, "symbol": "circle"},
                name="observed out of time",
                yaxis="y2",
                hovertemplate="grade %{x}: observed %{y:.2f} %<extra></extra>",
            ),
            go.Scatter(
                x=grades,
                y=said.tolist(),
                mode="markers",
                marker={"color": theme.LIGHT["orange"], "size": 10, "symbol": "diamond"},
                name="predicted",
                yaxis="y2",
                hovertemplate="grade %{x}: predicted %{y:.2f} %<extra></extra>",
            ),
        ]
    )
    if "base_rate_pct" in rows and rows["base_rate_pct"].notna().any():
        base = float(rows["base_rate_pct"].iloc[0])
        figure.add_trace(
            go.Scatter(
                x=grades,
                y=[base] * len(grades),
                mode="lines",
                line={"color": theme.LIGHT["text"], "dash": "dot", "width": 1.2},
                name=f"naive: {base:.2f} %",
                yaxis="y2",
                hoverinfo="skip",
            )
        )
    figure.update_layout(
        xaxis={"type": "category", "anchor": "y2", "title": {"text": "grade"}},
        yaxis={
            "domain": [0.62, 1],
            "title": {"text": "loans"},
            "range": [0, 1.25 * float(counts.max())],
            "nticks": 4,
        },
        yaxis2={
            "domain": [0, 0.5],
            "title": {"text": "default, %"},
            "anchor": "x",
            "rangemode": "tozero",
            "nticks": 5,
        },
        legend={"orientation": "h", "y": 0.53, "yanchor": "bottom", "x": 0},
    )
    risky = int(counts.reindex(["E", "F"]).fillna(0).sum())
    finding = (
        f"{warning_words(rows)}{theme.count(risky)} of {_counted(rows)} "
        f"({theme.percent(100 * risky / len(rows))}) have grade E or F, 5 % or more within 12 "
        f"months; {bounded(rows, 'expected_event_count', 0)} loans are expected to default"
    )
    return theme.finish(
        figure,
        finding=finding + ".",
        height=460,
        note=evidence_words(rows),
        compact={  # three entries take two lines: above the drawing, where nothing is
            "layout": {"height": 500, "legend": {"y": 1.02, "font": {"size": 10}}},
        },
    )
