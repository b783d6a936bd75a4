"""An instalment is past due until its amount is paid; what is paid counts, dated or not."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from tests.support.lab import Lab
from tests.support.small_bank import account, customer, feeds

SELECTION = ("+analytics_loan_payment_summary", "+fact_loan_payments")
CLOCK = "2024-12-01"


def instalment(number: int, due: str, paid_on: str | None, paid: str | None) -> dict[str, object]:
    return {
        "payment_id": number, "account_id": 900, "customer_id": 1, "scheduled_date": due,
        "actual_date": paid_on, "scheduled_amount": "100.00", "actual_amount": paid,
        "outstanding_balance": "9000.00",
    }  # fmt: skip


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    lab = Lab(tmp_path_factory.mktemp("part-payments"))
    bank = feeds()
    lab.load(
        bank
        | {
            "customers": [customer(1)],
            "accounts": [account(900, 1)],
            "loan_payments": [
                instalment(1, "2024-02-01", "2024-02-01", "1.00"),
                instalment(2, "2024-03-01", "2024-03-01", "1.00"),
                instalment(3, "2024-04-01", "2024-04-01", "0.00"),
                instalment(4, "2024-05-01", None, "100.00"),
                instalment(5, "2024-06-01", "2024-06-01", None),
                instalment(6, "2024-07-01", "2024-07-11", "99.99"),
                instalment(7, CLOCK, CLOCK, "100.00"),
            ],
        }
    )
    lab.build(*SELECTION, as_of=CLOCK)
    return lab


def test_days_past_due_run_to_the_clock_until_the_amount_is_paid(lab: Lab) -> None:
    rows = lab.rows(
        "select payment_id, late_days, is_missed, delinquency_bucket, payment_contradiction"
        " from gold.fact_loan_payments order by payment_id"
    )
    assert rows == [
        (1, 304, True, "90+", None),
        (2, 275, True, "90+", None),
        (3, 244, True, "90+", "a date without a payment"),
        (4, 0, False, "current", "paid without a date"),
        (5, 183, True, "90+", "a date without a payment"),
        (6, 10, False, "1-29", None),
        (7, 0, False, "current", None),
    ]


def test_all_that_is_paid_is_in_the_summary(lab: Lab) -> None:
    fact = lab.value("select sum(paid_amount) from gold.fact_loan_payments")
    assert fact == Decimal("301.99")
    ((paid, on_time, late, missed),) = lab.rows(
        "select sum(paid_amount), sum(on_time_amount), sum(late_amount), sum(missed_amount)"
        " from gold.analytics_loan_payment_summary"
    )
    assert (paid, on_time, late) == (fact, Decimal("202.00"), Decimal("99.99"))
    assert missed == Decimal("398.00")  # 99 + 99 + 100 + 100
    ((days, unpaid),) = lab.rows(
        "select past_due_days, unpaid_count from gold_intermediate.int_loan_month"
        f" where last_known_date = date '{CLOCK}'"
    )
    assert (days, unpaid) == (304, 4)


def test_another_tolerance_reaches_rows_that_were_built(lab: Lab) -> None:
    lab.build(*SELECTION, as_of=CLOCK, instalment_tolerance_amount=99)
    rows = lab.rows(
        "select payment_id, settled_date from gold.fact_loan_payments order by payment_id"
    )
    assert rows[0] == (1, date(2024, 2, 1))
    assert rows[2] == (3, None)  # something has to be paid
    lab.build(*SELECTION, as_of=CLOCK)
    assert lab.value("select count(settled_date) from gold.fact_loan_payments") == 3


def test_the_first_amounts_of_a_bank_whose_feed_had_dates_alone(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    paid = [instalment(1, "2024-02-01", "2024-02-05", None)]
    lab.load(feeds() | {"loan_payments": paid})
    lab.build("+fact_loan_payments", as_of=CLOCK)
    assert lab.rows("select late_days from gold.fact_loan_payments") == [(4,)]
    lab.load({"loan_payments": [instalment(2, "2024-03-01", "2024-03-01", "100.00")]})
    lab.build("+fact_loan_payments", as_of=CLOCK)
    rows = lab.rows("select payment_id, late_days from gold.fact_loan_payments order by 1")
    assert rows == [(1, 304), (2, 0)]
