"""A bank in which every check of data quality has something to check, clean or with each fault."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from tests.support.small_bank import account, customer, transaction

Row = dict[str, Any]
Feeds = dict[str, list[Row]]

FIRST_DAY = date(2024, 1, 1)
LAST_DAY = date(2024, 3, 1)
DAYS = [FIRST_DAY + timedelta(days=n) for n in range((LAST_DAY - FIRST_DAY).days + 1)]


def clean() -> Feeds:
    """Return the bank without a fault: something happens every day, until the last."""
    return {
        "products": [
            {"product_id": 1, "product_name": "Checking", "category": "Deposit"},
            {"product_id": 3, "product_name": "Loan", "category": "Loan"},
        ],
        "customers": [customer(1), customer(2)],
        "accounts": [
            account(10, 1, current_balance=f"{10 * len(DAYS)}.00"),
            account(20, 2),
            account(30, 2, product_id=3, current_balance="-200.00"),
        ],
        "merchants": [{"merchant_id": 5, "merchant_name": "Grocer"}],
        "transactions": [
            transaction(1000 + n, f"{day} 10:00:00", "10.00", merchant_id=5)
            for n, day in enumerate(DAYS)
        ]
        + [transaction(900, "2024-01-05 10:00:00", "-200.00", account_id=30, customer_id=2)],
        "customer_interactions": [
            {"interaction_id": 1 + n, "customer_id": 1, "interaction_date": f"{day} 09:00:00"}
            for n, day in enumerate(DAYS)
        ],
        "loan_payments": [
            {
                "payment_id": 1, "account_id": 20, "customer_id": 2,
                "scheduled_date": "2024-02-01", "scheduled_amount": "50.00",
                "actual_date": "2024-02-01", "actual_amount": "50.00",
            },
        ],
        "customer_segments_history": [
            {
                "segment_history_id": n, "customer_id": n, "effective_date": "2024-01-01",
                "customer_segment": "Mass Market",
            }
            for n in (1, 2)
        ],
        "marketing_campaigns": [
            {
                "campaign_id": 7, "start_date": "2024-01-01", "impressions": 9, "clicks": 4,
                "conversions": 2,
            },
        ],
        "campaign_touches": [
            {
                "touch_id": 1, "campaign_id": 7, "customer_id": 1, "is_holdout": "false",
                "touch_date": "2024-02-01 08:00:00", "is_converted": "true",
                "conversion_date": "2024-02-02 08:00:00",
            },
        ],
        "credit_applications": [
            {
                "application_id": 1, "customer_id": 1, "product_id": 1, "decision": "Approved",
                "application_date": "2024-02-01", "decision_date": "2024-02-03",
            },
        ],
        "fraud_alerts": [
            {
                "alert_id": 1, "transaction_id": 1000, "alert_date": "2024-01-02 08:00:00",
                "resolution_date": "2024-01-05 08:00:00", "investigation_status": "confirmed",
            },
        ],
        "regulatory_reports": [
            {
                "report_id": 1, "report_type_code": "CTR",
                "report_period_start": "2024-01-01", "report_period_end": "2024-01-31",
                "filing_date": "2024-02-05", "due_date": "2024-02-10",
            },
        ],
    }  # fmt: skip


def _change(table: str, **values: Any) -> Callable[[Feeds], None]:
    def plant(feeds: Feeds) -> None:
        feeds[table][0] |= values

    return plant


def _add(table: str, row: Row) -> Callable[[Feeds], None]:
    def plant(feeds: Feeds) -> None:
        feeds[table].append(row)

    return plant


def _cut(table: str, rows: int) -> Callable[[Feeds], None]:
    def plant(feeds: Feeds) -> None:
        del feeds[table][-rows:]

    return plant


Fault = tuple[Callable[[Feeds], None], tuple[Any, ...]]

# What is planted, and what says it: check, feed, reason, severity, rows, of how many, examples.
FAULTS: dict[str, Fault] = {
    "a word for an amount": (
        _add("transactions", transaction(2000, "2024-02-01 10:00:00", "10,x")),
        ("rows_in_quarantine", "transactions", "set aside for amount (number)", "error",
         1, 65, "batch 6 row 63"),
    ),
    "a feed that ends early": (
        _cut("customer_interactions", 9),
        ("feed_is_fresh", "customer_interactions", "behind the clock", "warning", 1, 1, None),
    ),
    "an account that no feed delivers": (
        _add("transactions", transaction(2001, "2024-02-01 10:00:00", "1.00", account_id=77)),
        ("unknown_accounts", "accounts", "mentioned, never delivered", "warning", 1, 6, "77"),
    ),
    "a customer that no feed delivers": (
        _add("customer_interactions", {
            "interaction_id": 900, "customer_id": 66, "interaction_date": "2024-02-01 09:00:00",
        }),
        ("unknown_customers", "customers", "mentioned, never delivered", "warning", 1, 3, "66"),
    ),
    "a product that no feed delivers": (
        _change("credit_applications", product_id=99),
        ("unknown_products", "products", "mentioned, never delivered", "warning", 1, 3, "99"),
    ),
    "a merchant that no feed delivers": (
        _change("transactions", merchant_id=55),
        ("unknown_merchants", "merchants", "mentioned, never delivered", "warning", 1, 2, "55"),
    ),
    "a campaign that no feed delivers": (
        _add("campaign_touches", {
            "touch_id": 2, "campaign_id": 70, "customer_id": 1, "is_holdout": "false",
            "touch_date": "2024-02-01 08:00:00",
        }),
        ("unknown_marketing_campaigns", "marketing_campaigns", "mentioned, never delivered",
         "warning", 1, 2, "70"),
    ),
    "an account that closes before it opens": (
        _change("accounts", close_date="2023-12-01"),
        ("account_dates", "accounts", "closes before it opens", "warning", 1, 5, "10"),
    ),
    "a balance that the movements do not lead to": (
        _change("accounts", current_balance="609.00"),
        ("reported_balances", "accounts", "reported balance is not the rebuilt one", "error",
         1, 4, "10"),
    ),
    "a loan without movements": (
        _add("accounts", account(31, 2, product_id=3, current_balance="-900.00")),
        ("rebuilt_balances", "accounts", "no movements to rebuild it from", "warning", 1, 4, "31"),
    ),
    "a balance of nobody knows which day": (
        _add("accounts", account(32, 1, open_date="2020-01-01", current_balance="500.00")),
        ("balance_days", "accounts", "as of the load, later than all events", "info",
         1, 4, "32"),
    ),
    "money without a date": (
        _change("loan_payments", actual_date=None),
        ("loan_payments", "loan_payments", "paid without a date", "warning", 1, 2, "1"),
    ),
    "an instalment paid in part": (
        _add("loan_payments", {
            "payment_id": 2, "account_id": 20, "customer_id": 2, "scheduled_date": "2024-02-15",
            "scheduled_amount": "50.00", "actual_date": "2024-02-15", "actual_amount": "20.00",
        }),
        ("instalments", "loan_payments", "paid in part", "info", 1, 2, "2"),
    ),
    "a segment that its history does not know": (
        _change("customer_segments_history", customer_segment="Affluent"),
        ("segments", "customer_segments_history", "not the newest of its history", "warning",
         1, 2, "1"),
    ),
    "more conversions than clicks": (
        _change("marketing_campaigns", conversions=5),
        ("campaign_counts", "marketing_campaigns", "more conversions than clicks", "warning",
         1, 1, "7"),
    ),
    "a conversion before its touch": (
        _change("campaign_touches", conversion_date="2024-01-20 08:00:00"),
        ("touches", "campaign_touches", "converted before the touch", "warning", 1, 2, "1"),
    ),
    "a decision before its application": (
        _change("credit_applications", decision_date="2024-01-20"),
        ("applications", "credit_applications", "decided before it was made", "warning", 1, 1, "1"),
    ),
    "an alert that is resolved before it is raised": (
        _change("fraud_alerts", resolution_date="2024-01-01 08:00:00"),
        ("alerts", "fraud_alerts", "resolved before it was raised", "warning", 1, 1, "1"),
    ),
    "a period that ends before it starts": (
        _change("regulatory_reports", report_period_end="2023-12-31"),
        ("regulatory_periods", "regulatory_reports", "period ends before it starts", "warning",
         1, 1, "1"),
    ),
    "a currency without a rate": (
        _add("transactions", transaction(2002, "2024-02-01 10:00:00", "1.00", currency="EUR")),
        ("prices", "exchange_rates", "no rate for its currency", "error", 1, 64, "2002"),
    ),
}  # fmt: skip


def faulty() -> Feeds:
    """Return the bank with every fault."""
    feeds = clean()
    for plant, _ in FAULTS.values():
        plant(feeds)
    return feeds
