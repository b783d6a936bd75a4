"""What dbt parsed is found again by what it depends on, and by nothing else."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from financial_analytics.parsed import KEPT, PARTIAL_PARSE, ParsedProject

ROOT = Path(__file__).parents[2]
MODEL = "select '{{ env_var('FA_PERSIST_DOCS') }}' as docs\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of one model, and an empty cache."""
    monkeypatch.setenv("FA_CACHE_DIR", str(tmp_path / "cache"))
    folder = tmp_path / "project"
    (folder / "models").mkdir(parents=True)
    for name in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(ROOT / name, folder)
    (folder / "models" / "one.sql").write_text(MODEL)
    return folder


def key(project: Path, target: str = "duckdb", **variables: object) -> str:
    return ParsedProject(project, target, variables).path.name


def test_a_file_a_target_or_a_variable_that_changes_is_another_parse(project: Path) -> None:
    keys = [key(project), key(project, "postgres"), key(project, activity_days=30)]
    (project / "models" / "two.sql").write_text("select 1")
    keys.append(key(project))
    (project / "models" / "two.sql").write_text("select 2")
    keys.append(key(project))
    (project / "macros").mkdir()
    (project / "macros" / "m.sql").write_text("{% macro m() %}1{% endmacro %}")
    keys.append(key(project))
    assert len(set(keys)) == len(keys)


def test_what_the_project_reads_of_the_environment_counts_but_for_the_way_to_the_data(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FA_PG_DBNAME", "one")
    before = key(project)
    for name in ("FA_DATA_DIR", "FA_PG_HOST", "FA_PG_PASSWORD", "FA_PII_KEY", "FA_NOW"):
        monkeypatch.setenv(name, "elsewhere")
        assert key(project) == before, name
    monkeypatch.setenv("FA_PERSIST_DOCS", "other")  # the model reads it
    changed = key(project)
    monkeypatch.setenv("FA_PG_DBNAME", "two")  # profiles.yml reads it; part of every relation
    assert len({before, changed, key(project)}) == 3


def test_a_torn_file_is_no_parse_and_goes(project: Path, tmp_path: Path) -> None:
    parsed = ParsedProject(project, "duckdb", {})
    (tmp_path / PARTIAL_PARSE).write_bytes(b"\x81\xa5nodes")
    parsed.keep(tmp_path)
    assert parsed.path.exists()
    assert parsed.load() is None
    assert not parsed.path.exists()


def test_the_newest_files_stay(project: Path, tmp_path: Path) -> None:
    (tmp_path / PARTIAL_PARSE).write_bytes(b"")
    for days in range(1, KEPT + 3):
        ParsedProject(project, "duckdb", {"activity_days": days}).keep(tmp_path)
    folder = ParsedProject(project, "duckdb", {}).path.parent
    assert len(list(folder.iterdir())) == KEPT
    assert ParsedProject(project, "duckdb", {"activity_days": KEPT + 2}).path.exists()


def test_a_cache_that_cannot_be_written_costs_nothing_but_the_parse(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("FA_CACHE_DIR", str(tmp_path / "file"))
    (tmp_path / PARTIAL_PARSE).write_bytes(b"")
    parsed = ParsedProject(project, "duckdb", {})
    parsed.keep(tmp_path)
    assert parsed.load() is None
