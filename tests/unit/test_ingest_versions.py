# ruff: noqa: DTZ001
"""Versions, duplicates and corrections by kind of table; types of text values."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from financial_analytics.ingest import ingest
from financial_analytics.ingest.load import Counts
from financial_analytics.settings import Settings, find_project_dir


class Warehouse:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = Settings(find_project_dir(), folder / "data", folder / "reports")
        self.files = 0

    def load(self, table: str, text: str, **options: Any) -> Counts:
        self.files += 1
        path = self.folder / f"{table}_{self.files}.csv"
        path.write_text(text.strip() + "\n")
        options.setdefault("loaded_at", datetime(2024, 6, self.files))
        report = ingest([path], settings=self.settings, **options)
        assert not report.refused
        return report.totals

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.settings.warehouse_path), read_only=True) as connection:
            return connection.execute(query).fetchall()


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path)


PRODUCTS = "product_id,product_name,category,updated_at\n"
ALERTS = "alert_id,transaction_id,alert_date,investigation_status,updated_at\n"
UNVERSIONED = "product_id,product_name,category\n"


def outcome(counts: Counts) -> tuple[int, int, int, int]:
    return counts.accepted, counts.duplicates, counts.quarantined, counts.corrections


def test_entity_versions_accumulate(warehouse: Warehouse) -> None:
    both = PRODUCTS + "1,A,Loan,2024-01-01\n1,B,Loan,2024-02-01"
    assert outcome(warehouse.load("products", both)) == (2, 0, 0, 0)
    late = PRODUCTS + "1,A0,Loan,2023-01-01\n1,A,Loan,2024-01-01"
    assert outcome(warehouse.load("products", late)) == (1, 1, 0, 0)
    changed = PRODUCTS + "1,A!,Loan,2024-01-01"
    assert outcome(warehouse.load("products", changed)) == (1, 0, 0, 1)
    assert outcome(warehouse.load("products", changed + "\n")) == (0, 1, 0, 0)


def test_entity_without_version_time_takes_the_time_of_extraction(warehouse: Warehouse) -> None:
    extract = datetime(2024, 5, 31)
    first = warehouse.load("products", UNVERSIONED + "1,A,Loan\n2,B,Loan", extracted_at=extract)
    assert outcome(first) == (2, 0, 0, 0)
    query = "select distinct updated_at from ingestion_raw_data.products"
    assert warehouse.rows(query) == [(extract,)]
    # The next full extract repeats product 1 and changes product 2.
    second = warehouse.load("products", UNVERSIONED + "1,A,Loan\n2,B2,Loan")
    assert outcome(second) == (1, 1, 0, 0)


def test_extraction_compares_with_what_was_known_at_its_time(warehouse: Warehouse) -> None:
    warehouse.load("products", PRODUCTS + "1,A,Loan,2024-01-01\n1,B,Loan,2024-05-01")
    march = datetime(2024, 3, 1)
    assert outcome(warehouse.load("products", UNVERSIONED + "1,A,Loan", extracted_at=march)) == (
        0,
        1,
        0,
        0,
    )
    assert outcome(warehouse.load("products", UNVERSIONED + "1,B,Loan", extracted_at=march)) == (
        1,
        0,
        0,
        0,
    )


def test_blank_version_time_is_filled(warehouse: Warehouse) -> None:
    warehouse.load("products", PRODUCTS + "1,A,Loan,\n2,B,Loan,2024-01-01")
    query = "select updated_at from ingestion_raw_data.products order by product_id"
    assert warehouse.rows(query) == [(datetime(2024, 6, 1),), (datetime(2024, 1, 1),)]


def test_alert_statuses_are_versions(warehouse: Warehouse) -> None:
    rows = ALERTS + "1,9,2024-01-01,Open,2024-01-01\n1,9,2024-01-01,Closed,2024-01-05"
    assert outcome(warehouse.load("fraud_alerts", rows)) == (2, 0, 0, 0)
    more = ALERTS + "1,9,2024-01-01,Closed,2024-01-05\n1,9,2024-01-01,Confirmed,2024-01-05"
    assert outcome(warehouse.load("fraud_alerts", more)) == (1, 1, 0, 1)


def test_reference_correction_and_composite_key(warehouse: Warehouse) -> None:
    rates = "rate_date,currency,rate_to_usd\n2024-01-01,EUR,1.1\n2024-01-01,GBP,1.3\n"
    assert outcome(warehouse.load("exchange_rates", rates)) == (2, 0, 0, 0)
    again = "rate_date,currency,rate_to_usd\n2024-01-01,EUR,1.10\n2024-01-01,GBP,1.31\n"
    assert outcome(warehouse.load("exchange_rates", again)) == (1, 1, 0, 1)


def test_a_correction_back_to_the_first_value_is_a_correction(warehouse: Warehouse) -> None:
    rates = "rate_date,currency,rate_to_usd\n2024-01-01,EUR,{}\n"
    for value, expected in (("1", (1, 0, 0, 0)), ("2", (1, 0, 0, 1)), ("1.0", (1, 0, 0, 1))):
        assert outcome(warehouse.load("exchange_rates", rates.format(value))) == expected


def test_a_column_left_out_is_null(warehouse: Warehouse) -> None:
    warehouse.load("zip_codes", "zip_code,city\n10001,New York")
    assert outcome(warehouse.load("zip_codes", "zip_code\n10001")) == (1, 0, 0, 1)
    assert outcome(warehouse.load("zip_codes", "zip_code,city\n10001,")) == (0, 1, 0, 0)


@pytest.mark.parametrize(
    ("text", "value"),
    [("true", True), ("T", True), ("Yes", True), ("1", True), (" y ", True), ("TRUE", True),
     ("false", False), ("F", False), ("no", False), ("0", False), ("N", False)],
)  # fmt: skip
def test_booleans(warehouse: Warehouse, text: str, value: bool) -> None:
    head = "customer_id,signup_date,is_active\n"
    assert warehouse.load("customers", f"{head}1,2020-01-01,{text}").accepted == 1
    assert warehouse.rows("select is_active from ingestion_raw_data.customers") == [(value,)]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("2024-02-29", None), ("2024-02-29 00:00:00", None), ("2024-02-29T00:00:00Z", None),
        (" 2024-02-29 ", None), ("2023-02-29", "calendar"), ("2024-02-29 10:00:00", "date"),
        ("29/02/2024", "date"), ("20240229", "date"), ("infinity", "date"), ("2024-2-9", "date"),
        ("1e2-01-02", "date"), ("", "required"),
    ],
)  # fmt: skip
def test_dates(warehouse: Warehouse, text: str, rule: str | None) -> None:
    counts = warehouse.load("bank_holidays", f"holiday_date,holiday_name,country\n{text},New,US")
    if rule is None:
        query = "select cast(holiday_date as varchar) from ingestion_raw_data.bank_holidays"
        assert warehouse.rows(query) == [("2024-02-29",)]
    else:
        assert counts.quarantined == 1
        assert warehouse.rows("select rule from ingestion_raw_data.quarantine") == [(rule,)]


@pytest.mark.parametrize(
    ("text", "stored"),
    [("12", 12), ("12.0", 12), ("+12", 12), ("0012", 12), (" 12 ", 12), ("-0", 0), ("12.", 12)],
)
def test_integers(warehouse: Warehouse, text: str, stored: int) -> None:
    warehouse.load("customers", f"customer_id,signup_date,is_active,age\n1,2020-01-01,t,{text}")
    assert warehouse.rows("select age from ingestion_raw_data.customers") == [(stored,)]
