"""Charts of category 03 about products that are held together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from financial_analytics.charts.kit import matrices, networks, theme
from financial_analytics.charts.kit.frames import known
from financial_analytics.charts.kit.parts import unique_names
from financial_analytics.charts.registry import chart

MOST_PRODUCTS = 16
MOST_EDGES = 24
SIGNIFICANT = 0.05
LIFT_LIMIT = 4.0
WIDEST_ON_PHONE = 10
SIDES = ("antecedent", "consequent")


def _products(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the products of the pairs by holders: id, name, category, holders."""
    sides = [
        pd.DataFrame(
            {
                "id": frame[f"{side}_product_natural_key"],
                "name": frame[f"{side}_product_name"],
                "category": frame[f"{side}_product_category"].fillna("Unknown"),
                "holders": frame[f"{side}_holder_count"],
            }
        )
        for side in SIDES
    ]
    both = pd.concat(sides).dropna(subset=["id"]).drop_duplicates("id")
    both = both.sort_values(["holders", "id"], ascending=[False, True], kind="stable")
    both = both.reset_index(drop=True)
    return both.assign(name=unique_names(both["name"], both["id"]))


def _pair_words(row: Mapping[Any, Any], first: str, second: str) -> str:
    text = (
        f"<b>{first} and {second}</b><br>lift {theme.decimal(row.get('lift'), 2)}"
        f"<br>{theme.count(row.get('both_holder_count'))} customers hold both, "
        f"{theme.decimal(row.get('expected_both_count'), 1)} expected"
    )
    p = row.get("adjusted_p_value")
    return text if p is None or np.isnan(p) else f"{text}<br>adjusted p {_p_words(p)}"


def _p_words(p: float) -> str:
    return "&lt; 0.001" if p < 0.001 else f"{p:.3f}"


NEEDS = (
    "antecedent_product_natural_key",
    "antecedent_product_name",
    "antecedent_product_category",
    "consequent_product_natural_key",
    "consequent_product_name",
    "consequent_product_category",
    "antecedent_holder_count",
    "consequent_holder_count",
    "both_holder_count",
    "expected_both_count",
    "lift",
    "adjusted_p_value",
)


@chart(
    id="exploratory.product_network",
    order=50,
    model="analytics_product_cross_sell_patterns",
    title="Products that are held together more often than chance",
    unit="lift (1 = as often as if independent)",
    reading=(
        "A line joins two products held together significantly more often than independence "
        "would give (adjusted p below 0.05); the thicker, the greater the lift. The area of a "
        "mark is the number of holders, colour and shape the category."
    ),
    needs=NEEDS,
    measures=("both_holder_count",),
    span="full",
)
def product_network(frame: pd.DataFrame) -> go.Figure:
    """Network of products; edges are significant lifts above one."""
    products = _products(known(frame, "both_holder_count"))
    shown = products.head(MOST_PRODUCTS).sort_values(["category", "name"], kind="stable")
    names = dict(zip(shown["id"], shown["name"], strict=True))
    pairs = frame[
        (frame["antecedent_product_natural_key"] < frame["consequent_product_natural_key"])
        & (frame["lift"] > 1)
        & (frame["adjusted_p_value"] < SIGNIFICANT)
        & frame["antecedent_product_natural_key"].isin(names)
        & frame["consequent_product_natural_key"].isin(names)
    ]
    strongest = pairs.sort_values("lift", ascending=False, kind="stable").head(MOST_EDGES)
    edges = []
    for row in strongest.iloc[::-1].to_dict("records"):
        first, second = (row[f"{side}_product_natural_key"] for side in SIDES)
        edges.append(
            networks.Edge(
                str(first),
                str(second),
                float(row["lift"]) - 1,
                _pair_words(row, names[first], names[second]),
            )
        )
    nodes = [
        networks.Node(
            str(row["id"]),
            row["name"],
            str(row["category"]),
            float(row["holders"]) if not pd.isna(row["holders"]) else 0.0,
            f"<b>{row['name']}</b><br>{theme.count(row['holders'])} holders",
        )
        for row in shown.to_dict("records")
    ]
    figure = networks.network_figure(nodes, edges)
    notes = []
    if len(pairs) > len(strongest):
        notes.append(f"The {len(strongest)} strongest of {len(pairs)} pairs are drawn.")
    if len(products) > len(shown):
        notes.append(f"The {len(shown)} products with most holders of {len(products)}.")
    if frame["adjusted_p_value"].isna().all():
        finding = (
            f"{len(products)} products are held, by too few customers to say whether any two go "
            "together."
        )
    elif strongest.empty:
        finding = (
            f"No two of {len(products)} products are held together significantly more often "
            "than chance would give."
        )
    else:
        top = strongest.iloc[0]
        first, second = (names[top[f"{side}_product_natural_key"]] for side in SIDES)
        finding = (
            f"{first} and {second} go together most: {theme.decimal(top['lift'], 2)} times as "
            f"often as independence gives ({theme.count(top['both_holder_count'])} customers); "
            f"{len(pairs)} pairs are significantly above chance."
        )
    return theme.finish(
        figure,
        finding=finding,
        height=540,
        note=" ".join(notes),
        compact=networks.on_phone(figure, 440),
    )


