"""Feeds of the contract from the statements of a connector."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from decimal import Decimal

import pyarrow as pa

from financial_analytics.ingest.connectors._statement_checks import remarks_on
from financial_analytics.ingest.connectors._statement_ids import (
    account_id,
    check_alone,
    movement_id,
    small_id,
)
from financial_analytics.ingest.connectors._statements import (
    Balance,
    Merchant,
    Movement,
    Statement,
)

NO_TIME = datetime(1900, 1, 1)  # noqa: DTZ001 (bronze times have no zone)
"""Version of an account of which no day is known: never the newest."""
ASKED = datetime(9999, 1, 1)  # noqa: DTZ001
"""Version of a balance that says no day: the loader's time of the extract, so the newest."""
_IDS = b"ids_of_texts"
_REMOVED = b"removed"


def feed_tables(
    connector: str, found: Sequence[Statement], source_file: str
) -> Mapping[str, pa.Table]:
    """Return products, accounts, merchants and transactions of statements, with remarks.

    Raises
    ------
    FeedError
        If two accounts, merchants or movements would have one id.
    """
    removed = sorted(
        {
            movement_id(connector, *statement.scope, *identity, "1")
            for statement in found
            for identity in statement.removed
        }
    )
    numbered = [row for row in _numbered(connector, found) if row[-1] not in set(removed)]
    remarks = remarks_on(found)
    tables = {
        "products": _products(found),
        "merchants": _merchants(connector, found),
        "accounts": _accounts(found),
        "transactions": _transactions(connector, numbered),
    }
    said = json.dumps([[each.kind, each.rows, each.words] for each in remarks])
    return {
        name: table.replace_schema_metadata(
            {"source_file": f"{connector}:{source_file}", _IDS: b"yes"}
            | ({"remarks": said, _REMOVED: json.dumps(removed)} if name == "transactions" else {})
        )
        for name, table in tables.items()
        if table.num_rows or name in ("accounts", "transactions")
    }


def is_made_of_texts(table: pa.Table) -> bool:
    """Tell whether the ids of a connector's table were made by `stable_id`."""
    return _IDS in (table.schema.metadata or {})


def removed_ids(table: pa.Table) -> list[int]:
    """Return the ids of the movements that the source took back."""
    found: list[int] = json.loads((table.schema.metadata or {}).get(_REMOVED, b"[]"))
    return found


def _numbered(
    connector: str, found: Sequence[Statement]
) -> list[tuple[Statement, Movement, int, int]]:
    """Give each movement its id and the one of its account.

    Equal movements are counted through all pages of a statement; a page that comes twice counts
    from where it counted before.
    """
    counts: dict[tuple[str, ...], Counter[tuple[str, ...]]] = defaultdict(Counter)
    starts: dict[tuple[str, ...], Counter[tuple[str, ...]]] = {}
    texts: dict[int, tuple[str, ...]] = {}
    kinds: dict[int, str] = {}
    numbered = []
    ordered = sorted(found, key=lambda page: page.page)  # stable: the order of the files else
    for statement in ordered:
        # without a name nothing says that two pages belong together
        called = statement.name or f"\x1f{len(starts)}"
        name = (statement.account, statement.currency, called)
        whole = (*name, str(statement.page))
        seen = counts[name]
        if whole in starts:
            seen = Counter(starts[whole])
        else:
            starts[whole] = Counter(seen)
        for movement in statement.movements:
            seen[movement.identity] += 1
            place = 1 if movement.is_unique else seen[movement.identity]
            parts = (connector, *statement.scope, *movement.identity, str(place))
            number = movement_id(*parts)
            check_alone(texts, number, parts, "movements")
            # said again in the same call it is the same thing, whatever it is called by now
            kind = kinds.setdefault(number, movement.kind)
            row = replace(movement, kind=kind)
            numbered.append((statement, row, account_id(statement), number))
    return numbered


def _product(category: str) -> tuple[int, str, str]:
    names = {
        "Deposit": "Account known from statements",
        "Credit": "Card or credit line known from statements",
        "Loan": "Loan known from statements",
        "Investment": "Investment account known from statements",
    }
    return small_id("product", category), names[category], category


def _products(found: Sequence[Statement]) -> pa.Table:
    rows = sorted({_product(statement.category) for statement in found if statement.account})
    return pa.table(
        {
            "product_id": pa.array([row[0] for row in rows], pa.int32()),
            "product_name": pa.array([row[1] for row in rows], pa.string()),
            "category": pa.array([row[2] for row in rows], pa.string()),
            "updated_at": pa.array([NO_TIME] * len(rows), pa.timestamp("us")),
        }
    )


