"""A logit scorecard: each feature in bins, each bin worth points; portable to SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import chi2

from financial_analytics.models.predictive.features import (
    Feature,
    levels,
    numbers,
)
from financial_analytics.stats.calibration import fit_logit

Floats = NDArray[np.float64]
MOST_BINS = 8
EVENTS_PER_BIN = 40
"""As many quantile bins as leave about so many events in each, two to `MOST_BINS`."""
LEAST_SHARE = 0.01
"""A level that fewer rows have is one of the others."""
PRIOR_EVENTS = 10.0
"""Each bin's rate is shrunk towards the rate of all as if it held so many events more."""
LEVEL = 0.01
"""A feature whose bins differ by more than chance at this level is looked at."""
BASE_POINTS, BASE_ODDS, POINTS_TO_DOUBLE = 600.0, 50.0, 20.0
"""600 points are odds of 50 to 1 against the event; 20 points more double them."""
MISSING, OTHER = "unknown", "other"


@dataclass(frozen=True)
class Bins:
    """The bins of one feature and their weights of evidence.

    Attributes
    ----------
    feature : Feature
    edges : tuple of float
        Bounds between the bins of a number: bin k holds ``edges[k-1] <= x < edges[k]``.
    levels : tuple of str
        Levels of a flag or category; every other level is `OTHER`, the bin after them.
    weights : tuple of float
        Log odds of the event against all, by bin; the last one is that of unknown values.
    counts, events : tuple of int
        Training rows and events by bin.
    """

    feature: Feature
    edges: tuple[float, ...]
    levels: tuple[str, ...]
    weights: tuple[float, ...]
    counts: tuple[int, ...]
    events: tuple[int, ...]

    def place(self, frame: pd.DataFrame) -> NDArray[np.int64]:
        """Return the number of the bin of each row."""
        return place(frame, self.feature, self.edges, self.levels)

    def name(self, number: int) -> str:
        """Return a bin in words."""
        if number == len(self.weights) - 1:
            return MISSING
        if self.feature.kind != "number":
            return OTHER if number == len(self.levels) else self.levels[number]
        said = [self.feature.said(edge) for edge in self.edges]
        if number == 0:
            return f"below {said[0]}" if said else "any"
        return (
            f"{said[-1]} or more"
            if number == len(said)
            else f"{said[number - 1]} to {said[number]}"
        )


def place(
    frame: pd.DataFrame, feature: Feature, edges: Sequence[float], known: Sequence[str]
) -> NDArray[np.int64]:
    """Return the number of the bin of each row; unknown values have the last one."""
    if feature.kind == "number":
        values = numbers(frame, feature)
        found = np.searchsorted(np.asarray(edges, dtype=np.float64), values, side="right")
        return np.where(np.isnan(values), len(edges) + 1, found).astype(np.int64)
    texts = levels(frame, feature)
    number = {text: at for at, text in enumerate(known)} | {None: len(known) + 1}
    return np.array([number.get(text, len(known)) for text in texts], dtype=np.int64)


def _bounds(frame: pd.DataFrame, feature: Feature, most: int) -> tuple[float, ...]:
    values = numbers(frame, feature)
    values = values[~np.isnan(values)]
    if not len(values):
        return ()
    found = np.quantile(values, np.linspace(0, 1, most + 1)[1:-1])
    more = values[values > values.min()]
    if len(more) >= LEAST_SHARE * len(values):  # most have none: having any is a bin
        found = np.append(found, more.min())
    rounded = sorted({float(f"{edge:.4g}") for edge in found})
    return tuple(edge for edge in rounded if values.min() < edge <= values.max())


