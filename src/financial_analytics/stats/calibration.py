"""How good probabilities are: Brier score, calibration, Kolmogorov-Smirnov, population stability.

Rows may come in clusters (a customer in several months): standard errors then add up each
cluster's influences before squaring them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit
from scipy.stats import norm

from financial_analytics.stats.coverage import tails
from financial_analytics.stats.roc import UNKNOWN, Estimate

Floats = NDArray[np.float64]
LEAST_PROBABILITY = 1e-12
"""Probabilities are kept this far from 0 and 1 where their logit is taken."""
STABILITY_BINS = 10


def summed(influence: Floats, clusters: ArrayLike | None) -> Floats:
    """Return influences added up by cluster; as they are without clusters.

    Examples
    --------
    >>> summed(np.array([1.0, 2.0, 4.0]), [7, 7, 9]).tolist()
    [3.0, 4.0]
    """
    if clusters is None:
        return influence
    _, place = np.unique(np.asarray(clusters), return_inverse=True)
    if influence.ndim == 1:
        return np.asarray(np.bincount(place, weights=influence), dtype=np.float64)
    return np.column_stack([np.bincount(place, weights=column) for column in influence.T])


def _around(value: float, error: float, confidence: float) -> Estimate:
    margin = float(norm.ppf(tails(confidence)[1])) * error
    return Estimate(value, value - margin, value + margin, error)


def brier_score(
    event: ArrayLike,
    probability: ArrayLike,
    *,
    clusters: ArrayLike | None = None,
    confidence: float = 0.95,
) -> Estimate:
    """Return the mean squared distance of probabilities from what happened.

    References
    ----------
    Brier, G. W. (1950). Verification of forecasts expressed in terms of probability.
    *Monthly Weather Review*, 78(1), 1-3.

    Examples
    --------
    >>> round(brier_score([0, 1], [0.2, 0.6]).value, 3)
    0.1
    """
    loss = np.square(np.asarray(probability, dtype=np.float64) - np.asarray(event, dtype=float))
    if not len(loss):
        return UNKNOWN
    value = float(loss.mean())
    error = float(np.sqrt(np.square(summed((loss - value) / len(loss), clusters)).sum()))
    return _around(value, error, confidence)


def log_odds(probability: ArrayLike) -> Floats:
    """Return the logit of probabilities, kept finite."""
    kept = np.clip(
        np.asarray(probability, dtype=np.float64), LEAST_PROBABILITY, 1 - LEAST_PROBABILITY
    )
    return np.asarray(logit(kept))


def _newton(design: Floats, outcome: Floats, offset: Floats) -> tuple[Floats, Floats, Floats]:
    """Return coefficients of a logit, the inverse information, and the score of each row."""
    value = np.zeros(design.shape[1])
    inverse = np.full((len(value), len(value)), np.nan)
    residual = outcome
    for _ in range(60):
        fitted = expit(offset + design @ value)
        residual = outcome - fitted
        weight = fitted * (1 - fitted)
        information = design.T @ (design * weight[:, None])
        if np.linalg.cond(information) > 1e12:
            return np.full_like(value, np.nan), inverse, residual
        inverse = np.linalg.inv(information)
        step = inverse @ (design.T @ residual)
        value = value + np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-10:
            break
    return value, inverse, residual


def fit_logit(design: Floats, outcome: Floats, weight: Floats | None = None) -> Floats:
    """Return the coefficients of a logit by Newton's method, a hair of ridge on all but the first.

    The ridge, that of one row, keeps columns that say the same finite.

    Examples
    --------
    >>> design = np.column_stack([np.ones(400), np.repeat([0.0, 1.0], 200)])
    >>> outcome = np.tile([0.0, 1.0], 200)
    >>> bool(np.abs(fit_logit(design, outcome)).max() < 1e-9)
    True
    """
    share = np.ones(len(outcome)) if weight is None else weight
    ridge = np.diag([0.0] + [1.0] * (design.shape[1] - 1))
    rate = float((share * outcome).sum() / share.sum())
    value = np.zeros(design.shape[1])
    value[0] = np.log(rate / (1 - rate))
    for _ in range(100):
        fitted = expit(design @ value)
        information = design.T @ (design * (share * fitted * (1 - fitted))[:, None]) + ridge
        slope = design.T @ (share * (outcome - fitted)) - ridge @ value
        step = np.linalg.solve(information, slope)
        value = value + np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-10:
            break
    return value


def calibration(
    event: ArrayLike,
    probability: ArrayLike,
    *,
    clusters: ArrayLike | None = None,
    confidence: float = 0.95,
) -> tuple[Estimate, Estimate]:
    """Return calibration intercept and slope of probabilities.

    Slope: coefficient of the logit of the probability in a logit of the event; 1 is right, less
    is too extreme. Intercept: what is added to that logit where the slope is held at 1; 0 is
    right, below 0 the probabilities are too high.

    Returns
    -------
    intercept, slope : Estimate
        Sandwich standard errors by cluster. NaN where one class is empty; the slope also where
        all probabilities are equal.

    References
    ----------
    Cox, D. R. (1958). Two further applications of a model for binary regression. *Biometrika*,
    45, 562-565. Van Calster, B. et al. (2019). Calibration: the Achilles heel of predictive
    analytics. *BMC Medicine*, 17, 230.

    Examples
    --------
    >>> event = [0] * 8 + [1] * 2 + [0] * 2 + [1] * 8
    >>> intercept, slope = calibration(event, [0.2] * 10 + [0.8] * 10)
    >>> f"{intercept.value:.3f} {slope.value:.3f}".replace("-0.000", "0.000")
    '0.000 1.000'
    """
    outcome = np.asarray(event, dtype=np.float64)
    if not len(outcome) or outcome.min() == outcome.max():
        return UNKNOWN, UNKNOWN
    said = log_odds(probability)
    ones = np.ones((len(said), 1))
    found = []
    for design, offset, place in (
        (ones, said, 0),
        (np.column_stack([ones[:, 0], said]), np.zeros_like(said), 1),
    ):
        if place and np.ptp(said) < 1e-9:
            found.append(UNKNOWN)
            continue
        value, inverse, residual = _newton(design, outcome, offset)
        scores = summed(design * residual[:, None], clusters)
        variance = inverse @ (scores.T @ scores) @ inverse
        found.append(
            _around(float(value[place]), float(np.sqrt(variance[place, place])), confidence)
        )
    return found[0], found[1]


def kolmogorov_smirnov(
    event: ArrayLike,
    score: ArrayLike,
    *,
    clusters: ArrayLike | None = None,
    confidence: float = 0.95,
) -> Estimate:
    """Return the largest gap between the shares of events and of non-events above a score.

    The interval is that of the gap at the score where it was found: it leaves the search out.

    Examples
    --------
    >>> kolmogorov_smirnov([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]).value
    0.5
    """
    is_event = np.asarray(event, dtype=bool)
    if is_event.all() or not is_event.any():
        return UNKNOWN
    value = np.asarray(score, dtype=np.float64)
    order = np.argsort(-value, kind="stable")
    hit = np.cumsum(is_event[order]) / is_event.sum()
    false = np.cumsum(~is_event[order]) / (~is_event).sum()
    last = np.append(value[order][1:] != value[order][:-1], True)
    gaps = np.where(last, hit - false, -1.0)
    best = int(np.argmax(gaps))
    above = value >= value[order][best]
    influence = np.where(
        is_event,
        (above - hit[best]) / is_event.sum(),
        -(above - false[best]) / (~is_event).sum(),
    )
    error = float(np.sqrt(np.square(summed(influence, clusters)).sum()))
    return _around(float(gaps[best]), error, confidence)


def stability_edges(score: ArrayLike) -> Floats:
    """Return the bounds between ten equal parts of a reference sample of scores."""
    shares = np.linspace(0, 1, STABILITY_BINS + 1)[1:-1]
    return np.unique(np.quantile(np.asarray(score, dtype=np.float64), shares))


def population_stability(
    reference: ArrayLike,
    score: ArrayLike,
    *,
    rng: np.random.Generator,
    confidence: float = 0.95,
    draws: int = 400,
) -> Estimate:
    """Return the population stability index of `score` against `reference`.

    Parts are tenths of the reference; an empty one counts as half a row. By convention below
    0.1 nothing moved, above 0.25 the population is another one. The interval: shares drawn
    again from the two multinomials.

    References
    ----------
    Yurdakul, B. and Naranjo, J. (2020). Statistical properties of the population stability
    index. *Journal of Risk Model Validation*, 14(4).

    Examples
    --------
    >>> sample = np.arange(1000) / 1000
    >>> population_stability(sample, sample, rng=np.random.default_rng(1)).value
    0.0
    """
    first, second = np.asarray(reference, dtype=float), np.asarray(score, dtype=float)
    if not len(first) or not len(second):
        return UNKNOWN
    edges = stability_edges(first)
    counts = [
        np.bincount(np.searchsorted(edges, part, side="right"), minlength=len(edges) + 1)
        for part in (first, second)
    ]

    def index(before: NDArray[np.int64], after: NDArray[np.int64]) -> Floats:
        shares = [np.maximum(c, 0.5) / c.sum(axis=-1, keepdims=True) for c in (before, after)]
        return np.asarray(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum(axis=-1))

    value = float(index(*counts))
    drawn = index(*(rng.multinomial(c.sum(), c / c.sum(), size=draws) for c in counts))
    lower, upper = np.quantile(drawn, tails(confidence))
    return Estimate(value, float(min(lower, value)), float(upper), float(drawn.std()))
