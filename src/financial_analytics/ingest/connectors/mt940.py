"""SWIFT statements MT940, MT950 and interim reports MT942, with or without the envelope.

What becomes of what, and why: ``docs/connectors/statements.md``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path

from financial_analytics.errors import FeedError
from financial_analytics.ingest.connectors._statements import (
    Balance,
    Movement,
    Statement,
    day_of,
    decoded,
    is_iban,
    money,
    plain_account,
    words,
)

_TAG = re.compile(r"^:(\d{2}[A-Z]?|NS):")
_BALANCE = re.compile(r"([CD])(\d{6})([A-Z]{3})(\d{0,15},\d{0,3})\s*")
_LINE = re.compile(
    r"(?P<value>\d{6})(?P<booked>\d{4})?(?P<mark>R?[CD]|E[CD])(?P<funds>[A-Z])?"
    r"(?P<amount>\d{0,15},\d{0,3})(?P<type>[A-Z][A-Z0-9]{3})(?P<own>[^\n]*?)"
    r"(?://(?P<bank>[^\n]*))?(?:\n(?P<more>.*))?",
    re.DOTALL,
)
# what the three letters of an entry's type mean (field 61, subfield 6)
_KINDS = {
    "TRF": "Transfer", "CHG": "Fee", "COM": "Fee", "INT": "Deposit", "CHK": "Payment",
    "CLR": "Transfer", "DDT": "Payment", "STO": "Payment", "COL": "Payment", "BOE": "Payment",
    "LDP": "Deposit", "DIV": "Deposit", "CMI": "Transfer", "MSC": "Transfer", "RTI": "Transfer",
}  # fmt: skip
# German business transaction codes (GVC), the first three digits of field 86
_CODES = {
    "004": "Purchase", "005": "Payment", "006": "Purchase", "008": "Payment", "009": "Payment",
    "083": "ATM Withdrawal", "082": "Deposit", "104": "Payment", "105": "Payment",
    "106": "Purchase", "107": "Payment", "805": "Fee", "808": "Fee", "809": "Fee", "814": "Fee",
}  # fmt: skip


def recognises(head: bytes) -> bool:
    """Tell an MT940 from the beginning of a file: its tags, at the beginning of lines."""
    text = head.decode("latin-1").replace("\r", "\n")
    found = set(re.findall(r"^:(\d{2}[A-Z]?):", text, re.MULTILINE))
    return "20" in found and bool({"25", "25P"} & found)


def statements(path: Path) -> list[Statement]:
    """Read the statements of a file, page by page.

    Raises
    ------
    FeedError
        If a statement is cut, or a field that carries money or a day cannot be read.
    """
    text = decoded(path.read_bytes(), "cp1252").replace("\r\n", "\n").replace("\r", "\n")
    found = [statement for block in _blocks(text) if (statement := _statement(block))]
    if not found:
        raise FeedError("the file holds no statement", hint="give an MT940 as the bank wrote it")
    return found


@dataclass
class _Entry:
    line: str
    details: str = ""


@dataclass
class _Block:
    """The fields of one message; a field 86 belongs to the field 61 right before it."""

    fields: dict[str, str] = field(default_factory=dict)
    entries: list[_Entry] = field(default_factory=list)


def _blocks(text: str) -> Iterator[_Block]:
    block: _Block | None = None
    before = ""
    for tag, value in _fields(text):
        if tag == "20" or block is None:
            if block:
                yield block
            block = _Block()
        if tag == "61":
            block.entries.append(_Entry(value))
        elif tag == "86":
            if before == "61":  # after a balance it speaks of the statement
                block.entries[-1].details = value
        else:
            block.fields[tag] = value
        before = tag
    if block:
        yield block


def _fields(text: str) -> Iterator[tuple[str, str]]:
    """Yield tag and value of each field; lines without a tag go on with the one before."""
    tag, lines = "", list[str]()
    # {4: opens the text of a message, -} closes it
    for line in re.sub(r"^.*\{4:", "", text, flags=re.MULTILINE).split("\n"):
        found = _TAG.match(line)
        is_end = (line.startswith("-") and line.strip("-} \t") == "") or line.startswith("-}")
        if (found or is_end) and tag:
            yield tag, "\n".join(lines).rstrip()
            tag = ""
        if found:
            tag, lines = found.group(1), [line[found.end() :]]
        elif tag:
            lines.append(line)
    if tag:
        yield tag, "\n".join(lines).rstrip()


def _statement(block: _Block) -> Statement | None:
    fields = block.fields
    number = fields.get("25") or fields.get("25P", "").split("\n")[0]
    if not number:
        return None
    name = fields.get("28C", fields.get("28", ""))
    where = f"statement {name[:12]}"
    opening = _balance(fields, ("60F", "60M"), where)
    closing = _balance(fields, ("62F", "62M"), where)
    is_interim = "34F" in fields or "13D" in fields or "13" in fields  # an MT942
    if opening and not closing:
        raise FeedError(
            f"{where} has no closing balance (field 62)",
            hint="the file is cut: fetch it again from the bank",
        )
    available = _balance(fields, ("64",), where)
    currency = next((each[1] for each in (closing, opening) if each), None)
    if currency is None:
        found = re.match(r"[A-Z]{3}", fields.get("34F", ""))
        currency = found.group() if found else None
    if currency is None:
        raise FeedError(f"{where} says no currency", hint="fetch the file again from the bank")
    entries = [_read(entry, currency, where) for entry in block.entries]
    sequence, _, page = name.partition("/")
    number, code = _account(number, currency)
    return Statement(
        account=plain_account(number),
        number_shown=plain_account(number) if is_iban(number) else number,
        currency=code,
        movements=tuple(each for each in entries if each),
        opening=opening[0] if opening else None,
        closing=closing[0] if closing else None,
        is_complete=not is_interim,
        available=available[0].amount if available else None,
        name=(sequence.strip().lstrip("0") or sequence.strip()) + (" (MT942)" * is_interim),
        page=int(page) if page.strip().isdigit() else 1,
        not_booked=sum(each is None for each in entries),
        faults=tuple(_faults(fields, [each for each in entries if each])),
    )


def _account(text: str, currency: str) -> tuple[str, str]:
    """Return number and currency: some banks write the currency behind the number."""
    text = text.split("\n", maxsplit=1)[0].strip()
    if re.fullmatch(r".+[^A-Z]" + currency, text):
        text = text.removesuffix(currency).rstrip(" /")
    return text, currency


def _balance(
    fields: dict[str, str], tags: tuple[str, ...], where: str
) -> tuple[Balance, str] | None:
    for tag in tags:
        if tag in fields:
            found = _BALANCE.fullmatch(fields[tag])
            if not found:
                raise FeedError(f"{where}: field {tag} is no balance", hint="fetch the file again")
            mark, day, currency, amount = found.groups()
            value = money(amount, f"{where}: field {tag}")
            signed = value if mark == "C" else -value
            return Balance(signed, day_of(day, f"{where}: field {tag}", "%y%m%d")), currency
    return None


def _read(entry: _Entry, currency: str, where: str) -> Movement | None:
    """Return the movement of a field 61, None for one that is only expected."""
    found = _LINE.fullmatch(entry.line)
    if not found:
        raise FeedError(
            f"{where}: a field 61 is no entry", hint="restore the file as the bank wrote it"
        )
    if found["mark"] in ("EC", "ED"):
        return None
    valued = day_of(found["value"], f"{where}: field 61", "%y%m%d")
    day = _booked(found["booked"], valued, where)
    amount = money(found["amount"], f"{where}: field 61")
    # D and a credit taken back (RC) go out, C and a debit taken back (RD) come in
    signed = amount if found["mark"] in ("C", "RD") else -amount
    code, description = _details(entry.details)
    kind = _CODES.get(code) or _KINDS.get(found["type"][1:], "Transfer")
    if found["mark"] == "RD" and kind in ("Purchase", "ATM Withdrawal"):
        kind = "Refund"
    if found["type"][1:] == "INT" and signed < 0:
        kind = "Fee"
    own = (found["own"] or "").strip()
    bank = (found["bank"] or "").strip()
    if bank in ("", "NONREF"):
        bank = ""
    return Movement(
        day=day,
        amount=signed,
        currency=currency,
        kind=kind,
        identity=(
            day.isoformat(), valued.isoformat(), f"{signed.normalize():f}", found["mark"],
            found["type"], *((bank,) if bank else ("", own, description or "")),
        ),
        description=description or words(found["more"]),
    )  # fmt: skip


def _booked(text: str | None, valued: date, where: str) -> date:
    """Return the day of booking: month and day, in the year that lies nearest to the value day."""
    if text is None:
        return valued
    days = []
    for year in (valued.year - 1, valued.year, valued.year + 1):
        if text == "0229" and not (year % 4 == 0 and (year % 100 or year % 400 == 0)):
            continue
        days.append(day_of(f"{year}{text}", f"{where}: the day of booking", "%Y%m%d"))
    return min(days, key=lambda day: abs((day - valued).days))


def _details(text: str) -> tuple[str, str | None]:
    """Return business code and words of a field 86; an account number is never a word.

    A structured field (``166?00…?20…``) has its parts behind ``?`` and two digits: 20 to 29 and 60
    to 63 are what was written, 32 and 33 the name, 30 and 31 bank and account of the other side.
    """
    found = re.match(r"(\d{3})([?<>+@])(?=\d{2})", text)
    if not found:
        tagged = re.findall(r"/(NAME|REMI|BENM|ORDP)/([^/]+)", text)
        if text.lstrip().startswith("/") and tagged:
            return "", words(*(part for _, part in tagged))
        return "", words(text)
    code, mark = found.groups()
    parts: dict[str, str] = {}
    for part in re.split(rf"{re.escape(mark)}(?=\d\d)", text[3:].replace("\n", ""))[1:]:
        parts[part[:2]] = parts.get(part[:2], "") + part[2:]
    name = parts.get("32", "") + parts.get("33", "")
    lines = [parts[key] for key in sorted(parts) if "20" <= key <= "29" or "60" <= key <= "63"]
    purpose = "".join(lines)
    if "SVWZ+" in purpose:  # what the payer wrote, without references and accounts
        purpose = re.split(
            r"(?:ABWA|ABWE|IBAN|BIC|EREF|KREF|MREF|CRED|DEBT)\+", purpose.split("SVWZ+")[1]
        )[0]
    said = words(name, purpose)
    return code, said or words(parts.get("00"))


def _faults(fields: dict[str, str], entries: list[Movement]) -> Iterator[str]:
    """Say where the sums of an interim report (fields 90D and 90C) contradict its entries."""
    for tag, is_out in (("90D", True), ("90C", False)):
        found = re.match(r"(\d{1,5})([A-Z]{3})(\d{0,15},\d{0,3})", fields.get(tag, ""))
        if found:
            there = [abs(each.amount) for each in entries if (each.amount < 0) == is_out]
            said = money(found[3], f"field {tag}")
            if int(found[1]) != len(there) or said != sum(there, Decimal(0)):
                yield (
                    f"field {tag} announces {found[1]} entries of {said:,},"
                    f" there are {len(there)} of {sum(there, Decimal(0)):,}"
                )
