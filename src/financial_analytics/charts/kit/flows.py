"""Where amounts come from and go to: waterfalls, funnels split by part, Sankey diagrams."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from financial_analytics.charts.kit import theme
from financial_analytics.charts.kit.parts import row_height

Measure = Literal["absolute", "relative", "total"]
STEP_COLORS = {"up": "green", "down": "orange", "level": "blue"}
NODE_JOINT = " · "  # between the name of a node and its number


@dataclass(frozen=True)
class Step:
    """One bar of a waterfall.

    Attributes
    ----------
    name : str
        Label of the bar; distinct within a waterfall.
    value : float
        The level for ``absolute`` and ``total``, the signed change for ``relative``.
    measure : {"absolute", "relative", "total"}
        Where the bar starts: at zero, or where the one before it ended.
    text : str
        The number as it is written beside the bar.
    hover : str
        What more is said when pointed at.
    """

    name: str
    value: float
    measure: Measure
    text: str
    hover: str = ""


def step_ends(steps: Sequence[Step]) -> list[tuple[float, float]]:
    """Return where each bar of a waterfall starts and ends.

    Examples
    --------
    >>> step_ends([Step("a", 10, "absolute", ""), Step("b", -4, "relative", "")])
    [(0.0, 10.0), (10.0, 6.0)]
    """
    ends: list[tuple[float, float]] = []
    level = 0.0
    for step in steps:
        start = level if step.measure == "relative" else 0.0
        level = start + step.value
        ends.append((float(start), float(level)))
    return ends


def _padded(ends: Sequence[tuple[float, float]], right: float) -> list[float]:
    """Return an axis range that holds all bars from zero, with room for texts at the right."""
    numbers = [number for pair in ends for number in pair] + [0.0]
    low, high = min(numbers), max(numbers)
    size = (high - low) or 1.0
    return [low - (0.03 * size if low < 0 else 0.0), high + right * size]


def waterfall(steps: Sequence[Step], *, axis_title: str = "") -> tuple[go.Figure, dict[str, Any]]:
    """Return a waterfall from top to bottom, and what changes in it on a phone.

    Bars lie, so that long names stay readable in a narrow window. The texts stand right of
    each bar, whichever way it runs; a change is signed, so colour is not its only cue.

    Parameters
    ----------
    steps : sequence of Step
        From top to bottom.
    axis_title : str, optional
        Title of the axis of amounts.

    Returns
    -------
    figure : plotly.graph_objects.Figure
        Not finished: give it to `theme.finish`, with `waterfall_height` as its height.
    compact : dict
        The narrow drawing, for `theme.finish`.
    """
    names = [step.name for step in steps]
    ends = step_ends(steps)
    figure = go.Figure(
        go.Waterfall(
            orientation="h",
            y=names,
            x=[step.value for step in steps],
            measure=[step.measure for step in steps],
            connector={"line": {"color": theme.LIGHT["grey"], "width": 1, "dash": "dot"}},
            increasing={"marker": {"color": theme.LIGHT[STEP_COLORS["up"]]}},
            decreasing={"marker": {"color": theme.LIGHT[STEP_COLORS["down"]]}},
            totals={"marker": {"color": theme.LIGHT[STEP_COLORS["level"]]}},
            customdata=[step.hover or step.text for step in steps],
            hovertemplate="<b>%{y}</b><br>%{customdata}<extra></extra>",
            name="steps",
        )
    )
    figure.add_trace(
        go.Scatter(
            x=[max(pair) for pair in ends],
            y=names,
            mode="text",
            text=[f" {step.text}" for step in steps],
            textposition="middle right",
            textfont={"size": 12, "color": theme.LIGHT["text"]},
            cliponaxis=False,
            hoverinfo="skip",
            showlegend=False,
            name="texts",
        )
    )
    wide, narrow = ([theme.wrap(name, width) for name in names] for width in (30, 17))
    figure.update_yaxes(
        autorange="reversed",
        type="category",
        tickvals=names,
        ticktext=wide,
        ticklabelstandoff=6,
        showgrid=False,
    )
    figure.update_xaxes(
        title=axis_title,
        range=_padded(ends, 0.18),
        zeroline=True,
        nticks=7,
    )
    figure.update_layout(showlegend=False, bargap=0.3)
    compact = {
        "layout": {
            "height": waterfall_height(narrow),
            "yaxis": {"ticktext": narrow},
            "xaxis": {"range": _padded(ends, 0.34), "nticks": 4},
        },
        "traces": [None, {"textfont": {"size": 11}}],
    }
    return figure, compact


def waterfall_height(labels: Sequence[str]) -> int:
    """Return the height of a waterfall with these labels."""
    return 80 + max(4, len(labels)) * row_height(labels, least=36)


def split_funnel(
    values: pd.DataFrame, *, texts: Sequence[str], hover: Callable[[str, str], str]
) -> tuple[go.Figure, dict[str, Any]]:
    """Return a funnel whose stages are split by part, and what changes in it on a phone.

    Parameters
    ----------
    values : pandas.DataFrame, shape (stages, parts)
        Index: stages from top to bottom. Columns: parts from left to right.
    texts : sequence of str, shape (stages,)
        What is written right of each stage.
    hover : callable
        Stage and part to the text shown when pointed at.
    """
    stages = [str(name) for name in values.index]
    totals = values.sum(axis=1).to_numpy(dtype=np.float64)
    start = -totals / 2
    figure = go.Figure()
    for position, part in enumerate(values.columns):
        size = values[part].to_numpy(dtype=np.float64)
        figure.add_trace(
            go.Bar(
                orientation="h",
                y=stages,
                x=size.tolist(),
                base=start.tolist(),
                name=str(part),
                marker=theme.bar_style(position),
                customdata=[hover(stage, str(part)) for stage in stages],
                hovertemplate="<b>%{y}</b><br>%{customdata}<extra></extra>",
            )
        )
        start = start + size
    widest = float(totals.max()) or 1.0
    figure.add_trace(
        go.Scatter(
            x=(totals / 2).tolist(),
            y=stages,
            mode="text",
            text=[f" {text}" for text in texts],
            textposition="middle right",
            textfont={"size": 13, "color": theme.LIGHT["text"]},
            cliponaxis=False,
            hoverinfo="skip",
            showlegend=False,
            name="texts",
        )
    )
    figure.update_yaxes(
        autorange="reversed",
        type="category",
        tickvals=stages,
        ticktext=[theme.wrap(name, 18) for name in stages],
        showgrid=False,
    )
    figure.update_xaxes(visible=False, range=[-0.52 * widest, 0.8 * widest])
    figure.update_layout(barmode="overlay", bargap=0.18, legend={"traceorder": "normal"})
    compact = {
        "layout": {
            "xaxis": {"range": [-0.52 * widest, 1.0 * widest]},
            "yaxis": {"ticktext": [theme.wrap(name, 11) for name in stages]},
        },
        "traces": [*([None] * len(values.columns)), {"textfont": {"size": 11}}],
    }
    return figure, compact


def sankey(
    links: pd.DataFrame,
    *,
    colors: Sequence[str],
    highlight: Callable[[pd.Series], bool] = lambda row: False,
) -> go.Sankey:
    """Return the Sankey trace of links between stages.

    A name that occurs in two stages is two nodes. Nodes are ordered by size within a stage.

    Parameters
    ----------
    links : pandas.DataFrame, shape (n, 5)
        Columns ``stage`` (0 for links from the first to the second), ``source``, ``target``,
        ``value`` and ``hover``; values above zero are drawn.
    colors : sequence of str
        Token of the nodes of each stage.
    highlight : callable, optional
        Row to whether its link has the second colour; say in the reading what it means.
    """
    rows = links[links["value"] > 0].reset_index(drop=True)
    left = rows.rename(columns={"source": "name"})[["stage", "name", "value"]]
    right = rows.assign(stage=rows["stage"] + 1).rename(columns={"target": "name"})
    ends = pd.concat([left, right[["stage", "name", "value"]]])
    # A node in the middle is a target and a source: its size is the greater of both.
    sizes = (
        pd.concat(
            [
                part.groupby(["stage", "name"], sort=False)["value"].sum()
                for part in (left, right[["stage", "name", "value"]])
            ],
            axis=1,
        )
        .max(axis=1)
        .rename("size_")
    )
    nodes = (
        ends[["stage", "name"]]
        .drop_duplicates()
        .join(sizes, on=["stage", "name"])
        .sort_values(["stage", "size_", "name"], ascending=[True, False, True], kind="stable")
        .reset_index(drop=True)
    )
    place = {
        (stage, name): k
        for k, (stage, name) in enumerate(zip(nodes.stage, nodes.name, strict=True))
    }
    last = nodes["stage"].max()
    return go.Sankey(
        arrangement="snap",
        valueformat=",.0f",
        node={
            "label": [
                # The last stage has its labels where those of the one before may end.
                f"{name}{NODE_JOINT if stage < last else '<br>'}{theme.count(size)}"
                for stage, name, size in zip(nodes.stage, nodes.name, nodes.size_, strict=True)
            ],
            "color": [theme.LIGHT[colors[stage]] for stage in nodes["stage"]],
            "line": {"color": theme.LIGHT["paper"], "width": 0.5},
            "pad": 16,
            "thickness": 14,
            "hovertemplate": "<b>%{label}</b><extra></extra>",
        },
        link={
            "source": [place[key] for key in zip(rows["stage"], rows["source"], strict=True)],
            "target": [place[key] for key in zip(rows["stage"] + 1, rows["target"], strict=True)],
            "value": rows["value"].tolist(),
            "color": [
                theme.LIGHT["soft" if highlight(row) else "band"] for _, row in rows.iterrows()
            ],
            "customdata": rows["hover"].tolist(),
            "hovertemplate": "%{customdata}<extra></extra>",
        },
        textfont={"size": 12, "color": theme.LIGHT["text"]},
    )


def sankey_on_phone(diagram: go.Sankey) -> dict[str, Any]:
    """Return the change for a narrow drawing: labels of several lines, more room between."""
    return {
        "textfont": {"size": 10},
        "node": {
            "thickness": 8,
            "pad": 28,
            "label": [_narrow_label(label) for label in diagram.node.label],
        },
    }


def _narrow_label(label: str) -> str:
    """Return the label of a node in short lines, its number on the last where it is broken."""
    name, number = label.replace("<br>", NODE_JOINT).rsplit(NODE_JOINT, 1)
    lines = theme.wrap(name, 12)
    return f"{lines}<br>{number}" if "<br>" in lines else f"{name}{NODE_JOINT}{number}"
