"""Augmented inverse probability weighting: an effect that is right if either of two models is."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.linear_model import LogisticRegression, Ridge

from financial_analytics.errors import InvalidInputError
from financial_analytics.stats.causal.effect import CausalEffect, normal_effect
from financial_analytics.stats.inference import Floats

LEAST_IN_AN_ARM = 30
FOLDS = 5
PENALTY = 1.0
"""Ridge penalty on standardised features: keeps collinear ones apart, moves nothing else."""


def features(covariates: Floats) -> Floats:
    """Return covariates standardised, their squares, and whether each is zero where many are.

    Examples
    --------
    >>> features(np.array([[0.0], [0.0], [4.0], [2.0]])).shape
    (4, 3)
    """
    columns = []
    for value in covariates.T:
        if np.ptp(value) == 0:
            continue
        scaled = (value - value.mean()) / value.std()
        columns.append(scaled)
        if len(np.unique(value)) > 2:
            columns.append(scaled**2 - 1)
            if 0.05 < np.mean(value == 0) < 0.95:
                columns.append((value == 0).astype(float))
    made = np.column_stack(columns) if columns else np.empty((len(covariates), 0))
    spread = made.std(axis=0)
    return np.asarray((made - made.mean(axis=0)) / np.where(spread > 0, spread, 1.0))


def _crossfit(
    y: Floats, d: NDArray[np.bool_], x: Floats, fold: NDArray[np.int64]
) -> tuple[Floats, Floats]:
    """Return propensity and outcome without treatment of each unit, from the other folds."""
    propensity, outcome = np.empty(len(y)), np.empty(len(y))
    for number in np.unique(fold):
        train, test = fold != number, fold == number
        if not x.shape[1]:
            propensity[test], outcome[test] = d[train].mean(), y[train & ~d].mean()
            continue
        chance = LogisticRegression(C=1 / PENALTY, max_iter=500, tol=1e-8).fit(x[train], d[train])
        propensity[test] = chance.predict_proba(x[test])[:, 1]
        part = train & ~d
        outcome[test] = Ridge(PENALTY).fit(x[part], y[part]).predict(x[test])
    return propensity, outcome


def standardised_differences(x: Floats, d: NDArray[np.bool_], weight: Floats) -> Floats:
    """Return mean of the treated less weighted mean of the controls, in pooled deviations."""
    if not x.shape[1]:
        return np.zeros(0)
    pooled = np.sqrt((x[d].var(axis=0) + x[~d].var(axis=0)) / 2)
    one = np.average(x[d], axis=0, weights=weight[d])
    other = np.average(x[~d], axis=0, weights=weight[~d])
    return np.asarray((one - other) / np.where(pooled > 0, pooled, 1.0))


def aipw(
    outcome: ArrayLike,
    treated: ArrayLike,
    covariates: ArrayLike,
    *,
    rng: np.random.Generator,
    is_ratio: bool = False,
    cluster: ArrayLike | None = None,
    repeats: int = 5,
    trim: float = 0.01,
    confidence: float = 0.95,
) -> CausalEffect:
    """Return the effect on the treated, by cross-fitted augmented inverse probability weights.

    Parameters
    ----------
    outcome : array_like of float, shape (n,)
    treated : array_like of bool, shape (n,)
    covariates : array_like of float, shape (n, k)
        Known before the treatment.
    rng : numpy.random.Generator
        Draws the folds.
    is_ratio : bool, default False
        Give the logarithm of the ratio of the treated's mean to what it would have been.
    cluster : array_like, shape (n,), optional
        Unit of each row: folds and errors go by units.
    repeats : int, default 5
        Draws of folds, of which the median is given: in small samples the draw matters.
    trim : float, default 0.01
        Units are left out whose chance of treatment is not between `trim` and ``1 - trim``:
        below, for want of anybody like them among the treated; above, among the controls.
    confidence : float, default 0.95

    Returns
    -------
    CausalEffect
        Diagnostics: ``naive`` (difference of raw means, or of their logarithms),
        ``overlap`` (share of the treated kept), ``effective_controls`` (by Kish), and the largest
        absolute standardised differences ``imbalance_before`` and ``imbalance_after`` weighting.
        NaN with fewer than 30 on a side.

    Raises
    ------
    InvalidInputError
        If shapes differ or a value is not finite.

    Notes
    -----
    Assumes that nothing unmeasured decides on treatment and moves the outcome. Ridge and logistic
    regression on `features`; five folds.

    References
    ----------
    Chernozhukov, V. et al. (2018). Double/debiased machine learning for treatment and structural
    parameters. *Econometrics Journal*, 21(1), C1-C68. Crump, R. K. et al. (2009). Dealing with
    limited overlap in estimation of average treatment effects. *Biometrika*, 96(1), 187-199.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> x = rng.normal(size=(4000, 1))
    >>> d = rng.random(4000) < 1 / (1 + np.exp(-x[:, 0]))
    >>> found = aipw(2 * x[:, 0] + d + rng.normal(size=4000), d, x, rng=rng)
    >>> bool(found.lower < 1 < found.upper), bool(found.diagnostics["naive"] > 2)
    (True, True)
    """
    y, d = np.asarray(outcome, dtype=np.float64), np.asarray(treated, dtype=bool)
    x = np.asarray(covariates, dtype=np.float64)
    if x.ndim != 2 or not (y.shape == d.shape == (len(x),)):
        raise InvalidInputError(
            f"shapes are {y.shape}, {d.shape} and {x.shape}", hint="(n,) twice, and (n, k)"
        )
    if not (np.isfinite(y).all() and np.isfinite(x).all()):
        raise InvalidInputError("a value is NaN or infinite", hint="leave such rows out")
    unit = pd.factorize(np.arange(len(y)) if cluster is None else np.asarray(cluster))[0]
    nothing = CausalEffect(n=len(y), treated=int(d.sum()), control=int((~d).sum()))
    if min(d.sum(), (~d).sum()) < LEAST_IN_AN_ARM or np.ptp(y) == 0:
        return nothing
    z = features(x)
    found = []
    for _ in range(repeats):
        fold = rng.integers(0, FOLDS, int(unit.max()) + 1)[unit]
        one = _once(y, d, z, unit, fold, trim, is_ratio=is_ratio)
        if one is not None:
            found.append(one)
    if not found:
        return nothing
    # the median over draws of folds, and the errors' with how far the draws lie apart
    values, errors = (np.array([getattr(one, name) for one in found]) for name in
                      ("estimate", "standard_error"))  # fmt: skip
    middle = float(np.median(values))
    error = float(np.sqrt(np.median(errors**2 + (values - middle) ** 2)))
    first = found[int(np.argmin(np.abs(values - middle)))]
    return normal_effect(
        middle,
        error,
        confidence=confidence,
        n=first.n,
        treated=first.treated,
        control=first.control,
        diagnostics=first.diagnostics,
    )


def _once(
    y: Floats,
    d: NDArray[np.bool_],
    z: Floats,
    unit: NDArray[np.int64],
    fold: NDArray[np.int64],
    trim: float,
    *,
    is_ratio: bool,
) -> CausalEffect | None:
    """Return the effect with these folds; None where they leave too few on a side."""
    for number in range(FOLDS):  # each fold leaves both arms to learn from
        part = fold != number
        if min((d & part).sum(), (~d & part).sum()) < LEAST_IN_AN_ARM // 2:
            return None
    e, low = _crossfit(y, d, z, fold)
    keep = (e > trim) & (e < 1 - trim)
    overlap = float(keep[d].mean())
    if min((d & keep).sum(), (~d & keep).sum()) < LEAST_IN_AN_ARM:
        return None
    y, d, e, low, z, unit = y[keep], d[keep], e[keep], low[keep], z[keep], unit[keep]
    odds = e / (1 - e)
    share = d.mean()
    # what the treated have, and would have had: influence values with these means
    have = d * y / share
    scale = odds[~d].sum() / d.sum()
    would = (d * low + (~d) * odds / scale * (y - low)) / share
    one, other = float(have.mean()), float(would.mean())
    raw = (float(y[d].mean()), float(y[~d].mean()))
    if is_ratio and min(one, other, *raw) <= 0:
        return None
    inside = d / share
    influence = have - inside * one, would - inside * other
    if is_ratio:
        estimate, values = np.log(one / other), influence[0] / one - influence[1] / other
        naive = float(np.log(raw[0] / raw[1]))
    else:
        estimate, values = one - other, influence[0] - influence[1]
        naive = raw[0] - raw[1]
    sums = np.bincount(unit, values)
    many = len(np.unique(unit))
    error = float(np.sqrt((sums**2).sum() * many / (many - 1)) / len(y))
    before = standardised_differences(z, d, np.ones(len(y)))
    after = standardised_differences(z, d, np.where(d, 1.0, odds))
    tests = {
        "naive": naive,
        "overlap": overlap,
        "effective_controls": float(odds[~d].sum() ** 2 / (odds[~d] ** 2).sum()),
        "imbalance_before": float(np.abs(before).max(initial=0.0)),
        "imbalance_after": float(np.abs(after).max(initial=0.0)),
    }
    return CausalEffect(
        float(estimate), standard_error=error, n=len(y), treated=int(d.sum()),
        control=int((~d).sum()), diagnostics=tests,
    )  # fmt: skip


def propensities(treated: ArrayLike, covariates: ArrayLike, *, rng: np.random.Generator) -> Floats:
    """Return each unit's chance of treatment as others tell it, to see who is like whom.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> x = rng.normal(size=(500, 1))
    >>> p = propensities(rng.random(500) < 0.3, x, rng=rng)
    >>> bool(abs(p.mean() - 0.3) < 0.06)
    True
    """
    d, x = np.asarray(treated, dtype=bool), np.asarray(covariates, dtype=np.float64)
    fold = rng.integers(0, FOLDS, len(d))
    return _crossfit(np.zeros(len(d)), d, features(x), fold)[0]
