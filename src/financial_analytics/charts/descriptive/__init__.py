"""The 17 charts of category 01: what happened. The imports are the order of the report."""

# ruff: noqa: I001
from financial_analytics.charts.descriptive import (
    customers,
    geography,
    transactions,
    accounts,
    products,
    risk,
    engagement,
)

__all__ = [
    "accounts",
    "customers",
    "engagement",
    "geography",
    "products",
    "risk",
    "transactions",
]
