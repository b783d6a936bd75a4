"""Studies of what customers do: mechanisms 1, 2, 11 and 12."""

from __future__ import annotations

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy.optimize import minimize
from scipy.special import betaln, gammaln, logsumexp
from statsmodels.tools import numdiff

from financial_analytics.synthetic import catalog
from financial_analytics.synthetic.calendar import bank_holidays
from financial_analytics.synthetic.catalog import CATEGORY_NAMES, CATEGORY_SIGMA, WEEKDAY_LOG
from financial_analytics.synthetic.purchases import blend
from tests.support.customer_months import History
from tests.support.synthetic_lab import Bank
from tests.support.synthetic_studies import Estimates, Study, peak, proportion, rate

ODD_REASONS = {"Incorrect PIN": 0.12, "Card Expired": 0.12, "Technical Error": 0.10}
"""Reasons of a failed purchase that nothing else gives, and their shares of the failures."""
CHANNEL_FACTOR = {"Online": 1.5, "Mobile": 1.5, "POS": 0.85}


def purchases(made: Bank, *names: str) -> pd.DataFrame:
    """Return some columns of card and online purchases, declined ones too."""
    table = made.columns("transactions", "customer_id", "transaction_date", "description", *names)
    return table[table.description.isin(["Card purchase", "Online purchase"])]


def separation(made: Bank) -> Estimates:
    """Likelihood of a mixture of multinomials over the categories bought."""
    bought = purchases(made, "merchant_category")
    counts = pd.crosstab(bought.customer_id, bought.merchant_category)
    counts = counts.reindex(columns=list(CATEGORY_NAMES), fill_value=0).to_numpy()
    grid = np.arange(0, 1.001, 0.04)
    heights = []
    for place in grid:
        mix = np.log(np.maximum(blend(catalog.CATEGORY_MIX, place), 1e-12))
        heights.append(logsumexp(counts @ mix.T + np.log(catalog.ARCHETYPE_SHARE), axis=1).sum())
    return {"archetypes.separation": peak(grid, heights)}


def calendar(made: Bank, bought: pd.DataFrame) -> Estimates:
    """Poisson regression of daily counts on the calendar."""
    days = pd.date_range("2023-01-01", "2025-12-31")
    count = bought.transaction_date.dt.floor("D").value_counts().reindex(days, fill_value=0)
    signup = pd.to_datetime(made.first_versions.signup_date).sort_values().to_numpy()
    closed = {pd.Timestamp(day) for day, _ in bank_holidays(2023, 2025)}
    frame = pd.DataFrame({
        "weekday": WEEKDAY_LOG[days.weekday],
        "season": np.cos(2 * np.pi * (days.dayofyear - 350) / 365.25),
        "payday": np.isin(days.day, (1, 15)).astype(float),
        "holiday": days.isin(closed).astype(float),
        "trend": np.arange(len(days)) / 365.25,
    }, index=days)  # fmt: skip
    # somebody buys from the day after signing up
    there = np.searchsorted(signup, days.to_numpy(), side="left")
    fit = sm.GLM(count, sm.add_constant(frame), family=sm.families.Poisson(),
                 offset=np.log(there)).fit(scale="X2")  # fmt: skip
    return {f"purchase.{name}_effect": (fit.params[name], fit.bse[name]) for name in frame}


def amounts(made: Bank, bought: pd.DataFrame) -> Estimates:
    """Regression of log amounts on income within categories; spread of what remains."""
    category = pd.Categorical(bought.merchant_category, categories=CATEGORY_NAMES)
    income = np.log(made.first_versions.annual_income.astype(float) / 62_000)
    frame = pd.DataFrame({
        "log": np.log(-bought.amount.astype(float)).to_numpy(),
        "income": income.reindex(bought.customer_id).to_numpy(),
    })  # fmt: skip
    spread = CATEGORY_SIGMA[category.codes]
    inside = (frame - frame.groupby(category.codes).transform("mean")).div(spread, axis=0)
    fit = sm.OLS(inside.log, inside[["income"]]).fit()
    sigma = float(np.sqrt(fit.scale))
    return {
        "purchase.income_effect": (fit.params["income"], fit.bse["income"]),
        "purchase.amount_sigma": (sigma, sigma / float(np.sqrt(2 * len(inside)))),
    }


