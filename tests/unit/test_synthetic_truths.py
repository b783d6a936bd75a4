"""Every effect of the synthetic bank, found again with its interval, and not found once gone.

`tests/support/studies_*.py` hold the studies: what is estimated, how, and on which two banks.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from tests.support.synthetic_lab import covers
from tests.support.synthetic_studies import WIDTH, Study
from tests.support.synthetic_table import (
    ELSEWHERE,
    SOURCES,
    STUDIES,
    found_by,
    parameters,
    stated,
    table,
)

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "financial_analytics" / "synthetic"
CASES = [(study, parameter) for study in STUDIES for parameter in study.finds]
NAMES = [parameter for _, parameter in CASES]


@pytest.mark.parametrize(("study", "parameter"), CASES, ids=NAMES)
def test_planted__value_is_inside_the_interval_and_no_effect_outside(
    study: Study, parameter: str
) -> None:
    estimate, error = study.found(study.planted)[parameter]
    assert covers(estimate, error, study.value(study.planted, parameter), WIDTH)
    assert not covers(estimate, error, study.value(study.removed, parameter), WIDTH)


@pytest.mark.parametrize(("study", "parameter"), CASES, ids=NAMES)
def test_removed__no_effect_is_inside_the_interval_and_the_planted_value_outside(
    study: Study, parameter: str
) -> None:
    estimate, error = study.found(study.removed)[parameter]
    assert covers(estimate, error, study.value(study.removed, parameter), WIDTH)
    assert not covers(estimate, error, study.value(study.planted, parameter), WIDTH)


def test_studies__find_every_parameter_of_the_configuration() -> None:
    assert {name for name, _ in parameters()} == set(found_by())
    assert len(NAMES) == len(set(NAMES)) > 100


def test_studies__effects_are_tried_at_zero() -> None:
    """An effect is removed by 0, or by 1 where it multiplies; other parameters just differ."""
    removed = {name: study.value(study.removed, name) for study, name in CASES}
    effects = {n: v for n, v in removed.items() if n.endswith(("_effect", "_elasticity", "lift"))}
    assert len(effects) > 35
    assert set(effects.values()) == {0.0}
    assert removed["archetypes.separation"] == removed["autopay.hazard_ratio"] == 0.0
    assert removed["churn.falling_activity"] == 1.0


@pytest.mark.parametrize("mechanism", SOURCES)
def test_sources__stand_in_the_docstring_of_the_mechanism(mechanism: str) -> None:
    _, text = stated(mechanism)
    assert SOURCES[mechanism][1] in text


def test_formulas__name_every_parameter_in_a_docstring() -> None:
    texts = []
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.name != "config.py":
            nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            kinds = ast.Module | ast.FunctionDef | ast.ClassDef
            texts += [ast.get_docstring(node) or "" for node in nodes if isinstance(node, kinds)]
    words = "\n".join(texts)
    assert [name for name, _ in parameters() if name.split(".")[1] not in words] == []


def test_elsewhere__tests_exist() -> None:
    text = (ROOT / "tests" / "unit" / "test_synthetic_files.py").read_text(encoding="utf-8")
    assert all(f"def {name}(" in text for name in ELSEWHERE.values())


def test_documentation__holds_the_table_of_the_parameters() -> None:
    text = (ROOT / "docs" / "synthetic-bank.md").read_text(encoding="utf-8")
    assert table() in text
