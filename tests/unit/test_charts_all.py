"""What holds for every chart there is, whatever its category: one loop over the registry."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import plotly.io
import pytest
import yaml
from tests.support.frames import MissingFrameError, frame_of
from tests.support.frames.shared import empty, hostile, insufficient, nulls

from financial_analytics.charts.catalogue import CATEGORIES
from financial_analytics.charts.kit import theme
from financial_analytics.charts.registry import charts, get_chart

ANALYTICS = Path(__file__).parents[2] / "models" / "gold" / "analytics"
ALL = [entry.id for entry in charts()]
COLOR = re.compile(r"#[0-9A-Fa-f]{6}\b|rgba?\([^)]*\)")


@pytest.fixture(scope="module")
def frames() -> dict[str, pd.DataFrame]:
    return {model: frame_of(model) for model in sorted({entry.model for entry in charts()})}


def strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for item in value.values() for text in strings(item)]
    if isinstance(value, list | tuple):
        return [text for item in value for text in strings(item)]
    if isinstance(value, np.ndarray) and value.dtype == object:
        return strings(value.tolist())
    return []


@pytest.mark.parametrize("category", [item.folder for item in CATEGORIES])
def test_every_model_is_drawn_and_every_chart_draws_a_model_of_its_category(category: str) -> None:
    """A model that stands beside another, at a second grain, may be for BI tools only."""
    described = {
        path.stem: yaml.safe_load(path.read_text(encoding="utf-8"))["models"][0]
        for path in (ANALYTICS / category).glob("analytics_*.yml")
    }
    drawn = {entry.model for entry in charts(category)}
    undrawn = {
        name
        for name in described.keys() - drawn
        if "beside" not in described[name].get("config", {}).get("meta", {})
    }
    assert undrawn == set(), "models without a chart"
    assert drawn - described.keys() == set(), "charts of no model of the category"


def test_a_missing_frame_says_which_file_to_write() -> None:
    with pytest.raises(MissingFrameError, match=r"tests/support/frames/new_thing\.py .*new_thing"):
        frame_of("analytics_new_thing")


@pytest.mark.parametrize("id", ALL)
def test_the_model_promises_every_column_that_its_chart_and_its_frame_use(
    id: str, frames: dict[str, pd.DataFrame]
) -> None:
    entry = get_chart(id)
    path = ANALYTICS / entry.category.folder / f"{entry.model}.yml"
    described = yaml.safe_load(path.read_text(encoding="utf-8"))
    columns = {column["name"] for column in described["models"][0]["columns"]}
    assert {*entry.needs, *entry.measures} - columns == set()
    assert set(frames[entry.model].columns) - columns == set()
    assert {*entry.needs, *entry.measures} - set(frames[entry.model].columns) == set()


@pytest.mark.parametrize("id", ALL)
def test_every_chart_has_a_finding_with_a_number_and_is_not_empty(
    id: str, frames: dict[str, pd.DataFrame]
) -> None:
    entry = get_chart(id)
    figure = entry.draw(frames[entry.model])
    assert figure.layout.meta["empty"] is False
    assert re.search(r"\d", figure.layout.meta["finding"])
    assert not re.search(r"\bnan\b", json.dumps(figure.layout.meta).lower())
    assert figure.to_plotly_json()["layout"]["height"] >= 200


@pytest.mark.parametrize("make", [empty, insufficient, nulls])
@pytest.mark.parametrize("id", ALL)
def test_a_frame_that_says_nothing_becomes_a_stated_panel(
    id: str, make: Callable[[pd.DataFrame], pd.DataFrame], frames: dict[str, pd.DataFrame]
) -> None:
    entry = get_chart(id)
    figure = entry.draw(make(frames[entry.model]))
    assert figure.layout.meta["empty"] is True
    assert "No data to draw" in figure.layout.annotations[0].text


@pytest.mark.parametrize("id", ALL)
def test_few_rows_with_only_needed_columns_are_drawn(
    id: str, frames: dict[str, pd.DataFrame]
) -> None:
    """Nothing but what the registry says it needs: no hidden dependency on another column."""
    entry = get_chart(id)
    frame = frames[entry.model][list(dict.fromkeys((*entry.needs, *entry.measures)))]
    for rows in (frame.head(1), frame.head(3), frame.tail(1)):
        said = entry.draw(rows).layout.meta
        assert not re.search(r"\bnan\b", f"{said['finding']} {said['note']}".lower())
    assert entry.draw(frame).layout.meta["empty"] is False


@pytest.mark.parametrize("id", ALL)
def test_hostile_names_are_escaped_in_the_figure(id: str, frames: dict[str, pd.DataFrame]) -> None:
    entry = get_chart(id)
    figure = entry.draw(hostile(frames[entry.model]))
    assert figure.layout.meta["empty"] is False
    for text in strings(figure.to_plotly_json()):
        assert "<script" not in text
        assert "<b onclick" not in text
    assert "<" not in figure.layout.meta["finding"] + figure.layout.meta["note"]


@pytest.mark.parametrize("id", ALL)
def test_colours_are_tokens_and_turn_dark(id: str, frames: dict[str, pd.DataFrame]) -> None:
    """A literal colour would stay as it is when the page turns dark."""
    entry = get_chart(id)
    text = plotly.io.to_json(entry.draw(frames[entry.model]), validate=False)
    assert set(COLOR.findall(text)) <= {*theme.LIGHT.values(), "rgba(0,0,0,0)"}
    dark = json.dumps(theme.to_dark(json.loads(text)))
    assert not set(COLOR.findall(dark)) & (set(theme.LIGHT.values()) - set(theme.DARK.values()))
