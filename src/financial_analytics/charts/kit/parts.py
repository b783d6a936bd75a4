"""Pieces that several charts share: KPI cards, end labels, month windows, unique names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from financial_analytics.charts.kit import theme

Good = Literal["up", "down", "neither"]
MOST_PRODUCTS = 20
MOST_SLICES = 8


@dataclass(frozen=True)
class Card:
    """One number with its name, its change and what it was before.

    Attributes
    ----------
    label : str
        Name of the number.
    value : str
        The number as text, ``unknown`` when it is NULL.
    change_pct : float or None
        Change against the earlier value in per cent.
    before : str
        The earlier value as text, empty when there is none.
    good : {"up", "down", "neither"}
        The direction that is welcome; it chooses the colour, the arrow tells the direction.
    """

    label: str
    value: str
    change_pct: float | None = None
    before: str = ""
    good: Good = "neither"


def _change_color(card: Card) -> str:
    if card.good == "neither" or card.change_pct is None or card.change_pct == 0:
        return theme.LIGHT["muted"]
    welcome = (card.change_pct > 0) == (card.good == "up")
    return theme.LIGHT["green"] if welcome else theme.LIGHT["orange"]


def _place(cards: Sequence[Card], columns: int) -> dict[str, Any]:
    """Return shapes and annotations of the cards in a grid of `columns`."""
    rows = -(-len(cards) // columns)
    gap_x, gap_y = (0.016, 0.05) if columns > 2 else (0.03, 0.025)
    width = (1 - gap_x * (columns - 1)) / columns
    height = (1 - gap_y * (rows - 1)) / rows
    shapes: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    for position, card in enumerate(cards):
        left = (position % columns) * (width + gap_x)
        top = 1 - (position // columns) * (height + gap_y)
        shapes.append(
            {
                "type": "rect",
                "xref": "paper",
                "yref": "paper",
                "x0": left,
                "x1": left + width,
                "y0": top - height,
                "y1": top,
                "fillcolor": theme.LIGHT["card"],
                "line": {"color": theme.LIGHT["line"], "width": 1},
                "layer": "below",
            }
        )
        change = theme.change(card.change_pct)
        lines = [part for part in (change, card.before) if part]
        texts = (
            (card.label, 0.80, 12, theme.LIGHT["muted"]),
            (f"<b>{card.value}</b>", 0.48, 21, theme.LIGHT["text"]),
            (
                " · ".join(lines) if lines else " ",
                0.17,
                12 if columns > 2 else 11,
                _change_color(card),
            ),
        )
        for text, share, size, color in texts:
            notes.append(
                {
                    "text": text,
                    "xref": "paper",
                    "yref": "paper",
                    "x": left,
                    "xshift": 10 if columns > 2 else 7,
                    "y": top - height * (1 - share),
                    "xanchor": "left",
                    "yanchor": "middle",
                    "showarrow": False,
                    "align": "left",
                    "font": {"size": size, "color": color},
                }
            )
    return {"shapes": shapes, "annotations": notes}


def cards_figure(cards: Sequence[Card], *, finding: str, columns: int = 4) -> go.Figure:
    """Return a figure of KPI cards, `columns` wide and two wide on a phone.

    Parameters
    ----------
    cards : sequence of Card
        In reading order.
    finding : str
        The sentence under the title.
    columns : int, default 4
        Cards in a row where there is room.
    """
    wide_rows = -(-len(cards) // columns)
    phone_rows = -(-len(cards) // 2)
    margin = {"l": 2, "r": 2, "t": 4, "b": 4}
    figure = go.Figure()
    figure.update_layout(**_place(cards, columns), margin=margin)
    figure.update_xaxes(visible=False, range=[0, 1])
    figure.update_yaxes(visible=False, range=[0, 1])
    compact = {"layout": {**_place(cards, 2), "height": 10 + 100 * phone_rows}}
    return theme.finish(figure, finding=finding, height=10 + 104 * wide_rows, compact=compact)


def last_months(frame: pd.DataFrame, months: int, column: str = "month_start_date") -> pd.DataFrame:
    """Return the rows of the newest `months` months in the frame."""
    newest = frame[column].max()
    first = newest - pd.DateOffset(months=months - 1)
    recent: pd.DataFrame = frame[frame[column] >= first].reset_index(drop=True)
    return recent


def period_words(frame: pd.DataFrame, column: str = "month_start_date") -> str:
    """Return the months that a frame spans, in words."""
    first, last = frame[column].min(), frame[column].max()
    if first == last:
        return f"{first:%B %Y}"
    return f"{first:%B %Y} to {last:%B %Y}"


def month_axis(months: pd.Series | pd.Index) -> dict[str, Any]:
    """Return the x axis of monthly data: no ticks within a month, however few there are."""
    stamps = pd.DatetimeIndex(months)
    first, last = stamps.min(), stamps.max()
    axis: dict[str, Any] = {
        "type": "date",
        "range": [first - pd.Timedelta(days=20), last + pd.Timedelta(days=20)],
        "hoverformat": "%B %Y",
    }
    if len(stamps.unique()) <= 12:
        axis |= {"tickvals": sorted(stamps.unique()), "tickformat": "%b<br>%Y"}
    return axis


def unique_names(names: pd.Series, ids: pd.Series) -> pd.Series:
    """Return names with their id appended where two ids share one name."""
    pairs = pd.DataFrame({"name": names.fillna("Unknown"), "id": ids})
    shared = pairs.groupby("name")["id"].transform("nunique") > 1
    texts = [
        f"{name} (#{number:.0f})" if twice and not pd.isna(number) else str(name)
        for name, number, twice in zip(pairs["name"], pairs["id"], shared, strict=True)
    ]
    return pd.Series(texts, index=names.index, dtype="object")


def row_height(labels: Sequence[str], least: int = 30) -> int:
    """Return pixels per bar so that labels of several lines do not touch."""
    lines = max((label.count("<br>") + 1 for label in labels), default=1)
    return max(least, 15 * lines + 8)


def heat_texts(
    figure: go.Figure,
    *,
    x: Sequence[str],
    y: Sequence[str],
    shares: NDArray[np.float64],
    texts: Sequence[Sequence[str]],
) -> None:
    """Write texts over a heatmap in the colour that is readable on each cell.

    Parameters
    ----------
    figure : plotly.graph_objects.Figure
        Holds the heatmap; gets one text trace.
    x, y : sequence of str, shapes (k,) and (n,)
        Categories of the columns and rows.
    shares : ndarray of float64, shape (n, k)
        Position of each cell on the sequential scale, 0 to 1; NaN is an empty cell.
    texts : sequence of sequence of str, shape (n, k)
        What to write.
    """
    cells = [(row, column) for row in range(len(y)) for column in range(len(x))]
    figure.add_trace(
        go.Scatter(
            x=[x[column] for _, column in cells],
            y=[y[row] for row, _ in cells],
            mode="text",
            text=[texts[row][column] for row, column in cells],
            textfont={
                "size": 12,
                "color": [
                    theme.LIGHT["muted"]
                    if np.isnan(shares[row, column])
                    else theme.text_on_scale(float(shares[row, column]))
                    for row, column in cells
                ],
            },
            hoverinfo="skip",
            showlegend=False,
            name="texts",
        )
    )


def leader(frame: pd.DataFrame, name: str, value: str) -> tuple[str | None, float | None, float]:
    """Return the known name with the greatest share, its share, and the share of Unknown.

    Parameters
    ----------
    frame : pandas.DataFrame, shape (n, k)
        One row per name.
    name, value : str
        Columns of the names and of what is shared.

    Returns
    -------
    first : str or None
        None when every name is Unknown.
    share : float or None
        Per cent of the whole, unknown ones included.
    unknown : float
        Per cent of the whole that is Unknown.
    """
    totals = frame.groupby(name)[value].sum().sort_values(ascending=False, kind="stable")
    whole = float(totals.sum())
    named = totals[totals.index != "Unknown"]
    if named.empty or whole <= 0:
        return None, None, 100.0
    unknown = 100 * (whole - float(named.sum())) / whole
    return str(named.index[0]), 100 * float(named.iloc[0]) / whole, unknown


def unknown_words(share: float) -> str:
    """Return the clause that says how much has no known name, or an empty text."""
    return f"; {theme.percent(share)} is not known" if share > 0 else ""


def left_off_words(number: int, noun: str) -> str:
    """Return the note that says how many of something are not drawn, or an empty text."""
    return f"{theme.count(number)} smaller {noun} are left off." if number else ""


def top_rows(frame: pd.DataFrame, column: str, limit: int) -> tuple[pd.DataFrame, int]:
    """Return the `limit` rows with the greatest `column`, and how many were left off."""
    ordered = frame.sort_values(column, ascending=False, kind="stable", na_position="last")
    return ordered.head(limit).reset_index(drop=True), max(0, len(frame) - limit)
