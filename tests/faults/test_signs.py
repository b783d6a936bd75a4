"""Which way the money goes: declared, or held against what stands beside the amounts."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from financial_analytics.errors import UserInputError
from financial_analytics.ingest import as_text

if TYPE_CHECKING:
    from conftest import Bank

NAMES = ["transaction_id", "account_id", "customer_id", "transaction_date", "currency"]
MARKS = {"debit_credit": {"sign_of": "amount", "out": ["D"], "in": ["C"]}}
CASE = [
    ("Purchase", "10.00", "D", "posted"), ("Deposit", "20.00", "C", "posted"),
    ("Fee", "2.00", "D", "posted"), ("Purchase", "99.00", "D", "reversed"),
    ("ATM Withdrawal", "40.00", "D", "pending"),
]  # fmt: skip


def load(
    bank: Bank, rows: list[tuple[str, ...]], beside: list[str], form: str = "csv", **options: Any
) -> Any:
    path = bank.folder / "feeds" / f"transactions_s.{form}"
    header = [*NAMES, "transaction_type", "amount", *beside]
    lines = [
        [str(1000 + number), "10", "100", "2024-05-09", "USD", *row]
        for number, row in enumerate(rows)
    ]
    if form == "parquet":
        columns = zip(*lines, strict=True)
        pq.write_table(pa.table(dict(zip(header, map(list, columns), strict=True))), path)
    else:
        path.write_text("".join(",".join(line) + "\n" for line in [header, *lines]))
    return bank.ingest(path, **options)


def amounts(bank: Bank) -> list[Decimal]:
    query = "select amount from ingestion_raw_data.transactions where transaction_id >= 1000"
    return [amount for (amount,) in bank.sql(f"{query} order by transaction_id")]


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_an_unread_debit_credit_column_refuses_the_file(bank: Bank, form: str) -> None:
    report = load(bank, CASE, ["debit_credit", "status"], form)
    assert report.exit_code == 3
    [refused] = report.refused
    assert "4 amounts are positive and money out, 0 negative and money in" in refused.message
    assert "debit_credit: {sign_of: amount, out: [D], in: [C]}" in refused.hint
    assert not amounts(bank)


@pytest.mark.parametrize("name", ["Dr/Cr", "CREDIT_DEBIT_INDICATOR", "direction", "sign"])
def test_it_may_be_called_and_say_otherwise(bank: Bank, name: str) -> None:
    for out, into in (("DBIT", "CRDT"), ("debit", "credit"), ("-", "+"), ("S", "H")):
        rows = [("Transfer", "10.00", out), ("Transfer", "5.00", into)]
        assert load(bank, rows, [name]).exit_code == 3
    assert load(bank, [("Transfer", "-10.00", "CRDT")], [name]).exit_code == 3
    # signed already: nothing contradicts, so nothing needs to be declared
    report = load(bank, [("Transfer", "-10.00", "Debit"), ("Transfer", "5.00", "Credit")], [name])
    assert report.exit_code == 0
    assert amounts(bank) == [-10, 5]


@pytest.mark.parametrize(("name", "word"), [("is_debit", "true"), ("is_credit", "0")])
def test_a_flag_says_only_one_way(bank: Bank, name: str, word: str) -> None:
    assert load(bank, [("Transfer", "10.00", word)], [name]).exit_code == 3
    mapping = {"transactions": {name: {"sign_of": "amount", "out": [word], "in": ["x"]}}}
    assert load(bank, [("Transfer", "10.00", word)], [name], mapping=mapping).exit_code == 0
    assert amounts(bank) == [-10]


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_declared_column_gives_the_sign(bank: Bank, form: str) -> None:
    mapping = {"transactions": {**MARKS, "status": {"posted": ["posted", "booked"]}}}
    report = load(bank, CASE, ["debit_credit", "status"], form, mapping=mapping)
    assert amounts(bank) == [-10, 20, -2]
    assert (report.totals.quarantined, report.files[0].unknown_columns) == (2, ())
    assert [fault[:3] for fault in bank.quarantine()] == [
        (4, "status", "not_posted"), (5, "status", "not_posted"),
    ]  # fmt: skip
    assert not report.files[0].warnings


def test_what_gives_no_sign_is_quarantined(bank: Bank) -> None:
    rows = [("Fee", "1.00", "D"), ("Fee", "1.00", "X"), ("Fee", "1.00", ""), ("Fee", "-1.00", "D"),
            ("Fee", "0.00", "C"), ("Fee", "x", "D"), ("Fee", "12.345", "D")]  # fmt: skip
    load(bank, rows, ["debit_credit"], mapping={"transactions": MARKS})
    assert amounts(bank) == [-1, 0]
    assert [fault[2] for fault in bank.quarantine()] == ["sign"] * 3 + ["number", "decimals"]


def test_an_empty_status_is_not_posted(bank: Bank) -> None:
    rows = [("Fee", "-1.00", "Posted "), ("Fee", "-1.00", "")]
    load(bank, rows, ["status"], mapping={"transactions": {"status": {"posted": "posted"}}})
    assert amounts(bank) == [-1]
    assert bank.quarantine()[0][3].startswith("an empty status is not among posted")


@pytest.mark.parametrize(("name", "word"), [
    ("status", "Pending"), ("booking_status", "REVERSED"), ("pending", "true"), ("status", "void"),
])  # fmt: skip
def test_an_unread_status_refuses_the_file(bank: Bank, name: str, word: str) -> None:
    report = load(bank, [("Fee", "-1.00", "x"), ("Fee", "-1.00", word)], [name])
    assert report.exit_code == 3
    assert f"{word.lower()} (1)" in report.refused[0].message
    assert load(bank, [("Fee", "-1.00", "posted")], [name]).exit_code == 0


def test_plaid_writes_money_out_positive(bank: Bank) -> None:
    rows = [("Purchase", "10.00"), ("Deposit", "-20.00"), ("Transfer", "5.00")]
    report = load(bank, rows, [])
    assert report.exit_code == 0
    [warning] = report.files[0].warnings
    assert "2 of 2 amounts go the other way than their type says" in warning
    assert "(Deposit 1 of 1, Purchase 1 of 1)" in warning
    assert "sign: inverted" in as_text(report, width=500)
    report = load(bank, rows, [], mapping={"transactions": {"amount": {"sign": "inverted"}}})
    assert not report.files[0].warnings
    newest = "(select max(_batch_id) from ingestion_raw_data.transactions)"
    query = f"select amount from ingestion_raw_data.transactions where _batch_id = {newest}"
    assert bank.sql(f"{query} order by transaction_id") == [(-10,), (20,), (-5,)]


def test_unsigned_amounts_by_type(bank: Bank) -> None:
    rows = [("Purchase", "10.00"), ("Deposit", "20.00"), ("transfer", "5.00"), ("fee ", "1.00")]
    mapping = {"transactions": {"amount": {"sign": "by_type"}}}
    assert not load(bank, rows, [], mapping=mapping).files[0].warnings
    assert amounts(bank) == [-10, 20, -1]
    assert [fault[:3] for fault in bank.quarantine()] == [(3, "amount", "sign")]


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_some_fees_are_taken_back(bank: Bank, form: str) -> None:
    good = [("Fee", "-1.00")] * 95
    assert not load(bank, [*good, *[("Fee", "1.00")] * 5], [], form).files[0].warnings
    report = load(bank, [*good, *[("Fee", "2.00")] * 6], [], form)
    assert "6 of" in report.files[0].warnings[0]


def test_typed_amounts_take_a_sign_too(bank: Bank) -> None:
    data = pa.table({
        "transaction_id": [1000], "account_id": [10], "customer_id": [100],
        "transaction_date": ["2024-05-09"], "currency": ["USD"], "transaction_type": ["Payment"],
        "amount": pa.array([Decimal("7.25")]), "debit_credit": ["D"],
    })  # fmt: skip
    path = bank.folder / "feeds" / "transactions_s.parquet"
    pq.write_table(data, path)
    bank.ingest(path, mapping={"transactions": MARKS})
    assert amounts(bank) == [Decimal("-7.25")]


@pytest.mark.parametrize(("said", "words"), [
    ({"amount": {"sign": "plus"}}, "the sign 'plus'"),
    ({"account_id": {"sign": "inverted"}}, "the sign 'inverted'"),
    ({"dc": {"sign_of": "amount", "out": ["D"]}}, "cannot be understood"),
    ({"dc": {"sign_of": "fee", "out": ["D"], "in": ["C"]}}, "cannot be understood"),
    ({"dc": {"sign_of": "amount", "out": ["D"], "in": ["d"]}}, "a word in and out"),
    ({"status": {"posted": []}}, "cannot be understood"),
    ({**MARKS, "amount": {"sign": "inverted"}}, "the sign of amount twice"),
    ({"a": {"posted": ["x"]}, "b": {"posted": ["x"]}}, "another column says so"),
])  # fmt: skip
def test_a_declaration_that_says_nothing(bank: Bank, said: Any, words: str) -> None:
    with pytest.raises(UserInputError, match=words):
        load(bank, [("Fee", "-1.00")], [], mapping={"transactions": said})


def test_a_declared_column_is_in_each_file(bank: Bank) -> None:
    report = load(bank, [("Fee", "-1.00")], [], mapping={"transactions": MARKS})
    assert report.exit_code == 3
    assert "names debit_credit, which this file does not have" in report.refused[0].message
