"""BAI2, the cash management balance reports of banks in the United States.

What becomes of what, and why: ``docs/connectors/statements.md``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
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
    minor_units,
    plain_account,
    words,
)

_RECORD = re.compile(r"(01|02|03|16|88|49|98|99)[,/]")
_AMOUNT = re.compile(r"[+-]?\d{1,17}")
_OPENING, _CLOSING, _AVAILABLE = "010", "015", "045"
_CREDITS, _DEBITS = "100", "400"
_NO_MONEY = "890"
_INTERIM = ("1", "3")
_UPDATES = ("1", "3")
# details by their code; what is not here is a transfer
_KINDS = {
    **dict.fromkeys(("115", "116", "135", "142", "145", "155", "164", "165", "166", "168", "169",
                     "171", "172", "173", "174", "175", "176", "301", "302", "303", "305", "306",
                     "354"), "Deposit"),
    **dict.fromkeys(("435", "445", "451", "452", "455", "464", "465", "466", "469", "472", "474",
                     "475", "477", "481", "484"), "Payment"),
    **dict.fromkeys(("651", "654", "661", "662", "698"), "Fee"),
}  # fmt: skip


def recognises(head: bytes) -> bool:
    """Tell a BAI2 file from its header record."""
    return bool(re.match(rb"\s*01,[^,\n]*,[^,\n]*,\d{6},", head.removeprefix(b"\xef\xbb\xbf")))


@dataclass
class _Record:
    """A record and the lines that continue it, each as its fields stand in the file."""

    code: str
    lines: list[str]

    @property
    def fields(self) -> list[str]:
        """Fields behind the code, through all lines."""
        return [part.strip() for line in self.lines for part in line.split(",")]


@dataclass
class _Account:
    records: list[_Record] = field(default_factory=list)
    trailer: _Record | None = None


@dataclass
class _Group:
    header: _Record
    accounts: list[_Account] = field(default_factory=list)
    trailer: _Record | None = None


@dataclass(frozen=True)
class _Total:
    """A balance or a sum of the account's record: code, amount and number of items."""

    code: str
    amount: int
    count: int | None


def statements(path: Path) -> list[Statement]:
    """Read the accounts of a file.

    Raises
    ------
    FeedError
        If the file is cut, is a test or a deletion, or an amount or a day cannot be read.
    """
    records = list(_records(decoded(path.read_bytes(), "cp1252")))
    groups, trailer = _groups(records)
    total = sum(_control(group.trailer) for group in groups)
    faults = []
    if _control(trailer) != total:
        faults.append(f"the file's control total is {_control(trailer):,}, its groups' {total:,}")
    if (said := _count(trailer, 2)) != (there := sum(len(each.lines) for each in records)):
        faults.append(f"the file announces {said:,} records, {there:,} are there")
    found: list[Statement] = []
    for group in groups:
        found += _read_group(group, tuple(faults if not found else ()))
    return found


def _records(text: str) -> Iterator[_Record]:
    record: _Record | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        begin = _RECORD.match(line)
        if not begin:
            raise FeedError(f"line {number} is no record of BAI2", hint="restore the file")
        # a slash ends the record; in free text at the end of a line it says that there is no more
        content = line[begin.end() :].rstrip()
        content = content.removesuffix("/")
        if begin.group(1) == "88":
            if record is None:
                raise FeedError(f"line {number} continues nothing", hint="restore the file")
            record.lines.append(content)
            continue
        if record:
            yield record
        record = _Record(begin.group(1), [content])
    if record:
        yield record


def _groups(records: Sequence[_Record]) -> tuple[list[_Group], _Record]:
    """Sort records into groups and accounts; each has its trailer."""
    groups: list[_Group] = []
    for record in records:
        if record.code == "02":
            groups.append(_Group(record))
        elif record.code == "99":
            if any(
                group.trailer is None or any(each.trailer is None for each in group.accounts)
                for group in groups
            ):
                break
            return groups, record
        elif record.code != "01":
            if not groups:
                break
            group = groups[-1]
            if record.code == "98":
                group.trailer = record
            elif record.code == "03":
                group.accounts.append(_Account([record]))
            elif not group.accounts:
                break
            elif record.code == "49":
                group.accounts[-1].trailer = record
            else:
                group.accounts[-1].records.append(record)
    raise FeedError(
        "the file lacks the trailer of an account, a group or the file (49, 98, 99)",
        hint="it is cut: fetch it again from the bank",
    )


def _number(text: str, where: str) -> int:
    if not _AMOUNT.fullmatch(text):
        raise FeedError(f"{where} is no amount", hint="restore the file as the bank wrote it")
    return int(text)


def _control(record: _Record | None) -> int:
    assert record
    return _number(record.fields[0], f"the control total of record {record.code}")


def _count(record: _Record, place: int) -> int:
    fields = record.fields
    return int(fields[place]) if len(fields) > place and fields[place].isdigit() else 0


