"""A partial build runs what is selected, what that needs, and the tests that can run."""

from __future__ import annotations

from types import SimpleNamespace

from financial_analytics.selection import complete


def node(name: str, *parents: str, kind: str = "model", materialized: str = "table") -> object:
    return SimpleNamespace(
        name=name,
        alias=name,
        schema="gold",
        fqn=["project", name],
        resource_type=kind,
        config=SimpleNamespace(materialized=materialized),
        depends_on=SimpleNamespace(nodes=list(parents)),
    )


NODES = {
    "clock": node("clock", "source.bank"),
    "names": node("names", kind="seed"),
    "dim": node("dim", "clock", "names"),
    "view": node("view", "dim", materialized="ephemeral"),
    "fact": node("fact", "view"),
    "mart": node("mart", "fact"),
    "test_fact": node("test_fact", "fact", kind="test"),
    "test_fact_dim": node("test_fact_dim", "fact", "dim", kind="test"),
    "test_mart_fact": node("test_mart_fact", "mart", "fact", kind="test"),
}
TESTS = ["test_fact", "test_fact_dim", "test_mart_fact"]


def test_an_empty_warehouse_gets_what_the_selected_reads() -> None:
    selection = complete(NODES, ["fact", *TESTS], existing=[])
    assert selection.added == ("clock", "dim", "names", "view")
    assert selection.names == tuple(
        f"project.{name}"
        for name in ("clock", "dim", "fact", "names", "view", "test_fact", "test_fact_dim")
    )
    assert selection.left_out == ("test_mart_fact",)


def test_what_exists_is_left_as_it_is_and_tested_against() -> None:
    there = ["gold.clock", "gold.names", "gold.dim", "gold.mart"]
    selection = complete(NODES, ["fact", *TESTS], existing=there)
    assert selection.added == ("view",), "an ephemeral model is nowhere but in what reads it"
    assert selection.left_out == ()


def test_what_lacks_deep_down_is_built_below_what_exists_only_if_it_is_read() -> None:
    selection = complete(NODES, ["mart"], existing=["gold.fact"])
    assert (selection.names, selection.added) == (("project.mart",), ())


def test_tests_alone_build_nothing() -> None:
    selection = complete(NODES, TESTS, existing=["gold.fact", "gold.dim"])
    assert selection.names == ("project.test_fact", "project.test_fact_dim")
    assert (selection.added, selection.left_out) == ((), ("test_mart_fact",))
