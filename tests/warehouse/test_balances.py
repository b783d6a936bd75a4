"""Reported and rebuilt balances stand side by side, and no interest is computed on refuted ones."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import duckdb
import pytest
from tests.support.lab import Lab
from tests.support.small_bank import account, customer, transaction

CLOCK = "2024-06-30"
PRODUCTS = {1: "Deposit", 2: "Credit", 3: "Loan", 4: "Loan"}
# account: product, opened, reported; what is expected: shown at the clock, difference, status
ACCOUNTS = {
    101: (1, "2024-02-01", "80.00", "80.00", "0.00", "reconciled"),
    102: (2, "2024-02-01", "-500.00", "-120.00", "380.00", "differs"),
    103: (3, "2024-02-01", "-900.00", "-900.00", None, "not_rebuilt"),
    104: (4, "2024-02-01", "-700.00", "-700.00", "0.00", "reconciled"),
    105: (1, "2020-01-01", "500.00", "500.00", "0.00", "anchored"),
    106: (1, "2024-02-01", None, "10.00", None, "not_reported"),
}
MOVEMENTS = [
    (101, "Deposit", "80.00"),
    (102, "Purchase", "-120.00"),
    (103, "Fee", "5.00"),
    (104, "Transfer", "-1000.00"),
    (104, "Payment", "300.00"),
    (105, "Deposit", "60.00"),
    (106, "Deposit", "10.00"),
]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    lab = Lab(tmp_path_factory.mktemp("balances"))
    lab.load(
        {
            "products": [
                {"product_id": number, "product_name": f"P{number}", "category": category,
                 "interest_rate": "0.12", "updated_at": "2020-01-01 00:00:00"}
                for number, category in PRODUCTS.items()
            ],
            "customers": [customer(1)],
            "accounts": [
                account(number, 1, product_id=product, open_date=opened, current_balance=reported)
                for number, (product, opened, reported, *_) in ACCOUNTS.items()
            ],
            "transactions": [
                # the feed reaches from before the openings to the clock
                transaction(1, "2024-01-05 10:00:00", "1.00"),
                transaction(2, f"{CLOCK} 10:00:00", "1.00"),
                *(
                    transaction(2000 + n, "2024-03-10 10:00:00", amount, account_id=number,
                                transaction_type=kind)
                    for n, (number, kind, amount) in enumerate(MOVEMENTS)
                ),
            ],
        }
    )  # fmt: skip
    lab.build("+analytics_product_summary", "+analytics_revenue_variance_analysis", as_of=CLOCK)
    return lab


def test_each_account_says_how_its_balances_stand(lab: Lab) -> None:
    rows = lab.rows(
        "select account_natural_key, closing_balance, difference_amount, balance_status"
        " from gold.current_account join gold.fact_account_daily_snapshot"
        f" using (account_natural_key) where snapshot_date = date '{CLOCK}' order by 1"
    )
    assert rows == [
        (number, Decimal(shown), None if difference is None else Decimal(difference), status)
        for number, (*_, shown, difference, status) in ACCOUNTS.items()
    ]


def test_the_reported_balance_has_its_date(lab: Lab) -> None:
    days = lab.rows("select distinct cast(reported_date as text) from gold.current_account")
    assert days == [("2026-01-01",)], "that of the load, for want of another"


def test_interest_is_said_where_balances_are_not_refuted_and_else_that_it_is_not(lab: Lab) -> None:
    """P4 owes 700.00 at four month ends, at a percent a month."""
    rows = lab.rows(
        "select product_natural_key, interest_revenue_amount, interest_status, revenue_amount"
        " from gold.analytics_product_summary where product_natural_key > 0 order by 1"
    )
    assert rows == [
        (1, Decimal("0.00"), "ok", Decimal("0.00")),
        (2, None, "balances_refuted", None),
        (3, None, "balances_refuted", None),
        (4, Decimal("28.00"), "ok", Decimal("28.00")),
    ]


def test_a_month_whose_balances_are_refuted_has_no_interest(lab: Lab) -> None:
    rows = lab.rows(
        "select distinct product_natural_key, interest_amount, revenue_amount"
        " from gold.analytics_revenue_variance_analysis where year_month = '2024-05'"
        " and product_natural_key > 1 order by 1"
    )
    assert rows == [(2, None, None), (3, None, None), (4, Decimal("7.00"), Decimal("7.00"))]


def case(**changes: str | None) -> dict[str, list[dict[str, object]]]:
    """Return a bank whose accounts were extracted on 30 June, and its movements until December."""
    return {
        "customers": [customer(1)],
        "products": [{"product_id": 1, "product_name": "Checking", "category": "Deposit"}],
        "accounts": [
            account(101, 1, open_date="2020-01-01", current_balance="500.00",
                    updated_at="2024-06-30 23:59:59", **changes)
        ],
        "transactions": [
            transaction(1, "2024-03-10 10:00:00", "80.00", account_id=101),
            transaction(2, "2024-09-10 10:00:00", "100.00", account_id=101),
            transaction(3, "2024-12-31 10:00:00", "-1.00", account_id=101, transaction_type="Fee"),
        ],
    }  # fmt: skip


@pytest.fixture(scope="module")
def dated(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return Lab(tmp_path_factory.mktemp("dated"))


EXTRACTED = datetime(2024, 6, 30, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("balance_date", "extracted_at", "june", "december"),
    [
        (None, None, "401.00", "500.00"),  # nobody says: as of the load
        (None, EXTRACTED, "500.00", "599.00"),
        ("2024-06-30", None, "500.00", "599.00"),
        ("2024-09-10", EXTRACTED, "400.00", "499.00"),  # its own day comes first
    ],
)
def test_a_balance_is_of_its_day(
    dated: Lab,
    balance_date: str | None,
    extracted_at: datetime | None,
    june: str,
    december: str,
) -> None:
    dated.reset()
    dated.load(case(balance_date=balance_date), extracted_at=extracted_at)
    dated.build("+fact_account_daily_snapshot")
    found = dict(
        dated.rows(
            "select cast(snapshot_date as text), closing_balance"
            " from gold.fact_account_daily_snapshot"
            " where snapshot_date in (date '2024-06-30', date '2024-12-31')"
        )
    )
    assert found == {"2024-06-30": Decimal(june), "2024-12-31": Decimal(december)}


@pytest.mark.parametrize("first", ["build", "load"])
def test_a_warehouse_from_before_balance_dates_gets_their_column(dated: Lab, first: str) -> None:
    dated.reset()
    dated.load(case())
    with duckdb.connect(str(dated.settings.warehouse_path)) as connection:
        connection.execute("alter table ingestion_raw_data.accounts drop column balance_date")
        connection.execute("drop table ingestion_raw_data._extracts")
    if first == "load":
        dated.load({"accounts": case(balance_date="2024-06-30")["accounts"]})
    dated.build("+fact_account_daily_snapshot")
    (balance,) = dated.rows(
        "select closing_balance from gold.fact_account_daily_snapshot"
        " where snapshot_date = date '2024-12-31'"
    )
    assert balance == (Decimal("500.00" if first == "build" else "599.00"),)
