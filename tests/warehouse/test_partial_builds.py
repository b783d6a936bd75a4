"""Partial builds: what they need is built, what cannot be tested is not, no mixture published."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import duckdb
import pytest
from tests.support.lab import Lab
from tests.support.small_bank import feeds, transaction

from financial_analytics import cli
from financial_analytics.publish import snapshot_path

MODEL = "analytics_transaction_summary"
PATIENCE_SECONDS = 240


class Desk:
    """A lab and the command line over it."""

    def __init__(self, lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
        self.lab = lab
        self._capsys = capsys

    def fa(self, *arguments: str) -> tuple[int, str]:
        """Run ``fa``; return its exit code and what it said on stderr."""
        code = cli.run([*arguments])
        return code, self._capsys.readouterr().err

    def published(self) -> tuple[str, date, set[date]]:
        """Return run, date and the dates of all relations of the snapshot."""
        with duckdb.connect(str(snapshot_path(self.lab.settings)), read_only=True) as connection:
            ((run, as_of),) = connection.execute(
                "select run_id, as_of_date from gold.run_info"
            ).fetchall()
            names = connection.execute(
                "select table_name from information_schema.columns where column_name = 'as_of_date'"
                " and table_name like 'analytics_%'"
            ).fetchall()
            days = {
                day
                for (name,) in names
                for (day,) in connection.execute(
                    f"select distinct as_of_date from gold.{name}"
                ).fetchall()
            }
        return run, as_of, days


@pytest.fixture
def desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Desk:
    monkeypatch.setenv("FA_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("FA_REPORTS_DIR", str(tmp_path / "reports"))
    lab = Lab(tmp_path)
    lab.load(feeds())
    return Desk(lab, capsys)


def test_documented_selections_on_a_fresh_warehouse(desk: Desk) -> None:
    code, said = desk.fa("build", "-s", "+fact_transactions")
    assert (code, "nothing was published" in said) == (0, True), said
    assert "tests left out: they read what is not built yet" in said
    assert not snapshot_path(desk.lab.settings).exists()
    assert desk.lab.value("select count(*) from gold.fact_transactions") > 0

    code, said = desk.fa("build", "-s", "tag:facts")
    assert code == 0, said
    assert "built as well, for what reads them and did not exist: " in said
    facts = [name for name in desk.lab.relations("gold") if ".fact_" in name]
    assert len(facts) == 13


def test_a_partial_build_after_news_is_not_published(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FA_NOW", "2026-02-01T10:00:00")
    assert desk.fa("build", "--no-tests")[0] == 0
    run, as_of, days = desk.published()
    assert days == {as_of}

    monkeypatch.setenv("FA_NOW", "2026-02-02T10:00:00")
    desk.lab.load({"transactions": [transaction(90, "2024-06-30 10:00:00", "-5.00")]})
    code, said = desk.fa("build", "--no-tests", "-s", f"+{MODEL}")
    assert code == 0, said
    assert "not of one build, so nothing was published: without the newest feeds" in said
    assert desk.published() == (run, as_of, days), "readers keep what they had"
    ((newer,),) = desk.lab.rows(f"select distinct as_of_date from gold.{MODEL}")
    assert newer == date(2024, 6, 30) > as_of

    # The same feeds, other variables: a mixture, too.
    code, said = desk.fa("build", "--no-tests")
    assert code == 0, said
    assert desk.published()[1:] == (newer, {newer})
    full = desk.published()
    code, said = desk.fa("build", "--no-tests", "-s", MODEL, "--vars", "{confidence: 0.8}")
    assert (code, f"different loads or variables: gold.{MODEL}" in said) == (0, True), said
    assert desk.published() == full

    # Nothing new, and the variables have their own values again: as whole as before.
    monkeypatch.setenv("FA_NOW", "2026-02-03T10:00:00")
    code, said = desk.fa("build", "--no-tests", "-s", MODEL, "--vars", "{confidence: 0.95}")
    assert (code, "nothing was published" in said) == (0, False), said
    assert desk.published()[0] != full[0]
    assert desk.published()[1:] == full[1:]

    # Layer by layer: nothing new for readers until the last one.
    desk.lab.load({"transactions": [transaction(91, "2024-07-31 10:00:00", "-5.00")]})
    code, said = desk.fa("build", "--no-tests", "-s", "tag:silver data_clock")
    assert (code, "nothing was published" in said) == (0, True), said
    assert desk.published()[1:] == full[1:]
    code, said = desk.fa("build", "--no-tests", "--exclude", "tag:silver data_clock")
    day = date(2024, 7, 31)
    assert (code, desk.published()[1:]) == (0, (day, {day})), said


def test_what_a_killed_build_left_is_not_published(desk: Desk) -> None:
    assert desk.fa("build", "--no-tests")[0] == 0
    before = desk.published()
    log = desk.lab.folder / "logs" / "dbt.log"
    written = log.stat().st_size
    child = subprocess.Popen(
        [sys.executable, "-m", "financial_analytics.cli", "build", "--no-tests", "--no-skip"],
        env=os.environ.copy(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + PATIENCE_SECONDS
        while "OK created sql table model silver" not in log.read_text()[written:]:
            assert child.poll() is None, "the build ended before it was killed"
            assert time.monotonic() < until
            time.sleep(0.02)
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
    code, said = desk.fa("build", "--no-tests", "-s", MODEL)
    assert (code, "nothing was published: left half built" in said) == (0, True), said
    assert desk.published() == before
    assert desk.fa("build", "--no-tests")[0] == 0
    assert desk.published()[1:] == before[1:]
