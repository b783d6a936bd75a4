"""The chart of category 04 about lifetime values."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from financial_analytics.charts.kit import theme
from financial_analytics.charts.kit.frames import known
from financial_analytics.charts.kit.words import day_words, interval
from financial_analytics.charts.registry import chart

EVERYONE = "All"
FITS = {"lognormal": ("Log-normal", "orange", "solid"), "gamma": ("Gamma", "green", "dash")}


@chart(
    id="inferential.clv_histogram",
    order=80,
    model="analytics_customer_lifetime_value_distribution",
    title="How lifetime values are spread",
    unit="per cent of customers per doubling of the value; value in the reporting currency",
    reading=(
        "The area shows where customers lie on a logarithmic scale; each step holds about as many "
        "of them. The lines are the two curves fitted to it, the better one named in the text. "
        "The dotted lines are median and mean."
    ),
    needs=(
        *("customer_segment", "bin_number", "bin_lower", "bin_upper", "bin_rate"),
        *("lognormal_rate", "gamma_rate", "lognormal_aic_score", "gamma_aic_score"),
        *("better_fit_name", "sample_count", "left_out_count"),
        *("mean_amount", "mean_amount_lower", "mean_amount_upper"),
        *("median_amount", "median_amount_lower", "median_amount_upper"),
        *("gini_rate", "gini_rate_lower", "gini_rate_upper"),
    ),
    measures=("mean_amount",),
)
def clv_histogram(frame: pd.DataFrame) -> go.Figure:
    """Histogram of all customers on a logarithmic axis with two fits."""
    everyone = frame[frame["customer_segment"] == EVERYONE]
    source = everyone if everyone["mean_amount"].notna().any() else known(frame, "mean_amount")
    name = str(source["customer_segment"].iloc[0])
    rows = known(source[source["customer_segment"] == name], "bin_lower", "bin_upper")
    rows = rows[(rows["bin_lower"] > 0) & (rows["bin_upper"] > rows["bin_lower"])]
    rows = rows.sort_values("bin_number").reset_index(drop=True)
    if rows.empty:
        return theme.empty_figure("no bin of lifetime values is known")
    widths = np.log2(rows["bin_upper"] / rows["bin_lower"])
    edges = [*rows["bin_lower"], rows["bin_upper"].iloc[-1]]
    height: list[float] = (100 * rows["bin_rate"] / widths).tolist()
    figure = go.Figure(
        go.Scatter(
            x=edges,
            y=[*height, height[-1]],
            mode="lines",
            line={"shape": "hv", "color": theme.LIGHT["blue"], "width": 1},
            fill="tozeroy",
            fillcolor=theme.LIGHT["band"],
            name="Customers",
            customdata=[
                f"{theme.money(low)} to {theme.money(high)}<br>{theme.percent(100 * share)} of "
                "customers"
                for low, high, share in zip(
                    rows["bin_lower"], rows["bin_upper"], rows["bin_rate"], strict=True
                )
            ]
            + [""],
            hovertemplate="%{customdata}<extra></extra>",
        )
    )
    middle = np.sqrt(rows["bin_lower"] * rows["bin_upper"])
    for fit, (words, token, dash) in FITS.items():
        figure.add_trace(
            go.Scatter(
                x=middle.tolist(),
                y=(100 * rows[f"{fit}_rate"] / widths).tolist(),
                mode="lines",
                name=words,
                line={"color": theme.LIGHT[token], "width": 2.2, "dash": dash},
                hoverinfo="skip",
            )
        )
    first = rows.iloc[0].to_dict()
    for column, words, side in (
        ("median_amount", "median", "right"),
        ("mean_amount", "mean", "left"),
    ):
        figure.add_vline(
            x=first[column], line={"color": theme.LIGHT["grey"], "width": 1.2, "dash": "dot"}
        )
        figure.add_annotation(
            x=np.log10(first[column]), y=1, yref="paper", yanchor="top", xanchor=side,
            text=words, showarrow=False, font={"size": 11, "color": theme.LIGHT["muted"]},
        )  # fmt: skip
    low, high = np.log10(edges[0]), np.log10(edges[-1])
    # the outermost bins reach to a single customer: show most of them, not all emptiness
    inner = np.log10([rows["bin_upper"].iloc[0], rows["bin_lower"].iloc[-1]])
    span = float(inner[1] - inner[0])
    figure.update_xaxes(
        type="log",
        title="lifetime value (logarithmic)",
        range=[max(low, inner[0] - 0.5 * span), min(high, inner[1] + 0.5 * span)],
        exponentformat="none",
        tickformat=",",
        dtick="D2",
    )
    figure.update_yaxes(title="per cent per doubling", rangemode="tozero")
    better = FITS[str(first["better_fit_name"])][0] if first["better_fit_name"] in FITS else "?"
    gap = abs(float(first["lognormal_aic_score"]) - float(first["gamma_aic_score"]))
    day = day_words(frame)
    whose = "all customers" if name == EVERYONE else f"{name} customers"
    outside = theme.count(first["left_out_count"])
    return theme.finish(
        figure,
        finding=(
            f"{f'On {day} the' if day else 'The'} mean lifetime value of {whose} is "
            f"{interval(first, 'mean_amount', 0)}, the median "
            f"{interval(first, 'median_amount', 0)}, of "
            f"{theme.count(first['sample_count'])} customers. Gini "
            f"{interval(first, 'gini_rate')}; {better.lower()} fits better (AIC lower by "
            f"{gap:,.0f})."
        ),
        height=400,
        note=(
            f"{outside} customers without a positive value are left out. Segments are in the "
            "table; intervals are of the bootstrap."
        ),
        compact={"layout": {"yaxis": {"title": {"text": ""}}, "xaxis": {"dtick": 1}}},
    )
