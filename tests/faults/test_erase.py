"""An erased customer is in no byte of bronze and does not come back; killed ones are finished."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.support.lab import Lab
from tests.support.small_bank import account, customer, feeds, transaction

from financial_analytics import cli
from financial_analytics.engines.duckdb import erasure as duckdb_erasure
from financial_analytics.erasure import erase
from financial_analytics.erasure.bronze import Begun
from financial_analytics.erasure.secret import drawn, id_hash, unwrap, wrap
from financial_analytics.errors import EngineError, UserInputError

KEY = "a key of the tests"
NAME, SSN = "Quillfeather", "915-44-1234"
MOMENT = datetime(2026, 2, 1, 3, tzinfo=UTC).replace(tzinfo=None)


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the key of personal data."""
    monkeypatch.setenv("FA_PII_KEY", KEY)


def bank() -> dict[str, list[dict[str, Any]]]:
    """Return a bank whose first customer has a name to look for in every feed that may hold one."""
    found = feeds()
    found["customers"][0] |= {"first_name": NAME, "last_name": NAME, "ssn": SSN, "address": NAME}
    found["accounts"][0]["account_number"] = f"AC-{NAME}"
    for row in found["transactions"]:
        if row["customer_id"] == 1:
            row["description"] = f"to {NAME}"
    found["account_events"] = [
        {"event_id": 1, "account_id": 10, "customer_id": 1, "event_type": "Limit Increase",
         "event_date": "2024-02-01 10:00:00", "old_value": "500", "new_value": "700",
         "triggered_by": "customer", "notes": f"asked by {NAME}"},
        {"event_id": 2, "account_id": 10, "customer_id": None, "event_type": "Name Change",
         "event_date": "2024-02-02 10:00:00", "old_value": "5551234567", "new_value": NAME,
         "triggered_by": NAME, "notes": None},
        {"event_id": 3, "account_id": 20, "customer_id": 2, "event_type": "Name Change",
         "event_date": "2024-02-02 10:00:00", "old_value": "Old", "new_value": "New",
         "triggered_by": "bank", "notes": "kept"},
    ]  # fmt: skip
    # what is set aside: of the first customer by its id, and another's
    found["customers"].append(customer(1, "2024-05-01 00:00:00", credit_score="far too good"))
    found["customers"].append(customer(2, "2024-05-01 00:00:00", credit_score="far too good"))
    return found


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """Load the bank; nothing is built."""
    lab = Lab(tmp_path)
    assert lab.load(bank()).totals.quarantined == 2
    return lab


def erased(lab: Lab, *ids: str) -> Begun:
    """Erase in bronze and rewrite the files."""
    plan = erase.plan_of(lab.settings, "duckdb")
    begun = erase.erase_bronze(plan, ids, moment=MOMENT)
    erase.rewrite(plan, begun)
    return begun


def where(lab: Lab, *texts: str) -> list[str]:
    """Return the files of the data folder that hold one of the texts, feeds left out."""
    return [
        path.name
        for path in sorted(lab.folder.rglob("*"))
        if path.is_file()
        and "incoming" not in path.parts
        and any(text.encode() in path.read_bytes() for text in texts)
    ]


def test_no_byte_of_the_files_names_an_erased_customer(lab: Lab) -> None:
    assert where(lab, NAME) == ["warehouse.duckdb"]
    assert where(lab, SSN) == ["warehouse.duckdb"]
    begun = erased(lab, "1")
    assert where(lab, NAME, SSN) == []
    # a person, its account, seven movements, two events, one row set aside
    assert (begun.number, begun.customers, begun.rows) == (1, 1, 12)
    # one of the two events names no customer: it is told by its account


