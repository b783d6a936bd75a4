"""The command line: what goes to stdout, what to stderr, and which exit code comes back."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.support.lab import write_feed
from tests.support.small_bank import feeds

from financial_analytics import cli, cli_steps
from financial_analytics.cli_options import parse_vars
from financial_analytics.errors import (
    BuildError,
    EngineError,
    FeedError,
    InvalidInputError,
    UserInputError,
)
from financial_analytics.ingest import IngestReport, Refused
from financial_analytics.results import BuildResult, NodeResult
from financial_analytics.synthetic.presets import PRESETS

TINY_PROJECT = {
    "dbt_project.yml": "name: tiny\nprofile: financial_analytics\nmodel-paths: [models]\n",
    "profiles.yml": "financial_analytics:\n  target: duckdb\n  outputs:\n    duckdb:\n"
    "      type: duckdb\n      path: \"{{ env_var('FA_DATA_DIR') }}/warehouse.duckdb\"\n"
    "      threads: 1\n",
    "models/first.sql": "{{ config(materialized='table') }} select 1 as answer",
}


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FA_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("FA_REPORTS_DIR", str(tmp_path / "reports"))
    monkeypatch.setenv("FA_NOW", "2026-01-02T03:04:05Z")
    monkeypatch.delenv("FA_PROJECT_DIR", raising=False)
    monkeypatch.delenv("FA_TARGET", raising=False)
    return tmp_path / "data"


@pytest.fixture
def tiny_project(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    project = tmp_path / "project"
    for name, text in TINY_PROJECT.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text, encoding="utf-8")
    monkeypatch.setenv("FA_PROJECT_DIR", str(project))
    return project


def write_bank(folder: Path) -> Path:
    for table, rows in feeds().items():
        write_feed(folder, table, rows)
    return folder


def table_of(text: str) -> dict[str, dict[str, int]]:
    header, *lines = text.strip().splitlines()
    names = header.split()[1:]
    cells = [line.split() for line in lines]
    return {
        row[0]: dict(zip(names, (int(cell.replace(",", "")) for cell in row[1:]), strict=True))
        for row in cells
    }


def test_help__without_arguments_lists_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run([]) == 0
    out = capsys.readouterr().out
    for command in ("ingest", "build", "report", "generate", "demo", "doctor"):
        assert f"\n  {command} " in out
    assert "Exit codes" in out


def test_version__is_the_installed_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--version"]) == 0
    assert capsys.readouterr().out == "fa 0.1.0\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["bulid"],
        ["ingest"],
        ["build", "--frobnicate"],
        ["build", "--vars", "[1"],
        ["build", "--vars", "as_of"],
        ["ingest", "/no/such/folder"],
        ["ingest", "--loaded-at", "yesterday", "."],
        ["report", "--category", "09_magic"],
    ],
)
def test_wrong_use__is_exit_2_with_error_and_hint_on_stderr(
    arguments: list[str], data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    lines = captured.err.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("error: "))
    assert lines[start + 1] == ""
    assert lines[start + 2].startswith("hint: ")
    assert "Traceback" not in captured.err
    assert not (data / "warehouse.duckdb").exists()


@pytest.mark.parametrize("command", [["ingest"], ["demo", "--feeds"]])
@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([], "there is no file in it"),
        (["notes.csv", "customers.xlsx"], "customers.xlsx, notes.csv belong to no table"),
        ([f"{n}.csv" for n in range(7)], "0.csv, 1.csv, 2.csv, 3.csv, 4.csv and 2 more belong"),
    ],
)
def test_a_folder_without_feeds__is_exit_2_and_nothing_is_written(
    command: list[str], files: list[str], said: str,
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    folder = tmp_path / "feeds"
    folder.mkdir()
    for name in files:
        (folder / name).write_text("a,b\n1,2\n")
    assert cli.run([*command, str(folder)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert f"error: no feeds in {folder}: {said}" in captured.err
    hint = captured.err.split("hint: ")[1]
    assert all(word in hint for word in ("transactions", ".parquet", "--connector berka"))
    assert not data.exists()


def test_ingest__feeds_of_no_rows_are_loaded(data: Path, tmp_path: Path) -> None:
    (tmp_path / "feeds").mkdir()
    (tmp_path / "feeds" / "merchant_category_codes.csv").write_text("mcc_code,description\n")
    assert cli.run(["ingest", str(tmp_path / "feeds")]) == 0
    assert (data / "warehouse.duckdb").is_file()


def test_now__refuses_a_wrong_fa_now(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FA_NOW", "noon")
    assert cli.run(["ingest", "."]) == 2


def test_ingest__prints_the_table_and_the_same_files_add_nothing(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_bank(tmp_path / "feeds")
    assert cli.run(["ingest", str(folder)]) == 0
    first = table_of(capsys.readouterr().out)
    expected = {table: len(rows) for table, rows in feeds().items()}
    assert {table: line["accepted"] for table, line in first.items()} == {
        **expected,
        "total": sum(expected.values()),
    }
    assert cli.run(["ingest", str(folder)]) == 0
    second = table_of(capsys.readouterr().out)
    assert second["total"]["duplicates"] == second["total"]["read"] == sum(expected.values())
    assert second["total"]["accepted"] == 0


def test_ingest__a_refused_file_is_exit_3_and_the_others_are_in(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_bank(tmp_path / "feeds")
    (folder / "customers.csv").write_text("city\nRome\n", encoding="utf-8")
    assert cli.run(["ingest", str(folder)]) == 3
    captured = capsys.readouterr()
    counts = table_of(captured.out)
    assert "customers" not in counts
    assert counts["transactions"]["accepted"] == len(feeds()["transactions"])
    assert "error: nothing was loaded from customers.csv" in captured.err
    assert "customer_id" in captured.err


def test_ingest__passes_its_options_on(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, Any] = {}

    def ingest(paths: list[Path], **options: Any) -> IngestReport:
        seen.update(options, paths=paths)
        return IngestReport()

    monkeypatch.setattr("financial_analytics.ingest.ingest", ingest)
    mapping = tmp_path / "mapping.yml"
    arguments = ["ingest", str(tmp_path), "--connector", "berka", "--mapping", str(mapping)]
    arguments += ["--encoding", "latin-1", "--delimiter", ";", "--extracted-at", "2025-12-31"]
    assert cli.run(arguments) == 0
    assert seen["paths"] == [tmp_path]
    assert seen["connector"] == "berka"
    assert seen["mapping"] == mapping
    assert (seen["encoding"], seen["delimiter"]) == ("latin-1", ";")
    assert seen["extracted_at"] == datetime(2025, 12, 31, tzinfo=UTC)
    assert seen["loaded_at"] == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_build__runs_and_is_silent_on_stdout(
    tiny_project: Path, data: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Without the key of personal data it says so."""
    assert cli.run(["build", "--no-publish"]) == 0
    captured = capfd.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("build     1 models and seeds, 0 tests (")
    assert captured.err.splitlines()[1:] == [
        "note: FA_PII_KEY is not set: e-mail addresses and telephone numbers have no hashes"
    ]


