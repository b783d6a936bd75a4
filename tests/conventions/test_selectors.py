"""The selectors that docs/commands.md promises select something, and the right things."""

from __future__ import annotations

from typing import Any

import pytest

SELECTORS = {
    "tag:silver": 22,
    "tag:transform": 22,
    "tag:gold": 38,
    "tag:dimension": 9,
    "tag:facts": 13,
    "tag:fact": 13,
    "tag:analytics": 16,
    "gold.analytics.01_descriptive_analytics.*": 16,
    "gold.analytics.03_exploratory_analytics.*": 8,
    "tag:exploratory": 8,
    "gold.analytics.04_inferential_analytics.*": 7,
    "tag:inferential": 7,
    "fact_transactions": 1,
}


@pytest.mark.parametrize(("selector", "at_least"), SELECTORS.items())
def test_selector__selects(project: Any, selector: str, at_least: int) -> None:
    assert len(project.selected(selector)) >= at_least


@pytest.mark.parametrize(
    ("one", "other"), [("tag:silver", "tag:transform"), ("tag:facts", "tag:fact")]
)
def test_selector__synonyms_select_the_same(project: Any, one: str, other: str) -> None:
    assert sorted(project.selected(one)) == sorted(project.selected(other))


def test_selector__layers_do_not_overlap(project: Any) -> None:
    silver, gold = set(project.selected("tag:silver")), set(project.selected("tag:gold"))
    assert silver & gold == set()
    assert silver | gold == set(project.selected("financial_analytics"))


def test_selector__a_wrong_one_selects_nothing(project: Any) -> None:
    assert project.selected("tag:no_such_tag") == []
