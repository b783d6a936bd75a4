"""The map of category 03: where high and low areas lie together."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from financial_analytics.charts.kit import maps, theme
from financial_analytics.charts.kit.frames import known
from financial_analytics.charts.registry import chart

MOST_METRICS = 4
SIGNIFICANT = 0.05
UNTESTED = "Not tested"
# Label, token, symbol, words.
KINDS = (
    ("Not significant", "grey", "circle-open", "not significant"),
    (UNTESTED, "muted", "circle-open-dot", "not tested"),
    ("High-High", "blue", "circle", "high among high"),
    ("Low-Low", "orange", "square", "low among low"),
    ("High-Low", "purple", "diamond", "high among low"),
    ("Low-High", "amber", "triangle-up", "low among high"),
)


def _axis(position: int) -> str:
    return "" if position == 0 else str(position + 1)


def _domains(number: int, columns: int) -> list[dict[str, list[float]]]:
    rows = -(-number // columns)
    width, height = (1 - 0.03 * (columns - 1)) / columns, 1 / rows
    return [
        {
            "x": [
                (k % columns) * (width + 0.03),
                (k % columns) * (width + 0.03) + width,
            ],
            "y": [
                1 - (k // columns + 1) * height + 0.03 * height,
                1 - (k // columns) * height - 40 / 330 * height,
            ],
        }
        for k in range(number)
    ]


def _moran_words(rows: pd.DataFrame) -> str:
    """Return the global test of one metric in words."""
    first = rows.iloc[0]
    if pd.isna(first.get("moran_statistic")):
        return "too few areas to test"
    p = first["moran_p_value"]
    verdict = "clustered" if first["moran_statistic"] > 0 else "dispersed"
    if pd.isna(p):
        return f"Moran I {first['moran_statistic']:+.2f}"
    word = verdict if p < SIGNIFICANT else "as chance would have it"
    return f"Moran I {first['moran_statistic']:+.2f}, p {p:.3f}: {word}"


def _value(value: float) -> str:
    return theme.decimal(value, 3) if abs(value) < 10 else theme.money(value)


def _hover(row: Mapping[Any, Any], label: str) -> str:
    text = f"<b>{row['area_name']}</b>, {row['state']}<br>{label}: {_value(row['metric_value'])}"
    ends = [row.get("metric_value_lower"), row.get("metric_value_upper")]
    known_ends = [_value(end) for end in ends if end is not None and not pd.isna(end)]
    if len(known_ends) == 2:
        text += f" ({known_ends[0]} to {known_ends[1]})"
    lag = row.get("spatial_lag_value")
    if lag is not None and not pd.isna(lag):
        text += f"<br>its neighbours: {_value(lag)}"
    return text + f"<br>{theme.count(row['customer_count'])} customers"


@chart(
    id="exploratory.geographic_clusters",
    order=110,
    model="analytics_geographic_clustering",
    title="Where high and low areas lie together",
    unit="local Moran label at p < 0.05; the area of a mark is the number of customers",
    reading=(
        "One map per metric. Blue circles are high areas among high neighbours, orange squares "
        "low among low, diamonds and triangles stand out from their neighbours. One label in "
        "twenty comes by chance; the heading says whether the whole map is clustered."
    ),
    needs=(
        "area_name",
        "state",
        "latitude",
        "longitude",
        "metric_name",
        "metric_label",
        "customer_count",
        "metric_value",
        "cluster_label",
        "moran_statistic",
        "moran_p_value",
    ),
    measures=("metric_value",),
    span="full",
)
def geographic_clusters(frame: pd.DataFrame) -> go.Figure:
    """One small map per metric: areas by local Moran label and customers."""
    rows = known(frame, "metric_value", "latitude", "longitude", "metric_name")
    if rows.empty:
        return theme.empty_figure("no area has known coordinates")
    rows = rows.assign(
        cluster_label=rows["cluster_label"].fillna(UNTESTED),
        customer_count=rows["customer_count"].fillna(0.0),
        area_name=rows["area_name"].fillna("Unknown"),
        code=maps.state_code(rows["state"]),
        state=rows["state"].fillna("Unknown"),
    )
    weight = rows["customer_count"]
    american = float(weight[rows["code"].notna()].sum()) > 0.5 * float(weight.sum())
    shown = rows[rows["code"].notna()] if american else rows
    metrics = list(dict.fromkeys(shown["metric_name"]))[:MOST_METRICS]
    columns = 2 if len(metrics) > 1 else 1
    figure = go.Figure()
    layout: dict[str, Any] = {}
    wide, phone = _domains(len(metrics), columns), _domains(len(metrics), 1)
    narrow: dict[str, Any] = {}
    headings: list[str] = []
    named: set[str] = set()
    for position, metric in enumerate(metrics):
        of_metric = shown[shown["metric_name"] == metric].reset_index(drop=True)
        label = str(of_metric["metric_label"].fillna(metric).iloc[0])
        headings.append(f"<b>{label}</b><br>{_moran_words(of_metric)}")
        axis = _axis(position)
        for trace in _traces(of_metric, label, american, named):
            trace.xaxis, trace.yaxis = f"x{axis}", f"y{axis}"
            figure.add_trace(trace)
        middle = float(of_metric["latitude"].mean())
        layout[f"xaxis{axis}"] = {
            "domain": wide[position]["x"],
            "anchor": f"y{axis}",
            "visible": False,
        }
        layout[f"yaxis{axis}"] = {
            "domain": wide[position]["y"],
            "anchor": f"x{axis}",
            "visible": False,
            "scaleanchor": f"x{axis}",
            "scaleratio": 1.0 if american else 1 / max(0.2, math.cos(math.radians(middle))),
            "autorange": "reversed" if american else True,
        }
        narrow[f"xaxis{axis}"] = {"domain": phone[position]["x"]}
        narrow[f"yaxis{axis}"] = {"domain": phone[position]["y"]}
    figure.update_layout(
        **layout,
        annotations=_headings(headings, wide, 12),
        margin={"l": 4, "r": 4, "t": 36, "b": 4},
        legend={"itemsizing": "constant", "y": 1.0, "yanchor": "bottom"},
    )
    return theme.finish(
        figure,
        finding=_finding(shown, metrics),
        height=(330 if columns == 2 else 440) * -(-len(metrics) // columns) + 40,
        note=_note(frame, rows, shown, american),
        compact={
            "layout": {
                "height": 260 * len(metrics) + 70,
                "margin": {"t": 64},
                "annotations": _headings(headings, phone, 11),
                **narrow,
            }
        },
    )


def _headings(
    texts: list[str], domains: list[dict[str, list[float]]], size: int
) -> list[dict[str, Any]]:
    return [
        {
            "text": text,
            "x": sum(domain["x"]) / 2,
            "y": domain["y"][1],
            "xref": "paper",
            "yref": "paper",
            "xanchor": "center",
            "yanchor": "bottom",
            "showarrow": False,
            "font": {"size": size, "color": theme.LIGHT["text"]},
        }
        for text, domain in zip(texts, domains, strict=True)
    ]


def _traces(rows: pd.DataFrame, label: str, american: bool, named: set[str]) -> list[go.Scatter]:
    """Return outlines and one trace per kind of area; a kind enters the legend once."""
    traces = []
    if american:
        x, y = maps.state_outlines()
        traces.append(
            go.Scatter(
                x=x,
                y=y,
                mode="lines",
                line={"color": theme.LIGHT["line"], "width": 0.7},
                hoverinfo="skip",
                showlegend=False,
                name="states",
            )
        )
        east, south = maps.project_us(
            rows["longitude"].tolist(), rows["latitude"].tolist(), rows["code"].tolist()
        )
    else:
        east, south = rows["longitude"].to_numpy(), rows["latitude"].to_numpy()
    sizes = maps.bubble_sizes(rows["customer_count"].tolist(), largest=17.0)
    for kind, token, symbol, words in KINDS:
        places = [k for k, name in enumerate(rows["cluster_label"]) if name == kind]
        if not places:
            continue
        traces.append(
            go.Scatter(
                x=[float(east[k]) for k in places],
                y=[float(south[k]) for k in places],
                mode="markers",
                name=words,
                legendgroup=kind,
                showlegend=kind not in named,
                marker={
                    "size": [max(5.0, sizes[k]) for k in places],
                    "color": theme.LIGHT[token],
                    "symbol": symbol,
                    "opacity": 0.85,
                    "line": {
                        "color": theme.LIGHT[token if "open" in symbol else "paper"],
                        "width": 1,
                    },
                },
                customdata=[_hover(rows.loc[k].to_dict(), label) for k in places],
                hovertemplate=f"%{{customdata}}<br>{words}<extra></extra>",
                meta={"areas": [str(rows["area_name"][k]) for k in places]},
            )
        )
        named.add(kind)
    return traces


def _finding(rows: pd.DataFrame, metrics: list[str]) -> str:
    firsts = rows[rows["metric_name"].isin(metrics)].drop_duplicates("metric_name")
    tested = firsts.dropna(subset=["moran_statistic"])
    areas = rows.groupby("metric_name")["area_name"].size().max()
    if tested.empty:
        return f"{theme.count(areas)} areas are known, too few to say whether neighbours are alike."
    clustered = tested[(tested["moran_p_value"] < SIGNIFICANT) & (tested["moran_statistic"] > 0)]
    if clustered.empty:
        return (
            f"Over {theme.count(areas)} areas none of {len(tested)} metrics is clustered in space "
            "more than chance would give."
        )
    words = ", ".join(
        f"{row['metric_label']} (I {row['moran_statistic']:+.2f})"
        for row in clustered.sort_values("moran_statistic", ascending=False).to_dict("records")
    )
    return f"Neighbours among {theme.count(areas)} areas are alike in {words}."


def _note(frame: pd.DataFrame, rows: pd.DataFrame, shown: pd.DataFrame, american: bool) -> str:
    notes = []
    unplaced = len(frame) - len(rows)
    if unplaced:
        notes.append(f"{theme.count(unplaced)} rows of the model have no value or no coordinates.")
    if len(shown) < len(rows):
        notes.append(f"{theme.count(len(rows) - len(shown))} rows lie outside the states drawn.")
    if american:
        notes.append(maps.ATTRIBUTION + ".")
    else:
        notes.append("Not US states: each area is a mark at its coordinates, without borders.")
    return " ".join(notes)
