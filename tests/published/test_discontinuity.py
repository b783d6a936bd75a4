"""Regression discontinuity against the reference implementation of its authors.

The expected numbers are what ``rdrobust`` 2.1.1 for Python prints for these data at its defaults
(``rdrobust(y, x, c=0)``, ``rdrobust(y, x, c=0, fuzzy=t, h=0.2, b=0.3)``). It is not installed
here: its licence is the GPL. On the Senate data that it ships, ours gives what the authors
published (Calonico, Cattaneo, Farrell and Titiunik 2017, *Stata Journal* 17(2)): effect 7.414,
bandwidth 17.754, robust interval 4.094 to 10.919.
"""

from __future__ import annotations

import numpy as np
import pytest

from financial_analytics.stats.causal.discontinuity import discontinuity

# what is printed has six decimals; solvers of another version differ by less
PRINTED = 2e-6


@pytest.fixture(scope="module")
def data() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return running variable, outcome and treatment of 1,000 units, without any draw."""
    i = np.arange(1000)
    x = np.sin(i * 1.7) * 0.6 + ((i * 0.6180339887) % 1 - 0.5) * 0.8
    y = 0.5 * x + 0.8 * x**2 + 1.0 * (x >= 0) + 0.5 * np.cos(i * 2.3) + 0.3 * np.sin(i * 0.37)
    share = (i * 0.7548776662) % 1
    t = (((x >= 0) * 0.8 + (share < 0.15) * 0.2) > 0.5).astype(float)
    return x, y, np.where(share < 0.1, 1 - t, t)


def test_sharp(data: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    x, y, _ = data
    found = discontinuity(x, y, cutoff=0)
    tests = found.diagnostics
    assert (found.treated, found.control) == (146, 137)
    assert tests["bandwidth"] == pytest.approx(0.216008, abs=PRINTED)
    assert tests["bias_bandwidth"] == pytest.approx(0.328117, abs=PRINTED)
    assert found.estimate == pytest.approx(1.069592, abs=PRINTED)
    assert tests["corrected_estimate"] == pytest.approx(1.100267, abs=PRINTED)
    assert tests["conventional_error"] == pytest.approx(0.126811, abs=PRINTED)
    assert found.standard_error == pytest.approx(0.149580, abs=PRINTED)
    assert (found.lower, found.upper) == pytest.approx((0.807095, 1.393439), abs=PRINTED)


def test_mass_points(data: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    x, y, _ = data
    found = discontinuity(np.round(x * 30), y, cutoff=0)
    assert found.diagnostics["bandwidth"] == pytest.approx(5.953947, abs=PRINTED)
    assert found.diagnostics["bias_bandwidth"] == pytest.approx(12.307466, abs=PRINTED)
    assert found.estimate == pytest.approx(0.508033, abs=PRINTED)
    assert (found.lower, found.upper) == pytest.approx((0.101087, 0.784707), abs=PRINTED)


def test_fuzzy(data: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    x, y, t = data
    found = discontinuity(x, y, cutoff=0, treatment=t, bandwidth=0.2, bias_bandwidth=0.3)
    assert found.estimate == pytest.approx(1.301738, abs=PRINTED)
    assert found.diagnostics["corrected_estimate"] == pytest.approx(1.351056, abs=PRINTED)
    assert found.standard_error == pytest.approx(0.245148, abs=PRINTED)
    assert (found.lower, found.upper) == pytest.approx((0.870575, 1.831537), abs=PRINTED)
