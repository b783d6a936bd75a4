# ruff: noqa: DTZ001
"""What a second arrival means: a repeat, a duplicate, a correction, or rows of something else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from financial_analytics.ingest.contract import Table
from financial_analytics.ingest.contract_file import load_contract
from financial_analytics.settings import find_project_dir

if TYPE_CHECKING:
    from conftest import Bank

CONTRACT = load_contract(find_project_dir())
RATES = "rate_date,currency,rate_to_usd\n"


def outcome(report: Any) -> tuple[int, int, int, int]:
    """Accepted, duplicates, quarantined, corrections."""
    counts = report.totals
    return counts.accepted, counts.duplicates, counts.quarantined, counts.corrections


def rate(bank: Bank) -> float:
    """The one rate that silver keeps: of the latest arrival."""
    ((value,),) = bank.sql(
        "select rate_to_usd from ingestion_raw_data.exchange_rates"
        " order by _batch_id desc, _source_row desc limit 1"
    )
    return float(value)


def test_the_original_sent_again_wins_over_what_came_between(bank: Bank) -> None:
    """1.08, then 1.80 by a typing error, then the first file once more."""
    for folder, value in (("d1", "1.08"), ("d2", "1.80"), ("d3", "1.08")):
        path = bank.write(f"{folder}/exchange_rates.csv", f"{RATES}2024-03-01,EUR,{value}\n")
        assert bank.ingest(path.parent).totals.accepted == 1
    assert rate(bank) == 1.08


def test_one_file_overwritten_there_and_back(bank: Bank) -> None:
    values = ("1.08", "1.80", "1.08", "1.08", "1.80")
    found = []
    for value in values:
        path = bank.write("exchange_rates.csv", f"{RATES}2024-03-01,EUR,{value}\n")
        report = bank.ingest(path)
        found.append((outcome(report), report.files[0].already_loaded))
        assert rate(bank) == float(value)
    assert found == [
        ((1, 0, 0, 0), False), ((1, 0, 0, 1), False), ((1, 0, 0, 1), False),
        ((0, 1, 0, 0), True), ((1, 0, 0, 1), False),
    ]  # fmt: skip


def test_folders_with_files_of_one_name_add_nothing_the_next_day(bank: Bank) -> None:
    """Neither together, nor one by one, nor as files, nor by another way to the same place."""
    folders = [
        bank.write(f"{folder}/exchange_rates.csv", f"{RATES}2024-03-01,EUR,{value}\n").parent
        for folder, value in (("d1", "1.08"), ("d2", "1.80"))
    ]
    assert outcome(bank.ingest(*folders)) == (2, 0, 0, 1)
    link = bank.folder / "link"
    link.symlink_to(bank.folder / "feeds")
    again = [
        [*folders], [*reversed(folders)], [folders[0]], [folders[1]],
        [folders[0] / "exchange_rates.csv"], [bank.folder / "feeds" / "d1" / ".." / "d1"],
        [link / "d1", link / "d2"],
    ]  # fmt: skip
    for paths in again:
        report = bank.ingest(*paths)
        assert all(file.already_loaded for file in report.files)
        assert report.totals.accepted == 0
    assert rate(bank) == 1.80


def test_folders_are_loaded_in_the_order_given(bank: Bank) -> None:
    for folder, value in (("new", "1.08"), ("old", "1.80")):
        bank.write(f"{folder}/exchange_rates.csv", f"{RATES}2024-03-01,EUR,{value}\n")
    bank.ingest(bank.folder / "feeds" / "old", bank.folder / "feeds" / "new")
    assert rate(bank) == 1.08


def test_known_content_under_a_new_name_is_compared_row_by_row(bank: Bank) -> None:
    first = bank.write("exchange_rates_1.csv", f"{RATES}2024-03-01,EUR,1.08\n2024-03-02,EUR,1\n")
    bank.ingest(first)
    copy = bank.write("exchange_rates_2.csv", first.read_bytes())
    report = bank.ingest(copy)
    assert (outcome(report), report.files[0].already_loaded) == ((0, 2, 0, 0), False)
    bank.ingest(bank.write("exchange_rates_3.csv", f"{RATES}2024-03-01,EUR,1.80\n"))
    assert outcome(bank.ingest(bank.write("exchange_rates_4.csv", first.read_bytes()))) == (
        1, 1, 0, 1
    )  # fmt: skip
    assert rate(bank) == 1.08


def test_the_same_content_is_another_load_under_another_mapping(bank: Bank) -> None:
    path = bank.write("exchange_rates.csv", "rate_date,currency,a,b\n2024-03-01,EUR,1.08,1.80\n")
    for column, already in (("a", False), ("b", False), ("b", True), ("a", False)):
        report = bank.ingest(path, mapping={"exchange_rates": {column: "rate_to_usd"}})
        assert report.files[0].already_loaded is already
        assert rate(bank) == {"a": 1.08, "b": 1.80}[column]


@pytest.mark.parametrize(
    ("table", "head", "row"),
    [
        ("products", "product_id,category,updated_at,product_name", "7,Loan,2024-01-01,{}"),
        ("products", "product_id,category,product_name", "7,Loan,{}"),
        ("fraud_alerts", "alert_id,transaction_id,alert_date,updated_at,alert_severity",
         "1,9,2024-01-01,2024-01-02,{}"),
        ("fraud_alerts", "alert_id,transaction_id,alert_date,alert_severity", "1,9,2024-01-01,{}"),
        ("transactions", "transaction_id,account_id,customer_id,transaction_date,"
         "transaction_type,currency,channel,amount", "50,10,100,2024-05-09,Fee,USD,{},-1"),
        ("zip_codes", "zip_code,city", "10001,{}"),
    ],
)  # fmt: skip
def test_the_latest_arrival_wins_in_every_kind_of_table(
    bank: Bank, table: str, head: str, row: str
) -> None:
    """a, b, a, a: the third is no duplicate, the fourth is; each in a file of its own."""
    low, high = ("Low", "High") if table == "fraud_alerts" else ("Online", "Mobile")
    accepted = []
    for number, value in enumerate((low, high, low, low)):
        path = bank.write(f"{number}/{table}_{number}.csv", f"{head}\n{row.format(value)}\n")
        accepted.append(outcome(bank.ingest(path))[:3])
    assert accepted == [(1, 0, 0), (1, 0, 0), (1, 0, 0), (0, 1, 0)]


# --- version times --------------------------------------------------------------------------------

VERSIONED = [table for table in CONTRACT if table.version_time]


def good_value(table: Table, name: str) -> str:
    """Return a value that column `name` takes."""
    column = table.column(name)
    if column.values:
        return column.values[0]
    if column.code_list:
        return "USD"
    return {"text": "x", "date": "2024-01-02", "timestamp": "2024-01-02", "boolean": "true"}.get(
        column.family, "7"
    )


def required(table: Table) -> list[str]:
    """Return the columns that a feed of `table` cannot leave out."""
    return [column.name for column in table.columns if column.required]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@pytest.mark.parametrize("table", VERSIONED, ids=lambda table: table.name)
def test_a_faulty_version_time_is_one_quarantined_row(
    bank: Bank, table: Table, suffix: str
) -> None:
    """Not one that stops the load; a blank one is filled, other faults of the row are told too."""
    names = [*required(table), table.version_time, "created_at"]
    times: Sequence[str | None] = ["2024-01-02", "31.05.2024", None, "yesterday", "2024-02-31", " "]
    rows = []
    for number, time in enumerate(times, start=1):
        row: dict[str, Any] = {name: good_value(table, name) for name in names}
        rows.append(row | {table.key[0]: str(number), table.version_time: time})
    rows[3]["created_at"] = "soon"  # a second fault of the fourth row
    path = bank.folder / "feeds" / f"{table.name}_x.{suffix}"
    if suffix == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    else:
        lines = [",".join(names), *(",".join(row[name] or "" for name in names) for row in rows)]
        path.write_text("\n".join([*lines, ""]))
    report = bank.ingest(path)
    assert not report.refused
    assert outcome(report) == (3, 0, 3, 0)
    assert [(row, column, rule) for row, column, rule, _ in bank.quarantine()] == [
        (2, table.version_time, "timestamp"), (4, "created_at", "timestamp"),
        (4, table.version_time, "timestamp"), (5, table.version_time, "calendar"),
    ]  # fmt: skip
    stored = bank.sql(
        f"select {table.key[0]}, {table.version_time} from ingestion_raw_data.{table.name}"
        f" where _source_file = '{path.name}' order by 1"
    )
    extracted = datetime(2024, 6, 1, 6) + timedelta(days=bank.loads)
    assert stored == [(1, datetime(2024, 1, 2)), (3, extracted), (6, extracted)]


def test_an_infinite_version_time_of_parquet_is_one_quarantined_row(bank: Bank) -> None:
    path = bank.folder / "feeds" / "products_x.parquet"
    infinity = pa.array([2**63 - 1, 0], pa.timestamp("us"))
    data = {"product_id": [7, 8], "product_name": ["A", "B"], "category": ["Loan", "Loan"]}
    pq.write_table(pa.table({**data, "updated_at": infinity}), path)
    report = bank.ingest(path)
    assert outcome(report) == (1, 0, 1, 0)
    assert [fault[:3] for fault in bank.quarantine()] == [(1, "updated_at", "timestamp")]


def paths_of(bank: Bank) -> list[str]:
    """The names that loads are known by."""
    return [name for (name,) in bank.sql("select source_file from ingestion_raw_data._batches")]


def test_a_load_is_known_by_its_full_path(bank: Bank) -> None:
    path = bank.write("day/exchange_rates.csv", f"{RATES}2024-03-01,EUR,1.08\n")
    bank.ingest(path.parent)
    assert paths_of(bank)[-1] == str(Path(path).resolve())
    query = "select distinct _source_file from ingestion_raw_data.exchange_rates"
    assert bank.sql(query) == [("exchange_rates.csv",)]
