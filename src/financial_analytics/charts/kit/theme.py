"""The one look of all charts: colours with a second cue, light and dark, number formats.

Figures are drawn in the light colours. Every colour is a token of `LIGHT`; the same token in
`DARK` replaces it when a page turns dark (`to_dark` here, the same exchange in the browser).
A literal colour outside the tokens would not change, so there is none in the chart modules.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from financial_analytics.charts.kit import spaces

# Okabe and Ito (2008), darkened until each reaches 3:1 against white; the dark set likewise.
LIGHT: dict[str, str] = {
    "blue": "#0B66B0",
    "orange": "#C65A00",
    "green": "#00805F",
    "purple": "#A33F7C",
    "amber": "#9A7400",
    "sky": "#2C8FC4",
    "grey": "#6E7885",
    "text": "#1A2330",
    "muted": "#566270",
    "line": "#CBD2DA",
    "grid": "#E4E8ED",
    "paper": "#FFFFFF",
    "card": "#F4F6F9",
    "hatch": "#FEFEFE",
    "band": "rgba(11,102,176,0.16)",
    "soft": "rgba(198,90,0,0.16)",
    "seq0": "#EAF2FA",
    "seq1": "#C3DCF1",
    "seq2": "#8FBFE4",
    "seq3": "#559BD0",
    "seq4": "#2172B3",
    "seq5": "#084A87",
    "onlow": "#1A2331",
    "onhigh": "#FFFFFE",
    "onfill": "#FFFFFD",
    "div0": "#8F3F00",
    "div1": "#DB8A45",
    "div2": "#F5F3F1",
    "div3": "#5E9FD6",
    "div4": "#0A4379",
}

DARK: dict[str, str] = {
    "blue": "#58ADEB",
    "orange": "#FF9447",
    "green": "#38CDA3",
    "purple": "#E58DBF",
    "amber": "#E8C24A",
    "sky": "#9ADBFA",
    "grey": "#98A2B0",
    "text": "#E8ECF2",
    "muted": "#A9B4C2",
    "line": "#3B4552",
    "grid": "#29313B",
    "paper": "#151A21",
    "card": "#1D242D",
    "hatch": "#10141A",
    "band": "rgba(88,173,235,0.20)",
    "soft": "rgba(255,148,71,0.20)",
    "seq0": "#1C2B3B",
    "seq1": "#20436A",
    "seq2": "#27609B",
    "seq3": "#2F75B6",
    "seq4": "#77B4EA",
    "seq5": "#C2E2FF",
    "onlow": "#E9EDF3",
    "onhigh": "#0E1318",
    "onfill": "#0B0F15",
    "div0": "#FFB37A",
    "div1": "#B5642A",
    "div2": "#2A2D31",
    "div3": "#3D7DB5",
    "div4": "#A6D4FF",
}

SERIES: tuple[str, ...] = tuple(
    LIGHT[name] for name in ("blue", "orange", "green", "purple", "amber", "sky", "grey")
)
# The second cue: series differ in hatch, dash and marker as well as in colour.
PATTERNS: tuple[str, ...] = ("", "/", ".", "x", "\\", "-", "+")
DASHES: tuple[str, ...] = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "solid")
SYMBOLS: tuple[str, ...] = (
    "circle",
    "square",
    "diamond",
    "triangle-up",
    "x",
    "cross",
    "triangle-down",
)

SEQUENTIAL: list[list[Any]] = [[step / 5, LIGHT[f"seq{step}"]] for step in range(6)]
DIVERGING: list[list[Any]] = [[step / 4, LIGHT[f"div{step}"]] for step in range(5)]

FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif'
UNKNOWN = "unknown"
NO_BREAK = "\u00a0"
HIGH_FROM = 0.68  # from here up the sequential scale, text needs the other colour

_AXIS: dict[str, Any] = {
    "gridcolor": LIGHT["grid"],
    "linecolor": LIGHT["line"],
    "zerolinecolor": LIGHT["line"],
    "tickcolor": LIGHT["line"],
    "tickfont": {"color": LIGHT["muted"], "size": 12},
    "title": {"font": {"color": LIGHT["muted"], "size": 12}, "standoff": 10},
    "automargin": True,
    "ticklabelstandoff": 4,
    "exponentformat": "B",
    "separatethousands": True,
    "minexponent": 4,
    "zeroline": False,
}


def template() -> go.layout.Template:
    """Return the Plotly template of all charts, in the light colours."""
    return go.layout.Template(
        layout={
            "font": {"family": FONT, "size": 13, "color": LIGHT["text"]},
            "paper_bgcolor": LIGHT["paper"],
            "plot_bgcolor": LIGHT["paper"],
            "colorway": list(SERIES),
            "margin": {"l": 12, "r": 16, "t": 14, "b": 12, "autoexpand": True},
            "hoverlabel": {
                "bgcolor": LIGHT["card"],
                "bordercolor": LIGHT["line"],
                "font": {"color": LIGHT["text"], "family": FONT, "size": 12},
                "align": "left",
            },
            "legend": {
                "orientation": "h",
                "x": 0,
                "xanchor": "left",
                "y": 1.02,
                "yanchor": "bottom",
                "bgcolor": "rgba(0,0,0,0)",
                "font": {"color": LIGHT["text"], "size": 12},
                "itemclick": "toggle",
            },
            "modebar": {
                "bgcolor": "rgba(0,0,0,0)",
                "color": LIGHT["muted"],
                "activecolor": LIGHT["blue"],
            },
            "xaxis": _AXIS,
            "yaxis": _AXIS,
            "scene": spaces.scene(LIGHT),
            "polar": spaces.polar(LIGHT),
            "bargap": 0.22,
            "dragmode": False,
            "colorscale": {"sequential": SEQUENTIAL, "diverging": DIVERGING},
            "uniformtext": {"mode": "hide", "minsize": 10},
            "annotationdefaults": {"font": {"color": LIGHT["text"], "size": 12}},
        }
    )


def finish(
    figure: go.Figure,
    *,
    finding: str,
    height: int = 380,
    compact: Mapping[str, Any] | None = None,
    note: str = "",
) -> go.Figure:
    """Give a figure the theme, its height and the sentence that says what it shows.

    Parameters
    ----------
    figure : plotly.graph_objects.Figure
        The drawn chart; changed in place.
    finding : str
        One sentence with the numbers that matter; it is shown under the title and is the
        first part of the alt text. Plain text, already in words.
    height : int, default 380
        Height in pixels.
    compact : mapping, optional
        What changes where the chart has less than about 560 pixels: ``{"layout": {...},
        "traces": [{...} or None per trace]}``, merged deeply in the browser.
    note : str, optional
        What must be known about how it was drawn: a source, a fallback, what is left off.

    Returns
    -------
    plotly.graph_objects.Figure
        The same figure.
    """
    figure.update_layout(
        template=template(),
        height=height,
        meta={
            "finding": finding,
            "note": note,
            "compact": dict(compact or {}),
            "empty": False,
        },
    )
    return figure


def empty_figure(reason: str) -> go.Figure:
    """Return the stated empty panel: a framed sentence instead of a blank."""
    figure = go.Figure()
    wrapped = "<br>".join(_wrap(reason, 40))
    said: dict[str, Any] = {
        "text": f"<b>No data to draw</b><br>{wrapped}",
        "x": 0.5,
        "y": 0.5,
        "xref": "paper",
        "yref": "paper",
        "showarrow": False,
        "align": "center",
        "font": {"size": 14, "color": LIGHT["muted"]},
    }
    figure.add_annotation(said)
    # The longest name of a model is wider than a phone at 14 pixels.
    narrow = said | {"font": {"size": 10, "color": LIGHT["muted"]}}
    figure.add_shape(
        type="rect",
        xref="paper",
        yref="paper",
        x0=0.02,
        x1=0.98,
        y0=0.06,
        y1=0.94,
        line={"color": LIGHT["line"], "dash": "dot", "width": 1},
    )
    figure.update_xaxes(visible=False, range=[0, 1])
    figure.update_yaxes(visible=False, range=[0, 1])
    figure.update_layout(
        template=template(),
        height=220,
        meta={
            "finding": f"No data to draw: {reason}.",
            "note": "",
            "compact": {"layout": {"annotations": [narrow]}},
            "empty": True,
        },
    )
    return figure


def _wrap(text: str, width: int) -> list[str]:
    """Break `text` at blanks into lines of at most `width` characters where it can."""
    lines: list[str] = [""]
    for word in text.split():
        joined = f"{lines[-1]} {word}".strip()
        if len(joined) > width and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = joined
    return lines


def wrap(text: str, width: int = 22) -> str:
    """Return `text` with line breaks for Plotly labels."""
    return "<br>".join(_wrap(text, width))


def is_unknown(value: float | None) -> bool:
    """Whether a number is NULL, NaN or absent."""
    return value is None or math.isnan(value)


def count(value: float | None) -> str:
    """Return a count with thousands separators.

    Examples
    --------
    >>> count(46997), count(None)
    ('46,997', 'unknown')
    """
    return UNKNOWN if value is None or math.isnan(value) else f"{value:,.0f}"


def percent(value: float | None, digits: int = 1) -> str:
    r"""Return a percentage 0-100 as text; small ones keep two significant digits.

    Examples
    --------
    >>> percent(45.97), percent(0.0213), percent(None)
    ('46.0\xa0%', '0.021\xa0%', 'unknown')
    """
    if value is None or math.isnan(value):
        return UNKNOWN
    if value != 0 and abs(value) < 0.1:
        return f"{value:.2g}{NO_BREAK}%"
    return f"{value:,.{digits}f}{NO_BREAK}%"


def money(value: float | None, currency: str = "") -> str:
    r"""Return an amount in at most four digits and its size word, the one that the axes use.

    Examples
    --------
    >>> money(314625746.8, "CZK"), money(-1250, "USD"), money(12.5, "USD")
    ('CZK\xa0314.6\xa0M', 'USD\xa0-1,250', 'USD\xa012.50')
    """
    if value is None or math.isnan(value):
        return UNKNOWN
    size = abs(value)
    for limit, word in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e4, "k")):
        if size >= limit:
            text = f"{size / limit * (10 if limit == 1e4 else 1):,.1f}{NO_BREAK}{word}"
            break
    else:
        text = f"{size:,.0f}" if size >= 100 else f"{size:,.2f}"
    sign = "-" if value < 0 else ""
    return f"{currency}{NO_BREAK}{sign}{text}" if currency else f"{sign}{text}"


def decimal(value: float | None, digits: int = 1) -> str:
    """Return a plain number with `digits` decimals."""
    return UNKNOWN if value is None or math.isnan(value) else f"{value:,.{digits}f}"


def change(value: float | None) -> str:
    r"""Return a change in per cent with an arrow, so that colour is not its only sign.

    Examples
    --------
    >>> change(3.24), change(-0.5), change(0.0), change(None)
    ('▲\xa03.2\xa0%', '▼\xa00.5\xa0%', '=\xa00.0\xa0%', '')
    """
    if value is None or math.isnan(value):
        return ""
    arrow = "▲" if value > 0 else "▼" if value < 0 else "="
    return f"{arrow}{NO_BREAK}{percent(abs(value))}"


def series_color(position: int) -> str:
    """Return the colour of the series at `position`; it repeats after seven."""
    return SERIES[position % len(SERIES)]


def text_on_scale(share: float) -> str:
    """Return the colour of text on the sequential scale at `share` of its range, 0 to 1."""
    return LIGHT["onhigh" if share >= HIGH_FROM else "onlow"]


def bar_style(position: int) -> dict[str, Any]:
    """Return colour and hatch of the bars at `position` as a ``marker`` mapping."""
    return {
        "color": series_color(position),
        "line": {"color": LIGHT["paper"], "width": 0.5},
        "pattern": {
            "shape": PATTERNS[position % len(PATTERNS)],
            "fillmode": "overlay",
            "fgcolor": LIGHT["hatch"],
            "fgopacity": 0.55,
            "size": 7,
            "solidity": 0.25,
        },
    }


def to_dark(value: Any) -> Any:
    """Return a figure's JSON (mappings, sequences, texts) in the dark colours.

    The same exchange is made in the browser; this one serves tests and static exports.
    """
    if isinstance(value, str):
        return _DARK_OF.get(value, value)
    if isinstance(value, Mapping):
        return {key: to_dark(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [to_dark(item) for item in value]
    return value


def color_exchange() -> dict[str, str]:
    """Return light colour to dark colour, for the page."""
    return dict(_DARK_OF)


_DARK_OF: dict[str, str] = {LIGHT[name]: DARK[name] for name in LIGHT}