def test_build__a_failed_model_is_exit_4(
    tiny_project: Path, data: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tiny_project / "models" / "first.sql").write_text("select nonsense", encoding="utf-8")
    assert cli.run(["build"]) == 4
    captured = capfd.readouterr()
    err = captured.err
    assert captured.out == ""
    assert "error: 1 of 1 nodes failed\n  model first: " in err
    assert "hint: full log: " in err
    assert not (data / "published" / "warehouse.duckdb").exists()


def test_build__a_warehouse_in_use_is_exit_5(
    tiny_project: Path, data: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    data.mkdir(exist_ok=True)
    code = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1]); "
        "print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(data / "warehouse.duckdb")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        assert cli.run(["build"]) == 5
        holder.communicate("")
    assert "in use by another process" in capfd.readouterr().err
    assert cli.run(["build", "--no-publish"]) == 0


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)],
    ids=["ctrl_c", "terminated", "hung_up"],
)
def test_build__is_told_to_end_and_says_so(
    tiny_project: Path, data: Path, number: signal.Signals, code: int
) -> None:
    slow = (
        "{{ config(materialized='table') }} "
        "select count(*) as answer from range(200000) as a, range(2000000) as b"
        " where hash(a.range, b.range) % 7 = 1"
    )
    (tiny_project / "models" / "first.sql").write_text(slow, encoding="utf-8")
    # a test run under nohup hands down that hang-ups are ignored
    heard = (
        "import signal; signal.signal(signal.SIGHUP, signal.SIG_DFL); "
        "from financial_analytics.cli import main; main()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", heard, "build"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ.copy(),
    )
    log = data / "logs" / "dbt.log"
    deadline = time.monotonic() + 120
    try:
        while not (log.is_file() and "model main.first" in log.read_text(encoding="utf-8")):
            assert process.poll() is None, process.communicate()[1]
            assert time.monotonic() < deadline
            time.sleep(0.1)
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()  # it would compute for hours
    assert process.returncode == code
    assert out == ""
    assert "interrupted: " in err
    assert "Traceback" not in err


