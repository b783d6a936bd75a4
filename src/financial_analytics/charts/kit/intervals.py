"""Estimates with their intervals: forest plots, and the Wilson bounds of summed counts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from financial_analytics.charts.kit import theme
from financial_analytics.charts.kit.parts import row_height

# An interval may run beyond the axis: estimates decide its range, up to this factor of them.
MOST_STRETCH = 4.0
RATIO_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)


@dataclass(frozen=True)
class Effect:
    """One line of a forest plot.

    Attributes
    ----------
    label : str
        What is estimated.
    estimate, lower, upper : float
        The estimate and its interval; NaN where unknown, a NaN bound is open.
    hover : str
        What is said when pointed at.
    is_reference : bool
        The level that the others are relative to.
    group : str
        Heading under which the line stands; lines of a group follow each other.
    """

    label: str
    estimate: float
    lower: float
    upper: float
    hover: str = ""
    is_reference: bool = False
    group: str = ""


# Side of the reference: name, token, marker.
SIDES = {
    "above": ("Above {reference}", "green", "triangle-up"),
    "below": ("Below {reference}", "orange", "triangle-down"),
    "neither": ("Not told apart from {reference}", "grey", "circle"),
    "reference": ("Reference", "muted", "line-ns-open"),
}


def side(effect: Effect, reference: float) -> str:
    """Return on which side of `reference` the whole interval lies.

    Examples
    --------
    >>> side(Effect("x", 2.0, 1.2, 3.3), 1.0), side(Effect("x", 1.1, 0.8, 1.4), 1.0)
    ('above', 'neither')
    """
    if effect.is_reference:
        return "reference"
    if effect.lower > reference:
        return "above"
    return "below" if effect.upper < reference else "neither"


def _span(effects: Sequence[Effect], reference: float, *, log: bool) -> tuple[float, float]:
    """Return the range of the axis: all estimates, and of the intervals what is near."""
    move = math.log if log else float
    known = [effect for effect in effects if not math.isnan(effect.estimate)]
    points = [move(effect.estimate) for effect in known] + [move(reference)]
    low, high = min(points), max(points)
    reach = math.log(MOST_STRETCH) if log else MOST_STRETCH * ((high - low) or 1.0)
    bounds = [
        move(bound)
        for effect in known
        for bound in (effect.lower, effect.upper)
        if not math.isnan(bound) and (bound > 0 or not log)
    ]
    low = max(low - reach, min([low, *bounds]))
    high = min(high + reach, max([high, *bounds]))
    margin = 0.04 * ((high - low) or 1.0)
    return low - margin, high + margin


def forest(
    effects: Sequence[Effect],
    *,
    reference: float,
    reference_words: str,
    axis_title: str,
    log: bool = False,
) -> tuple[go.Figure, int, dict[str, Any]]:
    """Return a forest plot, its height and what changes in it on a phone.

    The side of the reference on which an interval lies is told by marker and colour.

    Parameters
    ----------
    effects : sequence of Effect
        From top to bottom; those without an estimate keep their line and say so.
    reference : float
        Value of no effect, drawn as a line.
    reference_words : str
        It in words, for the legend.
    axis_title : str
        Title of the axis.
    log : bool, default False
        Draw ratios on a logarithmic axis.
    """
    if log:
        # A ratio of zero has no place on a logarithmic axis.
        effects = [
            item if item.estimate > 0 else replace(item, estimate=math.nan) for item in effects
        ]
    rows: list[tuple[str, Effect | None]] = []
    for number, effect in enumerate(effects):
        if effect.group and (number == 0 or effects[number - 1].group != effect.group):
            rows.append((f"<b>{effect.group}</b>", None))
        rows.append((effect.label, effect))
    low, high = _span(effects, reference, log=log)
    figure = go.Figure()
    for name, (words, token, symbol) in SIDES.items():
        lines = [
            (float(place), effect)
            for place, (_, effect) in enumerate(rows)
            if effect is not None
            and not math.isnan(effect.estimate)
            and side(effect, reference) == name
        ]
        if lines:
            figure.add_trace(_marks(lines, words.format(reference=reference_words), token, symbol))
    _say_unknown(figure, rows, reference)
    wide, narrow = (
        [theme.wrap(label, width) if effect else label for label, effect in rows]
        for width in (30, 20)
    )
    height = 110 + row_height(wide, least=24) * len(rows)
    figure.add_vline(x=reference, line={"color": theme.LIGHT["grey"], "width": 1, "dash": "dot"})
    figure.update_yaxes(
        range=[len(rows) - 0.4, -0.6],
        tickvals=list(range(len(rows))),
        ticktext=wide,
        showgrid=False,
    )
    axis: dict[str, Any] = {"title": axis_title, "range": [low, high]}
    if log:
        tens = [low / math.log(10), high / math.log(10)]
        axis |= {"type": "log", "range": tens} | _ratio_ticks(low, high)
    figure.update_xaxes(**axis)
    compact = {
        "layout": {
            "height": 150 + row_height(narrow, least=24) * len(rows),
            "yaxis": {"ticktext": narrow, "tickfont": {"size": 11}},
        }
    }
    return figure, height, compact


def _ratio_ticks(low: float, high: float) -> dict[str, Any]:
    """Return readable ticks of a logarithmic axis from the logarithms of its ends."""
    if high - low > math.log(1000):
        # over so many sizes there is room for tens only
        tens = [10.0**power for power in range(-12, 13) if low <= power * math.log(10) <= high]
        tens = tens[:: 1 + len(tens) // 7]
        return {"tickvals": tens, "ticktext": [f"{tick:g}" for tick in tens]}
    ticks = [tick for tick in RATIO_TICKS if low <= math.log(tick) <= high]
    if high - low < math.log(4):
        ticks += [tick for tick in (0.6, 0.7, 0.8, 0.9, 1.25, 1.5) if low <= math.log(tick) <= high]
    return {"tickvals": sorted(ticks), "ticktext": [f"{tick:g}" for tick in sorted(ticks)]}


def _marks(lines: Sequence[tuple[float, Effect]], name: str, token: str, symbol: str) -> go.Scatter:
    """Return the markers and intervals of the lines on one side of the reference."""
    effects = [effect for _, effect in lines]
    estimate = np.array([effect.estimate for effect in effects])
    # An open bound has no bar on its side.
    over = np.nan_to_num(np.array([effect.upper for effect in effects]) - estimate, nan=0.0)
    under = np.nan_to_num(estimate - np.array([effect.lower for effect in effects]), nan=0.0)
    return go.Scatter(
        x=estimate.tolist(),
        y=[place for place, _ in lines],
        mode="markers",
        name=name,
        marker={
            "color": theme.LIGHT[token],
            "symbol": symbol,
            "size": 10,
            "line": {"color": theme.LIGHT[token], "width": 2 if "open" in symbol else 0},
        },
        error_x={
            "type": "data",
            "symmetric": False,
            "array": over.tolist(),
            "arrayminus": under.tolist(),
            "color": theme.LIGHT[token],
            "thickness": 1.6,
            "width": 4,
        },
        customdata=[effect.hover for effect in effects],
        hovertemplate="%{customdata}<extra></extra>",
    )


def band(
    x: Sequence[Any], lower: Sequence[float], upper: Sequence[float], color: str, name: str = "band"
) -> go.Scatter:
    """Return what lies between two bounds as a filled area, without a line of its own.

    Parameters
    ----------
    x, lower, upper : sequence
        As long as each other, in the order of `x`.
    color : str
        Of the area.
    name : str
        What tests and readers of the figure call it; the legend leaves it out.
    """
    return go.Scatter(
        x=[*x, *reversed(x)],
        y=[*upper, *reversed(lower)],
        mode="lines",
        line={"width": 0},
        fill="toself",
        fillcolor=color,
        hoverinfo="skip",
        showlegend=False,
        name=name,
    )


def series_with_bars(
    x: Sequence[float],
    value: Sequence[float],
    bounds: tuple[Sequence[float], Sequence[float]],
    *,
    place: int,
    name: str,
    hover: str,
    size: int,
) -> go.Scatter:
    """Return a line whose points carry their intervals, in the look of the series of this place.

    Parameters
    ----------
    x, value : sequence of float
    bounds : pair of sequences of float
        Lower and upper ends; `hover` names them ``%{customdata[0]}`` and ``%{customdata[1]}``.
    place : int
        Number of the series: color, dash and symbol.
    name, hover : str
    size : int
        Of the markers, in pixels.
    """
    low, high = bounds
    color = theme.series_color(place)
    return go.Scatter(
        x=list(x),
        y=list(value),
        mode="lines+markers",
        name=name,
        line={"color": color, "width": 2, "dash": theme.DASHES[place % len(theme.DASHES)]},
        marker={
            "color": color,
            "symbol": theme.SYMBOLS[place % len(theme.SYMBOLS)],
            "size": size,
        },
        error_y={
            "type": "data",
            "color": color,
            "thickness": 1.2,
            "width": 3,
            "array": [end - middle for end, middle in zip(high, value, strict=True)],
            "arrayminus": [middle - end for end, middle in zip(low, value, strict=True)],
        },
        customdata=[[a, b] for a, b in zip(low, high, strict=True)],
        hovertemplate=f"{hover}<extra>{name}</extra>",
    )


def _say_unknown(
    figure: go.Figure, rows: Sequence[tuple[str, Effect | None]], reference: float
) -> None:
    """Write ``not known`` on the lines without an estimate."""
    blank = [
        (place, effect)
        for place, (_, effect) in enumerate(rows)
        if effect is not None and math.isnan(effect.estimate)
    ]
    if not blank:
        return
    figure.add_trace(
        go.Scatter(
            x=[reference] * len(blank),
            y=[place for place, _ in blank],
            mode="text",
            text=["not known"] * len(blank),
            textfont={"size": 11, "color": theme.LIGHT["muted"]},
            customdata=[effect.hover for _, effect in blank],
            hovertemplate="%{customdata}<extra></extra>",
            showlegend=False,
            name="not known",
        )
    )


def wilson_bounds(
    events: Sequence[float] | NDArray[np.float64],
    trials: Sequence[float] | NDArray[np.float64],
    coverage_pct: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the Wilson score bounds of rates in per cent; without trials they are NaN.

    For rates of counts that a chart sums over rows of its model, whose `coverage_pct` it takes.

    References
    ----------
    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical
    inference. *JASA*, 22(158), 209-212.

    Examples
    --------
    >>> lower, upper = wilson_bounds([10.0], [100.0], 95.0)
    >>> print(f"{lower[0]:.2f} to {upper[0]:.2f}")
    5.52 to 17.44
    """
    count = np.asarray(events, dtype=np.float64)
    size = np.asarray(trials, dtype=np.float64)
    size = np.where(size > 0, size, np.nan)
    if math.isnan(coverage_pct):
        return np.full(count.shape, np.nan), np.full(count.shape, np.nan)
    quantile = NormalDist().inv_cdf(0.5 + coverage_pct / 200)
    rate, square = count / size, quantile**2
    centre = (rate + square / (2 * size)) / (1 + square / size)
    half = (
        quantile / (1 + square / size) * np.sqrt(rate * (1 - rate) / size + square / (4 * size**2))
    )
    lower = np.where(count == 0, 0.0, 100 * np.maximum(0.0, centre - half))
    upper = np.where(count == size, 100.0, 100 * np.minimum(1.0, centre + half))
    return np.where(np.isnan(size), np.nan, lower), np.where(np.isnan(size), np.nan, upper)


def interval_words(value: float, lower: float, upper: float, unit: str = "") -> str:
    """Return an estimate with its interval in words; an open bound is said.

    Examples
    --------
    >>> interval_words(2.0, 1.25, float("nan"))
    '2.00 (1.25 to no bound)'
    """
    low, high = (
        "no bound" if math.isnan(bound) else f"{bound:,.2f}{unit}" for bound in (lower, upper)
    )
    return f"{theme.decimal(value, 2)}{unit} ({low} to {high})"
