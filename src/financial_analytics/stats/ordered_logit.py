"""Ordered logit (proportional odds), a thin call on statsmodels."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit
from statsmodels.miscmodels.ordinal_model import OrderedModel
from statsmodels.tools.numdiff import approx_fprime

from financial_analytics.errors import InvalidInputError


@dataclass(frozen=True)
class OrderedLogitFit:
    """A fitted proportional-odds model.

    Attributes
    ----------
    coefficients : ndarray of float64, shape (k,)
        Log odds of a higher outcome per unit of each predictor.
    covariance : ndarray of float64, shape (k, k)
        Of the coefficients, from the observed information.
    thresholds : ndarray of float64, shape (levels - 1,)
        Cutpoints, increasing.
    log_likelihood : float
    n : int
    converged : bool
    """

    coefficients: NDArray[np.float64]
    covariance: NDArray[np.float64]
    thresholds: NDArray[np.float64]
    log_likelihood: float
    n: int
    converged: bool

    @property
    def standard_errors(self) -> NDArray[np.float64]:
        """Standard errors of the coefficients."""
        return np.sqrt(np.diag(self.covariance))


SMALLEST = 1e-20
"""Added to a probability before its logarithm, as statsmodels does."""


class _ProportionalOdds(OrderedModel):  # type: ignore[misc]
    """statsmodels' model with its gradient in closed form, which theirs differences.

    Parameters are the coefficients, the first cutpoint, and logs of the steps to the next.
    """

    def score(self, params: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the gradient of the log-likelihood, shape (parameters,)."""
        count = self.exog.shape[1]
        cuts = self.transform_threshold_params(params)
        at = self.exog @ params[:count]
        above, below = expit(cuts[self.endog + 1] - at), expit(cuts[self.endog] - at)
        share = 1 / (above - below + SMALLEST)
        up, down = above * (1 - above) * share, below * (1 - below) * share
        levels = len(cuts) - 1
        by_cut = (
            np.bincount(self.endog, up, levels)[:-1] - np.bincount(self.endog, down, levels)[1:]
        )
        tail = np.cumsum(by_cut[::-1])[::-1]
        steps = np.concatenate([[1.0], np.exp(params[count + 1 :])])
        return np.concatenate([self.exog.T @ (down - up), tail * steps])

    def hessian(self, params: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the second derivatives, differenced from the gradient."""
        found = np.asarray(approx_fprime(params, self.score, centered=True))
        return np.asarray((found + found.T) / 2)


def ordered_logit(outcome: ArrayLike, predictors: ArrayLike) -> OrderedLogitFit:
    """Fit ``logit P(y > j) = x b - c_j`` by maximum likelihood.

    The sign is that of R's ``MASS::polr``: a positive coefficient makes higher outcomes likelier.

    Parameters
    ----------
    outcome : array_like of int, shape (n,)
        Ordered outcome; at least two different values.
    predictors : array_like of float, shape (n, k)
        Without a constant; the thresholds hold it. Full column rank beside a constant.

    Returns
    -------
    OrderedLogitFit

    Raises
    ------
    InvalidInputError
        If shapes differ, a value is not finite, the outcome does not vary, or the predictors
        are collinear.

    Notes
    -----
    Assumes independent observations and the same effect at every cutpoint (proportional odds).

    References
    ----------
    McCullagh, P. (1980). Regression models for ordinal data. *JRSS B*, 42(2), 109-142.

    Examples
    --------
    >>> x = np.tile([0.0, 1.0], 300)
    >>> y = np.concatenate([np.tile([1, 2], 150), np.tile([2, 3], 150)])
    >>> fit = ordered_logit(y, x[:, None])
    >>> bool(fit.coefficients[0] > 1)
    True
    """
    y = np.asarray(outcome)
    x = np.asarray(predictors, dtype=np.float64)
    if x.ndim != 2 or y.ndim != 1 or len(x) != len(y):
        raise InvalidInputError(
            f"outcome has shape {y.shape} and predictors {x.shape}; (n,) and (n, k) are valid"
        )
    if not np.isfinite(x).all():
        raise InvalidInputError("predictors hold NaN or infinity; leave such rows out")
    levels, codes = np.unique(y, return_inverse=True)
    if len(levels) < 2:
        raise InvalidInputError("the outcome has one value; an ordered logit needs two or more")
    design = np.column_stack([np.ones(len(x)), x])
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise InvalidInputError("the predictors are collinear; leave one of them out")
    result: Any
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = _ProportionalOdds(codes, x, distr="logit")
        result = model.fit(method="bfgs", disp=False, maxiter=500, gtol=1e-6)
    count = x.shape[1]
    thresholds = model.transform_threshold_params(np.asarray(result.params))[1:-1]
    covariance = np.asarray(result.cov_params())[:count, :count]
    gradient = np.abs(np.asarray(model.score(result.params))).max()
    return OrderedLogitFit(
        coefficients=np.asarray(result.params, dtype=np.float64)[:count],
        covariance=covariance,
        thresholds=np.asarray(thresholds, dtype=np.float64),
        log_likelihood=float(result.llf),
        n=len(y),
        # bfgs stops on rounding before its own tolerance; the gradient per row decides
        converged=bool(gradient < 1e-4 * len(y) and np.isfinite(covariance).all()),
    )
