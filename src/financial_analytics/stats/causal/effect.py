"""What every causal design hands back: an estimate, its error, and what it could have found."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy import stats

from financial_analytics.stats.coverage import tails
from financial_analytics.stats.inference import NAN


@dataclass(frozen=True)
class CausalEffect:
    """An estimate with its interval; NaN where there is none.

    Attributes
    ----------
    estimate, lower, upper : float
        In the unit of the outcome, or of its logarithm where the design says so.
    standard_error : float
        Error that the interval was made with.
    p_value : float
        Of the test that there is no effect; two-sided.
    n, treated, control : int
        Observations used, and of these on each side.
    diagnostics : dict of str to float
        Numbers that could refute the design, by name.
    """

    estimate: float = NAN
    lower: float = NAN
    upper: float = NAN
    standard_error: float = NAN
    p_value: float = NAN
    n: int = 0
    treated: int = 0
    control: int = 0
    diagnostics: dict[str, float] = field(default_factory=dict)


def normal_effect(
    estimate: float,
    standard_error: float,
    *,
    confidence: float = 0.95,
    centre: float | None = None,
    n: int = 0,
    treated: int = 0,
    control: int = 0,
    diagnostics: dict[str, float] | None = None,
) -> CausalEffect:
    """Return an effect with a normal interval, around `centre` where the bias is taken off.

    Examples
    --------
    >>> found = normal_effect(2.0, 1.0, centre=1.5)
    >>> found.estimate, round(found.lower, 2), round(found.upper, 2)
    (2.0, -0.46, 3.46)
    """
    middle = estimate if centre is None else centre
    if not (np.isfinite(middle) and standard_error > 0):
        return CausalEffect(n=n, treated=treated, control=control, diagnostics=diagnostics or {})
    margin = float(stats.norm.ppf(tails(confidence)[1])) * standard_error
    return CausalEffect(
        float(estimate),
        float(middle - margin),
        float(middle + margin),
        float(standard_error),
        float(2 * stats.norm.sf(abs(middle) / standard_error)),
        n,
        treated,
        control,
        diagnostics or {},
    )


FAR = 20.0
"""Errors from nothing where any test is certain, and the noncentral t is no longer computed."""


def power_of(
    effect: float,
    standard_error: float,
    *,
    confidence: float = 0.95,
    degrees_of_freedom: float = np.inf,
) -> float:
    """Return the chance that a two-sided test finds a true `effect` with this error.

    NaN where the error is not known. With few degrees of freedom the test is that of t.

    Examples
    --------
    >>> round(power_of(2.802, 1.0), 2), round(power_of(2.802, 1.0, degrees_of_freedom=7), 2)
    (0.8, 0.67)
    """
    if not (np.isfinite(effect) and standard_error > 0):
        return NAN
    shift = abs(effect) / standard_error
    if np.isfinite(degrees_of_freedom) and shift < FAR:
        quantile = float(stats.t.ppf(tails(confidence)[1], degrees_of_freedom))
        off = stats.nct(degrees_of_freedom, shift)
        # far from nothing the lower tail is no number in scipy, and nothing
        return float(off.sf(quantile) + np.nan_to_num(off.cdf(-quantile)))
    quantile = float(stats.norm.ppf(tails(confidence)[1]))
    return float(stats.norm.sf(quantile - shift) + stats.norm.cdf(-quantile - shift))
