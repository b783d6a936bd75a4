"""Late, corrected, duplicated, same-day and moved transactions, and versions that come late."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from tests.support.lab import ARRIVAL_COLUMNS, Lab
from tests.support.small_bank import account, customer, feeds, transaction
from tests.support.variables import DEFAULTS

FACTS = ["+tag:fact"]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Lab, Path]:
    """Return a lab and a warehouse file with the first full load built."""
    lab = Lab(tmp_path_factory.mktemp("increments"))
    lab.load(feeds())
    lab.build(*FACTS)
    return lab, lab.keep("first")


@pytest.fixture
def lab(shared: tuple[Lab, Path]) -> Lab:
    """Return a lab that starts from that file."""
    lab, first = shared
    lab.reset(first, loads=1)
    return lab


def assert_equals_full_refresh(lab: Lab, **variables: Any) -> None:
    """Compare every relation, cell by cell, with a rebuild from bronze."""
    incremental = lab.keep("incremental")
    lab.build(*FACTS, full_refresh=True, **variables)
    assert lab.differences(incremental) == {}


def test_posted_and_declined_amounts(lab: Lab) -> None:
    assert lab.rows(
        "select sum(transaction_amount), sum(posted_amount), count(*), count_if(is_declined)"
        " from gold.fact_transactions"
    ) == [(Decimal("769.65"), Decimal("1669.65"), 11, 1)]


def test_a_build_without_news_rewrites_no_partition(lab: Lab) -> None:
    before = lab.keep("before")
    lab.build(*FACTS, is_skipping=False)
    affected = lab.affected()
    assert len(affected) == 9  # seven event facts, the snapshot and the monthly summary
    assert set(affected.values()) == {"[]"}, affected
    assert lab.differences(before) == {}


def test_only_touched_months_are_rewritten(lab: Lab) -> None:
    lab.load({"transactions": [transaction(13, "2024-03-20 09:00:00", "-1.00")]})
    lab.build(*FACTS)
    affected = lab.affected()
    assert affected["fact_transactions"] == "[202403]"
    assert affected["fact_account_daily_snapshot"] == "[202403, 202404]"
    assert affected["fact_customer_monthly_summary"] == "[202403, 202404]"
    assert "fact_account_events" not in affected, "it is left alone"


def test_late_corrected_duplicated_same_day_and_moved_transactions(lab: Lab) -> None:
    assert lab.value("select min(transaction_month) from gold.fact_transactions") == 202311
    report = lab.load(
        {
            "transactions": [
                transaction(11, "2024-01-21 09:00:00", "-7.00"),  # late, into an old month
                transaction(2, "2024-01-20 23:30:00", "-60.25"),  # corrected amount
                transaction(5, "2024-03-15 12:00:00", "-20.10"),  # exact duplicate
                transaction(12, "2024-04-20 10:00:00", "1.00"),  # same day as the newest
                # moved to other months; November is left empty
                transaction(9, "2024-03-01 10:00:00", "70.00", account_id=30, customer_id=3),
                transaction(99, "2024-01-30 10:00:00", "5.00"),
                # taken back
                transaction(
                    8,
                    "2024-03-09 10:00:00",
                    "-30.00",
                    account_id=20,
                    customer_id=2,
                    decline_reason="Reversed",
                ),
            ]
        }
    )
    counts = report.totals
    assert (counts.read, counts.accepted, counts.duplicates, counts.quarantined) == (7, 6, 1, 0)
    assert counts.corrections == 4
    lab.build(*FACTS)
    assert lab.rows(
        "select transaction_month, count(*), sum(posted_amount) from gold.fact_transactions"
        " group by all order by all"
    ) == [
        (202401, 5, Decimal("1237.75")),
        (202402, 2, Decimal("-100.00")),
        (202403, 3, Decimal("49.90")),
        (202404, 3, Decimal("496.00")),
    ]
    assert lab.rows(
        "select customer_natural_key, closing_balance from gold.fact_account_daily_snapshot"
        " where snapshot_date = '2024-04-20' order by all"
    ) == [(1, Decimal("1318.65")), (2, Decimal("300.00")), (3, Decimal("65.00"))]
    assert lab.rows(
        "select summary_month, posted_count, net_amount, month_end_balance"
        " from gold.fact_customer_monthly_summary where customer_natural_key = 3 order by all"
    ) == [
        (202401, 0, Decimal(0), Decimal(0)),
        (202402, 0, Decimal(0), Decimal(0)),
        (202403, 1, Decimal(70), Decimal(70)),
        (202404, 1, Decimal(-5), Decimal(65)),
    ]
    assert_equals_full_refresh(lab)


def test_versions_come_late_and_orphans_are_completed(lab: Lab) -> None:
    orphan = (
        "select a.is_inferred, c.is_inferred, c.city from gold.fact_transactions as f"
        " join gold.dim_account as a using (account_key) join gold.dim_customer as c"
        " on f.customer_key = c.customer_key where transaction_id = 14"
    )
    city_by_month = (
        "select transaction_month, any_value(city) from gold.fact_transactions"
        " join gold.dim_customer using (customer_key) where transaction_month > 202312"
        " and fact_transactions.customer_natural_key = 1 group by all order by all"
    )
    lab.load(
        {
            "customers": [customer(1, "2024-03-01 00:00:00", city="Chicago")],
            "transactions": [
                transaction(14, "2024-04-21 09:00:00", "9.00", account_id=40, customer_id=4)
            ],
        }
    )
    lab.build(*FACTS)
    assert lab.rows(orphan) == [(True, True, None)]
    assert lab.rows(city_by_month) == [
        (202401, "Springfield"),
        (202402, "Springfield"),
        (202403, "Chicago"),
        (202404, "Chicago"),
    ]
    # a change dated before the one already loaded; the orphan's customer and account arrive
    lab.load(
        {
            "customers": [customer(1, "2024-02-01 00:00:00", city="Peoria"), customer(4)],
            "accounts": [account(40, 4)],
        }
    )
    lab.build(*FACTS)
    assert lab.rows(orphan) == [(False, False, "Springfield")]
    assert lab.rows(city_by_month) == [
        (202401, "Springfield"),
        (202402, "Peoria"),
        (202403, "Chicago"),
        (202404, "Chicago"),
    ]
    assert_equals_full_refresh(lab)


def test_a_code_that_comes_late_names_what_was_paid_for(lab: Lab) -> None:
    """Categories are kept in the facts, and those of old months follow the codes and merchants."""
    paid = {"mcc_code": "5411", "merchant_id": 5, "merchant_category": None}
    lab.load(
        {
            "transactions": [
                transaction(31, "2024-02-01 12:00:00", "-9.00", **paid),
                transaction(32, "2024-02-02 12:00:00", "-9.00", **paid, customer_id=3),
                transaction(33, "2024-03-02 12:00:00", "-9.00", merchant_id=5),
            ]
        }
    )
    lab.build(*FACTS)
    categories = (
        "select transaction_id, merchant_category, merchant_category_group"
        " from gold.fact_transactions where transaction_id in (31, 32, 33) order by all"
    )
    counted = (
        "select distinct_category_count from gold.fact_customer_monthly_summary"
        " where summary_month = 202402 and customer_natural_key = 3"
    )
    assert lab.rows(categories) == [(31, None, None), (32, None, None), (33, None, None)]
    assert lab.value(counted) == 0
    merchant = {"merchant_id": 5, "merchant_name": "Pump", "updated_at": "2024-01-01 00:00:00"}
    lab.load({"merchants": [merchant | {"category": "Fuel", "mcc_code": "5542"}]})
    lab.build(*FACTS)
    assert lab.affected()["fact_transactions"] == "[202402, 202403]"
    assert lab.rows(categories) == [(31, "Fuel", None), (32, "Fuel", None), (33, "Fuel", None)]
    assert lab.value(counted) == 1
    groceries = {"mcc_code": "5411", "description": "Grocery stores", "category": "Groceries"}
    petrol = {"mcc_code": "5542", "description": "Fuel dispensers", "category": "Petrol"}
    codes = [groceries | {"category_group": "Retail"}, petrol | {"category_group": "Transport"}]
    lab.load({"merchant_category_codes": codes})
    lab.build(*FACTS)
    assert lab.rows(categories) == [
        (31, "Groceries", "Retail"),
        (32, "Groceries", "Retail"),
        (33, "Fuel", "Transport"),
    ]
    assert_equals_full_refresh(lab)


def test_a_rate_that_is_corrected_reaches_balances(lab: Lab) -> None:
    """Of later days, and of movements in another currency than the account's."""
    euros = {"rate_date": "2024-02-01", "currency": "EUR", "rate_to_usd": "1.10"}
    lab.load(
        {
            "exchange_rates": [euros],
            "accounts": [account(40, 3, currency="EUR")],
            "transactions": [
                transaction(41, "2024-02-05 12:00:00", "100.00", account_id=40, currency="EUR"),
                transaction(42, "2024-03-05 12:00:00", "11.00", account_id=40),
            ],
        }
    )
    lab.build(*FACTS)
    balances = (
        "select snapshot_month, closing_balance, reporting_balance"
        " from gold.fact_account_daily_snapshot where account_natural_key = 40"
        " and snapshot_date in ('2024-01-31', '2024-02-29', '2024-03-31') order by all"
    )
    assert lab.rows(balances) == [
        (202401, Decimal("0.00"), None),  # no rate is known yet
        (202402, Decimal("100.00"), Decimal("110.00")),
        (202403, Decimal("110.00"), Decimal("121.00")),
    ]
    lab.load({"exchange_rates": [{**euros, "rate_date": "2024-03-01", "rate_to_usd": "1.00"}]})
    lab.build(*FACTS)
    assert lab.affected()["fact_account_daily_snapshot"] == "[202403, 202404]"
    assert lab.rows(balances)[1:] == [
        (202402, Decimal("100.00"), Decimal("110.00")),
        (202403, Decimal("111.00"), Decimal("111.00")),
    ]
    assert_equals_full_refresh(lab)


