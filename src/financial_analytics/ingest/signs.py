"""Which way the money goes: the sign of an amount, and columns beside it that say so.

The contract wants money out negative. Many feeds say it elsewhere: in a debit/credit column, by
the type, or by the opposite sign; and a status column names rows that moved nothing. What is
declared in a mapping is read; a column that contradicts the amounts unread refuses the file.
"""

from __future__ import annotations

from financial_analytics.engines.duckdb.session import Connection, sql_name, sql_text
from financial_analytics.errors import FeedError
from financial_analytics.ingest import rules
from financial_analytics.ingest.contract import BRONZE_SCHEMA, Column, Table
from financial_analytics.ingest.remarks import Remark
from financial_analytics.ingest.source import FeedColumn, Source

RULE = "sign"
"""Rule of an amount that gets no sign: its mark is unknown, or it is negative beside one."""
INVERTED, BY_TYPE = "inverted", "by_type"
SIGNS = (INVERTED, BY_TYPE)
TABLE, AMOUNT, KIND = "transactions", "amount", "transaction_type"
OUT_TYPES = ("Purchase", "ATM Withdrawal", "Fee")
IN_TYPES = ("Deposit", "Refund")
"""Payments and transfers go either way."""
WRONG_SHARE = 0.05
"""Share of amounts against their type that is warned of: fees are taken back now and then."""

MARK_COLUMNS = (
    "debit_credit", "credit_debit", "debit_or_credit", "credit_or_debit", "dc", "d_c", "cd", "c_d",
    "dr_cr", "drcr", "cr_dr", "crdr", "db_cr", "dbcr", "cr_db", "debit_credit_indicator",
    "credit_debit_indicator", "debitcreditindicator", "creditdebitindicator", "cdtdbtind",
    "cdt_dbt_ind", "dc_indicator", "dc_ind", "dc_mark", "dc_flag", "dc_code", "cd_indicator",
    "debit_credit_flag", "debit_credit_code", "debit_credit_mark", "sign", "amount_sign",
    "direction", "money_direction", "transaction_direction", "flow", "soll_haben", "sh", "s_h",
    "soll/haben", "debit/credit", "credit/debit", "d/c", "c/d", "dr/cr", "cr/dr",
)  # fmt: skip
OUT_WORDS = (
    "d", "dr", "db", "dt", "dbt", "dbit", "debit", "debits", "s", "soll", "out", "outflow",
    "outgoing", "withdrawal", "withdrawals", "-", "-1",
)  # fmt: skip
IN_WORDS = (
    "c", "cr", "ct", "cdt", "crdt", "credit", "credits", "h", "haben", "in", "inflow", "incoming",
    "deposit", "deposits", "+", "1", "+1",
)  # fmt: skip
_STATUS_COLUMNS = (
    "status", "transaction_status", "txn_status", "tx_status", "booking_status", "posting_status",
    "payment_status", "transaction_state", "txn_state", "entry_status", "pending", "is_pending",
    "reversed", "is_reversed",
)  # fmt: skip
_NOT_POSTED = (
    "pending", "pdng", "authorised", "authorized", "authorisation", "authorization", "auth",
    "hold", "held", "on_hold", "reversed", "reversal", "cancelled", "canceled", "void", "voided",
    "rejected", "failed", "failure", "returned", "expired", "scheduled", "future", "info",
)  # fmt: skip
_DECLINED = ("declined", "denied")
_TRUE = ("true", "t", "yes", "y", "1")
_FALSE = ("false", "f", "no", "n", "0")
_FLAGS = {"is_debit": (_TRUE, _FALSE), "is_credit": (_FALSE, _TRUE)}
"""Words for money out and in of columns that say only one of them."""


def factor_of_marks(feed: FeedColumn, out: tuple[str, ...], into: tuple[str, ...]) -> str:
    """Return SQL of -1 or 1 by a debit/credit column, NULL where it says neither."""
    text = f"lower({rules.trimmed(feed.expression)})"
    return f"case when {_is_one(text, out)} then -1 when {_is_one(text, into)} then 1 end"


def factor_of_types(feed: FeedColumn) -> str:
    """Return SQL of -1 or 1 by the type of a movement, NULL where it goes either way."""
    return factor_of_marks(feed, _lowered(OUT_TYPES), _lowered(IN_TYPES))


def check_unread(connection: Connection, table: Table, source: Source) -> list[Remark]:
    """Hold the columns that nothing reads against the amounts; return what to remark.

    Raises
    ------
    FeedError
        If one says that amounts go the other way, or that rows moved no money.
    """
    amount = source.columns.get(AMOUNT)
    if table.name != TABLE or amount is None:
        return []
    remarks: list[Remark] = []
    for name, feed in source.others.items():
        if name in (*MARK_COLUMNS, *_FLAGS) and amount.factor is None:
            remarks += _check_marks(connection, table, source, name, feed)
        if name in _STATUS_COLUMNS and source.posted is None:
            _check_status(connection, source, name, feed)
    return remarks


