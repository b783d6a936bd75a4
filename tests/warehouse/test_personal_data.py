"""A secret planted in every column tagged `pii` is found in bronze and the vault, nowhere else."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

import duckdb
import pytest
from tests.support.lab import Lab
from tests.support.small_bank import customer, feeds, transaction

from financial_analytics.ingest.contract import load_contract

KEY = "a key of the tests"
SECRET = "Zquirrel"
SECRET_BIRTH_DATE = "1911-11-11"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """Build a bank whose personal data are all secrets."""
    lab = Lab(tmp_path_factory.mktemp("personal"))
    secrets = {
        name: {
            column.name: SECRET_BIRTH_DATE if column.type == "date" else f"{SECRET}-{column.name}"
            for column in table.columns
            if column.pii
        }
        for name, table in load_contract().tables.items()
    }
    bank = feeds()
    bank["customers"] = [customer(1) | secrets["customers"]]
    bank["accounts"] = [row | secrets["accounts"] for row in bank["accounts"]]
    bank["transactions"] = [transaction(1, "2024-01-05 10:00:00", "1.00") | secrets["transactions"]]
    bank["branch_locations"] = [{"branch_id": 1} | secrets["branch_locations"]]
    bank["customer_interactions"] = [
        {"interaction_id": 1, "customer_id": 1, "interaction_date": "2024-01-05 10:00:00"}
        | secrets["customer_interactions"]
    ]
    bank["fraud_alerts"] = [
        {"alert_id": 1, "transaction_id": 1, "alert_date": "2024-01-05 10:00:00"}
        | secrets["fraud_alerts"]
    ]
    bank["regulatory_reports"] = [
        {"report_id": 1, "report_type_code": "CTR"} | secrets["regulatory_reports"]
    ]
    tagged = {name for name, columns in secrets.items() if columns}
    assert tagged <= set(bank), tagged - set(bank)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FA_PII_KEY", KEY)
        report = lab.load(bank)
        assert report.totals.quarantined == 0
        lab.build()
    return lab


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
        for name, table in load_contract().tables.items()
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
