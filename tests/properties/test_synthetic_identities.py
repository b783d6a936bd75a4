"""Identities of the feeds over random seeds, sizes and windows."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from financial_analytics.ingest.contract import load_contract
from financial_analytics.synthetic import generate, load_config

EVENTS = {
    "customer_interactions": "interaction_date", "credit_applications": "application_date",
    "campaign_touches": "touch_date", "risk_assessments": "assessment_date",
}  # fmt: skip


def read(folder: Path, table: str) -> pd.DataFrame:
    return pq.read_table(folder / f"{table}.parquet").to_pandas()


def newest(frame: pd.DataFrame, key: str) -> pd.DataFrame:
    return frame.sort_values("updated_at").groupby(key).last()


def cents(amounts: pd.Series) -> pd.Series:
    return (amounts * 100).astype("int64")


def check_balances(accounts: pd.DataFrame, transactions: pd.DataFrame, start: dt.date) -> None:
    """Every version from the window on reports what the account brought in and what moved."""
    posted = transactions[transactions.decline_reason.isna()].sort_values("transaction_date")
    moved = posted.assign(
        moved=cents(posted.amount).groupby(posted.account_id).cumsum(), at=posted.transaction_date
    )[["account_id", "at", "moved"]]
    versions = accounts[accounts.updated_at >= pd.Timestamp(start)].sort_values("updated_at")
    versions = versions.drop_duplicates(["account_id", "updated_at"])
    known = pd.merge_asof(
        versions, moved, left_on="updated_at", right_on="at", by="account_id"
    ).fillna({"moved": 0})
    opening = cents(known.current_balance) - known.moved.astype("int64")
    first = opening.groupby(known.account_id).transform("first")
    assert (opening == first).all()
    assert (first[known.open_date >= start] == 0).all()
    assert (accounts[accounts.updated_at < pd.Timestamp(start)].current_balance == 0).all()
    last = newest(accounts, "account_id")
    assert set(last.index[last.close_date.isna()]) <= set(known.account_id)
    closed = last[last.account_status == "Closed"]
    assert (closed.current_balance == 0).all()


def check_dates(accounts: pd.DataFrame, transactions: pd.DataFrame) -> None:
    life = newest(accounts, "account_id")[["open_date", "close_date"]]
    both = transactions.join(life, on="account_id")
    day = both.transaction_date.dt.date
    assert (day >= both.open_date).all()
    closed = both[both.close_date.notna()]
    assert (closed.transaction_date.dt.date <= closed.close_date).all()


def check_references(folder: Path) -> None:
    contract = load_contract()
    for table in contract:
        rows = read(folder, table.name)
        if table.kind in ("event", "reference"):
            assert not rows.duplicated(list(table.key)).any(), table.name
        else:
            assert not rows.duplicated([*table.key, "updated_at"]).any(), table.name
        for column, target in table.references.items():
            known = read(folder, target)[contract[target].key[0]]
            assert rows[column].dropna().isin(known).all(), (table.name, column)
        for column in table.columns:
            values = rows[column.name].dropna()
            if column.required:
                assert rows[column.name].notna().all(), (table.name, column.name)
            allowed = column.values  # noqa: PD011 (a column of the contract)
            if allowed:
                assert values.isin(allowed).all(), (table.name, column.name)
            if column.minimum is not None and len(values):
                assert values.min() >= column.minimum, (table.name, column.name)
            if column.maximum is not None and len(values):
                assert values.max() <= column.maximum, (table.name, column.name)


def check_people(folder: Path) -> None:
    customers = read(folder, "customers")
    last = newest(customers, "customer_id")
    left = last.updated_at.where(~last.is_active.astype(bool))
    for table, column in EVENTS.items():
        rows = read(folder, table)
        when = pd.to_datetime(rows[column])
        assert (when.dt.date >= rows.customer_id.map(last.signup_date)).all(), table
        end = rows.customer_id.map(left)
        assert (when <= end.fillna(pd.Timestamp.max)).all(), table
    assert (pd.to_datetime(customers.last_login_date) <= customers.updated_at).all()


def check_loans(folder: Path) -> None:
    payments = read(folder, "loan_payments").sort_values(["account_id", "scheduled_date"])
    paid = payments[payments.actual_date.notna()]
    assert (paid.actual_date >= paid.scheduled_date).all()
    assert (
        paid.days_late
        == (pd.to_datetime(paid.actual_date) - pd.to_datetime(paid.scheduled_date)).dt.days
    ).all()
    for _, loan in payments.groupby("account_id"):
        # instalments but the last are one amount; what is owed never grows
        assert len(set(loan.scheduled_amount.iloc[:-1])) <= 1
        assert loan.outstanding_balance.is_monotonic_decreasing


def check_alerts(folder: Path, transactions: pd.DataFrame) -> None:
    alerts = read(folder, "fraud_alerts")
    when = transactions.set_index("transaction_id").transaction_date
    assert (alerts.alert_date > alerts.transaction_id.map(when)).all()
    assert (alerts.updated_at >= alerts.alert_date).all()


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    customers=st.integers(1, 260),
    each=st.integers(0, 120),
    days=st.integers(1, 1300),
    seed=st.integers(0, 2**32),
    campaigns=st.sampled_from([0, 1, 48]),
    start=st.dates(dt.date(2016, 1, 1), dt.date(2027, 1, 1)),
)
@example(customers=1, each=0, days=1, seed=0, campaigns=0, start=dt.date(2024, 2, 29))
@example(customers=501, each=60, days=1096, seed=7, campaigns=48, start=dt.date(2023, 1, 1))
def test_identities__hold_for_any_bank(
    customers: int, each: int, days: int, seed: int, campaigns: int, start: dt.date
) -> None:
    config = load_config(
        overrides=[f"campaigns.count={campaigns}", "fraud.share=0.01", "loans.default_rate=0.01"],
        customers=customers, transactions=customers * each, seed=seed,
        start=start, end=start + dt.timedelta(days=days - 1),
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as name:
        generate(config, Path(name))
        folder = Path(name) / "full"
        accounts, transactions = read(folder, "accounts"), read(folder, "transactions")
        check_balances(accounts, transactions, start)
        check_dates(accounts, transactions)
        check_references(folder)
        check_people(folder)
        check_loans(folder)
        check_alerts(folder, transactions)


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32), deltas=st.integers(1, 40))
def test_identities__full_load_and_deltas_end_in_the_same_state(seed: int, deltas: int) -> None:
    """Latest arrival wins for events; entities are ordered by their own version time."""
    sizes = {"customers": 120, "transactions": 8000, "seed": seed}
    overrides = ["history.late_share=0.2", "history.corrected_share=0.1", "fraud.share=0.02"]
    with tempfile.TemporaryDirectory() as name:
        whole = generate(load_config(overrides=overrides, **sizes), Path(name) / "whole")
        parts = generate(
            load_config(overrides=overrides, deltas=deltas, **sizes), Path(name) / "parts"
        )
        for table in load_contract():
            if table.kind != "event":
                continue
            once = read(whole.batches[0], table.name)
            arrivals = [
                read(folder, table.name)
                for folder in parts.batches
                if (folder / f"{table.name}.parquet").exists()
            ]
            key = list(table.key)
            last = (
                pd.concat(arrivals)
                .drop_duplicates(key, keep="last")
                .sort_values(key)
                .reset_index(drop=True)
            )
            once = once.sort_values(key).reset_index(drop=True)
            pd.testing.assert_frame_equal(last, once, check_dtype=False)
        folders = [folder for folder in parts.batches if (folder / "accounts.parquet").exists()]
        accounts = pd.concat([read(folder, "accounts") for folder in folders])
        start = load_config(**sizes).start
        check_balances(accounts, read(whole.batches[0], "transactions"), start)
