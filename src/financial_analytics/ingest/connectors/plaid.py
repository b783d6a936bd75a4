"""Plaid's transactions as JSON: answers of ``/transactions/get`` and ``/transactions/sync``.

What becomes of what, and why: ``docs/connectors/statements.md``.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

from financial_analytics.errors import FeedError
from financial_analytics.ingest.connectors._statements import (
    Balance,
    Merchant,
    Movement,
    Statement,
    day_of,
    decoded,
    inward,
    words,
)

_LISTS = ("transactions", "added", "modified")
_CATEGORIES = {
    "depository": "Deposit", "credit": "Credit", "loan": "Loan", "investment": "Investment",
    "brokerage": "Investment",
}  # fmt: skip
# by the detailed category, else by the primary one; what people pay for is a purchase
_DETAILED = {
    "TRANSFER_IN_DEPOSIT": "Deposit", "TRANSFER_OUT_WITHDRAWAL": "ATM Withdrawal",
}  # fmt: skip
_PRIMARY = {
    "INCOME": "Deposit", "TRANSFER_IN": "Transfer", "TRANSFER_OUT": "Transfer",
    "LOAN_PAYMENTS": "Payment", "LOAN_DISBURSEMENTS": "Transfer", "RENT_AND_UTILITIES": "Payment",
    "BANK_FEES": "Fee", "OTHER": "Transfer",
}  # fmt: skip
_CODES = {
    "atm": "ATM Withdrawal", "bank charge": "Fee", "bill payment": "Payment",
    "cash": "ATM Withdrawal", "cheque": "Payment", "direct debit": "Payment",
    "interest": "Deposit", "purchase": "Purchase", "standing order": "Payment",
}  # fmt: skip
_CHANNELS = {"online": "Online", "in store": "POS"}


def recognises(head: bytes) -> bool:
    """Tell an answer of Plaid from the beginning of a file."""
    begin = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    names = rb'"(accounts|transactions|added|modified|removed|next_cursor)"'
    return begin in (b"{", b"[") and bool(re.search(names, head))


def statements(path: Path) -> list[Statement]:
    """Read the accounts of an answer, or of a list of answers.

    Raises
    ------
    FeedError
        If it is no such JSON, or a transaction lacks what carries money or a day.
    """
    try:
        content = json.loads(decoded(path.read_bytes()), parse_float=Decimal)
    except ValueError:
        raise FeedError("the file is no JSON", hint="it may be cut; fetch it again") from None
    answers = content if isinstance(content, list) else [content]
    found: list[Statement] = []
    for answer in answers:
        if not isinstance(answer, dict) or not any(
            isinstance(answer.get(name), list) for name in (*_LISTS, "removed")
        ):
            raise FeedError(
                "the file holds no transactions of Plaid",
                hint="give answers of /transactions/get or /transactions/sync",
            )
        found += _accounts(answer)
    return found


def _accounts(answer: dict[str, Any]) -> list[Statement]:
    entries: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for name in _LISTS:
        for entry in answer.get(name) or []:
            entries[str(_said(entry, "account_id"))].append(entry)
    known = {str(_said(account, "account_id")): account for account in answer.get("accounts") or []}
    found = [
        _statement(number, known.get(number, {}), entries.get(number, []))
        for number in dict.fromkeys((*known, *entries))
    ]
    removed = tuple((str(_said(entry, "transaction_id")),) for entry in answer.get("removed") or [])
    if removed:
        found.append(Statement("", "", "", removed=removed, has_global_ids=True))
    return [statement for statement in found if statement]


def _said(entry: dict[str, Any], name: str) -> Any:
    value = entry.get(name) if isinstance(entry, dict) else None
    if value in (None, ""):
        raise FeedError(f"an entry has no {name}", hint="give the answer as Plaid sent it")
    return value


def _money(value: Any, where: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise FeedError(f"{where} is no number", hint="give the answer as Plaid sent it")
    return Decimal(value)


def _currency(entry: dict[str, Any]) -> str | None:
    found = entry.get("iso_currency_code") or entry.get("unofficial_currency_code")
    return str(found) if found else None


def _statement(number: str, account: dict[str, Any], entries: list[dict[str, Any]]) -> Statement:
    balances = account.get("balances") or {}
    currency = _currency(balances) or next(filter(None, map(_currency, entries)), None)
    if currency is None:
        raise FeedError("an account has no currency", hint="give the answer as Plaid sent it")
    category = _CATEGORIES.get(str(account.get("type")), "Deposit")
    # of a card or a loan Plaid says what is owed; here debts are negative
    sign = -1 if category in ("Credit", "Loan") else 1

    def amount(name: str) -> Decimal | None:
        value = balances.get(name)
        return None if value is None else _money(value, f"balances.{name}")

    current, available, limit = amount("current"), amount("available"), amount("limit")
    booked = [entry for entry in entries if not entry.get("pending")]
    return Statement(
        account=number,
        number_shown=number,
        currency=currency,
        movements=tuple(_movement(entry, currency) for entry in booked),
        closing=None if current is None else Balance(sign * current, None),
        available=available,
        limit=limit,
        category=category,
        not_booked=len(entries) - len(booked),
        has_global_ids=True,
    )


def _movement(entry: dict[str, Any], currency: str) -> Movement:
    # positive is money out
    amount = -_money(entry.get("amount"), "amount")
    kind, category = _kind(entry, amount)
    place = entry.get("location") or {}
    identity, name = entry.get("merchant_entity_id"), entry.get("merchant_name")
    return Movement(
        day=day_of(str(_said(entry, "date")), "date"),
        amount=amount,
        currency=_currency(entry) or currency,
        kind=kind,
        identity=(str(_said(entry, "transaction_id")),),
        is_unique=True,
        channel=_CHANNELS.get(str(entry.get("payment_channel"))),
        description=words(entry.get("name") or entry.get("original_description")),
        category=category,
        city=place.get("city"),
        state=place.get("region"),
        country=place.get("country"),
        merchant=Merchant(str(identity), str(name)) if identity and name else None,
    )


def _kind(entry: dict[str, Any], amount: Decimal) -> tuple[str, str | None]:
    found = entry.get("personal_finance_category") or {}
    primary, detailed = found.get("primary"), found.get("detailed")
    if primary:
        kind = _DETAILED.get(str(detailed)) or _PRIMARY.get(str(primary), "Purchase")
    else:
        kind = _CODES.get(str(entry.get("transaction_code")), "Transfer")
    return inward(kind, amount), primary
