"""Hours computed from bare dates say nothing; hours that the bank wrote beside them do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

if TYPE_CHECKING:
    from conftest import Bank

NAMES = [
    *("transaction_id", "account_id", "customer_id", "transaction_date", "hour_of_day"),
    *("currency", "transaction_type", "amount"),
]


def load(bank: Bank, rows: list[tuple[str, str]], form: str) -> tuple[list[object], list[str]]:
    """Load transactions of (date, hour); return the hours stored and the warnings of hours."""
    path = bank.folder / "feeds" / f"transactions_h.{form}"
    lines = [
        [str(1000 + number), "10", "100", day, hour, "USD", "Deposit", "5.00"]
        for number, (day, hour) in enumerate(rows)
    ]
    if form == "parquet":
        columns = dict(zip(NAMES, map(list, zip(*lines, strict=True)), strict=True))
        columns["hour_of_day"] = [int(hour) if hour else None for _, hour in rows]
        pq.write_table(pa.table(columns), path)
    else:
        path.write_text("".join(",".join(line) + "\n" for line in [NAMES, *lines]))
    report = bank.ingest(path)
    assert report.totals.accepted == len(rows)
    query = "select hour_of_day from ingestion_raw_data.transactions where transaction_id >= 1000"
    stored = [hour for (hour,) in bank.sql(f"{query} order by transaction_id")]
    warnings = [text for file in report.files for text in file.warnings if "hour_of_day" in text]
    return stored, warnings


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_zeros_beside_bare_dates_are_no_hours(bank: Bank, form: str) -> None:
    stored, warnings = load(bank, [("2024-05-09", "0"), ("2024-05-10", "0")], form)
    assert stored == [None, None]
    assert len(warnings) == 1
    assert "0 in 2 rows" in warnings[0]


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize(
    "rows",
    [
        [("2024-05-09", "0"), ("2024-05-10", "14")],
        [("2024-05-09", "0"), ("2024-05-10 09:30:00", "0")],
        [("2024-05-09", ""), ("2024-05-10", "")],
    ],
)
def test_other_hours_stay(bank: Bank, rows: list[tuple[str, str]], form: str) -> None:
    stored, warnings = load(bank, rows, form)
    assert stored == [int(hour) if hour else None for _, hour in rows]
    assert warnings == []
