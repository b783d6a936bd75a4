"""Deliveries that follow the Berka load, in the contract's form, for tests of history and lateness.

Everything is chosen by rule (lowest ids that qualify), nothing by chance: the same feeds give the
same deltas. Each writer puts one folder per delivery, ready for ``ingest``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import duckdb
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

Form = Literal["parquet", "csv"]
Rows = list[dict[str, Any]]

MOVED_CLIENTS = 100
CHANGED_ACCOUNTS = 50
CHANGES_FROM = date(1994, 1, 1)
"""The changes of the first delivery fall on the 60 days from here."""

EARLIER_CHANGE = datetime.fromisoformat("1993-11-15")
"""The second delivery's change: before the one that the first delivery brought."""

CURRENT_ACCOUNT_PRODUCTS = (1, 2, 3)


@dataclass(frozen=True)
class HistoryDelta:
    """Two deliveries and the versions that history must show after both, in either order.

    Attributes
    ----------
    first, second : Path
        Folders. The first: 100 clients move, 50 accounts change their statement frequency. The
        second: one of those clients and one of those accounts had changed before, too.
    client_versions : dict of int to list of (valid_from, city, state)
        Every version of each client that moved, in time order, the original first.
    account_versions : dict of int to list of (valid_from, product_id)
        The same for each account that changed.
    twice_moved_client, twice_changed_account : int
        Whose second-delivered change is dated before the first-delivered one.
    """

    first: Path
    second: Path
    client_versions: dict[int, list[tuple[datetime, str, str]]]
    account_versions: dict[int, list[tuple[datetime, int]]]
    twice_moved_client: int
    twice_changed_account: int


@dataclass(frozen=True)
class TransactionDelta:
    """One delivery of late, corrected, duplicate, same-day, moved and undone movements.

    Attributes
    ----------
    folder : Path
        Folder with the delivery.
    late_id, same_day_id : int
        New movements: one in an old month, one on the last day that is already loaded.
    corrected_id, moved_id, zeroed_id, declined_id, duplicate_id : int
        Stored movements that arrive again: with another amount, on a day of another month, with
        amount 0, as declined after all, and unchanged.
    accepted, corrections, duplicates : int
        What ingest must count (corrections are accepted rows).
    months : set of int
        Every yyyymm whose rows change; no other month may be rewritten.
    row_change : int
        Rows that silver and the fact gain.
    posted_change : dict of int to Decimal
        By yyyymm: change of the sum of posted signed amounts.
    """

    folder: Path
    late_id: int
    same_day_id: int
    corrected_id: int
    moved_id: int
    zeroed_id: int
    declined_id: int
    duplicate_id: int
    accepted: int
    corrections: int
    duplicates: int
    months: set[int]
    row_change: int
    posted_change: dict[int, Decimal]


def write_history_delta(
    feeds: Mapping[str, pa.Table], folder: Path, form: Form = "parquet"
) -> HistoryDelta:
    """Write the two deliveries of moves and frequency changes under `folder`.

    A move takes the client to the next district by id (the earlier move of the one who moved
    twice: to the one after). A frequency change goes monthly → weekly → after each transaction
    → monthly (the earlier one: two steps).
    """
    districts = _rows(feeds["branch_locations"], "true", "branch_id")
    place = {(row["city"], row["state"]): number for number, row in enumerate(districts)}
    settled = "{0} < date '1993-10-01'"
    clients = _rows(feeds["customers"], settled.format("signup_date"), "customer_id")
    accounts = _rows(
        feeds["accounts"],
        f"product_id in {CURRENT_ACCOUNT_PRODUCTS} and {settled.format('open_date')}",
        "account_id",
    )
    clients, accounts = clients[:MOVED_CLIENTS], accounts[:CHANGED_ACCOUNTS]

    def moved(client: Mapping[str, Any], steps: int, on: datetime) -> dict[str, Any]:
        number = (place[client["city"], client["state"]] + steps) % len(districts)
        there = {column: districts[number][column] for column in ("city", "state")}
        return {**client, **there, "updated_at": on}

    def changed(account: Mapping[str, Any], steps: int, on: datetime) -> dict[str, Any]:
        product = (account["product_id"] - 1 + steps) % len(CURRENT_ACCOUNT_PRODUCTS) + 1
        return {**account, "product_id": product, "updated_at": on}

    first_clients = [moved(row, 1, _change_day(n)) for n, row in enumerate(clients)]
    first_accounts = [changed(row, 1, _change_day(n)) for n, row in enumerate(accounts)]
    second_clients = [moved(clients[0], 2, EARLIER_CHANGE)]
    second_accounts = [changed(accounts[0], 2, EARLIER_CHANGE)]

    first, second = folder / "1_changes", folder / "2_earlier_changes"
    for target, some_clients, some_accounts in (
        (first, first_clients, first_accounts),
        (second, second_clients, second_accounts),
    ):
        _write(some_clients, feeds["customers"].schema, target / f"customers.{form}")
        _write(some_accounts, feeds["accounts"].schema, target / f"accounts.{form}")

    return HistoryDelta(
        first=first,
        second=second,
        client_versions={
            key: [(row["updated_at"], row["city"], row["state"]) for row in versions]
            for key, versions in _by_key(
                "customer_id", clients, first_clients, second_clients
            ).items()
        },
        account_versions={
            key: [(row["updated_at"], row["product_id"]) for row in versions]
            for key, versions in _by_key(
                "account_id", accounts, first_accounts, second_accounts
            ).items()
        },
        twice_moved_client=clients[0]["customer_id"],
        twice_changed_account=accounts[0]["account_id"],
    )


