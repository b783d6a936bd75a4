"""The demo and its bank: refused where feeds are one's own, finished after any interruption."""

from __future__ import annotations

import json
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from tests.support.lab import write_feed
from tests.support.small_bank import customer

from financial_analytics import cli, cli_steps
from financial_analytics.build import BuildOptions
from financial_analytics.cli_console import Display
from financial_analytics.errors import FeedError, UserInputError
from financial_analytics.ingest import ingest
from financial_analytics.ingest.marks import MARK, read_mark
from financial_analytics.results import BuildResult
from financial_analytics.settings import Settings, find_project_dir
from financial_analytics.synthetic import generate, load_config

CUSTOMERS = 30
SMALL = {"customers": CUSTOMERS, "transactions": 50 * CUSTOMERS}
MOMENT = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("written")
    generate(load_config(**SMALL, deltas=1), folder)
    return folder


@pytest.fixture
def bank(tmp_path: Path, written: Path) -> Path:
    """A bank with a delta, whose folder a test may spoil."""
    shutil.copytree(written, tmp_path / "bank")
    return tmp_path / "bank"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(find_project_dir(), tmp_path / "data", tmp_path / "reports")


def load_demo(settings: Settings, feeds: Path | None = None, connector: str | None = None) -> Any:
    with Display() as display:
        return cli_steps.demo_feeds_step(
            display, settings, feeds=feeds, connector=connector, customers=CUSTOMERS,
            loaded_at=MOMENT, target="duckdb",
        )  # fmt: skip


def held(settings: Settings) -> str:
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        ((kind,),) = connection.execute("select kind from ingestion_raw_data._bank").fetchall()
    return str(kind)


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_demo__again_adds_nothing_and_own_feeds_take_its_place(
    settings: Settings, tmp_path: Path
) -> None:
    first = load_demo(settings)
    assert first.totals.accepted > 0
    again = load_demo(settings)
    assert all(file.already_loaded for file in again.files)
    assert held(settings) == "synthetic"
    folder = tmp_path / "feeds"
    folder.mkdir()
    before = settings.warehouse_path.read_bytes()
    with pytest.raises(UserInputError, match="no feeds in"):
        load_demo(settings, folder)
    with pytest.raises(FeedError, match=r"account\.asc"):
        load_demo(settings, folder, "berka")
    assert settings.warehouse_path.read_bytes() == before, "it stays until feeds are found"
    write_feed(folder, "customers", [customer(2)])
    load_demo(settings, folder)
    assert held(settings) == "own"
    with pytest.raises(UserInputError, match="not marked as synthetic"):
        load_demo(settings)
    assert held(settings) == "own"


def test_demo__is_refused_before_it_writes_a_bank(settings: Settings, tmp_path: Path) -> None:
    feed = write_feed(tmp_path / "own", "customers", [customer(1)])
    ingest([feed], settings=settings, loaded_at=MOMENT)
    with pytest.raises(UserInputError):
        load_demo(settings)
    assert not settings.feeds_dir.exists()


