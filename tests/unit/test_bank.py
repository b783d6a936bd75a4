"""A warehouse holds one bank: a synthetic one and feeds of one's own never meet in it."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.support.lab import write_feed
from tests.support.small_bank import customer

from financial_analytics.engines.duckdb.aside import set_aside
from financial_analytics.engines.duckdb.session import Connection
from financial_analytics.errors import EngineError, UserInputError
from financial_analytics.ingest import IngestReport, ingest
from financial_analytics.ingest.marks import MARK, PARQUET_KEY, write_mark
from financial_analytics.settings import Settings, find_project_dir

ONE = {"customers": 1, "seed": 1}
OTHER = {"customers": 1, "seed": 2}
ROWS = "select customer_id from ingestion_raw_data.customers order by 1"
HELD = "select kind, parameters from ingestion_raw_data._bank"


class Desk:
    """An installation in a temporary folder; loads are a day apart."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = Settings(find_project_dir(), folder / "data", folder / "reports")
        self.loads = 0

    def own(self, customer_id: int) -> Path:
        return write_feed(self.folder / f"own-{customer_id}", "customers", [customer(customer_id)])

    def synthetic(self, bank: dict[str, int], customer_id: int) -> Path:
        name = f"bank-{bank['seed']}-{customer_id}"
        path = write_feed(self.folder / name, "customers", [customer(customer_id)])
        write_mark(path.parent, bank, complete=True)
        return path

    def load(self, *paths: Path) -> IngestReport:
        self.loads += 1
        moment = datetime(2026, 1, self.loads, tzinfo=UTC)
        return ingest(paths, settings=self.settings, loaded_at=moment)

    def sql(self, query: str, path: Path | None = None) -> list[tuple[object, ...]]:
        file = path or self.settings.warehouse_path
        with duckdb.connect(str(file), read_only=True) as connection:
            return connection.execute(query).fetchall()

    def ids(self, path: Path | None = None) -> list[object]:
        return [row[0] for row in self.sql(ROWS, path)]

    def aside(self, number: int) -> Path:
        return self.settings.data_dir / "set-aside" / f"synthetic-{number}" / "warehouse.duckdb"

    def forget(self) -> None:
        """Make the warehouse one of an earlier version: without a ledger, files by bare name."""
        with duckdb.connect(str(self.settings.warehouse_path)) as connection:
            connection.execute("drop table ingestion_raw_data._bank")
            connection.execute(
                "update ingestion_raw_data._batches set source_file = parse_filename(source_file)"
            )

    def old_note(self, bank: dict[str, int], batches: int) -> None:
        content = {"bank": bank, "batches": batches}
        (self.settings.data_dir / "demo.json").write_text(json.dumps(content))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_the_first_batch_says_whose_it_is(desk: Desk) -> None:
    desk.load(desk.own(1))
    assert desk.sql(HELD) == [("own", None)]
    desk.load(desk.own(2))
    assert desk.sql(HELD) == [("own", None)]


def test_batches_of_one_synthetic_bank_join(desk: Desk) -> None:
    desk.load(desk.synthetic(ONE, 1))
    desk.load(desk.synthetic(ONE, 2).parent)
    assert desk.sql(HELD) == [("synthetic", json.dumps(ONE, sort_keys=True))]
    assert desk.ids() == [1, 2]
    assert not desk.aside(1).parent.parent.exists()


def test_a_synthetic_bank_gives_way_to_own_feeds(desk: Desk) -> None:
    desk.load(desk.synthetic(ONE, 1))
    heard: list[Path] = []
    desk.loads += 1
    ingest(
        [desk.own(2)], settings=desk.settings, loaded_at=datetime(2026, 2, 1, tzinfo=UTC),
        moved=lambda place, bank: heard.append(place),
    )  # fmt: skip
    assert heard == [desk.aside(1)]
    assert desk.ids() == [2]
    assert desk.sql(HELD) == [("own", None)]
    assert desk.ids(desk.aside(1)) == [1]
    assert sorted(path.name for path in desk.aside(1).parent.iterdir()) == ["warehouse.duckdb"]


def test_what_is_set_aside_covers_nothing_and_is_complete(desk: Desk) -> None:
    """Two banks give way; the log of a process that was killed goes with its file."""
    desk.load(desk.synthetic(ONE, 1))
    code = (
        "import duckdb, os, signal, sys; c = duckdb.connect(sys.argv[1]);"
        "c.execute('create table gold as select 7 as x'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    path = desk.settings.warehouse_path
    killed = subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert path.with_name("warehouse.duckdb.wal").is_file()
    desk.load(desk.synthetic(OTHER, 2))
    desk.load(desk.own(3))
    assert [desk.ids(desk.aside(1)), desk.ids(desk.aside(2)), desk.ids()] == [[1], [2], [3]]
    assert desk.sql("select x from gold", desk.aside(1)) == [(7,)]
    assert sorted(file.name for file in desk.settings.data_dir.iterdir() if file.is_file()) == [
        "warehouse.duckdb"
    ]


def test_a_place_that_is_taken_is_left_as_it_is(desk: Desk) -> None:
    desk.load(desk.synthetic(ONE, 1))
    taken = desk.aside(1)
    taken.parent.mkdir(parents=True)
    taken.write_bytes(b"real rows")
    left = desk.aside(2).parent  # by a move that was killed
    left.mkdir()
    desk.load(desk.own(2))
    assert taken.read_bytes() == b"real rows"
    assert desk.ids(desk.aside(2)) == [1]


def test_a_synthetic_bank_never_joins_own_feeds(desk: Desk) -> None:
    desk.load(desk.own(1))
    before = desk.settings.warehouse_path.read_bytes()
    with pytest.raises(UserInputError, match="not marked as synthetic") as caught:
        desk.load(desk.synthetic(ONE, 2))
    assert "FA_DATA_DIR" in str(caught.value.hint)
    assert desk.settings.warehouse_path.read_bytes() == before
    assert not desk.aside(1).exists()


def test_one_load_of_two_banks_is_refused_whole(desk: Desk) -> None:
    for other in (desk.own(2), desk.synthetic(OTHER, 2)):
        with pytest.raises(UserInputError, match="different banks"):
            desk.load(desk.synthetic(ONE, 1), other)
    assert not desk.settings.data_dir.exists()


def test_a_warehouse_that_somebody_reads_or_writes_is_not_moved(desk: Desk) -> None:
    desk.load(desk.synthetic(ONE, 1))
    code = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only=sys.argv[2] == 'read');"
        "print('held', flush=True); sys.stdin.read()"
    )
    for kind in ("read", "write"):
        with subprocess.Popen(
            [sys.executable, "-c", code, str(desk.settings.warehouse_path), kind],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        ) as holder:  # fmt: skip
            assert holder.stdout is not None
            assert holder.stdout.readline() == "held\n"
            with pytest.raises(EngineError, match="in use"):
                desk.load(desk.own(2))
            holder.communicate("")
    assert desk.ids() == [1]
    assert not desk.aside(1).exists()


