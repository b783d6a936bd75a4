"""Decisions under limits: linear and integer programs, choices of many, budgets."""

from __future__ import annotations

from financial_analytics.stats.optimize.choices import NOTHING, choose
from financial_analytics.stats.optimize.concave import Allocation, Curves, allocate
from financial_analytics.stats.optimize.linear import Limit, Solution, solve

__all__ = ["NOTHING", "Allocation", "Curves", "Limit", "Solution", "allocate", "choose", "solve"]
