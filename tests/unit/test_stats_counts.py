"""Gamma-Poisson rates against statsmodels, late labels against the chain ladder."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.discrete.discrete_model import NegativeBinomial

from financial_analytics.errors import InvalidInputError
from financial_analytics.stats.counts import (
    dispersion,
    draw_counts,
    fit_gamma_poisson,
    reporting_delay,
)


def test_gamma_poisson__is_the_negative_binomial_of_statsmodels() -> None:
    """Its alpha is 1 / shape and its constant the log mean rate."""
    rng = np.random.default_rng(2)
    exposure = rng.uniform(0.5, 4, 400)
    events = rng.poisson(rng.gamma(0.8, 2.0, 400) * exposure)
    theirs = NegativeBinomial(events, np.ones(400), exposure=exposure).fit(disp=0)
    ours = fit_gamma_poisson(events, exposure)
    assert ours.shape == pytest.approx(1 / theirs.params[1], rel=1e-4)
    assert ours.shape / ours.rate == pytest.approx(np.exp(theirs.params[0]), rel=1e-4)
    assert ours.mean == pytest.approx((ours.shape + events) / (ours.rate + exposure))


def test_gamma_poisson__cells_that_do_not_differ_are_pooled() -> None:
    fit = fit_gamma_poisson([5, 5, 5, 5], [1, 1, 1, 1])
    assert np.isinf(fit.shape) and fit.mean == pytest.approx([5, 5, 5, 5])


def test_gamma_poisson__draws_have_the_posterior_mean() -> None:
    fit = fit_gamma_poisson([0, 3, 40, 7], [10, 10, 10, 20])
    drawn = fit.draw(20_000, np.random.default_rng(1))
    assert drawn.mean(axis=0) == pytest.approx(fit.mean, rel=0.05)
    assert (drawn > 1.0).mean(axis=0) == pytest.approx(fit.above(1.0), abs=0.015)


def test_reporting_delay__is_the_chain_ladder_of_a_triangle() -> None:
    """Increments by day of event (rows) and delay; factors are sums of known columns."""
    triangle = np.array([[50, 30, 20], [60, 24, -1], [40, -1, -1]])
    delay, window = [], []
    for row in range(3):
        for column in range(3 - row):
            delay += [column] * int(triangle[row, column])
            window += [2 - row] * int(triangle[row, column])
    first = (50 + 60 + 30 + 24) / (50 + 60)
    second = (50 + 30 + 20) / (50 + 30)
    share = reporting_delay(delay, window, 2)
    assert share == pytest.approx([1 / (first * second), 1 / second, 1.0])


def test_reporting_delay__corrects_what_a_histogram_of_the_known_would_say() -> None:
    rng = np.random.default_rng(5)
    happened = rng.integers(0, 60, 40_000)
    waited = rng.geometric(1 / 12, 40_000) - 1
    known = waited <= 59 - happened
    share = reporting_delay(waited[known], 59 - happened[known], 59)
    truth = 1 - (11 / 12) ** np.array([6, 13, 25])
    assert share[[5, 12, 24]] == pytest.approx(truth, abs=0.02)
    naive = (waited[known] <= 12).mean()
    assert naive > truth[1] + 0.05


def test_reporting_delay__a_delay_longer_than_its_window_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="delay <= window"):
        reporting_delay([3], [2], 5)


def test_draws__have_the_dispersion_that_is_measured() -> None:
    drawn = draw_counts(np.full(50_000, 3.0), 2.5, np.random.default_rng(6))
    assert drawn.mean() == pytest.approx(3.0, abs=0.05)
    assert dispersion(drawn, np.full(50_000, 3.0), 0) == pytest.approx(2.5, abs=0.08)
    assert dispersion([1, 1, 1, 1], [1, 1, 1, 1]) == 1.0
