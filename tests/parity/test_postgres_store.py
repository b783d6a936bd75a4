"""Loading into PostgreSQL: twice, at the same time, without rights, without a server."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.support import markers
from tests.support.banks import FIRST_LOAD, drop_schemas, settings_in
from tests.support.lab import write_feed
from tests.support.situations import TINY_PROJECT
from tests.support.small_bank import customer, feeds, transaction

from financial_analytics import cli
from financial_analytics.engines.postgres import copy as postgres_copy
from financial_analytics.engines.postgres import session as postgres_session
from financial_analytics.engines.postgres import store as postgres_store
from financial_analytics.errors import EngineError, UserInputError
from financial_analytics.ingest import IngestReport, as_text, ingest
from financial_analytics.ingest.contract_file import load_contract
from financial_analytics.ingest.marks import write_mark
from financial_analytics.ingest.redate import redate
from financial_analytics.settings import find_project_dir

pytestmark = pytest.mark.usefixtures("server")


class Desk:
    """Loads feeds, an hour apart, and asks what is there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = settings_in(folder / "data")
        self.loads = 0

    def write(self, rows: dict[str, Any]) -> Path:
        self.loads += 1
        path = self.folder / f"{self.loads:03d}"
        for table, lines in rows.items():
            write_feed(path, table, lines)
        return path

    def load(self, path: Path, **options: Any) -> IngestReport:
        options = {"loaded_at": FIRST_LOAD + timedelta(hours=self.loads), **options}
        return ingest([path], settings=self.settings, target="postgres", **options)

    def value(self, query: str) -> Any:
        with postgres_session.open_session() as handle, handle.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchone()[0]

    def killed_after(self, relation: str, path: Path) -> subprocess.CompletedProcess[bytes]:
        """Load in a process that is killed once the rows of a relation are sent."""
        script = (
            "import os, signal, sys\n"
            "from financial_analytics.engines.postgres import copy as postgres_copy\n"
            "from financial_analytics import cli\n"
            "real, calls = postgres_copy.copy_in, []\n"
            "def stop(cursor, relation, rows):\n"
            "    done = real(cursor, relation, rows)\n"
            "    calls.append(relation)\n"
            "    if relation.endswith(sys.argv[2]):\n"
            "        os.kill(os.getpid(), signal.SIGKILL)\n"
            "    return done\n"
            "postgres_copy.copy_in = stop\n"
            "sys.exit(cli.run(['ingest', sys.argv[1], '--target', 'postgres',"
            " '--loaded-at', '2026-01-01T06:30:00Z']))\n"
        )
        return subprocess.run(
            [sys.executable, "-c", script, str(path), relation],
            env={**os.environ, "FA_DATA_DIR": str(self.settings.data_dir)},
            capture_output=True,
            check=False,
        )


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    drop_schemas()
    yield Desk(tmp_path)


def test_the_same_file_twice_adds_nothing(desk: Desk) -> None:
    path = desk.write(feeds())
    assert desk.load(path).totals.accepted == 19
    again = desk.load(path)
    assert all(file.already_loaded for file in again.files)
    assert (again.totals.accepted, again.totals.duplicates) == (0, 19)
    assert desk.value("select count(*) from ingestion_raw_data.transactions") == 11
    assert desk.value("select count(*) from ingestion_raw_data._batches") == 4


def test_duplicates_corrections_and_faults_are_told_from_stored_rows(desk: Desk) -> None:
    desk.load(desk.write(feeds()))
    report = desk.load(
        desk.write(
            {
                "transactions": [
                    transaction(2, "2024-01-20 23:30:00", "-60.25"),  # corrected
                    transaction(5, "2024-03-15 12:00:00", "-20.10"),  # known already
                    transaction(12, "2024-04-20 10:00:00", "1.00", customer_id=77),  # an orphan
                    transaction(13, "not a day", "1.00"),
                ],
                "customers": [customer(1, "2024-01-01 00:00:00")],
            }
        )
    )
    counts = report.totals
    assert (counts.read, counts.accepted, counts.corrections) == (5, 2, 1)
    assert (counts.duplicates, counts.quarantined) == (2, 1)
    assert [line.split(":")[0] for line in report.warnings] == ["transactions"]
    assert "(such as 77)" in report.warnings[0]
    assert desk.value("select max(_batch_id) from ingestion_raw_data._batches") == 6
    assert desk.value("select rule from ingestion_raw_data.quarantine") is not None


