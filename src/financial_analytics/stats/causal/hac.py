"""Least squares over time, with errors that hold in short series."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats
from statsmodels.stats.sandwich_covariance import S_hac_simple

from financial_analytics.stats.inference import NAN, Floats

LAGS = 1
"""Lags of the Bartlett kernel: what the equation leaves is about white, or the design fails."""


@dataclass(frozen=True)
class HacFit:
    """Least squares with errors that allow for heteroscedasticity and autocorrelation.

    Attributes
    ----------
    coefficient : ndarray of float64, shape (columns,)
    covariances : tuple of ndarray of float64, shape (columns, columns)
        Without lags, and with them.
    degrees_of_freedom : int
    """

    coefficient: Floats
    covariances: tuple[Floats, ...]
    degrees_of_freedom: int

    def error(self, weights: ArrayLike) -> float:
        """Return the standard error of a weighted sum of coefficients: the larger of the two.

        Newey-West errors are too small in short series (Andrews 1991), White's are where errors
        are alike from period to period.
        """
        w = np.asarray(weights, dtype=np.float64)
        return float(np.sqrt(max(float(w @ v @ w) for v in self.covariances)))

    def p_value(self, weights: ArrayLike, stretch: float = 1.0) -> float:
        """Return the p-value that the weighted sum is 0, its error so many times as large.

        NaN where the error is not known.
        """
        error = stretch * self.error(weights)
        if not error > 0:
            return NAN
        value = float(np.asarray(weights, dtype=np.float64) @ self.coefficient)
        return float(2 * stats.t.sf(abs(value) / error, self.degrees_of_freedom))


def hac_fit(y: Floats, x: Floats, *, lags: int = LAGS) -> HacFit | None:
    """Return least squares of `y` on `x` (its constant included), None where not identified.

    Parameters
    ----------
    y : ndarray of float64, shape (n,)
        In the order of time.
    x : ndarray of float64, shape (n, columns)
    lags : int
        Of the Bartlett kernel.

    Notes
    -----
    The residuals are those of leaving each period out (MacKinnon and White 1985): without that,
    errors are too small where few periods tell, as after a change of price.

    References
    ----------
    Newey, W. K. and West, K. D. (1987). A simple, positive semi-definite, heteroskedasticity and
    autocorrelation consistent covariance matrix. *Econometrica*, 55(3), 703-708.

    Examples
    --------
    >>> x = np.column_stack([np.ones(40), np.arange(40.0)])
    >>> y = 2 * np.arange(40) + np.tile([1.0, -1.0], 20)
    >>> found = hac_fit(y, x)
    >>> round(float(found.coefficient[1]), 2), found.error([0, 1]) > 0
    (2.0, True)
    """
    n, columns = x.shape
    if n < columns + 4 or np.linalg.matrix_rank(x) < columns:
        return None
    inverse = np.linalg.inv(x.T @ x)
    coefficient = inverse @ (x.T @ y)
    leverage = np.einsum("ij,jk,ik->i", x, inverse, x)
    if leverage.max() > 1 - 1e-6:  # a column that a single period decides
        return None
    scores = x * ((y - x @ coefficient) / (1 - leverage))[:, None]
    meats = (scores.T @ scores, S_hac_simple(scores, nlags=lags))
    spread = tuple(np.asarray(inverse @ meat @ inverse) for meat in meats)
    return HacFit(np.asarray(coefficient), spread, n - columns)
