"""camt.052 and camt.053: what is booked, in its currency, once, and whether it ties."""

from __future__ import annotations

from datetime import datetime

import duckdb
import pytest
from tests.statements.conftest import FILES, Desk, kinds

from financial_analytics.errors import FeedError, UserInputError
from financial_analytics.ingest import ingest

LATER = datetime(2024, 12, 1)  # noqa: DTZ001
IBAN = "DE89370400440532013000"
VERSIONS = [f"{number:02}" for number in range(2, 14)]


def balance(kind: str, amount: str, day: str, currency: str = "EUR") -> str:
    direction = "DBIT" if amount.startswith("-") else "CRDT"
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy='{currency}'>"
        f"{amount.lstrip('-')}</Amt><CdtDbtInd>{direction}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def entry(
    amount: str, day: str, *, reference: str = "", status: str = "BOOK", currency: str = "EUR",
    info: str = "", version: str = "08", reversal: str = "", code: str = "",
) -> str:  # fmt: skip
    direction = "DBIT" if amount.startswith("-") else "CRDT"
    state = f"<Cd>{status}</Cd>" if version >= "08" else status
    said = f"<AcctSvcrRef>{reference}</AcctSvcrRef>" if reference else ""
    family, _, part = code.partition("/")
    domain = (
        f"<Domn><Cd>PMNT</Cd><Fmly><Cd>{family}</Cd><SubFmlyCd>{part}</SubFmlyCd></Fmly></Domn>"
    )
    return (
        f"<Ntry><Amt Ccy='{currency}'>{amount.lstrip('-')}</Amt><CdtDbtInd>{direction}</CdtDbtInd>"
        f"{f'<RvslInd>{reversal}</RvslInd>' if reversal else ''}<Sts>{state}</Sts>"
        f"<BookgDt><Dt>{day}</Dt></BookgDt>{said}<BkTxCd>{domain if code else ''}</BkTxCd>"
        f"{f'<AddtlNtryInf>{info}</AddtlNtryInf>' if info else ''}</Ntry>"
    )


def message(*parts: str, version: str = "08", report: bool = False, name: str = "S1",
            account: str = f"<IBAN>{IBAN}</IBAN>", paging: str = "") -> str:  # fmt: skip
    number = "052" if report else "053"
    outer, inner = ("BkToCstmrAcctRpt", "Rpt") if report else ("BkToCstmrStmt", "Stmt")
    return (
        f"<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.{number}.001.{version}'><{outer}>"
        f"<GrpHdr><MsgId>M</MsgId></GrpHdr><{inner}><Id>{name}</Id>{paging}"
        f"<Acct><Id>{account}</Id></Acct>{''.join(parts)}</{inner}></{outer}></Document>"
    )


def test_a_statement_lands_as_it_was_booked(desk: Desk) -> None:
    report = desk.load("camt", desk.file("camt053.xml"))
    assert report.exit_code == 0
    assert desk.movements() == [
        (IBAN, "01-04 00:00", "-92.00", "EUR", "Purchase", "Corner Books"),
        (IBAN, "01-05 00:00", "-3.50", "EUR", "Purchase", "Café Krüger"),
        (IBAN, "01-05 00:00", "-3.50", "EUR", "Purchase", "Café Krüger"),
        # the day as written, not the one in Greenwich; no IBAN in the name or in the text
        (IBAN, "01-08 00:00", "500.00", "EUR", "Transfer",
         "Erika Muster IBAN Invoice 17 IBAN: IBAN January"),
        (IBAN, "01-15 00:00", "-90.00", "EUR", "Transfer", "3 payments"),
        (IBAN, "01-16 00:00", "40.00", "EUR", "Payment", "Stadtwerke"),
        (IBAN, "01-31 00:00", "-3.50", "EUR", "Fee", "Account fee"),
        ("0762-116238", "01-10 00:00", "200.00", "CHF", "Transfer", None),
    ]  # fmt: skip
    assert desk.balances() == [
        ("0762-116238", "CHF", "-50.00", "2024-01-31"),
        (IBAN, "EUR", "1347.50", "2024-01-31"),
    ]
    assert kinds(report) == {"entries_not_booked": 1}  # and every balance ties
    assert desk.sql("select product_name, category from ingestion_raw_data.products") == [
        ("Account known from statements", "Deposit")
    ]


