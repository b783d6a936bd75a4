"""A project of one model that keeps its settings as the real one does, and builds in seconds."""

from __future__ import annotations

import json
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from financial_analytics import cli
from financial_analytics.cli_options import parse_vars

ROOT = Path(__file__).resolve().parents[2]
MACROS = (
    *("warehouse/builds.sql", "warehouse/settings.sql"),
    *("engines/ledger.sql", "engines/text.sql", "engines/types.sql"),
)
PROJECT = """
name: financial_analytics
profile: financial_analytics
model-paths: [models]
on-run-start: ["{{ create_builds() }}", "{{ keep_settings() }}"]
vars: {currency: USD, days: 90, note: plain, as_of: null}
"""
MODEL = "{{ config(materialized='table') }} select '{{ var('currency') }}' as currency"
KILLER = """
import os


def model(dbt, session):
    dbt.config(materialized="table")
    first = dbt.ref("first")
    os.kill(os.getpid(), 9)
    return first
"""
ODD = 'it\'s "odd" \\ {1} é'
BUILD = ("build", "--no-publish", "--no-tests")


def write_project(folder: Path) -> Path:
    """Write the project, with the macros and the profile of the real one."""
    (folder / "models").mkdir(parents=True)
    (folder / "macros").mkdir()
    for name in MACROS:
        shutil.copy(ROOT / "macros" / name, folder / "macros")
    shutil.copy(ROOT / "profiles.yml", folder)
    (folder / "dbt_project.yml").write_text(PROJECT, encoding="utf-8")
    (folder / "models" / "first.sql").write_text(MODEL, encoding="utf-8")
    return folder


def commands_of(said: str) -> dict[str, list[str]]:
    """Return the words after ``fa`` of the commands ``to keep`` and ``to undo`` in a hint."""
    found = {}
    for line in said.splitlines():
        name, colon, command = line.removeprefix("hint:").strip().partition(":  fa ")
        if colon and name in {"to keep", "to undo"}:
            found[name] = shlex.split(command)
    return found


def check_that_a_setting_lasts(capsys: pytest.CaptureFixture[str], *options: str) -> None:
    """Build with a currency, then without: stopped, until one of the two commands is given."""
    arguments = [*BUILD, *options]
    assert cli.run(arguments) == 0
    given = {"currency": "EUR", "note": ODD, "days": 90, "unknown": 1}
    assert cli.run([*arguments, "--vars", json.dumps({**given, "as_of": "2024-12-31"})]) == 0
    capsys.readouterr()
    assert cli.run(arguments) == 2
    said = capsys.readouterr().err
    assert "error: an earlier build was given variables: currency was EUR; note was" in said
    assert "; this one would set back to USD, plain, so nothing was built" in said
    commands = commands_of(said)
    assert parse_vars(commands["to keep"][-1]) == {"currency": "EUR", "note": ODD}
    assert cli.run(commands["to keep"]) == 0
    assert cli.run(arguments) == 2
    assert cli.run(commands["to undo"]) == 0
    assert cli.run(arguments) == 0


def build_and_die(project: Path, *options: str) -> None:
    """Build with a currency in a process that is killed once the first model is there."""
    killer = project / "models" / "second.py"
    killer.write_text(KILLER, encoding="utf-8")
    words = [sys.executable, "-m", "financial_analytics.cli", *BUILD, *options]
    words += ["--vars", "{currency: EUR}"]
    assert subprocess.run(words, check=False).returncode == -signal.SIGKILL
    killer.unlink()
