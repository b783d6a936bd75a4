"""The hour of a transaction: its time, hour_of_day beside a bare date, or unknown."""

from __future__ import annotations

import pytest
from tests.support.lab import Lab
from tests.support.small_bank import feeds, transaction

ROWS = [
    transaction(101, "2024-03-04 09:30:00", "-10.00", hour_of_day=None, is_fraud="false"),
    transaction(102, "2024-03-04", "-10.00", hour_of_day=21, is_fraud="true"),
    transaction(103, "2024-03-04", "-10.00", hour_of_day=0, is_fraud="false"),
    transaction(104, "2024-03-04", "-10.00", hour_of_day=None, is_fraud="false"),
    # the time of the transaction is worth more than a second opinion of it
    transaction(105, "2024-03-04 07:00:00", "-10.00", hour_of_day=8, is_fraud="false"),
    transaction(
        106, "2024-03-04", "-10.00", account_id=20, customer_id=2, hour_of_day=None, channel="ATM"
    ),
]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    lab = Lab(tmp_path_factory.mktemp("hours"))
    lab.load({**feeds(), "transactions": ROWS})
    lab.build(
        "+int_customer_habits", "+analytics_transaction_time_patterns",
        "+analytics_fraud_pattern_analysis", command="build",
    )  # fmt: skip
    return lab


def test_the_hour_is_decided_once(lab: Lab) -> None:
    query = "select transaction_id, hour_number from gold.fact_transactions order by 1"
    assert lab.rows(query) == [(101, 9), (102, 21), (103, 0), (104, None), (105, 7), (106, None)]


def test_every_model_knows_the_same_hours(lab: Lab) -> None:
    cells = lab.rows(
        "select channel, hour_number, transaction_count, status = 'no_time_of_day'"
        " from gold.analytics_transaction_time_patterns where transaction_count > 0 order by 1, 2"
    )
    assert cells == [
        ("ATM", -1, 1, True),
        ("Online", -1, 1, True),
        *(("Online", hour, 1, False) for hour in (0, 7, 9, 21)),
    ]
    bands = lab.rows(
        "select hour_band, sum(transaction_count), sum(fraud_count)"
        " from gold.analytics_fraud_pattern_analysis group by hour_band order by 1"
    )
    assert bands == [
        ("00-03", 1, 0), ("06-09", 1, 0), ("09-12", 1, 0), ("21-24", 1, 1), ("Unknown", 2, 0),
    ]  # fmt: skip
    habits = lab.rows(
        "select customer_natural_key, purchase_count, morning_rate, evening_rate"
        " from gold_intermediate.int_customer_habits order by 1"
    )
    assert habits == [(1, 4, pytest.approx(2 / 3), 0.0), (2, 1, None, None)]
