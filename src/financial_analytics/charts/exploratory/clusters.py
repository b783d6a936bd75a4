"""Charts of category 03 about groups of customers: where they lie, and what marks them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from financial_analytics.charts.kit import theme
from financial_analytics.charts.kit.frames import known, scalar
from financial_analytics.charts.kit.parts import left_off_words
from financial_analytics.charts.registry import chart

MOST_POINTS = 1_500
MOST_CLUSTERS = 7
# Of the marks of 3D scenes all but the x, a letter that many fonts lack.
SYMBOLS_3D = (
    "circle",
    "square",
    "diamond",
    "cross",
    "circle-open",
    "square-open",
    "diamond-open",
)
FEATURES = {
    "profile_purchase_frequency_score": "purchases a month",
    "profile_purchase_size_score": "mean purchase",
    "profile_essentials_score": "essentials",
    "profile_dining_score": "dining",
    "profile_travel_score": "travel",
    "profile_digital_goods_score": "digital goods",
    "profile_international_score": "abroad",
    "profile_online_score": "online",
    "profile_mobile_score": "mobile",
    "profile_branch_score": "branch",
    "profile_cash_score": "cash",
    "profile_morning_score": "morning",
    "profile_evening_score": "evening",
}


def cluster_names(rows: pd.DataFrame) -> dict[int, str]:
    """Return number to name of the clusters in the rows, by number."""
    pairs = rows[["cluster_number", "cluster_name"]].drop_duplicates("cluster_number")
    pairs = pairs.sort_values("cluster_number", kind="stable")
    return {
        int(number): "unnamed" if pd.isna(name) else str(name)
        for number, name in zip(pairs["cluster_number"], pairs["cluster_name"], strict=True)
    }


def _spread(rows: pd.DataFrame, most: int) -> pd.DataFrame:
    """Return at most about `most` rows, evenly taken from the clusters in customer order."""
    if len(rows) <= most:
        return rows
    kept = []
    for _, members in rows.groupby("cluster_number", sort=True):
        wanted = max(1, round(most * len(members) / len(rows)))
        places = np.unique(np.linspace(0, len(members) - 1, wanted).round().astype(int))
        kept.append(members.iloc[places])
    return pd.concat(kept).reset_index(drop=True)


def _axis(number: int, share: float | None) -> dict[str, Any]:
    shown = "" if share is None else f" ({theme.percent(share, 0)} of variance)"
    return {"title": {"text": f"coordinate {number}{shown}"}, "nticks": 5}


def _quality(frame: pd.DataFrame) -> str:
    """Return how well groups separate and repeat, in words, with what is known."""
    parts = []
    silhouette = scalar(frame, "model_silhouette_score")
    stability = scalar(frame, "stability_score")
    if silhouette is not None:
        parts.append(f"silhouette {silhouette:.2f}")
    if stability is not None:
        text = f"stability {stability:.2f}"
        lower, upper = scalar(frame, "stability_lower"), scalar(frame, "stability_upper")
        if lower is not None and upper is not None:
            text += f" ({lower:.2f} to {upper:.2f})"
        parts.append(f"{text}, where 1 is the same groups in every bootstrap sample")
    return ", ".join(parts)


@chart(
    id="exploratory.clusters_3d",
    order=10,
    model="analytics_customer_behavior_clusters",
    title="Groups of customers who behave alike",
    unit="principal coordinates of standardised behaviour (no unit)",
    reading=(
        "Each point is a customer; near points behave alike. Colour and symbol are the group. "
        "Drag to turn. Names in the legend are the two most marked "
        "features of a group."
    ),
    needs=("cluster_number", "cluster_name", "pc1_score", "pc2_score", "pc3_score"),
    measures=("pc1_score",),
    span="full",
)
def clusters_3d(frame: pd.DataFrame) -> go.Figure:
    """Scatter of customers in three principal coordinates, by cluster."""
    rows = known(frame, "cluster_number", "pc1_score", "pc2_score", "pc3_score")
    if rows.empty:
        return theme.empty_figure("no customer could be put into a group")
    names = cluster_names(rows)
    sizes = rows["cluster_number"].value_counts()
    drawn = list(names)[:MOST_CLUSTERS]
    shown = _spread(rows[rows["cluster_number"].isin(drawn)], MOST_POINTS)
    shares = [scalar(rows, f"pc{k}_pct") for k in (1, 2, 3)]
    figure = go.Figure()
    for position, number in enumerate(drawn):
        members = shown[shown["cluster_number"] == number]
        figure.add_trace(
            go.Scatter3d(
                x=members["pc1_score"].tolist(),
                y=members["pc2_score"].tolist(),
                z=members["pc3_score"].tolist(),
                mode="markers",
                name=f"{number}: {names[number]} ({theme.count(sizes[number])})",
                marker={
                    "size": 3.4,
                    "color": theme.series_color(position),
                    "symbol": SYMBOLS_3D[position],
                    "opacity": 0.82,
                    "line": {"width": 0},
                },
                customdata=[names[number]] * len(members),
                hovertemplate="%{customdata}<br>%{x:.2f}, %{y:.2f}, %{z:.2f}<extra></extra>",
            )
        )
    figure.update_layout(
        scene={
            "xaxis": _axis(1, shares[0]),
            "yaxis": _axis(2, shares[1]),
            "zaxis": _axis(3, shares[2]),
            "aspectmode": "cube",
            "camera": {"eye": {"x": 1.4, "y": 1.4, "z": 0.8}, "center": {"z": -0.16}},
            "dragmode": "turntable",
        },
        legend={
            "orientation": "v",
            "x": 0,
            "y": 1,
            "yanchor": "top",
            "xanchor": "left",
            "itemsizing": "constant",
        },
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
    )
    quality = _quality(frame)
    first = drawn[0]
    noun = "group" if len(names) == 1 else "groups"
    finding = (
        f"{theme.count(len(rows))} customers fall into {len(names)} {noun}; the largest, "
        f"{names[first]}, has {theme.percent(100 * sizes[first] / len(rows))}"
    )
    notes = []
    if len(shown) < len(rows):
        notes.append(
            f"{theme.count(len(shown))} of {theme.count(len(rows))} customers are drawn, "
            "evenly from each group."
        )
    outside = len(frame) - len(rows)
    if outside:
        notes.append(f"{theme.count(outside)} customers have too few purchases to be grouped.")
    if len(names) > len(drawn):
        notes.append(left_off_words(len(names) - len(drawn), "groups"))
    notes.append("Needs WebGL; a browser without it shows a notice instead of the points.")
    return theme.finish(
        figure,
        finding=finding + (f"; {quality}." if quality else "."),
        height=600,
        note=" ".join(notes),
        compact={
            "layout": {
                "height": 400 + 18 * len(drawn),
                "legend": {"y": 0, "yanchor": "top", "font": {"size": 10}},
                "scene": {
                    "camera": {"eye": {"x": 1.6, "y": 1.6, "z": 0.9}},
                    **{
                        f"{axis}axis": {"title": {"text": f"coordinate {k}"}, "nticks": 4}
                        for k, axis in enumerate("xyz", start=1)
                    },
                },
            }
        },
    )


def _grid(number: int, columns: int) -> list[dict[str, list[float]]]:
    """Return the domains of `number` panels in rows of `columns`, with room for a heading."""
    rows = -(-number // columns)
    gap = 0.03
    width = (1 - gap * (columns - 1)) / columns
    height = 1 / rows
    return [
        {
            "x": [
                (k % columns) * (width + gap) + 0.16 * width,
                (k % columns) * (width + gap) + 0.84 * width,
            ],
            "y": [
                1 - (k // columns + 1) * height + 0.11 * height,
                1 - (k // columns) * height - 0.19 * height,
            ],
        }
        for k in range(number)
    ]


def _headings(titles: list[str], columns: int, width: int, size: int = 12) -> list[dict[str, Any]]:
    rows = -(-len(titles) // columns)
    domains = _grid(len(titles), columns)
    return [
        {
            "text": theme.wrap(title, width),
            "x": sum(domains[k]["x"]) / 2,
            "y": 1 - (k // columns) / rows,
            "xref": "paper",
            "yref": "paper",
            "xanchor": "center",
            "yanchor": "top",
            "showarrow": False,
            "font": {"size": size, "color": theme.LIGHT["text"]},
        }
        for k, title in enumerate(titles)
    ]


def _polar_name(position: int) -> str:
    return "polar" if position == 0 else f"polar{position + 1}"


def _most_marked(profile: dict[str, float]) -> str:
    """Return the feature that is farthest from the average customer, in words."""
    strongest = max(profile, key=lambda name: abs(profile[name]))
    word = "more" if profile[strongest] > 0 else "less"
    return f"{FEATURES[strongest]} ({profile[strongest]:+.1f}, {word} than average)"


@chart(
    id="exploratory.cluster_radar",
    order=20,
    model="analytics_customer_behavior_clusters",
    title="What marks each group of customers",
    unit="standard deviations from the mean of all customers",
    reading=(
        "One wheel per group. The dotted ring is the average customer: where the outline lies "
        "outside it the group does more of this, inside less. All wheels have the same scale."
    ),
    needs=("cluster_number", "cluster_name", "cluster_customer_count", *FEATURES),
    measures=("profile_purchase_frequency_score",),
    span="full",
)
def cluster_radar(frame: pd.DataFrame) -> go.Figure:
    """One radar per cluster over the same features, around the average customer."""
    rows = known(frame, "cluster_number", *FEATURES)
    if rows.empty:
        return theme.empty_figure("no group has a known profile")
    names = cluster_names(rows)
    drawn = list(names)[:MOST_CLUSTERS]
    first = rows.drop_duplicates("cluster_number").set_index("cluster_number")
    profiles = first.loc[drawn, list(FEATURES)]
    matrix = profiles.to_numpy(dtype=np.float64).tolist()
    values_of = {
        number: dict(zip(FEATURES, line, strict=True))
        for number, line in zip(drawn, matrix, strict=True)
    }
    around = [*FEATURES.values(), next(iter(FEATURES.values()))]
    lowest = min(-1.0, float(np.floor(2 * profiles.to_numpy().min()) / 2))
    highest = max(1.0, float(np.ceil(2 * profiles.to_numpy().max()) / 2))
    figure = go.Figure()
    layout: dict[str, Any] = {}
    columns = min(3, len(drawn))
    domains = _grid(len(drawn), columns)
    for position, number in enumerate(drawn):
        polar = _polar_name(position)
        color = theme.series_color(position)
        values = list(values_of[number].values())
        figure.add_trace(
            go.Scatterpolar(
                r=[0.0] * len(around),
                theta=around,
                mode="lines",
                line={"color": theme.LIGHT["grey"], "dash": "dot", "width": 1.4},
                hoverinfo="skip",
                name="average customer",
                subplot=polar,
                showlegend=False,
            )
        )
        figure.add_trace(
            go.Scatterpolar(
                r=[*values, values[0]],
                theta=around,
                mode="lines+markers",
                fill="toself",
                fillcolor=theme.LIGHT["band"],
                line={"color": color, "width": 2.2},
                marker={"color": color, "size": 6, "symbol": theme.SYMBOLS[position]},
                name=names[number],
                subplot=polar,
                showlegend=False,
                hovertemplate="%{theta}<br>%{r:+.2f} standard deviations<extra></extra>",
            )
        )
        layout[polar] = {
            "domain": domains[position],
            "radialaxis": {
                "range": [lowest, highest],
                "tickvals": [tick for tick in range(-4, 7) if lowest <= tick <= highest],
                "tickfont": {"size": 10},
                "showline": False,
            },
            "angularaxis": {"tickfont": {"size": 10, "color": theme.LIGHT["text"]}},
        }
    counts = first["cluster_customer_count"]
    titles = [
        f"<b>{number}: {names[number]}</b> ({theme.count(counts[number])})" for number in drawn
    ]
    figure.update_layout(
        **layout,
        annotations=_headings(titles, columns, 46),
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
    )
    marked = "; ".join(f"{number}: {_most_marked(values_of[number])}" for number in drawn[:3])
    phone = _grid(len(drawn), 1)
    return theme.finish(
        figure,
        finding=f"Most marked in the largest groups: {marked}.",
        height=360 * -(-len(drawn) // columns) + 20,
        note=left_off_words(len(names) - len(drawn), "groups"),
        compact={
            "layout": {
                "height": 330 * len(drawn),
                "annotations": _headings(titles, 1, 40, 12),
                **{_polar_name(k): {"domain": phone[k]} for k in range(len(drawn))},
            }
        },
    )