def test_demo__loads_and_builds_one_target(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """FA_TARGET was asked for the build only: the feeds went to the embedded file."""
    monkeypatch.setenv("FA_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("FA_TARGET", "postgres")
    targets: dict[str, object] = {}

    def demo_feeds_step(*_args: object, target: str, **_options: object) -> None:
        targets["ingest"] = target
        raise FeedError("stop here")

    monkeypatch.setattr("financial_analytics.lasting.undone", lambda *_where: [])
    monkeypatch.setattr(cli_steps, "demo_feeds_step", demo_feeds_step)
    assert cli.run(["demo"]) == 3
    assert targets == {"ingest": "postgres"}

    def build_step(_display: object, _settings: object, options: BuildOptions) -> BuildResult:
        targets["build"] = options.target
        raise FeedError("stop here")

    monkeypatch.setattr(
        cli_steps, "demo_feeds_step", lambda *_args, **options: targets.update(ingest=options)
    )
    monkeypatch.setattr(cli_steps, "build_step", build_step)
    assert cli.run(["demo", "--target", "duckdb"]) == 3
    assert targets["build"] == "duckdb"


def test_generate__each_folder_says_which_bank_and_which_files(bank: Path) -> None:
    folders = [bank / "full", bank / "deltas" / "2025-12-31", bank / "truth"]
    marks = [read_mark(folder) for folder in folders]
    wanted = load_config(**SMALL, deltas=1).identity()
    for folder, mark in zip(folders, marks, strict=True):
        assert mark is not None and mark.files is not None
        assert json.loads(mark.bank.parameters) == json.loads(json.dumps(wanted))
        assert set(mark.files) == {path.name for path in folder.iterdir()} - {MARK}


def test_generate__full_load_and_delta_join_and_another_seed_does_not(
    bank: Path, settings: Settings, tmp_path: Path
) -> None:
    for path in (bank / "full", bank / "deltas" / "2025-12-31"):
        ingest([path], settings=settings, loaded_at=MOMENT)
    generate(load_config(**SMALL, deltas=1, seed=7), tmp_path / "other")
    ingest([tmp_path / "other" / "full"], settings=settings, loaded_at=MOMENT)
    aside = settings.data_dir / "set-aside" / "synthetic-1" / "warehouse.duckdb"
    both = "select count(distinct _batch_id) > 22 from ingestion_raw_data._batches"
    with duckdb.connect(str(aside), read_only=True) as connection:
        assert connection.execute(both).fetchall() == [(True,)]


@pytest.mark.parametrize("killed_at", [0, 1, 4, 7])
def test_generate__a_killed_run_is_no_feed_and_the_next_one_is_whole(
    killed_at: int, bank: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped before and after an old folder goes, while feeds are written, before the end."""
    before = files(bank)
    real, count = os.replace, [0]

    class Stopped(BaseException):
        """As a kill: nothing below catches it."""

    def replace(self: Path, target: Path) -> Path:
        if count[0] == killed_at:
            raise Stopped
        count[0] += 1
        real(self, target)
        return Path(target)

    config = load_config(**SMALL, deltas=1)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", replace)
        with pytest.raises(Stopped):
            generate(config, bank)
    if killed_at > 0:  # before that the earlier bank is whole
        with pytest.raises(UserInputError, match=r"not complete|no feeds|does not exist"):
            ingest([bank / "full"], settings=settings, loaded_at=MOMENT)
    generate(config, bank)
    assert files(bank) == before


@pytest.mark.parametrize(
    "place", ["full/mine.csv", "full/customers.parquet", "deltas/mine.csv", "full/in/mine.csv"]
)
def test_generate__removes_no_file_that_it_did_not_write(place: str, bank: Path) -> None:
    (bank / place).parent.mkdir(exist_ok=True)
    (bank / place).write_text("real rows")
    before = files(bank)
    with pytest.raises(UserInputError, match="did not write") as caught:
        generate(load_config(**SMALL), bank)
    assert place in caught.value.message
    assert files(bank) == before


def test_generate__a_folder_of_feeds_called_full_stays(tmp_path: Path) -> None:
    write_feed(tmp_path / "full", "customers", [customer(1)])
    with pytest.raises(UserInputError, match=r"full/customers\.csv"):
        generate(load_config(**SMALL), tmp_path)
    assert (tmp_path / "full" / "customers.csv").is_file()


def test_generate__a_bank_of_a_version_without_marks_is_replaced(bank: Path) -> None:
    before = files(bank)
    for mark in bank.rglob(MARK):
        mark.unlink()
    (bank / "full" / "mine.csv").write_text("real rows")
    with pytest.raises(UserInputError, match=r"full/mine\.csv"):
        generate(load_config(**SMALL, deltas=1), bank)
    (bank / "full" / "mine.csv").unlink()
    generate(load_config(**SMALL, deltas=1), bank)
    assert files(bank) == before
