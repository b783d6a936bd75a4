"""Spark against the embedded engine, every relation cell by cell, first load and late rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from dbt.cli.main import dbtRunner
from tests.support.lab import FIRST_LOAD, Lab
from tests.support.parity import Cells, differences
from tests.support.spark import session

from financial_analytics.build import BuildOptions, build
from financial_analytics.engines import spark_session
from financial_analytics.engines.duckdb_warehouse import open_warehouse
from financial_analytics.ingest import ingest
from financial_analytics.synthetic import load_config
from financial_analytics.synthetic.generate import generate

SCHEMAS = ("ingestion_raw_data", "silver", "silver_vault", "gold")
TYPED = """
select
    cast(1 as integer) as whole, cast(9223372036854775807 as bigint) as big,
    cast(12.30 as decimal(18, 2)) as money, cast(0.1 as double) as score,
    '' as word, true as flag, cast('2024-02-29' as date) as day,
    cast('2024-02-29 23:59:59.123456' as timestamp) as moment
union all
select null, null, null, null, null, null, null, null
"""
ECHO = """
def model(dbt, session):
    dbt.config(materialized="table")
    return dbt.ref("typed")
"""
ARROW = ECHO.replace('dbt.ref("typed")', 'dbt.ref("typed").toArrow()')
BANK = load_config(customers=200, transactions=6_000, deltas=2, start="2025-01-01")


class Pair:
    """The same feeds in two warehouses, each loaded by its own target."""

    def __init__(self, folder: Path) -> None:
        self.lab = Lab(folder)
        self.spark = session(folder)

    def load(self, feeds: Any) -> None:
        """Load rows by table, or the files of a folder, into both."""
        report = self.lab.load(feeds)
        number = self.lab.loads
        path = feeds if isinstance(feeds, Path) else self.lab.folder / "incoming" / f"{number:03d}"
        moment = FIRST_LOAD + timedelta(hours=number)
        other = ingest(
            [path],
            settings=self.lab.settings,
            loaded_at=moment,
            extracted_at=moment,
            target="spark",
        )
        assert [(f.table, f.batch_id, f.counts) for f in other.files] == [
            (f.table, f.batch_id, f.counts) for f in report.files
        ]

    def build(self) -> None:
        """Build all models on both."""
        self.lab.build()
        build(self.lab.settings, BuildOptions(command="run", target="spark"))

    def relations(self) -> list[str]:
        """Return all relations, bronze and quarantine included."""
        return self.lab.relations(*SCHEMAS)

    def spark_relations(self) -> list[str]:
        """Return those that Spark has."""
        return sorted(
            f"{schema}.{row.tableName}"
            for schema in SCHEMAS
            for row in self.spark.sql(f"show tables in {schema}").collect()
        )

    def differing(self) -> dict[str, list[str]]:
        """Return what differs, by relation."""
        found = {}
        with open_warehouse(self.lab.settings.warehouse_path, read_only=True) as connection:
            for relation in self.relations():
                ours: pa.Table = connection.sql(f"select * from {relation}").to_arrow_table()
                theirs: pa.Table = self.spark.table(relation).toArrow()
                faults = differences(Cells("duckdb", ours), Cells("spark", theirs))
                if faults:
                    found[relation] = faults
        return found


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return the folder of the one session of this process."""
    folder = tmp_path_factory.mktemp("spark")
    session(folder / "data")
    yield folder
    spark_session.stop()


def _dbt(folder: Path, data_dir: Path, *arguments: str) -> bool:
    place = ["--project-dir", str(folder), "--profiles-dir", str(folder), "--quiet"]
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("FA_DATA_DIR", str(data_dir))
        return bool(dbtRunner().invoke([*arguments, *place]).success)


def _small_project(folder: Path) -> None:
    (folder / "models").mkdir()
    (folder / "seeds").mkdir()
    (folder / "dbt_project.yml").write_text(
        "name: small\nversion: '1.0'\nprofile: small\nflags: {send_anonymous_usage_stats: false}\n"
    )
    (folder / "profiles.yml").write_text(
        "small: {target: spark, outputs: {spark: {type: spark_python, schema: small, threads: 1}}}"
    )
    (folder / "models" / "typed.sql").write_text("{{ config(materialized='table') }}" + TYPED)
    (folder / "models" / "echo.py").write_text(ECHO)
    (folder / "models" / "arrow.py").write_text(ARROW)
    (folder / "seeds" / "words.csv").write_text("id,word\n1,it's\n2,\n3,back\\slash\n")


