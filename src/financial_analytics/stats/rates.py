"""Rates of counts: intervals, two of them compared, shrinkage and the funnel."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, stats
from statsmodels.stats.proportion import (
    confint_proportions_2indep,
    proportion_confint,
    proportion_effectsize,
    proportions_ztest,
)

from financial_analytics.errors import InvalidInputError
from financial_analytics.stats.coverage import tails
from financial_analytics.stats.inference import NAN, Floats, Inference


def _counts(events: ArrayLike, trials: ArrayLike) -> tuple[Floats, Floats]:
    count, size = np.broadcast_arrays(
        np.asarray(events, dtype=np.float64), np.asarray(trials, dtype=np.float64)
    )
    if (count < 0).any() or (count > size).any():
        raise InvalidInputError(
            "a count of events is negative or above its trials", hint="0 <= events <= trials"
        )
    return count, size


def _interval(
    events: ArrayLike, trials: ArrayLike, confidence: float, method: str
) -> tuple[Floats, Floats]:
    count, size = _counts(events, trials)
    alpha = 2 * tails(confidence)[0]
    with np.errstate(invalid="ignore", divide="ignore"):
        low, high = proportion_confint(count, np.where(size > 0, size, 1), alpha, method)
    # statsmodels leaves a bound of a full or empty sample a rounding error off
    low = np.where(count == 0, 0.0, low)
    high = np.where(count == size, 1.0, high)
    return np.where(size > 0, low, np.nan), np.where(size > 0, high, np.nan)


def wilson(
    events: ArrayLike, trials: ArrayLike, *, confidence: float = 0.95
) -> tuple[Floats, Floats]:
    """Return the Wilson score interval of a rate, as fractions; NaN without trials.

    Raises
    ------
    InvalidInputError
        If a count is negative or above its trials, or `confidence` is outside (0, 1).

    References
    ----------
    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical
    inference. *JASA*, 22(158), 209-212.

    Examples
    --------
    >>> lower, upper = wilson(10, 100)
    >>> print(f"{lower:.4f} to {upper:.4f}")
    0.0552 to 0.1744
    """
    return _interval(events, trials, confidence, "wilson")


def clopper_pearson(
    events: ArrayLike, trials: ArrayLike, *, confidence: float = 0.95
) -> tuple[Floats, Floats]:
    """Return the exact interval of a rate, which never covers less than it says.

    References
    ----------
    Clopper, C. J. and Pearson, E. S. (1934). The use of confidence or fiducial limits
    illustrated in the case of the binomial. *Biometrika*, 26(4), 404-413.

    Examples
    --------
    >>> lower, upper = clopper_pearson(10, 100)
    >>> print(f"{lower:.4f} to {upper:.4f}")
    0.0490 to 0.1762
    """
    return _interval(events, trials, confidence, "beta")


def two_proportions(
    events: float,
    trials: float,
    other_events: float,
    other_trials: float,
    *,
    confidence: float = 0.95,
) -> Inference:
    """Return the difference of two rates by Newcombe's interval and the pooled z test.

    Returns
    -------
    Inference
        First minus second, as fractions. The effect size is Cohen's h with the interval of
        its variance ``1 / n + 1 / m``. NaN where a side has no trials; no test where neither or
        all had the event.

    References
    ----------
    Newcombe, R. G. (1998). Interval estimation for the difference between independent
    proportions. *Statistics in Medicine*, 17(8), 873-890.
    Cohen, J. (1988). *Statistical Power Analysis for the Behavioral Sciences*, 2nd ed., ch. 6.

    Examples
    --------
    >>> found = two_proportions(56, 70, 48, 80)
    >>> print(f"{found.estimate:.4f} ({found.lower:.4f} to {found.upper:.4f})")
    0.2000 (0.0524 to 0.3339)
    """
    _counts([events, other_events], [trials, other_trials])
    size = int(trials + other_trials)
    if not trials or not other_trials:
        return Inference(size)
    alpha = 2 * tails(confidence)[0]
    lower, upper = confint_proportions_2indep(
        events, trials, other_events, other_trials, method="newcomb", compare="diff", alpha=alpha
    )
    statistic, p_value = NAN, NAN
    if 0 < events + other_events < size:
        statistic, p_value = proportions_ztest([events, other_events], [trials, other_trials])
    effect = float(proportion_effectsize(events / trials, other_events / other_trials))
    margin = float(stats.norm.ppf(tails(confidence)[1])) * np.sqrt(1 / trials + 1 / other_trials)
    return Inference(
        size,
        events / trials - other_events / other_trials,
        float(lower),
        float(upper),
        float(statistic),
        NAN,
        float(p_value),
        effect,
        effect - margin,
        effect + margin,
    )


def rate_ratio(
    events: float,
    trials: float,
    other_events: float,
    other_trials: float,
    *,
    confidence: float = 0.95,
) -> Inference:
    """Return the ratio of two rates with the interval of its logarithm; 1 is no difference.

    The relative lift is the ratio less one; the adverse-impact ratio is that of two selection
    rates, and below 0.8 fails the four-fifths rule. NaN where either side has no event.

    References
    ----------
    Katz, D. et al. (1978). Obtaining confidence intervals for the risk ratio in cohort studies.
    *Biometrics*, 34(3), 469-474. Uniform Guidelines on Employee Selection Procedures (1978), 29
    CFR 1607.4(D).

    Examples
    --------
    >>> found = rate_ratio(48, 80, 64, 80)
    >>> print(f"{found.estimate:.2f} ({found.lower:.2f} to {found.upper:.2f})")
    0.75 (0.61 to 0.93)
    """
    _counts([events, other_events], [trials, other_trials])
    size = int(trials + other_trials)
    if not events or not other_events:
        return Inference(size)
    alpha = 2 * tails(confidence)[0]
    lower, upper = confint_proportions_2indep(
        events, trials, other_events, other_trials, method="log", compare="ratio", alpha=alpha
    )
    ratio = events / trials / (other_events / other_trials)
    test = two_proportions(events, trials, other_events, other_trials, confidence=confidence)
    return Inference(
        size, ratio, float(lower), float(upper), test.statistic, NAN, test.p_value,
        test.effect_size, test.effect_lower, test.effect_upper,
    )  # fmt: skip


class BetaPrior(NamedTuple):
    """Spread of true rates between groups: a beta distribution; infinite where there is none."""

    alpha: float
    beta: float


def beta_prior(events: ArrayLike, trials: ArrayLike) -> BetaPrior:
    """Return the beta distribution of true rates that makes the counts likeliest.

    Both parameters are infinite where the rates differ by no more than chance: then the
    distribution is the common rate alone, which `shrunken_rates` takes.

    Notes
    -----
    Maximum likelihood of the beta-binomial over mean and ``log(alpha + beta)``.

    References
    ----------
    Robbins, H. (1956). An empirical Bayes approach to statistics. *Proc. Third Berkeley Symp.*,
    1, 157-163. Casella, G. (1985). An introduction to empirical Bayes data analysis. *The
    American Statistician*, 39(2), 83-87.

    Examples
    --------
    >>> prior = beta_prior([1, 30, 12, 50, 3], [100, 100, 100, 100, 100])
    >>> bool(0.1 < prior.alpha / (prior.alpha + prior.beta) < 0.3)
    True
    """
    count, size = (
        part[np.asarray(size_) > 0] for size_ in [trials] for part in _counts(events, trials)
    )
    total = float(size.sum())
    if len(size) < 2 or not 0 < count.sum() < total:
        return BetaPrior(np.inf, np.inf)

    def loss(place: Floats) -> float:
        mean, amount = 1 / (1 + np.exp(-place[0])), np.exp(place[1])
        return -float(stats.betabinom.logpmf(count, size, mean * amount, (1 - mean) * amount).sum())

    share = count.sum() / total
    start = np.array([np.log(share / (1 - share)), np.log(total / len(size))])
    found = optimize.minimize(
        loss, start, method="L-BFGS-B", bounds=[(start[0] - 4, start[0] + 4), (-4.0, 14.0)]
    )
    none = -float(stats.binom.logpmf(count, size, share).sum())
    if found.x[1] > 13.5 or found.fun >= none - 1e-6:
        return BetaPrior(np.inf, np.inf)
    mean, amount = 1 / (1 + np.exp(-found.x[0])), np.exp(found.x[1])
    return BetaPrior(float(mean * amount), float((1 - mean) * amount))


def shrunken_rates(
    events: ArrayLike, trials: ArrayLike, *, confidence: float = 0.95
) -> tuple[Floats, Floats, Floats]:
    """Return each group's rate, pulled to the mean by as much as its size leaves to chance.

    Returns
    -------
    rate, lower, upper : ndarray of float64
        Mean and central part of the posterior; where groups differ by no more than chance, the
        common rate with its Wilson interval.

    Notes
    -----
    The bounds leave out that the prior is estimated, too: with few groups they are narrow.

    Examples
    --------
    >>> rate, _, _ = shrunken_rates([0, 300, 120, 500, 30], [2, 1000, 1000, 1000, 1000])
    >>> bool(0.05 < rate[0] < 0.25), round(float(rate[1]), 2)
    (True, 0.3)
    """
    count, size = _counts(events, trials)
    prior = beta_prior(count, size)
    if np.isinf(prior.alpha):
        total, whole = float(count.sum()), float(size.sum())
        lower, upper = wilson(total, whole, confidence=confidence)
        rate = total / whole if whole else np.nan
        return tuple(np.full(count.shape, float(end)) for end in (rate, lower, upper))  # type: ignore[return-value]
    first, second = prior.alpha + count, prior.beta + size - count
    low, high = tails(confidence)
    return (
        first / (first + second),
        stats.beta.ppf(low, first, second),
        stats.beta.ppf(high, first, second),
    )


def funnel_limits(
    rate: float, trials: ArrayLike, *, confidence: float = 0.95
) -> tuple[Floats, Floats]:
    """Return between which rates a group of this size lies by chance, if its true rate is `rate`.

    Exact limits of the binomial, interpolated between the counts around the quantile.

    References
    ----------
    Spiegelhalter, D. J. (2005). Funnel plots for comparing institutional performance.
    *Statistics in Medicine*, 24(8), 1185-1202, appendix A.1.

    Examples
    --------
    >>> lower, upper = funnel_limits(0.1, [50, 5000])
    >>> [f"{a:.3f} to {b:.3f}" for a, b in zip(lower, upper)]
    ['0.014 to 0.180', '0.092 to 0.108']
    """
    size = np.asarray(trials, dtype=np.float64)
    if np.isnan(rate):
        return np.full(size.shape, np.nan), np.full(size.shape, np.nan)
    if not 0 <= rate <= 1:
        raise InvalidInputError(f"the rate is {rate}", hint="a fraction between 0 and 1")
    bounds = []
    for share in tails(confidence):
        count = stats.binom.ppf(share, size, rate)
        above = stats.binom.cdf(count, size, rate)
        mass = stats.binom.pmf(count, size, rate)
        with np.errstate(invalid="ignore", divide="ignore"):
            part = np.where(mass > 0, (above - share) / mass, 0.0)
            bounds.append(np.clip(np.where(size > 0, (count - part) / size, np.nan), 0, 1))
    return bounds[0], bounds[1]
