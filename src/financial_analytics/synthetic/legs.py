"""Movements before they become transactions: one array per attribute."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from financial_analytics.synthetic.frame import Ints

DESCRIPTIONS = (
    "Balance brought forward", "Card purchase", "Online purchase", "Cash withdrawal",
    "Transfer to external account", "Transfer from external account", "Bill payment",
    "Payroll deposit", "Refund", "Monthly service fee", "Overdraft fee", "Savings transfer in",
    "Savings transfer out", "Opening deposit", "Card payment received", "Card payment",
    "Loan instalment", "Principal repaid", "Loan disbursement", "Loan paid off",
    "Recovery after default", "Charge-off", "Account closed: balance paid out",
    "Account closed: balance settled", "Cash deposit", "Investment transfer",
    "Currency exchange", "Balance moved from another bank", "Purchase", "Mobile cheque deposit",
)  # fmt: skip
CODE = {text: code for code, text in enumerate(DESCRIPTIONS)}
BROUGHT_FORWARD = CODE["Balance brought forward"]
"""What accounts held before the window: counted in balances, in no feed of movements."""
DECLINES = (
    "Insufficient Funds", "Limit Exceeded", "Suspected Fraud", "Incorrect PIN", "Card Expired",
    "Technical Error",
)  # fmt: skip
NO_FUNDS, OVER_LIMIT, SUSPECTED = 0, 1, 2
TYPOLOGIES = (
    "none", "compromised_merchant", "card_testing", "impossible_travel", "account_takeover", "ring",
)  # fmt: skip


@dataclass
class Legs:
    """Movements of one block, declined attempts included.

    Attributes
    ----------
    customer, slot : ndarray of int64
        Row of the customer and account slot.
    at : ndarray of int64
        Seconds since 1970.
    kind, channel, category, merchant, description, decline : ndarray of int64
        Codes; -1 is none. `merchant` is a row, not an id.
    cents : ndarray of int64
        Signed.
    typology, incident : ndarray of int64
        Fraud typology (0 none) and its incident number.
    device : ndarray of int64
        Device number, -1 for the customer's own.
    parent : ndarray of int64
        Purchase number that a refund or retry belongs to; -1.
    """

    customer: Ints
    slot: Ints
    at: Ints
    kind: Ints
    cents: Ints
    channel: Ints
    category: Ints
    merchant: Ints
    description: Ints
    decline: Ints
    typology: Ints
    incident: Ints
    device: Ints
    parent: Ints

    def __len__(self) -> int:
        return len(self.at)

    def take(self, index: NDArray[Any]) -> Legs:
        """Return the rows `index`."""
        # twice as fast as indexing; cents and codes alike are whole numbers
        return Legs(*(getattr(self, name).take(index) for name in NAMES))


NAMES = tuple(item.name for item in fields(Legs))
_DEFAULTS: dict[str, int] = {
    "slot": 0, "channel": -1, "category": -1, "merchant": -1, "decline": -1, "typology": 0,
    "incident": -1, "device": -1, "parent": -1,
}  # fmt: skip


def legs(**given: Ints | int) -> Legs:
    """Return legs from arrays and constants; what is not given is none."""
    rows = len(given["at"])  # type: ignore[arg-type]
    columns = {}
    for name in NAMES:
        value = given.get(name, _DEFAULTS.get(name))
        if value is None:
            raise KeyError(name)
        columns[name] = (
            value if isinstance(value, np.ndarray) else np.full(rows, value, dtype=np.int64)
        )
    return Legs(**columns)


def join(parts: list[Legs]) -> Legs:
    """Concatenate legs."""
    return Legs(*(np.concatenate([getattr(part, name) for part in parts]) for name in NAMES))