def test_totals_stay_and_what_silver_reads_of_events_does(lab: Lab) -> None:
    query = "select count(*), sum(amount) from ingestion_raw_data.transactions"
    before = lab.rows(query)
    erased(lab, "1")
    assert lab.rows(query) == before
    assert lab.rows(
        "select customer_id, old_value, new_value, triggered_by, notes"
        " from ingestion_raw_data.account_events order by event_id"
    ) == [
        (-1, "500", "700", "customer", None),
        (None, None, None, None, None),
        (2, "Old", "New", "bank", "kept"),
    ]
    assert lab.rows(
        "select source_row, raw_row is null, reason = 'of an erased customer', rule"
        " from ingestion_raw_data.quarantine order by source_row"
    ) == [(4, True, True, "number"), (5, False, False, "number")]


def test_a_record_says_that_it_was_done_and_not_of_whom(lab: Lab) -> None:
    erased(lab, "1")
    record = lab.rows("select * from ingestion_raw_data._erasures")
    assert record == [(1, MOMENT, None, 1, 12)]
    assert erase.unfinished(lab.settings, "duckdb") == 1
    erase.finish(erase.plan_of(lab.settings, "duckdb"), moment=MOMENT)
    assert erase.unfinished(lab.settings, "duckdb") == 0
    kept = lab.rows("select table_name, id_hash from ingestion_raw_data._erased order by 1 desc")
    assert [(table, len(digest)) for table, digest in kept] == [("customers", 64), ("accounts", 64)]


@pytest.mark.parametrize("version", ["2024-01-01 00:00:00", "2025-03-03 00:00:00"])
def test_a_file_that_is_sent_again_brings_nothing_back(lab: Lab, version: str) -> None:
    erased(lab, "1")
    again = bank()
    again["customers"][0]["updated_at"] = version
    again["transactions"].append(
        transaction(77, "2024-04-22 10:00:00", "-9.00", description=f"to {NAME}")
    )
    report = lab.load(again)
    counts = {file.table: file.counts for file in report.files}
    assert (counts["customers"].accepted, counts["customers"].duplicates) == (0, 3)
    assert (counts["customers"].quarantined, counts["accounts"].accepted) == (2, 0)
    assert (counts["transactions"].accepted, counts["transactions"].corrections) == (1, 0)
    assert counts["account_events"].accepted == 0
    assert where(lab, NAME, SSN) == []
    assert lab.rows(
        "select customer_id, amount, description from ingestion_raw_data.transactions"
        " where transaction_id = 77"
    ) == [(-1, -9, None)]
    remarks = [r.words for f in report.files for r in f.remarks if r.kind == "rows_erased"]
    assert remarks == [
        "2 rows of erased customers: left out",
        "1 rows of erased customers: loaded without whose they are",
        "8 rows of erased customers: loaded without whose they are",
        "2 rows of erased customers: loaded without whose they are",
    ]


def test_a_customer_that_is_new_is_another_one(lab: Lab) -> None:
    erased(lab, "1")
    report = lab.load({"customers": [customer(4)], "accounts": [account(40, 4)]})
    assert report.totals.accepted == 2
    assert lab.value("select count(*) from ingestion_raw_data.customers where customer_id = 4") == 1


