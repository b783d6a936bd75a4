"""How many groups there are, and whether another sample would find them again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import entr
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture

from financial_analytics.stats.coverage import tails

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
RIDGE = 1e-3
"""Added to the variances of standardised data, so that no component collapses on a point."""


def fit_mixture(points: Floats, components: int, seed: int, *, starts: int = 5) -> GaussianMixture:
    """Return a Gaussian mixture with full covariances, the best of `starts` starts."""
    mixture = GaussianMixture(
        components, covariance_type="full", reg_covar=RIDGE, n_init=starts, random_state=seed
    )
    return mixture.fit(points)


def choose_mixture(points: Floats, candidates: range, seed: int) -> GaussianMixture:
    """Return the mixture with the smallest integrated completed likelihood.

    That is the Bayesian information criterion plus twice the entropy of the memberships: BIC
    alone splits, with enough points, every group whose shape is not quite normal into parts
    that overlap; such parts have entropy.

    Parameters
    ----------
    points : ndarray of float64, shape (n, dimensions)
        Standardised coordinates.
    candidates : range
        Numbers of components to compare.
    seed : int
        Seed of the starts.

    References
    ----------
    Biernacki, C., Celeux, G. and Govaert, G. (2000). Assessing a mixture model for clustering
    with the integrated completed likelihood. *IEEE PAMI*, 22(7), 719-725.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> two = np.concatenate([rng.normal(0, 1, (80, 2)), rng.normal(8, 1, (80, 2))])
    >>> choose_mixture(two, range(1, 5), seed=1).n_components
    2
    """
    fits = [fit_mixture(points, components, seed) for components in candidates]
    return min(fits, key=lambda fit: completed_criterion(fit, points))


def completed_criterion(mixture: GaussianMixture, points: Floats) -> float:
    """Return BIC plus twice the entropy of the memberships; smaller is better."""
    chance = mixture.predict_proba(points)
    return float(mixture.bic(points) + 2 * entr(chance).sum())


@dataclass(frozen=True)
class Stability:
    """Mean adjusted Rand index over bootstrap samples, and the ends of its central part."""

    mean: float
    lower: float
    upper: float


def bootstrap_stability(
    points: Floats,
    labels: Ints,
    components: int,
    *,
    samples: int,
    rng: np.random.Generator,
    confidence: float = 0.95,
) -> Stability:
    """Return how well bootstrap samples find the clusters of the whole again.

    Each sample is drawn with replacement and clustered; the model it gives labels all points,
    and the adjusted Rand index compares these labels with `labels`. `confidence` is the share of
    the samples between `lower` and `upper`.

    Notes
    -----
    1 is the same partition each time, 0 is what chance gives. The quantiles describe the
    samples; they are no confidence interval of a true value.

    References
    ----------
    Hennig, C. (2007). Cluster-wise assessment of cluster stability. *CSDA*, 52(1), 258-271.
    Hubert, L. and Arabie, P. (1985). Comparing partitions. *Journal of Classification*, 2.
    """
    indices = []
    for _ in range(samples):
        rows = rng.integers(len(points), size=len(points))
        mixture = fit_mixture(points[rows], components, int(rng.integers(2**31)), starts=2)
        indices.append(adjusted_rand_score(labels, mixture.predict(points)))
    lower, upper = np.quantile(indices, tails(confidence))
    return Stability(float(np.mean(indices)), float(lower), float(upper))
