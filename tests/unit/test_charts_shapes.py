"""What charts of flows and of intervals are made of."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from financial_analytics.charts.kit.flows import Step, sankey, split_funnel, step_ends, waterfall
from financial_analytics.charts.kit.intervals import (
    Effect,
    forest,
    interval_words,
    side,
    wilson_bounds,
)


def test_steps_start_where_the_last_one_ended() -> None:
    steps = [
        Step("a", 100.0, "absolute", "100"),
        Step("b", -30.0, "relative", "-30"),
        Step("c", 5.0, "relative", "+5"),
        Step("d", 75.0, "total", "75"),
    ]
    assert step_ends(steps) == [(0, 100), (100, 70), (70, 75), (0, 75)]


def test_waterfall_has_room_for_texts_and_for_steps_below_zero() -> None:
    steps = [
        Step("up", 40.0, "relative", "+40"),
        Step("down", -90.0, "relative", "-90"),
        Step("sum", -50.0, "total", "-50"),
    ]
    figure, compact = waterfall(steps)
    bars, texts = figure.data
    assert list(texts.x) == [40, 40, 0], "the text stands right of the bar, whichever way it runs"
    low, high = figure.layout.xaxis.range
    assert low < -50 and high > 40
    assert compact["layout"]["xaxis"]["range"][1] > high, "a phone needs more room for texts"
    assert list(bars.x) == [40, -90, -50]


def test_split_funnel_bars_touch_and_are_centred() -> None:
    values = pd.DataFrame({"A": [60.0, 10.0], "B": [40.0, 0.0]}, index=["first", "second"])
    figure, _ = split_funnel(values, texts=["100", "10"], hover=lambda stage, part: stage + part)
    first, second, texts = figure.data
    assert (first.base[0], second.base[0]) == (-50, 10)
    assert (first.base[1], second.base[1]) == (-5, 5)
    assert list(texts.x) == [50, 5]
    assert first.customdata == ("firstA", "secondA")


def test_sankey_takes_a_name_in_two_stages_as_two_nodes() -> None:
    links = pd.DataFrame(
        {
            "stage": [0, 0, 1, 1],
            "source": ["x", "y", "x", "z"],
            "target": ["x", "z", "end", "end"],
            "value": [5.0, 3.0, 5.0, 0.0],
            "hover": ["a", "b", "c", "d"],
        }
    )
    diagram = sankey(links, colors=("blue", "purple", "grey"))
    assert list(diagram.node.label) == ["x · 5", "y · 3", "x · 5", "z · 3", "end<br>5"]
    assert list(diagram.link.value) == [5, 3, 5], "a link of nothing is not drawn"
    assert list(diagram.link.source) == [0, 1, 2]
    assert list(diagram.link.target) == [2, 3, 4]


@pytest.mark.parametrize(
    ("lower", "upper", "expected"),
    [(1.1, 2.0, "above"), (0.2, 0.9, "below"), (0.9, 1.1, "neither"), (math.nan, 0.9, "below")],
)
def test_an_interval_is_told_apart_only_when_all_of_it_is(
    lower: float, upper: float, expected: str
) -> None:
    assert side(Effect("x", 1.0, lower, upper), 1.0) == expected


def test_an_open_bound_draws_no_bar_and_is_said() -> None:
    figure, height, _ = forest(
        [Effect("x", 3.0, 1.5, math.nan), Effect("y", 2.0, 0.5, 900.0)],
        reference=1.0,
        reference_words="1",
        axis_title="ratio",
        log=True,
    )
    assert height >= 150
    drawn = {item.y[0]: item for item in figure.data}
    assert drawn[0].error_x.array[0] == 0.0
    assert drawn[1].error_x.array[0] == 898.0
    assert 10 ** figure.layout.xaxis.range[1] < 20, "one wide interval must not squeeze the rest"
    assert interval_words(3.0, 1.5, math.nan) == "3.00 (1.50 to no bound)"


def test_a_ratio_of_zero_is_not_known_on_a_logarithmic_axis() -> None:
    figure, _, _ = forest(
        [Effect("x", 0.0, 0.0, 4.0), Effect("y", 2.0, 1.5, 3.0)],
        reference=1.0,
        reference_words="1",
        axis_title="ratio",
        log=True,
    )
    assert [item.name for item in figure.data] == ["Above 1", "not known"]


def test_wilson_bounds_match_published_numbers() -> None:
    # Newcombe (1998), table I, method 3: 81/263, 15/148, 0/20, 1/29.
    lower, upper = wilson_bounds([81, 15, 0, 1], [263, 148, 20, 29], 95.0)
    assert np.round(lower / 100, 4).tolist() == [0.2553, 0.0624, 0.0, 0.0061]
    assert np.round(upper / 100, 4).tolist() == [0.3662, 0.1605, 0.1611, 0.1718]
    assert np.isnan(wilson_bounds([0], [0], 95.0)[0]).all()
