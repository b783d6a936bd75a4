"""Local polynomials on one side of a cutoff: weights, errors by neighbours, optimal bandwidths.

The formulas are those of Calonico, Cattaneo and Titiunik (2014), *Econometrica* 82(6), and of
Calonico, Cattaneo, Farrell and Titiunik (2017), *Stata Journal* 17(2).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from financial_analytics.stats.inference import Floats

MATCHES = 3
"""Neighbours that tell the variance of an observation."""
PILOT = 2.576
"""Constant of the pilot bandwidth of a triangular kernel."""
REGULARISATION = 3.0


@dataclass(frozen=True)
class Side:
    """Observations on one side of the cutoff, sorted by distance from left to right.

    Attributes
    ----------
    x : ndarray of float64, shape (n,)
        Running variable less the cutoff.
    y : ndarray of float64, shape (n, outcomes)
    """

    x: Floats
    y: Floats


def weights(x: Floats, bandwidth: float) -> Floats:
    """Return triangular kernel weights of distances from the cutoff."""
    u = np.abs(x) / bandwidth
    return np.asarray(np.where(u <= 1, (1 - u) / bandwidth, 0.0))


def powers(x: Floats, order: int) -> Floats:
    """Return ``1, x, …, x ** order`` as columns."""
    return np.vander(x, order + 1, increasing=True)


def inverse(matrix: Floats) -> Floats:
    """Return the inverse of a cross product of powers, which differ in size by many orders."""
    scale = 1 / np.sqrt(np.diag(matrix))
    return np.asarray(np.linalg.inv(matrix * np.outer(scale, scale)) * np.outer(scale, scale))


def neighbour_residuals(x: Floats, y: Floats) -> Floats:
    """Return each outcome less the mean of its nearest neighbours, scaled to its own variance.

    Equal values of `x` are all neighbours, so that the order of ties does not matter.
    """
    _, first, place, ties = np.unique(x, return_index=True, return_inverse=True, return_counts=True)
    left, right = first[place], (first + ties)[place]
    need = min(MATCHES, len(x) - 1)
    while True:
        short = np.flatnonzero(right - left - 1 < need)
        if not len(short):
            break
        before = np.where(left[short] > 0, x[short] - x[left[short] - 1], np.inf)
        after = np.where(
            right[short] < len(x), x[np.minimum(right[short], len(x) - 1)] - x[short], np.inf
        )
        down, up = short[before <= after], short[after <= before]
        nearer, farther = left[down] - 1, right[up]
        left[down] = first[place[nearer]]
        right[up] = (first + ties)[place[farther]]
    total = np.concatenate([np.zeros((1, y.shape[1])), np.cumsum(y, axis=0)])
    count = (right - left - 1)[:, None].astype(float)
    mean = (total[right] - total[left] - y) / count
    return np.asarray(np.sqrt(count / (count + 1)) * (y - mean))


def sandwich(bread: Floats, design: Floats, residual: Floats) -> Floats:
    """Return the robust covariance of coefficients."""
    scores = design * residual[:, None]
    return np.asarray(bread @ (scores.T @ scores) @ bread)


def _bias_and_variance(
    side: Side, order: int, derivative: int, bias_order: int, pilot: float, wide: float, ridge: bool
) -> NDArray[np.float64]:
    """Return variance, bias and regularisation of a local polynomial's coefficient."""
    kernel = weights(side.x, pilot)
    keep = kernel > 0
    x, y, w = side.x[keep], side.y[keep], kernel[keep]
    design = powers(x, order)
    bread = inverse(design.T @ (design * w[:, None]))
    residual = neighbour_residuals(x, y)[:, 0]
    variance = sandwich(bread, design * w[:, None], residual)[derivative, derivative]
    tail = (design * w[:, None]).T @ (x / pilot) ** (order + 1)
    constant = (pilot ** np.arange(order + 1) * (bread @ tail))[derivative]
    kernel = weights(side.x, wide)
    keep = kernel > 0
    x, y, w = side.x[keep], side.y[keep], kernel[keep]
    design = powers(x, bias_order)
    bread = inverse(design.T @ (design * w[:, None]))
    slope = (bread @ ((design * w[:, None]).T @ y[:, 0]))[order + 1]
    extra = 0.0
    if ridge:
        residual = neighbour_residuals(x, y)[:, 0]
        spread = sandwich(bread, design * w[:, None], residual)[order + 1, order + 1]
        extra = REGULARISATION * constant**2 * spread
    distance = order + 1 - derivative
    return np.array([
        (2 * derivative + 1) * pilot ** (2 * derivative + 1) * variance,
        np.sqrt(2 * distance) * constant * slope,
        2 * distance * extra,
    ])  # fmt: skip


def _pilot(left: Floats, right: Floats, distinct: int) -> float:
    x = np.concatenate([left, right])
    quarter = np.quantile(x, [0.25, 0.75], method="averaged_inverted_cdf")
    spread = min(float(x.std(ddof=1)), float(quarter[1] - quarter[0]) / 1.349)
    return PILOT * spread * math.pow(distinct, -0.2)


def optimal_bandwidths(left: Side, right: Side, least: int = 4) -> tuple[float, float]:
    """Return the bandwidths that minimise the mean squared error of a jump, and of its bias.

    Parameters
    ----------
    left, right : Side
        The first outcome decides.
    least : int, default 4
        Distinct values of the running variable that a bandwidth reaches on each side.

    Returns
    -------
    tuple of float
        Bandwidth of the local linear fit and of the local quadratic that tells its bias.
    """
    values = [np.unique(np.abs(side.x)) for side in (left, right)]
    distinct = sum(len(item) for item in values)
    reach = [float(item[-1]) for item in values]
    floor = max(float(item[min(least, len(item)) - 1]) for item in values) * (1 + 1e-8)
    pilot = max(min(_pilot(left.x, right.x, distinct), max(reach)), floor)

    def best(order: int, derivative: int, bias_order: int, wide: tuple[float, float]) -> float:
        ridge = wide[0] == wide[1]
        one, other = (
            _bias_and_variance(side, order, derivative, bias_order, pilot, width, ridge)
            for side, width in zip((left, right), wide, strict=True)
        )
        error = (other[1] - one[1]) ** 2 + one[2] + other[2]
        found = np.power((one[0] + other[0]) / max(error, 1e-300), 1 / (2 * order + 3))
        return max(min(float(found), max(reach)), floor)

    first = best(3, 3, 4, (reach[0] + 1e-8, reach[1] + 2e-8))
    bias = best(2, 2, 3, (first, first))
    return best(1, 0, 2, (bias, bias)), bias
