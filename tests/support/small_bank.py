"""A bank of three customers, small enough to know every number of."""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]


def customer(customer_id: int, updated_at: str = "2024-01-01 00:00:00", **changes: Any) -> Row:
    """Return one version of a customer."""
    return {
        "customer_id": customer_id,
        "first_name": f"Name{customer_id}",
        "last_name": f"Family{customer_id}",
        "email": f"c{customer_id}@example.com",
        "date_of_birth": f"19{70 + customer_id}-05-05",
        "city": "Springfield",
        "state": "IL",
        "zip_code": "62701",
        "country": "US",
        "signup_date": "2024-01-01",
        "credit_score": 700,
        "customer_segment": "Mass Market",
        "is_active": "true",
        "updated_at": updated_at,
    } | changes


def account(account_id: int, customer_id: int, **changes: Any) -> Row:
    """Return one version of an account."""
    return {
        "account_id": account_id,
        "customer_id": customer_id,
        "product_id": 1,
        "account_status": "Active",
        "open_date": "2024-01-01",
        "currency": "USD",
        "updated_at": "2024-01-01 00:00:00",
    } | changes


def transaction(transaction_id: int, at: str, amount: str, **changes: Any) -> Row:
    """Return one transaction, on account 10 of customer 1 unless said otherwise."""
    return {
        "transaction_id": transaction_id,
        "account_id": 10,
        "customer_id": 1,
        "transaction_date": at,
        "transaction_type": "Deposit" if not amount.startswith("-") else "Purchase",
        "amount": amount,
        "currency": "USD",
        "channel": "Online",
        "decline_reason": None,
    } | changes


def feeds() -> dict[str, list[Row]]:
    """Return the first full load: three customers, three accounts, eleven transactions."""
    return {
        "products": [
            {
                "product_id": 1,
                "product_name": "Checking",
                "category": "Deposit",
                "updated_at": "2024-01-01 00:00:00",
            },
            {
                "product_id": 2,
                "product_name": "Savings",
                "category": "Deposit",
                "updated_at": "2024-01-01 00:00:00",
            },
        ],
        "customers": [customer(1), customer(2), customer(3)],
        "accounts": [account(10, 1), account(20, 2), account(30, 3)],
        "transactions": [
            transaction(99, "2023-11-30 10:00:00", "5.00"),
            transaction(1, "2024-01-05 10:00:00", "1000.00"),
            transaction(2, "2024-01-20 23:30:00", "-50.25"),
            transaction(3, "2024-02-10 08:00:00", "-100.00"),
            transaction(4, "2024-02-11 09:00:00", "-900.00", decline_reason="Insufficient Funds"),
            transaction(5, "2024-03-15 12:00:00", "-20.10"),
            transaction(6, "2024-04-02 12:00:00", "500.00"),
            transaction(7, "2024-01-07 10:00:00", "300.00", account_id=20, customer_id=2),
            transaction(8, "2024-03-09 10:00:00", "-30.00", account_id=20, customer_id=2),
            transaction(9, "2024-02-01 10:00:00", "70.00", account_id=30, customer_id=3),
            transaction(10, "2024-04-20 10:00:00", "-5.00", account_id=30, customer_id=3),
        ],
    }
