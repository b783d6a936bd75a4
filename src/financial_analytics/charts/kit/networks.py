"""Networks whose layout is the same for the same nodes: on an ellipse, with curved edges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from financial_analytics.charts.kit import maps, theme

CURVE = 0.55  # how far an edge bends towards the middle, 0 is straight
STEPS = 24
THINNEST, THICKEST = 1.2, 8.0


@dataclass(frozen=True)
class Node:
    """One node.

    Attributes
    ----------
    id : str
        What edges refer to; unique.
    label : str
        Escaped text beside the node.
    group : str
        Nodes of one group stand together and share colour and symbol.
    size : float
        The area of the marker is proportional to it.
    hover : str
        Text of the node.
    """

    id: str
    label: str
    group: str
    size: float
    hover: str


@dataclass(frozen=True)
class Edge:
    """One undirected edge.

    Attributes
    ----------
    first, second : str
        Ids of its nodes.
    weight : float
        Its width grows with it; at least 0.
    hover : str
        Text of the edge, shown at its middle.
    """

    first: str
    second: str
    weight: float
    hover: str


def circle(number: int) -> NDArray[np.float64]:
    """Return places on the unit circle, clockwise from the top.

    Parameters
    ----------
    number : int
        Nodes.

    Returns
    -------
    ndarray of float64, shape (number, 2)
        x and y.

    Examples
    --------
    >>> circle(4).round(6).tolist()
    [[0.0, 1.0], [1.0, 0.0], [0.0, -1.0], [-1.0, -0.0]]
    """
    angle = 2 * np.pi * np.arange(number) / max(number, 1)
    return np.column_stack([np.sin(angle), np.cos(angle)])


def curve(
    first: NDArray[np.float64], second: NDArray[np.float64], bend: float = CURVE
) -> NDArray[np.float64]:
    """Return a quadratic Bezier line between two places, bent towards the origin.

    Parameters
    ----------
    first, second : ndarray of float64, shape (2,)
        Ends.
    bend : float, default 0.55
        0 is straight, 1 has its control point at the origin.

    Returns
    -------
    ndarray of float64, shape (STEPS + 1, 2)
        Points; the middle one is the middle of the line.
    """
    control = (1 - bend) * (first + second) / 2
    t = np.linspace(0, 1, STEPS + 1)[:, None]
    points: NDArray[np.float64] = (1 - t) ** 2 * first + 2 * t * (1 - t) * control + t**2 * second
    return points


def _beside(x: float, y: float) -> str:
    if abs(x) < 0.45:
        row = "top" if y > 0 else "bottom"
        # Neighbours at the top and bottom lean away from each other.
        return f"{row} center" if abs(x) < 0.05 else f"{row} {'right' if x > 0 else 'left'}"
    return "middle right" if x > 0 else "middle left"


def _widths(weights: Sequence[float]) -> list[float]:
    top = max(weights, default=0.0)
    if top <= 0:
        return [THINNEST for _ in weights]
    return [THINNEST + (THICKEST - THINNEST) * max(weight, 0.0) / top for weight in weights]


def network_figure(nodes: Sequence[Node], edges: Sequence[Edge]) -> go.Figure:
    """Return nodes on a circle, group by group, and edges between them.

    The order of `nodes` decides the places, so the same nodes always stand alike.

    Parameters
    ----------
    nodes : sequence of Node
        In their order around the circle; groups in the order of their first node.
    edges : sequence of Edge
        Drawn in this order; the later lie above.
    """
    groups = list(dict.fromkeys(node.group for node in nodes))
    ordered = [node for group in groups for node in nodes if node.group == group]
    places = circle(len(ordered))
    place = {node.id: places[k] for k, node in enumerate(ordered)}
    figure = go.Figure()
    middles: list[NDArray[np.float64]] = []
    for edge, width in zip(edges, _widths([edge.weight for edge in edges]), strict=True):
        line = curve(place[edge.first], place[edge.second])
        middles.append(line[STEPS // 2])
        figure.add_trace(
            go.Scatter(
                x=line[:, 0].tolist(),
                y=line[:, 1].tolist(),
                mode="lines",
                line={"color": theme.LIGHT["grey"], "width": width},
                opacity=0.55,
                hoverinfo="skip",
                showlegend=False,
                name="edge",
                meta={"first": edge.first, "second": edge.second, "weight": edge.weight},
            )
        )
    figure.add_trace(
        go.Scatter(
            x=[float(middle[0]) for middle in middles],
            y=[float(middle[1]) for middle in middles],
            mode="markers",
            marker={"size": 9, "color": theme.LIGHT["grey"], "opacity": 0.01},
            customdata=[edge.hover for edge in edges],
            hovertemplate="%{customdata}<extra></extra>",
            showlegend=False,
            name="edges",
        )
    )
    sizes = dict(
        zip(
            (node.id for node in ordered),
            [max(8.0, size) for size in maps.bubble_sizes([n.size for n in ordered], largest=34.0)],
            strict=True,
        )
    )
    for position, group in enumerate(groups):
        members = [node for node in ordered if node.group == group]
        figure.add_trace(
            go.Scatter(
                x=[float(place[node.id][0]) for node in members],
                y=[float(place[node.id][1]) for node in members],
                mode="markers+text",
                name=group,
                marker={
                    "size": [sizes[node.id] for node in members],
                    "color": theme.series_color(position),
                    "symbol": theme.SYMBOLS[position % len(theme.SYMBOLS)],
                    "opacity": 1,
                    "line": {"color": theme.LIGHT["paper"], "width": 1.5},
                },
                text=[theme.wrap(node.label, 16) for node in members],
                textposition=[_beside(*place[node.id].tolist()) for node in members],
                textfont={"size": 12, "color": theme.LIGHT["text"]},
                cliponaxis=False,
                customdata=[node.hover for node in members],
                hovertemplate="%{customdata}<extra></extra>",
            )
        )
    hidden: dict[str, Any] = {"visible": False, "fixedrange": True}
    figure.update_xaxes(**hidden, range=[-1.75, 1.75])
    figure.update_yaxes(**hidden, range=[-1.25, 1.25])
    figure.update_layout(legend={"itemsizing": "constant"})
    return figure


def on_phone(figure: go.Figure, height: int) -> dict[str, Any]:
    """Return the ``compact`` mapping of a network: smaller names, closer to the middle."""
    traces: list[dict[str, Any] | None] = [
        {"textfont": {"size": 9}} if trace.mode == "markers+text" else None for trace in figure.data
    ]
    layout = {
        "height": height,
        "xaxis": {"range": [-1.9, 1.9]},
        "yaxis": {"range": [-1.3, 1.3]},
    }
    return {"layout": layout, "traces": traces}
