"""Time-ordered windows: what is trained on lies before what is measured on, outcomes included."""

from __future__ import annotations

from typing import Any

import pandas as pd

TRAIN, VALIDATION, OUT_OF_TIME, PURGED = "train", "validation", "out_of_time", "purged"
SPLITS = (TRAIN, VALIDATION, OUT_OF_TIME)
OUT_OF_TIME_SHARE, VALIDATION_SHARE = 0.30, 0.20
LEAST_CUTS = 3


def overlap(cuts: Any, horizon_months: int) -> float:
    """Return how many cuts look at one outcome: horizon over the usual distance of cuts.

    Examples
    --------
    >>> overlap(pd.to_datetime(["2024-03-31", "2024-06-30", "2024-09-30"]), 12)
    4.0
    """
    days = pd.DatetimeIndex(pd.to_datetime(pd.Series(cuts)).drop_duplicates().sort_values())
    if len(days) < 2:
        return 1.0
    months = (days.year * 12 + days.month).to_series().diff().dropna()
    return max(1.0, horizon_months / float(months.median()))


def split_of_cuts(cuts: Any, horizon_months: int) -> pd.Series:
    """Return the split of each cut: the newest are out of time, those before them validate.

    Parameters
    ----------
    cuts : array_like of datetime64
        Days that features are as of; each outcome is known `horizon_months` later.
    horizon_months : int
        Months that an outcome looks ahead.

    Returns
    -------
    pandas.Series of str, indexed by the sorted distinct cuts
        ``train``, ``validation``, ``out_of_time``, or ``purged``: a cut whose outcome is known
        only after the first cut out of time. All are ``train`` with fewer than three cuts left.

    Notes
    -----
    Validation chooses nothing but the calibration: where histories are short its outcomes may
    overlap those of training; those out of time never do.

    References
    ----------
    Bergmeir, C. and Benítez, J. M. (2012). On the use of cross-validation for time series
    predictor evaluation. *Information Sciences*, 191, 192-213.

    Examples
    --------
    >>> cuts = pd.to_datetime(["2024-03-31", "2024-06-30", "2024-09-30", "2024-12-31"])
    >>> split_of_cuts(cuts, 3).tolist()
    ['train', 'train', 'validation', 'out_of_time']
    """
    days = pd.DatetimeIndex(pd.to_datetime(pd.Series(cuts)).drop_duplicates().sort_values())
    found = pd.Series(TRAIN, index=days, dtype=object)
    if len(days) < LEAST_CUTS:
        return found
    outside = max(1, round(OUT_OF_TIME_SHARE * len(days)))
    while outside >= 1:
        first = days[-outside]
        known = days + pd.offsets.MonthEnd(horizon_months)
        before = days[known <= first]
        if len(before) >= LEAST_CUTS - 1:
            break
        outside -= 1
    else:
        return found
    validating = max(1, round(VALIDATION_SHARE * len(before)))
    found[:] = PURGED
    found[before] = TRAIN
    found[before[-validating:]] = VALIDATION
    found[days[-outside:]] = OUT_OF_TIME
    return found
