"""Regression discontinuity: the jump of an outcome where a rule switches treatment on."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from financial_analytics.errors import InvalidInputError
from financial_analytics.stats.causal.effect import CausalEffect, normal_effect
from financial_analytics.stats.causal.local_fit import (
    Side,
    inverse,
    neighbour_residuals,
    optimal_bandwidths,
    powers,
    sandwich,
    weights,
)
from financial_analytics.stats.inference import NAN, Floats

LEAST_ON_A_SIDE = 20
"""Observations that each side needs, of three distinct values at least five."""
LEAST_DISTINCT = 5


@dataclass(frozen=True)
class _Jump:
    """Conventional and bias-corrected jumps of all outcomes, and what their errors come from."""

    plain: Floats
    corrected: Floats
    plain_covariance: Floats
    robust_covariance: Floats
    counts: tuple[int, int]


def _side_jump(side: Side, h: float, b: float) -> tuple[Floats, Floats, Floats, Floats, int]:
    keep = np.abs(side.x) <= max(h, b)
    x, y = side.x[keep], side.y[keep]
    w, wide = weights(x, h), weights(x, b)
    line, curve = powers(x, 1), powers(x, 2)
    bread = inverse(line.T @ (line * w[:, None]))
    wide_bread = inverse(curve.T @ (curve * wide[:, None]))
    tail = (line * w[:, None]).T @ (x / h) ** 2
    second = (wide_bread @ curve.T)[2] * wide
    design = line * w[:, None]
    corrected = design - h**2 * np.outer(second, tail)
    residual = neighbour_residuals(x, y)

    def covariance(weighted: Floats) -> Floats:
        outcomes = y.shape[1]
        found = np.empty((outcomes, outcomes))
        for one in range(outcomes):
            for other in range(outcomes):
                sums = [
                    sandwich(bread, weighted, residual[:, one] + sign * residual[:, other])[0, 0]
                    for sign in (1, -1)
                ]
                found[one, other] = (sums[0] - sums[1]) / 4
        return found

    return (
        (bread @ design.T @ y)[0],
        (bread @ corrected.T @ y)[0],
        covariance(design),
        covariance(corrected),
        int((w > 0).sum()),
    )


def _jump(left: Side, right: Side, h: float, b: float) -> _Jump:
    one, other = (_side_jump(side, h, b) for side in (left, right))
    return _Jump(
        other[0] - one[0],
        other[1] - one[1],
        one[2] + other[2],
        one[3] + other[3],
        (one[4], other[4]),
    )


def _sides(x: Floats, y: Floats, cutoff: float) -> tuple[Side, Side]:
    order = np.lexsort((*y.T, x))
    x, y = x[order] - cutoff, y[order]
    return Side(x[x < 0], y[x < 0]), Side(x[x >= 0], y[x >= 0])


def _too_few(side: Side) -> bool:
    return len(side.x) < LEAST_ON_A_SIDE or len(np.unique(side.x)) < LEAST_DISTINCT


def discontinuity(
    running: ArrayLike,
    outcome: ArrayLike,
    *,
    cutoff: float,
    treatment: ArrayLike | None = None,
    bandwidth: float | None = None,
    bias_bandwidth: float | None = None,
    confidence: float = 0.95,
) -> CausalEffect:
    """Return the effect of treatment at the cutoff by local linear fits on its two sides.

    Parameters
    ----------
    running : array_like of float, shape (n,)
        Variable that the rule looks at; ties are allowed.
    outcome : array_like of float, shape (n,)
    cutoff : float
        Value of `running` from which treatment is given.
    treatment : array_like of float, shape (n,), optional
        Treatment received, 0 or 1. With it the design is fuzzy: the outcome's jump over
        treatment's, the effect on those whom the rule moves. Without it the rule is obeyed.
    bandwidth, bias_bandwidth : float, optional
        Units of `running`; default: those of least mean squared error.
    confidence : float, default 0.95
        Two-sided coverage as a fraction in (0, 1).

    Returns
    -------
    CausalEffect
        `estimate` is the conventional one; the interval is around the bias-corrected one, with
        its robust error (`standard_error`). Rows with a missing value are left out. With fewer
        than 20 rows or five distinct values on a side all is NaN. Diagnostics:
        ``bandwidth``, ``bias_bandwidth``, ``corrected_estimate``, ``conventional_error``,
        ``first_stage`` and ``first_stage_statistic`` (F of treatment's own jump).

    Raises
    ------
    InvalidInputError
        If shapes differ, or a bandwidth is not positive.

    Notes
    -----
    Assumes that all else is continuous at the cutoff and that nobody can aim at its side. Equal
    to the R and Python packages of the authors at their defaults (triangular kernel, variance by
    three neighbours, bandwidth ``mserd``) where the running variable has no mass points.

    References
    ----------
    Calonico, S., Cattaneo, M. D. and Titiunik, R. (2014). Robust nonparametric confidence
    intervals for regression-discontinuity designs. *Econometrica*, 82(6), 2295-2326.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> x = rng.uniform(-1, 1, 2000)
    >>> found = discontinuity(x, x + 2 * (x >= 0) + 0.3 * rng.standard_normal(2000), cutoff=0)
    >>> bool(found.lower < 2 < found.upper), bool(abs(found.estimate - 2) < 0.2)
    (True, True)
    """
    given = [running, outcome] if treatment is None else [running, outcome, treatment]
    arrays = [np.asarray(item, dtype=np.float64).ravel() for item in given]
    if len({len(item) for item in arrays}) > 1:
        raise InvalidInputError(
            f"lengths differ: {', '.join(str(len(item)) for item in arrays)}",
            hint="give one value per unit in each",
        )
    for width in (bandwidth, bias_bandwidth):
        if width is not None and width <= 0:
            raise InvalidInputError(f"bandwidth is {width}", hint="give a positive one")
    table = np.column_stack(arrays)
    table = table[np.isfinite(table).all(axis=1)]
    left, right = _sides(table[:, 0], table[:, 1:], cutoff)
    nothing = CausalEffect(n=len(table), treated=len(right.x), control=len(left.x))
    if _too_few(left) or _too_few(right) or np.ptp(table[:, 1]) == 0:
        return nothing
    try:
        h, b = optimal_bandwidths(left, right) if bandwidth is None else (bandwidth, bandwidth)
        if bias_bandwidth is not None:
            b = bias_bandwidth
        found = _jump(left, right, h, b)
    except np.linalg.LinAlgError:
        return nothing
    widths = {"bandwidth": h, "bias_bandwidth": b}
    gradient, middle, corrected = np.array([1.0]), found.plain[0], found.corrected[0]
    first = {}
    if treatment is not None:
        y, t = found.plain
        error = float(np.sqrt(found.robust_covariance[1, 1]))
        statistic = (found.corrected[1] / error) ** 2 if error > 0 else np.inf
        first = {"first_stage": float(t), "first_stage_statistic": float(statistic)}
        if t == 0:
            return replace(nothing, diagnostics=widths | first)
        middle, gradient = y / t, np.array([1 / t, -y / t**2])
        corrected = middle - gradient @ (found.plain - found.corrected)
    error = float(np.sqrt(max(gradient @ found.robust_covariance @ gradient, 0.0)))
    plain = float(np.sqrt(max(gradient @ found.plain_covariance @ gradient, 0.0)))
    return normal_effect(
        float(middle),
        error,
        confidence=confidence,
        centre=float(corrected),
        n=sum(found.counts),
        treated=found.counts[1],
        control=found.counts[0],
        diagnostics=widths
        | first
        | {"corrected_estimate": float(corrected), "conventional_error": plain},
    )


def side_line(x: ArrayLike, y: ArrayLike, bandwidth: float) -> tuple[float, float]:
    """Return level at the cutoff and slope of the local linear fit of one side; NaN if too few.

    Parameters
    ----------
    x, y : array_like of float, shape (n,)
        Distance from the cutoff, and outcome.
    bandwidth : float

    Examples
    --------
    >>> side_line([0.0, 1.0, 2.0, 3.0], [1.0, 3.0, 5.0, 7.0], 4.0)
    (1.0, 2.0)
    """
    at, value = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    w, design = weights(at, bandwidth), powers(at, 1)
    if len(np.unique(at[w > 0])) < 2:
        return NAN, NAN
    weighted = design * w[:, None]
    level, slope = inverse(design.T @ weighted) @ (weighted.T @ value)
    return round(float(level), 12), round(float(slope), 12)


def density_jump(running: ArrayLike, *, cutoff: float) -> CausalEffect:
    """Return the jump of the log density at the cutoff: who could aim at its side would bunch.

    Parameters
    ----------
    running : array_like of float, shape (n,)
        Missing values are left out.
    cutoff : float

    Notes
    -----
    Counts in bins of ``2 sd n ** -1/2``, of whole steps where the values lie on a grid, smoothed
    by local linear fits of the least mean squared error.

    References
    ----------
    McCrary, J. (2008). Manipulation of the running variable in the regression discontinuity
    design. *Journal of Econometrics*, 142(2), 698-714.

    Examples
    --------
    >>> rng = np.random.default_rng(3)
    >>> bool(density_jump(rng.normal(size=5000), cutoff=0.2).p_value > 0.05)
    True
    """
    x = np.asarray(running, dtype=np.float64).ravel()
    x = np.sort(x[np.isfinite(x)]) - cutoff
    n, values = len(x), np.unique(x)
    if min((x < 0).sum(), (x >= 0).sum()) < LEAST_ON_A_SIDE or len(values) < 2 * LEAST_DISTINCT:
        return CausalEffect(n=n)
    width = 2 * float(x.std(ddof=1)) / np.sqrt(n)
    step = float(np.diff(values).min())
    if len(values) < n / 2:  # a grid: bins of whole steps, so that each holds as many values
        width = step * max(round(width / step), 1)
    below, above = int(np.floor(x[0] / width)), int(np.floor(x[-1] / width)) + 1
    count, edge = np.histogram(x, np.arange(below, above + 1) * width - 1e-9 * width)
    middle = (edge[:-1] + edge[1:]) / 2
    if len(values) < n / 2:
        middle = middle - step / 2 + 1e-9 * width
    height = count / (n * width)
    fits = []
    for side in (middle < 0, middle >= 0):
        m, f = middle[side], height[side]
        if len(m) < 2 * LEAST_DISTINCT:
            return CausalEffect(n=n)
        shape = np.polynomial.Polynomial.fit(m, f, 4)
        rest = float(((f - shape(m)) ** 2).sum() / (len(m) - 5))
        bend = float((shape.deriv(2)(m) ** 2).sum())
        fits.append(3.348 * (rest * abs(m[-1] - m[0]) / max(bend, 1e-300)) ** 0.2)
    h = float(np.mean(fits))
    h = min(max(h, 5 * width), float(np.abs(x).max()))
    log = []
    for side in (middle < 0, middle >= 0):
        log.append(side_line(middle[side], height[side], h)[0])
    if min(log) <= 0:
        return CausalEffect(n=n)
    jump = float(np.log(log[1] / log[0]))
    error = float(np.sqrt(24 / 5 / (n * h) * (1 / log[0] + 1 / log[1])))
    return CausalEffect(
        jump, NAN, NAN, error, float(2 * stats.norm.sf(abs(jump) / error)), n,
        int((x >= 0).sum()), int((x < 0).sum()), {"bandwidth": h},
    )  # fmt: skip


def placebo_jumps(
    running: ArrayLike, outcome: ArrayLike, *, cutoff: float, confidence: float = 0.95
) -> list[tuple[float, CausalEffect]]:
    """Return the jumps at the median of each side, where no rule switches anything.

    Each is estimated from its own side, so that the true jump is not in it.

    Examples
    --------
    >>> rng = np.random.default_rng(5)
    >>> x = rng.uniform(-1, 1, 3000)
    >>> y = 3.0 * (x >= 0) + 0.2 * rng.standard_normal(3000)
    >>> [round(place, 1) for place, _ in placebo_jumps(x, y, cutoff=0)]
    [-0.5, 0.5]
    """
    x = np.asarray(running, dtype=np.float64).ravel()
    y = np.asarray(outcome, dtype=np.float64).ravel()
    keep = np.isfinite(x) & np.isfinite(y)
    x, y = x[keep], y[keep]
    found = []
    for side in (x < cutoff, x >= cutoff):
        if side.any():
            place = float(np.median(x[side]))
            found.append(
                (place, discontinuity(x[side], y[side], cutoff=place, confidence=confidence))
            )
    return found