def test_python_models_seeds_and_models_that_fail(home: Path, tmp_path: Path) -> None:
    spark = session(home / "data")
    _small_project(tmp_path)
    for _ in range(2):  # from nothing, then over what is there
        assert _dbt(tmp_path, home / "data", "run")
        expected = Cells("sql", spark.table("small.typed").toArrow())
        assert expected.table.schema.field("moment").type == pa.timestamp("us")
        for name in ("echo", "arrow"):
            given = Cells(name, spark.table(f"small.{name}").toArrow())
            assert differences(expected, given) == []
    assert _dbt(tmp_path, home / "data", "seed")
    words = {row.id: row.word for row in spark.table("small.words").collect()}
    assert words == {1: "it's", 2: None, 3: "back\\slash"}

    (tmp_path / "models" / "echo.py").write_text(ECHO.replace("return", "raise ValueError #"))
    (tmp_path / "models" / "typed.sql").write_text(
        "{{ config(materialized='table') }} select cast('no number' as integer) as whole"
    )
    assert not _dbt(tmp_path, home / "data", "run", "--select", "typed")
    assert not _dbt(tmp_path, home / "data", "run", "--select", "echo")
    for name in ("typed", "echo"):
        assert differences(expected, Cells(name, spark.table(f"small.{name}").toArrow())) == []


@pytest.fixture(scope="module")
def pair(home: Path) -> Pair:
    """Return both warehouses after the first load and build."""
    folder = home
    generate(BANK, folder / "bank")
    pair = Pair(folder / "data")
    pair.load(folder / "bank" / "full")
    pair.load({"transactions": [_lone_transaction("2024-11-05 10:00:00", "12.50")]})
    pair.build()
    return pair


def _lone_transaction(at: str, amount: str) -> dict[str, Any]:
    return {
        "transaction_id": 900_000_001,
        "account_id": 1,
        "customer_id": 1,
        "transaction_date": at,
        "transaction_type": "Deposit",
        "amount": amount,
        "currency": "USD",
        "channel": "Online",
        "decline_reason": None,
    }


@pytest.mark.spark_bank
def test_first_load(pair: Pair) -> None:
    assert len(pair.relations()) > 100
    assert pair.spark_relations() == pair.relations()
    assert pair.differing() == {}


@pytest.mark.spark_bank
def test_late_corrected_and_moved_rows(
    pair: Pair, tmp_path_factory: pytest.TempPathFactory
) -> None:
    bank = pair.lab.folder.parent / "bank"
    partitions = "select count(*) from gold.fact_transactions where transaction_month = 202411"
    assert pair.spark.sql(partitions).collect()[0][0] == 1
    for day in sorted((bank / "deltas").iterdir()):
        pair.load(day)
    known = pair.lab.rows(
        "select transaction_id, account_id, customer_id, transaction_date, transaction_type,"
        " amount, currency, channel from ingestion_raw_data.transactions"
        " where transaction_date < timestamp '2025-02-01' and decline_reason is null"
        " order by transaction_id limit 2"
    )
    names = (
        "transaction_id", "account_id", "customer_id", "transaction_date", "transaction_type",
        "amount", "currency", "channel",
    )  # fmt: skip
    corrected, moved = (dict(zip(names, row, strict=True)) for row in known)
    corrected["amount"] = "-77.77"
    moved["transaction_date"] = "2025-08-17 11:12:13"
    late = _lone_transaction("2025-05-09 08:00:00", "3.21") | {"transaction_id": 900_000_002}
    pair.load(
        {
            "transactions": [
                corrected | {"decline_reason": None},
                moved | {"decline_reason": None},
                late,
                _lone_transaction("2025-06-05 10:00:00", "12.50"),  # November 2024 is left empty
            ]
        }
    )
    pair.build()
    assert pair.spark.sql(partitions).collect()[0][0] == 0
    assert pair.spark_relations() == pair.relations()
    assert pair.differing() == {}
