"""Quantiles of the distributions behind the tests of groups, quickly."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import optimize, special, stats

from financial_analytics.stats.coverage import tails

SMALLEST_FREEDOM = 5.0
"""Below it the density of the studentized range's divisor is too steep for few nodes."""


def studentized_range(
    statistic: float, groups: int, freedom: float, confidence: float = 0.95
) -> tuple[float, float]:
    """Return how likely a greater studentized range is, and the quantile of `confidence`.

    `scipy.stats.studentized_range`, to ten decimals, some hundred times faster: both integrals
    by Gauss and Legendre's rule at once.

    References
    ----------
    Lund, R. E. and Lund, J. R. (1983). Algorithm AS 190: probabilities and upper quantiles for
    the studentized range. *JRSS C*, 32(2), 204-210.

    Examples
    --------
    >>> share, quantile = studentized_range(3.5, 3, 20)
    >>> print(f"{share:.4f}, {quantile:.3f}")
    0.0559, 3.578
    """
    if freedom < SMALLEST_FREEDOM:
        exact = stats.studentized_range(groups, freedom)
        return float(exact.sf(statistic)), float(exact.ppf(confidence))
    ends = np.sqrt(stats.chi2.ppf([1e-15, 1 - 1e-15], freedom) / freedom)
    node, weight = np.polynomial.legendre.leggauss(128)
    divisor = ends[0] + (ends[1] - ends[0]) * (node + 1) / 2
    density = weight * (ends[1] - ends[0]) / 2
    density *= stats.chi2.pdf(freedom * divisor**2, freedom) * 2 * freedom * divisor
    place = 8.5 * node
    height = 8.5 * weight * stats.norm.pdf(place) * groups
    below = special.ndtr(place)

    def sf(value: float) -> float:
        inner = below[:, None] - special.ndtr(place[:, None] - value * divisor)
        return float(1 - density @ (height @ inner ** (groups - 1)))

    quantile = optimize.brentq(lambda q: sf(q) - (1 - confidence), 0.0, 100.0, xtol=1e-11)
    return max(sf(statistic), 0.0), float(quantile)


def noncentrality(
    statistic: float, cdf: Callable[[float, float], float], confidence: float
) -> tuple[float, float]:
    """Return the interval of the noncentrality that a statistic of this distribution tells of."""
    bounds = []
    for share in reversed(tails(confidence)):
        if cdf(statistic, 0.0) <= share:
            bounds.append(0.0)
            continue
        most = 10.0
        while cdf(statistic, most) > share:
            most *= 2
        bounds.append(
            float(optimize.brentq(lambda c, p=share: cdf(statistic, c) - p, 0.0, most, xtol=1e-10))
        )
    return bounds[0], bounds[1]
