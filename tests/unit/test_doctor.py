"""Each check of ``fa doctor`` can say ok and can say what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from tests.support.lab import write_feed
from tests.support.small_bank import feeds

from financial_analytics import cli, doctor
from financial_analytics.doctor import Check
from financial_analytics.ingest import ingest
from financial_analytics.settings import Settings, find_project_dir


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        project_dir=find_project_dir(), data_dir=tmp_path / "data", reports_dir=tmp_path / "reports"
    )


def by_name(checks: list[Check]) -> dict[str, Check]:
    return {check.name: check for check in checks}


def test_examine__an_empty_installation_has_warnings_and_no_failure(settings: Settings) -> None:
    checks = by_name(list(doctor.examine(settings)))
    assert {name for name, check in checks.items() if check.status == "fail"} == set()
    assert checks["warehouse"].status == "warn"
    assert checks["published"].action == "fa build"
    assert checks["project"].message == str(settings.project_dir)
    for check in checks.values():
        assert check.status == "ok" or check.action


def test_check_warehouse__counts_bronze_and_names_the_last_batch(
    settings: Settings, tmp_path: Path
) -> None:
    rows = {**feeds(), "accounts": [*feeds()["accounts"], {"account_id": "many"}]}
    for table, lines in rows.items():
        write_feed(tmp_path / "feeds", table, lines)
    ingest(
        [tmp_path / "feeds"], settings=settings, loaded_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    )
    checks = by_name(list(doctor.check_warehouse(settings)))
    assert checks["warehouse"].status == "ok"
    assert f"transactions {len(feeds()['transactions'])}" in checks["bronze"].message
    assert "2026-01-02 03:04:05" in checks["last batch"].message
    assert checks["quarantine"].status == "warn"
    assert "loan_payments" in checks["empty feeds"].message


@pytest.mark.parametrize(
    ("rows", "status", "message"),
    [
        ([], "warn", "the snapshot has no data_quality"),
        (["'ok', 'none', 0"], "ok", "nothing is wrong in 1 check"),
        (
            ["'ok', 'none', 0", "'found', 'paid without a date', 7"],
            "warn",
            "error: loan_payments: paid without a date (7 of 9 rows)",
        ),
    ],
)
def test_check_quality__says_the_worst_line_of_the_snapshot(
    settings: Settings, rows: list[str], status: str, message: str
) -> None:
    assert list(doctor.check_quality(settings)) == [], "nothing is published"
    settings.published_dir.mkdir(parents=True)
    with duckdb.connect(str(settings.published_dir / "warehouse.duckdb")) as connection:
        connection.execute("create schema gold")
        if rows:
            arms = " union all ".join(f"select {row}" for row in rows)
            connection.execute(
                "create table gold.data_quality as select 'loan_payments' as check_name,"
                " 'loan_payments' as feed_name, reason_name, 'error' as severity, status,"
                " concerned_count, 9 as row_count, null as example_keys, cast(null as date)"
                " as since_date, 'ask for the date' as advice"
                f" from ({arms}) as found (status, reason_name, concerned_count)"
            )
    (check,) = doctor.check_quality(settings)
    assert (check.name, check.status, check.message) == ("data quality", status, message)
    assert bool(check.action) == (status == "warn")


def test_examine__a_damaged_warehouse_fails_with_an_action(settings: Settings) -> None:
    settings.data_dir.mkdir()
    settings.warehouse_path.write_bytes(b"garbage" * 1000)
    failed = [check for check in doctor.examine(settings) if check.status == "fail"]
    assert len(failed) == 1
    assert "warehouse.duckdb" in failed[0].message
    assert failed[0].name == "warehouse"
    assert failed[0].action


def test_examine__a_check_that_breaks_is_called_by_its_name(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check_disk(_settings: Settings) -> Iterator[Check]:
        raise PermissionError(13, "Permission denied", "/data")

    monkeypatch.setattr(doctor, "check_disk", check_disk)
    (failed,) = (check for check in doctor.examine(settings) if check.status == "fail")
    assert failed.name == "disk"
    assert "Permission denied" in failed.message


def test_check_packages__finds_missing_and_wrong_versions() -> None:
    (check,) = doctor.check_packages(["no-such-package-of-ours>=1", "duckdb>=99", "rich>=1"])
    assert check.status == "fail"
    assert "no-such-package-of-ours is missing" in check.message
    assert "duckdb" in check.message
    assert "rich" not in check.message
    (fine,) = doctor.check_packages(["rich>=1", 'absent>=1; extra == "dev"'])
    assert fine == Check("packages", "ok", "1 required packages installed")


def test_check_lock__reports_drift_and_obeys_markers(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text(
        "rich==0.0.1 \\\n    --hash=sha256:aa\n"
        "typer==0.0.1 ; python_full_version < '3.0' \\\n    --hash=sha256:bb\n"
        "absent==1.0 \\\n    --hash=sha256:cc\n",
        encoding="utf-8",
    )
    (check,) = doctor.check_lock(lock)
    assert check.status == "warn"
    assert check.message.startswith("1 differ: rich ")
    assert next(doctor.check_lock(tmp_path / "none")).status == "warn"


def test_check_profile__names_the_targets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    profiles = find_project_dir() / "profiles.yml"
    monkeypatch.delenv("FA_TARGET", raising=False)
    assert next(doctor.check_profile(profiles)).status == "ok"
    monkeypatch.setenv("FA_TARGET", "oracle")
    check = next(doctor.check_profile(profiles))
    assert check.status == "fail"
    assert "FA_TARGET=oracle" in check.message


@pytest.mark.parametrize(("key", "status"), [("", "warn"), ("short", "warn"), ("k3y" * 11, "ok")])
def test_check_personal_key__never_shows_the_key(
    key: str, status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FA_PII_KEY", key)
    check = next(doctor.check_personal_key())
    assert check.status == status
    assert not key or key not in check.message + check.action


@pytest.mark.parametrize(
    ("free", "status"), [(100 * 1024**3, "ok"), (2 * 1024**3, "warn"), (1024**2, "fail")]
)
def test_check_disk__by_free_space(
    free: int, status: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Usage:
        def __init__(self, _path: Path) -> None:
            self.free = free

    monkeypatch.setattr("shutil.disk_usage", Usage)
    assert next(doctor.check_disk(settings)).status == status


def test_check_browser__says_when_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(doctor, "MAC_BROWSERS", ())
    assert next(doctor.check_browser()).status == "warn"


def test_doctor__prints_a_line_per_check_and_ends_in_1_on_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FA_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("FA_TARGET", raising=False)
    assert cli.run(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("ok    python       3.")
    assert any(line.startswith("warn  warehouse ") for line in lines)
    assert any(line.strip() == "-> make demo, or fa ingest PATH" for line in lines)
    monkeypatch.setenv("FA_TARGET", "oracle")
    assert cli.run(["doctor"]) == 1
