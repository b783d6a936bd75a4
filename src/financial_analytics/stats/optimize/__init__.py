"""Decisions under limits: linear and integer programs, and budgets over concave returns."""

from __future__ import annotations

from financial_analytics.stats.optimize.concave import Allocation, Curves, allocate
from financial_analytics.stats.optimize.linear import Limit, Solution, solve

__all__ = ["Allocation", "Curves", "Limit", "Solution", "allocate", "solve"]