def _merchant_id(connector: str, merchant: Merchant) -> int:
    return small_id("merchant", connector, merchant.identity)


def _merchants(connector: str, found: Sequence[Statement]) -> pa.Table:
    rows: dict[int, Merchant] = {}
    texts: dict[int, tuple[str, ...]] = {}
    for statement in found:
        for movement in statement.movements:
            if movement.merchant:
                number = _merchant_id(connector, movement.merchant)
                check_alone(texts, number, (movement.merchant.identity,), "merchants")
                rows[number] = movement.merchant  # the name that came last
    return pa.table(
        {
            "merchant_id": pa.array(list(rows), pa.int32()),
            "merchant_name": pa.array([row.name for row in rows.values()], pa.string()),
            "category": pa.array([row.category for row in rows.values()], pa.string()),
        }
    )


def _accounts(found: Sequence[Statement]) -> pa.Table:
    """Return a version of each account for each day of which the files know its balance."""
    texts: dict[int, tuple[str, ...]] = {}
    versions: dict[tuple[int, datetime], tuple[Statement, Balance | None]] = {}
    for statement in sorted(found, key=lambda page: page.page):
        if not statement.account:
            continue
        number = account_id(statement)
        check_alone(texts, number, (statement.account, statement.currency), "accounts")
        known = statement.closing
        if known is None and statement.opening:  # what a day began with, the one before ended with
            begun = statement.opening.day
            known = Balance(statement.opening.amount, begun and begun - timedelta(days=1))
        moment = NO_TIME
        if known:  # a balance without a day is of the extract
            moment = datetime.combine(known.day, time()) if known.day else ASKED
        before = versions.get((number, moment))
        # a closing balance is the bank's word on the day, an opening one what follows from it
        if before is None or statement.closing or not before[0].closing:
            versions[number, moment] = statement, known
    rows = sorted(versions.items(), key=lambda item: item[0])
    states = [(key, *state) for key, state in rows]
    ids = [number for (number, _), _, _ in states]
    return pa.table(
        {
            "account_id": pa.array(ids, pa.int32()),
            "customer_id": pa.array(
                [small_id("holder", each.account) for _, each, _ in states], pa.int32()
            ),
            "product_id": pa.array(
                [_product(each.category)[0] for _, each, _ in states], pa.int32()
            ),
            "account_number": pa.array([each.number_shown for _, each, _ in states], pa.string()),
            "account_status": pa.array(["Active"] * len(states), pa.string()),
            "current_balance": _decimals(known and known.amount for _, _, known in states),
            "balance_date": pa.array([known and known.day for _, _, known in states], pa.date32()),
            "available_balance": _decimals(
                each.available if each.closing else None for _, each, _ in states
            ),
            "credit_limit": _decimals(each.limit for _, each, _ in states),
            "currency": pa.array([each.currency for _, each, _ in states], pa.string()),
            "updated_at": pa.array(
                [None if moment == ASKED else moment for (_, moment), _, _ in states],
                pa.timestamp("us"),
            ),
        }
    )


def _decimals(values: Iterable[Decimal | None]) -> pa.Array:
    return pa.array(list(values), pa.decimal128(38, 6))


def _transactions(
    connector: str, numbered: Sequence[tuple[Statement, Movement, int, int]]
) -> pa.Table:
    movements = [movement for _, movement, _, _ in numbered]
    texts = {
        column: pa.array([getattr(each, name) for each in movements], pa.string())
        for column, name in (
            ("transaction_type", "kind"), ("currency", "currency"), ("channel", "channel"),
            ("merchant_category", "category"), ("mcc_code", "mcc_code"),
            ("description", "description"), ("location_city", "city"),
            ("location_state", "state"), ("location_country", "country"),
        )
    }  # fmt: skip
    merchants = [
        _merchant_id(connector, each.merchant) if each.merchant else None for each in movements
    ]
    days = [datetime.combine(each.day, time()) for each in movements]
    return pa.table(
        {
            "transaction_id": pa.array([number for *_, number in numbered], pa.int64()),
            "account_id": pa.array([account for _, _, account, _ in numbered], pa.int32()),
            "customer_id": pa.array(
                [small_id("holder", statement.account) for statement, *_ in numbered], pa.int32()
            ),
            "merchant_id": pa.array(merchants, pa.int32()),
            "transaction_date": pa.array(days, pa.timestamp("us")),
            "amount": _decimals(each.amount for each in movements),
            **texts,
        }
    )
