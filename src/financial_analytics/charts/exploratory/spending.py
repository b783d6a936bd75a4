"""Charts of category 03 about what is bought, where and by whom."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from financial_analytics.charts.kit import hierarchies, theme
from financial_analytics.charts.kit.frames import currency_of, known
from financial_analytics.charts.kit.parts import leader, unknown_words
from financial_analytics.charts.registry import chart

MOST_GROUPS = 7
# Affinity of a group in a region, as one of five tokens: from, token, words.
STEPS = (
    (0.0, "div0", "far less than elsewhere"),
    (80.0, "div1", "less than elsewhere"),
    (95.0, "div2", "as elsewhere"),
    (105.0, "div3", "more than elsewhere"),
    (125.0, "div4", "far more than elsewhere"),
)


def _rows(frame: pd.DataFrame) -> pd.DataFrame:
    rows = known(frame, "spend_amount")
    rows = rows[rows["spend_amount"] > 0]
    names = [
        name for name in ("merchant_category_group", "merchant_category", "region") if name in rows
    ]
    return rows.assign(**{name: rows[name].fillna("Unknown") for name in names})


@chart(
    id="exploratory.category_sunburst",
    order=70,
    model="analytics_merchant_spending_patterns",
    title="What the money is spent on",
    unit="posted purchases in the reporting currency",
    reading=(
        "The inner ring are groups of merchant categories, the outer ring their categories; the "
        "angle is the share of spending. Click a group to enter it, the middle to leave it."
    ),
    needs=("merchant_category_group", "merchant_category", "spend_amount"),
    measures=("spend_amount",),
)
def category_sunburst(frame: pd.DataFrame) -> go.Figure:
    """Sunburst of spending, category within its group."""
    currency = currency_of(frame)
    rows = _rows(frame)
    if rows.empty:
        return theme.empty_figure("no purchase has been posted")
    made = hierarchies.tree(
        rows, ("merchant_category_group", "merchant_category"), "spend_amount", "All spending"
    )
    groups = [path[0] for path, depth in zip(made.paths, made.depths, strict=True) if depth == 1]
    # The seventh colour is grey and is left to whatever comes after the six largest groups.
    color = {name: theme.series_color(min(k, MOST_GROUPS - 1)) for k, name in enumerate(groups)}
    total = made.amounts[0]
    repeats = _repeat_words(rows)
    figure = go.Figure(
        go.Sunburst(
            ids=made.ids,
            labels=made.labels,
            parents=made.parents,
            values=made.amounts,
            branchvalues="total",
            sort=False,
            rotation=90,
            insidetextorientation="radial",
            marker={
                "colors": [
                    theme.LIGHT["card"] if not path else color[path[0]] for path in made.paths
                ],
                "line": {"color": theme.LIGHT["paper"], "width": 1.2},
            },
            leaf={"opacity": 0.86},
            textfont={
                "size": 12,
                "color": [
                    theme.LIGHT["onfill"] if path else theme.LIGHT["text"] for path in made.paths
                ],
            },
            text=[theme.wrap(label, 12) for label in made.labels],
            texttemplate="%{text}",
            customdata=made.each(
                lambda path, value: (
                    f"{theme.money(value, currency)}, "
                    f"{theme.percent(100 * value / total)} of all{repeats.get(path, '')}"
                )
            ),
            hovertemplate="<b>%{label}</b><br>%{customdata}<extra></extra>",
        )
    )
    figure.update_layout(margin={"l": 4, "r": 4, "t": 4, "b": 4})
    first, share, unknown = leader(rows, "merchant_category_group", "spend_amount")
    finding = (
        f"No merchant category is known of {theme.money(total, currency)} spent."
        if first is None
        else f"{first} takes {theme.percent(share)} of {theme.money(total, currency)} spent"
        f"{unknown_words(unknown)}."
    )
    return theme.finish(
        figure,
        finding=finding,
        height=500,
        compact={"layout": {"height": 380}, "traces": [{"textfont": {"size": 10}}]},
    )


def _repeat_words(rows: pd.DataFrame) -> dict[tuple[str, ...], str]:
    """Return per category how many customers of its regions and segments came back, in words."""
    columns = ["repeat_customer_count", "customer_count"]
    if not set(columns) <= set(rows.columns):
        return {}
    keys = ["merchant_category_group", "merchant_category"]
    sums = rows.dropna(subset=columns).groupby(keys)[columns].sum()
    return {
        (str(row["merchant_category_group"]), str(row["merchant_category"])): (
            f"<br>{theme.percent(100 * row['repeat_customer_count'] / row['customer_count'])} of "
            "customers, counted per region and segment, bought again"
        )
        for row in sums.reset_index().to_dict("records")
        if row["customer_count"] > 0
    }


def _step(index: float) -> tuple[str, str]:
    """Return token and words of an affinity index, 100 is as elsewhere."""
    found = STEPS[0]
    for step in STEPS:
        if index >= step[0]:
            found = step
    return found[1], found[2]


@chart(
    id="exploratory.region_treemap",
    order=80,
    model="analytics_merchant_spending_patterns",
    title="What each region spends more on than others",
    unit="posted purchases in the reporting currency",
    reading=(
        "The area is what customers of a region spend, inside it per group of categories. Blue is "
        "a greater share of the basket than in the whole bank, orange a smaller one; the number "
        "is the index, 100 is the bank's own share."
    ),
    needs=("region", "merchant_category_group", "spend_amount"),
    measures=("spend_amount",),
)
def region_treemap(frame: pd.DataFrame) -> go.Figure:
    """Treemap of spending, group within region, coloured by the region's affinity."""
    currency = currency_of(frame)
    rows = _rows(frame)
    if rows.empty:
        return theme.empty_figure("no purchase has been posted")
    made = hierarchies.tree(
        rows, ("region", "merchant_category_group"), "spend_amount", "All regions"
    )
    total = made.amounts[0]
    value_of = dict(zip(made.paths, made.amounts, strict=True))
    overall = rows.groupby("merchant_category_group")["spend_amount"].sum() / total
    one_region = len(set(rows["region"])) == 1

    def index(path: tuple[str, ...]) -> float:
        return float(100 * value_of[path] / value_of[path[:1]] / overall[path[1]])

    fills: list[str] = []
    inks: list[str] = []
    texts: list[str] = []
    hover: list[str] = []
    for path, value in zip(made.paths, made.amounts, strict=True):
        share = theme.percent(100 * value / total)
        amount = theme.money(value, currency)
        if len(path) < 2:
            fills.append(theme.LIGHT["card"])
            inks.append(theme.LIGHT["text"])
            texts.append(f"{made.labels[len(texts)]}: {amount}, {share}")
            hover.append(f"{amount}, {share} of all")
            continue
        token, words = _step(index(path))
        fills.append(theme.LIGHT[token])
        inks.append(theme.LIGHT["onhigh" if token in ("div0", "div4") else "onlow"])
        texts.append(f"{theme.wrap(path[1], 12)}<br>{index(path):.0f}")
        hover.append(f"{amount}, {share} of all<br>index {index(path):.0f}: {words}")
    figure = go.Figure(
        go.Treemap(
            ids=made.ids,
            labels=made.labels,
            parents=made.parents,
            values=made.amounts,
            branchvalues="total",
            customdata=[[text, words] for text, words in zip(texts, hover, strict=True)],
            texttemplate="%{customdata[0]}",
            textfont={"color": inks, "size": 12},
            hovertemplate="<b>%{label}</b><br>%{customdata[1]}<extra></extra>",
            marker={
                "colors": fills,
                "line": {"color": theme.LIGHT["paper"], "width": 1.5},
                "pad": {"t": 24, "l": 3, "r": 3, "b": 3},
            },
            pathbar={"visible": False},
            tiling={"pad": 2},
        )
    )
    figure.update_layout(margin={"l": 4, "r": 4, "t": 4, "b": 4})
    first, share_pct, unknown = leader(rows, "region", "spend_amount")
    if first is None:
        finding = f"No region is known of {theme.money(total, currency)} spent."
    else:
        finding = (
            f"{first} spends {theme.percent(share_pct)} of {theme.money(total, currency)}"
            f"{unknown_words(unknown)}"
        )
        apart = [
            path
            for path in made.paths
            if len(path) == 2
            and "Unknown" not in path
            and value_of[path] >= 0.01 * total
            and not one_region
        ]
        if apart:
            far = max(apart, key=lambda path: (abs(index(path) - 100), path))
            finding += f"; the largest departure is {far[1]} in {far[0]}, index {index(far):.0f}"
        finding += "."
    return theme.finish(
        figure,
        finding=finding,
        height=500,
        note="There is one region, so every index is 100." if one_region else "",
        compact={"layout": {"height": 520}, "traces": [{"textfont": {"size": 11}}]},
    )