def write_transaction_delta(
    feeds: Mapping[str, pa.Table], folder: Path, form: Form = "parquet"
) -> TransactionDelta:
    """Write one delivery with every way in which a movement can arrive late or again.

    The moved, zeroed, corrected, declined and duplicated movements are the first cash withdrawals
    of different accounts in different months of 1993.
    """
    transactions = feeds["transactions"]
    last = _rows(transactions, "true", "transaction_date desc, transaction_id")[0]
    picked: Rows = []
    for month in (3, 5, 7, 9, 11):
        taken = ", ".join(str(row["account_id"]) for row in picked) or "-1"
        picked += _rows(
            transactions,
            f"transaction_type = 'ATM Withdrawal' and account_id not in ({taken}) "
            f"and month(transaction_date) = {month} and year(transaction_date) = 1993",
            "transaction_date, transaction_id",
        )[:1]
    to_correct, to_move, to_zero, to_decline, unchanged = picked
    new_id = max(transactions["transaction_id"].to_pylist()) + 1

    late = {
        **to_correct,
        "transaction_id": new_id,
        "transaction_date": datetime.fromisoformat("1993-06-15"),
        "amount": Decimal("-123.40"),
    }
    same_day = {**last, "transaction_id": new_id + 1, "amount": Decimal("-67.80")}
    corrected = {**to_correct, "amount": to_correct["amount"] - Decimal("100.00")}
    moved = {**to_move, "transaction_date": to_move["transaction_date"] + timedelta(days=92)}
    zeroed = {**to_zero, "amount": Decimal("0.00")}
    declined = {**to_decline, "decline_reason": "Reversed by the bank"}

    schema = transactions.schema.append(pa.field("decline_reason", pa.string()))
    delivery = [late, corrected, unchanged, moved, same_day, zeroed, declined]
    _write(delivery, schema, folder / f"transactions_delta.{form}")

    change: dict[int, Decimal] = {}
    for before in (to_correct, to_move, to_zero, to_decline):
        _add(change, before, -before["amount"])
    for after in (late, same_day, corrected, moved):
        _add(change, after, after["amount"])
    return TransactionDelta(
        folder=folder,
        late_id=late["transaction_id"],
        same_day_id=same_day["transaction_id"],
        corrected_id=corrected["transaction_id"],
        moved_id=moved["transaction_id"],
        zeroed_id=zeroed["transaction_id"],
        declined_id=declined["transaction_id"],
        duplicate_id=unchanged["transaction_id"],
        accepted=6,
        corrections=4,
        duplicates=1,
        months=set(change),
        row_change=2,
        posted_change=change,
    )


def _change_day(number: int) -> datetime:
    return datetime.combine(CHANGES_FROM + timedelta(days=number % 60), datetime.min.time())


def _rows(table: pa.Table, where: str, order: str) -> Rows:
    with duckdb.connect() as connection:
        connection.register("feed", table)
        query = f"select * from feed where {where} order by {order}"
        rows: Rows = connection.sql(query).to_arrow_table().to_pylist()
        return rows


def _by_key(key: str, *deliveries: Rows) -> dict[int, Rows]:
    versions: dict[int, Rows] = {}
    for rows in deliveries:
        for row in rows:
            versions.setdefault(row[key], []).append(row)
    return {
        name: sorted(rows, key=lambda row: row["updated_at"]) for name, rows in versions.items()
    }


def _add(change: dict[int, Decimal], row: Mapping[str, Any], amount: Decimal) -> None:
    on = row["transaction_date"]
    month = on.year * 100 + on.month
    change[month] = change.get(month, Decimal("0.00")) + amount


def _write(rows: Rows, schema: pa.Schema, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pa.Table.from_pylist(rows, schema=schema.remove_metadata())
    if path.suffix == ".csv":
        pa_csv.write_csv(table, path)
    else:
        pq.write_table(table, path)
