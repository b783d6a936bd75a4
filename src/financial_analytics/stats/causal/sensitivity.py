"""How strong what nobody measured would have to be to explain an effect away."""

from __future__ import annotations

import math

from financial_analytics.errors import InvalidInputError
from financial_analytics.stats.inference import NAN


def e_value(ratio: float, *, is_common: bool = False) -> float:
    """Return the E-value of a ratio: what a confounder must have with treatment and outcome both.

    Parameters
    ----------
    ratio : float
        Risk, rate or hazard ratio; below 1 its inverse is taken. The bound of an interval that is
        nearer to 1 gives the E-value of the interval (1 where it holds 1).
    is_common : bool, default False
        A hazard ratio of an outcome that more than 15 of 100 have.

    References
    ----------
    VanderWeele, T. J. and Ding, P. (2017). Sensitivity analysis in observational research:
    introducing the E-value. *Annals of Internal Medicine*, 167(4), 268-274.

    Examples
    --------
    Smoking and lung cancer, as published.

    >>> round(e_value(10.73), 1), round(e_value(8.02), 1)
    (20.9, 15.5)
    """
    if math.isnan(ratio):
        return NAN
    if ratio <= 0:
        raise InvalidInputError(f"the ratio is {ratio}", hint="give a positive one")
    if is_common:
        ratio = (1 - 0.5 ** math.sqrt(ratio)) / (1 - 0.5 ** math.sqrt(1 / ratio))
    above = max(ratio, 1 / ratio)
    return above + math.sqrt(above * (above - 1))


def nearer_bound(lower: float, upper: float) -> float:
    """Return the bound of a ratio's interval that is nearer to 1, or 1 where it holds 1.

    Examples
    --------
    >>> nearer_bound(0.3, 0.5), nearer_bound(0.8, 1.2), nearer_bound(1.5, 2.0)
    (0.5, 1.0, 1.5)
    """
    if math.isnan(lower) or math.isnan(upper):
        return NAN
    if lower <= 1 <= upper:
        return 1.0
    return lower if lower > 1 else upper
