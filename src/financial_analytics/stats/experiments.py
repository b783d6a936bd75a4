"""Randomised experiments: is the split as planned, what could be seen, less noise by CUPED."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from financial_analytics.errors import InvalidInputError
from financial_analytics.stats.coverage import tails
from financial_analytics.stats.groups import welch_t
from financial_analytics.stats.inference import NAN, Floats, Inference


def sample_ratio(counts: ArrayLike, shares: ArrayLike) -> Inference:
    """Return the chi-squared test that the arms have the sizes that were planned.

    Parameters
    ----------
    counts : array_like of float, shape (arms,)
        Units in each arm.
    shares : array_like of float, shape (arms,)
        Planned shares; they need not sum to one.

    Notes
    -----
    A mismatch means that assignment or logging is broken, and that no estimate is to be read;
    it is looked for at p < 0.001 or less, as every experiment is tested.

    References
    ----------
    Fabijan, A. et al. (2019). Diagnosing sample ratio mismatch in online controlled experiments.
    *KDD '19*, 2156-2164.

    Examples
    --------
    >>> round(sample_ratio([821_588, 815_482], [1, 1]).p_value, 7)
    1.8e-06
    """
    count = np.asarray(counts, dtype=np.float64)
    share = np.asarray(shares, dtype=np.float64)
    if count.shape != share.shape or (share <= 0).any():
        raise InvalidInputError(
            "counts and shares differ in length, or a share is not positive",
            hint="give one positive share per arm",
        )
    if not count.sum():
        return Inference(0)
    test = stats.chisquare(count, count.sum() * share / share.sum())
    return Inference(
        int(count.sum()),
        statistic=float(test.statistic),
        degrees_of_freedom=len(count) - 1,
        p_value=float(test.pvalue),
    )


def minimum_detectable(
    standard_error: float, *, confidence: float = 0.95, power: float = 0.8
) -> float:
    """Return the smallest true difference that a two-sided test finds with this power.

    References
    ----------
    Bloom, H. S. (1995). Minimum detectable effects. *Evaluation Review*, 19(5), 547-556.

    Examples
    --------
    >>> round(minimum_detectable(1.0), 3)
    2.802
    """
    if not 0 < power < 1:
        raise InvalidInputError(f"power is {power}", hint="a fraction between 0 and 1, such as 0.8")
    return float((stats.norm.ppf(tails(confidence)[1]) + stats.norm.ppf(power)) * standard_error)


class Adjusted(NamedTuple):
    """Outcomes less what was known before, and how much of the variance that took away."""

    outcome: Floats
    slope: float
    variance_reduction: float


def cuped(outcome: ArrayLike, before: ArrayLike) -> Adjusted:
    """Return outcomes adjusted by a covariate that was measured before the assignment.

    Parameters
    ----------
    outcome : array_like of float, shape (n,)
        Of all arms together; NaN stays NaN.
    before : array_like of float, shape (n,)
        Must not depend on the arm. NaN counts as the mean.

    Notes
    -----
    ``y - slope * (x - mean(x))``, with the slope of the pooled regression. The difference of two
    arms keeps its expectation and loses the share ``r ** 2`` of its variance.

    References
    ----------
    Deng, A., Xu, Y., Kohavi, R. and Walker, T. (2013). Improving the sensitivity of online
    controlled experiments by utilizing pre-experiment data. *WSDM '13*, 123-132.

    Examples
    --------
    >>> adjusted = cuped([1.0, 2.0, 3.0, 5.0], [1.0, 2.0, 3.0, 4.0])
    >>> round(adjusted.slope, 2), round(adjusted.variance_reduction, 3)
    (1.3, 0.966)
    """
    value, covariate = np.asarray(outcome, dtype=np.float64), np.asarray(before, dtype=np.float64)
    if value.shape != covariate.shape or value.ndim != 1:
        raise InvalidInputError(
            f"outcome has shape {value.shape} and before {covariate.shape}",
            hint="give two arrays of one length",
        )
    both = np.isfinite(value) & np.isfinite(covariate)
    if both.sum() < 3 or np.ptp(covariate[both]) == 0 or np.ptp(value[both]) == 0:
        return Adjusted(value, 0.0, 0.0)
    matrix = np.cov(value[both], covariate[both])
    slope = float(matrix[0, 1] / matrix[1, 1])
    centred = np.where(np.isfinite(covariate), covariate - covariate[both].mean(), 0.0)
    share = float(matrix[0, 1] ** 2 / (matrix[0, 0] * matrix[1, 1]))
    return Adjusted(value - slope * centred, slope, share)


def relative_lift(
    treated: ArrayLike, control: ArrayLike, *, confidence: float = 0.95
) -> tuple[float, float, float]:
    """Return the ratio of two means less one, with the interval of Fieller's kind on its logarithm.

    The variance of the logarithm is by the delta method; NaN where a mean is not positive.

    References
    ----------
    Deng, A., Knoblich, U. and Lu, J. (2018). Applying the delta method in metric analytics.
    *KDD '18*, 233-242.

    Examples
    --------
    >>> lift, lower, upper = relative_lift([2.0, 3.0, 4.0, 3.0], [2.0, 2.0, 1.0, 3.0])
    >>> print(f"{lift:.2f} ({lower:.2f} to {upper:.2f})")
    0.50 (-0.07 to 1.43)
    """
    one, other = (np.asarray(arm, dtype=np.float64) for arm in (treated, control))
    one, other = one[np.isfinite(one)], other[np.isfinite(other)]
    if min(len(one), len(other)) < 2 or one.mean() <= 0 or other.mean() <= 0:
        return NAN, NAN, NAN
    variance = sum(arm.var(ddof=1) / len(arm) / arm.mean() ** 2 for arm in (one, other))
    centre = float(np.log(one.mean() / other.mean()))
    margin = float(stats.norm.ppf(tails(confidence)[1]) * np.sqrt(variance))
    return tuple(float(np.expm1(end)) for end in (centre, centre - margin, centre + margin))  # type: ignore[return-value]


def cuped_t(
    treated: ArrayLike,
    treated_before: ArrayLike,
    control: ArrayLike,
    control_before: ArrayLike,
    *,
    confidence: float = 0.95,
) -> tuple[Inference, float]:
    """Return Welch's test of the adjusted outcomes, and the share of variance taken away.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> x, y = rng.normal(size=(2, 500))
    >>> found, share = cuped_t(x + 0.2 * y + 0.1, x, y + 0.2 * x, y)
    >>> bool(share > 0.8 and abs(found.estimate - 0.1) < 0.1)
    True
    """
    first = np.asarray(treated, dtype=np.float64)
    adjusted = cuped(
        np.concatenate([first, np.asarray(control, dtype=np.float64)]),
        np.concatenate([
            np.asarray(treated_before, dtype=np.float64),
            np.asarray(control_before, dtype=np.float64),
        ]),
    )  # fmt: skip
    made = welch_t(
        adjusted.outcome[: len(first)], adjusted.outcome[len(first) :], confidence=confidence
    )
    return replace(made), adjusted.variance_reduction
