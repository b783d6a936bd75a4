"""Macros are read as closely as models: called, described, in their room, plainly laid out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from dbt.context.providers import ModelContext

ROOT = Path(__file__).resolve().parents[2]
MACROS = sorted((ROOT / "macros").rglob("*.sql"))
ROOMS = {"engines", "warehouse", "finance", "statistics", "tests"}
DEFINED = re.compile(r"{%-?\s*(macro|test)\s+(\w+)\s*\(")
ENGINES = r"(?:default|duckdb|postgres|spark)__"
# Names that dbt itself looks for.
CALLED_BY_DBT = {
    "generate_schema_name",
    "get_incremental_replace_partitions_sql",
    "get_incremental_replace_rows_sql",
}
LONGEST_LINE = 140
KEYWORDS = re.compile(r"\b(SELECT|FROM|WHERE|GROUP BY|ORDER BY|CASE|WHEN|JOIN|CAST|UNION|OVER)\b")


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _code(path: Path) -> str:
    """Return a file without Jinja comments, keeping the line numbers."""
    text = path.read_text(encoding="utf-8")
    return re.sub(r"{#.*?#}", lambda found: "\n" * found[0].count("\n"), text, flags=re.S)


def _callers() -> str:
    """Return whatever may call a macro; definitions are not calls."""
    folders = ("macros", "models", "src/dbt", "tests/warehouse/singular")
    paths = [ROOT / "dbt_project.yml"]
    for folder in folders:
        found = (ROOT / folder).rglob("*")
        paths += [path for path in found if path.suffix in {".sql", ".yml", ".py"}]
    return "\n".join(DEFINED.sub("", _code(path)) for path in paths)


def test_each_macro_has_a_caller() -> None:
    called = set(re.findall(r"\w+", _callers()))
    defined = {name for path in MACROS for _, name in DEFINED.findall(_code(path))}
    ours = {name for name in defined if not re.match(ENGINES, name)}
    assert len(ours) > 80
    assert ours - called - CALLED_BY_DBT == set()
    # an engine's version of a macro of ours, or of one of dbt's, named by dbt's own dispatch
    published = {re.sub(ENGINES, "", name) for name in defined - ours}
    dispatched = set(re.findall(r"dispatch\('(\w+)'", _callers()))
    assert dispatched <= published
    assert dispatched <= ours


def test_no_macro_hides_what_dbt_gives_every_template() -> None:
    """One called `flags` once made every hook believe that nothing was being built."""
    given = set(ModelContext._context_members_) | {"execute", "flags", "graph", "this"}
    defined = {name for path in MACROS for _, name in DEFINED.findall(_code(path))}
    assert {"flags", "log", "ref", "run_started_at", "var"} <= given
    assert defined & given == set()


@pytest.mark.parametrize("path", MACROS, ids=_name)
def test_a_macro_file_is_in_a_room_and_says_what_it_holds(path: Path) -> None:
    assert path.relative_to(ROOT / "macros").parts[0] in ROOMS
    assert path.read_text(encoding="utf-8").startswith("{#-"), "no comment at its head"


@pytest.mark.parametrize("path", MACROS, ids=_name)
def test_a_macro_file_is_laid_out_plainly(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    faults = []
    for number, line in enumerate(text.splitlines(), start=1):
        if len(line) > LONGEST_LINE:
            faults.append(f"line {number}: {len(line)} characters")
        if line != line.rstrip() or "\t" in line:
            faults.append(f"line {number}: a tab, or space at the end")
    faults += [f"{found[0]} is not lower case" for found in KEYWORDS.finditer(_code(path))]
    opened = len(re.findall(r"{%-?\s*(?:macro|test)\s", _code(path)))
    assert opened == len(re.findall(r"{%-?\s*end(?:macro|test)\s", _code(path)))
    if not text.endswith("\n") or text.endswith("\n\n"):
        faults.append("does not end in one newline")
    assert faults == []
