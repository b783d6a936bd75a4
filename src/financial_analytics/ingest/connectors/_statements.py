"""What connectors of bank statements share: what a statement is, its ids, and whether it ties.

A connector of statements has ``recognises(head)`` and ``statements(path)`` instead of ``feeds``;
``docs/connectors/statements.md`` says what becomes of what.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path

from financial_analytics.errors import FeedError

_MINOR_UNITS = {
    **dict.fromkeys(
        ("ADP", "BEF", "BIF", "BYR", "CLP", "DJF", "ESP", "GNF", "GRD", "ISK", "ITL", "JPY", "KMF",
         "KRW", "LUF", "PTE", "PYG", "ROL", "RWF", "TRL", "UGX", "UYI", "VND", "VUV", "XAF",
         "XOF", "XPF"),
        0,
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}  # fmt: skip
_INWARD = {"Purchase": "Refund", "ATM Withdrawal": "Deposit"}
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}\b")
_NUMBER = re.compile(r"[+-]?\d{1,18}(?:[.,]\d{0,6})?|[+-]?[.,]\d{1,6}")


@dataclass(frozen=True)
class Balance:
    """A booked balance at the end of a day (of an opening balance: at its beginning).

    Without a day it is of the moment when the source was asked.
    """

    amount: Decimal
    day: date | None


@dataclass(frozen=True)
class Merchant:
    """Who was paid, where the source has an id of its own for it."""

    identity: str
    name: str
    category: str | None = None


@dataclass(frozen=True)
class Movement:
    """A booked movement.

    Attributes
    ----------
    day : date
        The day it was booked, as written.
    amount : Decimal
        In units of `currency`; money out is negative.
    currency : str
        The currency it was booked in.
    kind : str
        ``transaction_type`` of the contract.
    identity : tuple of str
        What tells it from others of its account. Equal ones of one statement are counted, so that
        both are kept and the same entry in an overlapping statement has the same id.
    is_unique : bool
        The source promises that no two movements share the identity: nothing is counted.
    channel, description, mcc_code, category, city, state, country, merchant : optional
        As in the contract.
    """

    day: date
    amount: Decimal
    currency: str
    kind: str
    identity: tuple[str, ...]
    is_unique: bool = False
    channel: str | None = None
    description: str | None = None
    mcc_code: str | None = None
    category: str | None = None
    city: str | None = None
    state: str | None = None
    country: str | None = None
    merchant: Merchant | None = None


@dataclass(frozen=True)
class Statement:
    """A statement of one account, or one page of it.

    Attributes
    ----------
    account : str
        What tells the account from all others: an IBAN, or bank and number. Empty where the file
        only says what was removed.
    number_shown : str
        The account number as the file has it.
    currency : str
        Of the account.
    movements : tuple of Movement
        What was booked.
    opening, closing : Balance, optional
        Booked balances before the first and after the last movement.
    is_complete : bool
        `movements` are all between the two balances; False where a report shows news only.
    available, limit : Decimal, optional
        At the closing.
    category : str
        Of the product: Deposit, Credit, Loan or Investment.
    name, page : str, int
        Number or id of the statement, and which page of it.
    not_booked : int
        Entries that were left out: pending, expected, declined.
    faults : tuple of str
        What contradicts itself in the file, in words without personal data.
    removed : tuple of tuple of str
        Identities of movements that were said before and are none.
    has_global_ids : bool
        Identities are of one movement in all accounts of the source.
    """

    account: str
    number_shown: str
    currency: str
    movements: tuple[Movement, ...] = ()
    opening: Balance | None = None
    closing: Balance | None = None
    is_complete: bool = True
    available: Decimal | None = None
    limit: Decimal | None = None
    category: str = "Deposit"
    name: str = ""
    page: int = 1
    not_booked: int = 0
    faults: tuple[str, ...] = ()
    removed: tuple[tuple[str, ...], ...] = ()
    has_global_ids: bool = False

    @property
    def scope(self) -> tuple[str, ...]:
        """Within which identities tell movements apart."""
        return () if self.has_global_ids else (self.account, self.currency)


def minor_units(currency: str) -> int:
    """Return how many decimals ISO 4217 gives a currency."""
    return _MINOR_UNITS.get(currency, 2)


def money(text: str, where: str) -> Decimal:
    """Return an amount written with a point or a comma before the decimals, without thousands.

    Raises
    ------
    FeedError
        If it is no such number.
    """
    text = text.strip()
    try:
        if _NUMBER.fullmatch(text):
            return Decimal(text.replace(",", "."))
    except InvalidOperation:
        pass
    raise FeedError(f"{where} is no amount", hint="restore the file as the bank wrote it")


@lru_cache(maxsize=4096)
def day_of(text: str, where: str, form: str = "%Y-%m-%d") -> date:
    """Return the day as it is written: a time or an offset behind it does not move it.

    Raises
    ------
    FeedError
        If it is no day.
    """
    length = len(datetime(2000, 1, 1).strftime(form))  # noqa: DTZ001
    try:
        return datetime.strptime(text.strip()[:length], form).date()  # noqa: DTZ007
    except ValueError:
        raise FeedError(
            f"{where} is no day", hint="restore the file as the bank wrote it"
        ) from None


def inward(kind: str, amount: Decimal) -> str:
    """Return the type of a movement whose code says what it is when money goes out."""
    return _INWARD.get(kind, kind) if amount > 0 else kind


def plain_account(text: str) -> str:
    """Return an account number without blanks, in upper case: IBANs are printed in groups."""
    return re.sub(r"\s+", "", text).upper()


def is_iban(text: str) -> bool:
    """Tell whether a text has the form and the check digits of an IBAN."""
    text = plain_account(text)
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", text):
        return False
    moved = text[4:] + text[:4]
    return int("".join(str(int(character, 36)) for character in moved)) % 97 == 1


def words(*parts: str | None) -> str | None:
    """Join what a bank says of a movement, without IBANs; None where it says nothing."""
    joined = " ".join(" ".join(part.split()) for part in parts if part)
    return _IBAN.sub(_without_iban, joined).strip(" /") or None


def _without_iban(found: re.Match[str]) -> str:
    # what looks like one may run on into the words behind it: the longest start that checks
    text = found.group()
    for end in range(len(text), 14, -1):
        if is_iban(text[:end]):
            return "IBAN" + text[end:]
    return text


def first_bytes(path: Path, length: int = 4096) -> bytes:
    """Return the beginning of a file.

    Raises
    ------
    FeedError
        If it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(length)
    except OSError as error:
        raise FeedError(f"the file cannot be read: {error.strerror}") from error


def decoded(data: bytes, *encodings: str) -> str:
    """Return text in the first encoding that it can be of; UTF-8 before any other."""
    for encoding in ("utf-8-sig", *encodings):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")