def hours(bought: pd.DataFrame) -> tuple[float, float]:
    """Least squares of the hours' shares on the planned profile, errors multinomial."""
    share = np.bincount(bought.transaction_date.dt.hour, minlength=24) / len(bought)
    profile = catalog.ARCHETYPE_SHARE @ catalog.HOURS - 1 / 24
    weight = profile / (profile @ profile)
    spread = share @ weight**2 - (share @ weight) ** 2
    return float(share @ weight), float(np.sqrt(spread / len(bought)))


def shopping(made: Bank) -> Estimates:
    """When, how much, and how often it fails or comes back."""
    columns = ("merchant_category", "amount", "channel", "merchant_id", "decline_reason")
    bought = purchases(made, *columns).sort_values(["customer_id", "transaction_date"])
    following = bought.shift(-1)
    again = (
        bought.customer_id.eq(following.customer_id) & bought.amount.eq(following.amount)
        & bought.merchant_id.eq(following.merchant_id)
        & (following.transaction_date - bought.transaction_date).dt.total_seconds().le(600)
    )  # fmt: skip
    odd = bought.decline_reason.isin(list(ODD_REASONS))
    retried = bought.decline_reason.notna() & again
    tries = bought.channel[~retried].astype(str).map(CHANNEL_FACTOR).sum()
    posted = bought[bought.decline_reason.isna() & (bought.transaction_date < "2025-12-21")]
    every = made.columns("transactions", "description").description
    return (
        calendar(made, bought[~retried])
        | amounts(made, bought)
        | {
            "purchase.hour_effect": hours(bought),
            "purchase.decline_share": rate(odd.sum(), tries * sum(ODD_REASONS.values())),
            "purchase.retry_share": proportion((odd & again).sum(), odd.sum()),
            "purchase.refund_share": rate((every == "Refund").sum(), len(posted)),
        }
    )


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


def recency(made: Bank) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return how often customers bought, the day of the last time, and days observed."""
    bought, first = purchases(made), made.first_versions
    origin = pd.to_datetime(first.signup_date) + pd.Timedelta(days=1)
    origin = origin.clip(lower=pd.Timestamp("2023-01-01"))
    when = bought.groupby("customer_id").transaction_date.agg(["max", "size"]).reindex(first.index)
    last = ((when["max"] - origin) / pd.Timedelta(days=1)).fillna(0).clip(lower=0)
    until = (pd.Timestamp("2026-01-01") - origin) / pd.Timedelta(days=1)
    return when["size"].fillna(0).to_numpy(), last.to_numpy(), until.to_numpy()


def dropout(made: Bank) -> Estimates:
    """Likelihood of a BG/NBD: the shape, a given b (a may be 0), and b given a."""
    seen = recency(made)
    config = made.parameters["config"]["purchase"]
    a, b = max(config["dropout_a"], 1e-9), config["dropout_b"]

    def given(a: float, b: float) -> tuple[np.ndarray, float]:
        def negative(two: np.ndarray) -> float:
            return bg_nbd_log_likelihood(np.append(two, np.log([a, b])), *seen)

        fit = minimize(negative, np.log([1.6, 40.0]), method="BFGS")
        return fit.x, -float(fit.fun)

    best, _ = given(a, b)
    # BFGS's own inverse Hessian is a by-product of its path and no standard error
    curvature = numdiff.approx_hess3(
        best, lambda two: bg_nbd_log_likelihood(np.append(two, np.log([a, b])), *seen)
    )
    error = np.sqrt(np.diag(np.linalg.inv(curvature)))
    places = np.array([1e-9, *np.arange(0.2, 2.21, 0.2)])
    scales = np.geomspace(4, 200, 16)
    return {
        "purchase.shape": (best[0], error[0]),
        "purchase.dropout_a": peak(places, [given(place, b)[1] for place in places]),
        "purchase.dropout_b": peak(np.log(scales), [given(a, scale)[1] for scale in scales]),
    }


def regions(made: Bank, months: History) -> tuple[np.ndarray, np.ndarray]:
    """Return each customer's region and the month in which it got the application (or 999)."""
    branches = made.feed("branch_locations").groupby("state").region.first()
    region = months.first.state.map(branches).astype(str).to_numpy()
    events = made.feed("account_events").query("event_type == 'Mobile Banking Enabled'")
    lives_in = pd.Series(region, months.first.index)
    started = months.month(events.event_date.groupby(
        lives_in[events.customer_id].to_numpy()).min())  # fmt: skip
    names = np.unique(lives_in[events.customer_id].to_numpy())
    return region, pd.Series(started, names).reindex(region).fillna(999).to_numpy()


