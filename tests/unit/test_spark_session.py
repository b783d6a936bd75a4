"""What a user without Java, or without a place to write to, is told; no JVM is started."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.lab import write_feed
from tests.support.small_bank import customer

from financial_analytics import cli
from financial_analytics.engines import spark_session


@pytest.fixture(autouse=True)
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    assert not spark_session.is_started()
    monkeypatch.setenv("FA_DATA_DIR", str(tmp_path / "data"))
    write_feed(tmp_path, "customers", [customer(1)])
    return tmp_path


@pytest.mark.parametrize("command", ["ingest", "build"])
def test_without_java(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], place: Path, command: str
) -> None:
    monkeypatch.setenv("PATH", str(place))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    arguments = {"ingest": [str(place)], "build": ["--select", "dim_date"]}[command]
    assert cli.run([command, *arguments, "--target", "spark"]) == {"ingest": 5, "build": 4}[command]
    said = capfd.readouterr().err
    assert "Spark needs Java 17" in said
    assert "openjdk-17-jre-headless" in said
    assert "Traceback" not in said


def test_doctor_without_java(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], place: Path
) -> None:
    monkeypatch.setenv("PATH", str(place))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    assert cli.run(["doctor", "--target", "spark"]) == 1
    said = capfd.readouterr()
    assert "Spark needs Java 17" in said.out
    assert "Traceback" not in said.out + said.err


def test_a_warehouse_that_cannot_be_created(capfd: pytest.CaptureFixture[str], place: Path) -> None:
    (place / "data").mkdir()
    (place / "data" / "spark").write_text("no folder")
    assert cli.run(["ingest", str(place), "--target", "spark"]) == 5
    said = capfd.readouterr().err
    assert "cannot be created" in said
    assert "FA_DATA_DIR" in said
    assert "Traceback" not in said
