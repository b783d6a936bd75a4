"""The layers hold the relations that docs/catalogue.md names."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from financial_analytics.engines.stores import LEDGERS

Models = list[dict[str, Any]]
Catalogue = dict[str, set[str]]

CATALOGUE = Path(__file__).resolve().parents[2] / "docs" / "catalogue.md"
GOLD = Path("models/gold")


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """Return the names under each heading of the catalogue."""
    found: Catalogue = {}
    for line in CATALOGUE.read_text(encoding="utf-8").splitlines():
        if heading := re.match(r"## (.+)", line):
            names = found.setdefault(heading[1], set())
        elif item := re.match(r"- `(\w+)`$", line):
            names.add(item[1])
    return found


def built(models: Models, folder: Path) -> set[str]:
    """Return the names of the models of one folder."""
    return {m["name"] for m in models if Path(m["original_file_path"]).parent == folder}


def test_the_catalogue_is_that_of_the_platform(catalogue: Catalogue) -> None:
    """Nine dimensions and a tenth, 13 facts, 63 analytics in eight categories."""
    assert {
        *("dim_customer", "dim_product", "dim_merchant", "dim_date", "dim_account"),
        *("dim_location", "dim_economic_indicators", "dim_campaign", "dim_agent", "dim_channel"),
    } == catalogue["Dimensions"]
    assert len(catalogue["Facts"]) == 13
    categories = {name: names for name, names in catalogue.items() if name[0] == "0"}
    assert [len(names) for names in categories.values()] == [16, 9, 8, 7, 5, 5, 7, 6]
    assert len(set().union(*categories.values())) == 63


def test_silver_has_a_staging_model_for_each_table(project: Any, models: Models) -> None:
    sources = project.manifest["sources"].values()
    tables = {item["name"] for item in sources if item["source_name"] == "ingestion_raw_data"}
    assert len(tables) == 22
    assert built(models, Path("models/transform")) == {f"stg_{table}" for table in tables}


@pytest.mark.parametrize(
    ("heading", "folder"),
    [
        ("Dimensions", "dimensions"),
        ("States", "states"),
        ("Facts", "facts"),
        ("Features", "features"),
        ("Registry", "registry"),
        ("Quality", "quality"),
    ],
)
def test_a_layer_holds_what_is_listed(
    models: Models, catalogue: Catalogue, heading: str, folder: str
) -> None:
    assert built(models, GOLD / folder) == catalogue[heading]


TO_COME: dict[str, set[str]] = {}
"""Models of a category whose others are built: what is built is taken out here."""


def test_a_category_that_is_built_is_built_whole(models: Models, catalogue: Catalogue) -> None:
    folders = {Path(m["original_file_path"]).parent for m in models}
    categories = sorted(f.name for f in folders if f.parent == GOLD / "analytics")
    assert categories[:4] == [
        *("01_descriptive_analytics", "02_diagnostic_analytics", "03_exploratory_analytics"),
        "04_inferential_analytics",
    ]
    missing = {
        name: sorted(catalogue[name] - built(models, GOLD / "analytics" / name))
        for name in categories
    }
    assert {name: set(names) for name, names in missing.items() if names} == TO_COME


def test_what_is_not_in_the_catalogue_stands_beside_what_is(
    models: Models, catalogue: Catalogue
) -> None:
    """A second grain has a relation of its own, which says whose; the counts leave it out."""
    beside = {
        m["name"]: (Path(m["original_file_path"]).parent.name, m["config"]["meta"].get("beside"))
        for m in models
        if m["name"].startswith("analytics_")
    }
    assert [
        name
        for name, (category, other) in beside.items()
        if (name in catalogue[category]) == (other in catalogue[category])
    ] == []


def test_data_quality_says_of_each_analytics_model_what_it_lacks(
    models: Models, catalogue: Catalogue
) -> None:
    """A new model is a line in `needs` of int_quality_models: the feeds it cannot do without."""
    listed = next(m for m in models if m["name"] == "int_quality_models")["depends_on"]["nodes"]
    known = {node.split(".")[-1] for node in listed}
    named = set().union(*(names for heading, names in catalogue.items() if heading[0] == "0"))
    beside = {m["name"] for m in models if m["config"]["meta"].get("beside")}
    built_ones = {m["name"] for m in models} & (named | beside)
    assert len(built_ones) >= 35
    assert sorted(built_ones - known) == []


def test_the_ledgers_that_silver_reads_are_those_of_the_loader(project: Any) -> None:
    """A warehouse that dbt creates has them as the loader would make them."""
    sources = project.manifest["sources"].values()
    read = [item for item in sources if item["source_name"] == "bronze_ledgers"]
    assert read
    for item in read:
        columns = {name: column["data_type"] for name, column in item["columns"].items()}
        assert columns == LEDGERS[item["identifier"]]


def test_a_relation_of_gold_has_one_grain(models: Models) -> None:
    """Rows of two kinds in one relation cannot be summed; the cells of an estimate may be."""
    mixed = {
        m["name"]
        for m in models
        if m["name"].startswith(("dim_", "fact_", "analytics_")) and "record_type" in m["columns"]
    }
    assert mixed <= {"analytics_customer_satisfaction_drivers"}
