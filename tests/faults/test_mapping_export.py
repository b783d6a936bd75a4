# ruff: noqa: DTZ001
"""17 tables of another system load with one mapping file, and hold what the bank's own feeds do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
import yaml
from tests.support.foreign_export import LONG_IDS, MAPPING, TABLES, long_id, write_export

from financial_analytics.ingest import IngestReport, ingest, load_contract
from financial_analytics.settings import Settings, find_project_dir
from financial_analytics.synthetic.generate import generate
from financial_analytics.synthetic.load import load_config

MOMENT = datetime(2026, 1, 2)
OF = {"account_id": "accounts", "customer_id": "customers"}


@dataclass(frozen=True)
class Banks:
    folder: Path
    export: Path
    mapping: Path
    mapped: Settings
    direct: Settings
    report: IngestReport

    def rows(self, settings: Settings, query: str) -> list[tuple[object, ...]]:
        with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
            return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def banks(tmp_path_factory: pytest.TempPathFactory) -> Banks:
    folder = tmp_path_factory.mktemp("export")
    written = generate(load_config(customers=120, transactions=4_000), folder / "bank", fmt="csv")
    feeds = written.batches[0]
    export = write_export(feeds, folder / "export", load_contract())
    mapping = folder / "mapping.yml"
    mapping.write_text(MAPPING)
    mapped, direct = (
        Settings(find_project_dir(), folder / name, folder / "reports")
        for name in ("mapped", "direct")
    )
    report = ingest([export], settings=mapped, loaded_at=MOMENT, mapping=mapping)
    own = [feeds / f"{name}.csv" for name in TABLES]
    assert ingest(own, settings=direct, loaded_at=MOMENT).totals == report.totals
    return Banks(folder, export, mapping, mapped, direct, report)


def test_one_short_mapping_loads_all_tables(banks: Banks) -> None:
    assert len(MAPPING.splitlines()) <= 60
    assert set(yaml.safe_load(MAPPING)) < {"all_tables", *TABLES}
    counts = banks.report.by_table()
    assert sorted(counts) == sorted(TABLES)
    assert banks.report.exit_code == 0
    totals = banks.report.totals
    assert totals.accepted > 5_000
    assert totals.quarantined < 0.001 * totals.read


def test_without_the_mapping_nothing_of_it_could_be_read(banks: Banks) -> None:
    settings = Settings(find_project_dir(), banks.folder / "bare", banks.folder / "reports")
    report = ingest([banks.export], settings=settings, loaded_at=MOMENT)
    assert len(report.refused) >= 8
    assert report.totals.quarantined > 0.9 * report.totals.read


@pytest.mark.parametrize("table", TABLES)
def test_the_cells_are_those_of_the_bank_itself(banks: Banks, table: str) -> None:
    columns = load_contract()[table].column_names

    def cells(schema: str) -> str:
        named = []
        for column in columns:
            if column in OF and schema == "mapped":
                keys = (
                    "select kept_id, source_id from mapped.ingestion_raw_data._keys"
                    f" where table_name = '{OF[column]}'"
                )
                named.append(
                    f"(select source_id from ({keys}) where kept_id = {column}) as {column}"
                )
            elif column in OF:
                named.append(f"{long_id(column)} as {column}")
            else:
                named.append(f'"{column}"')
        return f"select {', '.join(named)} from {schema}.ingestion_raw_data.{table}"

    with duckdb.connect() as connection:
        for name, settings in (("mapped", banks.mapped), ("direct", banks.direct)):
            connection.execute(f"attach '{settings.warehouse_path}' as {name} (read_only)")
        differ = (
            f"(select count(*) from ({cells('direct')} except all {cells('mapped')})),"
            f" (select count(*) from ({cells('mapped')} except all {cells('direct')})),"
            f" (select count(*) from mapped.ingestion_raw_data.{table})"
        )
        [(missing, more, rows)] = connection.execute(f"select {differ}").fetchall()
    assert (missing, more) == (0, 0)
    assert rows > 0


def test_ids_keep_their_numbers_in_every_later_load(banks: Banks) -> None:
    query = "select table_name, source_id, kept_id from ingestion_raw_data._keys order by all"
    before = banks.rows(banks.mapped, query)
    assert {name for name, *_ in before} == set(OF.values())
    assert all(len(str(text)) == 13 for _, text, _ in before)
    later = banks.folder / "later" / "loan_payments.csv"
    later.parent.mkdir()
    new = LONG_IDS["account_id"] + 5
    known = str(next(text for name, text, _ in before if name == "accounts"))
    later.write_text(
        "Pmt No,Acct No,Cust No,scheduled_date,scheduled_amount\n"
        f"900001,{known},{LONG_IDS['customer_id'] + 5},05/16/2025,10.005001\n"
        f"900002,{new},{LONG_IDS['customer_id'] + 5},05/16/2025,10\n"
    )
    table = {"loan_payments": yaml.safe_load(MAPPING)["loan_payments"]}
    said = {"all_tables": yaml.safe_load(MAPPING)["all_tables"], **table}
    for _ in range(2):  # the second time nothing is new
        ingest([later], settings=banks.mapped, loaded_at=datetime(2026, 2, 1), mapping=said)
    after = banks.rows(banks.mapped, query)
    assert set(before) <= set(after)
    added = set(after) - set(before)
    assert {(name, text) for name, text, _ in added} == {
        ("accounts", str(new)), ("customers", str(LONG_IDS["customer_id"] + 5)),
    }  # fmt: skip
    stored = banks.rows(
        banks.mapped,
        "select payment_id, account_id, scheduled_amount from ingestion_raw_data.loan_payments"
        " where payment_id > 900000 order by 1",
    )
    numbers = {text: number for name, text, number in after if name == "accounts"}
    assert stored == [(900001, numbers[known], Decimal("10.01")), (900002, numbers[str(new)], 10)]
