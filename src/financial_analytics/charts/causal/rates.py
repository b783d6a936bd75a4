"""Charts of category 07 about rates and balances."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from financial_analytics.charts.kit import theme
from financial_analytics.charts.kit.intervals import series_with_bars
from financial_analytics.charts.kit.parts import left_off_words
from financial_analytics.charts.kit.verdicts import (
    EFFECT_NEEDS,
    Row,
    design_words,
    effects,
    is_supported,
    level,
    p_value_words,
    span_words,
    told_apart,
    verdict_words,
)
from financial_analytics.charts.kit.words import float_of
from financial_analytics.charts.registry import chart

MOST = 6
"""Products that a drawing can tell apart."""


def _per_cent(value: float) -> float:
    """Return a logarithm of a ratio as per cent."""
    return 100 * math.expm1(value)


def _said(row: Row) -> str:
    value, low, high = (
        _per_cent(float_of(row[name])) for name in ("estimate", "estimate_lower", "estimate_upper")
    )
    clear = "" if told_apart(row) else ", which cannot be told from nothing"
    return f"{row['group_name']} {value:+.1f} % ({low:+.1f} to {high:+.1f}){clear}"


def _line(part: pd.DataFrame, name: str, place: int) -> go.Scatter:
    """Return the event study of a product, with the bounds of each month."""
    value, low, high = (
        [_per_cent(item) for item in part[column]]
        for column in ("estimate", "estimate_lower", "estimate_upper")
    )

    return series_with_bars(
        part["point_value"].tolist(),
        value,
        (low, high),
        place=place,
        name=name,
        hover="month %{x:.0f}<br>%{y:.1f} % a point (%{customdata[0]:.1f} to %{customdata[1]:.1f})",
        size=7,
    )


@chart(
    id="causal.rate_events",
    order=40,
    model="analytics_interest_rate_behavior_impact",
    title="What balances answer to a change of the rate",
    unit="per cent of balance for each percentage point of rate",
    reading=(
        "A line is what the same accounts' balances have moved by since the month before a change "
        "of their product's rate, for each percentage point. Left of the change it must stay at 0. "
        "Bars have {coverage} coverage. The headline gives the answer after twelve months."
    ),
    needs=(
        *EFFECT_NEEDS,
        *("point_value", "account_count", "change_count", "adjustment_rate", "long_run_value"),
        *("pretrend_p_value", "placebo_p_value", "autocorrelation_p_value", "market_p_value"),
    ),
    measures=("estimate",),
    span="full",
)
def rate_events(frame: pd.DataFrame) -> go.Figure:
    """Lines of the move of balances around changes of the rate, by product."""
    rows = effects(frame)
    records = rows.sort_values(["account_count", "group_name"], ascending=[False, True])
    told = [row for row in records.to_dict("records") if is_supported(row)]
    rest = [row for row in records.to_dict("records") if not is_supported(row)]
    if not records.shape[0]:
        return theme.empty_figure("no deposit product whose rate changed twice")
    figure = go.Figure()
    points = level(frame, "point")
    withheld = {row["group_name"] for row in rest}
    order = [row["group_name"] for row in told]
    for name in points["group_name"].drop_duplicates():
        order += [] if name in order or name in withheld else [name]
    parts = [(str(name), points[points["group_name"] == name]) for name in order]
    drawn = [(name, part) for name, part in parts if not part.empty][:MOST]
    for place, (name, part) in enumerate(drawn):
        figure.add_trace(_line(part, name, place))
    if not drawn or not told:
        said = "; ".join(f"{row['group_name']}: {verdict_words(row)}" for row in rest[:MOST])
        return theme.empty_figure(said or "too few months to draw what followed a change")
    figure.add_vline(x=-0.5, line={"color": theme.LIGHT["grey"], "width": 1, "dash": "dot"})
    figure.update_xaxes(title="months from the change of the rate", dtick=2)
    figure.update_yaxes(title="per cent of balance, a point", rangemode="tozero")
    first = told[0]
    count = sum(float_of(row["account_count"]) for row in told)
    finding = (
        f"Of {theme.count(count)} accounts{span_words(first)}. For each percentage point more, "
        f"balances move within twelve months by: {'; '.join(_said(row) for row in told[:MOST])}. "
        f"{verdict_words(first)}"
    )
    finding += "".join(f" {row['group_name']}: {verdict_words(row)}" for row in rest)
    figure.update_layout(legend={"traceorder": "normal"})
    return theme.finish(figure, finding=finding, height=420, note=_note(told, first))


def _note(told: Sequence[Row], first: Row) -> str:
    """Return the tests of each product, what it could have found, and what is assumed."""
    parts = []
    for row in told[:MOST]:
        least = _per_cent(float_of(row["minimum_detectable_value"]))
        parts.append(
            f"{row['group_name']}: {theme.count(row['change_count'])} changes, "
            f"{100 * float_of(row['adjustment_rate']):.0f} % of a gap closed in a month, "
            f"{_per_cent(float_of(row['long_run_value'])):+.1f} % in the end; p of balances that "
            f"move before {p_value_words(row['pretrend_p_value'])}, on other dates "
            f"{p_value_words(row['placebo_p_value'])}, with the market's rate "
            f"{p_value_words(row['market_p_value'])}; finds {least:.1f} % four times out of five."
        )
    more = len(told) - MOST
    if more > 0:
        parts.append(left_off_words(more, "products"))
    return " ".join([*parts, design_words(first)]).strip()
