"""What documents say of lineage, method and tests is what dbt and the code have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from financial_analytics.described import children, code_files, describe, feeds, reads
from financial_analytics.errors import UserInputError
from financial_analytics.methods import PACKAGE, method

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conventions.conftest import Project


LISTED = {
    *("dim_date", "feed_ends", "int_feeds", "int_feed_months"),
    *("int_quality_models", "model_metrics", "model_registry"),
    *("int_account_opening_balances", "int_loader_remarks", "int_quarantined_rows"),
}
"""Relations that read a list of relations, or a ledger of ingest: documents say less of them."""
BY_VARIABLE = {"dim_customer": {"vault_customers"}}
"""Read with a variable that is off."""


def test_lineage_is_that_of_the_manifest(root: Path, project: Project) -> None:
    nodes = {node["name"]: node for node in project.nodes("model")}
    assert set(nodes) == set(code_files(root))
    differing = {}
    for name, node in nodes.items():
        parents, sources = (set(names) for names in reads(root, name))
        needed = [identifier.split(".") for identifier in node["depends_on"]["nodes"]]
        wanted = {parts[-1] for parts in needed if parts[0] == "model"}
        tables = {parts[-1] for parts in needed if parts[0] == "source"}
        parents -= BY_VARIABLE.get(name, set())
        same = parents <= wanted if name in LISTED else (parents, sources) == (wanted, tables)
        if not same:
            differing[name] = (parents ^ wanted, sources ^ tables)
    assert differing == {}
    assert {name for name in LISTED if name not in nodes} == set()


def test_tests_are_those_of_the_manifest(root: Path, project: Project) -> None:
    """Each model's own; what a test compares it with is no second test of that relation."""
    attached: dict[str, int] = {}
    for node in project.nodes("test"):
        if owner := node.get("attached_node"):
            attached[owner.split(".")[-1]] = attached.get(owner.split(".")[-1], 0) + 1
    units: dict[str, int] = {}
    for test in project.manifest["unit_tests"].values():
        units[test["model"]] = units.get(test["model"], 0) + 1
    names = [name for name in code_files(root) if name.startswith("analytics_")]
    assert len(names) >= 63
    for name in names:
        said = describe(root, name)
        assert len(said.checks) == attached[name], name
        assert len(said.unit_tests) == units.get(name, 0), name
        assert all(check.kind for check in said.checks)


def test_feeds_are_those_that_numbers_come_from(root: Path) -> None:
    assert feeds(root, "analytics_marketing_response_curves") == (
        *("campaign_touches", "customers", "marketing_campaigns"),
    )
    assert "regulatory_reports" not in feeds(root, "analytics_transaction_by_channel")
    assert "analytics_transaction_by_channel" in children(root)["fact_transactions"]


def test_a_method_is_followed_to_what_it_cites(root: Path) -> None:
    steps = {step.name: step for step in method(root, "analytics_credit_score_impact_analysis")}
    assert "Calonico" in steps["discontinuity"].references
    assert "Assumes" in steps["discontinuity"].notes
    assert steps["discontinuity"].path == PACKAGE / "stats" / "causal" / "discontinuity.py"
    # by way of what prepares it, in Python and in SQL
    names = {step.name for step in method(root, "analytics_customer_churn_prediction")}
    assert {"fit_scorecard", "auc_interval", "days_between"} <= names
    assert not {"to_pandas", "one_thread", "money"} & names
    wilson = method(root, "analytics_transaction_by_channel")[0]
    assert wilson.name == "wilson_lower" and "1927" in wilson.summary


def test_an_unknown_relation_is_refused(root: Path) -> None:
    with pytest.raises(UserInputError, match="describes no analytics_nothing"):
        describe(root, "analytics_nothing")
