"""MT940 and MT942: marks, days, names and pages as the bank means them."""

from __future__ import annotations

import pytest
from tests.statements.conftest import Desk, kinds

NUMBER = "37040044/0532013000"


def statement(
    *lines: str, number: str = "7/1", opening: str = "C240101EUR100,00",
    closing: str = "C240131EUR100,00", account: str = NUMBER,
) -> str:  # fmt: skip
    return "\n".join(
        (":20:X", f":25:{account}", f":28C:{number}", f":60F:{opening}", *lines,
         f":62F:{closing}", "-", "")
    )  # fmt: skip


def test_a_statement_of_two_pages(desk: Desk) -> None:
    report = desk.load("mt940", desk.file("mt940.sta"))
    assert desk.movements() == [
        # no IBAN of field ?31 in the name, no reference in the words
        (NUMBER, "01-02 00:00", "-100.00", "EUR", "Payment",
         "Stadtwerke München Electricity January"),
        # valued on the last day of the year before
        (NUMBER, "01-02 00:00", "250.00", "EUR", "Transfer", "Erika Muster Invoice 17"),
        (NUMBER, "01-03 00:00", "-50.00", "EUR", "Transfer", "Erika Muster"),  # RC
        (NUMBER, "01-04 00:00", "30.00", "EUR", "Refund", "Corner Books"),  # RD
        (NUMBER, "01-05 00:00", "-3.50", "EUR", "Transfer", "Café"),
        (NUMBER, "01-05 00:00", "-3.50", "EUR", "Transfer", "Café"),
    ]  # fmt: skip
    assert kinds(report) == {}  # it ties over both pages
    # the intermediate balance is one of its day, too
    assert desk.balances() == [
        (NUMBER, "EUR", "1100.00", "2024-01-03"),
        (NUMBER, "EUR", "1123.00", "2024-01-05"),
    ]
    assert desk.sql("select max(available_balance) from ingestion_raw_data.accounts")[0][0] == 1100


def test_the_envelope_changes_nothing(desk: Desk) -> None:
    plain = desk.file("mt940.sta").read_bytes().decode("cp1252")
    pages = [page.strip() for page in plain.split("\r\n-\r\n") if page.strip()]
    wrapped = "".join(
        f"{{1:F01BANKDEFFAXXX0000000000}}{{2:O9400000240101}}{{4:\r\n{page}\r\n-}}{{5:}}\r\n"
        for page in pages
    )
    desk.load("mt940", desk.folder / "mt940.sta")
    again = desk.load("mt940", desk.write("swift.fin", wrapped))  # in UTF-8
    counts = again.by_table()["transactions"]
    assert (counts.read, counts.duplicates) == (6, 6)


def test_overlapping_statements_load_an_entry_once(desk: Desk) -> None:
    coffee = (":61:2401050105D3,50NMSCNONREF", ":86:Coffee")
    first = statement(*coffee, *coffee, closing="C240105EUR93,00", number="1/1")
    second = statement(*coffee, *coffee, *coffee, closing="C240131EUR89,50", number="2/1")
    report = desk.load("mt940", desk.write("a.sta", first), desk.write("b.sta", second))
    counts = report.by_table()["transactions"]
    assert (counts.read, counts.accepted, counts.duplicates) == (5, 3, 2)


@pytest.mark.parametrize(
    ("line", "day", "amount"),
    [
        (":61:2401020103D1,NTRFNONREF", "01-03", "-1.00"),
        (":61:240102D1,5NTRFNONREF", "01-02", "-1.50"),
        (":61:2401020102CR,50NTRFNONREF", "01-02", "0.50"),
        (":61:2402280229C1,00NTRFNONREF", "02-29", "1.00"),
        (":61:2312311231C1,00NTRFNONREF", "12-31", "1.00"),
    ],
)
def test_days_and_amounts(desk: Desk, line: str, day: str, amount: str) -> None:
    desk.load("mt940", desk.write("a.sta", statement(line)))
    assert [row[1:3] for row in desk.movements()] == [(f"{day} 00:00", amount)]


def test_yen_have_no_cents(desk: Desk) -> None:
    text = statement(
        ":61:2401050105D1500,NTRFNONREF", opening="C240101JPY100000,", closing="C240131JPY98500,"
    )
    assert kinds(desk.load("mt940", desk.write("a.sta", text))) == {}
    assert [row[2:4] for row in desk.movements()] == [("-1500.00", "JPY")]


def test_an_interim_report_and_then_the_statement(desk: Desk) -> None:
    entry = (":61:2401050105D3,50NMSCNONREF//B1", ":86:Coffee")
    waiting = (":61:2401050105ED9,00NMSCNONREF//B2", ":86:Hotel")
    report = "\n".join(
        (":20:X", f":25:{NUMBER}", ":28C:1/1", ":34F:EUR0,", ":13D:2401051200+0100", *entry,
         *waiting, ":90D:1EUR3,50", ":90C:0EUR0,00", "-", "")
    )  # fmt: skip
    said = desk.load("mt940", desk.write("noon.942", report))
    assert kinds(said) == {"entries_not_booked": 1, "balance_unchecked": 1}
    night = desk.load(
        "mt940", desk.write("a.sta", statement(*entry, closing="C240131EUR96,50", number="1/1"))
    )
    assert night.by_table()["transactions"].duplicates == 1
    assert desk.balances()[-1][2:] == ("96.50", "2024-01-31")


def test_a_statement_that_lies_is_told(desk: Desk) -> None:
    path = desk.write("a.sta", statement(":61:2401050105D3,50NMSCNONREF"))
    report = desk.load("mt940", path)
    (remark,) = [r for file in report.files for r in file.remarks if r.kind == "balance_mismatch"]
    assert "closes with 100.00: 3.50 EUR are in no entry" in remark.words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (statement(":61:not an entry"), "a field 61 is no entry"),
        (statement(":61:2413020102D1,00NTRFNONREF"), "is no day"),
        (statement(opening="C240101EUR1.000,00"), "field 60F is no balance"),
        (statement().split(":62F:")[0], "no closing balance"),
        ("date,amount\n", "no file of the format mt940"),
        ("<Document><BkToCstmrStmt/></Document>", "no file of the format mt940"),
    ],
)
def test_wrong_files_are_refused(desk: Desk, text: str, words: str) -> None:
    report = desk.load("mt940", desk.write("bad.sta", text), desk.file("mt940.sta"))
    assert report.exit_code == 3
    (refused,) = report.refused
    assert refused.source_file == "bad.sta" and words in refused.message
    if "Document" in text:
        assert refused.hint == "it looks like another: --connector camt"