def test_what_it_cannot_say_stays_empty(desk: Desk) -> None:
    desk.load("camt", desk.file("camt053.xml"))
    assert desk.sql(
        "select count(open_date), count(close_date), count(interest_rate), count(credit_limit)"
        " from ingestion_raw_data.accounts"
    ) == [(0, 0, 0, 0)]
    assert desk.sql("select count(*) from ingestion_raw_data.customers") == [(0,)]
    assert desk.sql(
        "select count(merchant_id), count(is_fraud), count(hour_of_day), count(card_last_four)"
        " from ingestion_raw_data.transactions"
    ) == [(0, 0, 0, 0)]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("report", [False, True])
def test_every_version_reads_the_same(desk: Desk, version: str, report: bool) -> None:
    parts = (
        balance("OPBD", "10.00", "2024-01-02"),
        balance("CLBD", "7.00", "2024-01-02"),
        entry("-3.00", "2024-01-02", version=version),
        entry("-5.00", "2024-01-02", version=version, status="PDNG"),
        entry("-6.00", "2024-01-02", version=version, status="INFO"),
    )
    path = desk.write("a.xml", message(*parts, version=version, report=report))
    said = desk.load("camt", path)
    assert [row[2] for row in desk.movements()] == ["-3.00"]
    assert kinds(said) == {"entries_not_booked": 2}


def test_prefixes_and_other_encodings(desk: Desk) -> None:
    plain = message(entry("-3.00", "2024-01-02", info="Müller"))
    prefixed = plain.replace("</", "</n:").replace("<", "<n:").replace("<n:/n:", "</n:")
    prefixed = prefixed.replace("xmlns=", "xmlns:n=")
    text = f"<?xml version='1.0' encoding='ISO-8859-1'?>{prefixed}"
    desk.load("camt", desk.write("latin.xml", text.encode("latin-1")))
    assert [row[5] for row in desk.movements()] == ["Müller"]
    wide = text.replace("ISO-8859-1", "UTF-16").encode("utf-16")
    again = desk.load("camt", desk.write("wide.xml", wide))
    assert again.by_table()["transactions"].duplicates == 1


def test_the_same_entry_of_two_statements_is_there_once(desk: Desk) -> None:
    coffee = entry("-3.50", "2024-01-05", info="Coffee")
    first = message(entry("-1.00", "2024-01-04", reference="R1"), coffee, coffee, name="S1")
    second = message(coffee, coffee, entry("9.00", "2024-01-08", reference="R2"), name="S2")
    one = desk.load("camt", desk.write("one.xml", first))
    two = desk.load("camt", desk.write("two.xml", second))
    assert (one.by_table()["transactions"].accepted, one.totals.duplicates) == (3, 0)
    counts = two.by_table()["transactions"]
    assert (counts.read, counts.accepted, counts.duplicates) == (3, 1, 2)
    both = desk.load("camt", desk.folder / "one.xml", desk.folder / "two.xml")
    counts = both.by_table()["transactions"]
    assert (counts.read, counts.accepted, counts.duplicates) == (6, 0, 6)


def test_the_same_file_twice_adds_nothing(desk: Desk) -> None:
    path = desk.file("camt053.xml")
    desk.load("camt", path)
    again = desk.load("camt", path)
    assert all(file.already_loaded for file in again.files)
    copied = desk.load("camt", desk.write("copy.xml", path.read_bytes()))
    assert copied.totals.accepted == 0


def test_intraday_reports_and_then_the_statement(desk: Desk) -> None:
    early = entry("-3.50", "2024-01-05", reference="R1")
    late = entry("-4.50", "2024-01-05", reference="R2")
    waiting = entry("-9.00", "2024-01-05", status="PDNG")
    opening = balance("OPBD", "100.00", "2024-01-05")
    noon = message(opening, balance("ITBD", "96.50", "2024-01-05"), early, waiting, report=True)
    evening = message(opening, balance("ITBD", "92.00", "2024-01-05"), late, report=True, name="R2")
    report = desk.load("camt", desk.write("noon.xml", noon), desk.write("evening.xml", evening))
    # a report of what is new has no totals to hold its entries against
    assert kinds(report) == {"entries_not_booked": 1, "balance_unchecked": 2}
    assert desk.balances() == [(IBAN, "EUR", "100.00", "2024-01-04")]
    night = message(opening, balance("CLBD", "92.00", "2024-01-05"), early, late)
    said = desk.load("camt", desk.write("night.xml", night))
    assert said.by_table()["transactions"].duplicates == 2
    assert kinds(said) == {}
    assert [row[2] for row in desk.movements()] == ["-3.50", "-4.50"]
    assert desk.balances()[-1] == (IBAN, "EUR", "92.00", "2024-01-05")


