"""Charts of category 04 about segments: means with their intervals, and sizes of differences."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from financial_analytics.charts.kit import theme
from financial_analytics.charts.kit.intervals import Effect, forest
from financial_analytics.charts.kit.words import (
    SIGNIFICANT,
    day_words,
    float_of,
    interval,
    left_out,
    p_words,
)
from financial_analytics.charts.registry import chart

EVERYONE = "All"
MOST_METRICS = 6
MOST_FORESTS = 4
TICKS = (5, 10, 20, 50, 70, 100, 150, 200, 300, 500, 1000, 2000)


def _by_size(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the omnibus rows, largest effect first."""
    rows = frame[(frame["test_name"] == "welch_anova") & frame["effect_size"].notna()]
    return rows.sort_values("effect_size", ascending=False, kind="stable").reset_index(drop=True)


def _means(frame: pd.DataFrame) -> pd.DataFrame:
    """Return metric, segment, mean and bounds, each segment once."""
    pairs = frame[(frame["test_name"] == "games_howell")]
    sides = [
        pairs[
            ["metric_name", f"{side}_segment", f"{side}_count", f"{side}_mean_value",
             f"{side}_mean_lower", f"{side}_mean_upper"]
        ].set_axis(["metric_name", "segment", "count", "mean", "lower", "upper"], axis=1)
        for side in ("first", "second")
    ]  # fmt: skip
    return pd.concat(sides).drop_duplicates(["metric_name", "segment"]).dropna(subset=["mean"])


