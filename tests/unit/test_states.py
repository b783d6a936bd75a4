"""Relations are of one build, or it is said which are not and why."""

from __future__ import annotations

import pytest

from financial_analytics.states import Built, ledger_of, why_not_one

GOLD = ["analytics_a", "analytics_b", "dim_c", "fact_d", "history_e"]
OLD, NEW, OTHER = "7:aa", "9:aa", "9:bb"


def ledger(clock: str = NEW, building: str | None = None, **states: str) -> dict[str, Built]:
    rows = {"silver.data_clock": clock} | {f"gold.{name}": NEW for name in GOLD[:4]}
    rows |= {f"gold.{name}": state for name, state in states.items()}
    return dict(ledger_of((name, state, name == building) for name, state in rows.items()))


def test_one_build_is_one() -> None:
    assert why_not_one(ledger(), GOLD) is None
    assert why_not_one(ledger(dim_c="constant"), GOLD) is None, "it reads no feed"
    assert why_not_one(ledger(history_e=OLD), GOLD) is None, "readers are not given it"


def test_a_project_without_a_data_clock() -> None:
    found = ledger()
    del found["silver.data_clock"]
    assert why_not_one(found, GOLD) is None


def test_without_a_ledger_nothing_is_known_against_it() -> None:
    assert why_not_one(None, GOLD) is None


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (ledger(analytics_a=OLD), "without the newest feeds (batch 9): gold.analytics_a"),
        (
            ledger(clock=OLD, analytics_a=OLD, dim_c=OLD),
            "without the newest feeds (batch 9): silver.data_clock and 2 more",
        ),
        (ledger(analytics_a=OTHER), "built with other variables: gold.analytics_"),
        (
            ledger(analytics_b="mixed"),
            "different loads or variables: gold.analytics_b",
        ),
        (ledger(fact_d="unknown"), "of an earlier version, or never built: gold.fact_d"),
        (ledger(building="gold.dim_c"), "left half built: gold.dim_c"),
    ],
)
def test_what_is_not_of_one_build_is_named(given: dict[str, Built], reason: str) -> None:
    assert reason in str(why_not_one(given, GOLD))


def test_a_relation_that_the_ledger_does_not_know() -> None:
    found = ledger()
    del found["gold.analytics_b"]
    assert "or never built: gold.analytics_b" in str(why_not_one(found, GOLD))
