"""Charts of category 03 about credit scores: what goes with them, and how they spread."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from financial_analytics.charts.exploratory.clusters import MOST_CLUSTERS, cluster_names
from financial_analytics.charts.kit import matrices, theme
from financial_analytics.charts.kit.frames import known
from financial_analytics.charts.kit.parts import left_off_words
from financial_analytics.charts.registry import chart

SIGNIFICANT = 0.05
EVERYONE = "All"
MOST_SCORES = 2_000


def _ends(row: Mapping[Any, Any], stem: str) -> str:
    lower, upper = row[f"{stem}_lower"], row[f"{stem}_upper"]
    return "interval unknown" if np.isnan(lower) else f"{lower:+.2f} to {upper:+.2f}"


@chart(
    id="exploratory.correlation_matrix",
    order=90,
    model="analytics_credit_score_behavior_correlation",
    title="What goes with a good credit score",
    unit="Spearman correlation of ranks, -1 to 1",
    reading=(
        "A cell is a pair of metrics over all customers: blue go up together, orange one goes up "
        "as the other goes down. A star marks an adjusted p below 0.05. Association, not cause; "
        "interval, sample and Pearson are in the hover text, segments in the table."
    ),
    needs=(
        "customer_segment",
        "x_metric",
        "y_metric",
        "x_label",
        "y_label",
        "sample_count",
        "spearman_correlation",
        "spearman_correlation_lower",
        "spearman_correlation_upper",
        "spearman_adjusted_p_value",
    ),
    measures=("spearman_correlation",),
    span="full",
)
def correlation_matrix(frame: pd.DataFrame) -> go.Figure:
    """Matrix of Spearman correlations of all customers."""
    rows = frame[frame["customer_segment"] == EVERYONE]
    if rows["spearman_correlation"].isna().all():
        return theme.empty_figure("no pair of metrics has a known correlation over all customers")
    labels: dict[str, str] = {}
    for side in ("x", "y"):
        labels |= dict(zip(rows[f"{side}_metric"], rows[f"{side}_label"], strict=True))
    metrics = sorted(labels, key=lambda name: (name != "credit_score", name))
    place = {name: k for k, name in enumerate(metrics)}
    names = [str(labels[name]) for name in metrics]
    names = names if len(set(names)) == len(names) else metrics
    size = len(metrics)
    matrix = np.full((size, size), np.nan)
    texts = [["" for _ in metrics] for _ in metrics]
    hover = [["" for _ in metrics] for _ in metrics]
    for row in rows.to_dict("records"):
        value = row["spearman_correlation"]
        first, second = place[row["x_metric"]], place[row["y_metric"]]
        low, high = max(first, second), min(first, second)  # the lower triangle
        if np.isnan(value):
            texts[low][high] = "?"
            continue
        star = "*" if row["spearman_adjusted_p_value"] < SIGNIFICANT else ""
        matrix[low, high] = value
        texts[low][high] = matrices.hundredths(value, "+") + star
        pearson = row.get("pearson_correlation")
        hover[low][high] = (
            f"<b>{names[low]}</b><br><b>{names[high]}</b>"
            f"<br>Spearman {value:+.2f} ({_ends(row, 'spearman_correlation')})"
            f"<br>{theme.count(row['sample_count'])} customers"
            + ("" if pearson is None or np.isnan(pearson) else f"<br>Pearson {pearson:+.2f}")
        )
    columns = [theme.wrap(name, 18) for name in names[:-1]]
    lines = [theme.wrap(name, 24) for name in names[1:]]
    matrix, texts = matrix[1:, :-1], [line[:-1] for line in texts[1:]]
    figure = go.Figure(
        go.Heatmap(
            z=matrices.rows_of(matrix),
            x=columns,
            y=lines,
            zmin=-1,
            zmax=1,
            xgap=2,
            ygap=2,
            colorscale=theme.DIVERGING,
            colorbar={
                "thickness": 10,
                "outlinewidth": 0,
                "len": 0.7,
                "tickvals": [-1, -0.5, 0, 0.5, 1],
                "tickfont": {"size": 11, "color": theme.LIGHT["muted"]},
            },
            customdata=[line[:-1] for line in hover[1:]],
            hovertemplate="%{customdata}<extra></extra>",
            hoverongaps=False,
        )
    )
    matrices.cell_texts(
        figure,
        x=columns,
        y=lines,
        shares=matrix,
        texts=texts,
    )
    figure.update_xaxes(type="category", showgrid=False, tickangle=-40)
    figure.update_yaxes(type="category", showgrid=False, autorange="reversed")
    missing = int(rows["spearman_correlation"].isna().sum())
    return theme.finish(
        figure,
        finding=_score_finding(rows, labels),
        height=max(300, 160 + 38 * size),
        note=f"? marks {missing} pairs with too little data or no variation." if missing else "",
        compact={
            "layout": {
                # Names do not fit under narrow columns: there is the number of the row.
                "height": max(340, 150 + 32 * size),
                "margin": {"b": 74},
                "xaxis": {
                    "tickvals": columns,
                    "ticktext": [str(number) for number in range(1, size)],
                    "tickangle": 0,
                },
                "yaxis": {
                    "tickvals": lines,
                    "ticktext": [
                        theme.wrap(name, 16) for name in matrices.numbered(names[1:], first=2)
                    ],
                    "tickfont": {"size": 10},
                },
                "annotations": [
                    {
                        "text": f"1: {names[0]}",
                        "xref": "paper",
                        "yref": "paper",
                        "x": 1,
                        "y": 1,
                        "xanchor": "right",
                        "yanchor": "top",
                        "showarrow": False,
                        "font": {"size": 10, "color": theme.LIGHT["muted"]},
                    }
                ],
            },
            "traces": [
                {"xgap": 1, "ygap": 1, "colorbar": matrices.LYING_BAR},
                {
                    "textfont": {"size": 9},
                    "text": [_short(text) for text in figure.data[1].text],
                },
            ],
        },
    )


def _short(text: str) -> str:
    """Return a correlation without what colour and scale say already, for a narrow cell.

    Examples
    --------
    >>> _short("+0.31*"), _short("-0.47"), _short("?")
    ('.31*', '-.47', '?')
    """
    return text.replace("+", "").replace("0.", ".", 1)


def _score_finding(rows: pd.DataFrame, labels: dict[str, str]) -> str:
    """Return what goes most with the credit score, or with each other where it is unknown."""
    scored = known(
        rows[(rows["x_metric"] == "credit_score") | (rows["y_metric"] == "credit_score")],
        "spearman_correlation",
    )
    pool = known(rows, "spearman_correlation") if scored.empty else scored
    top: dict[Any, Any] = pool.iloc[int(np.argmax(pool["spearman_correlation"].abs()))].to_dict()
    ends = _ends(top, "spearman_correlation")
    value = (
        f"{top['spearman_correlation']:+.2f} ({ends}, {theme.count(top['sample_count'])} customers)"
    )
    if scored.empty:
        return (
            "No correlation of the credit score is known; strongest otherwise: "
            f"{top['x_label']} with {top['y_label']}, {value}."
        )
    other = top["y_metric"] if top["x_metric"] == "credit_score" else top["x_metric"]
    significant = int((scored["spearman_adjusted_p_value"] < SIGNIFICANT).sum())
    if not significant:
        return (
            f"None of {len(scored)} metrics goes with the credit score significantly; the nearest "
            f"is {labels[other]}, {value}."
        )
    return (
        f"Strongest with the credit score: {labels[other]}, {value}; {significant} of "
        f"{len(scored)} metrics go with it significantly."
    )


def even_sample(values: pd.Series, most: int) -> list[float]:
    """Return at most `most` of the sorted values at even ranks, both ends among them."""
    ordered = np.sort(values.to_numpy(dtype=np.float64))
    if len(ordered) <= most:
        return [float(value) for value in ordered]
    places = np.linspace(0, len(ordered) - 1, most).round().astype(int)
    return [float(value) for value in ordered[places]]


@chart(
    id="exploratory.credit_score_violin",
    order=100,
    model="analytics_customer_behavior_clusters",
    title="Credit scores within each group of customers",
    unit="credit score (points)",
    reading=(
        "The width is how many customers of the group have about this score; the box holds the "
        "middle half, its line the median, the dashed line the mean. Groups are those found from "
        "behaviour, without looking at the score."
    ),
    needs=("cluster_number", "cluster_name", "credit_score"),
    measures=("credit_score",),
    span="full",
)
def credit_score_violin(frame: pd.DataFrame) -> go.Figure:
    """Violin of the credit score per cluster."""
    rows = known(frame, "cluster_number", "credit_score")
    if rows.empty:
        return theme.empty_figure("no customer with a group has a known credit score")
    names = cluster_names(rows)
    drawn = list(names)[:MOST_CLUSTERS]
    figure = go.Figure()
    medians: dict[int, float] = {}
    labels = {}
    for position, number in enumerate(drawn):
        scores = rows.loc[rows["cluster_number"] == number, "credit_score"]
        medians[number] = float(scores.median())
        labels[number] = (
            theme.wrap(f"{number}: {names[number]}", 20) + f"<br>n = {theme.count(len(scores))}"
        )
        color = theme.series_color(position)
        figure.add_trace(
            go.Violin(
                y=even_sample(scores, MOST_SCORES),
                x0=labels[number],
                name=labels[number],
                showlegend=False,
                points=False,
                spanmode="hard",
                scalemode="width",
                width=0.86,
                line={"color": color, "width": 1.8},
                fillcolor=theme.LIGHT["band"],
                box={"visible": True, "width": 0.16, "fillcolor": theme.LIGHT["paper"]},
                meanline={"visible": True, "color": color},
                hoveron="violins",
                hoverinfo="y",
            )
        )
    figure.update_xaxes(type="category", showgrid=False)
    figure.update_yaxes(title="credit score")
    low, high = (pick(drawn, key=lambda k: (medians[k], k)) for pick in (min, max))
    if len(drawn) == 1:
        finding = (
            f"The median credit score of {theme.count(len(rows))} customers is {medians[low]:.0f}."
        )
    else:
        finding = (
            f"Median credit scores run from {medians[low]:.0f} ({names[low]}) to "
            f"{medians[high]:.0f} ({names[high]}), over {theme.count(len(rows))} customers."
        )
    unknown = int(frame["credit_score"].isna().sum())
    notes = [
        f"{theme.count(unknown)} customers have no known score." if unknown else "",
        left_off_words(len(names) - len(drawn), "groups"),
    ]
    return theme.finish(
        figure,
        finding=finding,
        height=440,
        note=" ".join(note for note in notes if note),
        compact={
            "layout": {
                "height": 400,
                "yaxis": {"title": {"text": ""}},
                "xaxis": {
                    "tickfont": {"size": 10},
                    "tickvals": [labels[k] for k in drawn],
                    "ticktext": [str(k) for k in drawn],
                    "title": {"text": "number of the group, as in the charts above"},
                },
            }
        },
    )
