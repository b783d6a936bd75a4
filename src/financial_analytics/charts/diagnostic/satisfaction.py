"""Charts of category 02 about what makes customers content with a contact."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from financial_analytics.charts.kit import theme
from financial_analytics.charts.kit.intervals import Effect, forest, interval_words, side
from financial_analytics.charts.kit.parts import row_height
from financial_analytics.charts.registry import chart

MOST_REASONS = 12
RATINGS = (1, 2, 3, 4, 5)


@chart(
    id="diagnostic.satisfaction_forest",
    order=90,
    model="analytics_customer_satisfaction_drivers",
    title="What makes customers rate a contact better",
    unit="odds ratio",
    reading=(
        "Right of 1 the odds of a better rating are higher than with the reference level, left of "
        "1 lower, all other drivers alike. The line is the {coverage} interval; one that crosses 1 "
        "tells nothing apart. The axis is logarithmic."
    ),
    needs=(
        "record_type",
        "driver",
        "driver_label",
        "level",
        "level_number",
        "is_reference",
        "odds_ratio",
        "odds_ratio_lower",
        "odds_ratio_upper",
    ),
    measures=("rated_count",),
)
def satisfaction_forest(frame: pd.DataFrame) -> go.Figure:
    """Forest plot of the odds ratios of the ordered logit."""
    rows = frame[frame["record_type"] == "effect"].reset_index(drop=True)
    if rows.empty or rows["odds_ratio"].isna().all():
        rated = theme.count(frame["rated_count"].max())
        return theme.empty_figure(f"{rated} rated contacts, too few to say what moves the rating")
    order = {name: place for place, name in enumerate(dict.fromkeys(rows["driver"]))}
    rows = rows.assign(
        place=rows["driver"].map(order),
        is_reference=rows["is_reference"].fillna(False).astype(bool),
    )
    rows = rows.sort_values(["place", "level_number"], kind="stable")
    effects = [
        Effect(
            label=str(row["level"]),
            estimate=float(row["odds_ratio"]),
            lower=float(row["odds_ratio_lower"]),
            upper=float(row["odds_ratio_upper"]),
            hover=_effect_hover(row),
            is_reference=bool(row["is_reference"]),
            group=str(row["driver_label"]),
        )
        for row in rows.to_dict("records")
    ]
    figure, height, compact = forest(
        effects,
        reference=1.0,
        reference_words="1",
        axis_title="odds ratio of a better rating",
        log=True,
    )
    compact["layout"]["xaxis"] = {"title": {"text": "odds ratio"}}
    return theme.finish(
        figure,
        finding=_forest_finding(rows, effects),
        height=height,
        compact=compact,
    )


def _effect_hover(row: dict[Hashable, Any]) -> str:
    ratio, lower, upper = (
        float(row[name]) for name in ("odds_ratio", "odds_ratio_lower", "odds_ratio_upper")
    )
    said = theme.UNKNOWN if np.isnan(ratio) else interval_words(ratio, lower, upper)
    rated = row.get("rated_count")
    lines = [f"<b>{row['driver_label']}: {row['level']}</b>", f"odds ratio {said}"]
    if rated is not None:
        lines.append(f"{theme.count(float(rated))} rated contacts")
    return "<br>".join(lines)


def _forest_finding(rows: pd.DataFrame, effects: list[Effect]) -> str:
    apart = [item for item in effects if side(item, 1.0) in ("above", "below")]
    rated = rows["rated_count"].max() if "rated_count" in rows else float("nan")
    of = f" ({theme.count(rated)} rated contacts)" if not pd.isna(rated) else ""
    judged = sum(1 for item in effects if not item.is_reference and not np.isnan(item.estimate))
    if not apart:
        return f"None of {judged} effects on the rating is told apart from none{of}."
    best = max(apart, key=lambda item: abs(np.log(item.estimate)))
    way = "raises" if best.estimate > 1 else "lowers"
    ratio = interval_words(best.estimate, best.lower, best.upper)
    return (
        f"{best.group}: {best.label} {way} the odds of a better rating most: {ratio}; "
        f"{len(apart)} of {judged} effects are told apart from none{of}."
    )


@chart(
    id="diagnostic.satisfaction_box",
    order=100,
    model="analytics_customer_satisfaction_drivers",
    title="Ratings by the reason of the contact",
    unit="rating 1-5",
    reading=(
        "The box spans the quartiles of the ratings with the median as its line, the whiskers "
        "reach the 5th and 95th percentile; 5 is best. The diamond is the mean with its "
        "{coverage} interval. Behind each reason stands the number of rated contacts."
    ),
    needs=(
        "record_type",
        "driver",
        "level",
        "rated_count",
        "rating_p25_score",
        "rating_p50_score",
        "rating_p75_score",
    ),
    measures=("avg_rating_score",),
)
def satisfaction_box(frame: pd.DataFrame) -> go.Figure:
    """Box of the ratings of each reason, with the mean and its interval."""
    rows = frame[(frame["record_type"] == "cell") & (frame["driver"] == "reason")]
    rows = rows[rows["avg_rating_score"].notna() & (rows["rated_count"] > 0)]
    if rows.empty:
        return theme.empty_figure("no contact with a known reason is rated")
    left_off = max(0, len(rows) - MOST_REASONS)
    rows = rows.sort_values(["rated_count", "level"], ascending=[False, True], kind="stable")
    rows = rows.head(MOST_REASONS).sort_values("avg_rating_score", kind="stable")
    rows = rows.reset_index(drop=True)
    names = rows["level"].astype(str).tolist()
    figure = go.Figure(
        go.Box(
            orientation="h",
            y=names,
            q1=rows["rating_p25_score"].tolist(),
            median=rows["rating_p50_score"].tolist(),
            q3=rows["rating_p75_score"].tolist(),
            lowerfence=_percentiles(rows, 0.05, "rating_p25_score"),
            upperfence=_percentiles(rows, 0.95, "rating_p75_score"),
            name="Ratings",
            line={"color": theme.LIGHT["blue"], "width": 1.5},
            fillcolor=theme.LIGHT["seq0"],
            whiskerwidth=0.4,
            hoverinfo="skip",
        )
    )
    lower, upper = (
        rows.get(f"avg_rating_score_{end}", rows["avg_rating_score"]) for end in ("lower", "upper")
    )
    figure.add_trace(
        go.Scatter(
            x=rows["avg_rating_score"].tolist(),
            y=names,
            mode="markers",
            name="Mean with interval",
            marker={"color": theme.LIGHT["orange"], "symbol": "diamond", "size": 9},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": (upper - rows["avg_rating_score"]).fillna(0).tolist(),
                "arrayminus": (rows["avg_rating_score"] - lower).fillna(0).tolist(),
                "color": theme.LIGHT["orange"],
                "thickness": 2,
                "width": 4,
            },
            customdata=[_rating_hover(row) for row in rows.to_dict("records")],
            hovertemplate="<b>%{y}</b><br>%{customdata}<extra></extra>",
        )
    )
    wide, narrow = (
        [
            theme.wrap(f"{name} ({theme.count(number)})", width)
            for name, number in zip(names, rows["rated_count"], strict=True)
        ]
        for width in (30, 16)
    )
    figure.update_yaxes(
        type="category",
        categoryorder="array",
        categoryarray=names,
        range=[-0.6, len(names) - 0.4],
        tickvals=names,
        ticktext=wide,
        showgrid=False,
    )
    figure.update_xaxes(title="rating", range=[0.8, 5.2], tickvals=list(RATINGS))
    rated = f"({theme.count(float(rows['rated_count'].sum()))} rated contacts)"
    named = rows[rows["level"] != "Unknown"]
    finding = f"No reason of the contact is known {rated}."
    if not named.empty:
        worst, best = named.iloc[0], named.iloc[-1]
        finding = (
            f"{best['level']} is rated {theme.decimal(best['avg_rating_score'], 2)} on average"
        )
        if len(named) > 1:
            finding += f", {worst['level']} {theme.decimal(worst['avg_rating_score'], 2)}"
        finding += f" {rated}."
    return theme.finish(
        figure,
        finding=finding,
        height=120 + row_height(wide, least=42) * len(names),
        compact={
            "layout": {
                "height": 140 + row_height(narrow, least=42) * len(names),
                "yaxis": {"ticktext": narrow, "tickfont": {"size": 11}},
            }
        },
        note=f"{left_off} reasons with fewer ratings are left off." if left_off else "",
    )


def _percentiles(rows: pd.DataFrame, share: float, fallback: str) -> list[float]:
    """Return a percentile of the ratings of each row from their counts, 1 to 5."""
    columns = [f"rating_{rating}_count" for rating in RATINGS]
    if not all(name in rows for name in columns):
        return [float(value) for value in rows[fallback]]
    counts = rows[columns].fillna(0).to_numpy(dtype=np.float64)
    reached = counts.cumsum(axis=1) >= share * counts.sum(axis=1, keepdims=True)
    return [float(RATINGS[place]) for place in reached.argmax(axis=1)]


def _rating_hover(row: dict[Hashable, Any]) -> str:
    def number(name: str) -> float | None:
        value = row.get(name)
        return None if value is None or pd.isna(value) else float(value)

    return (
        f"mean {theme.decimal(number('avg_rating_score'), 2)} "
        f"({theme.decimal(number('avg_rating_score_lower'), 2)} to "
        f"{theme.decimal(number('avg_rating_score_upper'), 2)})"
        f"<br>{theme.count(number('rated_count'))} rated of "
        f"{theme.count(number('contact_count'))} contacts"
    )