def test_an_id_that_comes_back_for_another_thing_is_refused(desk: Desk) -> None:
    """Against the stored row, in one file, and with the original sent again in between."""
    known = transaction(2, "2024-01-20 23:30:00", "-50.25")
    desk.load(desk.write(feeds()))
    deliveries = (
        ([transaction(2, "2024-01-20 23:30:00", "-50.25", account_id=20)], (0, 0, 1, 0)),
        ([transaction(2, "2024-02-20 23:30:00", "-50.00")], (1, 0, 0, 1)),
        ([transaction(2, "2024-06-20 23:30:00", "-50.00"), known], (1, 0, 1, 1)),
        ([transaction(50, "2024-04-20 10:00:00", "1.00", account_id=a) for a in (10, 20)],
         (0, 0, 2, 0)),
    )  # fmt: skip
    for rows, expected in deliveries:
        counts = desk.load(desk.write({"transactions": rows})).totals
        found = (counts.accepted, counts.duplicates, counts.quarantined, counts.corrections)
        assert found == expected
    assert desk.value("select count(*) from ingestion_raw_data.transactions") == 13
    query = "select count(*) from ingestion_raw_data.quarantine where rule = 'another_thing'"
    assert desk.value(query) == 4


def test_a_full_extract_ends_what_only_the_server_knows(desk: Desk) -> None:
    desk.load(desk.write(feeds()))
    extract = desk.write({"customers": [customer(1), customer(2)]})
    report = desk.load(extract, full=["customers"])
    assert report.totals.duplicates == 2
    assert "such as customer_id 3" in report.files[-1].warnings[0]
    query = "select count(*) from ingestion_raw_data.customers where customer_id = 3"
    assert desk.value(query) == 2
    assert desk.value(f"{query} and not is_active and _source_file = 'full extract'") == 1
    assert desk.value("select max(rows_accepted) from ingestion_raw_data._batches"
                      " where source_file like 'full extract of customers%'") == 1  # fmt: skip
    report = desk.load(desk.write({"customers": [customer(1), customer(2)]}))
    assert report.warnings == [
        "customers: 1 row is known and not in these files, which hold the other 2; they stay as"
        " they are. If the files are a full extract, --full customers ends what it no longer holds"
    ]


def test_quarantine_there_holds_no_personal_data(desk: Desk) -> None:
    """What is masked is masked before it is shipped: shifted rows, values in wrong columns."""
    contract = load_contract(desk.settings.project_dir)
    tables = [contract["customers"], contract["account_events"]]
    folder = desk.folder / "marked"
    for table in tables:
        rows = [*markers.faulty_rows(table), *markers.shifted(table, 1)]
        markers.write(folder / f"{table.name}.csv", [table.column_names, *rows])
        markers.write(folder / f"{table.name}_headerless.csv", rows)
    report = desk.load(folder)
    assert (len(report.refused), report.totals.quarantined > 20) == (2, True)
    with postgres_session.open_session() as handle, handle.cursor() as cursor:
        cursor.execute("select q::text from ingestion_raw_data.quarantine as q")
        stored = "\n".join(row[0] for row in cursor.fetchall())
    said = f"{stored}\n{as_text(report, width=500)}"
    assert "999-99-9999" in stored
    assert markers.leaks(said, markers.secrets(tables)) == []


def test_a_second_load_at_the_same_time_is_refused(desk: Desk) -> None:
    path = desk.write(feeds())
    contract = load_contract(desk.settings.project_dir)
    other = settings_in(desk.folder / "other")
    with (
        postgres_store.open_store(other, contract),
        pytest.raises(EngineError, match="another load"),
    ):
        desk.load(path)
    assert desk.load(path).totals.accepted == 19


def test_a_batch_that_cannot_be_stored_leaves_nothing(desk: Desk) -> None:
    desk.load(desk.write({"products": feeds()["products"]}))
    with postgres_session.open_session() as handle, handle.cursor() as cursor:
        cursor.execute(
            "alter table ingestion_raw_data._batches add constraint refuse"
            " check (table_name <> 'transactions')"
        )
        handle.commit()
    path = desk.write({"transactions": feeds()["transactions"]})
    with pytest.raises(EngineError, match="23514"):
        desk.load(path)
    assert desk.value("select count(*) from ingestion_raw_data.transactions") == 0
    with postgres_session.open_session() as handle, handle.cursor() as cursor:
        cursor.execute("alter table ingestion_raw_data._batches drop constraint refuse")
        handle.commit()
    assert desk.load(path).totals.accepted == 11


