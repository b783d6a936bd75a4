"""Axes of 3D scenes and polar plots: Plotly has colours of its own for them unless told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def scene(colors: Mapping[str, str]) -> dict[str, Any]:
    """Return the ``scene`` of a template in the given tokens."""
    axis = {
        "gridcolor": colors["line"],
        "linecolor": colors["grey"],
        "zerolinecolor": colors["grey"],
        "color": colors["muted"],
        "spikecolor": colors["grey"],
        "tickfont": {"color": colors["muted"], "size": 11},
        "title": {"font": {"color": colors["text"], "size": 12}},
        "showbackground": False,
    }
    return {"xaxis": axis, "yaxis": axis, "zaxis": axis, "bgcolor": colors["paper"]}


def polar(colors: Mapping[str, str]) -> dict[str, Any]:
    """Return the ``polar`` of a template in the given tokens: clockwise from the top."""
    axis = {
        "gridcolor": colors["grid"],
        "linecolor": colors["line"],
        "tickcolor": colors["line"],
        "color": colors["muted"],
        "tickfont": {"color": colors["muted"], "size": 11},
    }
    return {
        "bgcolor": colors["paper"],
        "radialaxis": axis | {"angle": 90, "tickangle": 90},
        "angularaxis": axis | {"rotation": 90, "direction": "clockwise"},
    }
