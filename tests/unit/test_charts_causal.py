"""What the charts of category 07 say of known numbers, and that a refuted design shows none."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from tests.support.frames import frame_of
from tests.support.frames.causal import refuted

from financial_analytics.charts.kit.frames import LONGEST_LABEL
from financial_analytics.charts.registry import charts, get_chart

WHY = "the density jumps at the cutoff"
ALL = [entry.id for entry in charts("causal")]


def finding(id: str, frame: pd.DataFrame) -> str:
    return str(get_chart(id).draw(frame).layout.meta["finding"])


@pytest.mark.parametrize("id", ALL)
def test_a_refuted_design_shows_no_effect_and_says_what_failed(id: str) -> None:
    frame = refuted(frame_of(get_chart(id).model), WHY)
    figure = get_chart(id).draw(frame)
    said = f"{figure.layout.meta['finding']} {figure.layout.annotations}"
    assert "efuted" in said and WHY in said
    assert "adds" not in figure.layout.meta["finding"]
    assert not [trace for trace in figure.data if "fit" in (trace.name or "")]


def test_rdd_says_the_effect_with_its_interval_period_and_verdict() -> None:
    figure = get_chart("causal.rdd").draw(frame_of("analytics_credit_score_impact_analysis"))
    said = figure.layout.meta["finding"]
    assert "Of 400 applications within 50 points of the cutoff, July 2023 to December 2023" in said
    assert "approval adds 57 (38 to 76)." in said and "Verdict: supported" in said
    note = figure.layout.meta["note"]
    assert "approval adds 300 (-400 to 1,000) and cannot be told from nothing." in note
    assert re.search(r"600 from nothing with power 0\.38", note)


def test_payment_hazard_says_the_ratio_and_what_competes() -> None:
    frame = frame_of("analytics_payment_timeliness_impact")
    figure = get_chart("causal.payment_hazard").draw(frame)
    said, note = figure.layout.meta["finding"], figure.layout.meta["note"]
    assert "Of 10,730 instalments of loans, July 2023 to December 2023, 393 were late." in said
    assert "on autopay: 0.38 (0.30 to 0.46) times as often as without." in said
    assert "early on autopay: 1.22 (0.73 to 2.06) times as often as without, which cannot" in note
    assert "a risk ratio of 3.8 with autopay" in note


@pytest.mark.parametrize("id", ALL)
def test_what_is_estimated_and_assumed_is_said_in_full(id: str) -> None:
    frame = frame_of(get_chart(id).model)
    long = {
        "estimand": "What it adds in the half year after it, to those whom the rule decides",
        "assumption": "Those just below are like those just above in all that matters but this",
    }
    for name, words in long.items():
        assert len(words) > LONGEST_LABEL
        frame[name] = words
    note = get_chart(id).draw(frame).layout.meta["note"]
    assert all(words in note for words in long.values())


def test_adoption_says_the_effect_beside_what_it_would_seem_without_adjustment() -> None:
    figure = get_chart("causal.adoption").draw(frame_of("analytics_product_adoption_impact"))
    said = figure.layout.meta["finding"]
    assert "buy 22.1 % more (12.7 to 32.3)" in said
    assert "32.2 % without adjustment" in said
    assert "Verdict: supported" in said


def test_channel_says_both_changes_and_draws_nothing_after_the_start_of_a_refuted_design() -> None:
    frame = frame_of("analytics_channel_migration_impact")
    figure = get_chart("causal.channel").draw(frame)
    said, note = figure.layout.meta["finding"], figure.layout.meta["note"]
    assert "Of 6 regions, 5 reached in 3 waves, July 2023 to December 2023" in said
    assert "Purchases per customer: +22.1 % (+16.2 to +28.4)." in said
    assert "visits per customer: -25.9 % (-31.6 to -19.7)." in said
    assert "two-way fixed effects, a benchmark, +17.4 %" in note
    drawn = get_chart("causal.channel").draw(refuted(frame, WHY))
    assert max(max(trace.x) for trace in figure.data) == 12
    assert max(max(trace.x) for trace in drawn.data) == -1
    assert "%" not in drawn.layout.meta["finding"]


def test_rate_events_say_the_answer_of_each_product_and_leave_out_what_is_refuted() -> None:
    frame = frame_of("analytics_interest_rate_behavior_impact")
    figure = get_chart("causal.rate_events").draw(frame)
    said, note = figure.layout.meta["finding"], figure.layout.meta["note"]
    assert "Of 1,774 accounts, July 2023 to December 2023." in said
    assert "Savings +10.5 % (+9.4 to +11.6); Money Market +22.1 % (+20.9 to +23.4)." in said
    assert "4 changes, 25 % of a gap closed in a month" in note
    assert [trace.name for trace in figure.data] == ["Savings", "Money Market"]
    savings = frame["group_name"] == "Savings"
    mixed = pd.concat([refuted(frame[savings], WHY), frame[~savings]])
    figure = get_chart("causal.rate_events").draw(mixed)
    said = figure.layout.meta["finding"]
    assert [trace.name for trace in figure.data] == ["Money Market"]
    assert (
        "Savings +" not in said
        and f"Savings: Refuted by a diagnostic, so no effect is given: {WHY}" in said
    )


def test_campaign_forest_draws_supported_campaigns_alone_and_names_the_others() -> None:
    frame = frame_of("analytics_campaign_causal_impact").astype({"failed_diagnostic": object})
    lost = (frame["effect_level"] == "effect") & frame["group_name"].isin(["2", "7"])
    frame.loc[lost, ["estimate", "estimate_lower", "estimate_upper"]] = float("nan")
    frame.loc[lost, "verdict"] = ["refuted_by_diagnostic", "not_identified"]
    frame.loc[lost, "failed_diagnostic"] = ["the arms differ", "not over yet"]
    figure = get_chart("causal.campaign_forest").draw(frame)
    said, note = figure.layout.meta["finding"], figure.layout.meta["note"]
    drawn = {mark for trace in figure.data for mark in trace.y}
    assert drawn == {"#1", "#3", "#4", "#5", "#6", "#8"}
    assert "Of 8 campaigns, July 2023 to December 2023, 5 are supported by a holdout" in said
    assert "1 are supported without one, 1 refuted, 1 not identified" in said
    assert "1 can be told from nothing, all campaigns allowed for: #6." in said
    assert "With a holdout, on average 2.0 (1.5 to 2.5) conversions per 100 contacts." in said
    assert "no effect is given: the arms differ (#2)." in note
    assert "no effect is given: not over yet (#7)." in note


def test_did_timeline_says_what_cannot_be_told() -> None:
    figure = get_chart("causal.did_timeline").draw(frame_of("analytics_campaign_causal_impact"))
    said = figure.layout.meta["finding"]
    assert "Of 2 campaigns without a holdout" in said
    assert "3.0 (-2.0 to 8.0) purchases per 100 contacts, which cannot be told from nothing" in said
    assert list(figure.data[0].x) == list(range(-8, 5))


def test_proximity_says_both_bands_and_draws_nothing_after_the_change_of_a_refuted_one() -> None:
    frame = frame_of("analytics_branch_proximity_impact")
    figure = get_chart("causal.proximity").draw(frame)
    said, note = figure.layout.meta["finding"], figure.layout.meta["note"]
    assert "Of 4,106 visits around 14 branches that opened or closed, July 2023" in said
    assert "in the middle band 0.61 times as often (0.45 to 0.82)" in said
    assert "in the far band 0.30 times as often (0.22 to 0.41)." in said
    assert (
        "Leaving the bank, in the far band 1.35 times as often (0.61 to 3.00), which cannot" in note
    )
    assert "tells 1.65 times from 1 with power 0.62" in note
    far = frame["group_name"] == "far"
    mixed = pd.concat([refuted(frame[far], WHY), frame[~far]])
    drawn = get_chart("causal.proximity").draw(mixed)
    ends = {trace.name: max(trace.x) for trace in drawn.data}
    assert ends["Far band"] < 0 < ends["Middle band"]
    assert "in the far band: Refuted by a diagnostic" in drawn.layout.meta["finding"]
