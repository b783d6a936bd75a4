"""The churn hazards of months to come, as far as they can be known at a month's end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from financial_analytics.synthetic.frame import Bools, Floats

LAG_MONTHS = 3
"""Months for which what happened raises or lowers the hazard."""
FUTURE_MONTHS = 36
"""Months past the simulation that are looked into."""


def recent(flags: Bools) -> Bools:
    """Say whether any of the three months before holds a flag.

    Examples
    --------
    >>> recent(np.array([[True, False, False, False, False]])).astype(int).tolist()
    [[0, 1, 1, 1, 0]]
    """
    out = np.zeros_like(flags)
    for lag in range(1, LAG_MONTHS + 1):
        out[..., lag:] |= flags[..., :-lag]
    return out


def ahead_of(values: Floats, months: int, ahead: int) -> Floats:
    """Return what holds `ahead` months after each of the first `months` months."""
    return values[:, ahead : ahead + months]


@dataclass(frozen=True)
class Trigger:
    """What acts on the hazard for three months.

    Attributes
    ----------
    flags : ndarray of bool, shape (customers, months)
        Where it happened.
    mean : ndarray of float64, shape (customers, months + FUTURE_MONTHS)
        Expected number of such events in each month.
    effect : ndarray of float64, shape (customers, 1)
        On the log hazard.
    """

    flags: Bools
    mean: Floats
    effect: Floats

    def factor(self, ahead: int) -> Floats:
        """Return the expected factor on the hazard `ahead` months after each month."""
        known = np.zeros_like(self.flags)
        for lag in range(ahead, LAG_MONTHS + 1):
            back = lag - ahead
            known[:, back:] |= self.flags[:, : self.flags.shape[1] - back]
        unseen = np.zeros(self.flags.shape)
        for lag in range(1, min(ahead - 1, LAG_MONTHS) + 1):
            unseen += ahead_of(self.mean, self.flags.shape[1], ahead - lag)
        chance = np.where(known, 1.0, -np.expm1(-unseen))
        return np.asarray(1 + np.expm1(self.effect) * chance)


@dataclass(frozen=True)
class Outlook:
    """What the hazard of who is not disengaged is made of.

    Attributes
    ----------
    fixed : ndarray of float64, shape (customers, months + FUTURE_MONTHS)
        Cumulative hazard of the month without triggers and autopay.
    triggers : tuple of Trigger
        Complaints, fees and retention contacts.
    enrolled : ndarray of bool, shape (customers, months)
        On autopay.
    enrol_rate, autopay_effect : float
    """

    fixed: Floats
    triggers: tuple[Trigger, ...]
    enrolled: Bools
    enrol_rate: float
    autopay_effect: float

    @cached_property
    def unseen(self) -> Floats:
        """The expected hazard of each month as long as nothing of its last months is known."""
        total: Floats = self.fixed.copy()
        for trigger in self.triggers:
            before = np.zeros_like(total)
            for lag in range(1, LAG_MONTHS + 1):
                before[:, lag:] += trigger.mean[:, : total.shape[1] - lag]
            total *= 1 - np.expm1(trigger.effect) * np.expm1(-before)
        return total

    def since(self, month: int) -> Outlook:
        """Return the outlook as of the end of `month`, which is its last column."""
        first = max(month - LAG_MONTHS + 1, 0)
        known = slice(first, month + 1)
        triggers = tuple(
            Trigger(item.flags[:, known], item.mean[:, first:], item.effect)
            for item in self.triggers
        )
        return replace(
            self, fixed=self.fixed[:, first:], triggers=triggers, enrolled=self.enrolled[:, known]
        )

    def at(self, ahead: int) -> Floats:
        """Return the expected cumulative hazard `ahead` months after each month."""
        later = 1 - (1 - self.enrol_rate) ** ahead
        months = self.enrolled.shape[1]
        if ahead > LAG_MONTHS:
            total = ahead_of(self.unseen, months, ahead)
        else:
            total = ahead_of(self.fixed, months, ahead)
            for trigger in self.triggers:
                total = total * trigger.factor(ahead)
        on_autopay = np.expm1(self.autopay_effect)
        return np.asarray(total * np.where(self.enrolled, 1 + on_autopay, 1 + on_autopay * later))
