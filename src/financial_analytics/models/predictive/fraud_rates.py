"""Known frauds by cell and day, and rates that allow for labels that are still to come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import chi2

from financial_analytics.stats.counts import dispersion, fit_gamma_poisson, reporting_delay

Floats = NDArray[np.float64]
CELL = ["merchant_category", "channel"]
WEEK = 7
LONGEST_DELAY = 90
"""A fraud that is not known after so many days is taken for none."""
LEAST_DELAYS = 20
HALF_LIFE = 60
CHANCE = 0.01
"""Weekdays are told apart where chance would tell them so far apart less often."""
METHODS = ("historical_mean", "gamma_poisson", "gamma_poisson_recent")
"""In order of simplicity. The mean of each cell; the same shrunk to all cells; of late days."""


@dataclass(frozen=True)
class History:
    """Frauds of the days before an origin as they were known then.

    Attributes
    ----------
    counts : ndarray of float64, shape (cells, days)
        Known frauds; the last column is the day before the origin.
    known : ndarray of float64, shape (days,)
        Share of each day's frauds that is known by then.
    weekday : ndarray of int64, shape (days,)
        0 is Monday.
    """

    counts: Floats
    known: Floats
    weekday: NDArray[np.int64]


def _days(values: pd.Series) -> NDArray[np.int64]:
    """Return days since 1970; a missing one is the largest number."""
    stamps = pd.to_datetime(values).to_numpy().astype("datetime64[D]")
    return np.where(np.isnat(stamps), np.iinfo(np.int64).max, stamps.astype(np.int64))


def _delays(labels: pd.DataFrame, origin: int) -> Floats:
    """Return the share known after 0 … LONGEST_DELAY days, of what was known before `origin`."""
    happened, known = _days(labels["transaction_date"]), _days(labels["known_date"])
    use = (known < origin) & (happened < origin)
    if use.sum() < LEAST_DELAYS:
        return np.ones(LONGEST_DELAY + 1)
    return reporting_delay(known[use] - happened[use], origin - 1 - happened[use], LONGEST_DELAY)


def history_at(labels: pd.DataFrame, cells: pd.DataFrame, first: int, origin: int) -> History:
    """Return what was known at `origin` of the days from `first`."""
    share = _delays(labels, origin)
    happened, known = _days(labels["transaction_date"]), _days(labels["known_date"])
    # without an alert nobody says when a label came: after the usual time
    usual = int(np.searchsorted(share, 0.5))
    told = np.where(known == np.iinfo(np.int64).max, happened + usual, known)
    use = (happened >= first) & (happened < origin) & (told < origin)
    place = pd.MultiIndex.from_frame(cells)
    row = place.get_indexer(pd.MultiIndex.from_frame(labels[CELL]))
    use &= row >= 0
    counts = np.zeros((len(cells), origin - first))
    np.add.at(counts, (row[use], happened[use] - first), 1.0)
    age = origin - 1 - np.arange(first, origin)
    return History(
        counts, share[np.minimum(age, LONGEST_DELAY)],
        (np.arange(first, origin) + 3) % WEEK,
    )  # fmt: skip


@dataclass(frozen=True)
class Rates:
    """Expected frauds of each cell on a day, by one method.

    Attributes
    ----------
    mean : ndarray of float64, shape (cells,)
        On a mean weekday.
    draws : ndarray of float64, shape (samples, cells)
    weekday : ndarray of float64, shape (7,)
        Factor of each weekday, 1 on average.
    dispersed, together : float
        Variance of a cell's weekly count over its mean, and of the sum of all cells'.
    """

    mean: Floats
    draws: Floats
    weekday: Floats
    dispersed: float
    together: float


def _weekdays(past: History, dispersed: float) -> Floats:
    """Return the factor of each weekday; frauds of one story are no evidence for a weekday."""
    counts = np.bincount(past.weekday, past.counts.sum(axis=0), WEEK) / dispersed
    shown = np.bincount(past.weekday, past.known, WEEK) / dispersed
    expected = counts.sum() * shown / max(float(shown.sum()), 1e-9)
    if (expected <= 0).any():
        return np.ones(WEEK)
    apart = float(((counts - expected) ** 2 / expected).sum())
    if chi2.sf(apart, WEEK - 1) > CHANCE:
        return np.ones(WEEK)
    mean = fit_gamma_poisson(counts, shown).mean
    return np.asarray(mean / mean.mean())


def weekly(past: History) -> tuple[Floats, Floats]:
    """Return frauds and exposure by week, shapes (cells, weeks) and (weeks,); oldest days cut."""
    weeks = past.counts.shape[1] // WEEK
    tail = slice(past.counts.shape[1] - weeks * WEEK, None)
    counts = past.counts[:, tail].reshape(len(past.counts), weeks, WEEK).sum(axis=2)
    return counts, past.known[tail].reshape(weeks, WEEK).sum(axis=1)


def fit_rates(past: History, method: str, rng: np.random.Generator, samples: int) -> Rates:
    """Return each cell's frauds a day by one of `METHODS`, with draws of what is not known."""
    days = past.counts.shape[1]
    counts, shown = weekly(past)
    level = counts.sum(axis=1) / max(float(shown.sum()), 1e-9)
    expected = np.outer(level, shown)
    dispersed = dispersion(counts.ravel(), expected.ravel(), parameters=int((level > 0).sum()))
    every = counts.sum(axis=0)
    together = dispersion(every, every.sum() / max(float(shown.sum()), 1e-9) * shown)
    age = np.arange(days)[::-1]
    weight = 0.5 ** (age / HALF_LIFE) if method == "gamma_poisson_recent" else np.ones(days)
    events = past.counts @ weight
    exposure = np.full(len(events), max(float(weight @ past.known), 1e-9))
    # a count that varies more than a Poisson one is evidence of so many times fewer frauds
    seen, time = events / dispersed, exposure / dispersed
    if method == "historical_mean":
        # a cell without a fraud is no cell without risk: half a fraud
        mean = np.maximum(events, 0.5) / exposure
        draws = rng.gamma(seen + 0.5, 1 / time, (samples, len(events)))
    else:
        fit = fit_gamma_poisson(seen, time)
        mean, draws = fit.mean, fit.draw(samples, rng)
    return Rates(mean, draws, _weekdays(past, together), dispersed, together)


def labelled_cells(exposure: pd.DataFrame) -> pd.DataFrame:
    """Return the cells with a label, in order."""
    return exposure[exposure["labelled_count"] > 0].sort_values(CELL, ignore_index=True)[CELL]


def history_window(clock: pd.DataFrame, history_days: int) -> tuple[int, int] | None:
    """Return the first day of the history and the first day after the feed."""
    start, end = (
        pd.to_datetime(clock[name]).iloc[0]
        for name in ("first_transaction_date", "transaction_end_date")
    )
    if pd.isna(start) or pd.isna(end):
        return None
    origin = int(np.datetime64(end, "D").astype(np.int64)) + 1
    first = int(np.datetime64(start, "D").astype(np.int64))
    return max(first, origin - history_days), origin
