"""Matrices with two directions: ratios on a log scale, correlations, and their cell texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from financial_analytics.charts.kit import theme

STRONG = 0.58  # from here to either end of the diverging scale, text needs the other colour


def log_ratio(ratios: ArrayLike, limit: float) -> NDArray[np.float64]:
    """Return log2 of ratios, held within plus and minus log2 of `limit`; NaN stays NaN.

    Examples
    --------
    >>> log_ratio([0.0, 0.5, 1.0, 2.0, 64.0], 4.0).tolist()
    [-2.0, -1.0, 0.0, 1.0, 2.0]
    """
    values = np.asarray(ratios, dtype=np.float64)
    edge = float(np.log2(limit))
    with np.errstate(divide="ignore", invalid="ignore"):
        clipped: NDArray[np.float64] = np.clip(np.log2(values), -edge, edge)
    return clipped


def ratio_ticks(limit: float, percent: bool = False) -> dict[str, Any]:
    """Return colour bar ticks of a log2 scale from ``1/limit`` to ``limit`` in plain ratios."""
    edge = round(float(np.log2(limit)))
    steps = range(-edge, edge + 1)
    if percent:
        words = [f"{100 * 2.0**step:g}" for step in steps]
    else:
        words = [f"{2.0**step:g}" for step in steps]
    words[0], words[-1] = f"≤ {words[0]}", f"≥ {words[-1]}"
    return {"tickvals": list(steps), "ticktext": words}


def hundredths(value: float, sign: str = "") -> str:
    """Return a correlation with two decimals; what rounds to zero has no sign.

    Examples
    --------
    >>> hundredths(-0.004), hundredths(-0.004, "+"), hundredths(0.306, "+")
    ('0.00', '0.00', '+0.31')
    """
    rounded = round(value, 2)
    return f"{rounded:{sign}.2f}" if rounded else "0.00"


def numbered(names: Sequence[str], first: int = 1) -> list[str]:
    """Return names with their numbers, for rows whose columns have the number alone.

    Examples
    --------
    >>> numbered(["Income", "Balance"])
    ['1. Income', '2. Balance']
    """
    return [f"{number}. {name}" for number, name in enumerate(names, start=first)]


LYING_BAR: dict[str, Any] = {
    "orientation": "h",
    "x": 0.5,
    "xanchor": "center",
    "y": 0,
    "yanchor": "bottom",
    "yref": "container",
    "len": 0.9,
    "tickfont": {"size": 10},
}
"""A colour bar along the lower edge, for a narrow drawing."""


def text_color(share: float) -> str:
    """Return the colour of text on the diverging scale at `share` from -1 to 1."""
    return theme.LIGHT["onhigh" if abs(share) >= STRONG else "onlow"]


def cell_matrix(
    frame: pd.DataFrame,
    keys: tuple[str, str],
    value: str,
    rows: Sequence[Any],
    columns: Sequence[Any],
) -> NDArray[np.float64]:
    """Return one value per cell, NaN where the frame has none; cells must be unique."""
    cells = frame.set_index(list(keys))[value]
    wanted = pd.MultiIndex.from_product([list(rows), list(columns)])
    return cells.reindex(wanted).to_numpy(dtype=np.float64).reshape(len(rows), len(columns))


def cell_texts(
    figure: go.Figure,
    *,
    x: Sequence[str],
    y: Sequence[str],
    shares: NDArray[np.float64],
    texts: Sequence[Sequence[str]],
    size: int = 11,
) -> None:
    """Write texts over a heatmap on the diverging scale.

    Parameters
    ----------
    figure : plotly.graph_objects.Figure
        Holds the heatmap; gets one text trace.
    x, y : sequence of str, shapes (k,) and (n,)
        Categories of the columns and rows.
    shares : ndarray of float64, shape (n, k)
        Position on the scale, -1 to 1; NaN is an empty cell.
    texts : sequence of sequence of str, shape (n, k)
        What to write; an empty text writes nothing.
    size : int, default 11
        Letters in pixels.
    """
    cells = [
        (row, column) for row in range(len(y)) for column in range(len(x)) if texts[row][column]
    ]
    figure.add_trace(
        go.Scatter(
            x=[x[column] for _, column in cells],
            y=[y[row] for row, _ in cells],
            mode="text",
            text=[texts[row][column] for row, column in cells],
            textfont={
                "size": size,
                "color": [
                    theme.LIGHT["muted"]
                    if np.isnan(shares[row, column])
                    else text_color(float(shares[row, column]))
                    for row, column in cells
                ],
            },
            hoverinfo="skip",
            showlegend=False,
            name="texts",
        )
    )


def rows_of(matrix: NDArray[Any]) -> list[list[Any]]:
    """Return a matrix as lists with None for NaN, as a page can hold it."""
    return [
        [None if isinstance(cell, float) and np.isnan(cell) else cell for cell in row]
        for row in matrix.tolist()
    ]
