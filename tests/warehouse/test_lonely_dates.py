"""No single row steers a figure of the bank: no impossible date, and none far from all others."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.lab import ARRIVAL_COLUMNS, Lab, Row
from tests.support.small_bank import account, feeds, transaction

ABSURD = (
    "0001-01-01 00:00:00", "1753-01-01 00:00:00", "1899-12-30 00:00:00", "1899-12-31 00:00:00",
    "1900-01-01 00:00:00", "1970-01-01 00:00:00", "9999-12-31 00:00:00",
)  # fmt: skip
"""Dates that no event has: they never reach bronze."""
LONELY = ("1985-03-02 10:00:00", "2025-11-30 10:00:00")
"""Dates that an event may have, but not in a bank whose others are of 2023 and 2024."""

BANK_WIDE = (
    "silver.data_clock",
    "silver.int_months",
    "silver.int_snapshot_days",
    "gold.analytics_monthly_transaction_trend",
)
BY_ACCOUNT = {
    "silver.int_account_opening_balances": "account_id",
    "gold.fact_account_daily_snapshot": "account_natural_key",
}
"""Relations whose rows of anybody but the stray row's own account stay as they are."""
STRAY_ACCOUNT = 999


def stray(at: str) -> Row:
    """Return a row of an account that nothing else is known of."""
    return transaction(1000, at, "-9.00", account_id=STRAY_ACCOUNT, customer_id=9)


def figures(lab: Lab) -> dict[str, list[tuple[object, ...]]]:
    """Return all rows of the bank-wide relations, and those of everybody else of the others."""
    found = {}
    for relation in (*BANK_WIDE, *BY_ACCOUNT):
        schema, table = relation.split(".")
        columns = ", ".join(
            name
            for (name,) in lab.rows(
                "select column_name from information_schema.columns"
                f" where table_schema = '{schema}' and table_name = '{table}'"
            )
            if name not in ARRIVAL_COLUMNS
        )
        key = BY_ACCOUNT.get(relation)
        others = f"where {key} <> {STRAY_ACCOUNT}" if key else ""
        found[relation] = lab.rows(f"select {columns} from {relation} {others} order by all")
    return found


@pytest.fixture(scope="module")
def labs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Lab, Path]:
    """The small bank with an account that is older than the feed, built; and its file."""
    lab = Lab(tmp_path_factory.mktemp("lonely"))
    bank = feeds()
    old = account(40, 3, open_date="2020-01-01", current_balance="500.00")
    bank["accounts"].append(old | {"updated_at": "2024-12-31 23:59:59"})
    bank["transactions"].append(
        transaction(11, "2024-03-10 10:00:00", "80.00", account_id=40, customer_id=3)
    )
    lab.load(bank)
    loaded = lab.keep("loaded")
    lab.build(*SELECTION)
    return lab, loaded


SELECTION = tuple(f"+{relation.split('.')[1]}" for relation in (*BANK_WIDE, *BY_ACCOUNT))


@pytest.mark.parametrize("at", ABSURD)
def test_an_impossible_date_is_quarantined(labs: tuple[Lab, Path], at: str) -> None:
    lab, _ = labs
    before = lab.value("select count(*) from ingestion_raw_data.transactions")
    report = lab.load({"transactions": [stray(at)]})
    assert (report.totals.accepted, report.totals.quarantined) == (0, 1)
    assert lab.value("select count(*) from ingestion_raw_data.transactions") == before


@pytest.mark.parametrize("at", LONELY)
def test_a_lonely_date_steers_nothing(labs: tuple[Lab, Path], at: str) -> None:
    lab, loaded = labs
    expected = figures(lab)
    openings = "select opening_balance from silver.int_account_opening_balances"
    assert lab.value(f"{openings} where account_id = 40") == 420
    built = lab.keep("built")
    try:
        lab.reset(loaded, loads=lab.loads)
        assert lab.load({"transactions": [stray(at)]}).totals.accepted == 1
        lab.build(*SELECTION)
        assert figures(lab) == expected
        lonely = lab.rows(
            "select scope_name, event_count from silver.int_feed_months where is_lonely order by 1"
        )
        assert lonely == [("events", 1), ("transactions", 1)]
        assert lab.value("select count(*) from gold.fact_transactions") == 13
    finally:
        lab.reset(built, loads=lab.loads)
