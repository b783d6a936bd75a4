"""Feeds that nobody here wrote, all in one bank: what is expected, and what gold says of it."""

from __future__ import annotations

import csv
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.support.lab import Lab

from financial_analytics.build import BuildOptions, build
from financial_analytics.ingest import IngestReport, ingest
from financial_analytics.settings import find_project_dir

CASES = Path(find_project_dir()).parent / "shared" / "cases"
OF_VALUES = (
    "ancient-event-date", "balance-as-of-load", "currency-anything", "dot-as-thousands",
    "erasure-refused", "ids-per-account", "minus-one-id", "null-in-words", "original-sent-again",
    "part-payment-cures", "rate-in-percent", "rate-zero", "row-gone-from-full-extract",
    "sentinel-close-date", "sign-in-another-column", "zip-without-zero",
)  # fmt: skip
PERCENT = {"products": {"interest_rate": {"column": "interest_rate", "unit": "percent"}}}
SIGNS = {
    "transactions": {
        "debit_credit": {"sign_of": "amount", "out": ["D"], "in": ["C"]},
        "status": {"posted": ["posted"]},
    }
}
EXTRACTS = [{"extracted_at": datetime(2024, 3, day), "full": ["accounts"]} for day in (1, 2)]  # noqa: DTZ001
# The loads of a case: part of its folder and options; the folder as it is where none is named.
LOADS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    # its balance is of its extract, which the loader has to be told
    "balance-as-of-load": [("", {"extracted_at": datetime(2024, 6, 30, 23, 59, 59)})],  # noqa: DTZ001
    "erasure-refused": [("d1", {}), ("d2", {})],
    "original-sent-again": [("d1", {}), ("d2", {}), ("d3", {})],
    "rate-in-percent": [("", {}), ("", {"mapping": PERCENT})],
    "row-gone-from-full-extract": [("d1", EXTRACTS[0] | {"full": []}), ("d2", EXTRACTS[1])],
    "sign-in-another-column": [("", {}), ("", {"mapping": SIGNS})],
}


def first_id(case: str) -> int:
    """Ids of a case are counted from here, so that no two cases speak of one thing."""
    return 10_000 * (1 + OF_VALUES.index(case))


def write_case(case: str, folder: Path) -> Path:
    for source in sorted((CASES / case).rglob("*.csv")):
        text = source.read_text(encoding="utf-8")
        mark = ";" if ";" in text.splitlines()[0] else ","
        header, *rows = list(csv.reader(text.splitlines(), delimiter=mark))
        ids = [n for n, name in enumerate(header) if name.endswith("_id") and name != "product_id"]
        for row in rows:
            for n in ids:
                row[n] = str(int(row[n]) + first_id(case)) if row[n].isdigit() else row[n]
        path = folder / case / source.relative_to(CASES / case)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, delimiter=mark).writerows([header, *rows])
    return folder / case


