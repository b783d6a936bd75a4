"""Mechanisms 1, 2, 11 and 12: what the studies of single parameters do not show."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from sklearn import cluster, metrics
from statsmodels.tools import numdiff
from tests.support.customer_months import History
from tests.support.studies_activity import ACTIVITY, bg_nbd_log_likelihood, recency
from tests.support.synthetic_lab import Bank, bank, month_of

from financial_analytics.synthetic.catalog import CATEGORIES


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


def test_mobile__roll_out_dates_are_in_the_account_events() -> None:
    made = bank(customers=2000, transactions=100_000)
    seen = rollout_month(made)
    region = made.truth("customers").set_index("customer_id").region
    first = seen.groupby(region[seen.index].to_numpy()).min().dt.floor("D")
    for name, day in made.parameters["mobile_rollout"].items():
        assert (name in first.index) == (day is not None)
        if day is not None:
            assert pd.Timestamp(day) <= first[name] <= pd.Timestamp(day) + pd.Timedelta(days=5)


def test_purchase__all_bg_nbd_parameters_come_back_together() -> None:
    study = next(study for study in ACTIVITY if "purchase.dropout_b" in study.finds)
    made = bank(*study.planted, **study.sizes)
    seen = recency(made)
    fit = minimize(bg_nbd_log_likelihood, np.log([1.0, 50.0, 1.0, 10.0]), seen, method="BFGS")
    # BFGS's own inverse Hessian is a by-product of its path and no standard error
    curvature = numdiff.approx_hess3(fit.x, bg_nbd_log_likelihood, args=seen)
    error = np.sqrt(np.diag(np.linalg.inv(curvature)))
    assert (error < [0.06, 0.06, 0.4, 0.4]).all()
    truth = made.parameters["bg_nbd"]
    planted = np.log([truth["r"], truth["alpha_days"], truth["a"], truth["b"]])
    assert np.all(np.abs(fit.x - planted) <= 3.0 * error)


def test_adoption__adopters_bought_more_before_they_adopted() -> None:
    """The naive comparison is confounded, which is why its study looks within customers."""
    study = next(study for study in ACTIVITY if "adoption.causal_effect" in study.finds)
    made = bank(*study.planted, **study.sizes)
    months = History(made)
    accounts = made.feed("accounts").query("product_id == 15")
    opened = accounts.groupby("customer_id").open_date.min().reindex(months.first.index)
    rate = (months.bought() * months.whole).sum(axis=1) / np.maximum(months.whole.sum(axis=1), 1)
    early, never = months.month(opened) < 0, opened.isna().to_numpy()
    naive = np.log(rate[early].mean() / rate[never].mean())
    effect, error = study.found(study.planted)["adoption.causal_effect"]
    assert naive > effect + 3 * error


SINCE_BEFORE = {
    "card payments": ("Card payment received", "Card payment"),
    "savings": ("Savings transfer in", "Savings transfer out"),
    "fees": ("Monthly service fee", "Overdraft fee"),
    "closings": ("Account closed: balance paid out", "Account closed: balance settled"),
    "purchases": ("Card purchase", "Online purchase"),
}


@pytest.mark.parametrize("kind", SINCE_BEFORE)
def test_start__a_bank_from_before_the_window_moves_in_its_first_month_as_later(kind: str) -> None:
    """Counts of January against the rate of February to April, within three standard errors.

    Purchases lie up to 12 % higher or lower by season, holidays and newcomers.
    """
    moved = bank(customers=2000, transactions=100_000).columns(
        "transactions", "transaction_date", "description"
    )
    month = month_of(moved.transaction_date[moved.description.isin(SINCE_BEFORE[kind])])
    january, later = int((month == 0).sum()), int(np.isin(month, (1, 2, 3)).sum())
    expected = later * 31 / 89
    error = np.sqrt(expected + expected * 31 / 89)
    assert expected > 10
    assert abs(january - expected) < 3 * error + (0.12 * expected if kind == "purchases" else 0)
