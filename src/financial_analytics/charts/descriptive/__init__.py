"""The 17 charts of category 01: what happened. The imports are the order of the report."""

# ruff: noqa: I001
from financial_analytics.charts.descriptive import (
    customers,
    geography,
    transactions,
    trends,
    accounts,
    balances,
    products,
    risk,
    engagement,
)

__all__ = [
    "accounts",
    "balances",
    "customers",
    "engagement",
    "geography",
    "products",
    "risk",
    "transactions",
    "trends",
]
