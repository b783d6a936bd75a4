"""The chart of category 04 about the approval of credit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from financial_analytics.charts.kit import theme
from financial_analytics.charts.kit.intervals import Effect, forest
from financial_analytics.charts.kit.words import (
    SIGNIFICANT,
    float_of,
    interval,
    left_out,
    p_words,
)
from financial_analytics.charts.registry import chart

FOUR_FIFTHS = 0.8


@chart(
    id="inferential.approval_odds",
    order=50,
    model="analytics_credit_approval_hypothesis_test",
    title="What goes with the approval of credit",
    unit="odds ratio",
    reading=(
        "Right of 1 the odds of approval are higher than those of the reference level, all other "
        "factors alike; a grey {coverage} interval tells nothing apart. The adverse-impact ratio "
        "compares raw approval rates: below 0.80 it fails the four-fifths rule. The axis is "
        "logarithmic."
    ),
    needs=(
        *("factor", "factor_label", "level", "is_reference", "is_protected", "status"),
        *("sample_count", "approved_count", "odds_ratio", "odds_ratio_lower", "odds_ratio_upper"),
        *("adjusted_p_value", "adverse_impact_rate", "adverse_impact_rate_lower"),
        *("adverse_impact_rate_upper", "average_marginal_effect"),
        *("average_marginal_effect_lower", "average_marginal_effect_upper"),
        "adverse_impact_adjusted_p_value",
    ),
    measures=("approved_count",),
)
def approval_odds(frame: pd.DataFrame) -> go.Figure:
    """Forest plot of odds ratios by factor."""
    shown = frame[frame["status"].isin(["ok", "reference"])]
    if shown["odds_ratio"].isna().all():
        total = theme.count(frame.groupby("factor")["sample_count"].sum().max())
        return theme.empty_figure(f"{total} decided applications, too few to say what decides")
    effects = [
        Effect(
            label=str(row["level"]),
            estimate=float_of(row["odds_ratio"]),
            lower=float_of(row["odds_ratio_lower"]),
            upper=float_of(row["odds_ratio_upper"]),
            is_reference=bool(row["is_reference"]),
            hover=f"odds ratio {interval(row, 'odds_ratio')}<br>"
            f"{p_words(row['adjusted_p_value'])}, {theme.count(row['sample_count'])} "
            f"applications<br>approval "
            f"{interval(row, 'average_marginal_effect', 1, 100)} points"
            f"<br>adverse-impact ratio {interval(row, 'adverse_impact_rate')}",
            group=str(row["factor_label"]),
        )
        for row in shown.to_dict("records")
    ]
    figure, height, compact = forest(
        effects,
        reference=1.0,
        reference_words="1",
        axis_title="odds ratio (logarithmic)",
        log=True,
    )
    return theme.finish(
        figure,
        finding=_finding(frame, shown),
        height=height,
        compact=compact,
        note=left_out(frame, "levels", ("ok", "reference")),
    )


def _finding(frame: pd.DataFrame, shown: pd.DataFrame) -> str:
    total = frame.groupby("factor")["sample_count"].sum().max()
    approved = frame.groupby("factor")["approved_count"].sum().max()
    tested = shown[(shown["status"] == "ok") & shown["adjusted_p_value"].notna()]
    clear = tested[tested["adjusted_p_value"] < SIGNIFICANT]
    said = (
        f"Of {theme.count(total)} decided applications {theme.count(approved)} were approved; "
        f"{len(clear)} of {len(tested)} levels are told from their reference after adjusting for "
        "all of them"
    )
    if not clear.empty:
        top = clear.iloc[int(np.argmin(clear["adjusted_p_value"]))].to_dict()
        effect = interval(top, "average_marginal_effect", 1, 100)
        said += (
            f", first of all {str(top['factor_label']).lower()} {top['level']} "
            f"({effect} points of approval, {p_words(top['adjusted_p_value'])}, "
            f"{theme.count(top['sample_count'])} applications)"
        )
    guarded = frame["is_protected"].fillna(False).astype(bool)
    groups = frame[guarded & frame["adverse_impact_rate"].notna()]
    if groups.empty:
        return said + "."
    worst = groups.iloc[int(np.argmin(groups["adverse_impact_rate"]))].to_dict()
    below = int((groups["adverse_impact_rate"] < FOUR_FIFTHS).sum())
    return (
        f"{said}. {below or 'None'} of {len(groups)} protected groups "
        f"{'is' if below == 1 else 'are'} below four fifths; the lowest adverse-impact ratio is "
        f"{interval(worst, 'adverse_impact_rate')}, {str(worst['factor_label']).lower()} "
        f"{worst['level']} ({p_words(worst['adverse_impact_adjusted_p_value'])})."
    )