def fit_bins(
    frame: pd.DataFrame,
    feature: Feature,
    event: NDArray[np.bool_],
    weight: Floats,
    repeats: float = 1.0,
) -> tuple[Bins, float]:
    """Return the bins of a feature, and the p-value of their differences.

    Parameters
    ----------
    frame : DataFrame, shape (n, k)
    feature : Feature
    event : ndarray of bool, shape (n,)
    weight : ndarray of float64, shape (n,)
        Rows that each row stands for.
    repeats : float
        Rows that tell of one event: with outcomes of twelve months and a cut a quarter, four.
    """
    edges: tuple[float, ...] = ()
    known: tuple[str, ...] = ()
    if feature.kind == "number":
        edges = _bounds(
            frame, feature, int(np.clip(event.sum() / repeats // EVENTS_PER_BIN, 2, MOST_BINS))
        )
    else:
        share = pd.Series(levels(frame, feature)).value_counts(normalize=True)
        known = tuple(sorted(str(text) for text, part in share.items() if part >= LEAST_SHARE))
    number = place(frame, feature, edges, known)
    size = (len(edges) if feature.kind == "number" else len(known)) + 2
    total = np.bincount(number, weights=weight, minlength=size)
    events = np.bincount(number, weights=weight * event, minlength=size)
    base = events.sum() / total.sum()
    prior = PRIOR_EVENTS * repeats
    rate = (events + prior) / (total + prior / base)
    weights = np.log(rate / (1 - rate)) - np.log(base / (1 - base))
    filled = total > 0
    expected = total[filled] * base
    deviation = (np.square(events[filled] - expected) / (expected * (1 - base))).sum() / repeats
    freedom = int(filled.sum()) - 1
    p_value = float(chi2.sf(deviation, freedom)) if freedom else 1.0
    bins = Bins(
        feature,
        edges,
        known,
        tuple(np.where(filled, weights, 0.0).tolist()),
        tuple(np.rint(total).astype(int).tolist()),
        tuple(np.rint(events).astype(int).tolist()),
    )
    return bins, p_value


@dataclass(frozen=True)
class Scorecard:
    """A fitted scorecard.

    Attributes
    ----------
    bins : tuple of Bins
        Of the features that are in it.
    coefficients : tuple of float
        Of their weights of evidence, all above 0.
    intercept : float
    """

    bins: tuple[Bins, ...]
    coefficients: tuple[float, ...]
    intercept: float

    def contributions(self, frame: pd.DataFrame) -> Floats:
        """Return what each feature adds to each row's log odds, shape (n, features)."""
        parts = [
            coefficient * np.asarray(bins.weights)[bins.place(frame)]
            for bins, coefficient in zip(self.bins, self.coefficients, strict=True)
        ]
        return np.column_stack(parts) if parts else np.zeros((len(frame), 0))

    def log_odds(self, frame: pd.DataFrame) -> Floats:
        """Return the log odds of each row, shape (n,)."""
        return np.asarray(self.intercept + self.contributions(frame).sum(axis=1))

    def names(self, frame: pd.DataFrame) -> list[NDArray[np.object_]]:
        """Return, by feature, each row's value in words: ``label: bin``."""
        return [
            np.array(
                [f"{each.feature.label}: {each.name(k)}" for k in range(len(each.weights))],
                dtype=object,
            )[each.place(frame)]
            for each in self.bins
        ]

    def to_plain(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "bins": [vars(each) | {"feature": vars(each.feature)} for each in self.bins],
            "coefficients": list(self.coefficients),
            "intercept": self.intercept,
        }

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Scorecard:
        """Return what `to_plain` wrote."""
        bins = tuple(
            Bins(
                Feature(**each["feature"]),
                *(tuple(each[name]) for name in ("edges", "levels", "weights", "counts", "events")),
            )
            for each in plain["bins"]
        )
        return cls(bins, tuple(plain["coefficients"]), float(plain["intercept"]))


def points(log_odds: Floats) -> Floats:
    """Return scorecard points of log odds of the event: more points, less risk.

    Examples
    --------
    >>> points(np.log([1 / 50, 1 / 100])).round(6).tolist()
    [600.0, 620.0]
    """
    factor = POINTS_TO_DOUBLE / np.log(2.0)
    return np.asarray(BASE_POINTS - factor * np.log(BASE_ODDS) - factor * log_odds)


def fit_scorecard(
    frame: pd.DataFrame,
    features: Sequence[Feature],
    event: NDArray[np.bool_],
    weight: Floats | None = None,
    repeats: float = 1.0,
) -> Scorecard:
    """Fit a logit on the weights of evidence of binned features.

    Features whose bins differ no more than chance would have it stay out, and so does one
    whose coefficient is not above 0: the others say the same better.

    References
    ----------
    Siddiqi, N. (2017). *Intelligent Credit Scoring*, 2nd ed., Wiley, chapters 8 to 10.
    """
    share = np.ones(len(frame)) if weight is None else weight
    chosen: list[Bins] = []
    for feature in features:
        bins, p_value = fit_bins(frame, feature, event, share, repeats)
        if p_value < LEVEL:
            chosen.append(bins)
    chosen.sort(key=lambda each: each.feature.name)
    outcome = event.astype(np.float64)
    while True:
        columns = [np.asarray(each.weights)[each.place(frame)] for each in chosen]
        design = np.column_stack([np.ones(len(frame)), *columns])
        value = fit_logit(design, outcome, share)
        worst = int(np.argmin(value[1:])) if chosen else -1
        if not chosen or value[1:][worst] > 0:
            return Scorecard(tuple(chosen), tuple(value[1:].tolist()), float(value[0]))
        del chosen[worst]
