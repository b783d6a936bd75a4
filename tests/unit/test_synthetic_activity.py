"""Mechanisms 1, 2, 11 and 12, estimated again from the generated feeds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.optimize import minimize
from scipy.special import betaln, gammaln
from sklearn import cluster, metrics
from statsmodels.tools import numdiff
from tests.support.synthetic_lab import Bank, bank, covers, month_of

from financial_analytics.synthetic.calendar import bank_holidays
from financial_analytics.synthetic.catalog import CATEGORIES, WEEKDAY_LOG

# nothing but the effect under test moves purchases
STILL = (
    "purchase.dropout_a=0", "credit.spend_effect=0", "churn.base_rate=0", "fraud.share=0",
    "purchase.decline_share=0", "churn.falling_activity=1",
)  # fmt: skip


def purchases(made: Bank) -> pd.DataFrame:
    table = made.feed("transactions")
    return table[table.description.isin(["Card purchase", "Online purchase"])]


def behaviour(made: Bank) -> pd.DataFrame:
    """Standardised behaviour of customers, from the transactions feed only."""
    bought = made.feed("transactions").query("transaction_type == 'Purchase'")
    other = made.feed("transactions").query(
        "transaction_type in ['ATM Withdrawal', 'Transfer', 'Payment', 'Deposit']"
    )
    who = bought.customer_id
    features = pd.DataFrame({
        "count": np.log1p(who.value_counts()),
        "amount": np.log(-bought.amount.astype(float).groupby(who).mean()),
    })  # fmt: skip
    for channel in ("POS", "Online", "Mobile"):
        features[channel] = (bought.channel == channel).groupby(who).mean()
    for category in ("Groceries", "Travel", "Restaurants", "Digital Goods", "Clothing"):
        features[category] = (bought.merchant_category == category).groupby(who).mean()
    features["evening"] = (bought.hour_of_day >= 19).groupby(who).mean()
    features["morning"] = (bought.hour_of_day <= 10).groupby(who).mean()
    features["abroad"] = bought.is_international.groupby(who).mean()
    for kind in ("ATM Withdrawal", "Transfer"):
        features[kind] = (other.transaction_type == kind).groupby(other.customer_id).mean()
    features["branch"] = (other.channel == "Branch").groupby(other.customer_id).mean()
    features = features.fillna(0)
    return ((features - features.mean()) / features.std()).clip(-3, 3)


def agreement(made: Bank) -> float:
    features = behaviour(made)
    found = cluster.KMeans(5, n_init=10, random_state=0).fit_predict(features)
    planted = made.truth("customers").set_index("customer_id").archetype[features.index]
    return float(metrics.adjusted_rand_score(planted, found))


def test_archetypes__k_means_finds_them_again() -> None:
    assert agreement(bank(customers=2000, transactions=100_000)) >= 0.6


def test_archetypes__without_separation_there_is_nothing_to_find() -> None:
    made = bank("archetypes.separation=0", customers=2000, transactions=100_000)
    assert agreement(made) < 0.05


def daily_counts(made: Bank) -> pd.DataFrame:
    bought = purchases(made)
    days = pd.date_range("2023-01-01", "2025-12-31")
    count = bought.transaction_date.dt.floor("D").value_counts().reindex(days, fill_value=0)
    signup = pd.to_datetime(made.first_versions.signup_date).sort_values().to_numpy()
    closed = {pd.Timestamp(day) for day, _ in bank_holidays(2023, 2025)}
    frame = pd.DataFrame({
        "season": np.cos(2 * np.pi * (days.dayofyear - 350) / 365.25),
        "payday": np.isin(days.day, (1, 15)).astype(float),
        "holiday": days.isin(closed).astype(float),
        "trend": np.arange(len(days)) / 365.25,
    }, index=days)  # fmt: skip
    for weekday in range(1, 7):
        frame[f"weekday {weekday}"] = (days.weekday == weekday).astype(float)
    # somebody buys from the day after signing up
    frame["customers"] = np.searchsorted(signup, days.to_numpy(), side="left")
    frame["count"] = count.to_numpy()
    return frame


def test_purchase__calendar_effects_come_back_from_daily_counts() -> None:
    made = bank(*STILL, "mobile.transaction_effect=0", "adoption.causal_effect=0",
                "adoption.confounding=0", "purchase.shape=50",
                customers=1500, transactions=150_000)  # fmt: skip
    frame = daily_counts(made)
    design = sm.add_constant(frame.drop(columns=["customers", "count"]))
    fit = sm.GLM(frame["count"], design, family=sm.families.Poisson(),
                 offset=np.log(frame["customers"])).fit()  # fmt: skip
    config = made.parameters["config"]["purchase"]
    planted = {name: config[f"{name}_effect"] for name in ("season", "payday", "holiday", "trend")}
    planted |= {f"weekday {day}": WEEKDAY_LOG[day] - WEEKDAY_LOG[0] for day in range(1, 7)}
    missed = [
        name
        for name, truth in planted.items()
        if not covers(fit.params[name], fit.bse[name], truth, 3.0)
    ]
    assert missed == []


def bg_nbd_log_likelihood(
    log: np.ndarray, count: np.ndarray, last: np.ndarray, until: np.ndarray
) -> float:
    """Fader, Hardie and Lee (2005), equation 6, negated; all four parameters on the log scale."""
    r, alpha, a, b = np.exp(log)
    base = gammaln(r + count) - gammaln(r) + r * np.log(alpha)
    alive = betaln(a, b + count) - betaln(a, b) - (r + count) * np.log(alpha + until)
    gone = np.where(
        count > 0,
        betaln(a + 1, b + count - 1) - betaln(a, b) - (r + count) * np.log(alpha + last),
        -np.inf,
    )
    return -float(np.sum(base + np.logaddexp(alive, gone)))


def test_purchase__bg_nbd_parameters_come_back_by_maximum_likelihood() -> None:
    made = bank(
        "archetypes.separation=0", "adoption.confounding=0", "adoption.causal_effect=0",
        "mobile.transaction_effect=0", "credit.spend_effect=0", "churn.base_rate=0",
        "churn.falling_activity=1", "fraud.share=0", "purchase.decline_share=0",
        "purchase.season_effect=0", "purchase.trend_effect=0", "purchase.dropout_a=1.2",
        "purchase.dropout_b=12", customers=4000, transactions=120_000,
    )  # fmt: skip
    bought = purchases(made)
    first = made.first_versions
    origin = pd.to_datetime(first.signup_date) + pd.Timedelta(days=1)
    origin = origin.clip(lower=pd.Timestamp("2023-01-01"))
    when = bought.groupby("customer_id").transaction_date.agg(["max", "size"]).reindex(first.index)
    count = when["size"].fillna(0).to_numpy()
    last = ((when["max"] - origin) / pd.Timedelta(days=1)).fillna(0).clip(lower=0).to_numpy()
    until = ((pd.Timestamp("2026-01-01") - origin) / pd.Timedelta(days=1)).to_numpy()
    args = (count, last, until)
    fit = minimize(bg_nbd_log_likelihood, np.log([1.0, 50.0, 1.0, 10.0]), args, method="BFGS")
    # BFGS's own inverse Hessian is a by-product of its path and no standard error
    curvature = numdiff.approx_hess3(fit.x, bg_nbd_log_likelihood, args=args)
    error = np.sqrt(np.diag(np.linalg.inv(curvature)))
    assert (error < [0.05, 0.05, 0.3, 0.3]).all()
    truth = made.parameters["bg_nbd"]
    planted = np.log([truth["r"], truth["alpha_days"], truth["a"], truth["b"]])
    assert np.all(np.abs(fit.x - planted) <= 3.0 * error)
    assert error[0] < 0.3
    assert error[1] < 0.3


def test_purchase__amounts_are_log_normal_by_category() -> None:
    made = bank("archetypes.separation=0", "purchase.income_effect=0", "credit.spend_effect=0",
                "fraud.share=0", customers=1500, transactions=100_000)  # fmt: skip
    bought = purchases(made)
    size = np.log(-bought.amount.astype(float)).groupby(bought.merchant_category)
    found = size.agg(["mean", "std", "size"])
    # the mean factor of the archetypes at separation 0 is 1
    for name, _, median, sigma in CATEGORIES:
        row = found.loc[name]
        if row["size"] > 300:
            assert abs(row["mean"] - np.log(median)) < 4 * sigma / np.sqrt(row["size"]) + 0.01
            assert abs(row["std"] / sigma - 1) < 0.15


def rollout_month(made: Bank) -> pd.Series:
    """Month of the roll-out per customer, read from the account events."""
    events = made.feed("account_events").query("event_type == 'Mobile Banking Enabled'")
    return events.groupby("customer_id").event_date.min()


def panel(made: Bank) -> tuple[np.ndarray, np.ndarray, pd.Index]:
    """Purchases per customer and month, and the whole months somebody was there."""
    last = made.last_versions
    where = pd.Series(np.arange(len(last)), last.index)
    bought = purchases(made)
    counts = np.zeros((len(last), 36))
    np.add.at(counts, (where[bought.customer_id].to_numpy(), month_of(bought.transaction_date)), 1)
    joined = month_of(last.signup_date)
    return counts, np.arange(36) > joined[:, None], last.index


@pytest.mark.parametrize("planted", [0.25, 0.0])
def test_mobile__ramp_comes_back_from_a_poisson_regression_with_region_and_month(
    planted: float,
) -> None:
    made = bank(*STILL, "purchase.shape=50", f"mobile.transaction_effect={planted}",
                customers=3000, transactions=200_000)  # fmt: skip
    counts, there, ids = panel(made)
    region = made.truth("customers").set_index("customer_id").region[ids]
    start = made.parameters["mobile_rollout"]
    wave = month_of(pd.Series([start[name] or "2099-01-01" for name in region]))
    since = np.arange(36) - wave[:, None]
    ramp = np.where(since >= 0, 1 - np.exp(-(np.maximum(since, 0) + 1) / 3.0), 0.0)
    cells = pd.DataFrame({
        "count": counts[there], "ramp": ramp[there],
        "region": np.repeat(region.to_numpy()[:, None], 36, 1)[there],
        "month": np.tile(np.arange(36), (len(ids), 1))[there],
    })  # fmt: skip
    cells = cells.groupby(["ramp", "region", "month"])["count"].agg(["sum", "size"]).reset_index()
    design = pd.get_dummies(cells[["ramp", "region", "month"]], columns=["region", "month"],
                            drop_first=True).astype(float)  # fmt: skip
    fit = sm.GLM(cells["sum"], sm.add_constant(design), family=sm.families.Poisson(),
                 offset=np.log(cells["size"])).fit(scale="X2")  # fmt: skip
    assert covers(fit.params["ramp"], fit.bse["ramp"], planted, 3.0)
    assert 5 * fit.bse["ramp"] < 0.25


def test_mobile__roll_out_dates_are_in_the_account_events() -> None:
    made = bank(customers=2000, transactions=100_000)
    seen = rollout_month(made)
    region = made.truth("customers").set_index("customer_id").region
    first = seen.groupby(region[seen.index].to_numpy()).min().dt.floor("D")
    for name, day in made.parameters["mobile_rollout"].items():
        assert (name in first.index) == (day is not None)
        if day is not None:
            assert pd.Timestamp(day) <= first[name] <= pd.Timestamp(day) + pd.Timedelta(days=5)


def within_customer(
    counts: np.ndarray, there: np.ndarray, treated: np.ndarray
) -> tuple[float, float]:
    """Poisson regression with customer and month effects; standard error robust by customer."""
    y, weight = counts * there, there.astype(float)
    effect, months = 0.0, np.zeros(counts.shape[1])
    total = y.sum(axis=1)
    for _ in range(60):
        for _ in range(2):
            mean = np.exp(effect * treated + months) * weight
            mean *= (total / np.maximum(mean.sum(axis=1), 1e-12))[:, None]
            months += np.log(np.maximum(y.sum(axis=0), 1e-9) / np.maximum(mean.sum(axis=0), 1e-9))
        centre = (mean * treated).sum(axis=1) / np.maximum(mean.sum(axis=1), 1e-12)
        gap = treated - centre[:, None]
        information = float((mean * gap**2).sum())
        effect += float((gap * (y - mean)).sum()) / information
    scores = (gap * (y - mean)).sum(axis=1)
    return effect, float(np.sqrt((scores**2).sum()) / information)


@pytest.mark.parametrize("planted", [0.20, 0.0])
def test_adoption__effect_comes_back_within_customers_and_is_confounded_across_them(
    planted: float,
) -> None:
    made = bank(*STILL, "mobile.transaction_effect=0", f"adoption.causal_effect={planted}",
                customers=3000, transactions=200_000)  # fmt: skip
    counts, there, ids = panel(made)
    accounts = made.feed("accounts").query("product_id == 15")
    opened = accounts.groupby("customer_id").open_date.min().reindex(ids)
    month = np.where(opened.isna(), 999, month_of(opened.fillna(pd.Timestamp("2099-01-01").date())))
    treated = (np.arange(36) > month[:, None]).astype(float)
    effect, error = within_customer(counts, there, treated)
    assert covers(effect, error, planted, 3.0)
    assert 3 * error < 0.20
    rate = counts.sum(axis=1) / np.maximum(there.sum(axis=1), 1)
    naive = np.log(rate[month < 0].mean() / rate[month == 999].mean())
    assert naive > planted + 3 * error
