"""Rates of rare events over many cells: shrunk by gamma-Poisson, drawn, and told late."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.special import gammaln
from scipy.stats import gamma

from financial_analytics.errors import InvalidInputError

Floats = NDArray[np.float64]
_FEWEST = 2


@dataclass(frozen=True)
class GammaPoisson:
    """Rates of cells as draws from one gamma distribution.

    Attributes
    ----------
    shape, rate : float
        Of the gamma; its mean is shape / rate. Infinite (both) where cells do not differ.
    events, exposure : ndarray of float64, shape (cells,)
    pooled : float
        Events over exposure, all cells together.
    """

    shape: float
    rate: float
    events: Floats
    exposure: Floats
    pooled: float

    @property
    def mean(self) -> Floats:
        """Posterior mean of each cell's rate."""
        if np.isinf(self.shape):
            return np.full(len(self.events), self.pooled)
        return np.asarray((self.shape + self.events) / (self.rate + self.exposure))

    def draw(self, samples: int, rng: np.random.Generator) -> Floats:
        """Return draws of the posterior rates, shape (samples, cells)."""
        size = (samples, len(self.events))
        if np.isinf(self.shape):
            total = self.events.sum() + 0.5
            pooled = rng.gamma(total, 1 / max(self.exposure.sum(), 1e-300), (samples, 1))
            return np.broadcast_to(pooled, size)
        return rng.gamma(self.shape + self.events, 1 / (self.rate + self.exposure), size)

    def above(self, rate: float) -> Floats:
        """Return the posterior probability that a cell's rate is above `rate`."""
        if np.isinf(self.shape):
            return np.full(len(self.events), 0.5)
        return np.asarray(
            gamma.sf(rate, self.shape + self.events, scale=1 / (self.rate + self.exposure))
        )


def fit_gamma_poisson(events: ArrayLike, exposure: ArrayLike) -> GammaPoisson:
    """Fit the gamma distribution of the cells' rates by maximum likelihood.

    Parameters
    ----------
    events : array_like, shape (cells,)
        Events of each cell; weights may make them fractions.
    exposure : array_like, shape (cells,)
        Time or units in which they happened, above 0.

    Raises
    ------
    InvalidInputError
        If shapes differ, a value is negative or NaN, or an exposure is 0.

    Notes
    -----
    Marginally a cell is negative binomial; the likelihood is maximised over log shape and log
    mean. Where the cells differ no more than Poisson counts do, they are pooled.

    References
    ----------
    Clayton, D., and Kaldor, J. (1987). Empirical Bayes estimates of age-standardized relative
    risks for use in disease mapping. *Biometrics* 43, 671-681.

    Examples
    --------
    >>> fit = fit_gamma_poisson([0, 2, 40], [10, 10, 10])
    >>> bool(fit.mean[0] > 0 and fit.mean[2] < 4)
    True
    """
    y, e = np.asarray(events, dtype=np.float64), np.asarray(exposure, dtype=np.float64)
    if y.shape != e.shape or y.ndim != 1:
        raise InvalidInputError(
            f"events and exposure have shapes {y.shape} and {e.shape}; one value per cell is valid"
        )
    if not (np.isfinite(y).all() and np.isfinite(e).all() and (y >= 0).all() and (e > 0).all()):
        raise InvalidInputError("events are at least 0 and exposures above 0, without NaN")
    total = float(y.sum())
    pooled = total / float(e.sum()) if len(e) else 0.0
    flat = GammaPoisson(np.inf, np.inf, y, e, pooled)
    if len(y) < _FEWEST or total == 0:
        return flat

    def negative(logs: Floats) -> float:
        a, m = np.exp(logs)
        b = a / m
        likelihood = gammaln(a + y) - gammaln(a) + a * np.log(b) - (a + y) * np.log(b + e)
        return -float((likelihood + y * np.log(e)).sum())

    found = minimize(
        negative, np.array([0.0, np.log(pooled)]), method="Nelder-Mead",
        options={"xatol": 1e-8, "fatol": 1e-10, "maxiter": 2000},
    )  # fmt: skip
    a, m = (float(value) for value in np.exp(found.x))
    poisson = float((y * np.log(pooled * e) - pooled * e)[e > 0].sum())
    if -found.fun <= poisson + 1e-6 or a > 1e6:
        return flat
    return GammaPoisson(a, a / m, y, e, pooled)


def reporting_delay(delay: ArrayLike, window: ArrayLike, longest: int) -> Floats:
    """Return the share of events that are known d days later, for d = 0 … longest.

    Parameters
    ----------
    delay : array_like of int, shape (events,)
        Days from event to report, of the events that are reported by now.
    window : array_like of int, shape (events,)
        Days from the event until now; at least the delay.
    longest : int
        Everything is taken to be known after so many days.

    Returns
    -------
    ndarray of float64, shape (longest + 1,)
        Increasing, 1 at the end.

    Raises
    ------
    InvalidInputError
        If a delay is negative, or longer than its window.

    Notes
    -----
    Events of yesterday are only among the reported if their delay is short, so that a plain
    histogram is too quick. The product-limit estimate in reverse time corrects for that
    (right truncation). In days of equal exposure it is the chain ladder of actuaries.

    References
    ----------
    Lagakos, S. W., Barraj, L. M., and De Gruttola, V. (1988). Nonparametric analysis of
    truncated survival data, with application to AIDS. *Biometrika* 75(3), 515-523.

    Examples
    --------
    >>> reporting_delay([0, 0, 1, 1], [5, 5, 5, 5], 2).tolist()
    [0.5, 1.0, 1.0]
    """
    d, w = np.asarray(delay, dtype=np.int64), np.asarray(window, dtype=np.int64)
    if d.shape != w.shape or (d < 0).any() or (w < d).any():
        raise InvalidInputError("0 <= delay <= window is valid, one pair per event")
    d = np.minimum(d, longest)
    at = np.bincount(d, minlength=longest + 1)[: longest + 1]
    # at risk in reverse time at s: reported by s, and old enough to have been seen at s
    order = np.sort(np.minimum(w, longest))
    by_delay = np.cumsum(at)
    too_young = np.searchsorted(order, np.arange(longest + 1), side="left")
    at_risk = by_delay - too_young
    known = np.ones(longest + 1)
    for s in range(longest, 0, -1):
        left = 1 - at[s] / at_risk[s] if at_risk[s] > 0 else 1.0
        known[s - 1] = known[s] * left
    return known


def dispersion(counts: ArrayLike, expected: ArrayLike, parameters: int = 1) -> float:
    """Return the variance of counts over that of Poisson ones (Pearson), at least 1.

    Parameters
    ----------
    counts, expected : array_like, shape (n,)
        Expected counts are above 0 where they are used.
    parameters : int
        Parameters that were fitted to get the expected counts.

    Examples
    --------
    >>> dispersion([0, 2, 0, 2], [1, 1, 1, 1])
    1.3333333333333333
    """
    y, m = np.asarray(counts, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    use = m > 0
    left = int(use.sum()) - parameters
    if left < 1:
        return 1.0
    return max(1.0, float(((y[use] - m[use]) ** 2 / m[use]).sum() / left))


def draw_counts(mean: Floats, dispersed: float, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return negative-binomial draws with variance `dispersed` times the mean; Poisson at 1."""
    if dispersed <= 1 + 1e-9:
        return np.asarray(rng.poisson(mean), dtype=np.int64)
    size = np.maximum(mean, 1e-12) / (dispersed - 1)
    return np.asarray(rng.negative_binomial(size, 1 / dispersed), dtype=np.int64)
