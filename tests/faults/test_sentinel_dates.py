"""Days that stand for no date are no date, and are counted; a birthday stays one."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from financial_analytics.ingest.contract_file import load_contract
from financial_analytics.settings import find_project_dir

if TYPE_CHECKING:
    from conftest import Bank

CONTRACT = load_contract(find_project_dir())
ACCOUNTS = "account_id,customer_id,product_id,account_status,open_date,close_date,updated_at\n"
SENTINELS = [
    "0001-01-01", "1753-01-01", "1899-12-30", "1899-12-31", "1900-01-01", "1970-01-01",
    "2999-12-31", "9999-12-31",
]  # fmt: skip


@pytest.mark.parametrize("day", SENTINELS)
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_an_account_that_closes_on_no_date_is_open(bank: Bank, day: str, form: str) -> None:
    rows = f"20,100,1,Active,2020-01-01,{day},2024-01-01\n21,100,1,Closed,2020-01-01,2023-05-06,2024-01-01\n"  # noqa: E501
    path = bank.write(f"accounts_s.{form}", ACCOUNTS + rows)
    if form == "parquet":
        close = [date.fromisoformat(day), date(2023, 5, 6)]
        pq.write_table(
            pa.table({
                "account_id": [20, 21], "customer_id": [100, 100], "product_id": [1, 1],
                "account_status": ["Active", "Closed"], "open_date": [date(2020, 1, 1)] * 2,
                "close_date": pa.array(close, pa.date32()),
            }),
            path,
        )  # fmt: skip
    report = bank.ingest(path)
    assert bank.sql(
        "select account_id, close_date from ingestion_raw_data.accounts where account_id >= 20"
    ) == [(20, None), (21, date(2023, 5, 6))]
    assert report.files[0].warnings == (
        f"close_date: 1 of {day} read as empty: that day stands for no date",
    )


def test_mysql_writes_zeros(bank: Bank) -> None:
    rows = "20,100,1,Active,2020-01-01,0000-00-00,2024-01-01\n21,100,1,Active,2020-01-01,0000-00-00 00:00:00,2024-01-01\n"  # noqa: E501
    assert bank.ingest(bank.write("accounts_s.csv", ACCOUNTS + rows)).totals.accepted == 2
    head = "customer_id,last_name,signup_date,is_active\n"
    bank.ingest(bank.write("customers_t.csv", f"{head}22,C,0000-00-00,true\n"))
    assert [fault[1:3] for fault in bank.quarantine()] == [("signup_date", "required")]


def test_a_birthday_may_be_the_first_of_1970_but_not_of_1900(bank: Bank) -> None:
    head = "customer_id,last_name,date_of_birth,last_login_date,signup_date,is_active,created_at\n"
    rows = (
        "7,A,1970-01-01,1970-01-01,2020-01-01,true,1970-01-01 01:00:00\n"
        "8,B,1900-01-01,2024-01-02,2020-01-01,true,9999-12-31 23:59:59\n"
        "9,C,1899-12-30,,2020-01-01,true,2024-01-02 03:04:05\n"
    )
    report = bank.ingest(bank.write("customers_s.csv", head + rows))
    query = "select date_of_birth, last_login_date, created_at from ingestion_raw_data.customers"
    assert bank.sql(f"{query} where customer_id in (7, 8, 9) order by customer_id") == [
        (date(1970, 1, 1), None, None),
        (None, date(2024, 1, 2), None),
        (None, None, datetime.fromisoformat("2024-01-02 03:04:05")),
    ]
    assert sorted(warning.split(" read")[0] for warning in report.files[0].warnings) == [
        "created_at: 1 of 1970-01-01", "created_at: 1 of 9999-12-31",
        "date_of_birth: 1 of 1899-12-30", "date_of_birth: 1 of 1900-01-01",
        "last_login_date: 1 of 1970-01-01",
    ]  # fmt: skip


def test_a_payment_on_no_date_is_not_paid_yet(bank: Bank) -> None:
    head = "payment_id,account_id,customer_id,scheduled_date,actual_date,scheduled_amount\n"
    rows = "1,10,100,2024-05-01,1900-01-01,5.00\n2,10,100,2024-05-01,1850-06-01,5.00\n"
    bank.ingest(bank.write("loan_payments.csv", head + rows))
    query = "select payment_id, actual_date from ingestion_raw_data.loan_payments"
    assert bank.sql(query) == [(1, None)]
    assert [fault[:3] for fault in bank.quarantine()] == [(2, "actual_date", "implausible")]


def test_another_fault_of_the_row_is_the_only_one_told(bank: Bank) -> None:
    bank.ingest(bank.write("accounts_s.csv", f"{ACCOUNTS}20,100,x,Active,2020-01-01,1900-01-01,\n"))
    assert [fault[1] for fault in bank.quarantine()] == ["product_id"]


def test_the_same_rows_again_are_duplicates(bank: Bank) -> None:
    rows = "20,100,1,Active,2020-01-01,1900-01-01,2024-01-01\n"
    for name in ("a", "b"):
        report = bank.ingest(bank.write(f"accounts_{name}.csv", ACCOUNTS + rows))
    assert report.totals.duplicates == 1


def test_every_optional_date_has_sentinels() -> None:
    for table in CONTRACT:
        for column in table.columns:
            if column.family in ("date", "timestamp"):
                steers = column.required or column.name == table.version_time
                assert bool(column.sentinels) != steers, (table.name, column.name)
    founded = CONTRACT["merchants"].column("established_date").sentinels
    assert {date(1900, 1, 1), date(1970, 1, 1)}.isdisjoint(founded)
