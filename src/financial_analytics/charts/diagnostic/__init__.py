"""The 13 charts of category 02: why it happened. The imports are the order of the report."""

# ruff: noqa: I001
from financial_analytics.charts.diagnostic import (
    churn,
    fraud,
    defaults,
    declines,
    campaigns,
    satisfaction,
    applications,
    closures,
    revenue,
)

__all__ = [
    "applications",
    "campaigns",
    "churn",
    "closures",
    "declines",
    "defaults",
    "fraud",
    "revenue",
    "satisfaction",
]
