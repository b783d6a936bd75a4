"""What every test of category 04 hands back, and the cleaning of what it is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
NAN = float("nan")


@dataclass(frozen=True)
class Inference:
    """An estimate with its interval, its test and its size; NaN where there is none.

    Attributes
    ----------
    n : int
        Observations behind it.
    estimate, lower, upper : float
        In the unit of the data.
    statistic, degrees_of_freedom, p_value : float
        Of the test that there is nothing; two-sided.
    effect_size, effect_lower, effect_upper : float
        Without unit; each function names its measure.
    """

    n: int
    estimate: float = NAN
    lower: float = NAN
    upper: float = NAN
    statistic: float = NAN
    degrees_of_freedom: float = NAN
    p_value: float = NAN
    effect_size: float = NAN
    effect_lower: float = NAN
    effect_upper: float = NAN


def known(values: ArrayLike) -> Floats:
    """Return the finite values as float64, in their order.

    Examples
    --------
    >>> known([1, None, 3.5]).tolist()
    [1.0, 3.5]
    """
    array = np.asarray(values, dtype=np.float64).ravel()
    return array[np.isfinite(array)]


def known_groups(groups: Sequence[ArrayLike]) -> list[Floats]:
    """Return `known` of each group."""
    return [known(group) for group in groups]


def can_vary(groups: Sequence[Floats], least: int = 2) -> bool:
    """Whether there are two groups or more, each with `least` values that are not all the same."""
    return len(groups) > 1 and all(len(group) >= least and np.ptp(group) > 0 for group in groups)
