"""News stays where it is: only balances and months that can change are made again."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from tests.support.lab import Lab
from tests.support.small_bank import account, customer, feeds, transaction

FACTS = ["+tag:fact"]

REPORTED = {"current_balance": "500.00", "open_date": "2022-01-01"}


def first_load() -> dict[str, list[dict[str, Any]]]:
    """Return the small bank and accounts for each kind of news, of two customers more."""
    bank = feeds()
    bank["customers"] += [customer(4), customer(5), customer(6, signup_date="2024-03-10")]
    bank["accounts"] += [
        account(40, 4, **REPORTED),
        account(41, 4, credit_limit="100.00"),
        account(42, 4),
        account(43, 4, account_status="Closed", close_date="2024-03-10"),
        account(44, 4, currency="EUR"),
        account(45, 6),
        account(46, 4),
        account(47, 5),
        account(48, 6),
        account(49, 4),
    ]
    bank["exchange_rates"] = [
        {"rate_date": day, "currency": "EUR", "rate_to_usd": rate}
        for day, rate in (("2023-11-01", "1.10"), ("2024-04-01", "1.20"))
    ]
    bank["transactions"] += [
        transaction(50, "2024-02-03 10:00:00", "10.00", account_id=41, customer_id=4),
        transaction(
            51, "2024-02-03 10:00:00", "10.00", account_id=44, customer_id=4, currency="EUR"
        ),
        transaction(52, "2024-03-05 10:00:00", "-4.00", account_id=45, customer_id=6),
        transaction(53, "2024-02-05 10:00:00", "8.00", account_id=46, customer_id=4),
    ]
    return bank


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Lab, Path]:
    """Return a lab and a warehouse file with the first full load built."""
    lab = Lab(tmp_path_factory.mktemp("news"))
    lab.load(first_load())
    lab.build(*FACTS)
    return lab, lab.keep("first")


@pytest.fixture
def lab(shared: tuple[Lab, Path]) -> Lab:
    """Return a lab that starts from that file."""
    lab, first = shared
    lab.reset(first, loads=1)
    return lab


def replaced(lab: Lab) -> tuple[int, int]:
    """Return how many balances the last build made and how many it took out, from the log."""
    log = (lab.settings.data_dir / "logs" / "dbt.log").read_text(encoding="utf-8")
    said = re.findall(r'"fact_account_daily_snapshot": (\d+) rows are made, (\d+) go', log)
    made, gone = said[-1]
    return int(made), int(gone)


def assert_equals_full_refresh(lab: Lab, **variables: Any) -> None:
    """Compare every relation, cell by cell, with a rebuild from bronze."""
    incremental = lab.keep("incremental")
    lab.build(*FACTS, full_refresh=True, **variables)
    assert lab.differences(incremental) == {}


def test_an_account_of_today_has_one_day_of_news(lab: Lab) -> None:
    """Its first version reaches back to 1900, and its customer is new, too."""
    opened = "2024-04-20"
    lab.load(
        {
            "customers": [customer(7, f"{opened} 08:00:00", signup_date=opened)],
            "accounts": [account(70, 7, open_date=opened, updated_at=f"{opened} 09:00:00")],
            "transactions": [
                transaction(60, f"{opened} 10:00:00", "9.00", account_id=70, customer_id=7)
            ],
        }
    )
    lab.build(*FACTS)
    assert lab.affected()["fact_account_daily_snapshot"] == "[202404]"
    assert lab.affected()["fact_customer_monthly_summary"] == "[202404]"
    assert replaced(lab) == (1, 0)
    assert_equals_full_refresh(lab)


def test_each_account_has_its_own_news(lab: Lab) -> None:
    """From the first day that differs, and no other account's."""
    today = {"updated_at": "2024-04-20 09:00:00"}
    euros = {"currency": "EUR", "rate_to_usd": "1.30"}
    lab.load(
        {
            "customers": [
                customer(5, "2024-03-20 00:00:00", city="Chicago"),
                customer(6, "2024-04-20 00:00:00", signup_date="2024-02-10"),
            ],
            "accounts": [
                account(40, 4, **REPORTED | {"current_balance": "650.00"}, **today),
                account(41, 4, credit_limit="200.00", updated_at="2024-02-20 00:00:00"),
                account(42, 4, account_status="Closed", close_date="2024-02-15", **today),
                account(43, 4, **today),  # open after all
                account(48, 2, updated_at="2024-03-25 00:00:00"),  # of another customer since
            ],
            "exchange_rates": [{"rate_date": "2024-04-10", **euros}],
            "transactions": [
                transaction(61, "2024-03-28 10:00:00", "-1.00", account_id=45, customer_id=6),
                transaction(53, "2024-02-07 10:00:00", "8.00", account_id=46, customer_id=4),
            ],
        }
    )
    lab.build(*FACTS)
    first_days = {
        40: "2023-11-30",  # it held more all the time
        41: "2024-02-20",
        43: "2024-03-11",
        44: "2024-04-10",
        45: "2024-03-28",
        46: "2024-02-05",
        47: "2024-03-20",
        48: "2024-03-25",
    }
    expected = " or ".join(
        f"(account_natural_key = {key} and snapshot_date >= '{day}')"
        for key, day in first_days.items()
    )
    made = lab.value(f"select count(*) from gold.fact_account_daily_snapshot where {expected}")
    opened, closed = 41, 65  # days after 10 March of account 43, after 15 February of account 42
    assert replaced(lab) == (made, made - opened + closed)
    kept = "select max(snapshot_date)::varchar from gold.fact_account_daily_snapshot"
    assert lab.value(f"{kept} where account_natural_key = 42") == "2024-02-15"
    assert_equals_full_refresh(lab)


def test_days_come_and_go_with_the_clock(lab: Lab) -> None:
    """Forth: the oldest days are kept no more. Back, by a correction: they are kept again."""
    open_count = "select count(*) from gold.fact_account_daily_snapshot where snapshot_date = "
    lab.load({"transactions": [transaction(62, "2024-05-10 10:00:00", "2.00")]})
    lab.build(*FACTS)
    accounts = lab.value(f"{open_count} '2024-05-10'")
    assert replaced(lab) == (20 * accounts, 19 * (accounts + 1))  # 31 January stays: a month end
    assert_equals_full_refresh(lab)
    lab.load({"transactions": [transaction(62, "2024-04-01 10:00:00", "2.00")]})
    lab.build(*FACTS)
    remade = 20  # of account 10, from the day of the movement on
    assert replaced(lab) == (19 * (accounts + 1) + remade, 20 * accounts + remade)
    assert_equals_full_refresh(lab)