def _check_marks(
    connection: Connection, table: Table, source: Source, name: str, feed: FeedColumn
) -> list[Remark]:
    amount = source.columns[AMOUNT]
    is_out, is_in = (_is_one("mark", words) for words in _FLAGS.get(name, (OUT_WORDS, IN_WORDS)))
    typed = rules.typed_expression(table.column(AMOUNT), amount, "x")
    out, into, rows = connection.execute(
        f"select count(*) filter (where {is_out} and t > 0), "
        f"count(*) filter (where {is_in} and t < 0), "
        f"count(*) filter (where mark is not null "
        f"and not ({is_out} or {is_in})) "
        f"from (select mark, {typed} as t from (select {amount.expression} as x, "
        f"lower({rules.trimmed(feed.expression)}) as mark from {source.relation}))"
    ).fetchall()[0]
    if out or into:
        raise FeedError(
            f"column {name} says which way the money goes, and nothing reads it: "
            f"{out:,} amounts are positive and money out, {into:,} negative and money in",
            hint=f"declare it in a mapping, such as {TABLE}: {{{name}: {{sign_of: {AMOUNT}, "
            f"out: [D], in: [C]}}}}; or {name}: ignored, if the amounts are right as they are",
        )
    if rows:
        words = f"column {name} may say which way the money goes; its words are not known"
        return [Remark("unread_direction", rows, words)]
    return []


def _check_status(connection: Connection, source: Source, name: str, feed: FeedColumn) -> None:
    words = (*_NOT_POSTED, *(() if "decline_reason" in source.columns else _DECLINED))
    if name.removeprefix("is_") in ("pending", "reversed"):
        words = _TRUE
    text = f"lower({rules.trimmed(feed.expression)})"
    found = connection.execute(
        f"select {text}, count(*) from {source.relation} where {_is_one(text, words)} "
        "group by 1 order by 2 desc, 1"
    ).fetchall()
    if found:
        listed = ", ".join(f"{word} ({rows:,})" for word, rows in found)
        raise FeedError(
            f"column {name} says that rows moved no money, and nothing reads it: {listed}",
            hint=f"declare it in a mapping, such as {TABLE}: {{{name}: {{posted: [posted]}}}} "
            f"(other rows go to quarantine); or {name}: ignored, if all of them count",
        )


def remark_signs(connection: Connection, table: Table, batch_id: int) -> list[Remark]:
    """Hold the amounts of a batch against their types; return what to remark."""
    if table.name != TABLE:
        return []
    rows = connection.execute(
        f"select {KIND}, count(*), count(*) filter (where ({AMOUNT} > 0) = "
        f"({_is_one(KIND, OUT_TYPES)})) from {BRONZE_SCHEMA}.{sql_name(TABLE)} "
        f"where _batch_id = {batch_id} and {AMOUNT} <> 0 "
        f"and ({_is_one(KIND, (*OUT_TYPES, *IN_TYPES))}) group by 1 order by 1"
    ).fetchall()
    judged = sum(row[1] for row in rows)
    wrong = sum(row[2] for row in rows)
    if wrong <= WRONG_SHARE * judged:
        return []
    listed = ", ".join(f"{kind} {bad:,} of {count:,}" for kind, count, bad in rows if bad)
    words = (
        f"{wrong:,} of {judged:,} amounts go the other way than their type says ({listed}): money"
        " out is negative. They are loaded as they are; if the feed writes signs otherwise, load"
        f" it into a new warehouse with a mapping: {TABLE}: {{{AMOUNT}: {{sign: inverted}}}}, or"
        " sign: by_type for amounts without signs"
    )
    return [Remark("amounts_against_type", wrong, words)]


def _lowered(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word.lower() for word in words)


def _is_one(text: str, words: tuple[str, ...]) -> str:
    return f"{text} in ({', '.join(sql_text(word) for word in words)})"


def signed_expression(column: Column, feed: FeedColumn, typed: str, factor: str) -> str:
    """Return SQL of an amount with the sign that the feed gives it elsewhere."""
    value = f"cast(({typed}) * {factor} as {column.sql_type})"
    if not feed.is_unsigned:
        return value
    # a negative amount is none; said so that the amount is computed once
    least = f"-{10**-column.scale:.{column.scale}f}"
    size = f"nullif(greatest({typed}, {least}), {least})"
    return f"cast({size} * {factor} as {column.sql_type})"
