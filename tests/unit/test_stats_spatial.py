"""Moran's I against Anselin's published value, and its permutation test against chance."""

from __future__ import annotations

import numpy as np
import pytest
from libpysal import examples, io
from libpysal.weights import Queen

from financial_analytics.stats.spatial import moran, nearest_weights


def test_moran__columbus_crime_as_published() -> None:
    """Crime in 49 neighbourhoods of Columbus, queen contiguity, row-standardised: I = 0.5002.

    Anselin (1988), *Spatial Econometrics*; also GeoDa's and spdep's documentation.
    """
    path = examples.get_path("columbus.shp")
    weights = Queen.from_shapefile(path)
    weights.transform = "r"
    crime = np.array(io.open(examples.get_path("columbus.dbf")).by_col("CRIME"))
    found = moran(crime, weights, permutations=199, rng=np.random.default_rng(1))
    assert found.statistic == pytest.approx(0.5002, abs=5e-5)
    assert found.p_value == pytest.approx(2 / 200)
    assert found.local.mean() == pytest.approx(found.statistic, rel=0.03)  # scaled by n - 1, not n
    assert set(found.quadrant[found.local > 0]) == {"High-High", "Low-Low"}


def _places(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return rng.uniform(35, 45, 60), rng.uniform(-90, -75, 60)


def test_moran__chance_is_significant_as_often_as_it_should_be() -> None:
    """At 0.1, 200 random maps give more than 38 rejections with probability 0.0002."""
    rng = np.random.default_rng(5)
    weights = nearest_weights(*_places(rng), 6)
    drawn = [moran(rng.standard_normal(60), weights, permutations=99, rng=rng) for _ in range(200)]
    assert 5 <= sum(found.p_value <= 0.1 for found in drawn) <= 38
    inside = np.mean([found.null_lower <= found.statistic <= found.null_upper for found in drawn])
    assert inside > 0.85


def test_moran__a_gradient_is_found_at_both_ends() -> None:
    rng = np.random.default_rng(6)
    latitude, longitude = _places(rng)
    found = moran(latitude, nearest_weights(latitude, longitude, 6), permutations=499, rng=rng)
    assert found.p_value == pytest.approx(2 / 500)
    sure = found.local_p_values < 0.05
    north, south = sure & (latitude > 42), sure & (latitude < 38)
    assert north.any() and set(found.quadrant[north]) == {"High-High"}
    assert south.any() and set(found.quadrant[south]) == {"Low-Low"}


def test_nearest_weights__go_around_the_date_line() -> None:
    weights = nearest_weights([0, 0, 0], [179.9, -179.9, 170], 1)
    assert weights.neighbors[0] == [1]
    assert weights.neighbors[1] == [0]
