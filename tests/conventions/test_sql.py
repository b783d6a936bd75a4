"""No banned spelling in SQL, no engine name where it does not belong."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.conventions import rules

ROOT = Path(__file__).resolve().parents[2]
SQL = sorted(
    path
    for folder in ("models", "macros", "tests/warehouse")
    for path in (ROOT / folder).rglob("*.sql")
    if "engines" not in path.relative_to(ROOT).parts
)
NEUTRAL = sorted(
    [
        *SQL,
        *(path for path in (ROOT / "models").rglob("*.yml")),
        *(path for path in (ROOT / "models").rglob("*.py")),
        *(path for path in (ROOT / "models").rglob("*.md")),
        *(path for path in (ROOT / "macros").rglob("*.yml")),
        ROOT / "dbt_project.yml",
    ]
)
MODELS = [path for path in SQL if path.is_relative_to(ROOT / "models")]


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_there_is_sql_to_look_at() -> None:
    assert len(MODELS) >= 22


@pytest.mark.parametrize("path", SQL, ids=_name)
def test_sql_keeps_the_bans(path: Path) -> None:
    faults = rules.sql_faults(path.read_text(encoding="utf-8"))
    if path.is_relative_to(ROOT / "macros"):  # macros and tests are built around relations given
        faults = [fault for fault in faults if not fault.startswith("select *")]
    assert faults == []


@pytest.mark.parametrize("path", NEUTRAL, ids=_name)
def test_no_engine_is_named(path: Path) -> None:
    assert rules.engine_faults(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", MODELS, ids=_name)
def test_a_model_is_at_most_150_lines(path: Path) -> None:
    """docs/style.md: longer than about 120 lines is two models; a quarter more is "about"."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 150
