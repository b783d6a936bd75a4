# ruff: noqa: DTZ001
"""An empty warehouse to load bank statements into, and the fictional ones beside these tests."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from financial_analytics.ingest import IngestReport, ingest
from financial_analytics.settings import Settings, find_project_dir

FILES = Path(__file__).with_name("files")
FIRST_LOAD = datetime(2024, 7, 1, 6)


@dataclass
class Desk:
    """A warehouse in a temporary folder; `format` is the connector of its files."""

    folder: Path
    settings: Settings
    loads: int = 0

    def file(self, name: str) -> Path:
        """A copy of a sample file."""
        return Path(shutil.copy(FILES / name, self.folder / name))

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def load(self, connector: str, *paths: Path, **options: Any) -> IngestReport:
        self.loads += 1
        options.setdefault("loaded_at", FIRST_LOAD + timedelta(days=self.loads))
        return ingest(paths, settings=self.settings, connector=connector, **options)

    @staticmethod
    def money(text: str) -> Decimal:
        return Decimal(text)

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.settings.warehouse_path), read_only=True) as connection:
            return connection.execute(query).fetchall()

    def movements(self) -> list[tuple[Any, ...]]:
        """Number, day, amount, currency, type and words of every movement, as it counts now."""
        return self.sql(
            "select a.account_number, strftime(t.transaction_date, '%m-%d %H:%M'),"
            " cast(t.amount as varchar), t.currency, t.transaction_type, t.description"
            " from (select * from ingestion_raw_data.transactions qualify row_number() over"
            " (partition by transaction_id order by _batch_id desc, _source_row desc) = 1) as t"
            " inner join (select distinct account_id, account_number"
            " from ingestion_raw_data.accounts) as a on t.account_id = a.account_id"
            " order by t._batch_id, t._source_row"
        )

    def balances(self) -> list[tuple[Any, ...]]:
        """Number, currency, balance and day of every version of an account."""
        return self.sql(
            "select account_number, currency, cast(current_balance as varchar),"
            " cast(balance_date as varchar) from ingestion_raw_data.accounts"
            " order by account_number, currency, updated_at, _batch_id"
        )


def kinds(report: IngestReport) -> dict[str, int]:
    """Number of rows of each kind of remark on the movements, without those of the loader."""
    found: dict[str, int] = {}
    for file in report.files:
        for remark in file.remarks:
            if remark.kind not in ("rows_corrected", "amounts_against_type"):
                found[remark.kind] = found.get(remark.kind, 0) + remark.rows
    return found


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path, Settings(find_project_dir(), tmp_path / "data", tmp_path / "reports"))
