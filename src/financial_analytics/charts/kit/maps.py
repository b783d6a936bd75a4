"""Maps that are drawn from shapes in the package and ask the network for nothing.

US states are filled polygons in the Albers composite projection (Alaska and Hawaii inset);
cities are projected into the same plane. Elsewhere places are bubbles at their coordinates.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from financial_analytics.charts.kit import theme

SCALE = 1300.0
CENTER = (487.5, 305.0)
ATTRIBUTION = "State shapes: US Census Bureau (public domain), simplified, from us-atlas (ISC)"


@cache
def state_shapes() -> dict[str, Any]:
    """Return the shapes of the 50 states and DC: code to ``name`` and ``rings``."""
    text = resources.files("financial_analytics.charts.kit.geodata").joinpath("us_states.json")
    loaded: dict[str, Any] = json.loads(text.read_text(encoding="utf-8"))["states"]
    return loaded


@cache
def _codes_by_word() -> dict[str, str]:
    words: dict[str, str] = {}
    for code, shape in state_shapes().items():
        words[code] = code
        words[str(shape["name"]).upper()] = code
    return words


def state_code(state: pd.Series, country: pd.Series | None = None) -> pd.Series:
    """Return the two-letter code of US states, None for all else.

    Parameters
    ----------
    state : pandas.Series of str, shape (n,)
        Code or full name, any case.
    country : pandas.Series of str, shape (n,), optional
        Rows of a country other than the US have no code; unknown counts as US.
    """
    words = _codes_by_word()
    codes = state.map(lambda value: words.get(str(value).strip().upper()))
    if country is None:
        return codes
    american = {"US", "USA", "UNITED STATES", "UNITED STATES OF AMERICA", "UNKNOWN", "NAN", "NONE"}
    allowed = country.map(lambda value: str(value).strip().upper() in american)
    return codes.where(allowed, None)


@dataclass(frozen=True)
class _Conic:
    """Conic equal-area projection as in d3: degrees in, pixels out (y grows downwards)."""

    parallels: tuple[float, float]
    rotate: float
    center: tuple[float, float]
    scale: float
    translate: tuple[float, float]

    def _raw(
        self, longitude: NDArray[np.float64], latitude: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        sine = np.sin(np.radians(self.parallels[0]))
        n = (sine + np.sin(np.radians(self.parallels[1]))) / 2
        c = 1 + sine * (2 * n - sine)
        r0 = np.sqrt(c) / n
        r = np.sqrt(c - 2 * n * np.sin(np.radians(latitude))) / n
        angle = n * np.radians(longitude)
        return r * np.sin(angle), r0 - r * np.cos(angle)

    def project(
        self, longitude: NDArray[np.float64], latitude: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        x, y = self._raw(longitude + self.rotate, latitude)
        x0, y0 = self._raw(np.array([self.center[0]]), np.array([self.center[1]]))
        left, top = self.translate
        return left + self.scale * (x - x0[0]), top - self.scale * (y - y0[0])


_LOWER = _Conic((29.5, 45.5), 96.0, (-0.6, 38.7), SCALE, CENTER)
_ALASKA = _Conic(
    (55.0, 65.0),
    154.0,
    (-2.0, 58.5),
    SCALE * 0.35,
    (CENTER[0] - 0.307 * SCALE, CENTER[1] + 0.201 * SCALE),
)
_HAWAII = _Conic(
    (8.0, 18.0),
    157.0,
    (-3.0, 19.9),
    SCALE,
    (CENTER[0] - 0.205 * SCALE, CENTER[1] + 0.212 * SCALE),
)


def project_us(
    longitude: Sequence[float], latitude: Sequence[float], codes: Sequence[str]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Project places of US states into the plane of `state_shapes`.

    Parameters
    ----------
    longitude, latitude : sequence of float, shape (n,)
        Degrees, east and north positive.
    codes : sequence of str, shape (n,)
        State codes: Alaska and Hawaii go to their insets.

    Returns
    -------
    x, y : ndarray of float64, shape (n,)
        Pixels of a 975 by 610 map, y grows downwards.

    References
    ----------
    d3-geo, geoAlbersUsa: the composite of three conic equal-area projections.

    Examples
    --------
    >>> x, y = project_us([-98.5795], [39.8283], ["KS"])   # centre of the lower 48
    >>> print(f"{x[0]:.0f} {y[0]:.0f}")
    453 279
    """
    east = np.asarray(longitude, dtype=np.float64)
    north = np.asarray(latitude, dtype=np.float64)
    where = np.asarray(codes, dtype=object)
    x, y = _LOWER.project(east, north)
    for code, projection in (("AK", _ALASKA), ("HI", _HAWAII)):
        inset_x, inset_y = projection.project(east, north)
        x = np.where(where == code, inset_x, x)
        y = np.where(where == code, inset_y, y)
    return x, y


