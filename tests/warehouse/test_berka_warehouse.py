"""A real bank from its files to the facts: nothing lost, history right, increments exact."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from tests.support.lab import ARRIVAL_COLUMNS, Lab
from tests.warehouse.berka import (
    ACCOUNT_DAYS,
    TOLERANCE,
    UNRECONCILED,
    account_day_differences,
    berka_dir,
    missing_berka,
)
from tests.warehouse.berka_deltas import write_history_delta, write_transaction_delta

from financial_analytics.ingest.connectors.berka import feeds
from financial_analytics.settings import find_project_dir

pytestmark = pytest.mark.skipif(missing_berka() is not None, reason=str(missing_berka()))

CZECH = {"reporting_currency": "CZK", "holiday_country": "CZ"}
VOLUME = Decimal("314625746.80")
FACTS = ["+tag:fact"]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Lab, Path]:
    """Return a lab and a file of the whole warehouse on Berka, every data test passed."""
    lab = Lab(tmp_path_factory.mktemp("berka"))
    report = lab.load(berka_dir(), connector="berka")
    assert report.totals.quarantined == 0
    result = lab.build(command="build", **CZECH)
    assert not result.failed
    return lab, lab.keep("berka")


@pytest.fixture
def lab(loaded: tuple[Lab, Path]) -> Lab:
    """Return a lab that starts from that file."""
    lab, first = loaded
    lab.reset(first, loads=1)
    return lab


def test_every_entity_arrives(lab: Lab) -> None:
    known = "where is_current and not is_inferred"
    assert lab.value(f"select count(*) from gold.dim_customer {known}") == 5369
    assert lab.rows(
        "select product_category, count(*) from gold.dim_account as a join gold.dim_product"
        " using (product_key) where a.is_current and not a.is_inferred group by all order by all"
    ) == [("Credit", 892), ("Deposit", 4500), ("Loan", 682)]
    assert lab.rows(
        "select regexp_extract(product_name, 'status ([A-D])', 1) as status, count(*)"
        " from gold.dim_account join gold.dim_product using (product_key)"
        " where product_category = 'Loan' group by all order by all"
    ) == [("A", 203), ("B", 31), ("C", 403), ("D", 45)]


@pytest.mark.parametrize(
    ("relation", "amount"),
    [
        ("ingestion_raw_data.transactions", "amount"),
        ("silver.stg_transactions", "transaction_amount"),
        ("gold.fact_transactions", "transaction_amount"),
        ("gold.fact_transactions", "posted_amount"),
    ],
)
def test_every_movement_arrives_to_the_cent(lab: Lab, relation: str, amount: str) -> None:
    assert lab.rows(f"select count(*), sum(abs({amount})) from {relation}") == [(46_997, VOLUME)]


def test_the_clock_is_the_newest_movement(lab: Lab) -> None:
    assert str(lab.value("select as_of_date from silver.data_clock")) == "1994-03-30"


def test_balances_reconcile_but_on_the_listed_account_days(lab: Lab) -> None:
    """The running balance of the fact against what the bank reported that day."""
    movements = (
        "(select account_natural_key as account_id, transaction_date, posted_amount as amount"
        " from gold.fact_transactions)"
    )
    with duckdb.connect(str(lab.settings.warehouse_path), read_only=True) as connection:
        gaps = account_day_differences(connection, movements)
    assert len(gaps) == ACCOUNT_DAYS
    off = {account_day for account_day, gap in gaps.items() if abs(gap) > TOLERANCE + 1e-9}
    assert off == UNRECONCILED
    assert len(gaps) - len(off) == 38_801


def test_snapshot_closes_where_the_movements_do(lab: Lab) -> None:
    assert lab.rows(
        """
        select count(*) from gold.fact_account_daily_snapshot as snapshots
        join (
            select account_natural_key, sum(posted_amount) as moved
            from gold.fact_transactions group by all
        ) using (account_natural_key)
        where snapshot_date = '1994-03-30' and closing_balance <> moved
        """
    ) == [(0,)]
    assert lab.value(
        "select sum(closing_balance) = (select sum(posted_amount) from gold.fact_transactions)"
        " from gold.fact_account_daily_snapshot join gold.dim_product using (product_key)"
        " where snapshot_date = '1994-03-30' and product_category = 'Deposit'"
    )


def test_no_dimension_version_fans_out(lab: Lab) -> None:
    assert (
        lab.value(
            "select count(*) from gold.fact_transactions"
            " join gold.dim_customer using (customer_key) join gold.dim_account using (account_key)"
            " join gold.dim_date using (date_key) join gold.dim_product as p"
            " on p.product_key = fact_transactions.product_key"
        )
        == 46_997
    )


def test_history_is_right_in_either_order_and_equals_a_rebuild(
    lab: Lab, loaded: tuple[Lab, Path], tmp_path: Path
) -> None:
    keys = "select transaction_id, customer_key, account_key from gold.fact_transactions"
    before = {row[0]: row[1:] for row in lab.rows(keys)}
    delta = write_history_delta(feeds(berka_dir()), tmp_path)
    for folder in (delta.first, delta.second):
        lab.load(folder)
        lab.build(*FACTS, **CZECH)
    forwards = lab.keep("forwards")
    for customer, versions in delta.client_versions.items():
        assert lab.rows(
            "select city, state from gold.dim_customer"
            f" where customer_natural_key = {customer} order by valid_from"
        ) == [version[1:] for version in versions]
    for account, versions in delta.account_versions.items():
        assert lab.rows(
            "select product_natural_key from gold.dim_account"
            f" where account_natural_key = {account} order by valid_from"
        ) == [version[1:] for version in versions]
    for dimension, key in (
        ("dim_customer", "customer_natural_key"),
        ("dim_account", "account_natural_key"),
    ):
        assert (
            lab.value(
                f"select count(*) from (select *, lead(valid_from) over (partition by {key}"
                f" order by valid_from) as next_from from gold.{dimension}) where valid_from >="
                " valid_to or coalesce(next_from, '9999-12-31') <> valid_to"
            )
            == 0
        )
    # a movement keeps the version of its day; only those since a change point to a new one
    assert (
        lab.value(
            "select count(*) from gold.fact_transactions as f join gold.dim_customer as c"
            " using (customer_key) where f.transaction_at < c.valid_from"
            " or f.transaction_at >= c.valid_to"
        )
        == 0
    )
    changes = {c: min(v[0] for v in vs[1:]) for c, vs in delta.client_versions.items()}
    rekeyed = [
        (row[1], row[2])
        for row in lab.rows(
            "select transaction_id, customer_natural_key, transaction_at, customer_key"
            " from gold.fact_transactions"
        )
        if before[row[0]][0] != row[3]
    ]
    assert rekeyed
    assert all(at >= changes[customer] for customer, at in rekeyed)

    lab.build(*FACTS, full_refresh=True, **CZECH)
    assert lab.differences(forwards) == {}

    lab.reset(loaded[1], loads=1)
    for folder in (delta.second, delta.first):
        lab.load(folder)
    lab.build(*FACTS, **CZECH)
    assert lab.differences(forwards, ignoring=ARRIVAL_COLUMNS) == {}


def test_late_and_corrected_movements_equal_a_rebuild_of_every_model(
    lab: Lab, tmp_path: Path
) -> None:
    months = (
        "select transaction_month, sum(posted_amount), count(*) from gold.fact_transactions"
        " group by all order by all"
    )
    before = {month: (amount, count) for month, amount, count in lab.rows(months)}
    delta = write_transaction_delta(feeds(berka_dir()), tmp_path)
    report = lab.load(delta.folder)
    assert report.totals.accepted == delta.accepted
    assert report.totals.duplicates == delta.duplicates
    lab.build(**CZECH)
    after = {month: (amount, count) for month, amount, count in lab.rows(months)}
    changed = {
        month: after[month][0] - before[month][0]
        for month in after
        if after[month] != before[month]
    }
    assert changed == delta.posted_change
    assert lab.affected()["fact_transactions"] == str(sorted(delta.months))
    assert lab.value("select count(*) from gold.fact_transactions") == 46_997 + delta.row_change
    incremental = lab.keep("incremental")
    lab.build(full_refresh=True, **CZECH)
    assert lab.differences(incremental) == {}


def test_every_analytics_model_has_rows_that_say_what_they_are_worth(lab: Lab) -> None:
    """Berka knows no fraud, no contact, no application, no campaign; nobody leaves."""
    models = [name for name in lab.relations("gold") if name.startswith("gold.analytics_")]
    described = find_project_dir().glob("models/gold/analytics/*/analytics_*.yml")
    assert models == sorted(f"gold.{path.stem}" for path in described)
    statuses = {
        name.removeprefix("gold.analytics_"): {
            status for (status,) in lab.rows(f"select distinct status from {name}")
        }
        for name in models
    }
    known = {"ok", "insufficient_data", "no_variation", "no_time_of_day", "weekly_only"}
    known |= {"no_alerts"}
    assert {name for name, found in statuses.items() if not found or found - known} == set()
    assert statuses["realtime_fraud_alerts"] == {"no_alerts"}
    for name in (
        "fraud_summary",
        "fraud_pattern_analysis",
        "fraud_pattern_links",
        "geographic_clustering",
        "merchant_spending_patterns",
    ):
        assert statuses[name] == {"insufficient_data"}, name
    assert statuses["transaction_time_patterns"] == {"no_time_of_day"}
    assert "ok" not in statuses["churn_analysis"]
    known_fraud = "select count(fraud_count) from gold.analytics_fraud_pattern_analysis"
    assert lab.value(known_fraud) == 0
    counted = "select sum(transaction_count) from gold.analytics_transaction_time_patterns"
    assert lab.value(counted) == 46_997
