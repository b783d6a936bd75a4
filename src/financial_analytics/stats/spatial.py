"""Spatial autocorrelation: whether neighbours are alike."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from esda import Moran, Moran_Local
from libpysal.weights import KNN, W
from numpy.typing import ArrayLike, NDArray

from financial_analytics.stats.coverage import tails

Floats = NDArray[np.float64]
QUADRANTS = {1: "High-High", 2: "Low-High", 3: "Low-Low", 4: "High-Low"}


@dataclass(frozen=True)
class SpatialClusters:
    """Global and local Moran statistics with permutation p-values.

    Attributes
    ----------
    statistic, p_value, null_lower, null_upper : float
        Global I, its two-sided p-value, the central `confidence` of I under permutation.
    local, local_p_values, lag : ndarray of float64, shape (areas,)
        Local I, its two-sided p-values, mean of the neighbours.
    quadrant : ndarray of str, shape (areas,)
        High-High, Low-Low, High-Low or Low-High.
    """

    statistic: float
    p_value: float
    null_lower: float
    null_upper: float
    local: Floats
    local_p_values: Floats
    lag: Floats
    quadrant: NDArray[np.str_]


def nearest_weights(latitude: ArrayLike, longitude: ArrayLike, neighbours: int) -> W:
    """Return row-standardised weights of the nearest places by great-circle distance.

    Parameters
    ----------
    latitude, longitude : array_like of float, shape (n,)
        Degrees.
    neighbours : int
        Neighbours of each place, ``1 <= neighbours < n``.

    Notes
    -----
    Places become points on the unit sphere: the order of chords is that of arcs.

    Examples
    --------
    >>> weights = nearest_weights([40, 41, 50], [0, 0, 0], 1)
    >>> [int(place) for place in weights.neighbors[2]]
    [1]
    """
    lat, lon = np.radians(np.asarray(latitude)), np.radians(np.asarray(longitude))
    points = np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # islands of components are expected
        weights = KNN.from_array(points, k=neighbours)
    weights.transform = "r"
    return weights


def _two_sided(observed: Floats, simulated: Floats) -> Floats:
    """Return two-sided permutation p-values; `simulated` has the draws on its last axis."""
    draws = simulated.shape[-1]
    above = (simulated >= observed[..., None]).sum(axis=-1)
    extreme = np.minimum(above, draws - above)
    return np.asarray(np.minimum(1.0, 2 * (extreme + 1) / (draws + 1)))


def moran(
    values: ArrayLike,
    weights: W,
    *,
    permutations: int,
    rng: np.random.Generator,
    confidence: float = 0.95,
) -> SpatialClusters:
    """Return global and local Moran statistics of `values`.

    Parameters
    ----------
    values : array_like of float, shape (areas,)
        The metric; it must vary.
    weights : libpysal.weights.W
        Neighbours of the areas, in the same order.
    permutations : int
        Random permutations behind each p-value.
    rng : numpy.random.Generator
        Source of the permutations.
    confidence : float, default 0.95
        Share of the permutations between the null bounds.

    Notes
    -----
    p-values are ``2 * (min(draws above, draws below) + 1) / (draws + 1)``.

    References
    ----------
    Anselin, L. (1995). Local indicators of spatial association - LISA. *Geographical
    Analysis*, 27(2), 93-115.
    """
    y = np.asarray(values, dtype=np.float64)
    deviation = y - y.mean()
    whole = Moran(y, weights, permutations=0)
    sparse = weights.sparse
    scale = len(y) / weights.s0 / (deviation @ deviation)
    drawn = np.array([deviation[rng.permutation(len(y))] for _ in range(permutations)])
    simulated = scale * np.einsum("pi,pi->p", drawn, (sparse @ drawn.T).T)
    local = Moran_Local(
        y, weights, permutations=permutations, seed=int(rng.integers(2**31)), n_jobs=1,
        keep_simulations=True,
    )  # fmt: skip
    lower, upper = np.quantile(simulated, tails(confidence))
    return SpatialClusters(
        statistic=float(whole.I),
        p_value=float(_two_sided(np.asarray(whole.I), simulated)),
        null_lower=float(lower),
        null_upper=float(upper),
        local=np.asarray(local.Is),
        local_p_values=_two_sided(np.asarray(local.Is), np.asarray(local.rlisas)),
        lag=np.asarray(sparse @ y),
        quadrant=np.array([QUADRANTS[int(q)] for q in local.q]),
    )