def rollout(made: Bank) -> Estimates:
    """Poisson regressions on the share of the effect that has come, with region and month."""
    months = History(made)
    region, start = regions(made, months)
    contacts = made.feed("customer_interactions")
    asked = months.count(contacts.customer_id, contacts.interaction_date)
    since = months.grid - start[:, None]
    cells = pd.DataFrame({
        "bought": months.bought()[months.whole], "asked": asked[months.whole],
        "since": since[months.whole], "region": np.repeat(region[:, None], since.shape[1], 1)[
            months.whole],
        "month": np.broadcast_to(months.grid, since.shape)[months.whole], "size": 1,
    })  # fmt: skip
    cells = cells.groupby(["since", "region", "month"]).sum().reset_index()
    places = pd.get_dummies(cells[["region", "month"]], columns=["region", "month"],
                            drop_first=True).astype(float)  # fmt: skip

    def fit(outcome: str, ramp_months: float) -> sm.GLM:
        came = np.where(
            cells.since >= 0, 1 - np.exp(-(cells.since.clip(lower=0) + 1) / ramp_months), 0.0
        )
        design = sm.add_constant(places.assign(ramp=came))
        return sm.GLM(cells[outcome], design, family=sm.families.Poisson(),
                      offset=np.log(cells["size"])).fit()  # fmt: skip

    planned = made.parameters["config"]["mobile"]["ramp_months"]
    more, fewer = fit("bought", planned), fit("asked", planned)
    grid = np.arange(1, 16.0)
    waves = len(np.unique(start[start < 999]))
    return {
        "mobile.transaction_effect": (
            more.params["ramp"],
            more.bse["ramp"] * np.sqrt(max(more.pearson_chi2 / more.df_resid, 1.0)),
        ),
        "mobile.contact_effect": (fewer.params["ramp"], fewer.bse["ramp"]),
        "mobile.ramp_months": peak(grid, [fit("bought", place).llf for place in grid]),
        "mobile.waves": (waves, 1e-9),
    }


def within_customer(
    counts: np.ndarray, there: np.ndarray, treated: np.ndarray
) -> tuple[float, float]:
    """Poisson regression with customer and month effects; standard error robust by customer."""
    y, weight = counts * there, there.astype(float)
    effect, months = 0.0, np.zeros(counts.shape[1])
    total = y.sum(axis=1)
    for _ in range(30):
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


def adoption(made: Bank) -> Estimates:
    """Exponential hazards of adoption; Poisson regressions of purchases before and after."""
    months = History(made)
    end = pd.Timestamp(made.parameters["config"]["end"])
    signup = pd.to_datetime(months.first.signup_date)
    income = (np.log(months.first.annual_income.astype(float)) - np.log(58_000)) / 0.60
    tenure = (np.log1p((end - signup).dt.days / 365.25) - 1.6) / 0.7
    accounts = made.feed("accounts").query("product_id == 15")
    opened = pd.to_datetime(accounts.groupby("customer_id").open_date.min()).reindex(signup.index)
    # the account has been on offer for eighteen months when the window opens
    offered = signup.clip(lower=months.window - pd.Timedelta(days=548))
    exposed = (opened.fillna(end) - offered).dt.days.clip(lower=0) / 30.4375 + 0.02
    traits = sm.add_constant(pd.DataFrame({"income": income, "tenure": tenure}))
    hazard = sm.GLM(opened.notna().astype(float), traits, family=sm.families.Poisson(),
                    offset=np.log(exposed)).fit()  # fmt: skip
    month = months.month(opened)
    treated = (months.grid > month[:, None]).astype(float)
    bought = months.bought()
    before = months.whole & (treated == 0) & (months.grid != month[:, None])
    some = before.sum(axis=1) > 0
    level = sm.GLM(
        (bought * before).sum(axis=1)[some],
        sm.add_constant((income + tenure).clip(-10, 10).to_numpy()[some]),
        family=sm.families.Poisson(), offset=np.log(before.sum(axis=1)[some]),
    ).fit(cov_type="HC1")  # fmt: skip
    return {
        "adoption.base_rate": (hazard.params["const"], hazard.bse["const"]),
        "adoption.income_effect": (hazard.params["income"], hazard.bse["income"]),
        "adoption.tenure_effect": (hazard.params["tenure"], hazard.bse["tenure"]),
        "adoption.confounding": (level.params[1], level.bse[1]),
        "adoption.causal_effect": within_customer(bought, months.whole, treated),
    }


