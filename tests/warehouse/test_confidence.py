"""The variable `confidence` reaches every bound, and every page says which it is."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
import yaml
from tests.support.lab import Lab
from tests.support.synthetic_lab import bank

from financial_analytics.charts.catalogue import CATEGORIES
from financial_analytics.charts.registry import charts
from financial_analytics.publish import Run, publish
from financial_analytics.reports.reader import open_reader
from financial_analytics.reports.report import write_report
from financial_analytics.settings import find_project_dir

EDGES = {"bin_lower", "bin_upper"}
"""Edges of histograms, no bounds of estimates."""

NAMED = {
    *(f"forecast_{share}_{end}" for share in (80, 95) for end in ("lower", "upper")),
    *("funnel_outer_lower", "funnel_outer_upper"),
}
"""Bounds whose coverage is their name, whatever the variable is."""

SELDOM_KNOWN = {
    "adjusted_odds_ratio_lower",
    "adjusted_odds_ratio_upper",
    "cost_per_incremental_conversion_amount_upper",
}
"""This bank has too few defaults to fit odds (leaving has them), and no campaign surely adds."""

NO_COST = "cost_per_incremental_conversion_amount_lower"
"""Cost over the upper bound of added conversions: there is none where even that is none."""


def analytics() -> dict[str, dict[str, Any]]:
    """Return each analytics model with bounds: its grain and the names of the bounds."""
    found = {}
    for path in sorted((find_project_dir() / "models/gold/analytics").rglob("*.yml")):
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]:
            names = [column["name"] for column in model["columns"]]
            bounds = [
                n for n in names if n.endswith(("_lower", "_upper")) and n not in EDGES | NAMED
            ]
            if bounds:
                grain = next(test["grain"] for test in model["data_tests"] if "grain" in test)
                found[model["name"]] = {"grain": grain["arguments"]["columns"], "bounds": bounds}
    return found


MODELS = analytics()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Lab, Path]:
    """Return a lab that was built with 80 %, and its warehouse as it was with 95 %."""
    lab = Lab(tmp_path_factory.mktemp("confidence"))
    lab.load(bank(customers=1000, transactions=75_000, seed=11).folder / "full")
    lab.build(permutation_count=99)
    wide = lab.keep("wide")
    lab.build(permutation_count=99, confidence=0.8)
    return lab, wide


def rows(path: Path, name: str) -> pd.DataFrame:
    """Return a relation in the order of its grain."""
    with duckdb.connect(str(path), read_only=True) as connection:
        order = ", ".join(MODELS[name]["grain"])
        return connection.execute(f"select * from gold.{name} order by {order}").df()


def is_ok(frame: pd.DataFrame) -> bool:
    """Return whether a model has a result; a causal design shows one only if it is supported."""
    told = frame["status"] == "ok"
    if "verdict" in frame:
        told &= frame["verdict"] == "supported"
    return bool(told.any())


@pytest.mark.parametrize("name", MODELS)
def test_every_bound_is_nearer_with_less_confidence(built: tuple[Lab, Path], name: str) -> None:
    lab, wide_path = built
    wide, narrow = rows(wide_path, name), rows(lab.settings.warehouse_path, name)
    assert wide[MODELS[name]["grain"]].equals(narrow[MODELS[name]["grain"]])
    unmoved = []
    for bound in MODELS[name]["bounds"]:
        sign = 1 if bound.endswith("_lower") else -1
        before, after = (frame[bound].astype(float).to_numpy() for frame in (wide, narrow))
        gone = np.isnan(after) & ~np.isnan(before)
        assert not gone.any() or bound == NO_COST, bound
        known = ~np.isnan(before) & ~gone
        moved = sign * (after[known] - before[known])
        slack = 1e-9 * np.maximum(1.0, np.abs(before[known]))
        assert (moved >= -slack).all(), bound
        # no result in this bank, or counts that cannot be fewer than none
        nothing = not known.any() and (bound in SELDOM_KNOWN or not is_ok(wide))
        at_zero = known.any() and (before[known] == 0).all()
        if not (moved > slack).any() and not nothing and not at_zero:
            unmoved.append(bound)
    assert unmoved == []


def test_pages_say_the_coverage(built: tuple[Lab, Path]) -> None:
    lab, _ = built
    publish(lab.settings, Run(run_id="r", built_at=datetime(2026, 1, 2, tzinfo=UTC)))
    said = ""
    with open_reader(lab.settings, None) as reader:
        for category in CATEGORIES:
            if charts(category.folder):
                page = write_report(category.folder, reader, lab.settings.reports_dir)
                said += unescape(page.read_text(encoding="utf-8"))
    saying = [entry for entry in charts() if "{coverage}" in entry.reading]
    assert len(saying) >= 6
    for entry in saying:
        without_result = not is_ok(rows(lab.settings.warehouse_path, entry.model))
        assert entry.reading_at(80.0) in said or (
            without_result and entry.reading_at(float("nan")) in said
        ), entry.id
    assert not re.search(r"\b95 % (\w+ )?interval|{coverage}", said)
    assert '"80 % interval"' in said


def ready_queries() -> dict[str, str]:
    """Return each query of `docs/queries.md` by the question above it."""
    text = (find_project_dir() / "docs" / "queries.md").read_text(encoding="utf-8")
    found = {}
    for section in re.split(r"^## ", text, flags=re.M)[1:]:
        (query,) = re.findall(r"^```sql\n(.*?)^```", section, re.M | re.S)
        found[section.splitlines()[0]] = query
    return found


@pytest.mark.parametrize("question", ready_queries())
def test_ready_queries_answer(built: tuple[Lab, Path], question: str) -> None:
    query = ready_queries()[question]
    with duckdb.connect(str(built[1]), read_only=True) as connection:
        found = connection.execute(query).fetchall()
    assert found or query.startswith("-- may be empty")
