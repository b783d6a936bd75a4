"""The dbt unit tests pass, and each generic test catches the fault it is for."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest
from tests.support.lab import Lab
from tests.support.small_bank import feeds

from financial_analytics.build import BuildOptions, dbt_arguments, invoke


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    lab = Lab(tmp_path_factory.mktemp("dbt"))
    alert = {
        "alert_id": 1,
        "transaction_id": 2,
        "alert_date": "2024-01-21 00:00:00",
        "resolution_date": "2024-01-25 00:00:00",
        "updated_at": "2024-01-25 00:00:00",
    }
    lab.load(feeds() | {"fraud_alerts": [alert]})
    lab.build()
    return lab


def test_unit_tests_pass(lab: Lab) -> None:
    arguments = dbt_arguments(lab.settings, BuildOptions(command="test", select=["test_type:unit"]))
    at = arguments.index("--exclude-resource-type")
    outcome = invoke(lab.settings, arguments[:at] + arguments[at + 2 :])
    results = {
        result.node.name: result.status.value
        for result in outcome.result.results
        if result.node.resource_type == "unit_test"
    }
    assert len(results) >= 20
    assert {name: status for name, status in results.items() if status != "pass"} == {}


FAULTS = {
    # fault: (what is done to the warehouse, test that must fail)
    "grain": (
        "insert into gold.fact_transactions select * from gold.fact_transactions limit 1",
        "grain_fact_transactions_transaction_id",
    ),
    "reconciles_to": (
        "update gold.fact_transactions set transaction_amount = transaction_amount + 0.01"
        " where transaction_id = 3",
        "reconciles_to_fact_transactions",
    ),
    "holds": (
        "update gold.fact_transactions set posted_amount = 1 where is_declined",
        "holds_fact_transactions",
    ),
    "contiguous": (
        "update gold.dim_customer set valid_to = '2024-05-01' where customer_natural_key = 1",
        "contiguous_dim_customer",
    ),
    "in_dimension": (
        "update gold.fact_transactions set customer_key = 1 where transaction_id = 5",
        "in_dimension_fact_transactions_customer_key",
    ),
    "owned": (
        "update silver.stg_accounts set customer_id = null where account_id = 10",
        "owned_stg_accounts_customer_id",
    ),
    "one_key_each": (
        "update gold.dim_channel set channel_key = (select max(channel_key) from gold.dim_channel)"
        " where channel_name = 'Unknown'",
        "one_key_each_dim_channel",
    ),
    "not_after": (
        "update gold.fact_fraud_alerts set resolved_at = raised_at - interval 1 day",
        "not_after_fact_fraud_alerts",
    ),
    "row_count_is": (
        "insert into silver.data_clock select * from silver.data_clock",
        "row_count_is_data_clock",
    ),
    "sums_to": (
        "update gold.analytics_transaction_by_channel set pct_of_total = pct_of_total + 1",
        "sums_to_analytics_transaction_by_channel_pct_of_total",
    ),
    "in_range": (
        "update gold.analytics_transaction_by_channel set decline_rate_pct_upper = 101",
        "in_range_analytics_transaction_by_channel",
    ),
}


@pytest.fixture(scope="module")
def failed(lab: Lab) -> set[str]:
    """Plant every fault at once, run the data tests, return the names of those that failed."""
    with duckdb.connect(str(lab.settings.warehouse_path)) as connection:
        for statement, _ in FAULTS.values():
            connection.execute(statement)
    options = BuildOptions(command="test", select=["resource_type:test"])
    outcome = invoke(lab.settings, dbt_arguments(lab.settings, options))
    return {result.node.name for result in outcome.result.results if result.status.value != "pass"}


@pytest.mark.parametrize("fault", FAULTS)
def test_generic_test_catches_its_planted_fault(fault: str, failed: set[str]) -> None:
    assert any(name.startswith(FAULTS[fault][1]) for name in failed), sorted(failed)


def test_every_generic_test_has_a_planted_fault() -> None:
    macros = Path(__file__).parents[2] / "macros" / "tests"
    ours = {path.stem for path in macros.glob("*.sql")}
    assert ours == set(FAULTS), json.dumps(sorted(ours ^ set(FAULTS)))
