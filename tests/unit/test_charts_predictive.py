"""Headlines of category 05: what they state holds together."""

from __future__ import annotations

import re

import pytest
from tests.support.frames import frame_of

from financial_analytics.charts.registry import get_chart
from financial_analytics.models.predictive.features import Feature

MONEY = re.compile(r"USD\s([\d.,]+)(?:\s(k|M))?")
UNITS = {"k": 1e3, "M": 1e6, "": 1.0}


@pytest.mark.parametrize("ends", [(0.96, 0.98), (0.99, 1.05), (1.02, 1.04)])
def test_a_total_lies_within_its_bounds(ends: tuple[float, float]) -> None:
    """Whether the last known year was predicted too low, about right, or too high."""
    entry = get_chart("predictive.value_by_segment")
    frame = frame_of(entry.model)
    frame["total_ratio_index_lower"], frame["total_ratio_index_upper"] = ends
    finding = entry.draw(frame).layout.meta["finding"]
    said = [float(number.replace(",", "")) * UNITS[unit] for number, unit in MONEY.findall(finding)]
    total, lower, upper = said[:3]
    assert lower <= total <= upper
    assert lower < upper


def test_the_largest_loss_is_not_called_most_of_it() -> None:
    finding = get_chart("predictive.default_risk_matrix").draw(
        frame_of("analytics_loan_default_prediction")
    ).layout.meta["finding"]  # fmt: skip
    assert "the largest part of the expected loss" in finding
    assert "USD" not in finding  # no total without bounds


def test_days_are_said_without_thousandths() -> None:
    assert Feature("a", "number", "Gap", "days").said(20 / 3) == "6.7 days"
    assert Feature("a", "number", "Score", "points").said(20 / 3) == "6.667 points"
