# ruff: noqa: DTZ001
"""A small bank with data already loaded, to plant faults in and to see that nothing else moved."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from financial_analytics.ingest import IngestReport, ingest
from financial_analytics.settings import Settings, find_project_dir

FIRST_LOAD = datetime(2024, 6, 1, 6)
TRANSACTIONS = (
    "transaction_id,account_id,customer_id,transaction_date,transaction_type,amount,currency\n"
)
GOOD = [
    "1,10,100,2024-05-01 09:30:00,Purchase,-12.50,USD",
    "2,10,100,2024-05-02 10:00:00,Deposit,1000.00,USD",
    "3,11,101,2024-05-03 23:59:59,Fee,-1.00,USD",
]
CUSTOMERS = (
    "customer_id,first_name,last_name,date_of_birth,signup_date,is_active,updated_at\n"
    "100,Ann,Lee,1980-01-02,2020-01-01,true,2024-01-01\n"
    "101,Bob,Ray,1990-03-04,2021-01-01,true,2024-01-01\n"
)
ACCOUNTS = (
    "account_id,customer_id,product_id,account_status,open_date,updated_at\n"
    "10,100,1,Active,2020-01-01,2024-01-01\n"
    "11,101,1,Active,2021-01-01,2024-01-01\n"
)
PRODUCTS = "product_id,product_name,category,updated_at\n1,Giro,Deposit,2020-01-01\n"


@dataclass
class Bank:
    """A warehouse in a temporary folder, and the feeds beside it."""

    folder: Path
    settings: Settings
    loads: int = 0

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.folder / "feeds" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def transactions(self, *lines: str, name: str = "transactions_new.csv") -> Path:
        return self.write(name, TRANSACTIONS + "".join(f"{line}\n" for line in lines))

    def ingest(self, *paths: Path, **options: Any) -> IngestReport:
        self.loads += 1
        options.setdefault("loaded_at", FIRST_LOAD + timedelta(days=self.loads))
        report = ingest(paths, settings=self.settings, **options)
        self.check_counts(report)
        return report

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.settings.warehouse_path), read_only=True) as connection:
            return connection.execute(query).fetchall()

    def quarantine(self) -> list[tuple[Any, ...]]:
        """Row, column, rule and reason of every fault."""
        return self.sql(
            "select source_row, column_name, rule, reason from ingestion_raw_data.quarantine "
            "order by _batch_id, source_row, column_name"
        )

    def ids(self, table: str = "transactions", key: str = "transaction_id") -> list[int]:
        return [
            row[0]
            for row in self.sql(
                f"select {key} from ingestion_raw_data.{table} order by _batch_id, _source_row"
            )
        ]

    def snapshot(self) -> list[tuple[Any, ...]]:
        """Everything the first load left in bronze."""
        found: list[tuple[Any, ...]] = []
        with duckdb.connect(str(self.settings.warehouse_path), read_only=True) as connection:
            for table in ("products", "customers", "accounts", "transactions"):
                found += connection.execute(
                    f"select * from ingestion_raw_data.{table} where _batch_id <= 4 "
                    "order by _batch_id, _source_row"
                ).fetchall()
        return found

    def check_counts(self, report: IngestReport) -> None:
        """read = accepted + duplicates + quarantined, in the report, in _batches, in the tables."""
        for file in report.files:
            counts = file.counts
            assert counts.read == counts.accepted + counts.duplicates + counts.quarantined
        with duckdb.connect(str(self.settings.warehouse_path), read_only=True) as connection:
            batches = connection.execute(
                "select _batch_id, table_name, rows_read, rows_accepted, rows_duplicate, "
                "rows_quarantined from ingestion_raw_data._batches"
            ).fetchall()
            for batch, table, read, accepted, duplicate, quarantined in batches:
                assert read == accepted + duplicate + quarantined
                counted = connection.execute(
                    f"select (select count(*) from ingestion_raw_data.{table} "
                    "where _batch_id = $1), (select count(distinct source_row) "
                    "from ingestion_raw_data.quarantine where _batch_id = $1)",
                    [batch],
                ).fetchall()
                assert counted == [(accepted, quarantined)]


@pytest.fixture(scope="session")
def loaded_bank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two customers, two accounts, three transactions, loaded without a fault."""
    folder = tmp_path_factory.mktemp("bank")
    bank = Bank(folder, Settings(find_project_dir(), folder / "data", folder / "reports"))
    paths = [
        bank.write("products.csv", PRODUCTS),
        bank.write("customers.csv", CUSTOMERS),
        bank.write("accounts.csv", ACCOUNTS),
        bank.transactions(*GOOD, name="transactions.csv"),
    ]
    report = bank.ingest(*paths, loaded_at=FIRST_LOAD)
    assert report.totals.accepted == 8
    assert not report.warnings
    return folder


@pytest.fixture
def bank(tmp_path: Path, loaded_bank: Path) -> Bank:
    """A copy of the loaded bank that a test may spoil."""
    shutil.copytree(loaded_bank, tmp_path, dirs_exist_ok=True)
    return Bank(tmp_path, Settings(find_project_dir(), tmp_path / "data", tmp_path / "reports"))


@pytest.fixture(scope="session")
def bank_class() -> type[Bank]:
    """The class itself, for tests that make their own copies."""
    return Bank