INTERRUPTED_DELETION = """
import os, signal, sys, time
from financial_analytics import cli, settings

class Fragile:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.01)

def load_settings():
    Fragile()
    time.sleep(60)

settings.load_settings = load_settings
sys.argv = ["fa", "doctor"]
cli.main()
"""
INTERRUPTED_START_OF_DBT = """
import os, signal, sys
from dbt.cli import flags
from financial_analytics import cli

plain = flags.default_project_dir

def default_project_dir():
    os.kill(os.getpid(), signal.SIGINT)
    return plain()

flags.default_project_dir = default_project_dir
sys.argv = ["fa", "build"]
cli.main()
"""


def test_what_nohup_switched_off_stays_off() -> None:
    script = (
        "import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "from financial_analytics import cli, settings\n"
        "given = settings.load_settings\n"
        "def load_settings():\n    os.kill(os.getpid(), signal.SIGHUP)\n    return given()\n"
        "settings.load_settings = load_settings; sys.argv = ['fa', 'doctor']; cli.main()"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert done.returncode not in {128 + signal.SIGHUP, -signal.SIGHUP}
    assert b"interrupted" not in done.stderr


def test_ctrl_c_while_an_object_is_deleted_is_not_lost() -> None:
    """Python only prints what is raised there and goes on."""
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_DELETION], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (130, f"{cli.INTERRUPTION}\n")


