"""What a customer is worth to the bank: its margin, defined once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from financial_analytics.synthetic import catalog
from financial_analytics.synthetic.calendar import Calendar
from financial_analytics.synthetic.catalog import CARD, CHECKING, LOAN, SAVINGS
from financial_analytics.synthetic.frame import DAY, Floats, Ints
from financial_analytics.synthetic.legs import Legs

INTERCHANGE_SHARE = 0.012
"""Of purchases less refunds (Federal Reserve debit card report 2021: 0.7-1.2 %; credit 1.5-2 %)."""
DEPOSIT_SPREAD = 0.020
"""A year, on current and savings balances (FDIC Quarterly Banking Profile 2023: 2-3 %)."""
CARD_SPREAD = 0.080
"""A year, on what cards owe, after losses (CFPB credit card market report 2023: 7-9 %)."""
LOAN_SPREAD = 0.025
"""A year, on what loans owe (net interest margin of US banks 2023: 3.3 %, FDIC)."""
MONTHS_A_YEAR = 12


@dataclass(frozen=True)
class Margin:
    """Parts of the margin of each customer and month, USD, shape (customers, months).

    Attributes
    ----------
    spend : ndarray of float64
        Posted purchases less refunds.
    interest : ndarray of float64
        Spreads on the mean of the balances at the month's start and end.
    fees : ndarray of float64
        Fees charged.
    """

    spend: Floats
    interest: Floats
    fees: Floats

    @property
    def total(self) -> Floats:
        """The margin: ``INTERCHANGE_SHARE * spend + interest + fees``."""
        return INTERCHANGE_SHARE * self.spend + self.interest + self.fees


def bank_margin(calendar: Calendar, table: Legs, size: int) -> Margin:
    """Return what the bank earns on each customer and month.

    Interchange of ``INTERCHANGE_SHARE`` of purchases less refunds; a twelfth of
    ``DEPOSIT_SPREAD`` on current and savings balances, of ``CARD_SPREAD`` and ``LOAN_SPREAD``
    on what is owed; fees. Costs of servicing and of losses are not in it.
    """
    months = calendar.months
    shape = (size, months)
    moved = np.where(table.decline >= 0, 0, table.cents) / 100
    month = calendar.month_of_day.take(
        np.clip(table.at // DAY - calendar.first, 0, calendar.days - 1)
    )
    cell = table.customer * months + month

    def total(rows: Ints) -> Floats:
        found = np.bincount(cell.take(rows), moved.take(rows), minlength=size * months)
        return np.asarray(found[: size * months].reshape(shape))

    def held(*slots: int) -> Floats:
        end = np.cumsum(total(np.flatnonzero(np.isin(table.slot, slots))), axis=1)
        start = np.concatenate([end[:, :1], end[:, :-1]], axis=1)
        return (start + end) / 2

    owed = [np.maximum(-held(slot), 0) * spread
            for slot, spread in ((CARD, CARD_SPREAD), (LOAN, LOAN_SPREAD))]  # fmt: skip
    kept = np.maximum(held(CHECKING, SAVINGS), 0) * DEPOSIT_SPREAD
    bought = np.flatnonzero(np.isin(table.kind, (catalog.PURCHASE, catalog.REFUND)))
    return Margin(
        spend=-total(bought),
        interest=(kept + owed[0] + owed[1]) / MONTHS_A_YEAR,
        fees=-total(np.flatnonzero(table.kind == catalog.FEE)),
    )
