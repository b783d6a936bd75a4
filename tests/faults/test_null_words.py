"""NULL in words: no value where no value can be spelt so, and a name where it can."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from financial_analytics.ingest.contract_file import load_contract
from financial_analytics.ingest.nulls import ABBREVIATIONS, MARKS, WORDS, is_name, null_words
from financial_analytics.settings import find_project_dir

if TYPE_CHECKING:
    from conftest import Bank

CONTRACT = load_contract(find_project_dir())
HEAD = (
    "transaction_id,account_id,customer_id,transaction_date,transaction_type,amount,currency,"
    "channel,decline_reason,merchant_id,fraud_score,is_fraud,created_at,location_country,"
    "location_city\n"
)
ROW = "2024-05-09,Fee,-1.00,USD"
MERCHANTS = "merchant_id,merchant_name,category,country,city,updated_at\n"
PEOPLE = "customer_id,first_name,last_name,ssn,city,signup_date,is_active,updated_at\n"


@pytest.mark.parametrize(
    "word",
    ["NULL", "null", "\\N", "None", "N/A", "n/a", "NaN", "-", "#N/A", "(null)", " NULL ", "<NA>"],
)
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_words_of_the_default_list_are_no_value(bank: Bank, word: str, form: str) -> None:
    text = f"{HEAD}70,10,100,{ROW},{','.join([word] * 7)},x\n"
    path = bank.write(f"transactions_n.{form}", text)
    if form == "parquet":
        names, values = (line.split(",") for line in text.splitlines())
        pq.write_table(pa.table({n: [v] for n, v in zip(names, values, strict=True)}), path)
    report = bank.ingest(path)
    assert report.totals.quarantined == 0
    (said,) = report.files[0].warnings
    assert said.startswith("read as empty, for these words stand for no value: ")
    assert f"'{word.strip()}' (1)" in said
    columns = "channel, decline_reason, merchant_id, fraud_score, is_fraud, created_at"
    query = f"select {columns}, location_country, amount from ingestion_raw_data.transactions"
    assert bank.sql(f"{query} where transaction_id = 70") == [(*[None] * 7, -1)]


@pytest.mark.parametrize("name", ["Null", "NULL", "None", "Nan", "Na", "NA", "Nil"])
def test_a_person_may_be_called_so(bank: Bank, name: str) -> None:
    row = f"7,{name},{name},{name},{name},2020-01-01,true,2024-01-01\n"
    bank.ingest(bank.write("customers_n.csv", PEOPLE + row))
    found = bank.sql(
        "select first_name, last_name, city, ssn from ingestion_raw_data.customers "
        "where customer_id = 7"
    )
    # a national number cannot be a word; NA might be a code
    assert found == [(name, name, name, "NA" if name == "NA" else "Na" if name == "Na" else None)]


def test_marks_are_no_name(bank: Bank) -> None:
    row = "7,\\N,(null),n/a,-,2020-01-01,true,2024-01-01\n"
    bank.ingest(bank.write("customers_n.csv", PEOPLE + row))
    query = "select first_name, last_name, ssn, city from ingestion_raw_data.customers"
    assert bank.sql(f"{query} where customer_id = 7") == [(None,) * 4]


def test_namibia_is_a_country(bank: Bank) -> None:
    rows = "5,None,NA,NA,Nan,2024-01-01\n6,Shop,N/A,None,-,2024-01-01\n"
    bank.ingest(bank.write("merchants.csv", MERCHANTS + rows))
    query = "select merchant_name, category, country, city from ingestion_raw_data.merchants"
    assert bank.sql(f"{query} order by merchant_id") == [
        ("None", "NA", "NA", "Nan"), ("Shop", None, None, None),
    ]  # fmt: skip


def test_the_user_names_a_spelling(bank: Bank) -> None:
    """--null holds in every column, in the given case only; in a mapping in that column."""
    rows = "5,keine,KEINE,keine,x,2024-01-01\n6,Shop,keine,--,keine,2024-01-01\n"
    path = bank.write("merchants.csv", MERCHANTS + rows)
    report = bank.ingest(path, null=["keine"])
    assert report.totals.quarantined == 1
    query = "select merchant_name, category, country, city from ingestion_raw_data.merchants"
    assert bank.sql(query) == [("Shop", None, None, None)]
    [(row, column, rule, reason)] = bank.quarantine()
    assert (row, column, rule) == (1, "merchant_name", "required")
    assert reason == "'keine' stands for no value, and the value is required"
    report = bank.ingest(path, mapping={"merchants": {"country": {"null": "keine"}}})
    assert report.totals.accepted == 2
    found = bank.sql(f"{query} where _batch_id = (select max(_batch_id) "
                     "from ingestion_raw_data.merchants) order by merchant_id")  # fmt: skip
    assert found == [("keine", "KEINE", None, "x"), ("Shop", "keine", None, "keine")]


def test_a_version_time_spelt_null_is_the_time_of_extraction(bank: Bank) -> None:
    assert bank.ingest(
        bank.write("merchants.csv", f"{MERCHANTS}5,Shop,,,,NULL\n")
    ).totals.accepted == 1  # fmt: skip
    assert bank.sql("select updated_at is null from ingestion_raw_data.merchants") == [(False,)]


def test_which_columns_take_any_word() -> None:
    names = {f"{t.name}.{c.name}" for t in CONTRACT for c in t.columns if is_name(c)}
    assert {"customers.last_name", "customers.city", "merchants.merchant_name"} <= names
    assert not {"transactions.decline_reason", "merchants.country", "customers.ssn"} & names
    for table in CONTRACT:
        for column in table.columns:
            words = null_words(column)
            assert set(MARKS) <= set(words)
            assert not {value.lower() for value in column.values} & set(words)
            if column.family == "text" and not column.has_list:
                assert not set(ABBREVIATIONS) & set(words)
            assert bool(set(WORDS) & set(words)) != is_name(column)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_an_approval_is_no_reason_to_decline(bank: Bank, form: str) -> None:
    words = ["Approved", " OK ", "00", "0", "no", "Insufficient Funds", "05", "Not approved"]
    path = bank.folder / "feeds" / f"transactions_d.{form}"
    names = [*HEAD.strip().split(",")[:7], "decline_reason"]
    rows = [
        [str(500 + n), "10", "100", "2024-05-09", "Fee", "-1.00", "USD", word]
        for n, word in enumerate(words)
    ]
    if form == "parquet":
        columns = map(list, zip(*rows, strict=True))
        pq.write_table(pa.table(dict(zip(names, columns, strict=True))), path)
    else:
        path.write_text("".join(",".join(row) + "\n" for row in [names, *rows]))
    bank.ingest(path)
    query = (
        "select decline_reason from ingestion_raw_data.transactions where transaction_id >= 500"
        " order by transaction_id"
    )
    stored = [reason for (reason,) in bank.sql(query)]
    assert stored == [None] * 5 + ["Insufficient Funds", "05", "Not approved"]
