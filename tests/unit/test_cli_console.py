"""Tables, times and the display of the command line."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta, timezone

import pytest
from rich.console import Console

from financial_analytics.cli_console import Display, format_table, now, parse_time, run_id
from financial_analytics.errors import UserInputError


def test_format_table__aligns_numbers_right_and_text_left() -> None:
    table = format_table(["table", "read"], [["customers", 1234567], ["accounts", 5]])
    assert table == "table           read\ncustomers  1,234,567\naccounts           5"


def test_format_table__without_rows_is_its_header() -> None:
    assert format_table(["table", "read"], []) == "table  read"


def test_parse_time__is_utc_whatever_was_given() -> None:
    expected = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    assert parse_time("2026-01-02T03:04:00Z", "x") == expected
    assert parse_time("2026-01-02 03:04", "x") == expected
    assert parse_time("2026-01-02T05:04+02:00", "x") == expected
    assert parse_time("2026-01-02T05:04+02:00", "x").tzinfo is UTC
    with pytest.raises(UserInputError, match="--loaded-at 'soon'"):
        parse_time("soon", "--loaded-at")


def test_now__is_pinned_by_fa_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FA_NOW", "2026-01-02T03:04:05Z")
    assert now() == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    monkeypatch.delenv("FA_NOW")
    assert abs(now() - datetime.now(UTC)) < timedelta(minutes=1)
    assert now().microsecond == 0


def test_run_id__sorts_like_time() -> None:
    east = timezone(timedelta(0))
    first = run_id(datetime(2026, 1, 2, 3, 4, 5, tzinfo=east))
    assert first == "20260102T030405Z"
    assert first < run_id(datetime(2026, 1, 2, 3, 4, 6, tzinfo=east))


def test_display__off_a_terminal_says_one_line_per_step() -> None:
    stream = io.StringIO()
    with Display(Console(file=stream)) as display:
        with display.step("ingest") as step:
            step.total(2)
            step.started("[bold]customers.csv[/]")
            step.finished("customers.csv", "done", 0.0)
            step.summary = "18 rows [all of them]"
        with pytest.raises(ValueError, match="boom"), display.step("build"):
            raise ValueError("boom")
    lines = stream.getvalue().splitlines()
    assert lines[0].startswith("ingest    18 rows [all of them] (")
    assert lines[1].startswith("build     stopped (")
    assert len(lines) == 2


def test_display__on_a_terminal_shows_how_far_it_is() -> None:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=100, color_system=None)
    with Display(console) as display, display.step("build") as step:
        step.total(4)
        step.started("fact_transactions [x]")
        step.finished("fact_transactions", "success", 0.1)
        display.refresh()
    shown = stream.getvalue()
    assert "1/4" in shown
    assert "fact_transactions [x]" in shown