def test_ctrl_c_before_dbt_has_a_log_is_no_traceback(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_START_OF_DBT],
        env={**os.environ, "FA_DATA_DIR": str(tmp_path)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr.endswith(f"{cli.INTERRUPTION}\n")
    assert "Traceback" not in done.stderr and "Error" not in done.stderr


INTERRUPTED_QUERY = """
import os, signal, sys, threading
import duckdb
from financial_analytics import cli, settings

def load_settings():
    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
    duckdb.connect().execute("select count(*) from range(10000000) as a, range(10000000) as b")

settings.load_settings = load_settings
sys.argv = ["fa", "doctor"]
cli.main()
"""


def test_ctrl_c_in_the_middle_of_a_query_is_no_error() -> None:
    """The engine turns it into an error of its own: RuntimeError, Query interrupted."""
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_QUERY], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (130, f"{cli.INTERRUPTION}\n")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UserInputError("x"), 2),
        (InvalidInputError("x"), 2),
        (FeedError("x"), 3),
        (BuildError("x"), 4),
        (EngineError("x"), 5),
        (RuntimeError("x"), 1),
        (KeyboardInterrupt(), 130),
    ],
)
def test_run__each_error_has_its_exit_code(
    error: BaseException,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr("financial_analytics.settings.load_settings", fail)
    assert cli.run(["doctor"]) == code
    err = capsys.readouterr().err
    assert "Traceback" not in err
    assert err.startswith("interrupted: " if code == 130 else "error: ")
    assert err.count("interrupted: ") == (code == 130)


def test_run__verbose_adds_the_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise BuildError("it broke", hint="mend it")

    monkeypatch.setattr("financial_analytics.settings.load_settings", fail)
    assert cli.run(["doctor", "--verbose"]) == 4
    err = capsys.readouterr().err
    assert "Traceback" in err
    assert err.endswith("error: it broke\n\nhint: mend it\n")


@pytest.mark.parametrize("fmt", ["parquet", "csv"])
def test_generate__writes_the_bank_and_counts_its_rows(
    fmt: str, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bank = tmp_path / "bank"
    arguments = ["generate", str(bank), "--customers", "40", "--deltas", "1", "--format", fmt]
    assert cli.run([*arguments, "--set", "dirt.duplicates=0"]) == 0
    captured = capsys.readouterr()
    rows = dict(line.split() for line in captured.out.splitlines()[1:])
    assert len(rows) == 22
    assert int(rows["transactions"].replace(",", "")) > 0
    assert f"fa ingest {bank / 'full'} --extracted-at 2025-12-30" in captured.err
    assert (bank / "full" / f"transactions.{fmt}").is_file()


def test_generate__a_preset_is_a_bank_that_other_options_change(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bank = tmp_path / "bank"
    arguments = ["generate", str(bank), "--preset", "volume", "--customers", "30"]
    assert cli.run([*arguments, "--set", "churn.base_rate=0.01"]) == 0
    config = json.loads((bank / "truth" / "parameters.json").read_text())["config"]
    assert (config["customers"], config["transactions"]) == (30, 12_000)
    assert config["campaigns"]["count"] == 0
    assert config["churn"]["base_rate"] == 0.01
    assert cli.run(["generate", str(tmp_path / "other"), "--preset", "volumes"]) == 2
    error = capsys.readouterr().err
    assert "'volumes'" in error
    assert "did you mean volume?" in error
    assert all(f"{name} ({item.purpose})" in " ".join(error.split())
               for name, item in PRESETS.items())  # fmt: skip
    assert not (tmp_path / "other").exists()
    assert cli.run(["generate", "--help"]) == 0
    words = re.findall(r"\w+", capsys.readouterr().out)
    assert set(PRESETS) <= set(words)


def test_generate__names_a_wrong_parameter(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["generate", str(tmp_path / "bank"), "--set", "churn.fee_efect=0"]) == 2
    assert "churn.fee_effect" in capsys.readouterr().err
    assert not (tmp_path / "bank").exists()


def _fake_steps(monkeypatch: pytest.MonkeyPatch, loaded: IngestReport) -> list[str]:
    done: list[str] = []
    result = BuildResult(
        nodes=(NodeResult("balance_gaps", "test", "warn", 0.1, "", 20),), log_file=Path("dbt.log")
    )

    def step(name: str, value: Any) -> None:
        def act(*_args: Any, **_options: Any) -> Any:
            done.append(name)
            return value

        monkeypatch.setattr(cli_steps, f"{name}_step", act)

    step("generate", SimpleNamespace(batches=[Path("feeds") / "full"]))
    step("ingest", loaded)
    step("build", result)
    step("publish", Path("published") / "warehouse.duckdb")
    step("report", [Path("01") / "index.html"])
    return done


def test_demo__goes_from_feeds_to_report_and_says_where_to_look(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    done = _fake_steps(monkeypatch, IngestReport())
    assert cli.run(["demo"]) == 0
    assert done == ["generate", "ingest", "build", "publish", "report"]
    captured = capsys.readouterr()
    assert str(Path("01") / "index.html") in captured.out
    assert str(data / "warehouse.duckdb") in captured.out
    assert "warning: balance_gaps: 20 rows to look at" in captured.err


def test_demo__with_feeds_makes_none_and_a_refused_file_still_ends_in_3(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = IngestReport(refused=[Refused("x.csv", "customers", "truncated")])
    done = _fake_steps(monkeypatch, refused)
    assert cli.run(["demo", "--feeds", str(tmp_path)]) == 3
    assert done == ["ingest", "build", "publish", "report"]


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("", {}),
        ("{as_of: 2024-12-31}", {"as_of": "2024-12-31"}),
        ('{"include_pii": true, "last_year": 2031}', {"include_pii": True, "last_year": 2031}),
        ("{as_of: null}", {"as_of": None}),
        ("reporting_currency: CZK", {"reporting_currency": "CZK"}),
    ],
)
def test_parse_vars__keeps_types_and_leaves_dates_text(
    text: str, variables: dict[str, Any]
) -> None:
    assert parse_vars(text) == variables
