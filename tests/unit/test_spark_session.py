"""What a user without Java, or without a place to write to, is told; and how a command ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.lab import write_feed
from tests.support.small_bank import customer

from financial_analytics import cli
from financial_analytics.engines.spark import session as spark_session

START = """
from pyspark import SparkContext
from financial_analytics.engines.spark import session as spark_session
spark_session.session()
print(SparkContext._gateway.proc.pid)
"""


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
    assert cli.run([command, *arguments, "--target", "spark"]) == 5
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


def test_the_jvm_ends_before_the_process(place: Path) -> None:
    """The metastore serves one process: the next command must find it free."""
    done = subprocess.run([sys.executable, "-c", START], capture_output=True, text=True, check=True)
    assert (place / "data" / "spark" / "metastore").is_dir()
    assert not Path(f"/proc/{int(done.stdout)}").exists()