PLAIN = ("archetypes.separation=0", "purchase.shape=50", "credit.spend_effect=0",
         "churn.base_rate=0", "churn.falling_activity=1", "fraud.share=0")  # fmt: skip
ALIKE = (*PLAIN, "purchase.dropout_a=0")
NO_ADOPTION = ("adoption.causal_effect=0", "adoption.confounding=0")
NO_MOBILE = "mobile.transaction_effect=0"
SHOPS = (*ALIKE, *NO_ADOPTION, NO_MOBILE)
DAILY = {"customers": 1500, "transactions": 150_000}
LEAVERS = (*PLAIN, *NO_ADOPTION, NO_MOBILE, "purchase.decline_share=0", "purchase.season_effect=0",
           "purchase.trend_effect=0", "purchase.dropout_b=12")  # fmt: skip
REGIONS = (*ALIKE, *NO_ADOPTION, "branches.count=300", "mobile.transaction_effect=0.5",
           "mobile.contact_effect=-0.8")  # fmt: skip
ADOPTERS = (*ALIKE, NO_MOBILE, "purchase.season_effect=0", "purchase.trend_effect=0")

ACTIVITY = (
    Study(
        "likelihood of a mixture of multinomials over the categories bought", separation,
        finds=("archetypes.separation",),
        planted=("fraud.share=0",), removed=("fraud.share=0", "archetypes.separation=0"),
        sizes={"customers": 1500, "transactions": 40_000},
    ),
    Study(
        "Poisson regression of daily counts; regression of log amounts; shares", shopping,
        finds=tuple(f"purchase.{n}" for n in (
            "weekday_effect", "season_effect", "payday_effect", "holiday_effect", "trend_effect",
            "hour_effect", "income_effect", "amount_sigma", "decline_share", "retry_share",
            "refund_share")),
        planted=SHOPS,
        removed=(*SHOPS, "purchase.weekday_effect=0", "purchase.season_effect=0",
                 "purchase.payday_effect=0", "purchase.holiday_effect=0",
                 "purchase.trend_effect=0", "purchase.hour_effect=0", "purchase.income_effect=0",
                 "purchase.amount_sigma=0.5", "purchase.decline_share=0.1",
                 "purchase.retry_share=0", "purchase.refund_share=0"),
        sizes=DAILY,
    ),
    Study(
        "maximum likelihood of BG/NBD (Fader, Hardie and Lee 2005)", dropout,
        finds=("purchase.shape", "purchase.dropout_a"),
        planted=(*LEAVERS, "purchase.shape=1.6", "purchase.dropout_a=1.2"),
        removed=(*LEAVERS, "purchase.shape=4", "purchase.dropout_a=0"),
        sizes={"customers": 2500, "transactions": 75_000}, scale={"purchase.shape": np.log},
    ),
    Study(
        "maximum likelihood of BG/NBD (Fader, Hardie and Lee 2005)", dropout,
        finds=("purchase.dropout_b",),
        planted=(*LEAVERS, "purchase.shape=1.6", "purchase.dropout_a=1.2"),
        removed=(*LEAVERS, "purchase.shape=1.6", "purchase.dropout_a=1.2",
                 "purchase.dropout_b=72"),
        sizes={"customers": 2500, "transactions": 75_000}, scale={"purchase.dropout_b": np.log},
    ),
    Study(
        "Poisson regression with region and month effects", rollout,
        finds=("mobile.transaction_effect", "mobile.contact_effect", "mobile.waves"),
        planted=REGIONS,
        removed=(*REGIONS, NO_MOBILE, "mobile.contact_effect=0", "mobile.waves=2"),
        sizes={"customers": 2000, "transactions": 100_000},
    ),
    Study(
        "profile likelihood of a Poisson regression with region and month effects", rollout,
        finds=("mobile.ramp_months",),
        planted=REGIONS, removed=(*REGIONS, "mobile.ramp_months=10"),
        sizes={"customers": 2000, "transactions": 100_000},
    ),
    Study(
        "exponential hazard regression; Poisson regression within customers", adoption,
        finds=("adoption.base_rate", "adoption.income_effect", "adoption.tenure_effect",
               "adoption.confounding", "adoption.causal_effect"),
        planted=ADOPTERS,
        removed=(*ADOPTERS, *NO_ADOPTION, "adoption.base_rate=0.012", "adoption.income_effect=0",
                 "adoption.tenure_effect=0"),
        sizes={"customers": 2000, "transactions": 100_000},
        scale={"adoption.base_rate": np.log},
    ),
)  # fmt: skip
