"""A secret planted in every column tagged `pii` is found in bronze and the vault, nowhere else."""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import UTC
from pathlib import Path

import duckdb
import pytest
from tests.support.lab import FIRST_LOAD, Lab
from tests.support.small_bank import customer, feeds, transaction

from financial_analytics.engines.table import engine_of
from financial_analytics.erasure import erase
from financial_analytics.export.feast import export_features
from financial_analytics.export.files import export_tables
from financial_analytics.export.star import star_schema
from financial_analytics.ingest.contract import Table
from financial_analytics.ingest.contract_file import load_contract
from financial_analytics.publish import Run, publish
from financial_analytics.settings import find_project_dir

KEY = "a key of the tests"
SECRET = "Zquirrel"
SECRET_BIRTH_DATE = "1911-11-11"
CONTRACT = load_contract()
PERSONAL = [table for table in CONTRACT if table.has_personal_data]
DERIVED = {
    "stg_account_events": {
        "old_value": "event_limit event_rate event_status",
        "new_value": "event_limit event_rate event_status",
        "triggered_by": "event_trigger",
        "notes": "closing_reason",
    },
    "stg_customers": {
        "zip_code": "postal_prefix", "email": "personal_hash", "phone": "personal_hash",
    },
}  # fmt: skip
"""The silver models that read a personal column, and the macros through which alone they do."""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """Build a bank whose personal data are all secrets."""
    lab = Lab(tmp_path_factory.mktemp("personal"))
    bank = feeds()
    for table in PERSONAL:
        bank[table.name] = [row | secrets(table) for row in bank.get(table.name) or [least(table)]]
    bank["customers"] = [customer(1) | secrets(CONTRACT["customers"])]
    bank["transactions"] = [
        transaction(1, "2024-01-05 10:00:00", "1.00") | secrets(CONTRACT["transactions"])
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FA_PII_KEY", KEY)
        report = lab.load(bank)
        assert report.totals.quarantined == 0
        lab.build()
    return lab


def secrets(table: Table) -> dict[str, str]:
    """Return a secret for every personal column of a table."""
    return {
        column.name: SECRET_BIRTH_DATE if column.type == "date" else f"{SECRET}-{column.name}"
        for column in table.columns
        if column.pii
    }


def least(table: Table) -> dict[str, str]:
    """Return the required values of a row, of customer 1 where it is of a customer."""
    plain = {"date": "2024-01-05", "timestamp": "2024-01-05 10:00:00", "text": "CTR"}
    return {
        c.name: plain.get(c.family, "1")
        for c in table.columns
        if c.required or c.name == "customer_id"
    }


def columns_with_secrets(path: Path) -> set[tuple[str, str, str]]:
    """Return (schema, table, column) of every column that holds a secret."""
    found = set()
    with duckdb.connect(str(path), read_only=True) as connection:
        for schema, table, column in connection.execute(
            "select table_schema, table_name, column_name from information_schema.columns"
            " where table_schema not in ('information_schema', 'pg_catalog')"
        ).fetchall():
            hits = connection.execute(
                f'select count(*) from {schema}."{table}" where cast("{column}" as varchar)'
                f" ilike '%{SECRET}%' or cast(\"{column}\" as varchar) like '{SECRET_BIRTH_DATE}%'"
            ).fetchall()
            if hits[0][0]:
                found.add((schema, table, column))
    return found


def test_secrets_stay_in_bronze_and_the_vault(lab: Lab) -> None:
    found = columns_with_secrets(lab.settings.warehouse_path)
    assert {schema for schema, _, _ in found} == {"ingestion_raw_data", "silver_vault"}
    bronze = {(table, column) for schema, table, column in found if schema == "ingestion_raw_data"}
    assert bronze == {
        (name, column.name)
        for name, table in CONTRACT.tables.items()
        for column in table.columns
        if column.pii
    }


def test_hashes_are_keyed(lab: Lab) -> None:
    expected = hmac.new(KEY.encode(), f"{SECRET}-email".encode(), hashlib.sha256).hexdigest()
    assert lab.rows(
        "select distinct email_hash from gold.dim_customer where customer_natural_key = 1"
    ) == [(expected,)]


def test_names_appear_in_gold_only_on_request(lab: Lab) -> None:
    assert "first_name" not in {
        name
        for (name,) in lab.rows(
            "select column_name from information_schema.columns where table_schema like 'gold%'"
        )
    }
    lab.build("dim_customer", include_pii=True)
    assert lab.value("select count(first_name) from gold.dim_customer") > 0
    lab.build("dim_customer", include_pii=False)


@pytest.mark.parametrize("table", PERSONAL, ids=lambda table: table.name)
def test_silver_reads_personal_columns_through_stated_macros_only(table: Table) -> None:
    """What the planted secrets cannot show: a typed value, such as a number out of a text."""
    name = f"stg_{table.name}"
    path = find_project_dir() / "models" / "transform" / f"{name}.sql"
    text = re.sub(r"{#.*?#}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    for column in (column.name for column in table.columns if column.pii):
        macros = DERIVED.get(name, {}).get(column, "").split()
        for macro in macros:
            text, calls = re.subn(rf"{macro}\(('event_type', )?'{column}'", "", text)
            assert calls, f"{name} no longer reads {column} through {macro}"
        rest = re.sub(rf"\bas {column}\b", "", text)
        assert not re.search(rf"\b{column}\b", rest), f"{name} reads {table.name}.{column}"


def test_no_secret_reaches_the_snapshot_nor_files_for_other_tools(lab: Lab, tmp_path: Path) -> None:
    """Reports, the live page and exports read what is published alone."""
    run = Run(run_id="20260101T060000Z", built_at=FIRST_LOAD.replace(tzinfo=UTC))
    publish(lab.settings, run)
    published = sorted(lab.settings.published_dir.glob("*.duckdb"))
    assert len(published) == 2
    for path in published:
        assert columns_with_secrets(path) == set()
    with engine_of("duckdb").gold.open_gold(lab.settings) as gold:
        tables = star_schema(lab.settings.project_dir)
        written = export_tables(gold, tables, tmp_path, "csv")
        written += export_features(gold, tmp_path / "features")
    assert len(written) > 20
    for path in (*published, *written):
        content = path.read_bytes()
        assert SECRET.encode() not in content, path.name
        assert SECRET_BIRTH_DATE.encode() not in content, path.name


def totals(lab: Lab) -> dict[str, object]:
    """Return rows and sums of amounts of every fact; the monthly one is of known customers."""
    found: dict[str, object] = {}
    for relation in lab.relations("gold"):
        schema, name = relation.split(".")
        if not name.startswith("fact_") or name == "fact_customer_monthly_summary":
            continue
        columns = lab.rows(
            "select column_name from information_schema.columns where table_schema = 'gold'"
            f" and table_name = '{name}'"
            " and regexp_matches(column_name, '_(amount|balance|count)$') order by 1"
        )
        sums = ", ".join(["count(*)", *(f"sum({column})" for (column,) in columns)])
        found[name] = lab.rows(f"select {sums} from {schema}.{name}")
    return found


def test_nothing_is_left_of_an_erased_customer_but_its_movements(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last of this module, for it changes the bank."""
    monkeypatch.setenv("FA_PII_KEY", KEY)
    before = totals(lab)
    assert len(before) >= 10
    plan = erase.plan_of(lab.settings, "duckdb")
    erase.rewrite(plan, erase.erase_bronze(plan, ["1", "2", "3"], moment=FIRST_LOAD))
    lab.build("tag:silver", "tag:dimension", "tag:facts", full_refresh=True)
    assert totals(lab) == before
    # the name of a branch's manager stays, and so do its statistics, which have its beginning
    mark = re.compile(rf"{SECRET}-(?!man)".encode())
    files = [p for p in lab.folder.rglob("*") if p.is_file() and "incoming" not in p.parts]
    assert [path.name for path in files if mark.search(path.read_bytes())] == []
    assert {column for _, _, column in columns_with_secrets(lab.settings.warehouse_path)} == {
        "manager_name"
    }
    assert lab.rows(
        "select distinct customer_key from gold.fact_transactions where customer_natural_key = 1"
        " or customer_natural_key is null"
    ) == [(-1,)]
    assert lab.value("select count(*) from gold.dim_customer where customer_natural_key = 1") == 0