def test_a_file_written_between_look_and_move_is_looked_at_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.load(desk.synthetic(ONE, 1))
    path = desk.settings.warehouse_path
    code = "import duckdb, sys; duckdb.connect(sys.argv[1]).execute('create table late (x int)')"
    seen: list[bool] = []
    reads: list[int] = []
    real = os.pread

    def judge(connection: Connection) -> bool:
        names = connection.execute("select table_name from duckdb_tables()").fetchall()
        seen.append(("late",) in names)
        return True

    def pread(handle: int, size: int, offset: int) -> bytes:
        reads.append(size)
        if len(reads) == 2:  # the lock was got just now; another process was faster
            fcntl.lockf(handle, fcntl.LOCK_UN)
            subprocess.run([sys.executable, "-c", code, str(path)], check=True)
            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return real(handle, size, offset)

    monkeypatch.setattr(os, "pread", pread)
    with set_aside(path, desk.settings.data_dir / "set-aside", judge) as place:
        assert place == desk.aside(1)
    assert seen == [False, True]


def test_an_old_warehouse_of_the_demo_gives_way_and_then_says_what_it_is(desk: Desk) -> None:
    path = desk.synthetic(ONE, 1)
    pq.write_table(pa.Table.from_pylist([customer(1)]), path.with_suffix(".parquet"))
    desk.load(path.with_suffix(".parquet"))
    desk.forget()
    desk.old_note(ONE, 1)
    desk.load(desk.own(2))
    assert desk.ids() == [2]
    assert desk.sql(HELD, desk.aside(1)) == [("synthetic", json.dumps(ONE, sort_keys=True))]


@pytest.mark.parametrize("batches", [None, -1, 1, 3])
def test_an_old_warehouse_that_the_note_does_not_explain_is_own(
    desk: Desk, batches: int | None
) -> None:
    """Interrupted demos left -1, and real feeds may have come after them."""
    for number in (1, 2):
        desk.load(desk.own(number))
    desk.forget()
    if batches is not None:
        desk.old_note(ONE, batches)
    with pytest.raises(UserInputError, match="not marked as synthetic"):
        desk.load(desk.synthetic(ONE, 3))
    desk.load(desk.own(4))
    assert desk.ids() == [1, 2, 4]
    assert desk.sql(HELD) == [("own", None)]


def test_an_old_warehouse_with_a_file_of_anothers_name_is_own(desk: Desk) -> None:
    desk.load(desk.own(1))
    desk.forget()
    desk.old_note(ONE, 1)  # the count is right, but the demo wrote no customers.csv
    with pytest.raises(UserInputError, match="not marked as synthetic"):
        desk.load(desk.synthetic(ONE, 3))


def test_feeds_half_written_are_refused(desk: Desk) -> None:
    path = desk.synthetic(ONE, 1)
    write_mark(path.parent, ONE, complete=False)
    with pytest.raises(UserInputError, match="not complete") as caught:
        desk.load(path)
    assert "fa generate" in str(caught.value.hint)
    assert not desk.settings.data_dir.exists()


@pytest.mark.parametrize("text", ["{", "[]", '{"bank": 3, "files": 4}'])
def test_a_mark_that_cannot_be_read_is_refused(desk: Desk, text: str) -> None:
    path = desk.own(1)
    (path.parent / MARK).write_text(text)
    with pytest.raises(UserInputError, match="cannot be read"):
        desk.load(path)


def test_a_file_that_the_mark_does_not_know_is_own(desk: Desk) -> None:
    """Real rows among synthetic files: a file added, or one replaced under its name."""
    path = desk.synthetic(ONE, 1)
    write_feed(path.parent, "products", [{"product_id": 1, "product_name": "Giro"}])
    with pytest.raises(UserInputError, match="different banks"):
        desk.load(path.parent)
    write_feed(path.parent, "customers", [customer(77), customer(78)])
    desk.load(path)
    assert desk.sql(HELD) == [("own", None)]


def test_a_synthetic_parquet_file_without_its_mark_is_refused(desk: Desk) -> None:
    table = pa.Table.from_pylist([customer(1)])
    path = desk.folder / "customers.parquet"
    pq.write_table(table.replace_schema_metadata({PARQUET_KEY: "fa generate"}), path)
    with pytest.raises(UserInputError, match="says of which"):
        desk.load(path)
    pq.write_table(table, path)
    desk.load(path)
    assert desk.sql(HELD) == [("own", None)]
