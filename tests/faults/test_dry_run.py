# ruff: noqa: DTZ001
"""``fa ingest --dry-run`` counts what a load would do, and leaves nothing behind."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from financial_analytics import cli
from financial_analytics.errors import UserInputError
from financial_analytics.ingest import ingest
from financial_analytics.ingest.marks import write_mark
from financial_analytics.settings import Settings, find_project_dir

if TYPE_CHECKING:
    from conftest import Bank

LATER = datetime(2024, 7, 1)
LINES = [
    "1,10,100,2024-05-01 09:30:00,Purchase,-12.50,USD",  # known
    "2,10,100,2024-05-02 10:00:00,Deposit,1001.00,USD",  # corrected
    "9,10,100,2024-05-03 10:00:00,Deposit,5.00,USD",
    "10,10,100,2024-05-03 10:00:00,Deposit,x,USD",
]  # fmt: skip


def state(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def outcome(report: Any) -> list[Any]:
    return [(f.table, f.counts, f.reasons, f.warnings) for f in report.files] + [
        (r.source_file, r.message) for r in report.refused
    ]


def test_it_says_what_a_load_says_and_leaves_nothing(bank: Bank) -> None:
    paths = [
        bank.transactions(*LINES),
        bank.transactions(*LINES[2:], name="transactions_newer.csv"),  # sees the first
        bank.write("products_bad.csv", "product_name\nx\n"),
    ]
    before = state(bank.folder)
    dry = ingest(paths, settings=bank.settings, loaded_at=LATER, dry_run=True)
    assert state(bank.folder) == before
    assert dry.totals.accepted == 2
    assert (dry.totals.duplicates, dry.totals.corrections, dry.totals.quarantined) == (2, 1, 2)
    assert dry.exit_code == 3
    real = bank.ingest(*paths, loaded_at=LATER)
    assert outcome(dry) == outcome(real)


def test_kept_ids_are_not_kept(bank: Bank) -> None:
    path = bank.write(
        "transactions_k.csv",
        "transaction_id,account_id,customer_id,merchant_id,transaction_date,transaction_type,amount,"
        "currency\n50,10,100,M-7,2024-05-09,Fee,-1,USD\n",
    )  # fmt: skip
    mapping = {"all_tables": {"ids": ["merchants"]}}
    before = state(bank.folder)
    for _ in range(2):
        dry = ingest([path], settings=bank.settings, loaded_at=LATER, mapping=mapping, dry_run=True)
        assert dry.totals.accepted == 1
    assert state(bank.folder) == before


def test_without_a_warehouse_no_folder_appears(tmp_path: Path, bank: Bank) -> None:
    settings = Settings(find_project_dir(), tmp_path / "nowhere", tmp_path / "reports")
    path = bank.transactions(*LINES)
    dry = ingest([path], settings=settings, loaded_at=LATER, dry_run=True)
    assert (dry.totals.accepted, dry.totals.quarantined) == (3, 1)
    assert not settings.data_dir.exists()


def test_another_bank_is_refused_and_a_synthetic_one_stays(bank: Bank, tmp_path: Path) -> None:
    folder = tmp_path / "synthetic"
    folder.mkdir()
    path = folder / "transactions.csv"
    path.write_bytes(bank.transactions(*LINES).read_bytes())
    write_mark(folder, {"seed": 1, "customers": 2}, complete=True)
    with pytest.raises(UserInputError, match="never join"):
        ingest([folder], settings=bank.settings, loaded_at=LATER, dry_run=True)
    settings = Settings(find_project_dir(), tmp_path / "demo", tmp_path / "reports")
    ingest([folder], settings=settings, loaded_at=LATER)
    before = state(settings.data_dir)
    own = bank.transactions(*LINES, name="transactions_own.csv")
    dry = ingest([own], settings=settings, loaded_at=LATER, dry_run=True)
    assert dry.totals.accepted == 3  # the synthetic bank would be set aside
    assert state(settings.data_dir) == before


def test_a_full_extract_is_counted_too(bank: Bank) -> None:
    path = bank.write(
        "accounts_f.csv",
        "account_id,customer_id,product_id,account_status,open_date,updated_at\n"
        "10,100,1,Active,2020-01-01,2024-01-01\n",
    )
    before = state(bank.folder)
    options: dict[str, Any] = {"loaded_at": LATER, "full": ["accounts"]}
    dry = ingest([path], settings=bank.settings, dry_run=True, **options)
    assert state(bank.folder) == before
    assert outcome(dry) == outcome(bank.ingest(path, **options))


def test_the_command(
    bank: Bank, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FA_DATA_DIR", str(bank.settings.data_dir))
    before = state(bank.settings.data_dir)
    path = bank.transactions(*LINES)
    assert cli.run(["ingest", "--dry-run", str(path), "--max-quarantined", "100"]) == 0
    out, err = capsys.readouterr()
    assert "transactions" in out
    assert "quarantined 1, amount (number)" in err
    assert "dry run: nothing was loaded" in err
    assert state(bank.settings.data_dir) == before
