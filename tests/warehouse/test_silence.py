"""What a feed could not tell of is not judged: no history, or a time before its first day."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.support.lab import Lab
from tests.support.small_bank import account, customer, transaction

FIRST, LAST = date(2023, 1, 1), date(2024, 6, 30)
PRODUCT = {
    "product_id": 1, "product_name": "Checking", "category": "Deposit",
    "updated_at": "2020-01-01 00:00:00",
}  # fmt: skip
PEOPLE = range(1, 61)


def closing(number: int) -> str | None:
    """Return the day the account of a customer closes: a third of them, one each week."""
    if number % 3:
        return None
    return f"{date(2023, 9, 1) + timedelta(days=7 * (number // 3))}"


def bank(*, has_history: bool) -> dict[str, list[dict[str, Any]]]:
    """Return a bank whose open accounts are dormant by now, every second one of them.

    Without history everything is recorded on the last day, with it also on the first.
    """
    stamps = [f"{LAST} 12:00:00"]
    if has_history:
        stamps.insert(0, "2022-01-01 00:00:00")
    people = [
        customer(n, stamp, signup_date="2022-01-01", date_of_birth="1970-01-01")
        for n in PEOPLE
        for stamp in stamps[:1]
    ]
    accounts = []
    for n in PEOPLE:
        closed = closing(n)
        last = "Closed" if closed else "Dormant" if n % 2 else "Active"
        said = {"open_date": "2022-01-01"}
        if has_history:
            accounts.append(account(n, n, **said, updated_at=stamps[0]))
        accounts.append(
            account(
                n,
                n,
                **said,
                updated_at=stamps[-1],
                account_status=last,
                close_date=closed,
            )
        )
    moves = [
        transaction(1000 * n + week, f"{FIRST + timedelta(days=7 * week)} 10:00:00", "10.00",
                    account_id=n, customer_id=n)
        for n in PEOPLE
        for week in range(78)
        if FIRST + timedelta(days=7 * week) < date.fromisoformat(closing(n) or f"{LAST}")
    ]  # fmt: skip
    moves.append(transaction(999_999, f"{LAST} 09:00:00", "10.00", account_id=1, customer_id=1))
    return {"products": [PRODUCT], "customers": people, "accounts": accounts, "transactions": moves}


@pytest.mark.parametrize("has_history", [False, True])
def test_drivers_are_of_states_recorded_before(tmp_path: Path, has_history: bool) -> None:
    lab = Lab(tmp_path)
    lab.load(bank(has_history=has_history))
    lab.build("+analytics_churn_analysis")
    statuses = dict(
        lab.rows(
            "select driver, min(status) from gold.analytics_churn_analysis"
            " where customer_segment = 'All' group by driver"
        )
    )
    judged = lab.value("select count(*) from gold_intermediate.int_churn_exposure")
    if not has_history:
        assert judged == 0
        months = lab.rows(
            "select distinct month_start_date from gold_intermediate.int_churn_at_risk"
        )
        assert months == [(date(2024, 7, 1),)]  # yet to come: nobody is judged in it
        assert set(statuses.values()) == {"insufficient_data"}
        return
    assert judged > 500
    assert lab.value("select count(*) from gold_intermediate.int_churn_exposure where is_event") > 9
    dormant = lab.rows("select distinct dormant_bin from gold_intermediate.int_churn_exposure")
    assert dormant == [("No",)]  # dormant since the last extract, in no month before


def test_a_closing_that_the_feed_could_not_see_is_not_dormant(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    feeds = bank(has_history=True)
    for n, closed in ((70, "2022-06-01"), (71, "2023-02-01"), (72, "2023-05-01")):
        feeds["customers"].append(customer(n, "2022-01-01 00:00:00", signup_date="2022-01-01"))
        feeds["accounts"].append(
            account(n, n, open_date="2022-01-01", account_status="Closed", close_date=closed)
        )
    lab.load(feeds)
    lab.build("+analytics_account_closure_analysis")
    states = lab.rows(
        "select account_natural_key, prior_state from gold_intermediate.int_account_closures"
        " where account_natural_key >= 70 order by 1"
    )
    assert states == [(70, "unknown"), (71, "unknown"), (72, "dormant")]
    counted = dict(
        lab.rows(
            "select prior_state, sum(closed_count) from gold.analytics_account_closure_analysis"
            " group by 1"
        )
    )
    assert counted == {"unknown": 2, "dormant": 1, "active": 20}
