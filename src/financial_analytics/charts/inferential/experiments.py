"""Charts of category 04 about campaigns against their holdouts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from financial_analytics.charts.kit import theme
from financial_analytics.charts.kit.frames import known
from financial_analytics.charts.kit.intervals import Effect, forest
from financial_analytics.charts.kit.words import (
    SIGNIFICANT,
    float_of,
    interval,
    left_out,
    p_words,
)
from financial_analytics.charts.registry import chart

MOST = 20
RATE = "conversion_rate"
NEEDS = (
    *("experiment_level", "experiment_number", "experiment_name", "metric_name", "status"),
    *("sample_count", "treatment_count", "control_count", "adjusted_p_value"),
    *("effect_size", "effect_size_lower", "effect_size_upper"),
)


def _experiments(frame: pd.DataFrame, measure: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the campaigns, and of these the ones with a known measure, largest first."""
    campaigns = frame[(frame["experiment_level"] == "campaign") & (frame["metric_name"] == RATE)]
    rows = known(campaigns[campaigns["status"] == "ok"], measure)
    return campaigns, rows.sort_values(
        ["sample_count", "experiment_number"], ascending=[False, True], kind="stable"
    )


def _notes(campaigns: pd.DataFrame, rows: pd.DataFrame, without: int = 0) -> str:
    more = len(rows) - MOST
    parts = (
        f"{more} smaller campaigns are in the table." if more > 0 else "",
        f"{without} {'campaign' if without == 1 else 'campaigns'} without a conversion on one side "
        f"{'has' if without == 1 else 'have'} no ratio."
        if without
        else "",
        left_out(campaigns, "campaigns"),
    )
    return " ".join(part for part in parts if part)


@chart(
    id="inferential.ab_intervals",
    order=30,
    model="analytics_ab_test_channel_performance",
    title="What campaigns add to conversion",
    unit="percentage points against the randomised holdout",
    reading=(
        "A line is a campaign, the largest first: conversion of the contacted less that of "
        "customers held out by lot, with the {coverage} interval of this campaign alone. A grey "
        "one cannot be told from nothing; the adjusted p allows for having looked at all of them."
    ),
    needs=(*NEEDS, "estimate", "estimate_lower", "estimate_upper", "minimum_detectable_value"),
    measures=("estimate",),
)
def ab_intervals(frame: pd.DataFrame) -> go.Figure:
    """Forest plot of differences in conversion."""
    campaigns, rows = _experiments(frame, "estimate")
    if rows.empty:
        return theme.empty_figure("no campaign has a holdout large enough to compare with")
    unit = f"{theme.NO_BREAK}points"
    effects = [
        Effect(
            label=str(row["experiment_name"]),
            estimate=100 * float_of(row["estimate"]),
            lower=100 * float_of(row["estimate_lower"]),
            upper=100 * float_of(row["estimate_upper"]),
            hover=f"{interval(row, 'estimate', 1, 100, unit)}<br>{p_words(row['adjusted_p_value'])}"
            f"<br>{theme.count(row['treatment_count'])} contacted, "
            f"{theme.count(row['control_count'])} held out<br>could have found "
            f"{theme.decimal(100 * float_of(row['minimum_detectable_value']))}{unit}",
        )
        for row in rows.head(MOST).to_dict("records")
    ]
    figure, height, compact = forest(
        effects, reference=0.0, reference_words="nothing", axis_title="percentage points"
    )
    clear = rows[rows["adjusted_p_value"] < SIGNIFICANT]
    smallest = 100 * float(rows["minimum_detectable_value"].median())
    top = rows.iloc[int(np.argmax(rows["estimate"]))].to_dict()
    size = interval(top, "effect_size")
    finding = (
        f"{len(clear) or 'None'} of {len(rows)} campaigns with a randomised holdout are told from "
        f"chance after adjusting for all of them. Greatest, a candidate only where the p is small: "
        f"{top['experiment_name']}, {interval(top, 'estimate', 1, 100, unit)} of its "
        f"{theme.count(top['sample_count'])} customers ({p_words(top['adjusted_p_value'])}, "
        f"Cohen's h {size})."
    )
    if not np.isnan(smallest):
        finding += f" Half of the campaigns could not have found less than {smallest:.1f}{unit}."
    return theme.finish(
        figure, finding=finding, height=height, compact=compact, note=_notes(campaigns, rows)
    )


@chart(
    id="inferential.ab_lift",
    order=40,
    model="analytics_ab_test_channel_performance",
    title="How many times likelier the contacted are to convert",
    unit="ratio of conversion to that of the randomised holdout",
    reading=(
        "Right of 1 the contacted convert more often than customers held out by lot; 2 is twice as "
        "often. The bar is the {coverage} interval of this campaign alone, the axis logarithmic."
    ),
    needs=(*NEEDS, "relative_lift_pct", "relative_lift_pct_lower", "relative_lift_pct_upper"),
    measures=("relative_lift_pct",),
)
def ab_lift(frame: pd.DataFrame) -> go.Figure:
    """Forest plot of ratios of conversion."""
    campaigns, rows = _experiments(frame, "relative_lift_pct")
    if rows.empty:
        return theme.empty_figure("no campaign has conversions on both sides to compare")
    lift = "relative_lift_pct"
    ratios = rows.assign(
        **{f"ratio{end}": 1 + rows[f"{lift}{end}"] / 100 for end in ("", "_lower", "_upper")}
    )
    effects = [
        Effect(
            label=str(row["experiment_name"]),
            estimate=float_of(row["ratio"]),
            lower=float_of(row["ratio_lower"]),
            upper=float_of(row["ratio_upper"]),
            hover=f"{interval(row, 'ratio')} times<br>{p_words(row['adjusted_p_value'])}"
            f"<br>{theme.count(row['treatment_count'])} contacted, "
            f"{theme.count(row['control_count'])} held out",
        )
        for row in ratios.head(MOST).to_dict("records")
    ]
    figure, height, compact = forest(
        effects,
        reference=1.0,
        reference_words="1",
        axis_title="ratio (logarithmic)",
        log=True,
    )
    above = int((ratios["ratio_lower"] > 1).sum())
    clear = int((rows["adjusted_p_value"] < SIGNIFICANT).sum())
    middle = float(np.median(ratios["ratio"]))
    big = ratios.iloc[0].to_dict()
    without = int((campaigns["status"] == "ok").sum()) - len(rows)
    return theme.finish(
        figure,
        finding=(
            f"In {above} of {len(rows)} campaigns the contacted convert more often taken alone, in "
            f"{clear or 'none'} after adjusting for all of them; the middle ratio is {middle:.2f}. "
            f"The largest campaign, {big['experiment_name']}: {interval(big, 'ratio')} times, of "
            f"{theme.count(big['sample_count'])} customers ({p_words(big['adjusted_p_value'])}, "
            f"Cohen's h {interval(big, 'effect_size')})."
        ),
        height=height,
        compact=compact,
        note=_notes(campaigns, rows, without),
    )