@pytest.fixture(scope="module")
def reports() -> dict[str, list[IngestReport]]:
    return {}


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory, reports: dict[str, list[IngestReport]]) -> Lab:
    if not CASES.is_dir():
        pytest.skip("../shared/cases is not beside this checkout")
    lab = Lab(tmp_path_factory.mktemp("cases"))
    hour = 0
    for case in OF_VALUES:
        folder = write_case(case, lab.folder / "feeds")
        for part, options in LOADS.get(case, [("", {})]):
            hour += 1
            moment = datetime(2025, 3, 1 + hour // 24, hour % 24)  # noqa: DTZ001
            report = ingest([folder / part], settings=lab.settings, loaded_at=moment, **options)
            reports.setdefault(case, []).append(report)
    build(lab.settings, BuildOptions())  # every data test passes
    return lab


def amounts(bank: Lab, case: str) -> list[tuple[int, Decimal, str]]:
    low = first_id(case)
    return bank.rows(
        f"select transaction_id - {low}, posted_amount, currency from gold.fact_transactions"
        f" where transaction_id between {low} and {low + 9_999} order by transaction_id"
    )


def test_amounts(bank: Lab) -> None:
    euros = [(1, "-236.48"), (3, "1488.69"), (4, "-1000.00"), (5, "-12500.00")]
    assert [(n, "EUR") for n, _ in euros] == [
        (n, c) for n, _, c in amounts(bank, "dot-as-thousands")
    ]
    low = first_id("dot-as-thousands")
    assert bank.rows(
        f"select transaction_id - {low}, transaction_amount from silver.stg_transactions"
        f" where transaction_id between {low} and {low + 9} order by 1"
    ) == [(n, Decimal(text)) for n, text in euros]
    found = [(n, c) for n, _, c in amounts(bank, "currency-anything")]
    assert found == [(1, "USD"), (3, "USD"), (4, "USD"), (5, "EUR")]
    assert [n for n, *_ in amounts(bank, "null-in-words")] == [1, 2, 3, 4]
    assert [v for _, v, _ in amounts(bank, "null-in-words")] == [-10, -20, -30, -40]
    assert [(n, v) for n, v, _ in amounts(bank, "sign-in-another-column")] == [
        (1, -10),
        (2, 20),
        (3, -2),
    ]
    assert [v for _, v, _ in amounts(bank, "rate-zero")] == [Decimal("-107.00")] * 2
    assert [v for _, v, _ in amounts(bank, "ids-per-account")] == [-10, -20]
    assert [n for n, *_ in amounts(bank, "minus-one-id")] == [2, 3]
    assert [n for n, *_ in amounts(bank, "ancient-event-date")] == [1, 3]


def test_the_latest_arrival_is_the_rate(bank: Lab) -> None:
    query = "select rate_to_usd from silver.stg_exchange_rates where rate_date = '2024-03-01'"
    assert bank.rows(query) == [(Decimal("1.08"),)]


def test_rates_in_per_cent(bank: Lab) -> None:
    query = "select product_natural_key, interest_rate from gold.history_product_rates order by 1"
    found = {key: float(rate) for key, rate in bank.rows(query) if rate is not None}
    assert found == {1: 0.055, 2: 0.1299, 3: 0.005}


def test_instalments_are_open_until_they_are_paid(bank: Lab) -> None:
    low = first_id("part-payment-cures")
    rows = bank.rows(
        f"select payment_id - {low}, late_days, delinquency_bucket from gold.fact_loan_payments"
        " order by 1"
    )
    (clock,) = bank.rows("select as_of_date from silver.data_clock")[0]
    due = [date(2024, month, 1) for month in (2, 3, 4)]
    assert [(n, days) for n, days, _ in rows[:3]] == [
        (1 + n, (clock - day).days) for n, day in enumerate(due)
    ]
    assert "current" not in {bucket for *_, bucket in rows[:3]}
    assert rows[3][1] == 0


def test_an_account_without_a_closing_and_one_that_is_gone(bank: Lab) -> None:
    low = first_id("sentinel-close-date")
    query = "select count(*) from gold.fact_account_daily_snapshot where account_natural_key = "
    assert bank.rows(f"{query} {low + 105}")[0][0] > 0
    low = first_id("row-gone-from-full-extract")
    assert bank.rows(
        "select account_natural_key, account_status from gold.dim_account where is_current"
        f" and account_natural_key between {low} and {low + 9} order by 1"
    ) == [(low + 1, "Active"), (low + 2, "Closed"), (low + 3, "Active")]


def test_a_balance_of_a_day_before_the_load(bank: Lab) -> None:
    key = first_id("balance-as-of-load") + 101
    assert bank.rows(
        "select closing_balance from gold.fact_account_daily_snapshot"
        f" where account_natural_key = {key}"
        " and snapshot_date in ('2024-06-30', '2024-12-31') order by snapshot_date"
    ) == [(500,), (599,)]


def test_an_erased_person_is_a_version(bank: Lab) -> None:
    key = first_id("erasure-refused") + 1
    assert bank.rows(
        f"select is_active from silver.stg_customers where customer_id = {key} order by updated_at"
    ) == [(True,), (False,)]


def test_postal_codes_get_their_zeros_back(bank: Lab) -> None:
    low = first_id("zip-without-zero")
    query = f"select zip3 from gold.dim_customer where is_current and customer_natural_key > {low} order by customer_natural_key"  # noqa: E501
    assert bank.rows(query) == [("010",), ("010",), ("005",)]


NAMED = {
    "ancient-event-date": ("rows_in_quarantine", "transactions", "transaction_date (implausible)"),
    "ancient-event-date (its balance)": ("balance_days", "accounts", "as of the load"),
    "currency-anything": ("rows_in_quarantine", "transactions", "currency (currency)"),
    "dot-as-thousands": ("decimal_comma", "transactions", ""),
    "erasure-refused": ("persons_erased", "customers", ""),
    "ids-per-account": ("rows_in_quarantine", "transactions", "(another_thing)"),
    "minus-one-id": ("rows_in_quarantine", "transactions", "merchant_id (unknown_id)"),
    "null-in-words": ("words_read_as_empty", "transactions", ""),
    "original-sent-again": ("rows_corrected", "exchange_rates", ""),
    "part-payment-cures": ("instalments", "loan_payments", "paid in part"),
    "rate-in-percent": ("rows_in_quarantine", "products", "interest_rate (unit)"),
    "rate-zero": ("rows_in_quarantine", "exchange_rates", "rate_to_usd (minimum)"),
    "row-gone-from-full-extract": ("rows_gone", "accounts", ""),
    "sentinel-close-date": ("dates_read_as_empty", "accounts", ""),
    "sign-in-another-column": ("rows_in_quarantine", "transactions", "status (not_posted)"),
    "zip-without-zero": ("postal_zeros_missing", "customers", ""),
}


@pytest.mark.parametrize("case", NAMED)
def test_data_quality_names_the_case(bank: Lab, case: str) -> None:
    check, feed, reason = NAMED[case]
    found = bank.rows(
        "select reason_name from gold.data_quality where status = 'found'"
        f" and check_name = '{check}' and feed_name = '{feed}'"
    )
    assert any(reason in name for (name,) in found), found


def test_what_has_to_be_declared_is_refused_before(
    bank: Lab, reports: dict[str, list[IngestReport]]
) -> None:
    assert bank
    first = {case: reports[case][0] for case in LOADS}
    assert first["sign-in-another-column"].exit_code == 3
    assert first["rate-in-percent"].totals.accepted == 0
