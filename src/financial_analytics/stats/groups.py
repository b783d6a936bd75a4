"""Differences between groups of unequal size and spread: omnibus tests and pairs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats
from statsmodels.stats.meta_analysis import effectsize_smd
from statsmodels.stats.oneway import anova_oneway

from financial_analytics.stats.coverage import tails
from financial_analytics.stats.inference import Inference, can_vary, known, known_groups
from financial_analytics.stats.quantiles import noncentrality, studentized_range
from financial_analytics.stats.roc import auc_interval

Pairs = dict[tuple[int, int], Inference]


def mean_interval(values: ArrayLike, *, confidence: float = 0.95) -> Inference:
    """Return the mean with Student's interval; NaN values are left out.

    Examples
    --------
    >>> found = mean_interval([1, 2, 3, 4])
    >>> print(f"{found.estimate} ({found.lower:.2f} to {found.upper:.2f})")
    2.5 (0.45 to 4.55)
    """
    array = known(values)
    if not len(array):
        return Inference(0)
    mean = float(array.mean())
    if len(array) < 2:
        return Inference(1, mean)
    margin = float(stats.t.ppf(tails(confidence)[1], len(array) - 1) * stats.sem(array))
    return Inference(
        len(array), mean, mean - margin, mean + margin, degrees_of_freedom=len(array) - 1
    )


def hedges_g(
    first: ArrayLike, second: ArrayLike, *, confidence: float = 0.95
) -> tuple[float, float, float]:
    """Return Hedges' g of `first` minus `second`, with its interval.

    Parameters
    ----------
    first, second : array_like of float, shapes (n,) and (m,)
        NaN is left out.
    confidence : float, default 0.95
        Two-sided coverage as a fraction in (0, 1).

    Returns
    -------
    g, lower, upper : float
        In pooled standard deviations, corrected for small samples; NaN without variation.

    References
    ----------
    Hedges, L. V. (1981). Distribution theory for Glass's estimator of effect size and related
    estimators. *Journal of Educational Statistics*, 6(2), 107-128.

    Examples
    --------
    >>> g, lower, upper = hedges_g([5, 6, 7, 8], [1, 2, 3, 4])
    >>> print(f"{g:.2f} ({lower:.2f} to {upper:.2f})")
    2.69 (0.38 to 5.01)
    """
    one, other = known(first), known(second)
    if not can_vary([one, other]):
        return np.nan, np.nan, np.nan
    value, variance = effectsize_smd(
        one.mean(), one.std(ddof=1), len(one), other.mean(), other.std(ddof=1), len(other)
    )
    margin = float(stats.norm.ppf(tails(confidence)[1]) * np.sqrt(variance))
    return float(value), float(value) - margin, float(value) + margin


def welch_t(first: ArrayLike, second: ArrayLike, *, confidence: float = 0.95) -> Inference:
    """Return the difference of two means by Welch's test; the effect size is Hedges' g.

    Examples
    --------
    >>> round(welch_t([5, 6, 7, 8], [1, 2, 3, 4]).p_value, 4)
    0.0047
    """
    one, other = known(first), known(second)
    size = len(one) + len(other)
    if not can_vary([one, other]):
        return Inference(size)
    test = stats.ttest_ind(one, other, equal_var=False)
    bounds = test.confidence_interval(confidence)
    return Inference(
        size,
        float(one.mean() - other.mean()),
        float(bounds.low),
        float(bounds.high),
        float(test.statistic),
        float(test.df),
        float(test.pvalue),
        *hedges_g(one, other, confidence=confidence),
    )


def welch_anova(groups: Sequence[ArrayLike], *, confidence: float = 0.95) -> Inference:
    """Return Welch's test that all means are equal; the effect size is omega squared.

    Parameters
    ----------
    groups : sequence of array_like of float
        Two or more; sizes and variances may differ. NaN is left out.
    confidence : float, default 0.95
        Coverage of the interval of omega squared (from the noncentrality of F).

    Notes
    -----
    Assumes means that are about normal, which large groups give whatever their distribution.
    There is no estimate: an omnibus test has no direction. Fewer than two groups, or one that
    does not vary, give NaN.

    References
    ----------
    Welch, B. L. (1951). On the comparison of several mean values: an alternative approach.
    *Biometrika*, 38(3/4), 330-336.

    Examples
    --------
    >>> found = welch_anova([[1, 2, 3, 4], [2, 3, 4, 6], [7, 8, 9, 9]])
    >>> print(f"F = {found.statistic:.2f}, p = {found.p_value:.4f}")
    F = 26.01, p = 0.0014
    """
    parts = known_groups(groups)
    size = sum(map(len, parts))
    if not can_vary(parts):
        return Inference(size)
    test = anova_oneway(parts, use_var="unequal", welch_correction=True)
    first, second = float(test.df_num), float(test.df_denom)
    lower, upper = noncentrality(
        float(test.statistic),
        lambda x, centre: float(stats.ncf.cdf(x, first, second, centre)),
        confidence,
    )
    centre = max(first * (float(test.statistic) - 1), 0.0)
    return Inference(
        size,
        statistic=float(test.statistic),
        degrees_of_freedom=first,
        p_value=float(test.pvalue),
        effect_size=centre / (centre + size),
        effect_lower=lower / (lower + size),
        effect_upper=upper / (upper + size),
    )


def games_howell(groups: Sequence[ArrayLike], *, confidence: float = 0.95) -> Pairs:
    """Return the difference of the means of each pair; the effect size is Hedges' g.

    The p-values and intervals hold for all pairs together.

    Returns
    -------
    dict of (int, int) to Inference
        Places of the two groups, the lower first; first minus second. Empty where a group
        does not vary.

    References
    ----------
    Games, P. A. and Howell, J. F. (1976). Pairwise multiple comparison procedures with unequal
    n's and/or variances. *Journal of Educational Statistics*, 1(2), 113-125.

    Examples
    --------
    >>> pairs = games_howell([[1, 2, 3, 4], [2, 3, 4, 6], [7, 8, 9, 9]])
    >>> round(pairs[0, 2].p_value, 3)
    0.001
    """
    parts = known_groups(groups)
    if not can_vary(parts):
        return {}
    pairs: Pairs = {}
    for i, j in combinations(range(len(parts)), 2):
        welch = stats.ttest_ind(parts[i], parts[j], equal_var=False)
        gap = float(parts[i].mean() - parts[j].mean())
        share, width = studentized_range(
            abs(float(welch.statistic)) * np.sqrt(2), len(parts), float(welch.df), confidence
        )
        margin = width / np.sqrt(2) * abs(gap / float(welch.statistic)) if gap else np.nan
        pairs[i, j] = Inference(
            len(parts[i]) + len(parts[j]),
            gap,
            gap - margin,
            gap + margin,
            float(welch.statistic),
            float(welch.df),
            share,
            *hedges_g(parts[i], parts[j], confidence=confidence),
        )
    return pairs


def kruskal_wallis(groups: Sequence[ArrayLike], *, confidence: float = 0.95) -> Inference:
    """Return the test that no group's ranks are higher; the effect size is eta squared of ranks.

    Notes
    -----
    ``(H - k + 1) / (n - k)``, zero at least; its interval is that of the noncentrality of the
    chi-squared distribution over ``n - k``. The statistic is corrected for ties.

    References
    ----------
    Kruskal, W. H. and Wallis, W. A. (1952). Use of ranks in one-criterion variance analysis.
    *JASA*, 47(260), 583-621. Tomczak, M. and Tomczak, E. (2014). The need to report effect size
    estimates revisited. *Trends in Sport Sciences*, 1(21), 19-25.

    Examples
    --------
    >>> found = kruskal_wallis([[1, 2, 3, 4], [2, 3, 4, 6], [7, 8, 9, 9]])
    >>> print(f"H = {found.statistic:.2f}, p = {found.p_value:.4f}")
    H = 7.97, p = 0.0186
    """
    parts = known_groups(groups)
    size, number = sum(map(len, parts)), len(parts)
    if number < 2 or min(map(len, parts)) < 1 or np.ptp(np.concatenate(parts)) == 0:
        return Inference(size)
    test = stats.kruskal(*parts)
    rest = max(size - number, 1)
    lower, upper = noncentrality(
        float(test.statistic),
        lambda x, centre: float(stats.ncx2.cdf(x, number - 1, centre)),
        confidence,
    )
    return Inference(
        size,
        statistic=float(test.statistic),
        degrees_of_freedom=number - 1,
        p_value=float(test.pvalue),
        effect_size=max((float(test.statistic) - number + 1) / rest, 0.0),
        effect_lower=min(lower / rest, 1.0),
        effect_upper=min(upper / rest, 1.0),
    )


def cliffs_delta(
    first: ArrayLike, second: ArrayLike, *, confidence: float = 0.95
) -> tuple[float, float, float]:
    """Return how much likelier the first is the greater than the smaller, with its interval.

    References
    ----------
    Cliff, N. (1993). Dominance statistics: ordinal analyses to answer ordinal questions.
    *Psychological Bulletin*, 114(3), 494-509. Delta is twice the area under the ROC curve less
    one, and so is its interval.

    Examples
    --------
    >>> round(cliffs_delta([3, 4, 5], [1, 2, 3])[0], 3)
    0.889
    """
    one, other = known(first), known(second)
    label = np.repeat([True, False], [len(one), len(other)])
    area = auc_interval(label, np.concatenate([one, other]), confidence=confidence)
    return 2 * area.value - 1, 2 * area.lower - 1, 2 * area.upper - 1


def dunn(groups: Sequence[ArrayLike], *, confidence: float = 0.95) -> Pairs:
    """Return the difference of the mean ranks of each pair; the effect size is Cliff's delta.

    The p-values are of each pair alone: adjust them. The statistic is corrected for ties.

    Returns
    -------
    dict of (int, int) to Inference
        Places of the two groups, the lower first; first minus second.

    References
    ----------
    Dunn, O. J. (1964). Multiple comparisons using rank sums. *Technometrics*, 6(3), 241-252.

    Examples
    --------
    >>> pairs = dunn([[1, 2, 3, 4], [2, 3, 4, 6], [7, 8, 9, 9]])
    >>> print(f"z = {pairs[0, 2].statistic:.2f}, p = {pairs[0, 2].p_value:.3f}")
    z = -2.72, p = 0.007
    """
    parts = known_groups(groups)
    if len(parts) < 2 or min(map(len, parts)) < 1:
        return {}
    pooled = np.concatenate(parts)
    size = len(pooled)
    ranks = stats.rankdata(pooled)
    ties = np.unique(pooled, return_counts=True)[1].astype(np.float64)
    spread = size * (size + 1) / 12 - (ties**3 - ties).sum() / (12 * (size - 1)) if size > 1 else 0
    if spread <= 0:
        return {}
    ends = np.cumsum([len(part) for part in parts])
    means = [own.mean() for own in np.split(ranks, ends[:-1])]
    quantile = float(stats.norm.ppf(tails(confidence)[1]))
    pairs: Pairs = {}
    for i, j in combinations(range(len(parts)), 2):
        error = float(np.sqrt(spread * (1 / len(parts[i]) + 1 / len(parts[j]))))
        gap = float(means[i] - means[j])
        pairs[i, j] = Inference(
            len(parts[i]) + len(parts[j]),
            gap,
            gap - quantile * error,
            gap + quantile * error,
            gap / error,
            p_value=float(2 * stats.norm.sf(abs(gap / error))),
            effect_size=(size_of := cliffs_delta(parts[i], parts[j], confidence=confidence))[0],
            effect_lower=size_of[1],
            effect_upper=size_of[2],
        )
    return pairs


def brown_forsythe(groups: Sequence[ArrayLike]) -> Inference:
    """Return the test that all variances are equal (Levene's, about the medians).

    References
    ----------
    Brown, M. B. and Forsythe, A. B. (1974). Robust tests for the equality of variances. *JASA*,
    69(346), 364-367.

    Examples
    --------
    >>> round(brown_forsythe([[1, 2, 3, 4], [2, 3, 4, 6], [7, 8, 9, 9]]).p_value, 2)
    0.62
    """
    parts = known_groups(groups)
    size = sum(map(len, parts))
    if not can_vary(parts):
        return Inference(size)
    test = stats.levene(*parts, center="median")
    return Inference(
        size,
        statistic=float(test.statistic),
        degrees_of_freedom=len(parts) - 1,
        p_value=float(test.pvalue),
    )
