"""What a full extract no longer holds ends where the extract is declared whole, else is said."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from financial_analytics.errors import UserInputError
from financial_analytics.ingest import as_text
from financial_analytics.settings import find_project_dir

if TYPE_CHECKING:
    from conftest import Bank

HEADER = "account_id,customer_id,product_id,account_status,open_date,close_date,updated_at\n"
DAY_1, DAY_2, DAY_3 = (datetime(2024, 6, day) for day in (2, 3, 4))  # noqa: DTZ001
KNOWN = "10,100,1,Active,2020-01-01,,2024-01-01\n"
GONE = "11,101,1,Active,2021-01-01,,2024-01-01\n"


def versions(bank: Bank, account: int) -> list[tuple[Any, ...]]:
    return bank.sql(
        "select account_status, close_date, updated_at, customer_id, _source_file"
        f" from ingestion_raw_data.accounts where account_id = {account} order by updated_at"
    )


def extract(bank: Bank, name: str, *lines: str) -> Path:
    return bank.write(f"{name}/accounts.csv", HEADER + "".join(lines))


def test_the_case_of_two_daily_extracts(bank: Bank) -> None:
    case = Path(find_project_dir()).parent / "shared/cases/row-gone-from-full-extract"
    if not case.is_dir():
        pytest.skip("../shared/cases is not beside this checkout")
    days = [(case / name, datetime(2024, 3, day)) for day, name in ((1, "d1"), (2, "d2"))]  # noqa: DTZ001
    for path, day in days:
        bank.ingest(path, extracted_at=day, full=["accounts"])
    assert [row[:3] for row in versions(bank, 2)] == [
        ("Active", None, days[0][1]),
        ("Closed", days[1][1].date(), days[1][1]),
    ]
    assert [row[2] for row in versions(bank, 1)] == [days[0][1]]


def test_a_gone_row_ends_as_a_version_of_its_own(bank: Bank) -> None:
    report = bank.ingest(extract(bank, "d1", KNOWN), extracted_at=DAY_1, full=["accounts"])
    assert not report.warnings
    assert "1 row is gone (such as account_id 11) and end with it" in as_text(report, width=500)
    assert [row[:4] for row in versions(bank, 11)] == [
        ("Active", None, datetime(2024, 1, 1), 101),  # noqa: DTZ001
        ("Closed", DAY_1.date(), DAY_1, 101),
    ]
    assert len(versions(bank, 10)) == 1


def test_it_ends_once_and_not_before_it_was_known(bank: Bank) -> None:
    paths = [extract(bank, name, KNOWN) for name in ("d0", "d1", "d2")]
    before = datetime(2023, 12, 31)  # noqa: DTZ001
    bank.ingest(paths[0], extracted_at=before, full=["accounts"])
    assert len(versions(bank, 11)) == 1, "nothing was known of it at the end of 2023"
    for path, day in ((paths[1], DAY_1), (paths[1], DAY_1), (paths[2], DAY_2)):
        bank.ingest(path, extracted_at=day, full=["all"])
    assert [row[2] for row in versions(bank, 11)] == [datetime(2024, 1, 1), DAY_1]  # noqa: DTZ001


def test_an_unchanged_file_is_an_extract_all_the_same(bank: Bank) -> None:
    bank.ingest(extract(bank, "d1", KNOWN), extracted_at=DAY_1, full=["accounts"])
    bank.ingest(bank.write("one.csv", "").parent / "d1", extracted_at=DAY_1)
    later = bank.write("more/accounts.csv", HEADER + "12,101,1,Active,2021-01-01,,2024-06-02\n")
    bank.ingest(later)
    bank.ingest(extract(bank, "d1", KNOWN), extracted_at=DAY_3, full=["accounts"])
    assert [row[0] for row in versions(bank, 12)] == ["Active", "Closed"]


@pytest.mark.parametrize("dated", [True, False], ids=["with its version", "without"])
def test_a_row_that_is_back_goes_on(bank: Bank, dated: bool) -> None:
    bank.ingest(extract(bank, "d1", KNOWN), extracted_at=DAY_1, full=["accounts"])
    line = GONE if dated else GONE.replace("2024-01-01\n", "\n")
    bank.ingest(extract(bank, "d2", KNOWN, line), extracted_at=DAY_2, full=["accounts"])
    assert [row[:3] for row in versions(bank, 11)] == [
        ("Active", None, datetime(2024, 1, 1)),  # noqa: DTZ001
        ("Closed", DAY_1.date(), DAY_1),
        ("Active", None, DAY_2),
    ]


def test_an_extract_in_parts_is_one(bank: Bank) -> None:
    parts = [
        bank.write("d1/accounts/part-0.csv", HEADER + KNOWN),
        bank.write("d1/accounts/part-1.csv", HEADER + GONE),
    ]
    bank.ingest(parts[0].parent, extracted_at=DAY_1, full=["accounts"])
    assert len(bank.ids("accounts", "account_id")) == 2, "nothing is gone"


def test_a_row_in_quarantine_is_there(bank: Bank) -> None:
    bad = GONE.replace("Active", "Frozen")
    report = bank.ingest(extract(bank, "d1", KNOWN, bad), extracted_at=DAY_1, full=["accounts"])
    assert report.totals.quarantined == 1
    assert len(versions(bank, 11)) == 1


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([], "it holds no row"),
        ([KNOWN, GONE.replace("11,", "eleven,", 1)], "1 of its rows have no readable account_id"),
    ],
    ids=["empty", "unreadable key"],
)
def test_what_cannot_be_trusted_ends_nothing(bank: Bank, lines: list[str], words: str) -> None:
    report = bank.ingest(extract(bank, "d1", *lines), extracted_at=DAY_1, full=["accounts"])
    assert words in report.warnings[0]
    assert len(versions(bank, 11)) == 1


def test_a_refused_part_ends_nothing(bank: Bank) -> None:
    extract(bank, "d1", KNOWN)
    bank.write("d1/accounts_2.csv", "account_id\n11\n")
    report = bank.ingest(bank.folder / "feeds/d1", extracted_at=DAY_1, full=["accounts"])
    assert report.refused
    assert "a file of the full extract was refused" in report.warnings[0]
    assert len(versions(bank, 11)) == 1


def test_a_table_without_an_end_keeps_its_rows_and_says_so(bank: Bank) -> None:
    path = bank.write("d1/products.csv", "product_id,product_name,category\n2,Saver,Deposit\n")
    report = bank.ingest(path, extracted_at=DAY_1, full=["products"])
    assert "products: 1 row is not in the full extract (such as product_id 1)" in report.warnings[0]
    assert bank.ids("products", "product_id") == [1, 2]


def test_an_undeclared_extract_is_asked_about(bank: Bank) -> None:
    lines = [f"{number},101,1,Active,2021-01-01,,2024-01-01\n" for number in range(20, 28)]
    bank.ingest(extract(bank, "more", *lines))
    report = bank.ingest(extract(bank, "d1", KNOWN, *lines), extracted_at=DAY_1)
    assert report.warnings == [
        "accounts: 1 row is known and not in these files, which hold the other 9; they stay as they"
        " are. If the files are a full extract, --full accounts ends what it no longer holds"
    ]
    assert not bank.ingest(extract(bank, "delta", KNOWN), extracted_at=DAY_1).warnings
    assert len(versions(bank, 11)) == 1


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["transactions"], "no full extract of transactions"),
        (["acounts"], "no full extract of acounts"),
        (["customers"], "no file of customers is given"),
    ],
)
def test_a_wrong_declaration_loads_nothing(bank: Bank, names: list[str], words: str) -> None:
    path = extract(bank, "d1", KNOWN.replace("Active", "Dormant"))
    with pytest.raises(UserInputError, match=words) as caught:
        bank.ingest(path, full=names)
    assert caught.value.hint
    assert len(versions(bank, 10)) == 1
