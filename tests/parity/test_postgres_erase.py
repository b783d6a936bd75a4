"""Personal data on a server: no byte of an erased customer, no key in the log of statements."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.faults.test_erase import KEY, MOMENT, NAME, SSN, bank
from tests.support.banks import FIRST_LOAD, drop_schemas, settings_in
from tests.support.lab import write_feed

from financial_analytics.engines.keyed_hash import hmac_pads
from financial_analytics.engines.postgres import session as postgres_session
from financial_analytics.erasure import erase
from financial_analytics.ingest import IngestReport, ingest
from financial_analytics.settings import Settings

pytestmark = pytest.mark.usefixtures("server")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Load the bank of the tests of erasing, with every statement in the server's log."""
    monkeypatch.setenv("FA_PII_KEY", KEY)
    drop_schemas()
    run("alter database finance_analytics set log_statement = 'all'")
    settings = settings_in(tmp_path / "data")
    assert load(settings, bank(), tmp_path / "1").totals.quarantined == 2
    return settings


def run(statement: str) -> list[tuple[Any, ...]]:
    """Run a statement outside a transaction and return its rows."""
    with postgres_session.open_session() as handle:
        handle.autocommit = True
        with handle.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []


def load(settings: Settings, rows: dict[str, Any], folder: Path) -> IngestReport:
    """Load rows by table."""
    for table, lines in rows.items():
        write_feed(folder, table, lines)
    return ingest([folder], settings=settings, target="postgres", loaded_at=FIRST_LOAD)


def cluster() -> Path:
    """Return the folder of the server, whose log is beside it; skip where it is elsewhere."""
    ((place,),) = run("show data_directory")
    folder = Path(place)
    if not (folder.parent / "server.log").is_file():
        pytest.skip("the server is not one of our own")
    return folder


def held(*texts: str) -> set[str]:
    """Return which texts the files of tables hold."""
    run("checkpoint")
    files = [path for path in (cluster() / "base").rglob("*") if path.is_file()]
    contents = [path.read_bytes() for path in files]
    return {text for text in texts if any(text.encode() in content for content in contents)}


def test_no_byte_of_the_tables_names_an_erased_customer(settings: Settings, tmp_path: Path) -> None:
    assert held(NAME, SSN) == {NAME, SSN}
    total = run("select count(*), sum(amount) from ingestion_raw_data.transactions")
    plan = erase.plan_of(settings, "postgres")
    begun = erase.erase_bronze(plan, ["1"], moment=MOMENT)
    erase.rewrite(plan, begun)
    assert (begun.number, begun.customers, begun.rows) == (1, 1, 12)
    assert held(NAME, SSN) == set()
    assert run("select count(*), sum(amount) from ingestion_raw_data.transactions") == total
    again = bank()
    again["customers"][0]["city"] = "Elsewhere"
    report = load(settings, again, tmp_path / "2")
    assert {file.table: file.counts.accepted for file in report.files}["transactions"] == 0
    assert held(NAME, SSN) == set()
    assert run("select count(*) from ingestion_raw_data.customers where customer_id = 1") == [(0,)]
    assert erase.unfinished(settings, "postgres") == 1
    erase.finish(plan, moment=MOMENT)
    assert erase.unfinished(settings, "postgres") == 0


def test_the_log_of_statements_has_no_key_and_no_id(settings: Settings) -> None:
    erase.erase_bronze(erase.plan_of(settings, "postgres"), ["1"], moment=MOMENT)
    assert run("select length(current_setting('fa.pii_inner_pad'))") == [(128,)]
    log = (cluster().parent / "server.log").read_text()
    assert "statement: select set_config(name, value, false)" in log
    assert 'delete from ingestion_raw_data."customers" where customer_id in (select' in log
    for pad in hmac_pads(KEY.encode()):
        assert pad.hex() not in log
    assert KEY not in log
