"""A logit with robust errors: odds ratios, average marginal effects, and its calibration."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats
from statsmodels.discrete.discrete_model import Logit
from statsmodels.tools.sm_exceptions import (
    ConvergenceWarning,
    HessianInversionWarning,
    PerfectSeparationWarning,
)

from financial_analytics.errors import InvalidInputError
from financial_analytics.stats.coverage import tails
from financial_analytics.stats.inference import Floats, Inference


@dataclass(frozen=True)
class LogitFit:
    """A logit; arrays have one entry per predictor, without the constant.

    Attributes
    ----------
    odds_ratio, odds_lower, odds_upper, statistic, p_value : ndarray of float64, shape (k,)
        z test with robust errors.
    effect, effect_lower, effect_upper : ndarray of float64, shape (k,)
        Average marginal effect on the probability; of a 0/1 predictor its switch from 0 to 1.
    fitted : ndarray of float64, shape (n,)
        Probabilities.
    n : int
    converged : bool
        False where the data separate: no estimate is to be read.
    """

    odds_ratio: Floats
    odds_lower: Floats
    odds_upper: Floats
    statistic: Floats
    p_value: Floats
    effect: Floats
    effect_lower: Floats
    effect_upper: Floats
    fitted: Floats
    n: int
    converged: bool


def robust_logit(
    outcome: ArrayLike, predictors: ArrayLike, *, confidence: float = 0.95
) -> LogitFit:
    """Fit a logit whose errors hold under a wrong link or variance (Huber and White).

    Each error is the larger of the robust and the model's own: with few events the robust one
    is too small, and rejects what is true (Angrist and Pischke 2009, section 8.1).

    Parameters
    ----------
    outcome : array_like of bool or 0/1, shape (n,)
    predictors : array_like of float, shape (n, k)
        Without a constant; of full rank beside one.
    confidence : float, default 0.95
        Two-sided coverage as a fraction in (0, 1).

    Raises
    ------
    InvalidInputError
        If shapes differ, a value is not finite, or the predictors are collinear.

    Notes
    -----
    Assumes independent observations. Equal to the larger errors of ``Logit.fit()`` and of
    ``Logit.fit(cov_type="HC0")``, and of their ``get_margeff``.

    References
    ----------
    White, H. (1982). Maximum likelihood estimation of misspecified models. *Econometrica*,
    50(1), 1-25. Angrist, J. D. and Pischke, J.-S. (2009). *Mostly Harmless Econometrics*.

    Examples
    --------
    >>> rng = np.random.default_rng(5)
    >>> x = rng.integers(0, 2, 2000)
    >>> y = rng.random(2000) < np.where(x == 1, 0.5, 0.25)
    >>> fit = robust_logit(y, x[:, None])
    >>> bool(2 < fit.odds_ratio[0] < 4.5), bool(abs(fit.effect[0] - 0.25) < 0.06)
    (True, True)
    """
    y, x = np.asarray(outcome, dtype=np.float64), np.asarray(predictors, dtype=np.float64)
    if x.ndim != 2 or y.shape != (len(x),):
        raise InvalidInputError(
            f"outcome has shape {y.shape} and predictors {x.shape}; (n,) and (n, k) are valid"
        )
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise InvalidInputError("a value is NaN or infinite; leave such rows out")
    design = np.column_stack([np.ones(len(x)), x])
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise InvalidInputError("the predictors are collinear; leave one of them out")
    plain: Any
    robust: Any
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        for kind in (ConvergenceWarning, HessianInversionWarning, PerfectSeparationWarning):
            warnings.simplefilter("ignore", kind)
        warnings.simplefilter("ignore", RuntimeWarning)
        try:
            model = Logit(y, design)
            plain, robust = (
                model.fit(disp=False, maxiter=100, cov_type=kind) for kind in ("nonrobust", "HC0")
            )
            switch = bool(np.isin(x, (0, 1)).all())
            effects = [fit.get_margeff(dummy=switch) for fit in (plain, robust)]
        except (np.linalg.LinAlgError, ValueError):
            return _not_found(x)
    result = robust
    error = np.maximum(np.asarray(plain.bse), np.asarray(robust.bse))[1:]
    quantile = float(stats.norm.ppf(tails(confidence)[1]))
    if not result.mle_retvals["converged"] or not np.isfinite(error).all() or error.max() > 10:
        return _not_found(x)
    slope = np.asarray(result.params)[1:]
    margin = quantile * np.maximum(*(np.asarray(found.margeff_se) for found in effects))
    effect = np.asarray(effects[0].margeff)
    statistic = slope / error
    return LogitFit(
        np.exp(slope),
        np.exp(slope - quantile * error),
        np.exp(slope + quantile * error),
        statistic,
        2 * stats.norm.sf(np.abs(statistic)),
        effect,
        effect - margin,
        effect + margin,
        np.asarray(result.predict()),
        len(y),
        True,
    )


def _not_found(x: Floats) -> LogitFit:
    none = np.full(x.shape[1], np.nan)
    fitted = np.full(len(x), np.nan)
    return LogitFit(none, none, none, none, none, none, none, none, fitted, len(x), False)


def hosmer_lemeshow(outcome: ArrayLike, fitted: ArrayLike, *, groups: int = 10) -> Inference:
    """Return the test that events come as often as fitted, in groups of equal risk.

    Parameters
    ----------
    outcome : array_like of bool or 0/1, shape (n,)
    fitted : array_like of float, shape (n,)
        Probabilities of the model fitted to `outcome`. Equal ones stay together, so that few
        distinct ones make fewer groups.
    groups : int, default 10

    Notes
    -----
    Chi-squared with two degrees of freedom less than groups. A large sample rejects models that
    are useful; NaN below three groups.

    References
    ----------
    Hosmer, D. W. and Lemeshow, S. (1980). Goodness of fit tests for the multiple logistic
    regression model. *Communications in Statistics A*, 9(10), 1043-1069.

    Examples
    --------
    >>> rng = np.random.default_rng(2)
    >>> p = rng.uniform(0.1, 0.9, 4000)
    >>> bool(hosmer_lemeshow(rng.random(4000) < p, p).p_value > 0.01)
    True
    """
    y, p = np.asarray(outcome, dtype=np.float64), np.asarray(fitted, dtype=np.float64)
    keep = np.isfinite(y) & np.isfinite(p)
    y, p = y[keep], p[keep]
    if not len(y):
        return Inference(0)
    edges = np.unique(np.quantile(p, np.linspace(0, 1, groups + 1)[1:-1]))
    cell = np.searchsorted(edges, p, side="left")
    size, seen, expected = (
        np.bincount(cell, weight, len(edges) + 1) for weight in (np.ones(len(y)), y, p)
    )
    some = (expected > 0) & (expected < size)
    size, seen, expected = size[some], seen[some], expected[some]
    if len(size) < 3:
        return Inference(len(y))
    statistic = float(((seen - expected) ** 2 / (expected * (1 - expected / size))).sum())
    freedom = len(size) - 2
    return Inference(
        len(y),
        statistic=statistic,
        degrees_of_freedom=freedom,
        p_value=float(stats.chi2.sf(statistic, freedom)),
    )
