"""How the effects of the synthetic bank are estimated again, and what that must show.

A study estimates some parameters from the feeds of a bank with a standard method. It is
run on two banks, one with the effects planted and one without them (or with another value,
where nothing cannot be planted). On each bank its interval holds the bank's own value and
leaves out the other bank's: the first says that the method finds the truth, the second that
it could have failed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from financial_analytics.synthetic import BankConfig, load_config
from tests.support.synthetic_lab import Bank, bank

WIDTH = 3.29
"""Half the interval in standard errors: 99.9 %, so that a right study of 200 intervals passes."""

Estimates = Mapping[str, tuple[float, float]]
"""Parameter (``mechanism.name``) to estimate and standard error, on the scale of the study."""


def same(value: float) -> float:
    """Return the value: the scale of most parameters."""
    return value


def proportion(hits: float, trials: float) -> tuple[float, float]:
    """Return a share and its standard error (Agresti and Coull 1998, so that 0 has one)."""
    share = (hits + 2) / (trials + 4)
    return hits / trials, float(np.sqrt(share * (1 - share) / (trials + 4)))


def rate(events: float, exposure: float) -> tuple[float, float]:
    """Return a Poisson rate and its standard error (one event more, so that 0 has one)."""
    return events / exposure, float(np.sqrt(events + 1) / exposure)


def mean(values: Any) -> tuple[float, float]:
    """Return a mean and its standard error."""
    values = np.asarray(values, dtype=float)
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))


def geometric(waits: Any, seen: int) -> tuple[float, float]:
    """Return the mean of the exponential time of which whole `waits` are seen, up to `seen` days.

    ``floor(X)`` of an exponential X is geometric with ratio ``q = exp(-1 / mean)``; each day
    that is seen is a trial.
    """
    waits = np.asarray(waits, dtype=float)
    ended = float((waits < seen).sum())
    trials = float(np.minimum(waits, seen).sum()) + ended
    q = 1 - ended / trials
    if q == 0:
        return 0.0, 0.05
    found = -1 / np.log(q)
    error = np.sqrt(q * (1 - q) / trials)
    return float(found), float(error * found**2 / q)


def peak(points: Any, log_likelihood: Any) -> tuple[float, float]:
    """Return the middle of a likelihood interval over a grid, and its half width over `WIDTH`."""
    points, height = np.asarray(points, dtype=float), np.asarray(log_likelihood, dtype=float)
    inside = points[height >= height.max() - WIDTH**2 / 2]
    step = float(np.diff(points).min())
    middle = float(inside.min() + inside.max()) / 2
    return middle, float((inside.max() - inside.min()) / 2 + step) / WIDTH


@dataclass(frozen=True)
class Study:
    """A method, the two banks it is tried on, and the parameters it finds.

    Attributes
    ----------
    method : str
        What is done, for the table in the documentation.
    estimate : callable
        From a bank to estimates.
    finds : tuple of str
        Parameters as ``mechanism.name``.
    planted, removed : tuple of str
        Assignments of the two banks.
    sizes : mapping
        Customers, transactions, dates of both banks.
    scale : mapping
        Function per parameter from its value to the scale of the estimate.
    """

    method: str
    estimate: Callable[[Bank], Estimates]
    finds: tuple[str, ...]
    planted: tuple[str, ...]
    removed: tuple[str, ...]
    sizes: Mapping[str, Any] = field(default_factory=dict)
    scale: Mapping[str, Callable[[float], float]] = field(default_factory=dict)

    def value(self, settings: tuple[str, ...], parameter: str) -> float:
        """Return the planted value of a parameter on the scale of the estimate."""
        mechanism, name = parameter.split(".")
        plain = getattr(getattr(configured(settings), mechanism), name)
        return float(self.scale.get(parameter, same)(float(plain)))

    def found(self, settings: tuple[str, ...]) -> Estimates:
        """Return the estimates of one of the banks (computed once)."""
        return _found(self.estimate, settings, tuple(sorted(self.sizes.items())))


@lru_cache(maxsize=64)
def configured(settings: tuple[str, ...]) -> BankConfig:
    """Return the configuration of some assignments."""
    return load_config(overrides=settings)


@lru_cache(maxsize=128)
def _found(
    estimate: Callable[[Bank], Estimates], settings: tuple[str, ...], sizes: tuple[Any, ...]
) -> Estimates:
    return estimate(bank(*settings, **dict(sizes)))
