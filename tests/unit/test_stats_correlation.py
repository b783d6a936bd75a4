"""Correlations and adjusted p-values against published examples."""

from __future__ import annotations

import numpy as np
import pytest

from financial_analytics.stats.correlation import fisher_interval, kendall, pearson, spearman
from financial_analytics.stats.multiple import benjamini_hochberg

# Hollander and Wolfe (1973), pages 187 f., the example of R's cor.test: Hunter L measure and
# panel score of nine lots of canned tuna.
HUNTER = [44.4, 45.9, 41.9, 53.3, 44.7, 44.1, 50.7, 45.2, 60.1]
PANEL = [2.6, 3.1, 2.5, 5.0, 3.6, 4.0, 5.2, 2.8, 3.8]


def test_pearson__tuna_as_r_gives_it() -> None:
    """R: cor.test(x, y) gives r 0.5711816, p 0.1082, interval -0.1497426 to 0.8955795."""
    found = pearson(HUNTER, PANEL)
    assert found.estimate == pytest.approx(0.5711816, abs=5e-8)
    assert found.p_value == pytest.approx(0.1082, abs=5e-5)
    assert (found.lower, found.upper) == pytest.approx((-0.1497426, 0.8955795), abs=5e-8)


def test_kendall__tuna_as_published() -> None:
    """Hollander and Wolfe: K = 16 of 36 pairs, tau 4/9, two-sided p 0.1194 (exact)."""
    found = kendall(HUNTER, PANEL)
    assert found.estimate == pytest.approx(4 / 9)
    assert found.p_value == pytest.approx(0.1194, abs=5e-5)


def test_spearman__tuna_by_its_definition() -> None:
    """1 - 6 sum(d^2) / (n (n^2 - 1)) without ties: the squared rank differences sum to 48."""
    ranks = [np.argsort(np.argsort(values)) for values in (HUNTER, PANEL)]
    assert int(((ranks[0] - ranks[1]) ** 2).sum()) == 48
    assert spearman(HUNTER, PANEL).estimate == pytest.approx(0.6)


def test_intervals__widths_keep_their_order_and_coverage() -> None:
    """In 400 normal samples of 60 with rho 0.5 each interval covers its own parameter.

    An honest 95 % interval covers fewer than 366 of 400 with probability 0.003.
    """
    rng = np.random.default_rng(3)
    rho = 0.5
    truths = {
        pearson: rho,
        spearman: 6 / np.pi * np.arcsin(rho / 2),
        kendall: 2 / np.pi * np.arcsin(rho),
    }
    covered = dict.fromkeys(truths, 0)
    for _ in range(400):
        x, e = rng.standard_normal((2, 60))
        y = rho * x + np.sqrt(1 - rho**2) * e
        for method, truth in truths.items():
            found = method(x, y)
            covered[method] += found.lower <= truth <= found.upper
    assert min(covered.values()) >= 366, covered


def test_nothing_is_said_without_pairs_or_variation() -> None:
    for method in (pearson, spearman, kendall):
        assert np.isnan(method([1, 2, 3, 4], [1, 2, 3, 4]).estimate)
        assert np.isnan(method([1, 2, np.nan, 4, 5], [1, 2, 3, 4, 5]).estimate)
        assert np.isnan(method([1, 1, 1, 1, 1, 1], [1, 2, 3, 4, 5, 6]).p_value)
        assert method([1, 2, 3, 4, 5, 6], [2, 4, 6, 8, 10, 12]).upper == pytest.approx(1)


def test_fisher_interval__a_perfect_correlation_is_its_own_interval() -> None:
    assert fisher_interval(1.0, 0.1) == (1.0, 1.0)


def test_benjamini_hochberg__the_example_of_the_paper() -> None:
    """Section 3.2: 15 p-values, four rejected at 0.05, where Bonferroni rejects three."""
    p = np.array(
        [
            *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344),
            *(0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000),
        ]
    )
    adjusted = benjamini_hochberg(p)
    assert (adjusted <= 0.05).sum() == 4
    assert adjusted[3] == pytest.approx(0.0095 * 15 / 4)
    assert (np.minimum(1, 15 * p) <= 0.05).sum() == 3
    assert (np.diff(adjusted) >= 0).all()


def test_benjamini_hochberg__unknown_is_no_test() -> None:
    assert np.isnan(benjamini_hochberg([np.nan, np.nan])).all()
    assert benjamini_hochberg([0.02, np.nan])[0] == 0.02
