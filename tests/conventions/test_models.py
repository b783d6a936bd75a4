"""The dbt project keeps the house rules: names, descriptions, grain, columns, keys."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from tests.conventions import rules

Models = list[dict[str, Any]]


def test_files_relations_and_yaml_share_one_name(models: Models) -> None:
    assert [fault for model in models for fault in rules.name_faults(model)] == []


def test_each_description_has_a_sentence_and_a_grain(models: Models) -> None:
    assert [fault for model in models for fault in rules.description_faults(model)] == []


def test_each_model_has_a_grain_test(project: Any, models: Models) -> None:
    tests = project.nodes("test")
    assert [fault for model in models for fault in rules.grain_faults(model, tests)] == []


def test_each_sql_header_states_the_grain(root: Path, models: Models) -> None:
    faults = []
    for model in models:
        if model["language"] == "sql":
            text = (root / model["original_file_path"]).read_text(encoding="utf-8")
            faults += [f"{model['original_file_path']}: {f}" for f in rules.header_faults(text)]
    assert faults == []


def test_each_column_has_a_type_and_an_ending_that_fits(models: Models) -> None:
    faults = []
    for model in models:
        for column in model["columns"].values():
            where = f"{model['name']}.{column['name']}"
            if not column.get("data_type"):
                faults.append(f"{where}: no data_type")
                continue
            unit = column.get("config", {}).get("meta", {}).get("unit")
            found = rules.column_faults(column["name"], column["data_type"], unit)
            faults += [f"{model['name']}: {fault}" for fault in found]
    assert faults == []


def test_each_model_documents_columns(models: Models) -> None:
    assert [model["name"] for model in models if not model["columns"]] == []


def test_each_column_has_a_description(models: Models) -> None:
    """In every layer: it is the column's comment, too, where the engine keeps comments."""
    faults = [
        f"{model['name']}.{column['name']}"
        for model in models
        for column in model["columns"].values()
        if not column["description"].strip()
    ]
    assert faults == []


def test_gold_sql_models_have_an_enforced_contract(root: Path, models: Models) -> None:
    """Said once, in dbt_project.yml; a Python model says that it takes none."""
    gold = [m for m in models if m["schema"].startswith("gold") and m["language"] == "sql"]
    assert gold, "no gold models"
    assert [model["name"] for model in gold if not model["contract"]["enforced"]] == []
    said = {
        path.stem
        for path in (root / "models" / "gold").rglob("*.yml")
        if "contract:" in path.read_text(encoding="utf-8")
    }
    assert said == {
        m["name"] for m in models if m["schema"].startswith("gold") and m["language"] == "python"
    }


def test_each_fact_key_is_tested_against_its_dimension(project: Any, models: Models) -> None:
    keys = {
        column: model["name"]
        for model in models
        if model["name"].startswith("dim_")
        for column in model["columns"]
        if column == f"{model['name'].removeprefix('dim_')}_key"
    }
    dimensions = [model["name"] for model in models if model["name"].startswith("dim_")]
    assert sorted(keys.values()) == sorted(dimensions), "a dimension without its key"
    tested = {
        (test["attached_node"], test["column_name"])
        for test in project.nodes("test")
        if (test.get("test_metadata") or {}).get("name") in {"in_dimension", "relationships"}
    }
    faults = [
        f"{model['name']}.{column} is not tested against {keys[column]}"
        for model in models
        if model["name"].startswith("fact_")
        for column in model["columns"]
        if column in keys and (model["unique_id"], column) not in tested
    ]
    assert faults == []


def test_a_surrogate_key_is_a_number_that_its_dimension_alone_has(
    project: Any, models: Models
) -> None:
    """Those of days are yyyymmdd; all others are hashes, which could collide."""
    faults = [
        f"{model['name']}.{name} is {column['data_type']}"
        for model in models
        for name, column in model["columns"].items()
        if name.endswith("_key") and not name.endswith("_natural_key")
        if column["data_type"] != ("integer" if name.endswith("date_key") else "bigint")
    ]
    assert faults == []
    tested = {
        (test["attached_node"], test["test_metadata"]["kwargs"]["key"])
        for test in project.nodes("test")
        if (test.get("test_metadata") or {}).get("name") == "one_key_each"
    }
    hashed = {
        (model["unique_id"], f"{model['name'].removeprefix('dim_')}_key")
        for model in models
        if model["name"].startswith("dim_") and model["name"] != "dim_date"
    }
    assert len(hashed) > 8
    assert tested == hashed


def test_names_of_a_layer_start_alike(models: Models) -> None:
    prefixes = {
        "models/transform": "stg_",
        "models/transform/vault": "vault_",
        "models/gold/dimensions": "dim_",
        "models/gold/facts": "fact_",
        "models/gold/analytics": "analytics_",
    }
    faults = []
    for model in models:
        folder = str(Path(model["original_file_path"]).parent)
        near = max((f for f in prefixes if folder.startswith(f)), key=len, default=None)
        if near is None or (near != folder and not near.endswith("analytics")):
            continue
        if not model["name"].startswith(prefixes[near]):
            faults.append(model["original_file_path"])
    assert faults == []


def test_silver_reads_bronze_and_gold_reads_silver(models: Models) -> None:
    faults = []
    for model in models:
        parents = model["depends_on"]["nodes"]
        if model["schema"].startswith("gold"):
            faults += [f"{model['name']} reads {p}" for p in parents if p.startswith("source.")]
            faults += [f"{model['name']} reads {p}" for p in parents if "vault" in p]
        else:
            later = [p for p in parents if re.search(r"\.(dim|fact|analytics)_", p)]
            faults += [f"{model['name']} reads {p}" for p in later]
    vault = "reads model.financial_analytics.vault_customers"
    # names with the variable include_pii, and the age at the clock
    allowed = {f"dim_customer {vault}", f"current_customer {vault}"}
    assert [fault for fault in faults if fault not in allowed] == []


@pytest.mark.parametrize("kind", ["model", "seed"])
def test_no_name_is_used_twice(project: Any, kind: str) -> None:
    names = [node["name"] for node in project.nodes(kind)]
    assert sorted(names) == sorted(set(names))


def test_the_project_parses_without_warnings(project: Any) -> None:
    """Configuration that applies to nothing, tests of absent models, deprecated spellings."""
    assert project.warnings == []


def test_unit_tests_are_called_subject__behaviour(project: Any) -> None:
    faults = [
        test["name"]
        for test in project.manifest["unit_tests"].values()
        if not test["name"].startswith(f"{test['model']}__")
    ]
    assert faults == []
