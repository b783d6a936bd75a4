"""What the loader noticed is kept beside bronze, with the batch, and counted by gold."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from financial_analytics.ingest import load as loading
from financial_analytics.ingest.remarks import KINDS
from financial_analytics.settings import find_project_dir

if TYPE_CHECKING:
    from conftest import Bank

ACCOUNTS = "account_id,customer_id,product_id,account_status,open_date,close_date,updated_at\n"
ABOUT_FILES = {"encoding_guessed", "lines_above"}


def kept(bank: Bank) -> list[tuple[Any, ...]]:
    return bank.sql(
        "select table_name, source_file, kind, concerned_count from ingestion_raw_data._remarks"
        " order by all"
    )


def test_remarks_are_kept_with_their_batch(bank: Bank) -> None:
    assert kept(bank) == []
    accounts = bank.write(
        "accounts_s.csv",
        ACCOUNTS + "20,100,1,Active,2020-01-01,1900-01-01,2024-01-01\n"
        "21,100,1,Active,2020-01-01,1900-01-01,2024-01-01\n",
    )
    moved = bank.transactions("7,10,100,2024-05-04 08:00:00,Purchase,5.00,USD", name="transactions_s.csv")  # fmt: skip  # noqa: E501
    report = bank.ingest(accounts, moved)
    assert kept(bank) == [
        ("accounts", "accounts_s.csv", "dates_read_as_empty", 2),
        ("transactions", "transactions_s.csv", "amounts_against_type", 1),
    ]
    query = "select distinct _batch_id, words from ingestion_raw_data._remarks order by 1"
    assert bank.sql(query) == [(file.batch_id, file.warnings[0]) for file in report.files]
    assert bank.ingest(accounts).files[0].already_loaded
    assert len(kept(bank)) == 2, "the same file twice adds nothing"
    bank.ingest(
        bank.write("d/accounts.csv", ACCOUNTS + "10,100,1,Active,2020-01-01,,2024-01-01\n"),
        extracted_at=datetime(2024, 6, 9),  # noqa: DTZ001
        full=["accounts"],
    )
    assert ("accounts", "full extract", "rows_gone", 3) in kept(bank)


def test_a_load_that_fails_keeps_no_remark(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_given: Any) -> None:
        raise RuntimeError("no disk")

    monkeypatch.setattr(loading, "list_batch", fail)
    path = bank.write(
        "accounts_s.csv", ACCOUNTS + "20,100,1,Active,2020-01-01,1900-01-01,2024-01-01\n"
    )
    with pytest.raises(RuntimeError, match="no disk"):
        bank.ingest(path)
    assert kept(bank) == []


def test_gold_knows_every_kind() -> None:
    model = find_project_dir() / "models/gold/intermediate/quality/int_quality_remarks.sql"
    text = model.read_text(encoding="utf-8")
    assert [kind for kind in KINDS if f"('{kind}'" not in text] == sorted(ABOUT_FILES)