def test_the_order_of_two_deltas_does_not_matter(lab: Lab, shared: tuple[Lab, Path]) -> None:
    early = {
        "customers": [customer(2, "2024-02-01 00:00:00", city="Peoria")],
        "accounts": [account(20, 2, updated_at="2024-02-15 00:00:00", product_id=2)],
    }
    late = {
        "customers": [customer(2, "2024-03-01 00:00:00", city="Chicago")],
        "accounts": [account(20, 2, updated_at="2024-03-15 00:00:00", account_status="Dormant")],
    }
    for delta in (late, early):
        lab.load(delta)
        lab.build(*FACTS)
    backwards = lab.keep("backwards")
    lab.reset(shared[1], loads=1)
    for delta in (early, late):
        lab.load(delta)
    lab.build(*FACTS)
    assert lab.differences(backwards, ignoring=ARRIVAL_COLUMNS) == {}
    assert lab.rows(
        "select city, valid_from::date::varchar, valid_to::date::varchar from gold.dim_customer"
        " where customer_natural_key = 2 order by valid_from"
    ) == [
        ("Springfield", "1900-01-01", "2024-02-01"),
        ("Peoria", "2024-02-01", "2024-03-01"),
        ("Chicago", "2024-03-01", "9999-12-31"),
    ]


