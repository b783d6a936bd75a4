"""Are the models right: held against what is planted in synthetic banks."""

from __future__ import annotations

from financial_analytics.validate.mechanisms import MECHANISMS, Mechanism
from financial_analytics.validate.truth import Found, recover, summary

__all__ = ["MECHANISMS", "Found", "Mechanism", "recover", "summary"]
