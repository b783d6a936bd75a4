"""The Python tree keeps its layers: who may import whom, no clock, no hidden randomness, size."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest
from tests.conventions import rules

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "financial_analytics"
MODULES = sorted(PACKAGE.rglob("*.py"))
SHELLS = sorted((ROOT / "models").rglob("*.py"))
ENGINES = {"duckdb", "pyspark", "psycopg", "psycopg2", "adbc_driver_postgresql", "sqlalchemy"}
CLOCK_OWNERS = {"cli_console.py"}
LONGEST_MODULE = 400

# What a part of the package may not import.
FORBIDDEN = {
    "stats": {"dbt", "plotly", *ENGINES, "financial_analytics.engines"},
    "models": {"dbt", "plotly", *ENGINES, "financial_analytics.engines"},
    "charts": {"dbt", *ENGINES, "financial_analytics.engines", "financial_analytics.reports"},
    "reports": {"dbt", *ENGINES},
    "synthetic": {"dbt", "plotly", *ENGINES, "financial_analytics.engines"},
    "ingest": {"dbt", "plotly", *ENGINES},
}


def _name(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def _module(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)


def test_there_are_modules_to_look_at() -> None:
    assert len(MODULES) >= 10


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_imports_go_one_way(path: Path) -> None:
    part = path.relative_to(PACKAGE).parts[0]
    forbidden = FORBIDDEN.get(part, set() if part == "engines" else ENGINES)
    assert rules.import_faults(path.read_text(encoding="utf-8"), forbidden, _module(path)) == []


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_modules_are_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) < LONGEST_MODULE


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_only_the_command_line_reads_the_clock(path: Path) -> None:
    faults = rules.clock_faults(path.read_text(encoding="utf-8"))
    assert path.name in CLOCK_OWNERS or faults == []


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_randomness_comes_through_an_rng(path: Path) -> None:
    assert rules.randomness_faults(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_each_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", SHELLS, ids=lambda path: path.name)
def test_a_python_model_is_a_shell(path: Path) -> None:
    """A docstring, imports of the package, and one short ``model`` function."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [item for item in tree.body if isinstance(item, ast.FunctionDef)]
    assert [function.name for function in functions] == ["model"]
    assert len(functions[0].body) <= 8


@pytest.mark.parametrize("path", SHELLS, ids=lambda path: path.name)
def test_a_python_model_computes_on_one_thread(path: Path) -> None:
    """Or its last digits would depend on the machine's cores."""
    imports = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
               if isinstance(node, ast.ImportFrom)]  # fmt: skip
    functions = [
        getattr(importlib.import_module(str(node.module)), name.name)
        for node in imports for name in node.names
    ]  # fmt: skip
    assert functions
    for function in functions:
        assert function.__code__.co_name == "limited", f"{function.__name__}: add @one_thread"