def test_a_version_that_changes_nothing_tracked_opens_no_interval(lab: Lab) -> None:
    lab.load({"customers": [customer(3, "2024-02-01 00:00:00", last_login_date="2024-02-01")]})
    lab.build("+dim_customer", "+current_customer")
    assert lab.rows(
        "select version_number, last_login_date::varchar from gold.dim_customer"
        " join gold.current_customer using (customer_natural_key) where customer_natural_key = 3"
    ) == [(1, "2024-02-01")]


def test_a_far_future_event_does_not_move_the_clock(lab: Lab) -> None:
    report = lab.load({"transactions": [transaction(15, "2099-01-01 00:00:00", "1.00")]})
    assert report.totals.quarantined == 1
    lab.build("+data_clock")
    assert str(lab.value("select as_of_date from silver.data_clock")) == "2024-04-20"


def test_an_empty_bank_builds_and_what_moved_leaves_gold(lab: Lab) -> None:
    """Intermediate relations were in gold once: a view, its table, and a table of somebody else."""
    lab.reset()
    with duckdb.connect(str(lab.settings.warehouse_path)) as connection:
        connection.execute(
            "create schema gold; create table gold.int_account_versions as select 1 as stale_key;"
            " create view gold.int_covered_months as from gold.int_account_versions;"
            " create table gold.int_of_an_analyst as select 1 as kept_key"
        )
    lab.build("+int_covered_months")
    before = {"gold.int_account_versions", "gold.int_covered_months", "gold.int_of_an_analyst"}
    assert before <= set(lab.relations("gold")), "the new schema is not whole yet"
    result = lab.build(command="build")
    assert not result.failed
    assert lab.value("select count(*) from gold.dim_customer") == 1  # the unknown member
    assert before & set(lab.relations("gold")) == {"gold.int_of_an_analyst"}
    assert "gold_intermediate.int_account_versions" in lab.relations()


