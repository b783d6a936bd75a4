"""Hazards of a loan: default, lateness and prepayment, and what follows from them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from financial_analytics.synthetic.calendar import Calendar
from financial_analytics.synthetic.config import BankConfig, Loans
from financial_analytics.synthetic.frame import Bools, Floats, Ints
from financial_analytics.synthetic.rates import Market

MORTGAGE = 14
OTHER_DEBT = 0.12
"""Debt to income of a borrower beside the loan itself, where no application states it."""
LOSS_SPREAD = 0.30
PUBLICATION_DAYS = 30


def stated_debt(level: Ints, income: Ints) -> Floats:
    """Return debt to income of loans from before the window, from what the feeds show.

    Their application is in no feed, so it is the instalment over the monthly income, and
    ``OTHER_DEBT`` for everything else.

    Examples
    --------
    >>> stated_debt(np.array([50_000]), np.array([60_000])).tolist()
    [0.22]
    """
    share = level / 100 / np.maximum(income / 12, 1.0)
    return np.asarray(np.round(np.clip(share + OTHER_DEBT, 0.08, 0.70), 4))


def log_hazard(
    effect: Loans, score: Ints, dti: Floats, rate: Floats, utilisation: Floats, product: Ints
) -> Floats:
    """Return the log default hazard of each loan at 4 % unemployment, paid on time.

    Returns
    -------
    ndarray of float64, shape (loans,)
        ``log default_rate + score_effect * (score - 700) / 100 + dti_effect * (dti - 0.35) /
        0.1 + rate_effect * (rate - 0.08) / 0.05 + utilisation_effect * utilisation +
        mortgage_effect * mortgage``.
    """
    with np.errstate(divide="ignore"):
        base = np.log(effect.default_rate)
    return np.asarray(
        base + effect.score_effect * (score - 700) / 100 + effect.dti_effect * (dti - 0.35) / 0.1
        + effect.rate_effect * (rate - 0.08) / 0.05 + effect.utilisation_effect * utilisation
        + effect.mortgage_effect * (product == MORTGAGE)
    )  # fmt: skip


def chance(log_hazard: Floats) -> Floats:
    """Return the monthly probability of a log hazard (complementary log-log)."""
    return np.asarray(-np.expm1(-np.exp(log_hazard)))


def late_chances(config: BankConfig, score: Ints) -> tuple[Floats, Floats]:
    """Return the probability of a late instalment without and with autopay, per loan."""
    effect = config.autopay
    hazard = effect.late_rate * np.exp(effect.score_effect * (score - 700) / 100)
    return -np.expm1(-hazard), -np.expm1(-hazard * effect.hazard_ratio)


def after(late: Bools) -> Bools:
    """Return whether the instalment of the month before was late, shape (loans, months)."""
    before = np.zeros_like(late)
    before[:, 1:] = late[:, :-1]
    return before


def default_within(
    on_time: Floats, after_late: Floats, late: Floats, prepay: float, instalments: Ints,
    was_late: Bools, horizon: int = 12,
) -> Floats:  # fmt: skip
    """Return the probability of default within the next `horizon` instalments.

    A chain of two states, the last instalment on time or late, with constant chances:
    ``V_k(s) = h_s + (1 - h_s) (1 - prepay) [late V_{k-1}(late) + (1 - late)
    V_{k-1}(on time)]``, ``V_0 = 0``.

    Parameters
    ----------
    on_time, after_late : ndarray of float64
        Probability of default at an instalment after one paid on time, after a late one.
    late : ndarray of float64
        Probability that an instalment is late.
    prepay : float
        Probability that a loan is paid off with an instalment.
    instalments : ndarray of int64
        Instalments left, this one included.
    was_late : ndarray of bool
        State at the start.

    Examples
    --------
    >>> one = np.array([0.01])
    >>> chance = default_within(one, one, np.array([0.1]), 0.0, np.array([99]), np.array([True]))
    >>> bool(np.isclose(chance[0], 1 - 0.99**12))
    True
    """
    good, bad = np.zeros_like(on_time), np.zeros_like(on_time)
    for step in range(1, horizon + 1):
        rest = (1 - prepay) * (late * bad + (1 - late) * good)
        more = instalments >= step
        good = np.where(more, on_time + (1 - on_time) * rest, good)
        bad = np.where(more, after_late + (1 - after_late) * rest, bad)
    return np.asarray(np.where(was_late, bad, good))


def published_unemployment(calendar: Calendar, market: Market) -> Floats:
    """Return the unemployment known when each month begins, in percent, shape (months,).

    A month's figure is published 30 days after its first day.
    """
    periods = pd.PeriodIndex(market.macro.index)
    first = periods.to_timestamp().to_numpy().astype("datetime64[D]").astype(np.int64)
    begin = calendar.month_code.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    known = np.searchsorted(first + PUBLICATION_DAYS, begin, side="left") - 1
    return np.asarray(market.macro["unemployment_rate"].to_numpy()[np.maximum(known, 0)])


def loss_shares(effect: Loans, product: Ints, repaid: Floats, beta: Floats) -> Floats:
    """Return the share of the exposure that a default would lose.

    Mean ``loss_given_default`` (mortgages: ``mortgage_loss``, for their house is sold)
    ``* (1 + loss_paid_effect * repaid)``, `repaid` being the share of the principal that was
    paid back; around it a `beta` on 30 % to either side.
    """
    mean = np.where(product == MORTGAGE, effect.mortgage_loss, effect.loss_given_default)
    mean = mean * (1 + effect.loss_paid_effect * repaid)
    return np.asarray(np.clip(mean * (1 + LOSS_SPREAD * (2 * beta - 1)), 0, 1))