@chart(
    id="inferential.segment_means",
    order=10,
    model="analytics_customer_segment_statistical_comparison",
    title="How far customer segments lie apart",
    unit="per cent of the mean of all customers",
    reading=(
        "A point is the mean of a segment's customers, 100 that of all of them; the bar is its "
        "{coverage} interval. The axis is logarithmic. Metrics stand in the order of how much of "
        "their variance segments explain."
    ),
    needs=(
        *("metric_name", "metric_label", "test_name", "first_segment", "second_segment"),
        *("first_count", "second_count", "first_mean_value", "first_mean_lower"),
        *("first_mean_upper", "second_mean_value", "second_mean_lower", "second_mean_upper"),
        *("sample_count", "effect_size", "effect_size_lower", "effect_size_upper"),
        *("adjusted_p_value", "status"),
    ),
    measures=("effect_size",),
    span="full",
)
def segment_means(frame: pd.DataFrame) -> go.Figure:
    """Dots with intervals per metric and segment."""
    order = _by_size(frame)
    means = _means(frame)
    everyone = order.set_index("metric_name")["first_mean_value"].to_dict()
    base = means["metric_name"].map(everyone)
    for name in ("mean", "lower", "upper"):
        means[name] = 100 * means[name] / base
    means = means[(means["lower"] > 0) & np.isfinite(means["upper"])]
    drawn = [m for m in order["metric_name"] if m in set(means["metric_name"])][:MOST_METRICS]
    if not drawn:
        return theme.empty_figure("no metric has a mean above zero in two segments")
    labels = dict(zip(order["metric_name"], order["metric_label"], strict=True))
    segments = sorted(means["segment"].unique())
    figure = go.Figure()
    for place, segment in enumerate(segments):
        rows = means[(means["segment"] == segment) & means["metric_name"].isin(drawn)]
        shift = 0.16 * (place - (len(segments) - 1) / 2)
        middle = rows["mean"]
        figure.add_trace(
            go.Scatter(
                x=middle.tolist(),
                y=[drawn.index(name) + shift for name in rows["metric_name"]],
                mode="markers",
                name=str(segment),
                marker={
                    "color": theme.series_color(place),
                    "symbol": theme.SYMBOLS[place % len(theme.SYMBOLS)],
                    "size": 9,
                },
                error_x={
                    "type": "data",
                    "symmetric": False,
                    "array": (rows["upper"] - middle).tolist(),
                    "arrayminus": (middle - rows["lower"]).tolist(),
                    "color": theme.series_color(place),
                    "thickness": 1.6,
                    "width": 4,
                },
                customdata=[
                    f"{segment}: {value:.0f} ({low:.0f} to {high:.0f}), "
                    f"{theme.count(size)} customers"
                    for value, low, high, size in zip(
                        middle, rows["lower"], rows["upper"], rows["count"], strict=True
                    )
                ],
                hovertemplate="%{customdata}<extra></extra>",
            )
        )
    ends = means.loc[means["metric_name"].isin(drawn)]
    low, high = float(ends["lower"].min()), float(ends["upper"].max())
    figure.add_vline(x=100, line={"color": theme.LIGHT["grey"], "width": 1, "dash": "dot"})
    ticks = [tick for tick in TICKS if 0.9 * low <= tick <= 1.1 * high]
    figure.update_xaxes(
        type="log",
        title="mean of all customers = 100 (logarithmic)",
        range=[np.log10(low) - 0.04, np.log10(high) + 0.04],
        tickvals=ticks,
        ticktext=[f"{tick:,}" for tick in ticks],
    )
    wide, narrow = ([theme.wrap(str(labels[m]), w) for m in drawn] for w in (24, 14))
    figure.update_yaxes(
        tickvals=list(range(len(drawn))),
        ticktext=wide,
        range=[len(drawn) - 0.5, -0.5],
        showgrid=False,
    )
    more = len(order) - len(drawn)
    return theme.finish(
        figure,
        finding=_finding(frame, order),
        height=130 + 76 * len(drawn),
        note=" ".join(
            part
            for part in (
                f"{more} metrics that segments explain less are in the table." if more else "",
                left_out(frame[frame["test_name"] == "welch_anova"], "metrics"),
            )
            if part
        ),
        compact={
            "layout": {
                "height": 170 + 76 * len(drawn),
                "yaxis": {"ticktext": narrow, "tickfont": {"size": 11}},
                "xaxis": {
                    "tickvals": ticks[:: 1 + len(ticks) // 6],
                    "ticktext": [f"{tick:,}" for tick in ticks[:: 1 + len(ticks) // 6]],
                },
            }
        },
    )


def _finding(frame: pd.DataFrame, order: pd.DataFrame) -> str:
    tested = len(order)
    found = int((order["adjusted_p_value"] < SIGNIFICANT).sum())
    top = order.iloc[0].to_dict()
    day = day_words(frame)
    return (
        f"{f'On {day} s' if day else 'S'}egments of customers differ in {found} of {tested} "
        f"metrics. The largest: {str(top['metric_label']).lower()}, of whose variance segments "
        f"explain {interval(top, 'effect_size', 1, 100, theme.NO_BREAK + '%')} "
        f"({p_words(top['adjusted_p_value'])}, {theme.count(top['sample_count'])} customers)."
    )


@chart(
    id="inferential.segment_effects",
    order=20,
    model="analytics_customer_segment_statistical_comparison",
    title="Which pairs of segments differ, and by how much",
    unit="Hedges' g (pooled standard deviations)",
    reading=(
        "A line is a pair of segments, the first less the second; 0.2 is a small difference, 0.8 a "
        "large one. The bar is the {coverage} interval of this pair alone; a grey one holds zero. "
        "Tests over all pairs are in the table."
    ),
    needs=(
        *("metric_name", "metric_label", "test_name", "first_segment", "second_segment"),
        *("sample_count", "effect_size", "effect_size_lower", "effect_size_upper"),
        *("adjusted_p_value", "status"),
    ),
    measures=("effect_size",),
)
def segment_effects(frame: pd.DataFrame) -> go.Figure:
    """Forest plot of Hedges' g per pair, of the metrics that segments explain most."""
    order = _by_size(frame)
    pairs = frame[frame["test_name"] == "games_howell"]
    known = pairs[(pairs["status"] == "ok") & pairs["effect_size"].notna()]
    ranked = [name for name in order["metric_name"] if name in set(known["metric_name"])]
    names = ranked or list(dict.fromkeys(known["metric_name"]))
    drawn = names[:MOST_FORESTS]
    if not drawn:
        return theme.empty_figure("no pair of segments has enough customers to be compared")
    effects = []
    for metric in drawn:
        rows = pairs[(pairs["metric_name"] == metric) & (pairs["status"] == "ok")]
        effects += [
            Effect(
                label=f"{row['first_segment']} less {row['second_segment']}",
                estimate=float_of(row["effect_size"]),
                lower=float_of(row["effect_size_lower"]),
                upper=float_of(row["effect_size_upper"]),
                hover=f"g {interval(row, 'effect_size')}<br>{p_words(row['adjusted_p_value'])}, "
                f"{theme.count(row['sample_count'])} customers",
                group=str(row["metric_label"]),
            )
            for row in rows.to_dict("records")
        ]
    figure, height, compact = forest(
        effects, reference=0.0, reference_words="0", axis_title="Hedges' g"
    )
    found = int((known["adjusted_p_value"] < SIGNIFICANT).sum())
    top = known.iloc[int(np.argmax(known["effect_size"].abs()))].to_dict()
    more = len(names) - len(drawn)
    notes = (
        f"{more} metrics that segments explain less are in the table." if more else "",
        left_out(pairs, "pairs"),
    )
    return theme.finish(
        figure,
        finding=(
            f"{found} of {len(known)} pairs differ after adjusting for all of them. The largest: "
            f"{top['first_segment']} and {top['second_segment']} in "
            f"{str(top['metric_label']).lower()}, g {interval(top, 'effect_size')} "
            f"({p_words(top['adjusted_p_value'])}, {theme.count(top['sample_count'])} customers)."
        ),
        height=height,
        compact=compact,
        note=" ".join(part for part in notes if part),
    )
