"""The chart of category 04 about amounts: are they normal."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from financial_analytics.charts.kit import theme
from financial_analytics.charts.kit.frames import known
from financial_analytics.charts.kit.words import as_of_words, interval, left_out, p_words
from financial_analytics.charts.registry import chart

KINDS = {
    "raw": ("As they are", "orange", "square"),
    "log": ("As logarithms", "blue", "circle"),
}


@chart(
    id="inferential.amount_qq",
    order=90,
    model="analytics_transaction_amount_normality_test",
    title="Are purchase amounts normal?",
    unit="standard deviations from the mean",
    reading=(
        "Points on the dotted line are those of a normal distribution; each point of a normal "
        "sample lies in the band, {coverage} of the time, taken alone. A curve upward at the right "
        "is a long tail of large amounts. The category drawn is the one with most purchases."
    ),
    needs=(
        *("merchant_category", "transform_name", "point_number", "normal_score"),
        *("standardised_score", "band_lower", "band_upper", "sample_count"),
        *("skewness_index", "skewness_index_lower", "skewness_index_upper"),
        *("jarque_bera_adjusted_p_value", "quantile_correlation", "is_normal", "status"),
    ),
    measures=("standardised_score",),
)
def amount_qq(frame: pd.DataFrame) -> go.Figure:
    """Q-Q plot of the largest category, raw and logged."""
    points = known(frame, "normal_score", "standardised_score")
    size = "purchase_count" if "purchase_count" in points else "sample_count"
    order = points[points["merchant_category"] != "Unknown"]
    order = points if order.empty else order
    largest = str(order["merchant_category"].iloc[int(np.argmax(order[size].fillna(0)))])
    rows = points[points["merchant_category"] == largest]
    figure = go.Figure()
    band = rows[rows["transform_name"] == rows["transform_name"].iloc[0]].sort_values(
        "point_number"
    )
    figure.add_trace(
        go.Scatter(
            x=[*band["normal_score"], *band["normal_score"][::-1]],
            y=[*band["band_upper"], *band["band_lower"][::-1]],
            mode="lines", line={"width": 0, "color": theme.LIGHT["band"]}, fill="toself",
            fillcolor=theme.LIGHT["band"], hoverinfo="skip", name="Normal sample",
        )
    )  # fmt: skip
    ends = [float(band["normal_score"].min()), float(band["normal_score"].max())]
    figure.add_trace(
        go.Scatter(
            x=ends, y=ends, mode="lines", hoverinfo="skip", showlegend=False, name="normal",
            line={"color": theme.LIGHT["grey"], "dash": "dot", "width": 1.2},
        )
    )  # fmt: skip
    said = []
    for kind, (words, token, symbol) in KINDS.items():
        part = rows[rows["transform_name"] == kind].sort_values("point_number")
        if part.empty:
            continue
        figure.add_trace(
            go.Scatter(
                x=part["normal_score"].tolist(),
                y=part["standardised_score"].tolist(),
                mode="markers",
                name=words,
                marker={"color": theme.LIGHT[token], "symbol": symbol, "size": 7},
                hovertemplate="normal %{x:.2f}, here %{y:.2f}<extra>" + words + "</extra>",
            )
        )
        first = part.iloc[0].to_dict()
        said.append(
            f"{words.lower()} skewness {interval(first, 'skewness_index')} "
            f"({p_words(first['jarque_bera_adjusted_p_value'])})"
        )
    figure.update_xaxes(title="normal quantile")
    figure.update_yaxes(title="quantile of the amounts")
    tested = frame[frame["status"] == "ok"].drop_duplicates(["merchant_category", "transform_name"])
    normal = {
        kind: int(tested.loc[tested["transform_name"] == kind, "is_normal"].fillna(False).sum())
        for kind in KINDS
    }
    number = tested["merchant_category"].nunique()
    period = as_of_words(frame, "first_transaction_date", "last_transaction_date")
    each = frame.drop_duplicates(["merchant_category", "transform_name"])
    return theme.finish(
        figure,
        finding=(
            f"{f'In {period} p' if period else 'P'}urchase amounts of {normal['raw'] or 'none'} of "
            f"{number} merchant categories pass for normal, as logarithms "
            f"{normal['log'] or 'none'}. {largest}, "
            f"{theme.count(rows['sample_count'].max())} purchases: {'; '.join(said)}."
        ),
        height=420,
        note=" ".join(
            part
            for part in (
                "Skewness is the effect size, 0 is none; in large samples tests reject what does "
                "no harm.",
                left_out(each, "tests"),
            )
            if part
        ),
        compact={"layout": {"yaxis": {"title": {"text": ""}}}},
    )
