"""The Python tree keeps its layers: who may import whom, no clock, no hidden randomness, size."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conventions import rules

from financial_analytics.engines import table

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "financial_analytics"
MODULES = sorted(PACKAGE.rglob("*.py"))
SHELLS = sorted((ROOT / "models").rglob("*.py"))
ENGINES = {"duckdb", "pyspark", "psycopg2", "adbc_driver_postgresql", "sqlalchemy"}
DRIVERS = {"pyspark", "psycopg2"}
SERVERS = {"postgres", "spark"}
ENGINE_ROOMS = sorted(path.parent.name for path in (PACKAGE / "engines").glob("*/__init__.py"))
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
def test_only_the_table_of_engines_chooses_one(path: Path) -> None:
    """What another engine does otherwise is said in its folder, and asked of `Engine`."""
    part, *rest = path.relative_to(PACKAGE).parts
    if part == "engines" and rest[0] in {"table.py", *ENGINE_ROOMS}:
        return
    source = path.read_text(encoding="utf-8")
    assert rules.engine_choice_faults(source, ENGINE_ROOMS) == []
    servers = {f"financial_analytics.engines.{name}" for name in SERVERS}
    allowed = {"reports/reader.py": {"financial_analytics.engines.postgres"}}  # reads by its URL
    forbidden = servers - allowed.get(_name(path), set())
    assert rules.import_faults(source, forbidden, _module(path)) == []


def test_each_engine_has_its_three_modules_and_is_in_the_table() -> None:
    assert sorted(table.ENGINES) == ENGINE_ROOMS
    for name in ENGINE_ROOMS:
        engine = table.engine_of(name)
        for part in ("session", "store", "gold"):
            module = f"financial_analytics.engines.{name}.{part}"
            assert getattr(engine, part).__name__ == module


def test_help_loads_no_engine() -> None:
    script = (
        "import sys\nfrom financial_analytics import cli\n"
        "code = cli.run(['--help'])\n"
        f"print(code, sorted({ENGINES | {'dbt'}} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "0 []"


@pytest.mark.parametrize("name", ["postgres", "spark"])
def test_an_engine_of_the_table_loads_no_driver_before_it_is_asked(name: str) -> None:
    script = (
        "import sys\nfrom financial_analytics.engines.table import engine_of\n"
        f"engine_of({name!r})\nprint(sorted({DRIVERS} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


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
