"""Currencies are codes of ISO 4217, however they are spelt; a rate is above zero."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from financial_analytics.ingest.contract_file import load_contract
from financial_analytics.ingest.currencies import CODES, SYNONYMS
from financial_analytics.settings import find_project_dir

if TYPE_CHECKING:
    from conftest import Bank

RATES = "rate_date,currency,rate_to_usd\n"


def stored(bank: Bank, spelt: list[str], form: str = "csv") -> list[str | None]:
    """Load one transaction per spelling; return the currency of each, None if quarantined."""
    rows = [
        {
            "transaction_id": str(1000 + number), "account_id": "10", "customer_id": "100",
            "transaction_date": "2024-05-09", "transaction_type": "Fee", "amount": "-1.00",
            "currency": text,
        }
        for number, text in enumerate(spelt)
    ]  # fmt: skip
    path = bank.folder / "feeds" / f"transactions_c.{form}"
    if form == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    else:
        lines = [";".join(rows[0]), *(";".join(row.values()) for row in rows)]
        path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    bank.ingest(path)
    found = dict(
        bank.sql(
            "select transaction_id, currency from ingestion_raw_data.transactions "
            "where transaction_id >= 1000"
        )
    )
    return [found.get(1000 + number) for number in range(len(spelt))]


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_spellings_of_one_currency(bank: Bank, form: str) -> None:
    spelt = {
        "USD": "USD", "usd": "USD", " Usd ": "USD", "US$": "USD", "us$": "USD", "840": "USD",
        "840.0": "USD", "US Dollar": "USD", "EURO": "EUR", "\u20ac": "EUR", "978": "EUR",
        "036": "AUD", "36": "AUD", "8": "ALL", "DEM": "DEM", "SLE": "SLE", "532": "XCG",
    }  # fmt: skip
    assert stored(bank, list(spelt), form) == list(spelt.values())


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_what_is_no_currency_or_one_of_several_is_quarantined(bank: Bank, form: str) -> None:
    spelt = ["$", "\u00a5", "kr", "GBp", "ZAc", "GBX", "XXX", "XTS", "US", "USDX", "999", "0",
             "891", "BTC", "D|E", "=USD", "%", "'"]  # fmt: skip
    assert stored(bank, spelt, form) == [None] * len(spelt)
    assert [rule for _, _, rule, _ in bank.quarantine()] == ["currency"] * len(spelt)
    assert stored(bank, ["n/a", "", "NULL"]) == [None] * 3
    assert [rule for _, _, rule, _ in bank.quarantine()[-3:]] == ["required"] * 3


def test_an_account_without_a_currency_stays_without(bank: Bank) -> None:
    head = "account_id,customer_id,product_id,account_status,open_date,currency\n"
    rows = "".join(f"{key},100,1,Active,2020-01-01,{text}\n"
                   for key, text in ((20, "n/a"), (21, "eur"), (22, "EURO?")))  # fmt: skip
    bank.ingest(bank.write("accounts_c.csv", head + rows))
    query = "select account_id, currency from ingestion_raw_data.accounts where account_id >= 20"
    assert bank.sql(query) == [(20, None), (21, "EUR")]
    assert [fault[:3] for fault in bank.quarantine()] == [(3, "currency", "currency")]


def test_every_currency_column_takes_codes_only() -> None:
    columns = [
        column
        for table in load_contract(find_project_dir())
        for column in table.columns
        if column.name == "currency"
    ]
    assert [column.code_list for column in columns] == ["currency"] * 3
    assert len(set(CODES)) == len(CODES) > 150
    assert set(SYNONYMS.values()) <= set(CODES)
    assert not any("|" in name or "=" in name for name in SYNONYMS)


@pytest.mark.parametrize("rate", ["0", "0.00", "-1.07", "n/a"])
def test_a_rate_is_above_zero(bank: Bank, rate: str) -> None:
    """A day without a rate has none; the one before counts on, as after every gap."""
    path = bank.write("exchange_rates.csv", f"{RATES}2024-05-02,EUR,1.07\n2024-05-03,EUR,{rate}\n")
    bank.ingest(path)
    assert bank.sql("select rate_to_usd from ingestion_raw_data.exchange_rates") == [
        (Decimal("1.07"),)
    ]
    [(row, column, rule, reason)] = bank.quarantine()
    assert (row, column) == (2, "rate_to_usd")
    if rate != "n/a":
        assert (rule, reason) == ("minimum", f"'{rate}' is not above 0")


def test_a_correction_to_another_spelling_is_a_duplicate(bank: Bank) -> None:
    bank.ingest(bank.write("exchange_rates_a.csv", f"{RATES}2024-05-02,EUR,1.07\n"))
    report = bank.ingest(bank.write("exchange_rates_b.csv", f"{RATES}2024-05-02,euro,1.070\n"))
    assert report.totals.duplicates == 1
