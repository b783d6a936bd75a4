"""Open Financial Exchange (OFX, QFX): SGML of version 1 and XML of version 2.

What becomes of what, and why: ``docs/connectors/statements.md``.
"""

from __future__ import annotations

import html
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement

from financial_analytics.errors import FeedError
from financial_analytics.ingest.connectors._statements import (
    Balance,
    Movement,
    Statement,
    day_of,
    decoded,
    inward,
    money,
    plain_account,
    words,
)
from financial_analytics.ingest.connectors._xml import read_xml, text_at

_TOKEN = re.compile(r"<(/?)([A-Za-z0-9_.]+)\s*>([^<]*)")
_CHARSETS = {"ISO-8859-1": "latin-1", "8859-1": "latin-1"}
_KINDS = {
    "INT": ("Deposit", None), "DIV": ("Deposit", None), "FEE": ("Fee", None),
    "SRVCHG": ("Fee", None), "DEP": ("Deposit", None), "ATM": ("ATM Withdrawal", "ATM"),
    "POS": ("Purchase", "POS"), "XFER": ("Transfer", None), "CHECK": ("Payment", None),
    "PAYMENT": ("Payment", None), "CASH": ("ATM Withdrawal", None),
    "DIRECTDEP": ("Deposit", None), "DIRECTDEBIT": ("Payment", None),
    "REPEATPMT": ("Payment", None),
}  # fmt: skip
_CREDIT = ("CREDITLINE", "CC")


def recognises(head: bytes) -> bool:
    """Tell an OFX file from its beginning: either header, or the root element."""
    return bool(re.search(rb"OFXHEADER|<OFX>", head))


def statements(path: Path) -> list[Statement]:
    """Read the bank and card statements of a file.

    Raises
    ------
    FeedError
        If the server answered with an error, or an element that carries money or a day cannot be
        read.
    """
    root = _root(path.read_bytes())
    _check_status(root)
    found = [_statement(each, is_card=False) for each in root.iter("STMTRS")]
    found += [_statement(each, is_card=True) for each in root.iter("CCSTMTRS")]
    if not found:
        what = "investments" if root.find(".//INVSTMTRS") is not None else "no statement"
        raise FeedError(
            f"the file holds {what}, neither bank nor card statements",
            hint="give a file with STMTRS or CCSTMTRS in it",
        )
    return found


def _root(data: bytes) -> Element:
    if data.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<?xml"):
        root, _ = read_xml(data)
        return root
    charset = re.search(rb"CHARSET:\s*([\w-]+)", data[:1000])
    named = charset.group(1).decode() if charset else ""
    text = decoded(data, _CHARSETS.get(named, "cp1252"))
    start = text.find("<OFX>")
    if start < 0 or "</OFX>" not in text:
        raise FeedError(
            "the file has no <OFX> … </OFX>", hint="it is cut: fetch it again from the bank"
        )
    return _sgml(text[start:])


def _sgml(text: str) -> Element:
    """Return the elements of version 1, where only what has children needs an end tag."""
    ended = set(re.findall(r"</([A-Za-z0-9_.]+)\s*>", text))
    root = Element("OFX")
    stack = [root]
    for end, tag, value in _TOKEN.findall(text):
        if end:
            if any(each.tag == tag for each in stack):
                while len(stack) > 1 and stack.pop().tag != tag:
                    pass
            continue
        if tag == "OFX":
            continue
        element = SubElement(stack[-1], tag)
        if value.strip():
            element.text = html.unescape(value.strip())
        elif tag in ended:
            stack.append(element)
    return root


def _check_status(root: Element) -> None:
    for status in root.iter("STATUS"):
        code = text_at(status, "CODE")
        if text_at(status, "SEVERITY") == "ERROR":
            raise FeedError(
                f"the bank's server answered with the error {code}, not with statements",
                hint="fetch the file again",
            )