def _ring_path(rings: Sequence[Sequence[Sequence[float]]]) -> tuple[list[Any], list[Any]]:
    """Join the rings of one state into a path with gaps."""
    x: list[Any] = []
    y: list[Any] = []
    for ring in rings:
        x += [point[0] for point in ring] + [None]
        y += [point[1] for point in ring] + [None]
    return x[:-1], y[:-1]


def _steps(values: Sequence[float]) -> tuple[float, float]:
    lowest, highest = min(values), max(values)
    return (lowest, highest) if highest > lowest else (0.0, max(highest, 1.0))


def add_state_fills(
    figure: go.Figure, values: pd.Series, texts: pd.Series, colorbar_title: str
) -> None:
    """Add one filled polygon per state; states without a value stay empty.

    Parameters
    ----------
    figure : plotly.graph_objects.Figure
        Gets one trace per state, and one that carries the colour bar.
    values : pandas.Series of float, indexed by state code
        What the colour shows.
    texts : pandas.Series of str, indexed by state code
        Hover text per state.
    colorbar_title : str
        What the colours mean.
    """
    lowest, highest = _steps([float(value) for value in values])
    for code, shape in state_shapes().items():
        x, y = _ring_path(shape["rings"])
        known = code in values.index
        if known:
            share = (float(values[code]) - lowest) / (highest - lowest)
            # One of the six tokens, so that the dark page can exchange it.
            fill = theme.LIGHT[f"seq{min(5, int(share * 6))}"]
            hover = str(texts[code])
        else:
            fill, hover = theme.LIGHT["card"], f"<b>{shape['name']}</b><br>no customers"
        figure.add_trace(
            go.Scatter(
                x=x,
                y=y,
                mode="lines",
                fill="toself",
                fillcolor=fill,
                line={"color": theme.LIGHT["line"], "width": 0.8},
                hoveron="fills",
                text=hover,
                hoverinfo="text",
                name=code,
                showlegend=False,
                meta={"state": code, "value": float(values[code]) if known else None},
            )
        )
    stepped = [[(step + end) / 6, theme.LIGHT[f"seq{step}"]] for step in range(6) for end in (0, 1)]
    figure.add_trace(
        go.Scatter(
            x=[None],
            y=[None],
            mode="markers",
            showlegend=False,
            hoverinfo="skip",
            name="scale",
            marker={
                "color": [lowest],
                "cmin": lowest,
                "cmax": highest,
                "colorscale": stepped,
                "showscale": True,
                "colorbar": colorbar(colorbar_title),
            },
        )
    )


def colorbar(title: str) -> dict[str, Any]:
    """Return the horizontal colour bar of all maps and heatmaps."""
    return {
        "title": {"text": title, "side": "top", "font": {"size": 11}},
        "orientation": "h",
        "x": 0.5,
        "xanchor": "center",
        "y": -0.02,
        "yanchor": "top",
        "len": 0.7,
        "thickness": 10,
        "outlinewidth": 0,
        "tickfont": {"size": 11, "color": theme.LIGHT["muted"]},
        "exponentformat": "B",
        "nticks": 6,
    }


def bubble_sizes(values: Sequence[float], largest: float = 26.0) -> list[float]:
    """Return marker diameters whose areas are proportional to the values."""
    top = max((value for value in values), default=0.0)
    if top <= 0:
        return [4.0 for _ in values]
    return [max(3.5, largest * float(np.sqrt(max(value, 0.0) / top))) for value in values]


def flat_axes(figure: go.Figure) -> None:
    """Hide the axes of the projected plane, keep its shape, let y grow downwards."""
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False, scaleanchor="x", autorange="reversed")


def state_outlines() -> tuple[list[Any], list[Any]]:
    """Return the outlines of all states as one path with gaps: x and y, in pixels of the map."""
    x: list[Any] = []
    y: list[Any] = []
    for shape in state_shapes().values():
        ring_x, ring_y = _ring_path(shape["rings"])
        x += [*ring_x, None]
        y += [*ring_y, None]
    return x[:-1], y[:-1]


__all__ = [
    "ATTRIBUTION",
    "add_state_fills",
    "bubble_sizes",
    "colorbar",
    "flat_axes",
    "project_us",
    "state_code",
    "state_outlines",
    "state_shapes",
]
