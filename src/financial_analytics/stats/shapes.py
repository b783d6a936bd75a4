"""The shape of a distribution: normality, log-normal and gamma fits, inequality, bootstrap."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import special, stats
from statsmodels.stats.diagnostic import normal_ad

from financial_analytics.stats.coverage import tails
from financial_analytics.stats.inference import NAN, Floats, Inference, known

SMALLEST_NORMALITY_SAMPLE = 20
"""The kurtosis test of D'Agostino and Pearson needs so many."""


@dataclass(frozen=True)
class Normality:
    """Three tests of normality, and how far from it the sample is.

    Attributes
    ----------
    n : int
    skewness, excess_kurtosis : float
        Zero for a normal distribution.
    jarque_bera, dagostino, anderson : Inference
        Statistic and p-value; NaN below 20 values or without variation.
    """

    n: int
    skewness: float
    excess_kurtosis: float
    jarque_bera: Inference
    dagostino: Inference
    anderson: Inference


def normality(values: ArrayLike) -> Normality:
    """Return the tests of Jarque and Bera, of D'Agostino and Pearson, and of Anderson and Darling.

    Parameters
    ----------
    values : array_like of float, shape (n,)
        NaN is left out. Mean and variance are estimated.

    Notes
    -----
    In a large sample they reject any departure, however small: read skewness and kurtosis.

    References
    ----------
    Jarque, C. M. and Bera, A. K. (1987). A test for normality of observations and regression
    residuals. *International Statistical Review*, 55(2), 163-172. D'Agostino, R. and Pearson,
    E. S. (1973). Tests for departure from normality. *Biometrika*, 60(3), 613-622. Anderson,
    T. W. and Darling, D. A. (1954). A test of goodness of fit. *JASA*, 49(268), 765-769, with
    the p-values of Stephens (1986).

    Examples
    --------
    >>> found = normality(np.random.default_rng(3).lognormal(size=200))
    >>> bool(found.jarque_bera.p_value < 0.001), bool(found.skewness > 1)
    (True, True)
    """
    array = known(values)
    size = len(array)
    none = Inference(size)
    if size < SMALLEST_NORMALITY_SAMPLE or np.ptp(array) == 0:
        return Normality(size, NAN, NAN, none, none, none)
    jarque = stats.jarque_bera(array)
    square = stats.normaltest(array)
    distance, chance = normal_ad(array)
    return Normality(
        size,
        float(stats.skew(array)),
        float(stats.kurtosis(array)),
        _chi_squared(size, jarque),
        _chi_squared(size, square),
        Inference(size, statistic=float(distance), p_value=float(np.clip(chance, 0, 1))),
    )


def _chi_squared(size: int, test: Any) -> Inference:
    return Inference(
        size,
        statistic=float(test.statistic),
        degrees_of_freedom=2,
        p_value=float(test.pvalue),
    )


def plotting_positions(number: int) -> Floats:
    """Return the probabilities of `number` ordered values, ``(i - 0.5) / n`` (Hazen, 1914).

    Examples
    --------
    >>> plotting_positions(4).tolist()
    [0.125, 0.375, 0.625, 0.875]
    """
    return np.asarray((np.arange(number) + 0.5) / number, dtype=np.float64)


@dataclass(frozen=True)
class Fit:
    """A distribution fitted by maximum likelihood.

    Attributes
    ----------
    name : str
        ``lognormal`` or ``gamma``.
    shape, scale : float
        sigma and ``exp(mu)``, or the shape and scale of the gamma distribution.
    aic : float
        Akaike's criterion; the lower is nearer to the data.
    """

    name: str
    shape: float
    scale: float
    aic: float

    def cdf(self, values: ArrayLike) -> Floats:
        """Return the probability of at most each value."""
        return np.asarray(self._frozen().cdf(np.asarray(values, dtype=np.float64)))

    def quantile(self, shares: ArrayLike) -> Floats:
        """Return the value that each share lies below."""
        return np.asarray(self._frozen().ppf(np.asarray(shares, dtype=np.float64)))

    def _frozen(self) -> stats.rv_frozen:
        kind = stats.lognorm if self.name == "lognormal" else stats.gamma
        return kind(self.shape, scale=self.scale)


