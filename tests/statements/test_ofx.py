"""OFX and QFX: both forms, days as written, corrections applied, ids that are none."""

from __future__ import annotations

import pytest
from tests.statements.conftest import FILES, Desk, kinds

HEAD = "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nENCODING:USASCII\nCHARSET:1252\n\n"


def entry(fitid: str, amount: str, day: str = "20240105", more: str = "", kind: str = "POS") -> str:
    return (
        f"<STMTTRN><TRNTYPE>{kind}<DTPOSTED>{day}<TRNAMT>{amount}<FITID>{fitid}{more}"
        "<NAME>Shop</STMTTRN>\n"
    )


def file(*entries: str, balance: str = "100.00", account: str = "1", bank: str = "9") -> str:
    return (
        f"{HEAD}<OFX><BANKMSGSRSV1><STMTTRNRS><TRNUID>1<STATUS><CODE>0<SEVERITY>INFO</STATUS>"
        f"<STMTRS><CURDEF>USD<BANKACCTFROM><BANKID>{bank}<ACCTID>{account}<ACCTTYPE>SAVINGS"
        f"</BANKACCTFROM><BANKTRANLIST><DTSTART>20240101<DTEND>20240131{''.join(entries)}"
        f"</BANKTRANLIST><LEDGERBAL><BALAMT>{balance}<DTASOF>20240131</LEDGERBAL></STMTRS>"
        "</STMTTRNRS></BANKMSGSRSV1></OFX>\n"
    )


def test_a_file_of_version_one(desk: Desk) -> None:
    report = desk.load("ofx", desk.file("checking.qfx"))
    number = "0001234567"
    assert desk.movements() == [
        # late in the evening in New York, and early in the morning 3.5 hours west of Greenwich
        (number, "01-31 00:00", "-12.50", "USD", "Purchase",
         "Café & Books, a long name of more than thirty-two letters"),
        (number, "01-15 00:00", "2500.00", "USD", "Deposit", "Payroll"),
        (number, "01-12 00:00", "-10.00", "USD", "Payment", "Rent"),  # replaces -100.00
        (number, "01-13 00:00", "-46.10", "USD", "ATM Withdrawal", "ATM Lisbon"),
    ]  # fmt: skip
    assert desk.balances() == [(number, "USD", "2431.40", "2024-01-31")]
    # the format has no opening balance: there is nothing to hold the movements against
    assert kinds(report) == {"entries_not_booked": 1, "balance_unchecked": 1}


def test_a_file_of_version_two(desk: Desk) -> None:
    desk.load("ofx", desk.file("card.ofx"))
    assert [row[1:] for row in desk.movements()] == [
        ("01-05 00:00", "-1500.00", "JPY", "Purchase", "本屋"),
        ("01-20 00:00", "500.00", "JPY", "Payment", "Payment"),
    ]
    assert desk.balances() == [("XXXXXXXXXXXX0001", "JPY", "-1000.00", "2024-01-31")]
    assert desk.sql("select category from ingestion_raw_data.products") == [("Credit",)]


def test_two_accounts_with_the_same_ids(desk: Desk) -> None:
    desk.load(
        "ofx",
        desk.write("a.ofx", file(entry("1", "-1.00"))),
        desk.write("b.ofx", file(entry("1", "-2.00"), account="2")),
        desk.write("c.ofx", file(entry("1", "-3.00"), bank="8")),
    )
    assert [row[2] for row in desk.movements()] == ["-1.00", "-2.00", "-3.00"]
    assert desk.sql("select count(distinct account_id) from ingestion_raw_data.accounts") == [(3,)]


def test_overlapping_downloads_load_an_entry_once(desk: Desk) -> None:
    desk.load("ofx", desk.write("a.ofx", file(entry("1", "-1.00"), entry("2", "-1.00"))))
    report = desk.load("ofx", desk.write("b.ofx", file(entry("2", "-1.00"), entry("3", "-1.00"))))
    counts = report.by_table()["transactions"]
    assert (counts.read, counts.accepted, counts.duplicates) == (2, 1, 1)


def test_a_correction_of_an_earlier_file(desk: Desk) -> None:
    desk.load("ofx", desk.write("a.ofx", file(entry("1", "-100.00"), entry("2", "-20.00"))))
    replaced = entry("3", "-10.00", more="<CORRECTFITID>1<CORRECTACTION>REPLACE")
    deleted = entry("4", "-20.00", more="<CORRECTFITID>2<CORRECTACTION>DELETE")
    report = desk.load("ofx", desk.write("b.ofx", file(replaced, deleted)))
    assert report.by_table()["transactions"].corrections == 2
    assert sorted(row[2] for row in desk.movements()) == ["-10.00", "0.00"]


def test_a_correction_of_a_correction(desk: Desk) -> None:
    once = entry("2", "-50.00", more="<CORRECTFITID>1<CORRECTACTION>REPLACE")
    again = entry("3", "-10.00", more="<CORRECTFITID>2<CORRECTACTION>REPLACE")
    desk.load("ofx", desk.write("a.ofx", file(entry("1", "-100.00"), once, again)))
    assert [row[2] for row in desk.movements()] == ["-10.00"]


def test_an_id_that_tells_nothing_apart(desk: Desk) -> None:
    zeros = (entry("0", "-1.00"), entry("0", "-2.00"), entry("0", "-2.00", "20240106"))
    desk.load("ofx", desk.write("a.ofx", file(*zeros)))
    assert [row[2] for row in desk.movements()] == ["-1.00", "-2.00", "-2.00"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (file(entry("1", "-1.00")).replace("</OFX>", ""), "has no <OFX>"),
        (file(entry("1", "1,000.00")), "TRNAMT is no amount"),
        (file(entry("1", "-1.00", "20241301")), "DTPOSTED is no day"),
        (file().replace("INFO", "ERROR").replace("CODE>0", "CODE>15500"), "the error 15500"),
        (f"{HEAD}<OFX><INVSTMTMSGSRSV1><INVSTMTRS></INVSTMTRS></INVSTMTMSGSRSV1></OFX>",
         "holds investments"),
        ("<?xml version='1.0'?><!DOCTYPE OFX [<!ENTITY a 'b'>]><OFX></OFX>", "document type"),
        (":20:X\n:25:1\n", "no file of the format ofx"),
    ],
)  # fmt: skip
def test_wrong_files_are_refused(desk: Desk, text: str, words: str) -> None:
    report = desk.load("ofx", desk.write("bad.ofx", text), desk.file("card.ofx"))
    assert report.exit_code == 3
    (refused,) = report.refused
    assert refused.source_file == "bad.ofx" and words in refused.message


def test_the_charset_of_the_header_counts_and_utf_8_is_seen(desk: Desk) -> None:
    text = (FILES / "checking.qfx").read_bytes().decode("cp1252")
    desk.load("ofx", desk.write("a.qfx", text))
    assert desk.movements()[0][5].startswith("Café & Books")


def test_a_closing_balance_of_the_first_day_is_told(desk: Desk) -> None:
    """csb43 writes such files: findings/csb43_closing_balance_of_the_first_day.sh."""
    text = file(entry("a", "-5.00")).replace("<DTASOF>20240131", "<DTASOF>20240101")
    report = desk.load("ofx", desk.write("early.ofx", text))
    assert kinds(report)["balance_mismatch"] == 1
    assert desk.movements()