def test_ids_that_were_given_numbers_are_hidden_and_known_again(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    names = {"customer_id": "Q-1", "first_name": NAME, "last_name": NAME, "ssn": SSN}
    rows = {
        "customers": [customer(1) | names, customer(2) | {"customer_id": "Q-2"}],
        "accounts": [account(10, 1) | {"account_id": "IBAN-77", "customer_id": "Q-1"}],
    }
    mapping = {"all_tables": {"ids": ["customers", "accounts"]}}
    assert lab.load(rows, mapping=mapping).totals.accepted == 3
    erased(lab, "Q-1")
    assert where(lab, NAME, "Q-1", "IBAN-77") == []
    rows["customers"][0]["city"] = "Elsewhere"
    rows["accounts"][0]["account_status"] = "Dormant"
    report = lab.load(rows, mapping=mapping)
    assert report.totals.quarantined == 0
    assert where(lab, NAME, "Q-1", "IBAN-77") == []
    assert lab.rows("select distinct account_id, customer_id from ingestion_raw_data.accounts") == [
        (1, -1)
    ]
    assert erased(lab, "Q-1").number == 1  # as unfinished as before


def test_without_the_key_nothing_is_erased_nor_loaded(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.delenv("FA_PII_KEY")
        with pytest.raises(UserInputError, match="FA_PII_KEY is not set: an erased"):
            erase.plan_of(lab.settings, "duckdb")
    erased(lab, "1")
    monkeypatch.setenv("FA_PII_KEY", "another")
    with pytest.raises(UserInputError, match="not the key under which"):
        lab.load({"customers": [customer(5)]})
    monkeypatch.delenv("FA_PII_KEY")
    with pytest.raises(UserInputError, match="customers were erased under it"):
        lab.load({"customers": [customer(5)]})
    assert lab.value("select count(*) from ingestion_raw_data.customers where customer_id = 5") == 0


@pytest.mark.parametrize("ids", [["9"], ["1", "9"], ["one"]])
def test_an_id_that_nobody_has_erases_nothing(lab: Lab, ids: list[str]) -> None:
    before = lab.value("select count(*) from ingestion_raw_data.customers")
    with pytest.raises(UserInputError, match=f"no customer {ids[-1]} in bronze"):
        erase.erase_bronze(erase.plan_of(lab.settings, "duckdb"), ids, moment=MOMENT)
    assert lab.value("select count(*) from ingestion_raw_data.customers") == before


def test_an_erasure_that_was_killed_is_finished_by_the_same_command(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(duckdb_erasure, "_replace", dies)
        with pytest.raises(OSError, match="no space"):
            erased(lab, "1")
    assert erase.unfinished(lab.settings, "duckdb") == 1
    assert list((lab.folder / "tmp").glob("erase-*")) == []
    begun = erased(lab, "1")
    assert (begun.number, begun.customers, begun.rows) == (1, 1, 12)
    assert where(lab, NAME, SSN) == []
    erase.finish(erase.plan_of(lab.settings, "duckdb"), moment=MOMENT)
    assert erased(lab, "1").number == 0  # nothing is left to do


def test_nothing_is_erased_where_nothing_is(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    with pytest.raises(EngineError, match="there is no warehouse"):
        erased(lab, "1")
    with pytest.raises(UserInputError, match="target spark cannot be erased"):
        erase.plan_of(lab.settings, "spark")


def test_the_secret_is_the_same_under_another_key() -> None:
    secret, kept = drawn(b"old")
    assert unwrap(kept, b"old") == secret
    again = wrap(secret, b"new", b"1" * 16)
    assert unwrap(again, b"new") == secret
    assert again.proof == kept.proof
    assert again.wrapped != kept.wrapped
    assert id_hash(secret, "customers", 1) != id_hash(secret, "customers", 11)
    with pytest.raises(UserInputError, match="not the key"):
        unwrap(again, b"old")


def test_another_key_knows_the_erased_again(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FA_DATA_DIR", str(lab.folder))
    monkeypatch.setenv("FA_PII_KEY_BEFORE", KEY)
    monkeypatch.setenv("FA_PII_KEY", "new")
    assert cli.run(["rekey"]) == 0
    assert "nobody was erased" in capsys.readouterr().out
    monkeypatch.setenv("FA_PII_KEY", KEY)
    erased(lab, "1")
    monkeypatch.setenv("FA_PII_KEY", "new")
    monkeypatch.setenv("FA_PII_KEY_BEFORE", "neither")
    assert cli.run(["rekey"]) == 2
    assert "FA_PII_KEY_BEFORE is not the key" in capsys.readouterr().err
    monkeypatch.setenv("FA_PII_KEY_BEFORE", KEY)
    for _ in range(2):
        assert cli.run(["rekey"]) == 0
    again = bank()
    again["customers"][0]["city"] = "Elsewhere"
    lab.load(again)
    assert where(lab, NAME, SSN) == []
    monkeypatch.setenv("FA_PII_KEY", KEY)
    with pytest.raises(UserInputError, match="not the key under which"):
        lab.load({"customers": [customer(5)]})
