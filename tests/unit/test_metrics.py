"""Whoever counts what is active says which of the registered metrics it is, and pages say what."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support.frames import frame_of, frames_of
from tests.support.frames.shared import FrameSource

from financial_analytics.charts.registry import Chart, chart, charts
from financial_analytics.errors import InvalidInputError
from financial_analytics.metrics import get_metric, metrics
from financial_analytics.reports.report import write_report

GOLD = Path(__file__).parents[2] / "models" / "gold"
CHARTS = {entry.id: entry for entry in charts()}
COUNTS = re.compile(r"(previous_)?(active|dau|wau|mau)_(customers|customer_count|count|pct|rate)$")
FLAGS = {"is_active", "is_active_customer"}
WORD = re.compile(r"\b(in)?active\b", re.IGNORECASE)


def columns() -> list[tuple[str, str, str | None]]:
    """Return model, column and metric of every column of facts and analytics."""
    found = []
    for path in sorted(GOLD.rglob("*.yml")):
        if "analytics" in path.parts or "facts" in path.parts:
            for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]:
                for column in model["columns"]:
                    meta: dict[str, Any] = column.get("config", {}).get("meta", {})
                    found.append((model["name"], column["name"], meta.get("metric")))
    return found


COLUMNS = columns()


def drawn_texts(entry: Chart) -> list[str]:
    """Return what a reader sees of a chart: title, reading, finding, names and notes."""
    figure = entry.draw(frame_of(entry.model))
    notes = [annotation.text or "" for annotation in figure.layout.annotations]
    names = [trace.name or "" for trace in figure.data]
    return [entry.title, entry.reading, figure.layout.meta["finding"], *names, *notes]


def test_an_active_count_names_its_metric() -> None:
    counting = [c for c in COLUMNS if COUNTS.match(c[1]) or c[1] in FLAGS]
    assert len(counting) >= 15
    assert [(model, name) for model, name, metric in counting if metric is None] == []


def test_metrics_are_registered_and_used() -> None:
    used = {metric for _, _, metric in COLUMNS if metric}
    # those that no column is called by are counted for exports
    assert used <= set(metrics())
    assert all(m.name in used or m.value is not None for m in metrics().values())
    for metric in metrics().values():
        texts = (metric.label, metric.definition, metric.unit, metric.owner)
        assert all(text.strip() for text in texts)
        assert metric.definition.endswith(".")
    definitions = [metric.definition for metric in metrics().values()]
    assert len(set(definitions)) == len(definitions)


@pytest.mark.parametrize("name", list(CHARTS))
def test_a_chart_that_says_active_says_which(name: str) -> None:
    """By its words or by the columns it needs; and it shows only what its model counts."""
    entry = CHARTS[name]
    needed = {
        metric
        for model, column, metric in COLUMNS
        if model == entry.model and metric and column in {*entry.needs, *entry.measures}
    }
    assert needed <= set(entry.metrics)
    assert set(entry.metrics) <= {metric for model, _, metric in COLUMNS if model == entry.model}
    if any(WORD.search(text) for text in drawn_texts(entry)):
        assert entry.metrics


def test_the_page_prints_each_definition(tmp_path: Path) -> None:
    categories = {entry.category.folder for entry in CHARTS.values() if entry.metrics}
    assert categories
    for category in sorted(categories):
        write_report(category, FrameSource(frames_of(category)), tmp_path)
        page = (tmp_path / category / "index.html").read_text(encoding="utf-8")
        articles = dict(re.findall(r'<article [^>]*id="([^"]+)">(.*?)</article>', page, re.DOTALL))
        for entry in charts(category):
            for metric in map(get_metric, entry.metrics):
                words = f"{escape(metric.definition)} Unit: {escape(metric.unit)}."
                said = f"<dt>{escape(metric.label)}</dt><dd>{words}</dd>"
                assert said in articles[entry.id.replace(".", "-")]


def test_an_unknown_metric_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="no metric 'people'") as caught:
        chart(
            id="descriptive.nobody", order=1, model="m", title="t", unit="u", reading="r",
            metrics=("people",),
        )  # fmt: skip
    assert "customers_engaged" in str(caught.value.hint)