def fit_lognormal(values: ArrayLike) -> Fit:
    """Return the log-normal distribution that fits positive values best; others are left out.

    Examples
    --------
    >>> fit = fit_lognormal(np.exp([0.0, 1.0, 2.0]))
    >>> round(fit.shape, 3), round(float(np.log(fit.scale)), 3)
    (0.816, 1.0)
    """
    array = known(values)
    logs = np.log(array[array > 0])
    if len(logs) < 2 or np.ptp(logs) == 0:
        return Fit("lognormal", NAN, NAN, NAN)
    sigma = float(logs.std())
    likelihood = float(stats.norm.logpdf(logs, logs.mean(), sigma).sum() - logs.sum())
    return Fit("lognormal", sigma, float(np.exp(logs.mean())), 4 - 2 * likelihood)


def fit_gamma(values: ArrayLike) -> Fit:
    """Return the gamma distribution that fits positive values best; others are left out.

    Newton's method on ``log(shape) - digamma(shape)`` (Minka 2002).

    References
    ----------
    Minka, T. P. (2002). Estimating a gamma distribution. Microsoft Research.

    Examples
    --------
    >>> fit = fit_gamma(np.random.default_rng(1).gamma(3.0, 2.0, 5000))
    >>> bool(abs(fit.shape - 3) < 0.2), bool(abs(fit.scale - 2) < 0.2)
    (True, True)
    """
    array = known(values)
    array = array[array > 0]
    if len(array) < 2 or np.ptp(array) == 0:
        return Fit("gamma", NAN, NAN, NAN)
    gap = float(np.log(array.mean()) - np.log(array).mean())
    shape = (3 - gap + np.sqrt((gap - 3) ** 2 + 24 * gap)) / (12 * gap)
    for _ in range(50):
        step = (np.log(shape) - special.digamma(shape) - gap) / (
            1 / shape - special.polygamma(1, shape)
        )
        shape -= step
        if abs(step) < 1e-13 * shape:
            break
    scale = float(array.mean() / shape)
    likelihood = float(stats.gamma.logpdf(array, shape, scale=scale).sum())
    return Fit("gamma", float(shape), scale, 4 - 2 * likelihood)


def gini(values: ArrayLike) -> float:
    """Return Gini's coefficient of values that are not negative; 0 is all alike, 1 one has all.

    NaN where nobody has anything or a value is negative.

    References
    ----------
    Gini, C. (1912). *Variabilità e mutabilità*. Bologna.

    Examples
    --------
    >>> gini([1, 1, 1, 1]), gini([0, 0, 0, 4])
    (0.0, 0.75)
    """
    ordered = np.sort(known(values))
    if not len(ordered) or ordered[0] < 0 or ordered.sum() == 0:
        return NAN
    place = np.arange(1, len(ordered) + 1)
    share = 2 * (place * ordered).sum() / (len(ordered) * ordered.sum())
    return float(share - (len(ordered) + 1) / len(ordered))


def bootstrap_interval(
    values: ArrayLike,
    statistic: Callable[[Floats], float],
    *,
    rng: np.random.Generator,
    samples: int = 999,
    confidence: float = 0.95,
) -> tuple[float, float]:
    """Return the percentile interval of a statistic over samples drawn with replacement.

    Parameters
    ----------
    values : array_like of float, shape (n,)
        NaN is left out.
    statistic : callable
        Array to number.
    rng : numpy.random.Generator
    samples : int, default 999
    confidence : float, default 0.95
        Two-sided coverage as a fraction in (0, 1).

    References
    ----------
    Efron, B. and Tibshirani, R. J. (1993). *An Introduction to the Bootstrap*, ch. 13.

    Examples
    --------
    >>> low, high = bootstrap_interval(range(100), np.mean, rng=np.random.default_rng(1))
    >>> bool(43 < low < 46 and 53 < high < 57)
    True
    """
    array = known(values)
    if len(array) < 2:
        return NAN, NAN
    found = [statistic(array[rng.integers(0, len(array), len(array))]) for _ in range(samples)]
    low, high = np.quantile(found, tails(confidence))
    return float(low), float(high)