def test_a_killed_load_leaves_batches_whole_or_absent(desk: Desk) -> None:
    path = desk.write(feeds())
    killed = desk.killed_after('"transactions"', path)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert desk.value("select count(*) from ingestion_raw_data.transactions") == 0
    assert desk.value("select count(*) from ingestion_raw_data._batches") == 3
    report = desk.load(path)
    assert (report.totals.accepted, report.totals.duplicates) == (11, 8)
    assert desk.value("select count(*) from ingestion_raw_data._batches") == 4


def test_faults_say_what_to_do_and_never_the_password(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = desk.write(feeds())
    secret, port = os.environ["FA_PG_PASSWORD"], os.environ["FA_PG_PORT"]
    assert len(secret) > 3
    for name, value, wanted in (
        ("FA_PG_PORT", "1", "no PostgreSQL server answers"),
        ("FA_PG_DBNAME", "nowhere", "has no database nowhere"),
        ("FA_PG_USER", "nobody_known", "refused user nobody_known"),
        ("FA_PG_PASSWORD", "very-secret-word", "wrong password"),
    ):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            with pytest.raises(EngineError, match=wanted) as caught:
                desk.load(path)
            text = f"{caught.value} {caught.value.hint} {caught.value.__cause__}"
            assert secret not in text and "very-secret-word" not in text
    assert os.environ["FA_PG_PORT"] == port


def test_a_wrong_password_is_told_from_a_missing_server() -> None:
    refused = postgres_session.refused(
        Exception('FATAL:  password authentication failed for user "x"'),
        postgres_session.address({}),
    )
    assert "wrong password" in refused.message
    assert "analytics_password" not in f"{refused.message} {refused.hint}"
    # what a server says that asks this machine for no password
    unknown = postgres_session.refused(
        Exception('FATAL:  role "nobody_known" does not exist'),
        {**postgres_session.address({}), "user": "nobody_known"},
    )
    assert "no user nobody_known" in unknown.message


def test_a_session_is_set_up_whatever_the_server_has_by_default() -> None:
    with postgres_session.open_session() as handle, handle.cursor() as cursor:
        cursor.execute("set timezone = 'Asia/Tokyo'")
        cursor.execute("set datestyle = 'German'")
        handle.commit()
        wanted = {**postgres_session.SESSION, **postgres_session.BUILDER}
        postgres_session.prepare(handle, {**wanted, "a_setting_of_a_later_server": "on"})
        cursor.execute("select lower(name), current_setting(name) from pg_settings")
        found = dict(cursor.fetchall())
    known = {name: value for name, value in wanted.items() if name in found}
    assert {name: found[name] for name in known} == known
    assert set(wanted) - set(known) <= {"enable_presorted_aggregate"}  # since PostgreSQL 16


def test_a_user_without_rights_is_told_which_role_has_them(desk: Desk) -> None:
    desk.load(desk.write({"products": feeds()["products"]}))
    path = desk.write({"transactions": feeds()["transactions"]})
    with postgres_session.open_session() as handle, handle.cursor() as cursor:
        cursor.execute("drop role if exists visitor")
        cursor.execute("create role visitor login password 'x'")
        handle.commit()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FA_PG_USER", "visitor")
        patch.setenv("FA_PG_PASSWORD", "x")
        with pytest.raises(EngineError, match="refuses user visitor") as caught:
            desk.load(path)
    assert "fa_loader" in str(caught.value.hint)


BANK = {"customers": 1, "seed": 1}


def test_a_synthetic_bank_and_own_feeds_never_meet(desk: Desk) -> None:
    synthetic = desk.write({"products": feeds()["products"]})
    more = desk.write({"customers": [customer(1)]})
    for path in (synthetic, more):
        write_mark(path, BANK, complete=True)
    other = desk.write({"customers": [customer(2)]})
    write_mark(other, {**BANK, "seed": 2}, complete=True)
    own = desk.write({"customers": [customer(3)]})
    desk.load(synthetic)
    desk.load(more)
    for path, said in ((own, "not marked as synthetic"), (other, "differ in seed")):
        with pytest.raises(UserInputError, match=said) as caught:
            desk.load(path)
        assert "FA_PG_DBNAME" in str(caught.value.hint)
    assert desk.value("select array_agg(customer_id) from ingestion_raw_data.customers") == [1]
    assert desk.value("select kind from ingestion_raw_data._bank") == "synthetic"
    assert desk.value("select count(*) from ingestion_raw_data._bank") == 1
    drop_schemas()
    desk.load(own)
    with pytest.raises(UserInputError, match="not marked as synthetic"):
        desk.load(synthetic)
    with postgres_session.open_session() as handle, handle.cursor() as cursor:
        cursor.execute("drop table ingestion_raw_data._bank")  # a server of an earlier version
        handle.commit()
    with pytest.raises(UserInputError, match="not marked as synthetic"):
        desk.load(synthetic)
    assert desk.value("select count(*) from ingestion_raw_data._batches") == 1


def test_what_a_killed_first_load_leaves_says_whose_it_is(desk: Desk) -> None:
    """Rows and the word whose they are come in one transaction: both, or neither."""
    path = desk.write({"customers": [customer(1)]})
    write_mark(path, BANK, complete=True)
    for relation in ('"_batches"', '"_bank"'):
        killed = desk.killed_after(relation, path)
        assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
        assert desk.value("select count(*) from ingestion_raw_data._batches") == 0
        assert desk.value("select count(*) from ingestion_raw_data._bank") == 0
    desk.load(desk.write({"customers": [customer(2)]}))
    assert desk.value("select kind from ingestion_raw_data._bank") == "own"


def test_a_server_that_dies_in_a_load_is_exit_5(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The session of the loader is ended in the middle, as by a server that is shut down."""
    real = postgres_copy.copy_in

    def copy_in(cursor: Any, relation: str, rows: Any) -> Any:
        if "transactions" in relation:
            _end_other_sessions()
        return real(cursor, relation, rows)

    monkeypatch.setattr(postgres_copy, "copy_in", copy_in)
    monkeypatch.setenv("FA_DATA_DIR", str(desk.settings.data_dir))
    assert cli.run(["ingest", str(desk.write(feeds())), "--target", "postgres"]) == 5
    assert re.search(_said("the PostgreSQL server dies in a load"), capfd.readouterr().err)


def test_a_server_that_dies_in_a_build_is_exit_5(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    profile = (find_project_dir() / "profiles.yml").read_text("utf-8")
    model = "{{ config(materialized='table') }} select pg_terminate_backend(pg_backend_pid())"
    for name, text in {**TINY_PROJECT, "profiles.yml": profile, "models/first.sql": model}.items():
        path = desk.folder / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    monkeypatch.setenv("FA_PROJECT_DIR", str(desk.folder / "project"))
    monkeypatch.setenv("FA_DATA_DIR", str(desk.settings.data_dir))
    assert cli.run(["build", "--no-publish", "--target", "postgres"]) == 5
    assert re.search(_said("the PostgreSQL server dies in a build"), capfd.readouterr().err)


def test_a_load_under_a_wrong_clock_is_dated_anew(desk: Desk) -> None:
    late = FIRST_LOAD.replace(year=2099)
    desk.load(desk.write({"products": feeds()["products"]}), loaded_at=late)
    path = desk.write({"customers": feeds()["customers"]})
    with pytest.raises(UserInputError, match="earlier than the newest load"):
        desk.load(path)
    moment = FIRST_LOAD + timedelta(hours=1)
    assert redate(desk.settings, "postgres", latest=moment) == 1
    assert redate(desk.settings, "postgres", latest=moment) == 0
    assert desk.load(path).totals.accepted == 3
    assert desk.value("select max(_loaded_at) from ingestion_raw_data.products") == moment


def _end_other_sessions() -> None:
    with postgres_session.open_session() as handle, handle.cursor() as cursor:
        cursor.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )


def _said(situation: str) -> str:
    """Return what docs/reliability.md says of a situation, as a pattern; its code is 5."""
    page = (Path(__file__).parents[2] / "docs" / "reliability.md").read_text("utf-8")
    found = re.search(rf"^\| {situation} \| `(.+?)` \| 5 \|$", page, re.M)
    assert found
    return "error: " + ".*".join(re.escape(part) for part in found[1].split("…"))
