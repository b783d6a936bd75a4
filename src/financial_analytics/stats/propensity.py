"""Who takes what next: propensities, rankings, and how good a ranking is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.special import expit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
SPREAD = 0.5
"""Prior standard deviation, on the log odds, of a standard deviation of a trait."""
ROUNDS = 40
NONE = -1
"""No product at this rank."""


@dataclass(frozen=True)
class Propensity:
    """A logit; `chance` gives its probability.

    Attributes
    ----------
    mean, scale, weights : ndarray of float64, shape (traits,)
    intercept : float
    """

    mean: Floats
    scale: Floats
    weights: Floats
    intercept: float

    def chance(self, traits: ArrayLike) -> Floats:
        """Return the probability for each row of traits."""
        values = np.clip((np.asarray(traits, dtype=np.float64) - self.mean) / self.scale, -4, 4)
        return np.asarray(expit(self.intercept + values @ self.weights))


def fit_propensity(traits: ArrayLike, taken: ArrayLike) -> Propensity:
    """Fit a logit with a normal prior on the weights, none on the intercept.

    Parameters
    ----------
    traits : array_like, shape (n, traits)
    taken : array_like of bool, shape (n,)

    Notes
    -----
    With a free intercept the expected number of takers is the number seen (calibration in the
    large); the prior keeps a trait that few takers share from being believed.
    """
    x, y = np.asarray(traits, dtype=np.float64), np.asarray(taken, dtype=np.float64)
    mean, scale = x.mean(axis=0), x.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    design = np.column_stack([np.ones(len(x)), np.clip((x - mean) / scale, -4, 4)])
    precision = np.r_[0.0, np.full(x.shape[1], 1 / SPREAD**2)]
    rate = (y.sum() + 0.5) / (len(y) + 1)
    weights = np.r_[np.log(rate / (1 - rate)), np.zeros(x.shape[1])]
    for _ in range(ROUNDS):
        chance = expit(design @ weights)
        slope = design.T @ (y - chance) - precision * weights
        bend = (design * (chance * (1 - chance))[:, None]).T @ design + np.diag(precision)
        bend[0, 0] += 1e-9
        step = cho_solve(cho_factor(bend, lower=True), slope)
        weights = weights + step * min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-12))
        if np.abs(step).max() < 1e-8:
            break
    return Propensity(mean, scale, weights[1:], float(weights[0]))


def top_ranked(score: ArrayLike, may: ArrayLike, number: int) -> Ints:
    """Return the best allowed items of each row, best first; -1 where there are fewer.

    Equal scores keep the order of the items.

    Examples
    --------
    >>> top_ranked([[0.2, 0.9, 0.5]], [[True, False, True]], 3).tolist()
    [[2, 0, -1]]
    """
    values = np.round(np.asarray(score, dtype=np.float64), 12)
    allowed = np.asarray(may, dtype=np.bool_)
    order = np.argsort(np.where(allowed, -values, np.inf), axis=1, kind="stable")[:, :number]
    there = np.take_along_axis(allowed, order, axis=1)
    return np.where(there, order, NONE)


def average_precision(ranked: ArrayLike, taken: ArrayLike) -> Floats:
    """Return the average precision of each row's ranking at its length.

    ``sum(precision at k where item k was taken) / min(length, number taken)``; a row that took
    nothing has NaN. Their mean is MAP@length.

    Examples
    --------
    >>> average_precision([[2, 0, 1]], [[True, False, True]]).tolist()
    [1.0]
    >>> average_precision([[1, 2, -1]], [[True, False, True]]).tolist()
    [0.25]
    """
    order, bought = np.asarray(ranked, dtype=np.int64), np.asarray(taken, dtype=np.bool_)
    hits = np.take_along_axis(bought, np.maximum(order, 0), axis=1) & (order >= 0)
    precision = np.cumsum(hits, axis=1) / np.arange(1, order.shape[1] + 1)
    most = np.minimum(bought.sum(axis=1), order.shape[1])
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(most > 0, (precision * hits).sum(axis=1) / most, np.nan))