def test_a_pinned_clock_gives_the_same_tables_from_scratch(lab: Lab) -> None:
    kept = []
    for name in ("one", "two"):
        lab.reset()
        lab.load(feeds())
        lab.build(*FACTS, as_of="2024-04-10")
        kept.append(lab.keep(name))
    assert lab.differences(kept[0]) == {}
    last_day = "select max(snapshot_date)::varchar from gold.fact_account_daily_snapshot"
    assert lab.value(last_day) == "2024-04-10"


def test_changed_variables_reach_every_row(lab: Lab) -> None:
    """Another reporting currency, and another meaning of "active"."""
    changed = {"reporting_currency": "EUR", "activity_days": 7}
    lab.load(
        {
            "exchange_rates": [
                {"rate_date": "2023-11-01", "currency": currency, "rate_to_usd": rate}
                for currency, rate in (("USD", "1.00000000"), ("EUR", "1.25000000"))
            ]
        }
    )
    active = "select count_if(is_active_customer) from gold.fact_customer_monthly_summary"
    before = lab.value(active)
    lab.build(*FACTS, **changed)
    assert lab.rows(
        "select count(*), count(reporting_amount), sum(reporting_amount)"
        " from gold.fact_transactions"
    ) == [(11, 11, Decimal("615.72"))]
    assert 0 < lab.value(active) < before
    assert_equals_full_refresh(lab, **changed)


def test_a_column_that_is_tracked_no_more_is_overwritten_in_all_versions(lab: Lab) -> None:
    """Type 1 instead of Type 2: the column stays, with its newest value."""
    scores = "select list(credit_score order by valid_from) from gold.dim_customer"
    lab.load(
        {
            "customers": [
                customer(1, "2024-03-01 00:00:00", credit_score=612),
                customer(1, "2024-03-05 00:00:00", credit_score=612, city="Peoria"),
            ]
        }
    )
    lab.build(*FACTS)
    of_one = f"{scores} where customer_natural_key = 1"
    before = lab.value(of_one)
    assert before[-2:] == [612, 612] and len(set(before)) > 1
    tracked = {
        name: [column for column in columns if column != "credit_score"]
        for name, columns in DEFAULTS["scd2_tracked_columns"].items()
    }
    lab.build(*FACTS, scd2_tracked_columns=tracked)
    after = lab.value(of_one)
    assert set(after) == {612}
    assert 1 < len(after) < len(before), "it opens no version of its own"
    assert_equals_full_refresh(lab, scd2_tracked_columns=tracked)
