"""BAI2: continuations, funds types, implied decimals, control totals."""

from __future__ import annotations

import pytest
from tests.statements.conftest import Desk, kinds

FIRST, SECOND = "0123456789", "0987654321"


def file(
    *account: str, control: int = 0, currency: str = "USD", day: str = "240620", modifier: str = "2"
) -> str:
    lines = len(account) + 1
    return "\n".join(
        ("01,1,2,240621,0200,1,80,,2/", f"02,9,1,1,{day},2359,{currency},{modifier}/", *account,
         f"49,{control},{lines}/", f"98,{control},1,{lines + 2}/",
         f"99,{control},1,{lines + 4}/", "")
    )  # fmt: skip


def test_a_file_of_two_accounts(desk: Desk) -> None:
    report = desk.load("bai2", desk.file("bai2.txt"))
    assert desk.movements() == [
        (FIRST, "06-20 00:00", "100.00", "USD", "Deposit", "PAYROLL, JUNE"),
        (FIRST, "06-20 00:00", "50.00", "USD", "Deposit", "COUNTER DEPOSIT"),
        (FIRST, "06-20 00:00", "-14.50", "USD", "Payment", "CHECK PAID, WITH A TEXT THAT GOES ON"),
        (FIRST, "06-20 00:00", "-100.00", "USD", "Transfer", "OUT TO IBAN"),
        (FIRST, "06-20 00:00", "-100.00", "USD", "Transfer", "A CODE OF THE BANK'S OWN"),
        (SECOND, "06-20 00:00", "-1500.00", "JPY", "Payment", "YEN"),  # yen have no cents
    ]
    assert desk.balances() == [
        (FIRST, "USD", "935.50", "2024-06-20"), (SECOND, "JPY", "198500.00", "2024-06-20"),
    ]  # fmt: skip
    assert kinds(report) == {"entries_not_booked": 1}  # the record without money; the rest ties


def test_totals_go_on_in_a_continuation(desk: Desk) -> None:
    one = file("03,1,,100,300,3,D,2,0,100,1,200,400,450,2,/", control=750)
    two = file("03,1,,100,300,3,D,2,0,100,1,200/", "88,400,450,2,/", control=750)
    report = desk.load("bai2", desk.write("a.bai", one), desk.write("b.bai", two))
    assert kinds(report) == {}


def test_dinars_have_three_decimals(desk: Desk) -> None:
    text = file("03,1,,010,1000,,,015,2230,,/", "16,165,1230,,B1,,X/", control=4460, currency="KWD")
    assert kinds(desk.load("bai2", desk.write("a.bai", text))) == {}
    assert [row[2:4] for row in desk.movements()] == [("1.23", "KWD")]


def test_equal_entries_and_overlapping_reports(desk: Desk) -> None:
    noon = file("03,1,,010,1000,,/", "16,475,350,,,,COFFEE/", control=1350, modifier="3")
    night = file(
        "03,1,,010,1000,,,015,300,,/", "16,475,350,,,,COFFEE/", "16,475,350,,,,COFFEE/",
        control=2000,
    )  # fmt: skip
    first = desk.load("bai2", desk.write("noon.bai", noon))
    assert kinds(first) == {"balance_unchecked": 1}
    second = desk.load("bai2", desk.write("night.bai", night))
    counts = second.by_table()["transactions"]
    assert (counts.read, counts.accepted, counts.duplicates) == (2, 1, 1)
    assert kinds(second) == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (file("03,1,,010,1000,,,015,500,,/", "16,475,350,,B,,X/", control=1850),
         "it opens with 10.00 and moves by -3.50, which makes 6.50, but closes with 5.00"),
        (file("03,1,,010,1000,,,015,650,,/", "16,475,350,,B,,X/", control=1),
         "the account's control total is 1, its amounts add up to 2,000"),
        (file("03,1,,400,700,2,/", "16,475,350,,B,,X/", control=1050),
         "debits of 7.00 in 2 items announced, 3.50 in 1 there"),
        (file("03,1,,010,1000,,/", control=1000).replace("98,1000", "98,900"),
         "the group's control total is 900, its accounts' are 1,000"),
        (file("03,1,,010,1000,,/", control=1000).replace("99,1000,1,6", "99,1000,1,9"),
         "the file announces 9 records, 6 are there"),
    ],
)  # fmt: skip
def test_a_file_that_lies_is_told(desk: Desk, text: str, words: str) -> None:
    report = desk.load("bai2", desk.write("a.bai", text))
    said = [r.words for file in report.files for r in file.remarks if r.kind == "balance_mismatch"]
    assert len([each for each in said if words in each]) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (file("03,1,,010,1000,,/", control=1000).rsplit("98,", 1)[0], "lacks the trailer"),
        (file("03,1,,010,1000,,/", control=1000).replace("02,9,1,1", "02,9,1,4"), "is a test"),
        (file("03,1,,010,1000,,/", control=1000).replace("02,9,1,1", "02,9,1,2"), "a deletion"),
        (file("03,1,,010,10.00,,/", control=1000), "code 010 in an account's record"),
        (file("16,475,x,,B,,X/"), "lacks the trailer"),
        (file("nonsense"), "line 3 is no record"),
        (file("03,1,,010,1000,,/", day="241341", control=1000), "is no day"),
        ("a,b\n1,2\n", "no file of the format bai2"),
    ],
)
def test_wrong_files_are_refused(desk: Desk, text: str, words: str) -> None:
    report = desk.load("bai2", desk.write("bad.bai", text), desk.file("bai2.txt"))
    assert report.exit_code == 3
    (refused,) = report.refused
    assert refused.source_file == "bad.bai" and words in refused.message