def _statement(element: Element, *, is_card: bool) -> Statement:
    account = element.find("CCACCTFROM" if is_card else "BANKACCTFROM")
    number = text_at(account, "ACCTID")
    currency = text_at(element, "CURDEF")
    if number is None or currency is None:
        raise FeedError(
            "a statement has no account (ACCTID) or no currency (CURDEF)",
            hint="fetch the file again from the bank",
        )
    kind = "CC" if is_card else (text_at(account, "ACCTTYPE") or "").upper()
    entries = element.findall("BANKTRANLIST/STMTTRN")
    booked = [each for each in entries if (text_at(each, "TRNTYPE") or "").upper() != "HOLD"]
    ledger = element.find("LEDGERBAL")
    closing = None
    if ledger is not None:
        day = day_of(text_at(ledger, "DTASOF") or "", "LEDGERBAL/DTASOF", "%Y%m%d")
        closing = Balance(money(text_at(ledger, "BALAMT") or "", "LEDGERBAL/BALAMT"), day)
    available = text_at(element, "AVAILBAL/BALAMT")
    deleted = [
        root
        for entry in booked
        if _is_deletion(entry)
        for fitid, root in _corrected(booked).items()
        if fitid == text_at(entry, "FITID")
    ]
    movements = tuple(_movements(booked, currency, is_card=is_card))
    newest = max((movement.day for movement in movements), default=None)
    faults = []
    if closing and closing.day and newest and closing.day < newest:  # csb43 1.1 writes such files
        faults.append(
            f"the balance is of {closing.day}, before the newest movement ({newest}): "
            "if it is the closing one, the file dates it too early"
        )
    bank = " ".join(filter(None, (text_at(account, "BANKID"), text_at(account, "BRANCHID"))))
    return Statement(
        account=f"{bank} {plain_account(number)}".strip(),
        number_shown=number,
        currency=currency,
        movements=movements,
        closing=closing,
        faults=tuple(faults),
        available=money(available, "AVAILBAL/BALAMT") if available else None,
        category="Credit" if kind in _CREDIT else "Deposit",
        not_booked=len(entries) - len(booked) + len(element.findall(".//STMTTRNP")),
        removed=tuple((each,) for each in deleted),
    )


def _corrected(entries: Sequence[Element]) -> dict[str, str]:
    """Return for each correction of a file the id that what it corrects had first."""
    roots: dict[str, str] = {}
    for entry in entries:
        if corrected := text_at(entry, "CORRECTFITID"):
            roots[text_at(entry, "FITID") or ""] = roots.get(corrected, corrected)
    return roots


def _is_deletion(entry: Element) -> bool:
    return (text_at(entry, "CORRECTACTION") or "").upper() == "DELETE"


def _movements(entries: Sequence[Element], currency: str, *, is_card: bool) -> Iterator[Movement]:
    """Yield movements; a correction takes the id of what it corrects, and its place."""
    roots = _corrected(entries)
    replaced = set(roots.values()) | set(roots)
    last = {root: fitid for fitid, root in roots.items()}
    contents: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for entry in entries:
        contents[text_at(entry, "FITID") or ""].add(
            (text_at(entry, "DTPOSTED") or "", text_at(entry, "TRNAMT") or "")
        )
    for entry in entries:
        fitid = text_at(entry, "FITID") or ""
        if fitid in replaced and last.get(roots.get(fitid, fitid)) != fitid:
            continue  # a later entry of the file corrects it
        if _is_deletion(entry):
            continue
        yield _movement(
            entry, roots.get(fitid, fitid), currency,
            is_card=is_card, is_repeated=len(contents[fitid]) > 1,
        )  # fmt: skip


def _movement(
    entry: Element, fitid: str, currency: str, *, is_card: bool, is_repeated: bool
) -> Movement:
    day = day_of(text_at(entry, "DTPOSTED") or "", "DTPOSTED", "%Y%m%d")
    amount = money(text_at(entry, "TRNAMT") or "", "TRNAMT")
    kind, channel = _kind((text_at(entry, "TRNTYPE") or "").upper(), amount, is_card=is_card)
    description = words(
        text_at(entry, "NAME") or text_at(entry, "PAYEE/NAME"), text_at(entry, "MEMO")
    )
    # the currency of the amount where it is not the statement's; ORIGCURRENCY is only told
    booked_in = text_at(entry, "CURRENCY/CURSYM") or currency
    content = (day.isoformat(), f"{amount.normalize():f}")
    if not fitid:
        identity: tuple[str, ...] = ("", *content, kind, description or "")
    elif is_repeated:  # against the standard: the id does not tell these apart
        identity = (fitid, *content)
    else:
        identity = (fitid,)
    return Movement(
        day=day,
        amount=amount,
        currency=booked_in,
        kind=kind,
        identity=identity,
        is_unique=bool(fitid),
        channel=channel,
        description=description,
    )


def _kind(code: str, amount: Decimal, *, is_card: bool) -> tuple[str, str | None]:
    if is_card and code in ("DEBIT", "CREDIT"):
        return ("Purchase" if code == "DEBIT" else "Payment"), None
    kind, channel = _KINDS.get(code, ("Transfer", None))
    if code == "INT" and amount < 0:
        kind = "Fee"
    return inward(kind, amount), channel