@pytest.mark.parametrize("order", [("p1.xml", "p2.xml"), ("p2.xml", "p1.xml")])
def test_pages_of_a_statement_are_one(desk: Desk, order: tuple[str, str]) -> None:
    def paging(number: int, last: str) -> str:
        return f"<StmtPgntn><PgNb>{number}</PgNb><LastPgInd>{last}</LastPgInd></StmtPgntn>"

    coffee = entry("-3.50", "2024-01-05", info="Coffee")
    desk.write("p1.xml", message(
        balance("OPBD", "100.00", "2024-01-05"), balance("ITBD", "96.50", "2024-01-05"), coffee,
        paging=paging(1, "false"),
    ))  # fmt: skip
    desk.write("p2.xml", message(
        balance("ITBD", "96.50", "2024-01-05"), balance("CLBD", "93.00", "2024-01-05"), coffee,
        paging=paging(2, "true"),
    ))  # fmt: skip
    report = desk.load("camt", *(desk.folder / name for name in order))
    assert report.by_table()["transactions"].accepted == 2  # equal, and both real
    assert kinds(report) == {}
    assert desk.balances() == [(IBAN, "EUR", "93.00", "2024-01-05")]


def test_a_statement_that_lies_is_told(desk: Desk) -> None:
    parts = (balance("OPBD", "100.00", "2024-01-05"), balance("CLBD", "90.00", "2024-01-05"))
    path = desk.write("a.xml", message(*parts, entry("-3.50", "2024-01-05"), name="7"))
    report = desk.load("camt", path)
    (remark,) = [r for file in report.files for r in file.remarks if r.kind == "balance_mismatch"]
    assert "closes with 90.00: -6.50 EUR are in no entry" in remark.words
    assert "statement 7 of account_id" in remark.words and IBAN not in remark.words
    assert [row[2] for row in desk.movements()] == ["-3.50"]  # loaded all the same
    assert desk.sql("select kind, concerned_count from ingestion_raw_data._remarks") == [
        ("balance_mismatch", 1)
    ]


def test_a_summary_that_lies_is_told(desk: Desk) -> None:
    summary = (
        "<TxsSummry><TtlDbtNtries><NbOfNtries>2</NbOfNtries><Sum>3.60</Sum></TtlDbtNtries>"
        "</TxsSummry>"
    )
    report = desk.load("camt", desk.write("a.xml", message(summary, entry("-3.50", "2024-01-05"))))
    said = [r.words for file in report.files for r in file.remarks if r.kind == "balance_mismatch"]
    assert [words.split(": ", 1)[1] for words in said] == [
        "2 DBIT entries announced, 1 there", "DBIT entries of 3.60 announced, 3.50 there",
    ]  # fmt: skip


def test_missing_statements_are_told(desk: Desk) -> None:
    def numbered(number: int, before: str, after: str, day: str) -> str:
        parts = balance("OPBD", before, day), balance("CLBD", after, day)
        moved = f"{float(after) - float(before):.2f}"
        sequence = f"<ElctrncSeqNb>{number}</ElctrncSeqNb>"
        return message(*parts, entry(moved, day), paging=sequence)

    report = desk.load(
        "camt",
        desk.write("1.xml", numbered(1, "100.00", "90.00", "2024-01-05")),
        desk.write("2.xml", numbered(2, "90.00", "80.00", "2024-01-06")),
        desk.write("4.xml", numbered(4, "70.00", "60.00", "2024-01-08")),
    )
    assert kinds(report) == {"statement_gap": 1}
    (said,) = [r.words for file in report.files for r in file.remarks if r.kind == "statement_gap"]
    assert "closes with 80.00, statement 4 opens with 70.00; 1 statements" in said


def test_yen_and_dinars_are_as_written(desk: Desk) -> None:
    yen = message(entry("-1500", "2024-01-05", currency="JPY"), account="<Othr><Id>Y</Id></Othr>")
    dinar = message(entry("-1.234", "2024-01-05", currency="KWD"), name="S2")
    report = desk.load(
        "camt", desk.write("y.xml", yen), desk.write("k.xml", dinar), max_quarantined_pct=100
    )
    assert [row[2:4] for row in desk.movements()] == [("-1500.00", "JPY")]
    # the contract's money has two decimals: a third one is not rounded away
    assert report.commonest_reason("transactions").rule == "decimals"


