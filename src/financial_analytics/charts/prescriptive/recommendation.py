"""Charts of category 06 about what to offer to whom."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from financial_analytics.charts.kit import networks, theme
from financial_analytics.charts.kit.frames import currency_of, known
from financial_analytics.charts.kit.parts import heat_texts, row_height
from financial_analytics.charts.kit.plans import PLAN, limit_words, money_between
from financial_analytics.charts.kit.predictions import bounded
from financial_analytics.charts.registry import chart

NO_LIMIT = "No limit binds."
MOST_EDGES = 14
NEEDS = (
    *("customer_natural_key", "rank_number", "customer_segment", "product_name"),
    *("propensity_rate", "expected_margin_amount", "horizon_months", "cut_date", "opener_count"),
    *("map_score", "map_score_lower", "map_score_upper"),
    *("popularity_map_score", "popularity_map_score_lower", "popularity_map_score_upper"),
    *("map_gain_score", "map_gain_score_lower", "map_gain_score_upper"),
    *("calibration_ratio_index", "calibration_ratio_index_lower", "calibration_ratio_index_upper"),
    *PLAN,
)


def _worth(rows: pd.DataFrame) -> str:
    """Return what the offers met in the last known horizon, against none and popularity."""
    months = theme.count(float(rows["horizon_months"].iloc[0]))
    low, high = (float(rows[f"plan_gain_amount_{end}"].iloc[0]) for end in ("lower", "upper"))
    value, gain = (money_between(rows, f"plan_{name}_amount") for name in ("value", "gain"))
    said = (
        f"In the last known {months} months such offers met openings worth {value} of margin a "
        "year, where no offer meets none"
    )
    if low > 0:
        return f"{said}; {gain} more than the most opened products would have."
    if high < 0:
        return f"{said}; less than the most opened products would have, by {gain}."
    return f"{said}; against the most opened products the {gain} cannot be told from none."


def _note(rows: pd.DataFrame) -> str:
    low = float(rows["map_gain_score_lower"].iloc[0])
    verdict = "better than" if low > 0 else "not told apart from"
    return (
        f"Out of time, among {theme.count(float(rows['opener_count'].iloc[0]))} customers who "
        f"opened something: mean average precision at 3 {bounded(rows, 'map_score')}, by "
        f"popularity {bounded(rows, 'popularity_map_score')}; {verdict} it "
        f"({bounded(rows, 'map_gain_score')}). Openings expected over seen "
        f"{bounded(rows, 'calibration_ratio_index')}. They came without an offer: what offering "
        f"adds is not known. {limit_words(rows, NO_LIMIT)}"
    )


def _known(frame: pd.DataFrame) -> pd.DataFrame:
    rows = known(frame, "propensity_rate", "expected_margin_amount", "product_name")
    rows["customer_segment"] = rows["customer_segment"].fillna("Unknown")
    rows["expected_margin_amount"] = rows["expected_margin_amount"].astype(float)
    return rows


def _start(rows: pd.DataFrame) -> str:
    day = pd.Timestamp(rows["cut_date"].iloc[0])
    customers = rows["customer_natural_key"].nunique()
    return f"Of {theme.count(customers)} customers on {day:%-d %B %Y}"


@chart(
    id="prescriptive.recommendation_heatmap",
    order=30,
    model="analytics_product_recommendation",
    title="What to offer to which segment",
    unit="share of the segment's customers to whom the product is offered, %",
    reading=(
        "A row is a product, a column a segment; a cell is the share of its customers who are "
        "offered the product among their three. Held and unsuitable products are never offered."
    ),
    needs=NEEDS,
    measures=("propensity_rate",),
    span="full",
)
def recommendation_heatmap(frame: pd.DataFrame) -> go.Figure:
    """Heatmap of offers by product and segment."""
    rows = _known(frame)
    currency = currency_of(rows)
    sizes = rows.groupby("customer_segment")["customer_natural_key"].nunique()
    worth = rows.groupby("product_name")["expected_margin_amount"].sum()
    products = worth.sort_values(ascending=False, kind="stable").index.tolist()
    segments = sizes.sort_values(ascending=False, kind="stable").index.tolist()
    counts = rows.groupby(["product_name", "customer_segment"]).size()
    wanted = pd.MultiIndex.from_product([products, segments])
    table = counts.reindex(wanted).fillna(0).to_numpy(dtype=float)
    shares = table.reshape(len(products), len(segments)) / sizes[segments].to_numpy()
    labels = [f"{name}<br>{theme.count(sizes[name])}" for name in segments]
    figure = go.Figure(
        go.Heatmap(
            z=(100 * shares).tolist(), x=labels, y=products, zmin=0, zmax=100, xgap=2, ygap=2,
            colorscale=theme.SEQUENTIAL, showscale=False,
            hovertemplate="<b>%{y}</b><br>%{x} customers<br>%{z:.0f} % are offered it"
            "<extra></extra>",
        )
    )  # fmt: skip
    texts = [[f"{100 * share:.0f} %" for share in line] for line in shares]
    heat_texts(figure, x=labels, y=products, shares=shares, texts=texts)
    figure.update_xaxes(type="category", side="top", showgrid=False)
    figure.update_yaxes(
        type="category", autorange="reversed", showgrid=False, tickvals=products,
        ticktext=[theme.wrap(name, 20) for name in products],
    )  # fmt: skip
    first = rows[rows["rank_number"] == 1]["product_name"].value_counts()
    first = first.sort_index(kind="stable").sort_values(ascending=False, kind="stable")
    share = 100 * float(first.iloc[0]) / float(first.sum()) if len(first) else float("nan")
    leading = f", {theme.percent(share)} are offered {first.index[0]} first" if len(first) else ""
    finding = (
        f"{_start(rows)}{leading}; the {theme.count(len(rows))} offers are expected to earn most "
        f"with {products[0]} ({theme.money(float(worth[products[0]]), currency)} of "
        f"{theme.money(float(worth.sum()), currency)} a year). {_worth(rows)}"
    )
    narrow = [theme.wrap(name, 12) for name in products]
    return theme.finish(
        figure,
        finding=finding,
        height=110 + 36 * len(products),
        note=_note(rows),
        compact={
            "layout": {
                "height": 120 + row_height(narrow, least=34) * len(products),
                "yaxis": {"ticktext": narrow, "tickfont": {"size": 10}},
                "xaxis": {"tickangle": -40, "tickfont": {"size": 10}},
            },
            "traces": [None, {"textfont": {"size": 10}}],
        },
    )


@chart(
    id="prescriptive.recommendation_network",
    order=40,
    model="analytics_product_recommendation",
    title="From the product held to the product offered",
    unit="customers",
    reading=(
        "Circles are products that customers hold (opened last), the other marks products offered "
        "first; both grow with the number of customers. The wider a line, the more holders of the "
        "one are offered the other."
    ),
    needs=(*NEEDS, "held_product_name"),
    measures=("propensity_rate",),
    span="full",
)
def recommendation_network(frame: pd.DataFrame) -> go.Figure:
    """Network of products held and products offered first."""
    every = _known(frame)
    rows = every[every["rank_number"] == 1]
    rows = rows if len(rows) else every
    rows = rows.assign(held=rows["held_product_name"].fillna("None"))
    pairs = rows.groupby(["held", "product_name"]).agg(
        number=("customer_natural_key", "size"), chance=("propensity_rate", "mean")
    )
    pairs = pairs.reset_index().sort_values(
        ["number", "held", "product_name"], ascending=[False, True, True], kind="stable"
    )
    shown = pairs.head(MOST_EDGES)
    held = shown.groupby("held")["number"].sum()
    offered = shown.groupby("product_name")["number"].sum()
    nodes = [
        networks.Node(f"held {name}", f"{name} held", "held", float(size),
                      f"{theme.count(size)} customers hold it, opened last")
        for name, size in held.items()
    ] + [
        networks.Node(f"offer {name}", f"{name} offered", "offered", float(size),
                      f"{theme.count(size)} customers are offered it first")
        for name, size in offered.items()
    ]  # fmt: skip
    edges = [
        networks.Edge(
            f"held {row['held']}", f"offer {row['product_name']}", float(row["number"]),
            f"{theme.count(row['number'])} holders of {row['held']} are offered "
            f"{row['product_name']}, who open it with {theme.percent(100 * row['chance'])}",
        )
        for row in shown.to_dict("records")
    ]  # fmt: skip
    figure = networks.network_figure(nodes, edges)
    top = shown.iloc[0]
    finding = (
        f"{_start(every)}, {theme.count(top['number'])} who opened {top['held']} last are offered "
        f"{top['product_name']} first, the most frequent path of {len(pairs)}; they are expected "
        f"to open it with {theme.percent(100 * float(top['chance']))}. {_worth(every)}"
    )
    left = int(pairs["number"].sum() - shown["number"].sum())
    note = _note(every)
    if left:
        note += f" Not drawn: {len(pairs) - len(shown)} paths of {theme.count(left)} customers."
    return theme.finish(
        figure, finding=finding, height=540, note=note, compact=networks.on_phone(figure, 440)
    )
