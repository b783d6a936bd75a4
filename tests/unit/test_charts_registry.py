"""The registry: unique ids, complete texts, every model of a category drawn."""

from __future__ import annotations

import importlib
import pkgutil
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import pytest

from financial_analytics.charts import registry
from financial_analytics.charts.catalogue import CATEGORIES, find_category
from financial_analytics.charts.registry import chart, charts, get_chart
from financial_analytics.errors import InvalidInputError


@pytest.fixture
def scratch(monkeypatch: pytest.MonkeyPatch) -> None:
    """A registry that forgets what the test adds."""
    charts()
    monkeypatch.setattr(registry, "_REGISTRY", dict(registry._REGISTRY))


def describe(id: str = "descriptive.made_up", **texts: str) -> dict[str, Any]:
    return {
        "id": id,
        "order": 5,
        "model": "analytics_x",
        "title": "T",
        "unit": "USD",
        "reading": "R",
    } | texts


def test_every_chart_says_model_unit_and_reading() -> None:
    for entry in charts():
        for text in (entry.model, entry.unit, entry.reading, entry.title):
            assert len(text) >= 4, entry.id
        assert entry.reading.rstrip().endswith("."), entry.id
        assert entry.measures, f"{entry.id} does not say which columns must be known"


def test_charts_come_in_the_order_they_state_whatever_is_imported_first(scratch: None) -> None:
    for id, order in (("descriptive.last", 9_000), ("descriptive.also_last", 9_000)):
        chart(**describe(id=id) | {"order": order})(lambda frame: go.Figure())
    chart(**describe(id="descriptive.first_of_all") | {"order": -1})(lambda frame: go.Figure())
    ids = [entry.id for entry in charts("descriptive")]
    assert ids[0] == "descriptive.first_of_all"
    assert ids[-2:] == ["descriptive.also_last", "descriptive.last"]


def test_modules_are_found_and_nothing_lists_them() -> None:
    for category in {entry.category for entry in charts()}:
        package = importlib.import_module(f"financial_analytics.charts.{category.prefix}")
        found = {module.name for module in pkgutil.iter_modules(package.__path__)}
        drawing = {entry.draw.__module__.rpartition(".")[2] for entry in charts(category.folder)}
        assert found == drawing
        assert "import" not in Path(str(package.__file__)).read_text(encoding="utf-8")


def test_charts_come_in_the_order_of_the_categories_and_ids_are_unique() -> None:
    ids = [entry.id for entry in charts()]
    assert [name for name, count in Counter(ids).items() if count > 1] == []
    assert ids[0] == "descriptive.customer_kpis"


def test_duplicate_id_is_refused(scratch: None) -> None:
    def draw(frame: pd.DataFrame) -> go.Figure:
        return go.Figure()

    chart(**describe())(draw)
    with pytest.raises(InvalidInputError, match="registered twice"):
        chart(**describe())(draw)


@pytest.mark.parametrize(
    "given",
    [
        describe(id="no_category"),
        describe(id="descriptive.Bad"),
        describe(id="unknowable.chart"),
        describe(model=" "),
        describe(title=""),
        describe(unit=""),
        describe(reading="  "),
    ],
    ids=["form", "case", "category", "model", "title", "unit", "reading"],
)
def test_incomplete_chart_is_refused(scratch: None, given: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        chart(**given)


def test_refused_chart_leaves_no_trace(scratch: None) -> None:
    before = charts()
    with pytest.raises(InvalidInputError):
        chart(**describe(id="nope"))
    assert charts() == before


def test_missing_column_is_named_with_its_model(scratch: None) -> None:
    @chart(**describe(), needs=("day", "amount"))
    def draw(frame: pd.DataFrame) -> go.Figure:
        return go.Figure()

    with pytest.raises(InvalidInputError, match=r"amount of analytics_x") as caught:
        draw(pd.DataFrame({"day": [1]}))
    assert "fa build --select analytics_x" in str(caught.value.hint)


def test_get_chart_and_find_category_name_what_is_valid() -> None:
    assert get_chart("descriptive.engagement").category.folder == "01_descriptive_analytics"
    assert find_category("8") == find_category("realtime") == CATEGORIES[7]
    with pytest.raises(InvalidInputError) as caught:
        get_chart("descriptive.nope")
    assert "descriptive.engagement" in str(caught.value.hint)
    with pytest.raises(InvalidInputError) as caught:
        find_category("weekly")
    assert "realtime" in str(caught.value.hint)