def _read_group(group: _Group, faults: tuple[str, ...]) -> list[Statement]:
    header = [*group.header.fields, *[""] * 7]
    bank, status, day, currency, modifier = (
        header[1], header[2], header[3], header[5] or "USD", header[6],
    )  # fmt: skip
    if status not in _UPDATES:
        what = {"2": "a deletion", "4": "a test"}.get(status, f"of status {status!r}")
        raise FeedError(f"a group is {what}, not an update", hint="give the reports of movements")
    booked = day_of(day, "the as-of date of a group (02)", "%y%m%d")
    total = sum(_control(account.trailer) for account in group.accounts)
    if _control(group.trailer) != total:
        faults += (f"the group's control total is {_control(group.trailer):,}, its accounts' are"
                   f" {total:,}",)  # fmt: skip
    found = []
    for account in group.accounts:
        statement = _read_account(account, bank, booked, currency, modifier, faults)
        found.append(statement)
        faults = ()
    return found


def _read_account(
    account: _Account, bank: str, day: date, currency: str, modifier: str, faults: tuple[str, ...]
) -> Statement:
    head, *details = account.records
    fields = [*head.fields, "", ""]
    number, currency = fields[0], fields[1] or currency
    scale = Decimal(1).scaleb(-minor_units(currency))
    totals = {total.code: total for total in _totals(head.fields[2:])}

    def balance(code: str) -> Balance | None:
        found = totals.get(code)
        return Balance(found.amount * scale, day) if found else None

    opening, closing, available = (balance(each) for each in (_OPENING, _CLOSING, _AVAILABLE))
    read = [_detail(record, day, currency, scale) for record in details]
    movements = tuple(movement for movement, _ in read if movement)
    amounts = sum(total.amount for total in totals.values()) + sum(amount for _, amount in read)
    control = _control(account.trailer)
    if control != amounts:
        faults += (f"the account's control total is {control:,}, its amounts add up to"
                   f" {amounts:,}",)  # fmt: skip
    return Statement(
        account=f"{bank} {plain_account(number)}".strip(),
        number_shown=number,
        currency=currency,
        movements=movements,
        opening=opening,
        closing=closing,
        available=available.amount if available else None,
        is_complete=modifier not in _INTERIM or bool(opening and closing),
        name=day.isoformat(),
        not_booked=len(read) - len(movements),
        faults=(*faults, *_unlike(totals, movements, scale)),
    )


def _funds(fields: Sequence[str], place: int) -> int:
    """Return the place behind a funds type and what belongs to it."""
    kind = fields[place].upper() if place < len(fields) else ""
    if kind == "S":  # available today, tomorrow, later
        return place + 4
    if kind == "V":  # value day and time
        return place + 3
    if kind == "D":  # how many, and for each the days and the amount
        count = fields[place + 1] if place + 1 < len(fields) else ""
        return place + 2 + 2 * _number(count, "the number of availabilities")
    return place + 1


def _totals(fields: Sequence[str]) -> Iterator[_Total]:
    place = 0
    while place < len(fields):
        code = fields[place]
        amount = fields[place + 1] if place + 1 < len(fields) else ""
        count = fields[place + 2] if place + 2 < len(fields) else ""
        if code and amount:
            where = f"the amount of code {code} in an account's record (03)"
            items = int(count) if count.isdigit() else None
            yield _Total(code, _number(amount, where), items)
        place = _funds(fields, place + 3)


def _detail(
    record: _Record, day: date, currency: str, scale: Decimal
) -> tuple[Movement | None, int]:
    """Return the movement of a record 16, and its amount for the control total."""
    fields = [*record.fields, "", ""]
    code, text = fields[0], fields[1]
    amount = _number(text, f"the amount of a record 16 (code {code})") if text else 0
    direction = _direction(code)
    if direction is None or not text:
        return None, amount
    behind = _funds(fields, 2)
    bank, own = [*fields[behind : behind + 2], "", ""][:2]
    description = words(_text(record, behind + 2))
    signed = direction * amount * scale
    content = (day.isoformat(), code, f"{signed.normalize():f}")
    return Movement(
        day=day,
        amount=signed,
        currency=currency,
        kind=_KINDS.get(code, "Transfer"),
        identity=(*content, bank) if bank.strip("0") else (*content, "", own, description or ""),
        description=description,
    ), amount  # fmt: skip


def _direction(code: str) -> int | None:
    """Return 1 for money in, -1 for money out, None for what moves none; banks' own codes too."""
    if not code.isdigit() or code == _NO_MONEY:
        return None
    number = int(code)
    if 100 <= number <= 399 or 700 <= number <= 759 or 920 <= number <= 959:
        return 1
    if 400 <= number <= 699 or 760 <= number <= 799 or 960 <= number <= 999:
        return -1
    return None


def _text(record: _Record, place: int) -> str:
    """Return the free text behind `place` fields: it may hold commas, and lines that go on."""
    said = []
    for line in record.lines:
        count = line.count(",") + 1
        if place <= 0:
            said.append(line)
        elif place < count:
            said.append(line.split(",", place)[place])
        place -= count
    return " ".join(said)


def _unlike(
    totals: dict[str, _Total], movements: Sequence[Movement], scale: Decimal
) -> Iterator[str]:
    """Say where the sums of an account's record contradict its details, if there are any."""
    for code, sign, name in ((_CREDITS, 1, "credits"), (_DEBITS, -1, "debits")):
        total = totals.get(code)
        if total is None or not movements:
            continue
        amounts = [abs(each.amount) for each in movements if each.amount * sign > 0]
        there, said = sum(amounts, Decimal(0)), total.amount * scale
        if abs(said) != there or total.count not in (None, len(amounts)):
            count = "" if total.count is None else f" in {total.count} items"
            yield f"{name} of {said:,}{count} announced, {there:,} in {len(amounts)} there"
