"""Plaid's JSON: its sign, what is pending, what is modified and removed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.statements.conftest import FILES, Desk, kinds

CHECKING, CARD = "fictional-checking", "fictional-card"


def entry(number: str, amount: Any, **changes: Any) -> dict[str, Any]:
    return {
        "transaction_id": number, "account_id": "a", "amount": amount, "date": "2024-01-05",
        "iso_currency_code": "USD", "name": "Shop", "pending": False, "payment_channel": "online",
        "personal_finance_category": {"primary": "FOOD_AND_DRINK"}, **changes,
    }  # fmt: skip


def sync(*added: Any, modified: Any = (), removed: Any = (), accounts: Any = ()) -> str:
    return json.dumps(
        {"accounts": list(accounts), "added": added, "modified": modified,
         "removed": [{"transaction_id": number} for number in removed], "next_cursor": "c"}
    )  # fmt: skip


def test_an_answer_of_sync(desk: Desk) -> None:
    report = desk.load("plaid", desk.file("plaid_sync.json"))
    assert desk.movements() == [
        # positive is money out; the day as posted, not that of the instant or of the authorisation
        (CHECKING, "01-31 00:00", "-12.34", "USD", "Purchase", "CORNER BOOKS 0042"),
        (CHECKING, "01-15 00:00", "2500.10", "USD", "Deposit", "PAYROLL"),
        (CARD, "01-17 00:00", "5.50", "USD", "Refund", "Corner Books, returned"),
    ]
    assert desk.sql(
        "select account_number, current_balance, credit_limit, balance_date,"
        " updated_at > '2024-07-01' from ingestion_raw_data.accounts order by 1"
    ) == [(CARD, -400, 5000, None, True), (CHECKING, desk.money("1000.10"), None, None, True)]
    assert desk.sql("select merchant_name from ingestion_raw_data.merchants") == [("Corner Books",)]
    assert desk.sql(
        "select merchant_category, channel, location_city, location_country"
        " from ingestion_raw_data.transactions order by 1, 2 desc"
    ) == [
        ("GENERAL_MERCHANDISE", "POS", "Springfield", "US"),
        ("GENERAL_MERCHANDISE", "Online", None, None),
        ("INCOME", None, None, None),
    ]
    assert kinds(report) == {"entries_not_booked": 1, "balance_unchecked": 2}


def test_get_says_the_same_as_sync(desk: Desk) -> None:
    answer = json.loads((FILES / "plaid_sync.json").read_text())
    got = {"accounts": answer["accounts"], "transactions": answer["added"], "total_transactions": 4}
    desk.load("plaid", desk.file("plaid_sync.json"))
    report = desk.load("plaid", desk.write("get.json", json.dumps(got)))
    counts = report.by_table()["transactions"]
    assert (counts.read, counts.duplicates) == (3, 3)


def test_a_pending_one_and_then_the_posted_one(desk: Desk) -> None:
    desk.load("plaid", desk.write("1.json", sync(entry("p", 10, pending=True))))
    posted = entry("t", 12.5, pending_transaction_id="p")
    report = desk.load("plaid", desk.write("2.json", sync(posted, removed=["p"])))
    assert [row[2] for row in desk.movements()] == ["-12.50"]
    assert report.totals.quarantined == 0


def test_a_modified_one_keeps_its_type_and_takes_its_place(desk: Desk) -> None:
    desk.load("plaid", desk.write("1.json", sync(entry("t", 10))))
    moved = entry("t", 11, personal_finance_category={"primary": "TRANSFER_OUT"}, name="Friend")
    report = desk.load("plaid", desk.write("2.json", sync(modified=[moved])))
    assert report.by_table()["transactions"].corrections == 1
    assert [row[2:] for row in desk.movements()] == [("-11.00", "USD", "Purchase", "Friend")]


def test_a_modified_one_of_the_same_call(desk: Desk) -> None:
    moved = entry("t", 11, personal_finance_category={"primary": "TRANSFER_OUT"})
    report = desk.load("plaid", desk.write("1.json", sync(entry("t", 10), modified=[moved])))
    assert report.totals.quarantined == 0
    assert [row[2] for row in desk.movements()] == ["-11.00"]


def test_removed_ones_move_nothing(desk: Desk) -> None:
    desk.load("plaid", desk.write("1.json", sync(entry("t", 10), entry("u", 20))))
    removal = desk.write("2.json", sync(removed=["t", "never seen"]))
    report = desk.load("plaid", removal)
    counts = report.by_table()["transactions"]
    assert (counts.read, counts.accepted, counts.corrections) == (1, 1, 1)
    assert sorted(row[2] for row in desk.movements()) == ["-20.00", "0.00"]
    assert desk.load("plaid", removal).totals.accepted == 0
    # and within one call
    report = desk.load(
        "plaid",
        desk.write("3.json", sync(entry("v", 30))),
        desk.write("4.json", sync(removed=["v"])),
    )
    assert sorted(row[2] for row in desk.movements()) == ["-20.00", "0.00"]


def test_cents_are_exact(desk: Desk) -> None:
    amounts = [0.1, 0.2, 1234567890.15, 1e3]
    answer = sync(*(entry(str(place), amount) for place, amount in enumerate(amounts)))
    desk.load("plaid", desk.write("1.json", answer))
    assert [row[2] for row in desk.movements()] == ["-0.10", "-0.20", "-1234567890.15", "-1000.00"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (sync(entry("t", 10))[:-9], "is no JSON"),
        (sync(entry("t", "10")), "amount is no number"),
        (sync(entry("", 10)), "has no transaction_id"),
        (sync(entry("t", 10, date="31/01/2024")), "date is no day"),
        (sync(entry("t", 10, iso_currency_code=None)), "has no currency"),
        ('{"accounts": []}', "no transactions of Plaid"),
        ("a,b\n", "no file of the format plaid"),
    ],
)
def test_wrong_files_are_refused(desk: Desk, text: str, words: str) -> None:
    report = desk.load("plaid", desk.write("bad.json", text), desk.file("plaid_sync.json"))
    assert report.exit_code == 3
    (refused,) = report.refused
    assert refused.source_file == "bad.json" and words in refused.message
