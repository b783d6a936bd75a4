"""Area under the ROC curve with DeLong's interval, also where rows come in clusters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm, rankdata

from financial_analytics.errors import InvalidInputError
from financial_analytics.stats.coverage import tails

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A number and its interval; NaN where the data cannot say.

    Attributes
    ----------
    value, lower, upper : float
        The estimate and its bounds.
    error : float
        Standard error.
    """

    value: float
    lower: float
    upper: float
    error: float


UNKNOWN = Estimate(np.nan, np.nan, np.nan, np.nan)


@dataclass(frozen=True)
class Placements:
    """Structural components of the area under the curve (DeLong et al. 1988).

    Attributes
    ----------
    auc : float
        Area: chance that an event scores above a non-event, ties counting half.
    influence : ndarray of float64, shape (n,)
        What each row moves the area by; they sum to 0, the sum of their squares is the variance.
    """

    auc: float
    influence: Floats


def placements(event: ArrayLike, score: ArrayLike) -> Placements:
    """Return the area under the curve and the influence of each row on it.

    Parameters
    ----------
    event : array_like of bool, shape (n,)
    score : array_like of float, shape (n,)
        Higher means more likely an event. No NaN.

    Raises
    ------
    InvalidInputError
        If shapes differ, a score is not finite, or one of the classes is empty.

    References
    ----------
    DeLong, E. R., DeLong, D. M. and Clarke-Pearson, D. L. (1988). Comparing the areas under
    two or more correlated receiver operating characteristic curves: a nonparametric approach.
    *Biometrics*, 44(3), 837-845. By ranks: Sun, X. and Xu, W. (2014). Fast implementation of
    DeLong's algorithm. *IEEE Signal Processing Letters*, 21(11), 1389-1393.

    Examples
    --------
    >>> placements([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]).auc
    0.75
    """
    is_event, value = np.asarray(event, dtype=bool), np.asarray(score, dtype=np.float64)
    if is_event.shape != value.shape or value.ndim != 1:
        raise InvalidInputError(
            f"event has shape {is_event.shape}, score {value.shape}",
            hint="give two vectors of one length",
        )
    if not np.isfinite(value).all():
        raise InvalidInputError("a score is not a number", hint="drop or fill such rows before")
    events, others = int(is_event.sum()), int((~is_event).sum())
    if events == 0 or others == 0:
        raise InvalidInputError(
            f"{events} events and {others} non-events", hint="a curve needs both"
        )
    everywhere = rankdata(value)
    above = (everywhere[is_event] - rankdata(value[is_event])) / others
    below = 1 - (everywhere[~is_event] - rankdata(value[~is_event])) / events
    auc = float(above.mean())
    influence = np.empty(len(value))
    # the unbiased variance of a mean divides by n - 1
    influence[is_event] = (above - auc) / np.sqrt(events * max(events - 1, 1))
    influence[~is_event] = (below - auc) / np.sqrt(others * max(others - 1, 1))
    return Placements(auc, influence)


def _error(influence: Floats, clusters: ArrayLike | None) -> float:
    if clusters is None:
        return float(np.sqrt(np.square(influence).sum()))
    _, place = np.unique(np.asarray(clusters), return_inverse=True)
    sums = np.bincount(place, weights=influence)
    return float(np.sqrt(np.square(sums).sum()))


def auc_interval(
    event: ArrayLike,
    score: ArrayLike,
    *,
    clusters: ArrayLike | None = None,
    confidence: float = 0.95,
) -> Estimate:
    """Return the area under the ROC curve with DeLong's interval.

    Parameters
    ----------
    event : array_like of bool, shape (n,)
    score : array_like of float, shape (n,)
        Higher means more likely an event.
    clusters : array_like, shape (n,), optional
        Unit that each row belongs to (a customer seen in several months): rows of one unit are
        not independent, and their influences are added before they are squared.
    confidence : float, default 0.95
        Two-sided coverage, a fraction.

    Returns
    -------
    Estimate
        On 0 to 1, bounds made on the logit scale so that they stay inside; NaN where one of the
        classes is empty. A perfect separation has no bound but itself.

    Raises
    ------
    InvalidInputError
        If shapes differ or a score is not finite.

    References
    ----------
    DeLong et al. (1988), see `placements`; clusters: Obuchowski, N. A. (1997). Nonparametric
    analysis of clustered ROC curve data. *Biometrics*, 53(2), 567-578.

    Examples
    --------
    >>> found = auc_interval([0, 0, 0, 1, 1, 1], [0.1, 0.4, 0.6, 0.35, 0.8, 0.9])
    >>> f"{found.value:.4f} ({found.lower:.4f} to {found.upper:.4f})"
    '0.7778 (0.1730 to 0.9832)'
    """
    is_event = np.asarray(event, dtype=bool)
    if is_event.all() or not is_event.any():
        return UNKNOWN
    found = placements(is_event, score)
    error = _error(found.influence, clusters)
    auc = found.auc
    if auc in (0.0, 1.0):
        return Estimate(auc, auc, auc, error)
    margin = norm.ppf(tails(confidence)[1]) * error / (auc * (1 - auc))
    middle = np.log(auc / (1 - auc))
    lower, upper = 1 / (1 + np.exp(-(middle + np.array([-margin, margin]))))
    return Estimate(auc, float(lower), float(upper), error)


def auc_difference(
    event: ArrayLike,
    first: ArrayLike,
    second: ArrayLike,
    *,
    clusters: ArrayLike | None = None,
    confidence: float = 0.95,
) -> Estimate:
    """Return AUC of `first` minus AUC of `second` on the same rows, with its paired interval.

    Parameters and errors are those of `auc_interval`.

    Examples
    --------
    >>> event, good, bad = [0, 0, 1, 1], [0.1, 0.2, 0.3, 0.4], [0.2, 0.1, 0.1, 0.3]
    >>> auc_difference(event, good, bad).value
    0.375
    """
    is_event = np.asarray(event, dtype=bool)
    if is_event.all() or not is_event.any():
        return UNKNOWN
    one, two = placements(is_event, first), placements(is_event, second)
    error = _error(one.influence - two.influence, clusters)
    value = one.auc - two.auc
    margin = norm.ppf(tails(confidence)[1]) * error
    return Estimate(value, float(value - margin), float(value + margin), error)
