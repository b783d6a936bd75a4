"""Accounts known from statements only: their balances are the statements', on every day."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from tests.support.lab import Lab

FILES = Path(__file__).parents[1] / "statements" / "files"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    lab = Lab(tmp_path_factory.mktemp("statements"))
    lab.load(FILES / "camt053.xml", connector="camt")
    lab.load(FILES / "mt940.sta", connector="mt940")  # known from another day on
    lab.build("+current_account", "+fact_account_daily_snapshot", as_of="2024-02-29")
    return lab


def test_opening_and_closing_balances_are_those_of_the_statements(lab: Lab) -> None:
    rows = lab.rows(
        "select balance_status, opening_balance, reported_balance, rebuilt_balance,"
        " date_contradiction from gold.current_account order by opening_balance, reported_balance"
    )
    assert rows == [
        ("anchored", Decimal("-250.00"), Decimal("-50.00"), Decimal("-50.00"), None),
        ("anchored", Decimal("1000.00"), Decimal("1123.00"), Decimal("1123.00"), None),
        ("anchored", Decimal("1000.00"), Decimal("1347.50"), Decimal("1347.50"), None),
    ]


def test_days_between_have_their_balance(lab: Lab) -> None:
    rows = lab.rows(
        "select closing_balance from gold.fact_account_daily_snapshot"
        " where snapshot_date = date '2024-01-05' and closing_balance > 0 order by 1"
    )
    assert rows == [(Decimal("901.00"),), (Decimal("1123.00"),)]
