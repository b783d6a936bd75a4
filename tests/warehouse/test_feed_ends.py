"""One feed runs ahead of the others: windows end where their own feed ends, and say so."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from tests.support.lab import Lab
from tests.support.small_bank import feeds, transaction

FIRST, LAST, CLOCK = date(2024, 1, 1), date(2024, 2, 29), date(2024, 3, 7)
DAYS = [FIRST + timedelta(days=number) for number in range(60)]
MODELS = (
    *("transaction_summary", "daily_transaction_trend", "monthly_transaction_trend"),
    *("product_summary", "customer_engagement_metrics", "account_lifecycle_patterns"),
    "transaction_time_patterns",
)


def bank(ahead: dict[str, list[dict[str, object]]]) -> dict[str, list[dict[str, object]]]:
    """Return a bank with a transaction of 10.00 a day, 20.00 in the first 30, and a feed ahead."""
    moves = [
        transaction(
            100 + number, f"{day} 10:00:00", "-20.00" if number < 30 else "-10.00",
            transaction_type="Fee" if day == FIRST else "Purchase",
        )
        for number, day in enumerate(DAYS)
    ]  # fmt: skip
    return {**feeds(), "transactions": moves, **ahead}


INSTALMENT = {
    "payment_id": 1, "account_id": 10, "customer_id": 1, "scheduled_date": CLOCK,
    "actual_date": CLOCK, "scheduled_amount": "50.00", "actual_amount": "50.00",
}  # fmt: skip


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    lab = Lab(tmp_path_factory.mktemp("feed-ends"))
    lab.load(bank({"loan_payments": [INSTALMENT]}))
    lab.build(*(f"+analytics_{name}" for name in MODELS), "feed_ends", command="build")
    return lab


def test_the_clock_runs_ahead_and_the_feed_ends(lab: Lab) -> None:
    ends = lab.rows("select * from silver.feed_ends where feed_name = 'transactions'")
    assert ends == [("transactions", FIRST, LAST, LAST, 7)]
    assert lab.rows("select as_of_date, transaction_end_date from silver.data_clock") == [
        (CLOCK, LAST)
    ]
    behind = "select count(*) from silver.feed_ends where behind_days = 0"
    assert lab.value(behind) == 1
    assert lab.value("select count(*) from silver.feed_ends where end_date is null") == 6


def test_windows_of_30_days_hold_30_days(lab: Lab) -> None:
    assert lab.rows(
        "select current_30d_transaction_count, previous_30d_transaction_count,"
        " transaction_count_change_pct, volume_amount_change_pct, window_end_date, as_of_date"
        " from gold.analytics_transaction_summary"
    ) == [(30, 30, 0.0, -50.0, LAST, CLOCK)]


def test_no_series_ends_in_days_of_zero(lab: Lab) -> None:
    days = "select max(transaction_date), min(transaction_count) from {}"
    assert lab.rows(days.format("gold.analytics_daily_transaction_trend")) == [(LAST, 1)]
    months = "select max(month_start_date), bool_or(is_partial_month) from {}"
    assert lab.rows(months.format("gold.analytics_monthly_transaction_trend")) == [
        (date(2024, 2, 1), False)
    ]
    summary = "select max(summary_month) from gold.fact_customer_monthly_summary"
    assert lab.value(summary) == 202402
    engaged = (
        "select year_month, dau_count from gold.analytics_customer_engagement_metrics order by 1"
    )
    assert lab.rows(engaged) == [("2024-01", 1.0), ("2024-02", 1.0)]
    weekdays = "select distinct day_count from gold.analytics_transaction_time_patterns"
    assert {days for (days,) in lab.rows(weekdays)} == {8, 9}  # 60 days


def test_twelve_months_of_revenue_reach_back_from_the_end(lab: Lab) -> None:
    query = (
        "select fee_revenue_amount, window_end_date from gold.analytics_product_summary"
        " where product_name = 'Checking'"
    )
    assert lab.rows(query) == [(Decimal("20.00"), LAST)]
