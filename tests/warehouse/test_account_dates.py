"""Dates of accounts that contradict each other are named; all tables count the same accounts."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.support.lab import Lab
from tests.support.small_bank import account, customer, feeds, transaction

CLOCK = "2024-06-30"
ACCOUNTS = {
    101: ({"open_date": "2022-01-01", "close_date": "2021-12-31"}, "closes before it opens"),
    102: ({"open_date": "2022-01-01", "close_date": "2024-07-15"}, "closes after the clock"),
    103: ({"open_date": "2024-08-01"}, "opens after the clock"),
    104: ({"open_date": "2024-05-01"}, "moves before it opens"),
    105: ({"open_date": "2022-01-01", "close_date": "2024-04-10"}, "moves after it closes"),
    106: ({"open_date": "2022-01-01", "account_status": "Closed"}, "closed without a date"),
    107: ({"open_date": "2022-01-01", "close_date": "2024-04-10"}, None),
    108: ({"open_date": "2022-01-01"}, None),
}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    lab = Lab(tmp_path_factory.mktemp("account-dates"))
    bank = feeds()
    moves = [
        transaction(1000 + number, day, "40.00", account_id=number, customer_id=1)
        for number in (101, 102, 104, 105, 106, 108)
        for day in ("2024-03-10 10:00:00", "2024-05-20 10:00:00")
    ]
    for index, move in enumerate(moves):
        move["transaction_id"] = 1000 + index
    lab.load(
        {
            "products": bank["products"],
            "customers": [customer(1)],
            "accounts": [account(number, 1, **dates) for number, (dates, _) in ACCOUNTS.items()],
            "transactions": [
                *moves, transaction(1, "2022-02-01 10:00:00", "5.00", account_id=108, customer_id=1)
            ],
        }
    )  # fmt: skip
    lab.build("+fact_customer_monthly_summary", "+fact_account_daily_snapshot", as_of=CLOCK)
    return lab


def test_each_contradiction_has_its_name(lab: Lab) -> None:
    found = dict(
        lab.rows("select account_natural_key, date_contradiction from gold.current_account")
    )
    assert found == {number: name for number, (_, name) in ACCOUNTS.items()}


def test_an_account_that_closes_before_it_opens_or_later_keeps_its_balance(lab: Lab) -> None:
    rows = lab.rows(
        "select account_natural_key, closing_balance from gold.fact_account_daily_snapshot"
        f" where snapshot_date = date '{CLOCK}' order by 1"
    )
    eighty = Decimal("80.00")
    assert rows == [(101, eighty), (102, eighty), (104, eighty), (106, eighty), (108, eighty + 5)]


def test_snapshot_and_summary_count_the_same_accounts(lab: Lab) -> None:
    months = lab.rows(
        "with held as (select snapshot_month as month, count(*) as held"
        "    from gold.fact_account_daily_snapshot where is_month_end group by 1)"
        " select month, held, sum(account_count) from held"
        " join gold.fact_customer_monthly_summary on month = summary_month group by 1, 2 order by 1"
    )
    # of June, after the last transaction, nobody knows what customers did
    assert months == [(202403, 7, 7), (202404, 5, 5), (202405, 5, 5)]
