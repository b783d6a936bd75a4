"""The map of category 01: where customers live."""

from __future__ import annotations

import math

import pandas as pd
import plotly.graph_objects as go

from financial_analytics.charts.kit import maps, theme
from financial_analytics.charts.kit.frames import currency_of, known
from financial_analytics.charts.kit.parts import top_rows
from financial_analytics.charts.registry import chart

MOST_CITIES = 60
MOST_BARS = 20
MOST_NAMES = 8


def _hover(frame: pd.DataFrame, currency: str) -> list[str]:
    return [
        f"<b>{row['city']}</b>, {row['state']}<br>{theme.count(row['customer_count'])} customers"
        f"<br>average lifetime value {theme.money(row.get('avg_clv'), currency)}"
        f"<br>average income {theme.money(row.get('avg_income'), currency)}"
        for row in frame.to_dict("records")
    ]


@chart(
    id="descriptive.customer_map",
    order=40,
    model="analytics_customer_by_geography",
    title="Where customers live",
    unit="customers",
    reading=(
        "The darker a state (in dark mode: the lighter), the more customers; the area of a circle "
        "is the number in that city. Outside the US places are circles at their coordinates, or "
        "bars where coordinates are unknown; the note under the chart says which."
    ),
    needs=("state", "city", "customer_count", "latitude", "longitude"),
    measures=("customer_count",),
    span="full",
)
def customer_map(frame: pd.DataFrame) -> go.Figure:
    """States filled by customers with city bubbles; bubbles or bars outside the US."""
    rows = known(frame, "customer_count")
    rows = rows.assign(
        state=rows["state"].fillna("Unknown"),
        city=rows["city"].fillna("Unknown"),
        code=maps.state_code(rows["state"], rows.get("country")),
    )
    located = rows.dropna(subset=["latitude", "longitude"])
    # A stray foreign row does not turn a US bank's map into bubbles, nor the reverse.
    american = float(rows.loc[rows["code"].notna(), "customer_count"].sum())
    if american > 0.5 * float(rows["customer_count"].sum()):
        return _us_map(rows)
    return _bubbles(rows, located) if len(located) >= 2 else _bars(rows)


def _totals(rows: pd.DataFrame, column: str) -> pd.Series:
    totals = rows.groupby(column)["customer_count"].sum()
    return totals.sort_values(ascending=False, kind="stable")


def _us_map(rows: pd.DataFrame) -> go.Figure:
    currency = currency_of(rows)
    inside = rows[rows["code"].notna()]
    states = _totals(inside, "code")
    total = float(rows["customer_count"].sum())
    shapes = maps.state_shapes()
    texts = pd.Series(
        {
            code: f"<b>{shapes[str(code)]['name']}</b><br>{theme.count(value)} customers, "
            f"{theme.percent(100 * value / total)} of all"
            for code, value in states.items()
        }
    )
    figure = go.Figure()
    maps.add_state_fills(figure, states, texts, "customers in the state")
    located = inside.dropna(subset=["latitude", "longitude"])
    cities, _ = top_rows(located, "customer_count", MOST_CITIES)
    if not cities.empty:
        x, y = maps.project_us(
            cities["longitude"].tolist(), cities["latitude"].tolist(), cities["code"].tolist()
        )
        _add_bubbles(figure, x.tolist(), y.tolist(), cities, _hover(cities, currency))
    maps.flat_axes(figure)
    outside = total - float(inside["customer_count"].sum())
    notes = [maps.ATTRIBUTION + "."]
    if not cities.empty:
        notes.insert(0, f"Circles: the {len(cities)} cities with most customers.")
    if outside:
        notes.insert(0, f"{theme.count(outside)} customers live outside the states drawn.")
    figure.update_layout(margin={"l": 4, "r": 4, "t": 4, "b": 56})
    first = states.index[0]
    return theme.finish(
        figure,
        finding=f"{shapes[str(first)]['name']} has most customers, {theme.count(states.iloc[0])} "
        f"of {theme.count(total)}, in {len(states)} states.",
        height=530,
        compact={"layout": {"height": 340}},
        note=" ".join(notes),
    )


