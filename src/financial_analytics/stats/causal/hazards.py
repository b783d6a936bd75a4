"""Hazards: what a state that changes over time does to how often something happens."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from lifelines import CoxTimeVaryingFitter
from lifelines.exceptions import ConvergenceError, ConvergenceWarning
from numpy.typing import ArrayLike
from scipy import stats

from financial_analytics.errors import InvalidInputError
from financial_analytics.stats.coverage import tails
from financial_analytics.stats.inference import NAN, Floats

LEAST_EVENTS = 10
"""Events per coefficient below which a hazard ratio is not to be read (Peduzzi et al. 1995)."""


@dataclass(frozen=True)
class HazardFit:
    """Log hazard ratios of a Cox regression; NaN where it was not found.

    Attributes
    ----------
    coefficient, standard_error : ndarray of float64, shape (covariates,)
        The error is robust and clustered where clusters were given.
    events, n : int
    """

    coefficient: Floats
    standard_error: Floats
    events: int
    n: int


def cox(
    start: ArrayLike,
    stop: ArrayLike,
    event: ArrayLike,
    covariates: ArrayLike,
    *,
    cluster: ArrayLike | None = None,
) -> HazardFit:
    """Fit a Cox regression to spells, with covariates that may change between them.

    Parameters
    ----------
    start, stop : array_like of float, shape (n,)
        A spell is at risk from after `start` to `stop`.
    event : array_like of bool, shape (n,)
        It ended in the event; a unit may have several (Andersen and Gill 1982).
    covariates : array_like of float, shape (n, k)
    cluster : array_like, shape (n,), optional
        Unit of each spell: errors hold whatever its spells have in common.

    Raises
    ------
    InvalidInputError
        If shapes differ, a value is not finite, or a spell ends before it begins.

    Notes
    -----
    Ties by Efron's method. NaN with fewer than ten events, or where the fit does not converge.

    References
    ----------
    Lin, D. Y. and Wei, L. J. (1989). The robust inference for the Cox proportional hazards
    model. *JASA*, 84(408), 1074-1078.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> treated = rng.random(800) < 0.5
    >>> life = rng.exponential(np.where(treated, 2.0, 1.0))
    >>> fit = cox(np.zeros(800), life, np.ones(800), treated[:, None])
    >>> bool(abs(fit.coefficient[0] - np.log(0.5)) < 0.2)
    True
    """
    begin, end, happened = (np.asarray(item, dtype=np.float64) for item in (start, stop, event))
    x = np.asarray(covariates, dtype=np.float64)
    if x.ndim != 2 or not (begin.shape == end.shape == happened.shape == (len(x),)):
        raise InvalidInputError(
            f"shapes are {begin.shape}, {end.shape}, {happened.shape} and {x.shape}",
            hint="(n,) three times, and (n, k)",
        )
    if not all(np.isfinite(item).all() for item in (begin, end, happened, x)):
        raise InvalidInputError("a value is NaN or infinite", hint="leave such spells out")
    if (end <= begin).any():
        raise InvalidInputError("a spell ends before it begins", hint="stop must be above start")
    none = np.full(x.shape[1], NAN)
    count = int(happened.sum())
    nothing = HazardFit(none, none, count, len(x))
    if count < LEAST_EVENTS or (np.ptp(x, axis=0) == 0).any():
        return nothing
    scale = x.std(axis=0)
    names = [f"x{k}" for k in range(x.shape[1])]
    frame = pd.DataFrame((x - x.mean(axis=0)) / scale, columns=names)
    frame = frame.assign(start=begin, stop=end, event=happened, id=np.arange(len(x)))
    model: Any = CoxTimeVaryingFitter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", RuntimeWarning)
        try:
            model.fit(frame, id_col="id", event_col="event")
        except (ConvergenceError, np.linalg.LinAlgError):
            return nothing
    beta = model.params_[names].to_numpy()
    bread = np.asarray(model.variance_matrix_)
    error = np.sqrt(np.diag(bread))
    if cluster is not None:
        scores = _scores(begin, end, happened, frame[names].to_numpy(), beta)
        sums = pd.DataFrame(scores).groupby(pd.factorize(np.asarray(cluster))[0]).sum().to_numpy()
        few = len(sums) / max(len(sums) - 1, 1)
        robust = np.sqrt(few * np.diag(bread @ (sums.T @ sums) @ bread))
        error = np.maximum(robust, error)
    if not np.isfinite(error).all():
        return nothing
    return HazardFit(beta / scale, error / scale, count, len(x))


def _scores(begin: Floats, end: Floats, happened: Floats, x: Floats, beta: Floats) -> Floats:
    """Return each spell's part in the score of the partial likelihood."""
    weight = np.exp(x @ beta)
    scores = np.zeros_like(x)
    for moment in np.unique(end[happened > 0]):
        risk = np.flatnonzero((begin < moment) & (end >= moment))
        ends = happened[risk] * (end[risk] == moment)
        w = weight[risk]
        centre = (w @ x[risk]) / w.sum()
        scores[risk] += (ends - w * ends.sum() / w.sum())[:, None] * (x[risk] - centre)
    return scores


@dataclass(frozen=True)
class Cumulative:
    """Events to be expected of a unit by each time, with its interval."""

    time: Floats
    value: Floats
    lower: Floats
    upper: Floats
    at_risk: Floats


def nelson_aalen(
    start: ArrayLike, stop: ArrayLike, event: ArrayLike, *, confidence: float = 0.95
) -> Cumulative:
    """Return the cumulative hazard of spells: the number of events that a unit has by each time.

    A unit that changes state is at risk in each while it is in it, so that nobody is counted
    for the time before (Simon and Makuch 1984).

    References
    ----------
    Aalen, O. (1978). Nonparametric inference for a family of counting processes. *Annals of
    Statistics*, 6(4), 701-726.

    Examples
    --------
    >>> nelson_aalen([0, 0, 0, 0], [1, 1, 2, 2], [1, 0, 1, 0]).value.tolist()
    [0.25, 0.75]
    """
    begin, end, happened = (np.asarray(item, dtype=np.float64) for item in (start, stop, event))
    time = np.unique(end)
    risk = np.array([((begin < at) & (end >= at)).sum() for at in time], dtype=np.float64)
    count = np.array([happened[end == at].sum() for at in time])
    value = np.cumsum(count / risk)
    spread = np.sqrt(np.cumsum(count / risk**2))
    quantile = float(stats.norm.ppf(tails(confidence)[1]))
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.exp(quantile * spread / value)
    factor = np.where(value > 0, factor, NAN)
    return Cumulative(time, value, value / factor, value * factor, risk)
