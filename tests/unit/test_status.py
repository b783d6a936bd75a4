"""``fa status``: what a scheduler reads at three in the morning."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.support.lab import Lab
from tests.support.small_bank import customer, feeds

from financial_analytics import cli, runs
from financial_analytics.errors import BuildError
from financial_analytics.results import BuildResult, NodeResult

START = datetime(2026, 1, 2, 3, tzinfo=UTC)
END = datetime(2026, 1, 2, 3, 1, 30, tzinfo=UTC)


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """Load a bank with one row in quarantine."""
    lab = Lab(tmp_path)
    rows = feeds()
    rows["customers"].append(customer(4, credit_score="far too good"))
    lab.load(rows)
    monkeypatch.setenv("FA_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("FA_NOW", "2026-01-02T07:00:00Z")
    return lab


def begun(lab: Lab, run_id: str = "20260102T030000Z") -> runs.BuildRun:
    """Write down that a build began."""
    run = runs.BuildRun(run_id, "duckdb", "build", START.isoformat())
    runs.remember(lab.settings, run)
    return run


def node(name: str, status: str, *, alone: bool = False) -> NodeResult:
    """Return how a node ended."""
    return NodeResult(
        name=name, kind="test", status=status, seconds=1.0, message="", failing_rows=0,
        is_left_alone=alone,
    )  # fmt: skip


def test_status_tells_age_quarantine_and_builds(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    nodes = (node("one", "pass"), node("two", "warn"), node("three", "pass", alone=True))
    result = BuildResult(nodes=nodes, log_file=lab.folder / "dbt.log")
    runs.remember(lab.settings, runs.done(begun(lab), result, END))
    assert cli.run(["status", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["is_well"]
    assert [feed["feed"] for feed in said["feeds"]] == sorted(feeds())
    assert said["feeds"][1] == {
        "feed": "customers", "loaded_at": "2026-01-01T07:00:00", "age_hours": 24.0, "loads": 1,
        "accepted_rows": 3, "quarantined_rows": 1,
    }  # fmt: skip
    assert said["quarantine"] == [
        {"feed": "customers", "column": "credit_score", "rule": "number", "rows": 1}
    ]
    (run,) = said["runs"]
    assert (run["outcome"], run["seconds"]) == ("done", 90.0)
    assert (run["ran"], run["left_alone"]) == (2, 1)
    assert said["warnings"] == ["two"]


def test_a_failed_build_ends_in_one_and_names_its_tests(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    error = BuildError("2 of 9 nodes failed\n  test grain_a: Got 1 result\n  model dim_b: no")
    runs.remember(lab.settings, runs.stopped(begun(lab), error, END))
    assert cli.run(["status"]) == 1
    shown = capsys.readouterr()
    assert "failed: grain_a\nfailed: dim_b\n" in shown.err
    assert "2026-01-01T07:00:00" in shown.out


def test_a_killed_build_is_begun_and_a_torn_line_is_no_run(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    begun(lab)
    with runs.runs_path(lab.settings).open("a") as file:
        file.write('{"run_id": "2026')
    assert cli.run(["status", "--json"]) == 1
    assert [run["outcome"] for run in json.loads(capsys.readouterr().out)["runs"]] == ["begun"]


def test_a_warehouse_that_cannot_be_read_is_said(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    lab.settings.warehouse_path.write_bytes(b"no warehouse" * 1000)
    assert cli.run(["status", "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["feeds"] == []
    assert "warehouse" in said["warehouse"]


def test_nothing_yet_is_nothing_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FA_DATA_DIR", str(tmp_path))
    assert cli.run(["status", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["feeds"] == []
