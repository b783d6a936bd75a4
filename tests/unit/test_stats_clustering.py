"""The number of clusters, their stability and their names."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris

from financial_analytics.models.exploratory.clusters import FEATURES, cluster_names
from financial_analytics.stats.clustering import (
    bootstrap_stability,
    choose_mixture,
    fit_mixture,
)


def test_choose_mixture__iris_as_mclust_finds_it() -> None:
    """Fraley and Raftery (2007): for iris BIC prefers two clusters; one of them is setosa.

    Unrestricted covariances: R's mclust gives BIC -574.0 for two and -580.8 for three
    (VVV; there larger is better).
    """
    data = load_iris()
    points = np.asarray(data.data)
    mixture = choose_mixture(points, range(1, 6), seed=1)
    assert mixture.n_components == 2
    # the ridge of 1e-3 on variances of 0.1 to 3 costs a little likelihood
    assert mixture.bic(points) == pytest.approx(574.0, abs=8)
    labels = mixture.predict(points)
    assert len(set(labels[data.target == 0])) == 1
    assert not set(labels[data.target == 0]) & set(labels[data.target > 0])


def test_bootstrap_stability__tells_clusters_from_none() -> None:
    rng = np.random.default_rng(2)
    apart = np.concatenate([rng.normal(at, 1, (60, 2)) for at in (0, 10, 20)])
    cloud = rng.normal(0, 1, (180, 2))
    found = {}
    for name, points in (("apart", apart), ("cloud", cloud)):
        labels = fit_mixture(points, 3, 1).predict(points)
        found[name] = bootstrap_stability(points, labels, 3, samples=10, rng=rng)
    assert found["apart"].mean == pytest.approx(1)
    assert found["cloud"].mean < 0.7
    assert found["cloud"].lower <= found["cloud"].mean <= found["cloud"].upper


def test_the_same_seed_gives_the_same_clusters() -> None:
    points = np.random.default_rng(3).normal(0, 1, (100, 3))
    one, other = (fit_mixture(points, 3, 7).predict(points) for _ in range(2))
    assert (one == other).all()


def test_cluster_names__are_told_apart() -> None:
    plain = dict.fromkeys(FEATURES, 0.0)
    rows = [plain | {"mobile": 2.0, "cash": -1.0, "dining": d} for d in (0.5, -0.5)]
    names = cluster_names(pd.DataFrame(rows, index=[1, 2]))
    assert names == {1: "Mobile, no cash", 2: "Mobile, no cash, little dining"}
