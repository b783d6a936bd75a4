"""ISO 20022 statements (camt.053) and intraday reports (camt.052), every version of the message.

What becomes of what, and why: ``docs/connectors/statements.md``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from xml.etree.ElementTree import Element

from financial_analytics.errors import FeedError
from financial_analytics.ingest.connectors._statements import (
    Balance,
    Movement,
    Statement,
    day_of,
    is_iban,
    money,
    plain_account,
    words,
)
from financial_analytics.ingest.connectors._xml import all_texts, read_xml, text_at

_MESSAGES = {"BkToCstmrStmt": "Stmt", "BkToCstmrAcctRpt": "Rpt"}
_NAMESPACE = re.compile(r"camt\.(05[23])\.001\.(\d\d)$")
_OPENING, _PREVIOUS, _CLOSING, _INTERIM = "OPBD", "PRCD", "CLBD", "ITBD"
_KINDS = {
    # domain of the bank transaction code: family: what it is
    "RCDT": "Transfer", "ICDT": "Transfer", "RRCT": "Transfer", "IRCT": "Transfer",
    "RDDT": "Payment", "IDDT": "Payment", "RCHQ": "Payment", "ICHQ": "Payment",
    "DRFT": "Payment", "CCRD": "Purchase", "MCRD": "Deposit", "LBOX": "Deposit",
}  # fmt: skip
_SUBFAMILIES = {
    "CHRG": ("Fee", None), "FEES": ("Fee", None), "COMM": ("Fee", None), "COME": ("Fee", None),
    "COMI": ("Fee", None), "COMT": ("Fee", None), "COAT": ("Fee", None),
    "CWDL": ("ATM Withdrawal", "ATM"), "POSD": ("Purchase", "POS"), "POSC": ("Purchase", "POS"),
    "CDPT": ("Deposit", None), "CCHQ": ("Payment", None),
}  # fmt: skip
_CATEGORIES = {"LOAN": "Loan", "MGLD": "Loan", "CARD": "Credit", "CACC": "Deposit"}


def recognises(head: bytes) -> bool:
    """Tell a camt.052 or camt.053 message from the beginning of a file."""
    head = head.replace(b"\0", b"")  # UTF-16
    return b"BkToCstmrStmt" in head or b"BkToCstmrAcctRpt" in head or b"camt.05" in head


def statements(path: Path) -> list[Statement]:
    """Read the statements or reports of a message.

    Raises
    ------
    FeedError
        If it is no such message, or an element that carries money or a day cannot be read.
    """
    root, namespace = read_xml(path.read_bytes())
    messages = [child for child in root if child.tag in _MESSAGES]
    if root.tag != "Document" or not messages:
        what = messages[0].tag if messages else (root[0].tag if len(root) else root.tag)
        hint = "give camt.053 statements or camt.052 reports"
        if what == "BkToCstmrDbtCdtNtfctn":
            hint = "camt.054 says again what is booked in camt.053: load that one"
        raise FeedError(f"the message is {what}, not a statement", hint=hint)
    version = _NAMESPACE.search(namespace)
    if version is None:
        raise FeedError(
            f"the namespace {namespace[:80] or '(none)'} is none of camt.052 or camt.053",
            hint="fetch the file again from the bank; its namespace ends like camt.053.001.08",
        )
    found = (
        _statement(element, is_report=version.group(1) == "052")
        for message in messages
        for element in message.iterfind(_MESSAGES[message.tag])
    )
    return [statement for statement in found if statement]


def _statement(element: Element, *, is_report: bool) -> Statement | None:
    account = element.find("Acct")
    number = text_at(account, "Id/IBAN") or text_at(account, "Id/Othr/Id")
    if number is None:
        raise FeedError("a statement has no account (Acct/Id)", hint="fetch the file again")
    balances = [_balance(each) for each in element.iterfind("Bal")]
    entries = list(element.iterfind("Ntry"))
    currency = text_at(account, "Ccy") or next((each for _, _, each in balances), None)
    if currency is None and entries:
        currency = _amount(entries[0], "Ntry")[1]
    if currency is None:
        return None  # neither a balance nor an entry
    booked = [entry for entry in entries if _status(entry) == "BOOK"]
    opening, closing, is_complete = _frame(balances, is_report=is_report)
    name = (
        text_at(element, "LglSeqNb") or text_at(element, "ElctrncSeqNb") or text_at(element, "Id")
    )
    return Statement(
        account=plain_account(number),
        number_shown=plain_account(number) if is_iban(number) else number,
        currency=currency,
        movements=tuple(_movement(entry) for entry in booked),
        opening=opening,
        closing=closing,
        is_complete=is_complete,
        available=next((balance.amount for kind, balance, _ in balances if kind == "CLAV"), None),
        category=_CATEGORIES.get(text_at(account, "Tp/Cd") or "", "Deposit"),
        name=f"{name or ''}{' (camt.052)' if is_report else ''}",
        page=int(text_at(element, "StmtPgntn/PgNb") or text_at(element, "RptPgntn/PgNb") or 1),
        not_booked=len(entries) - len(booked),
        faults=tuple(_faults(element, booked, currency)),
    )


def _status(entry: Element) -> str:
    """Return BOOK, PDNG, INFO or FUTR: a code of its own from version .08 on, a text before."""
    return (text_at(entry, "Sts/Cd") or text_at(entry, "Sts") or "BOOK").upper()


def _signed(amount: Decimal, element: Element, where: str) -> Decimal:
    direction = text_at(element, "CdtDbtInd")
    if direction not in ("CRDT", "DBIT"):
        raise FeedError(f"{where} does not say CRDT or DBIT", hint="fetch the file again")
    return amount if direction == "CRDT" else -amount


def _amount(element: Element, where: str) -> tuple[Decimal, str]:
    """Return the amount of an element itself (never of its details), and its currency."""
    found = element.find("Amt")
    currency = (found.get("Ccy") or "").strip() if found is not None else ""
    if found is None or not currency:
        raise FeedError(f"{where} has no amount with a currency", hint="fetch the file again")
    return money(found.text or "", f"{where}/Amt"), currency


def _day(element: Element | None, where: str) -> str:
    found = text_at(element, "Dt") or text_at(element, "DtTm")
    if found is None:
        raise FeedError(f"{where} has no date", hint="fetch the file again")
    return found


def _balance(element: Element) -> tuple[str, Balance, str]:
    kind = text_at(element, "Tp/CdOrPrtry/Cd") or ""
    amount, currency = _amount(element, "Bal")
    day = day_of(_day(element.find("Dt"), "Bal"), "Bal/Dt")
    return kind, Balance(_signed(amount, element, "Bal"), day), currency


def _frame(
    balances: list[tuple[str, Balance, str]], *, is_report: bool
) -> tuple[Balance | None, Balance | None, bool]:
    """Return opening and closing balance, and whether all movements lie between them.

    The middle pages of a statement open and close with interim balances; a report may hold only
    what is new since the one before.
    """
    known = {kind: balance for kind, balance, _ in balances}
    interim = [balance for kind, balance, _ in balances if kind == _INTERIM]
    opening, closing = known.get(_OPENING), known.get(_CLOSING)
    if opening is None and _PREVIOUS in known:
        before = known[_PREVIOUS]  # the end of a day is the beginning of the next
        opening = Balance(before.amount, before.day and before.day + timedelta(days=1))
    if is_report:
        return opening, closing, closing is not None
    if opening is None and interim and (closing or len(interim) > 1):
        opening = interim[0]
        interim = interim[1:]
    if closing is None and interim:
        closing = interim[-1]
    return opening, closing, True


def _movement(entry: Element) -> Movement:
    amount, currency = _amount(entry, "Ntry")
    signed = _signed(amount, entry, "Ntry")
    booked = entry.find("BookgDt")
    day = day_of(_day(booked if booked is not None else entry.find("ValDt"), "Ntry"), "Ntry date")
    details = entry.findall("NtryDtls/TxDtls")
    kind, channel = _kind(entry, signed)
    reference = text_at(entry, "AcctSvcrRef")
    detail = details[0] if len(details) == 1 else None
    description = words(_counterparty(detail, entry), *_remittance(detail))
    if description is None:
        description = words(text_at(entry, "AddtlNtryInf"), text_at(detail, "AddtlTxInf"))
    if len(details) > 1:
        description = words(f"{len(details)} payments", description)
    if reference is None:
        own = (
            text_at(entry, "ValDt/Dt") or "",
            *(text_at(detail, f"Refs/{name}") or "" for name in ("TxId", "InstrId", "EndToEndId")),
            kind,
        )
    else:
        own = (reference,)
    return Movement(
        day=day,
        amount=signed,
        currency=currency,
        kind=kind,
        identity=(*own, day.isoformat(), f"{signed.normalize():f}", currency),
        channel=channel,
        description=description,
        mcc_code=text_at(entry, ".//MrchntCtgyCd"),
    )


def _kind(entry: Element, signed: Decimal) -> tuple[str, str | None]:
    """Return type and channel by the bank transaction code; without one, a transfer."""
    domain = entry.find("BkTxCd/Domn")
    if domain is None:
        domain = entry.find("NtryDtls/TxDtls/BkTxCd/Domn")
    family = text_at(domain, "Fmly/Cd") or ""
    part = text_at(domain, "Fmly/SubFmlyCd") or ""
    kind, channel = _SUBFAMILIES.get(part, (_KINDS.get(family, "Transfer"), None))
    if family == "CNTR" and part in ("CWDL", "CDPT"):
        channel = "Branch"
    is_reversal = (text_at(entry, "RvslInd") or "").lower() in ("true", "1")
    if is_reversal and kind == "Purchase" and signed > 0:
        kind = "Refund"
    if part == "INTR":
        kind = "Deposit" if signed >= 0 else "Fee"
    return kind, channel


def _counterparty(detail: Element | None, entry: Element) -> str | None:
    """Return the name of the other side: the creditor of money out, the debtor of money in."""
    is_out = text_at(entry, "CdtDbtInd") == "DBIT"
    if (text_at(entry, "RvslInd") or "").lower() in ("true", "1"):
        is_out = not is_out
    roles = ("UltmtCdtr", "Cdtr") if is_out else ("UltmtDbtr", "Dbtr")
    for role in roles:
        name = text_at(detail, f"RltdPties/{role}/Nm") or text_at(
            detail, f"RltdPties/{role}/Pty/Nm"
        )
        if name:
            return name
    return None


def _remittance(detail: Element | None) -> Iterator[str]:
    if detail is not None:
        yield from all_texts(detail, "RmtInf/Ustrd")
        yield from all_texts(detail, "RmtInf/Strd/CdtrRefInf/Ref")


def _faults(element: Element, booked: list[Element], currency: str) -> Iterator[str]:
    """Say where the statement's own summary, or the currency of an entry, contradicts it."""
    other = {_amount(entry, "Ntry")[1] for entry in booked} - {currency}
    if other:
        yield f"entries in {', '.join(sorted(other))}, the account is in {currency}"
    if len(booked) != len(element.findall("Ntry")):
        return  # a summary counts them, too
    for name, direction in (("TtlCdtNtries", "CRDT"), ("TtlDbtNtries", "DBIT")):
        total = element.find(f"TxsSummry/{name}")
        if total is None or text_at(element, "StmtPgntn/LastPgInd") == "false":
            continue
        if int(text_at(element, "StmtPgntn/PgNb") or 1) > 1:
            continue  # it counts the entries of all pages
        entries = [entry for entry in booked if text_at(entry, "CdtDbtInd") == direction]
        said = text_at(total, "NbOfNtries")
        if said and said.isdigit() and int(said) != len(entries):
            yield f"{said} {direction} entries announced, {len(entries)} there"
        summed = text_at(total, "Sum")
        there = sum((_amount(entry, "Ntry")[0] for entry in entries), Decimal(0))
        if summed and money(summed, "TxsSummry/Sum") != there:
            yield f"{direction} entries of {summed} announced, {there} there"