def _add_bubbles(
    figure: go.Figure,
    x: list[float],
    y: list[float],
    cities: pd.DataFrame,
    hover: list[str],
    *,
    named: int = 0,
) -> None:
    """Add circles whose areas are customers; the first `named` carry the place's name."""
    names = _apart(x, y, cities["city"].tolist(), named)
    figure.add_trace(
        go.Scatter(
            x=x,
            y=y,
            mode="markers+text" if named else "markers",
            name="cities",
            showlegend=False,
            marker={
                "size": maps.bubble_sizes(cities["customer_count"].tolist()),
                "color": theme.LIGHT["orange"],
                "opacity": 0.72,
                "line": {"color": theme.LIGHT["paper"], "width": 1},
            },
            text=names,
            textposition="top center",
            textfont={"size": 11, "color": theme.LIGHT["text"]},
            cliponaxis=False,
            customdata=list(zip(cities["customer_count"].tolist(), hover, strict=True)),
            hovertemplate="%{customdata[1]}<extra></extra>",
        )
    )


def _apart(x: list[float], y: list[float], names: list[str], most: int) -> list[str]:
    """Keep the first `most` names whose places are not beside one already named."""
    if not most:
        return [""] * len(names)
    wide, tall = max(x) - min(x) or 1.0, max(y) - min(y) or 1.0
    kept: list[int] = []
    for place in range(len(names)):
        clear = all(
            abs(x[place] - x[other]) > 0.16 * wide or abs(y[place] - y[other]) > 0.08 * tall
            for other in kept
        )
        if clear and len(kept) < most:
            kept.append(place)
    return [name if place in kept else "" for place, name in enumerate(names)]


def _bubbles(rows: pd.DataFrame, located: pd.DataFrame) -> go.Figure:
    currency = currency_of(rows)
    cities, left_off = top_rows(located, "customer_count", 4 * MOST_CITIES)
    figure = go.Figure()
    _add_bubbles(
        figure,
        cities["longitude"].tolist(),
        cities["latitude"].tolist(),
        cities,
        _hover(cities, currency),
        named=MOST_NAMES,
    )
    middle = float(cities["latitude"].mean())
    axis = {"ticksuffix": "°", "showgrid": True, "nticks": 6}
    figure.update_xaxes(axis, title="longitude")
    figure.update_yaxes(
        axis,
        title="latitude",
        scaleanchor="x",
        scaleratio=1 / max(0.2, math.cos(math.radians(middle))),
    )
    notes = ["Not US states: each place is a circle at its coordinates, without borders."]
    unknown = float(rows["customer_count"].sum()) - float(located["customer_count"].sum())
    if unknown:
        notes.append(f"{theme.count(unknown)} customers live where no coordinates are known.")
    if left_off:
        notes.append(f"{theme.count(left_off)} smaller places are left off.")
    return theme.finish(
        figure,
        finding=_place_finding(rows),
        height=480,
        note=" ".join(notes),
        compact={"layout": {"height": 320}},
    )


def _bars(rows: pd.DataFrame) -> go.Figure:
    regions = _totals(rows, "state")
    shown = regions.head(MOST_BARS)[::-1]
    figure = go.Figure(
        go.Bar(
            x=shown.tolist(),
            y=[str(name) for name in shown.index],
            orientation="h",
            marker=theme.bar_style(0),
            text=[theme.count(value) for value in shown],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="<b>%{y}</b><br>%{x:,.0f} customers<extra></extra>",
        )
    )
    notes = ["No coordinates are known for these places, so they are bars and not a map."]
    if len(regions) > MOST_BARS:
        notes.append(f"The {MOST_BARS} largest of {len(regions)} regions.")
    figure.update_xaxes(visible=False, range=[0, float(shown.max()) * 1.15])
    figure.update_yaxes(type="category")
    return theme.finish(
        figure,
        finding=_place_finding(rows),
        height=110 + 26 * len(shown),
        note=" ".join(notes),
    )


def _place_finding(rows: pd.DataFrame) -> str:
    regions = _totals(rows, "state")
    total = float(rows["customer_count"].sum())
    share = 100 * float(regions.iloc[0]) / total if total else None
    return (
        f"{regions.index[0]} has most customers, {theme.count(regions.iloc[0])} of "
        f"{theme.count(total)} ({theme.percent(share)}), in {len(regions)} regions and "
        f"{theme.count(rows['city'].nunique())} places."
    )
