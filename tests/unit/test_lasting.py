"""Settings that last: no build sets back in silence what an earlier one was given."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import duckdb
import pytest
import yaml
from tests.support.lasting import (
    BUILD,
    ODD,
    PROJECT,
    ROOT,
    build_and_die,
    check_that_a_setting_lasts,
    commands_of,
    write_project,
)

from financial_analytics import cli
from financial_analytics.build import BuildOptions, build
from financial_analytics.lasting import Undone, command, undone
from financial_analytics.settings import Settings


class Terminal(io.StringIO):
    """A stream that takes itself for a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    project = write_project(tmp_path / "project")
    monkeypatch.setenv("FA_PROJECT_DIR", str(project))
    monkeypatch.setenv("FA_DATA_DIR", str(tmp_path / "data"))
    return Settings(project, tmp_path / "data", tmp_path / "reports")


def built_with(settings: Settings) -> str:
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        ((currency,),) = connection.execute("select currency from gold.first").fetchall()
    return str(currency)


def kept(settings: Settings) -> list[dict[str, object]]:
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        rows = connection.execute("select variables from builds.settings order by build_number")
        return [json.loads(variables) for (variables,) in rows.fetchall()]


def test_a_build__stops_where_it_would_undo_and_names_both_commands(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    check_that_a_setting_lasts(capsys)
    assert built_with(settings) == "USD"
    given, *later = kept(settings)
    assert given == {"currency": "EUR", "note": ODD, "days": 90, "unknown": 1}
    assert later == [
        {"currency": "EUR", "note": ODD},
        {"currency": "USD", "note": "plain"},
        {},
    ]


def test_a_stopped_build__changes_nothing(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run([*BUILD, "--vars", "{currency: EUR, days: 30}"]) == 0
    before = settings.warehouse_path.read_bytes()
    capsys.readouterr()
    assert cli.run([*BUILD, "--vars={days: 60}", "-s", "first"]) == 2
    assert settings.warehouse_path.read_bytes() == before
    assert commands_of(capsys.readouterr().err) == {
        "to keep": [*BUILD, "-s", "first", "--vars", "{days: 60, currency: EUR}"],
        "to undo": [*BUILD, "-s", "first", "--vars", "{days: 60, currency: USD}"],
    }
    assert cli.run(["demo"]) == 2
    assert "to keep:  fa demo --vars '{currency: EUR, days: 30}'" in capsys.readouterr().err
    assert settings.warehouse_path.read_bytes() == before
    assert not settings.feeds_dir.exists()


@pytest.mark.parametrize(("answer", "code", "currency"), [("y\n", 0, "USD"), ("\n", 2, "EUR")])
def test_on_a_terminal__it_asks(
    answer: str, code: int, currency: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(settings, BuildOptions(variables={"currency": "EUR"}))
    stderr = Terminal()
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    monkeypatch.setattr(sys, "stderr", stderr)
    assert cli.run(list(BUILD)) == code
    assert "this one would set back to USD\nGo on? [y/N] " in stderr.getvalue()
    assert ("so nothing was built" in stderr.getvalue()) == (code == 2)
    assert built_with(settings) == currency


def test_a_killed_build__counts(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """Its first model was built with another currency before it died."""
    assert cli.run(list(BUILD)) == 0
    build_and_die(settings.project_dir)
    assert cli.run(list(BUILD)) == 2
    assert "currency was EUR" in capsys.readouterr().err
    assert built_with(settings) == "EUR"


def test_what_is_given__asks_nothing(settings: Settings) -> None:
    build(settings, BuildOptions(variables={"currency": "EUR"}))
    assert undone(settings, {"days": 30}, "duckdb") == [Undone("currency", "EUR", "USD")]
    assert undone(settings, {"currency": "CHF"}, "duckdb") == []


def test_the_projects_own_file__is_the_other_place_to_keep_it(settings: Settings) -> None:
    build(settings, BuildOptions(variables={"currency": "EUR"}))
    project = settings.project_dir / "dbt_project.yml"
    project.write_text(PROJECT.replace("currency: USD", "currency: EUR"), encoding="utf-8")
    assert undone(settings, {}, "duckdb") == []


def test_before_the_first_build__there_is_nothing_to_undo(settings: Settings) -> None:
    assert undone(settings, {}, "duckdb") == []
    assert not settings.warehouse_path.exists()


def test_commands__are_quoted_for_a_shell() -> None:
    line = ["demo", "--vars", "{a: 1}", "--feeds", "my feeds"]
    assert command(line, {"a": 2, "b": [1, "x"], "c": None}) == (
        "fa demo --feeds 'my feeds' --vars '{a: 2, b: [1, x], c: null}'"
    )


def test_the_real_project__keeps_its_settings() -> None:
    project = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))
    hooks = project["on-run-start"]
    assert hooks.index("{{ create_builds() }}") < hooks.index("{{ keep_settings() }}")