def _narrow(texts: Sequence[str], size: int) -> list[str]:
    """Return the cell texts of a phone: all of a small square, only the stars of a large one."""
    if size <= WIDEST_ON_PHONE:
        return list(texts)
    return ["*" if text.endswith("*") else "" for text in texts]


@chart(
    id="exploratory.product_affinity",
    order=60,
    model="analytics_product_cross_sell_patterns",
    title="How much more often two products are held together",
    unit="lift (1 = as often as if independent)",
    reading=(
        "A cell is a pair of products: 2 is held together twice as often as if independent, 0.5 "
        "half as often. A star marks an adjusted p below 0.05. Lift has no direction, so the "
        "square is symmetric; the share of the row's holders that hold the column is in the "
        "hover text."
    ),
    needs=(*NEEDS, "confidence"),
    measures=("lift",),
    span="full",
)
def product_affinity(frame: pd.DataFrame) -> go.Figure:
    """Heatmap of lift between products."""
    products = _products(known(frame, "both_holder_count"))
    shown = products.head(MOST_PRODUCTS).sort_values(["category", "name"], kind="stable")
    keys, names = shown["id"].tolist(), [str(name) for name in shown["name"]]
    place = {key: k for k, key in enumerate(keys)}
    size = len(keys)
    lift = np.full((size, size), np.nan)
    texts = [["" for _ in keys] for _ in keys]
    hover = [[f"<b>{name}</b>" for _ in keys] for name in names]
    for row in frame.to_dict("records"):
        first, second = (place.get(row[f"{side}_product_natural_key"]) for side in SIDES)
        if first is None or second is None or np.isnan(row["lift"]):
            continue
        lift[first, second] = row["lift"]
        star = "*" if row["adjusted_p_value"] < SIGNIFICANT else ""
        texts[first][second] = f"{row['lift']:.1f}{star}"
        confidence = None if np.isnan(row["confidence"]) else 100 * row["confidence"]
        hover[first][second] = (
            _pair_words(row, names[first], names[second])
            + f"<br>{theme.percent(confidence)} of holders of {names[first]} hold {names[second]}"
        )
    shares = matrices.log_ratio(lift, LIFT_LIMIT) / np.log2(LIFT_LIMIT)
    labels = [name if len(name) <= 24 else name[:23] + "…" for name in names]
    labels = labels if len(set(labels)) == size else names
    figure = go.Figure(
        go.Heatmap(
            z=matrices.rows_of(shares * np.log2(LIFT_LIMIT)),
            x=labels,
            y=labels,
            zmin=-np.log2(LIFT_LIMIT),
            zmax=np.log2(LIFT_LIMIT),
            xgap=2,
            ygap=2,
            colorscale=theme.DIVERGING,
            colorbar={
                "thickness": 10,
                "outlinewidth": 0,
                "len": 0.7,
                "tickfont": {"size": 11, "color": theme.LIGHT["muted"]},
                **matrices.ratio_ticks(LIFT_LIMIT),
            },
            customdata=hover,
            hovertemplate="%{customdata}<extra></extra>",
            hoverongaps=False,
        )
    )
    matrices.cell_texts(figure, x=labels, y=labels, shares=shares, texts=texts)
    figure.update_xaxes(type="category", showgrid=False, tickangle=-40)
    figure.update_yaxes(type="category", showgrid=False, autorange="reversed")
    upper = frame[frame["antecedent_product_natural_key"] < frame["consequent_product_natural_key"]]
    tested = known(upper, "lift", "adjusted_p_value")
    significant = tested[tested["adjusted_p_value"] < SIGNIFICANT]
    more, less = (significant["lift"] > 1).sum(), (significant["lift"] < 1).sum()
    left_off = len(products) - len(shown)
    return theme.finish(
        figure,
        finding=f"Of {len(tested)} tested pairs, {more} are held together significantly more often "
        f"than chance, {less} less often.",
        height=max(260, 150 + 34 * size),
        note=f"{left_off} products with fewer holders are left off." if left_off else "",
        compact={
            "layout": {
                # Names do not fit under narrow columns: there is the number of the row.
                "height": max(300, 140 + 26 * size),
                "margin": {"b": 74},
                "xaxis": {
                    "tickvals": labels,
                    "ticktext": [str(number) for number in range(1, size + 1)],
                    "tickangle": 0,
                    "tickfont": {"size": 9},
                },
                "yaxis": {
                    "tickvals": labels,
                    "ticktext": [theme.wrap(name, 18) for name in matrices.numbered(labels)],
                    "tickfont": {"size": 10},
                },
            },
            "traces": [
                {"xgap": 1, "ygap": 1, "colorbar": matrices.LYING_BAR},
                {
                    "textfont": {"size": 9},
                    "text": _narrow(figure.data[1].text, size),
                },
            ],
        },
    )
