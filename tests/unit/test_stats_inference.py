"""The tests of category 04: equal to scipy and statsmodels, or to what was published."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats
from sklearn.metrics import average_precision_score, roc_auc_score
from statsmodels.stats.meta_analysis import effectsize_smd
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.oneway import anova_oneway, confint_noncentrality
from statsmodels.stats.proportion import proportion_confint

from financial_analytics.errors import InvalidInputError
from financial_analytics.stats.experiments import cuped, cuped_t, minimum_detectable, sample_ratio
from financial_analytics.stats.groups import (
    brown_forsythe,
    cliffs_delta,
    dunn,
    games_howell,
    hedges_g,
    kruskal_wallis,
    welch_anova,
    welch_t,
)
from financial_analytics.stats.multiple import holm
from financial_analytics.stats.quantiles import studentized_range
from financial_analytics.stats.ranking import cheapest, counted_auc, recall_at, score_curve
from financial_analytics.stats.rates import (
    beta_prior,
    clopper_pearson,
    funnel_limits,
    rate_ratio,
    shrunken_rates,
    two_proportions,
    wilson,
)
from financial_analytics.stats.robust_logit import hosmer_lemeshow, robust_logit
from financial_analytics.stats.roc import auc_interval
from financial_analytics.stats.shapes import (
    bootstrap_interval,
    fit_gamma,
    fit_lognormal,
    gini,
    normality,
)

NA = np.nan
# Ozone in New York by month, May to September 1973 (Chambers et al. 1983; R's `airquality`).
OZONE = (
    (41, 36, 12, 18, NA, 28, 23, 19, 8, NA, 7, 16, 11, 14, 18, 14, 34, 6, 30, 11, 1, 11, 4, 32,
     NA, NA, NA, 23, 45, 115, 37),
    (29, NA, 71, 39, NA, NA, 23, NA, NA, 21, 37, 20, 12, 13),
    (135, 49, 32, NA, 64, 40, 77, 97, 97, 85, NA, 10, 27, NA, 7, 48, 35, 61, 79, 63, 16, NA, NA,
     80, 108, 20, 52, 82, 50, 64, 59),
    (39, 9, 16, 78, 35, 66, 122, 89, 110, NA, NA, 44, 28, 65, NA, 22, 59, 23, 31, 44, 21, 9, NA,
     45, 168, 73, NA, 76, 118, 84, 85),
    (96, 78, 73, 91, 47, 32, 20, 23, 21, 24, 44, 21, 28, 9, 13, 46, 18, 13, 24, 16, 13, 23, 36, 7,
     14, 30, NA, 14, 18, 20),
)  # fmt: skip


@pytest.fixture(scope="module")
def parts() -> list[np.ndarray]:
    """Three groups of unequal size and spread, with missing values."""
    rng = np.random.default_rng(8)
    drawn = [rng.normal(m, s, n) for m, s, n in ((0, 1, 40), (0.4, 3, 23), (1.5, 2, 71))]
    drawn[1][3] = np.nan
    return drawn


def _known(parts: list[np.ndarray]) -> list[np.ndarray]:
    return [part[np.isfinite(part)] for part in parts]


def test_welch_anova_is_that_of_statsmodels(parts: list[np.ndarray]) -> None:
    found, theirs = welch_anova(parts), anova_oneway(_known(parts), use_var="unequal")
    assert found.statistic == pytest.approx(theirs.statistic, rel=1e-9)
    assert found.p_value == pytest.approx(theirs.pvalue, rel=1e-9)
    low, high = confint_noncentrality(theirs.statistic, (theirs.df_num, theirs.df_denom))
    # their inverse of the noncentral F stops earlier than ours: it misses its level by 1e-5
    assert found.effect_lower == pytest.approx(low / (low + found.n), rel=1e-3)
    assert found.effect_upper == pytest.approx(high / (high + found.n), rel=1e-3)
    for end, share in ((found.effect_lower, 0.975), (found.effect_upper, 0.025)):
        centre = end / (1 - end) * found.n
        level = stats.ncf.cdf(theirs.statistic, theirs.df_num, theirs.df_denom, centre)
        assert level == pytest.approx(share, abs=1e-9)
    assert found.n == 133


def test_games_howell_is_that_of_scipy(parts: list[np.ndarray]) -> None:
    theirs = stats.tukey_hsd(*_known(parts), equal_var=False)
    bounds = theirs.confidence_interval(0.9)
    for (i, j), found in games_howell(parts, confidence=0.9).items():
        assert found.p_value == pytest.approx(theirs.pvalue[i, j], abs=1e-10)
        assert found.estimate == pytest.approx(theirs.statistic[i, j], rel=1e-9)
        assert (found.lower, found.upper) == pytest.approx(
            (bounds.low[i, j], bounds.high[i, j]), rel=1e-9
        )


@pytest.mark.parametrize(("groups", "freedom"), [(2, 5.2), (4, 17.3), (7, 3.1), (5, 900.0)])
def test_the_studentized_range_is_that_of_scipy(groups: int, freedom: float) -> None:
    theirs = stats.studentized_range(groups, freedom)
    for statistic in (0.4, 3.3, 9.0):
        share, quantile = studentized_range(statistic, groups, freedom, 0.9)
        assert share == pytest.approx(theirs.sf(statistic), abs=1e-10)
    assert theirs.cdf(quantile) == pytest.approx(0.9, abs=1e-10)


def test_pairs_are_those_of_scipy_and_statsmodels(parts: list[np.ndarray]) -> None:
    one, other, _ = _known(parts)
    found, theirs = welch_t(parts[0], parts[1]), stats.ttest_ind(one, other, equal_var=False)
    assert (found.statistic, found.degrees_of_freedom, found.p_value) == pytest.approx(
        (theirs.statistic, theirs.df, theirs.pvalue), rel=1e-9
    )
    g, variance = effectsize_smd(
        one.mean(), one.std(ddof=1), 40, other.mean(), other.std(ddof=1), 22
    )
    assert hedges_g(parts[0], parts[1])[0] == pytest.approx(g, rel=1e-9)
    margin = stats.norm.ppf(0.975) * variance**0.5
    assert hedges_g(parts[0], parts[1])[1:] == pytest.approx((g - margin, g + margin), rel=1e-9)
    levene = stats.levene(*_known(parts), center="median")
    assert brown_forsythe(parts).p_value == pytest.approx(levene.pvalue, rel=1e-9)
    area = stats.mannwhitneyu(one, other).statistic / (40 * 22)
    assert cliffs_delta(parts[0], parts[1])[0] == pytest.approx(2 * area - 1, rel=1e-9)


def test_kruskal_wallis_is_published_for_ozone() -> None:
    """R, ``kruskal.test(Ozone ~ Month, data = airquality)``: 29.267, df 4, p 6.901e-06."""
    found = kruskal_wallis(OZONE)
    assert found.statistic == pytest.approx(29.267, abs=5e-4)
    assert found.degrees_of_freedom == 4
    assert found.p_value == pytest.approx(6.901e-06, abs=5e-10)
    assert found.effect_lower < found.effect_size < found.effect_upper


def test_dunn_is_published_for_ozone() -> None:
    """R package dunn.test 1.3 (Dinno), ``dunn.test(airquality$Ozone, airquality$Month)``."""
    published = {
        (0, 1): -0.925158, (0, 2): -4.419470, (1, 2): -2.244208, (0, 3): -4.132813,
        (1, 3): -2.038635, (2, 3): 0.286657, (0, 4): -1.321202, (1, 4): 0.002538,
        (2, 4): 3.217199, (3, 4): 2.922827,
    }  # fmt: skip
    found = dunn(OZONE)
    for pair, statistic in published.items():
        assert found[pair].statistic == pytest.approx(statistic, abs=1e-6), pair
        assert found[pair].p_value == pytest.approx(2 * stats.norm.sf(abs(statistic)), abs=1e-6)


def test_delong_is_published_for_hanley_and_mcneil() -> None:
    """Stata, ``roctab disease rating``: 0.8932, error 0.0307, 0.83295 to 0.95339."""
    counts = np.array([[33, 6, 6, 11, 2], [3, 2, 2, 11, 33]], dtype=float)
    rating, ill = np.tile(np.arange(5.0), 2), np.repeat([0.0, 1.0], 5)
    found = counted_auc(rating, ill, counts.ravel())
    assert found.n == 109
    assert found.estimate == pytest.approx(0.8932, abs=5e-5)
    error = (found.estimate - 0.5) / found.statistic
    assert error == pytest.approx(0.0307, abs=5e-5)
    published = stats.norm.interval(0.95, found.estimate, error)
    assert published == pytest.approx((0.83295, 0.95339), abs=5e-5)
    whole = np.repeat(np.arange(10), counts.ravel().astype(int))
    written = auc_interval(ill[whole], rating[whole])
    assert (found.estimate, found.lower, found.upper) == pytest.approx(
        (written.value, written.lower, written.upper), rel=1e-9
    )


def test_the_score_curve_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(4)
    event = rng.random(800) < 0.1
    score = np.round(rng.normal(event * 1.0, 1.0), 1)  # with ties
    curve = score_curve(score, event)
    assert counted_auc(score, event).estimate == pytest.approx(
        roc_auc_score(event, score), rel=1e-9
    )
    assert curve.average_precision == pytest.approx(average_precision_score(event, score), rel=1e-9)
    recall, place = recall_at(curve, 0.05)
    flagged = score >= curve.threshold[place]
    assert recall == pytest.approx(flagged[event].mean())
    assert flagged[~event].mean() <= 0.05 < (score >= curve.threshold[place + 1])[~event].mean()
    cost, best = cheapest(curve, miss_cost=20, alarm_cost=1)
    by_hand = [20 * (event & (score < t)).sum() + (score >= t).sum() for t in curve.threshold]
    np.testing.assert_allclose(cost, by_hand)
    assert best == int(np.argmin(by_hand))


def test_intervals_of_rates_are_those_of_statsmodels() -> None:
    for own, method in ((wilson, "wilson"), (clopper_pearson, "beta")):
        for events, trials in ((1, 9), (40, 400), (7, 8)):
            assert own(events, trials, confidence=0.9) == pytest.approx(
                proportion_confint(events, trials, 0.1, method), rel=1e-9
            )
    assert float(wilson(0, 5)[0]) == 0.0
    assert np.isnan(clopper_pearson(0, 0)).all()
    with pytest.raises(InvalidInputError, match="above its trials"):
        wilson(6, 5)


def test_newcombe_is_published() -> None:
    """Newcombe (1998), table II, method 10: 56/70 against 48/80, and 9/10 against 3/10."""
    for counts, bounds in (
        ((56, 70, 48, 80), (0.0524, 0.3339)),
        ((9, 10, 3, 10), (0.1705, 0.8090)),
    ):
        found = two_proportions(*counts)
        assert (found.lower, found.upper) == pytest.approx(bounds, abs=5e-5)


def test_two_proportions_and_their_ratio() -> None:
    found, ratio = two_proportions(30, 200, 12, 190), rate_ratio(30, 200, 12, 190)
    z, p = sm.stats.proportions_ztest([30, 12], [200, 190])
    assert (found.statistic, found.p_value) == pytest.approx((z, p), rel=1e-9)
    theirs = stats.contingency.relative_risk(30, 200, 12, 190)
    bounds = theirs.confidence_interval(0.95)
    assert (ratio.estimate, ratio.lower, ratio.upper) == pytest.approx(
        (theirs.relative_risk, bounds.low, bounds.high), rel=1e-9
    )
    assert np.isnan(two_proportions(0, 10, 0, 20).p_value)
    assert np.isnan(rate_ratio(0, 10, 3, 20).estimate)


def test_shrinkage_finds_the_spread_and_helps() -> None:
    rng = np.random.default_rng(11)
    size = rng.integers(5, 400, 300)
    true = rng.beta(4, 36, 300)
    count = rng.binomial(size, true)
    prior = beta_prior(count, size)
    assert prior.alpha / (prior.alpha + prior.beta) == pytest.approx(0.1, abs=0.01)
    assert prior.alpha + prior.beta == pytest.approx(40, rel=0.5)
    rate, lower, upper = shrunken_rates(count, size)
    assert ((rate - true) ** 2).mean() < 0.6 * ((count / size - true) ** 2).mean()
    assert ((lower <= true) & (true <= upper)).mean() == pytest.approx(0.95, abs=0.03)
    flat = shrunken_rates(rng.binomial(size, 0.1), size)[0]
    assert np.ptp(flat) < 0.02


def test_funnel_limits_hold_what_chance_does() -> None:
    size = np.repeat([30, 300, 3000], 20_000)
    rate = np.random.default_rng(5).binomial(size, 0.08) / size
    lower, upper = funnel_limits(0.08, size)
    assert ((rate < lower) | (rate > upper)).mean() == pytest.approx(0.05, abs=0.02)


def test_logit_is_that_of_statsmodels() -> None:
    rng = np.random.default_rng(2)
    x = rng.integers(0, 2, (900, 2)).astype(float)
    y = rng.random(900) < 1 / (1 + np.exp(0.5 - x @ [1.0, -0.6]))
    found = robust_logit(y, x)
    model = sm.Logit(y.astype(float), sm.add_constant(x))
    fits: Any = [model.fit(disp=0, cov_type=kind) for kind in ("nonrobust", "HC0")]
    error = np.maximum(*(fit.bse[1:] for fit in fits))
    slope = fits[0].params[1:]
    z = stats.norm.ppf(0.975)
    np.testing.assert_allclose(found.odds_ratio, np.exp(slope), rtol=1e-9)
    np.testing.assert_allclose(found.odds_lower, np.exp(slope - z * error), rtol=1e-9)
    np.testing.assert_allclose(found.p_value, 2 * stats.norm.sf(abs(slope / error)), rtol=1e-9)
    effects = [fit.get_margeff(dummy=True) for fit in fits]
    np.testing.assert_allclose(found.effect, effects[0].margeff, rtol=1e-9)
    margin = z * np.maximum(*(effect.margeff_se for effect in effects))
    np.testing.assert_allclose(found.effect_upper, effects[0].margeff + margin, rtol=1e-9)
    apart = robust_logit([0, 0, 0, 1, 1, 1], [[0.0], [0], [0], [1], [1], [1]])
    assert not apart.converged and np.isnan(apart.odds_ratio).all()


def test_hosmer_lemeshow_by_hand_and_its_level() -> None:
    p = np.repeat([0.1, 0.3, 0.5, 0.9], 50)
    y = np.concatenate([np.arange(50) < k for k in (8, 12, 27, 44)])
    by_hand = sum(
        (k - 50 * q) ** 2 / (50 * q * (1 - q))
        for k, q in zip((8, 12, 27, 44), (0.1, 0.3, 0.5, 0.9), strict=True)
    )
    found = hosmer_lemeshow(y, p)
    assert found.statistic == pytest.approx(by_hand, rel=1e-9)
    assert found.degrees_of_freedom == 2
    assert np.isnan(hosmer_lemeshow(y, np.full(200, 0.4)).p_value)


def test_normality_is_that_of_scipy_and_anderson_is_tabulated() -> None:
    x = np.random.default_rng(1).gamma(6, size=150)
    found = normality(np.append(x, np.nan))
    assert found.jarque_bera.statistic == pytest.approx(stats.jarque_bera(x).statistic, rel=1e-9)
    assert found.dagostino.p_value == pytest.approx(stats.normaltest(x).pvalue, rel=1e-9)
    assert found.anderson.statistic == pytest.approx(
        stats.anderson(x, "norm", method="interpolate").statistic, rel=1e-9
    )
    assert np.isnan(normality(x[:19]).jarque_bera.p_value)


def test_fits_are_those_of_scipy() -> None:
    x = np.random.default_rng(6).lognormal(3, 0.7, 400)
    sigma, _, scale = stats.lognorm.fit(x, floc=0)
    ours = fit_lognormal(x)
    assert (ours.shape, ours.scale) == pytest.approx((sigma, scale), rel=1e-4)
    likelihood = stats.lognorm.logpdf(x, ours.shape, scale=ours.scale).sum()
    assert ours.aic == pytest.approx(4 - 2 * likelihood, rel=1e-9)
    shape, _, scale = stats.gamma.fit(x, floc=0)
    assert (fit_gamma(x).shape, fit_gamma(x).scale) == pytest.approx((shape, scale), rel=1e-6)
    assert ours.aic < fit_gamma(x).aic
    pairs = np.abs(x[:, None] - x).mean() / (2 * x.mean())
    assert gini(x) == pytest.approx(pairs, rel=1e-9)


def test_bootstrap_is_about_the_t_interval() -> None:
    x = np.random.default_rng(9).normal(10, 2, 300)
    low, high = bootstrap_interval(x, np.mean, rng=np.random.default_rng(1))
    margin = stats.norm.ppf(0.975) * x.std() / 300**0.5
    assert (low, high) == pytest.approx((x.mean() - margin, x.mean() + margin), abs=0.04)


def test_cuped_takes_away_what_the_covariate_explains() -> None:
    """Deng et al. (2013): the variance left is ``1 - r ** 2``, the difference stays."""
    rng = np.random.default_rng(7)
    before = rng.normal(size=4000)
    outcome = 2 * before + rng.normal(size=4000) + np.repeat([0.3, 0.0], 2000)
    adjusted = cuped(outcome, before)
    left = adjusted.outcome.var() / outcome.var()
    assert left == pytest.approx(1 - np.corrcoef(outcome, before)[0, 1] ** 2, rel=1e-9)
    found, share = cuped_t(outcome[:2000], before[:2000], outcome[2000:], before[2000:])
    assert share == pytest.approx(0.8, abs=0.02)
    assert found.lower < 0.3 < found.upper
    plain = welch_t(outcome[:2000], outcome[2000:])
    assert found.upper - found.lower < 0.5 * (plain.upper - plain.lower)


def test_power_at_the_minimum_detectable_difference_is_as_said() -> None:
    rng = np.random.default_rng(3)
    size = 200
    gap = minimum_detectable((2 / size) ** 0.5, power=0.8)
    found = [
        welch_t(rng.normal(gap, 1, size), rng.normal(0, 1, size)).p_value < 0.05
        for _ in range(1000)
    ]
    assert np.mean(found) == pytest.approx(0.8, abs=0.04)  # three errors of 1,000 trials


def test_a_sample_ratio_is_chi_squared() -> None:
    found = sample_ratio([750, 270], [3, 1])
    theirs = stats.chisquare([750, 270], [765, 255])
    assert (found.statistic, found.p_value) == pytest.approx(tuple(theirs), rel=1e-9)
    assert sample_ratio([0, 0], [3, 1]).n == 0


def test_holm_is_that_of_statsmodels() -> None:
    p = np.random.default_rng(2).beta(0.4, 2, 40)
    np.testing.assert_allclose(holm(p), multipletests(p, method="holm")[1], rtol=1e-9)
    assert holm([0.02, np.nan, 0.01, 0.04])[[0, 2, 3]].tolist() == pytest.approx([0.04, 0.03, 0.04])


@pytest.mark.parametrize("empty", [[[], []], [[1.0], [2.0]], [[1, 1, 1], [2, 3, 4]], [[np.nan]]])
def test_too_little_gives_no_estimate_and_no_error(empty: list[list[float]]) -> None:
    assert np.isnan(welch_anova(empty).p_value)
    assert games_howell(empty) == {}
    assert np.isnan(brown_forsythe(empty).p_value)
