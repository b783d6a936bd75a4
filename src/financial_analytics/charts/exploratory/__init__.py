"""The 13 charts of category 03: what patterns exist. The imports are the order of the report."""

# ruff: noqa: I001
from financial_analytics.charts.exploratory import (
    clusters,
    times,
    products,
    spending,
    scores,
    areas,
    seasons,
    lifecycle,
)

__all__ = [
    "areas",
    "clusters",
    "lifecycle",
    "products",
    "scores",
    "seasons",
    "spending",
    "times",
]
