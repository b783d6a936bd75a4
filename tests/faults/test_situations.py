"""Every situation of the table in docs/reliability.md: brought about, and what is said of it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from tests.support.lab import write_feed
from tests.support.situations import Said, World, small_disk, spoil, without_rights
from tests.support.small_bank import feeds

from financial_analytics import cli_live
from financial_analytics.ingest.bank import OWN_FEEDS
from financial_analytics.live.events import Event
from financial_analytics.publish import is_published, remember, snapshot_path, star_path
from financial_analytics.settings import Settings

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
LARGE = "{{ config(materialized='table') }} select range as i, uuid() as u from range(400000)"
TOLD = """
import os, signal, sys, threading
import duckdb
from financial_analytics import cli, settings

signal.signal(signal.SIGHUP, signal.SIG_DFL)
number = int(sys.argv[1])

def load_settings():
    threading.Timer(0.2, os.kill, (os.getpid(), number)).start()
    duckdb.connect().execute("select count(*) from range(10000000) as a, range(10000000) as b")

settings.load_settings = load_settings
sys.argv = ["fa", "doctor"]
cli.main()
"""


def damaged_at_its_head(world: World) -> Said:
    world.project()
    spoil(world.file(world.warehouse), 4096)
    return world.fa("build")


def no_database(world: World) -> Said:
    world.project()
    world.data.mkdir()
    world.warehouse.write_text("block lock " * 2000, encoding="utf-8")
    return world.fa("build")


def damaged_inside(world: World) -> Said:
    """What is damaged is found when it is read, in the middle of a load."""
    assert world.fa("ingest", world.bank())[0] == 0
    _spoil_table(world, "ingestion_raw_data._batches")
    return world.fa("ingest", world.bank())


def damaged_in_a_model(world: World) -> Said:
    world.project(
        "{{ config(materialized='table') }} select max(length(cast(u as text))) as n from t"
    )
    world.file(world.warehouse, "create table t as select uuid() as u from range(300000)")
    _spoil_table(world, "t")
    return world.fa("build")


def _spoil_table(world: World, table: str) -> None:
    with duckdb.connect(str(world.warehouse)) as connection:
        connection.execute("force checkpoint")
        blocks = connection.execute(
            f"select distinct block_id from pragma_storage_info('{table}') where block_id >= 0"
        ).fetchall()
    for (block,) in blocks:
        start = 12288 + 262144 * block
        spoil(world.warehouse, start + 100, start + 200)


def damaged_snapshot(world: World) -> Said:
    spoil(world.file(world.data / "published" / "warehouse.duckdb"), 4096)
    return world.fa("report")


def no_snapshot(world: World) -> Said:
    return world.fa("report")


class OneEvent:
    """A source of events that ends after one."""

    bank = OWN_FEEDS

    def __init__(self) -> None:
        self.events: list[list[Event]] = [[]]

    def start(self, offsets: dict[str, int]) -> None:
        row = (
            b'{"transaction_id": 1, "account_id": 10, "customer_id": 1, "amount": "-5.00",'
            b' "transaction_date": "2024-05-01 10:00:00", "transaction_type": "Fee"}'
        )
        self.events = [[Event("transactions", row, "p", 1)]]

    def poll(self, most: int, seconds: float) -> list[Event] | None:
        return self.events.pop() if self.events else None

    def stored(self, offsets: dict[str, int]) -> None: ...

    def close(self) -> None: ...


def damaged_basis(world: World) -> Said:
    spoil(world.file(world.data / "published" / "realtime.duckdb"), 4096)
    world.monkeypatch.setattr(cli_live, "_replay", lambda *_: OneEvent())
    return world.fa("stream", "--replay")


def damaged_hot_store(world: World) -> Said:
    (world.data / "live").mkdir(parents=True)
    world.monkeypatch.setattr(cli_live, "_replay", lambda *_: OneEvent())
    assert world.fa("stream", "--replay")[0] == 0
    [path] = world.data.rglob("hot.sqlite")
    spoil(path, 0, 4096)
    return world.fa("stream", "--replay")


def in_use(world: World) -> Said:
    world.project()
    script = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(flush=True); sys.stdin.read()"
    )
    world.data.mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", script, str(world.warehouse)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as holder:  # fmt: skip
        assert holder.stdout is not None
        holder.stdout.readline()
        said = world.fa("build")
        holder.communicate(b"")
    return said


def second_build_during_the_start(world: World) -> Said:
    """Whichever comes second: one ends in 0."""
    world.project()
    command = [sys.executable, "-m", "financial_analytics.cli", "build", "--no-publish"]
    both = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    ended = sorted((process.wait(), process.communicate()[1]) for process in both)
    assert ended[0][0] == 0
    if ended[1][0] == 0:  # one was done before the other looked
        return in_use(world)
    return ended[1]


def no_server(world: World) -> Said:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        world.monkeypatch.setenv("FA_PG_HOST", "127.0.0.1")
        world.monkeypatch.setenv("FA_PG_PORT", str(taken.getsockname()[1]))
        return world.fa("ingest", world.bank(), "--target", "postgres")


def full_in_ingest(world: World) -> Said:
    folder = world.bank()
    world.fa("ingest", folder)
    write_feed(Path(folder), "transactions", [
        {**feeds()["transactions"][0], "transaction_id": 1000 + i, "description": f"{i * 7919:x}"}
        for i in range(20_000)
    ])  # fmt: skip
    with small_disk(world.warehouse.stat().st_size + 1000):
        return world.fa("ingest", folder)


def full_in_build(world: World) -> Said:
    world.project(LARGE)
    world.file(world.warehouse)
    with small_disk(world.warehouse.stat().st_size + 1_000_000):
        return world.fa("build")


def full_in_report(world: World) -> Said:
    _snapshot(world)
    with small_disk(1000):
        return world.fa("report", "--category", "realtime")


def full_in_generate(world: World) -> Said:
    with small_disk(1000):
        return world.fa("generate", str(world.folder / "bank"), "--customers", "20")


def no_rights_in_ingest(world: World) -> Said:
    def prepare(place: Path) -> None:
        world.folder = place
        world.bank()

    with without_rights(prepare) as place:
        world.monkeypatch.setenv("FA_DATA_DIR", str(place / "data"))
        return world.fa("ingest", str(place / "feeds"))


def no_rights_in_report(world: World) -> Said:
    def prepare(place: Path) -> None:
        world.data = place / "data"
        _snapshot(world)

    with without_rights(prepare) as place:
        world.monkeypatch.setenv("FA_DATA_DIR", str(place / "data"))
        world.monkeypatch.setenv("FA_REPORTS_DIR", str(place / "reports"))
        return world.fa("report", "--category", "realtime")


def no_rights_in_generate(world: World) -> Said:
    with without_rights() as place:
        return world.fa("generate", str(place / "bank"), "--customers", "20")


def _snapshot(world: World) -> None:
    world.file(
        world.data / "published" / "warehouse.duckdb",
        "create schema gold; create table gold.row_counts (relation text, row_count bigint);"
        "create table gold.run_info (run_id text, as_of_date date, engine text,"
        " built_at timestamp, bank text);"
        "insert into gold.run_info values ('r', '2024-01-01', 'duckdb', '2024-01-01', 'own')",
    )


def clock_back(world: World) -> Said:
    folder = world.bank()
    assert world.fa("ingest", folder, "--loaded-at", "2026-03-01")[0] == 0
    return world.fa("ingest", folder, "--loaded-at", "2026-02-01")


def a_name_in_other_letters(world: World) -> Said:
    """Bytes of a name that are no UTF-8: the file loads, and its name is spelled out."""
    folder = os.fsencode(world.bank())
    feed = Path(os.fsdecode(folder + b"/transactions.csv"))
    feed.rename(os.fsdecode(folder + b"/transactions_\xe9t\xe9.csv"))
    code, err = world.fa("ingest", os.fsdecode(folder))
    with duckdb.connect(str(world.warehouse), read_only=True) as connection:
        query = "select distinct _source_file from ingestion_raw_data.transactions"
        assert connection.execute(query).fetchall() == [("transactions_\\xe9t\\xe9.csv",)]
    return code, err


def a_feed_refused(world: World) -> Said:
    folder = world.bank()
    Path(folder, "customers.csv").write_text("city\nRome\n", encoding="utf-8")
    return world.fa("ingest", folder)


def too_much_in_quarantine(world: World) -> Said:
    folder = world.bank()
    with Path(folder, "products.csv").open("a", encoding="utf-8") as file:
        file.write("x,y,z,w\n")
    return world.fa("ingest", folder)


def a_failed_model(world: World) -> Said:
    world.project("select nonsense")
    return world.fa("build")


def wrong_use(world: World) -> Said:
    return world.fa("ingest", str(world.folder / "feedz"))


def told(number: signal.Signals) -> Callable[[World], Said]:
    def tell(_: World) -> Said:
        done = subprocess.run(
            [sys.executable, "-c", TOLD, str(int(number))],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.returncode, done.stderr

    return tell


SITUATIONS: dict[str, Callable[[World], Said]] = {
    "an option, a path or a value is wrong": wrong_use,
    "the clock is behind the newest load": clock_back,
    "a feed is refused": a_feed_refused,
    "the name of a feed is not UTF-8": a_name_in_other_letters,
    "too many rows in quarantine": too_much_in_quarantine,
    "a model or test fails": a_failed_model,
    "the warehouse is in use": in_use,
    "two builds are started at once": second_build_during_the_start,
    "the warehouse is damaged": damaged_at_its_head,
    "the warehouse is another file": no_database,
    "a damaged place is met in a load": damaged_inside,
    "a damaged place is met by a model": damaged_in_a_model,
    "there is no snapshot": no_snapshot,
    "the snapshot is damaged": damaged_snapshot,
    "the basis of the live page is damaged": damaged_basis,
    "the hot store is damaged": damaged_hot_store,
    "no PostgreSQL server answers": no_server,
    "the disk is full in ingest": full_in_ingest,
    "the disk is full in build": full_in_build,
    "the disk is full in report": full_in_report,
    "the disk is full in generate": full_in_generate,
    "the data folder is read-only": no_rights_in_ingest,
    "the reports folder is read-only": no_rights_in_report,
    "the folder of generate is read-only": no_rights_in_generate,
    "Ctrl-C, in a query too": told(signal.SIGINT),
    "SIGTERM": told(signal.SIGTERM),
    "SIGHUP": told(signal.SIGHUP),
}
ELSEWHERE = {"the PostgreSQL server dies in a load", "the PostgreSQL server dies in a build"}
"""Those of a server that is ended: tests/parity/test_postgres_store.py."""


def documented() -> dict[str, tuple[str, int]]:
    """Return message and exit code of each situation in the page."""
    rows = re.findall(r"^\| (.+?) \| `(.+?)` \| (\d+) \|$", PAGE.read_text("utf-8"), re.M)
    return {situation: (message, int(code)) for situation, message, code in rows}


@pytest.fixture
def world(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> World:
    monkeypatch.setenv("FA_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("FA_REPORTS_DIR", str(tmp_path / "reports"))
    return World(tmp_path, capfd, monkeypatch)


def test_each_row_of_the_page_is_brought_about() -> None:
    assert set(documented()) == set(SITUATIONS) | ELSEWHERE


@pytest.mark.parametrize("situation", SITUATIONS)
def test_what_is_said(world: World, situation: str) -> None:
    code, err = SITUATIONS[situation](world)
    message, expected = documented()[situation]
    pattern = ".*".join(re.escape(part) for part in message.split("…"))
    assert re.search(rf"(?m)^(error: )?{pattern}$", err), err
    assert code == expected, err
    assert "Traceback" not in err
    assert "unexpected" not in err


def test_a_snapshot_that_a_disk_damages_is_not_the_published_one(tmp_path: Path) -> None:
    """Neither name, size nor time of the file tell: a build without news writes it again."""
    settings = Settings(tmp_path, tmp_path / "data", tmp_path / "reports")
    path = snapshot_path(settings)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"a" * 9000)
    star_path(settings).write_bytes(b"b" * 9000)
    there = path.stat()
    remember(settings, "duckdb", "contents")
    assert is_published(settings, "duckdb", "contents")
    spoil(path, 5000, 5001)
    os.utime(path, ns=(there.st_atime_ns, there.st_mtime_ns))
    assert not is_published(settings, "duckdb", "contents")
