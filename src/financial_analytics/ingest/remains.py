"""What of an erased customer's rows remains: the columns, as SQL that all engines read alike.

A row of `customers` goes. A movement, an event, an account stays without whose it is and without
what is personal in it, so that totals stay.
"""

from __future__ import annotations

from financial_analytics.engines.duckdb.session import sql_name, sql_text
from financial_analytics.ingest.contract import UNKNOWN_ID, Column, Table

PERSONS = "customers"
OWNER = "customer_id"
REFERENCES = ("accounts",)
"""Tables through which a row without a customer may be one's."""
HASHED = (PERSONS, *REFERENCES)
MARK = "erased:"
"""Before the hash that stands in the place of a kept source id."""
_STATUSES = (
    "active", "dormant", "closed", "open", "inactive", "pending", "frozen", "blocked", "suspended",
    "restricted", "delinquent", "defaulted", "charged off",
)  # fmt: skip
_TRIGGERS = (
    "system",
    "customer",
    "bank",
    "branch",
    "employee",
    "agent",
    "regulator",
    "policy",
    "trial",
)
_DIGITS = "0123456789.+-"
_EVENT = "lower(event_type)"
_FIGURES = f"{_EVENT} like '%limit%' or {_EVENT} like '%rate%' or {_EVENT} like '%interest%'"


def concerns(table: Table) -> bool:
    """Tell whether rows of a table are of customers."""
    return OWNER in table.column_names


def personal(table: Table) -> list[Column]:
    """Return the columns that an erasure empties in rows that stay."""
    return [column for column in table.columns if column.pii]


def remaining(table: Table, column: Column) -> str:
    """Return SQL of what stays of a personal column.

    Of an account event's text: a limit, a rate, a status, one word for who triggered it, as
    silver reads them (macros/finance/account_events.sql). Of everything else nothing.
    """
    name = sql_name(column.name)
    if table.name == "account_events" and column.name in ("old_value", "new_value"):
        number = f"translate(trim({name}), '{_DIGITS}', '') = '' and ({_FIGURES})"
        return f"case when ({number}) or {_is_in(name, _STATUSES)} then {name} end"
    if table.name == "account_events" and column.name == "triggered_by":
        return f"case when {_is_in(name, _TRIGGERS)} then {name} end"
    return sql_text("erased") if column.required and column.type == "text" else "null"


def assignments(table: Table, owned: str, present: set[str] | None = None) -> str:
    """Return the ``set`` list of rows that stay, empty where nothing in them changes.

    `owned` is SQL that tells an erased owner, `present` the columns that there are.
    """
    there = table.column_names if present is None else present
    parts = [
        f"{sql_name(column.name)} = {remaining(table, column)}"
        for column in personal(table)
        if column.name in there
    ]
    if OWNER in there:
        parts.append(f"{OWNER} = case when {owned} then {UNKNOWN_ID} else {OWNER} end")
    return ", ".join(parts)


def _is_in(name: str, words: tuple[str, ...]) -> str:
    listed = ", ".join(sql_text(word) for word in words)
    return f"lower(trim({name})) in ({listed})"
