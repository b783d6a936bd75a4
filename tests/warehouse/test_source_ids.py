"""What ids of the source may do: neither replace a movement nor be the unknown member."""

from __future__ import annotations

from decimal import Decimal

import duckdb
import pytest
from tests.support.lab import Lab
from tests.support.small_bank import feeds, transaction

UNKNOWN = -1


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """The small bank, ids that came back for other things, and what an old loader let in."""
    lab = Lab(tmp_path_factory.mktemp("ids"))
    lab.load(feeds())
    counts = lab.load(
        {
            "transactions": [
                transaction(1, "2024-01-05 10:00:00", "-7.00", account_id=20, customer_id=2),
                transaction(2, "2024-01-21 10:00:00", "-50.75"),  # a correction
                transaction(50, "2024-04-01 10:00:00", "-1.00", account_id=20, customer_id=2),
                transaction(50, "2024-04-01 10:00:00", "-2.00", account_id=30, customer_id=3),
                transaction(51, "2024-04-01 10:00:00", "-3.00"),
            ]
        }
    ).totals
    assert (counts.accepted, counts.quarantined, counts.corrections) == (2, 3, 1)
    with duckdb.connect(str(lab.settings.warehouse_path)) as connection:
        arrival = "_batch_id, _loaded_at, _source_file, _source_row"
        stamp = "select max(_batch_id), max(_loaded_at), 'old', 900 from ingestion_raw_data"
        connection.execute(
            "insert into ingestion_raw_data.merchants (merchant_id, merchant_name, updated_at, "
            f"{arrival}) select -1, 'No merchant', '2024-01-01', * from ({stamp}.transactions)"
        )
        connection.execute(
            "insert into ingestion_raw_data.customers (customer_id, signup_date, is_active, "
            f"updated_at, {arrival}) select -1, '2020-01-01', true, '2024-01-01', * "
            f"from ({stamp}.transactions)"
        )
        for key, merchant in ((-1, 1), (60, -1)):
            connection.execute(
                "insert into ingestion_raw_data.transactions by name "
                f"select * replace ({key} as transaction_id, {merchant} as merchant_id, "
                "900 as _source_row) from ingestion_raw_data.transactions "
                "where transaction_id = 51"
            )
    lab.build("+dim_merchant", "+dim_customer", "+fact_transactions")
    return lab


def test_silver_holds_what_was_first_under_an_id(lab: Lab) -> None:
    assert lab.rows(
        "select transaction_id, account_id, transaction_amount from silver.stg_transactions"
        " where transaction_id in (1, 2, 50, 51) order by 1"
    ) == [
        (1, 10, Decimal("1000.00")), (2, 10, Decimal("-50.75")), (51, 10, Decimal("-3.00")),
    ]  # fmt: skip


def test_the_unknown_member_of_an_older_load_is_none(lab: Lab) -> None:
    """A key of -1 is left out, a reference to -1 is NULL; each fact stands once."""
    assert lab.rows(
        "select transaction_id, merchant_id from silver.stg_transactions"
        " where transaction_id in (-1, 60)"
    ) == [(60, None)]
    for dimension in ("customer", "merchant"):
        assert lab.rows(
            f"select {dimension}_key from gold.dim_{dimension} where {dimension}_natural_key = -1"
        ) == [(UNKNOWN,)]
    assert lab.rows(
        "select count(*), count(distinct transaction_id), sum(posted_amount)"
        " filter (where transaction_id = 60) from gold.fact_transactions"
    ) == [(13, 13, Decimal("-3.00"))]
    assert lab.rows(
        "select merchants.merchant_natural_key from gold.fact_transactions as facts"
        " join gold.dim_merchant as merchants on facts.merchant_key = merchants.merchant_key"
        " where facts.transaction_id = 60"
    ) == [(-1,)]


def test_the_vault_leaves_the_unknown_member_out(lab: Lab) -> None:
    lab.build("vault_customers")
    assert (
        lab.value("select count(*) from silver_vault.vault_customers where customer_id = -1") == 0
    )
