"""Correlation coefficients with their intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from financial_analytics.stats.coverage import tails

SMALLEST_SAMPLE = 5
"""Fisher's variance needs more than three pairs, Kendall's more than four."""


@dataclass(frozen=True)
class Correlation:
    """A coefficient, its interval and the p-value of no correlation."""

    estimate: float
    lower: float
    upper: float
    p_value: float


UNKNOWN = Correlation(np.nan, np.nan, np.nan, np.nan)


def fisher_interval(
    estimate: float, variance: float, *, confidence: float = 0.95
) -> tuple[float, float]:
    """Return the interval of a correlation whose Fisher z has `variance`.

    Parameters
    ----------
    estimate : float
        Coefficient in [-1, 1].
    variance : float
        Variance of ``arctanh(estimate)``; 1 / (n - 3) for Pearson.
    confidence : float, default 0.95
        Two-sided coverage as a fraction in (0, 1).

    Returns
    -------
    lower, upper : float
        Bounds in [-1, 1]; both are `estimate` where it is -1 or 1.

    References
    ----------
    Fisher, R. A. (1921). On the probable error of a coefficient of correlation. *Metron*, 1.

    Examples
    --------
    >>> lower, upper = fisher_interval(0.5, 1 / (30 - 3))
    >>> print(f"{lower:.3f} to {upper:.3f}")
    0.170 to 0.729
    """
    if abs(estimate) >= 1:
        return estimate, estimate
    margin = float(stats.norm.ppf(tails(confidence)[1])) * np.sqrt(variance)
    z = np.arctanh(estimate)
    return float(np.tanh(z - margin)), float(np.tanh(z + margin))


def _pairs(x: ArrayLike, y: ArrayLike) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the pairs known on both sides; None where too few or either does not vary."""
    first, second = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    known = np.isfinite(first) & np.isfinite(second)
    first, second = first[known], second[known]
    if len(first) < SMALLEST_SAMPLE or np.ptp(first) == 0 or np.ptp(second) == 0:
        return None
    return first, second


def pearson(x: ArrayLike, y: ArrayLike, *, confidence: float = 0.95) -> Correlation:
    """Return Pearson's correlation with Fisher's interval.

    Pairs with a NaN are left out; fewer than five pairs, or no variation, give NaN.

    Notes
    -----
    Assumes a bivariate normal distribution; with heavy tails read Spearman's instead.

    Examples
    --------
    >>> round(pearson([1, 2, 3, 4, 5], [2, 1, 4, 3, 5]).estimate, 3)
    0.8
    """
    pairs = _pairs(x, y)
    if pairs is None:
        return UNKNOWN
    result = stats.pearsonr(*pairs)
    estimate = float(np.clip(result.statistic, -1, 1))
    lower, upper = fisher_interval(estimate, 1 / (len(pairs[0]) - 3), confidence=confidence)
    return Correlation(estimate, lower, upper, float(result.pvalue))


def spearman(x: ArrayLike, y: ArrayLike, *, confidence: float = 0.95) -> Correlation:
    """Return Spearman's rank correlation with the interval of Bonett and Wright.

    The variance of its Fisher z is ``(1 + r ** 2 / 2) / (n - 3)``.

    References
    ----------
    Bonett, D. G. and Wright, T. A. (2000). Sample size requirements for estimating Pearson,
    Kendall and Spearman correlations. *Psychometrika*, 65(1), 23-28.

    Examples
    --------
    >>> round(spearman([1, 2, 3, 4, 5], [1, 4, 9, 25, 16]).estimate, 3)
    0.9
    """
    pairs = _pairs(x, y)
    if pairs is None:
        return UNKNOWN
    result = stats.spearmanr(*pairs)
    estimate = float(np.clip(result.statistic, -1, 1))
    variance = (1 + estimate**2 / 2) / (len(pairs[0]) - 3)
    lower, upper = fisher_interval(estimate, variance, confidence=confidence)
    return Correlation(estimate, lower, upper, float(result.pvalue))


def kendall(x: ArrayLike, y: ArrayLike, *, confidence: float = 0.95) -> Correlation:
    """Return Kendall's tau-b with the interval of Fieller, Hartley and Pearson.

    The variance of its Fisher z is ``0.437 / (n - 4)``.

    References
    ----------
    Fieller, E. C., Hartley, H. O. and Pearson, E. S. (1957). Tests for rank correlation
    coefficients I. *Biometrika*, 44, 470-481.

    Examples
    --------
    >>> round(kendall([1, 2, 3, 4, 5], [1, 2, 3, 5, 4]).estimate, 3)
    0.8
    """
    pairs = _pairs(x, y)
    if pairs is None:
        return UNKNOWN
    result = stats.kendalltau(*pairs)
    estimate = float(np.clip(result.statistic, -1, 1))
    lower, upper = fisher_interval(estimate, 0.437 / (len(pairs[0]) - 4), confidence=confidence)
    return Correlation(estimate, lower, upper, float(result.pvalue))