def test_one_iban_in_two_currencies_is_two_accounts(desk: Desk) -> None:
    euro = message(balance("CLBD", "5.00", "2024-01-05"))
    dollar = message(balance("CLBD", "6.00", "2024-01-05", "USD"), name="S2")
    desk.load("camt", desk.write("a.xml", euro), desk.write("b.xml", dollar))
    found = desk.sql("select account_id, customer_id, currency from ingestion_raw_data.accounts")
    assert len({row[0] for row in found}) == 2 and len({row[1] for row in found}) == 1
    assert all(1 << 30 <= row[0] < 1 << 31 for row in found)


def test_reversals_go_the_way_they_say(desk: Desk) -> None:
    back = entry("20.00", "2024-01-05", reversal="true", code="CCRD/POSD", reference="R1")
    taken = entry("-30.00", "2024-01-05", reversal="true", code="RCDT/ESCT", reference="R2")
    desk.load("camt", desk.write("a.xml", message(back, taken)))
    assert [row[2:5:2] for row in desk.movements()] == [("20.00", "Refund"), ("-30.00", "Transfer")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<!DOCTYPE Document [<!ENTITY name 'x'>]>" + message(), "declares a document type"),
        ("<!DOCTYPE Document SYSTEM 'nowhere.dtd'>" + message(), "declares a document type"),
        (message()[:-20], "no well-formed XML"),
        (message().replace("camt.053", "camt.099"), "none of camt.052 or camt.053"),
        (message().replace("BkToCstmrStmt", "BkToCstmrDbtCdtNtfctn"), "BkToCstmrDbtCdtNtfctn"),
        (message(entry("-1.00", "2024-02-31")), "is no day"),
        (message(entry("-1.00.0", "2024-02-01")), "is no amount"),
        (message(entry("-1.00", "2024-02-01").replace("DBIT", "SOME")), "CRDT or DBIT"),
        (
            message(entry("-1.00", "2024-02-01").replace(" Ccy='EUR'", "")),
            "no amount with a currency",
        ),
        ("date,amount\n2024-01-01,1\n", "no file of the format camt"),
    ],
)
def test_wrong_files_are_refused_and_the_others_load(desk: Desk, text: str, words: str) -> None:
    bad = desk.write("bad.xml", text)
    report = desk.load("camt", bad, desk.file("camt053.xml"))
    assert report.exit_code == 3
    assert [refused.source_file for refused in report.refused] == ["bad.xml"]
    assert words in report.refused[0].message
    assert report.by_table()["transactions"].accepted == 8


def test_two_numbers_of_one_id_are_refused(desk: Desk) -> None:
    desk.load("camt", desk.file("camt053.xml"))
    with duckdb.connect(str(desk.settings.warehouse_path)) as connection:
        connection.execute("update ingestion_raw_data.accounts set account_number = 'another'")
    before = desk.sql("select count(*) from ingestion_raw_data.transactions")
    with pytest.raises(FeedError, match="stands for another account already"):
        desk.load("camt", desk.write("b.xml", (FILES / "camt053.xml").read_bytes()))
    assert desk.sql("select count(*) from ingestion_raw_data.transactions") == before


def test_without_a_connector_the_right_one_is_named(desk: Desk) -> None:
    path = desk.file("camt053.xml")
    report = ingest([path], settings=desk.settings, loaded_at=LATER)
    assert report.exit_code == 3
    assert report.refused[0].hint == "it looks like a bank statement: --connector camt"


def test_a_folder_is_read_whole_and_the_rest_left_alone(desk: Desk) -> None:
    desk.write("in/january/a.xml", (FILES / "camt053.xml").read_bytes())
    desk.write("in/readme.txt", "nothing")
    report = desk.load("camt", desk.folder / "in")
    assert report.unknown_files == ["readme.txt"]
    assert report.by_table()["transactions"].accepted == 8
    assert desk.sql("select distinct _source_file from ingestion_raw_data.transactions") == [
        ("camt:in",)
    ]
    with pytest.raises(UserInputError, match="no file of its format"):
        desk.load("camt", desk.write("other/readme.txt", "nothing").parent)
