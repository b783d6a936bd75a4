"""BG/NBD and gamma-gamma on customers whose parameters are known, and on any frame."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from financial_analytics.errors import InvalidInputError
from financial_analytics.stats.lifetime import Purchases, fit_bg_nbd, fit_gamma_gamma

TRUE = {"r": 1.6, "alpha": 40.0, "a": 0.8, "b": 20.0}


def simulated(number: int, seed: int) -> tuple[Purchases, np.ndarray]:
    """Return customers of 300 to 900 days, and their purchases in the year after."""
    rng = np.random.default_rng(seed)
    observed = rng.integers(300, 900, number).astype(float)
    rate = rng.gamma(TRUE["r"], 1 / TRUE["alpha"], number)
    stop = rng.beta(TRUE["a"], TRUE["b"], number)
    last_number = np.ceil(np.log(rng.random(number)) / np.log1p(-np.clip(stop, 1e-12, 1 - 1e-12)))
    count, last, later = np.zeros((3, number))
    for k in range(number):
        times = np.cumsum(rng.exponential(1 / rate[k], 400))
        times = times[: int(min(last_number[k], 400))]
        before = times[times <= observed[k]]
        count[k], last[k] = len(before), before[-1] if len(before) else 0.0
        later[k] = ((times > observed[k]) & (times <= observed[k] + 365)).sum()
    return Purchases.of(count, last, observed), later


def test_bg_nbd__intervals_hold_what_was_planted_and_the_year_after_comes() -> None:
    seen, later = simulated(3000, 11)
    fit = fit_bg_nbd(seen, confidence=0.999)
    for name, lower, upper in zip(
        fit.estimates.names, fit.estimates.lower, fit.estimates.upper, strict=True
    ):
        assert lower < TRUE[name] < upper, (name, lower, upper)
    assert fit.estimates.converged
    expected = fit.expected(seen, 365.0)
    # the total within 4 standard errors of what came
    error = np.sqrt(((later - expected) ** 2).sum())
    assert abs(expected.sum() - later.sum()) < 4 * error
    alive = fit.alive(seen)
    assert later[alive > 0.9].mean() > 5 * later[alive < 0.3].mean()


def test_bg_nbd__a_customer_who_buys_a_lot_has_a_finite_forecast() -> None:
    """Equation 10 as printed overflows here; Euler's transformation does not."""
    seen, _ = simulated(500, 3)
    fit = fit_bg_nbd(seen)
    heavy = Purchases.of([5000.0, 5000.0], [899.9, 500.0], [900.0, 900.0])
    said = fit.expected(heavy, 365.0)
    assert 1500 < said[0] < 2100 and said[1] < 1e-6


def test_bg_nbd__where_nobody_stops_the_forecast_is_the_rate() -> None:
    """Chances to stop that do not differ let a and b grow without end; that was NaN once."""
    rng = np.random.default_rng(9)
    observed = rng.integers(20, 365, 2000).astype(float)
    count = rng.poisson(rng.gamma(1.5, 1 / 50.0, 2000) * observed).astype(float)
    last = np.where(count > 0, observed * (1 - rng.random(2000) / (count + 1)), 0)
    seen = Purchases.of(count, np.minimum(last, observed), observed)
    fit = fit_bg_nbd(seen)
    said = fit.expected(seen, 1095.0)
    rate = (fit.r + count) / (fit.alpha + observed)
    assert said.sum() == pytest.approx(1095 * rate.sum(), rel=0.05)
    drawn = fit.draw(seen, 1095.0, samples=100, rng=rng).sum(axis=1)
    assert abs(drawn.mean() - said.sum()) < 4 * drawn.std() / 10


def test_bg_nbd__takes_any_frame_once_what_is_unknown_is_left_out() -> None:
    frame = pd.DataFrame(
        {"visits": [3.0, np.nan, 0.0, 8.0], "newest": [20.0, 5.0, 0.0, 88.0], "span": 90.0}
    )
    with pytest.raises(InvalidInputError, match="leave such rows out"):
        Purchases.of(frame["visits"], frame["newest"], frame["span"])
    some = frame.dropna()
    assert fit_bg_nbd(Purchases.of(some["visits"], some["newest"], some["span"])).estimates.n == 3


@pytest.mark.parametrize(
    ("count", "last", "observed"),
    [
        ([1.0], [9.0], [8.0]),
        ([0.0], [2.0], [8.0]),
        ([-1.0], [0.0], [8.0]),
        ([1.0, 2.0], [1.0], [8.0]),
    ],
)
def test_purchases__what_cannot_be_is_refused(
    count: list[float], last: list[float], observed: list[float]
) -> None:
    with pytest.raises(InvalidInputError):
        Purchases.of(count, last, observed)


def test_bg_nbd__nobody_bought() -> None:
    with pytest.raises(InvalidInputError, match="nobody bought"):
        fit_bg_nbd(Purchases.of([0.0, 0.0], [0.0, 0.0], [9.0, 9.0]))


def test_gamma_gamma__recovers_its_parameters_from_unequal_counts() -> None:
    rng = np.random.default_rng(8)
    count = rng.integers(1, 30, 3000)
    rate = rng.gamma(4.0, 1 / 60.0, 3000)
    mean = rng.gamma(6.0 * count, 1 / rate) / count
    fit = fit_gamma_gamma(count, mean, confidence=0.999)
    for truth, lower, upper in zip(
        (6.0, 4.0, 60.0), fit.estimates.lower, fit.estimates.upper, strict=True
    ):
        assert lower < truth < upper
    # few purchases are drawn to the mean of all, many stay where they are
    said = fit.expected([1, 1000], [500.0, 500.0])
    assert 120 < said[0] < 400
    assert 480 < said[1] < 500


def test_gamma_gamma__refuses_what_it_is_not_for() -> None:
    with pytest.raises(InvalidInputError, match="above 0"):
        fit_gamma_gamma([1, 2], [10.0, 0.0])
