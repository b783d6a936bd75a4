"""Forms of feeds that nobody here wrote (../shared/cases): each gives what its README expects."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from financial_analytics.ingest import as_text, ingest
from financial_analytics.settings import Settings, find_project_dir

if TYPE_CHECKING:
    from conftest import Bank

CASES = Path(find_project_dir()).parent / "shared" / "cases"


@pytest.fixture
def empty(tmp_path: Path, bank_class: type[Bank]) -> Bank:
    """A bank without a row."""
    if not CASES.is_dir():
        pytest.skip("../shared/cases is not beside this checkout")
    return bank_class(
        tmp_path, Settings(find_project_dir(), tmp_path / "data", tmp_path / "reports")
    )


def stored(bank: Bank, *columns: str, table: str = "transactions") -> list[tuple[Any, ...]]:
    listed = ", ".join(columns)
    return bank.sql(f"select {listed} from ingestion_raw_data.{table} order by 1")


def test_lines_above_the_header_are_left_out(empty: Bank) -> None:
    report = empty.ingest(CASES / "lines-above-header")
    assert report.exit_code == 0
    assert stored(empty, "transaction_id", "amount") == [(1, Decimal("-10.00"))]
    assert "2 lines above the header left out" in as_text(report)


def test_the_first_line_of_excel_names_the_separator(empty: Bank) -> None:
    report = empty.ingest(CASES / "sep-line")
    assert (report.exit_code, report.files[0].warnings) == (0, ())
    assert stored(empty, "transaction_id", "amount") == [(1, Decimal("-10.00"))]
    assert empty.sql("select _source_row from ingestion_raw_data.transactions") == [(1,)]


def test_empty_ends_that_are_cut_are_empty(empty: Bank) -> None:
    report = empty.ingest(CASES / "trailing-empties-cut")
    assert report.totals.quarantined == 0
    assert stored(empty, "transaction_id", "merchant_id", "description") == [
        (1, None, None), (2, None, "x"),
    ]  # fmt: skip
    assert "1 line ends before the last columns, which are read as empty" in as_text(report)


def test_signs_of_cp1252_are_read(empty: Bank) -> None:
    report = empty.ingest(CASES / "cp1252-signs-only")
    assert report.totals.quarantined == 0
    assert stored(empty, "transaction_id", "description") == [
        (1, "Sainsbury\u2019s"), (2, "Fee \u20ac 2"),
    ]  # fmt: skip
    assert "read as cp1252" in as_text(report)


def test_an_account_of_several_holders_is_named(empty: Bank) -> None:
    report = empty.ingest(CASES / "joint-account", max_quarantined_pct=100)
    assert report.totals.quarantined == 2
    text = as_text(report, width=400)
    assert "an account of several holders" in text
    assert "Send one row per account, of its first holder" in text


def test_a_file_of_another_format_is_told_so(empty: Bank) -> None:
    report = ingest(
        [CASES / "wrong-format-message" / "transactions.ofx"],
        settings=empty.settings, loaded_at=datetime(2024, 6, 1),  # noqa: DTZ001
    )  # fmt: skip
    [refused] = report.refused
    assert refused.message == "OFX is not read as a feed; give CSV or Parquet"
    assert "start the name" not in (refused.hint or "")


def test_ids_of_each_account_load_as_ids_of_parts(empty: Bank) -> None:
    """Refused as the README expects, and with a mapping they are four transactions."""
    mapping = {"transactions": {"transaction_id": {"parts": ["account_id", "transaction_id"]}}}
    report = empty.ingest(CASES / "ids-per-account", mapping=mapping)
    assert (report.exit_code, report.totals.accepted) == (0, 4)
    assert stored(empty, "transaction_id", "account_id", "amount") == [
        (1, 10, -10), (2, 10, -20), (3, 20, 500), (4, 20, 700),
    ]  # fmt: skip


def test_minus_one_is_declared_as_no_value(empty: Bank) -> None:
    mapping = {"transactions": {"merchant_id": {"null": "-1"}}}
    assert empty.ingest(CASES / "minus-one-id", mapping=mapping).totals.accepted == 3
    assert stored(empty, "transaction_id", "merchant_id") == [(1, None), (2, None), (3, None)]
