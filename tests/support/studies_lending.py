"""Studies of credit and loans: mechanisms 5, 6 and 7."""

from __future__ import annotations

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy.optimize import curve_fit

from tests.support.studies_lives import CLOGLOG
from tests.support.synthetic_lab import Bank
from tests.support.synthetic_studies import Estimates, Study, mean, peak, proportion, rate

YEAR = 365.25
MISSED_FOR_GOOD = pd.Timedelta(days=92)
"""An instalment unpaid for less may only be late."""


def decided(made: Bank) -> pd.DataFrame:
    """Return the decided applications with approval as a number."""
    table = made.feed("credit_applications").query("decision != 'Pending'").copy()
    table["approved"] = (table.decision == "Approved").astype(float)
    table["score"] = table.credit_score_at_application
    return table


def application_rate(made: Bank) -> tuple[float, float]:
    """First applications over the product-years in which somebody could apply."""
    config = made.parameters["config"]
    window, end = pd.Timestamp(config["start"]), pd.Timestamp(config["end"])
    accounts = made.feed("accounts").groupby("account_id").first()
    early = accounts[pd.to_datetime(accounts.open_date) < window]
    signup = pd.to_datetime(made.first_versions.signup_date)
    has = [
        signup.index.isin(early[early.product_id.isin(products)].customer_id)
        for products in ((9, 10, 11), (12, 13, 14))
    ]
    wanted = 2 - sum(item.astype(int) for item in has)
    last = made.last_versions
    left = last.updated_at.where(~last.is_active.astype(bool), end)
    asked = pd.to_datetime(
        made.feed("credit_applications").groupby("customer_id").application_date.min()
    ).reindex(signup.index)
    begin = signup.clip(lower=window) + pd.Timedelta(days=45)
    until = asked.fillna(left)
    years = ((until - begin).dt.days.clip(lower=0) / YEAR * wanted).sum()
    return rate(asked.notna().sum(), float(years))


def rule(made: Bank) -> Estimates:
    """Find the limits of the rule by its likelihood, then what else decides by logit."""
    table = decided(made)
    config = made.parameters["config"]["credit"]
    score, dti = table.score.to_numpy(), table.debt_to_income_ratio.to_numpy()
    yes = table.approved.to_numpy() > 0

    def height(cutoff: float, limit: float) -> float:
        against = ((score >= cutoff) & (dti <= limit)) != yes
        wrong, size = max(against.sum(), 1), len(against)
        return float(wrong * np.log(wrong / size) + (size - wrong) * np.log1p(-wrong / size))

    side = np.where((score >= config["cutoff"]) & (dti <= config["dti_limit"]), 1.0, -1.0)
    born = pd.to_datetime(made.first_versions.date_of_birth)
    age = (pd.to_datetime(table.application_date) - table.customer_id.map(born)).dt.days / 365.2425
    design = pd.DataFrame({
        "side": side, "slope": (score - config["cutoff"]) / 100,
        "senior": (age >= 62).astype(float),
    }, index=table.index)  # fmt: skip
    fit = sm.Logit(yes.astype(float), design).fit(disp=0)

    cutoffs, limits = np.arange(600, 721.0), np.arange(0.40, 0.701, 0.002)
    return {
        "credit.application_rate": application_rate(made),
        "credit.cutoff": peak(cutoffs, [height(at, config["dti_limit"]) for at in cutoffs]),
        "credit.dti_limit": peak(limits, [height(config["cutoff"], at) for at in limits]),
        "credit.exception_rate": (-fit.params["side"], fit.bse["side"]),
        "credit.slope_effect": (fit.params["slope"], fit.bse["slope"]),
        "credit.senior_effect": (fit.params["senior"], fit.bse["senior"]),
    }


def jump(table: pd.DataFrame, outcome: str) -> tuple[float, float]:
    """Fuzzy regression discontinuity: local linear, the outcome's jump over approval's."""
    above = (table.distance >= 0).astype(float)
    design = sm.add_constant(pd.DataFrame({
        "above": above, "distance": table.distance, "slope": above * table.distance
    }))  # fmt: skip
    first = sm.OLS(table.approved, design).fit().params["above"]
    second = sm.OLS(table[outcome], design).fit(
        cov_type="cluster", cov_kwds={"groups": table.customer_id}
    )
    return second.params["above"] / first, second.bse["above"] / abs(first)


def near_cutoff(made: Bank, width: float = 70.0) -> pd.DataFrame:
    """Return applications near the cutoff, decided early, of customers who stayed."""
    config = made.parameters["config"]
    table = decided(made)
    table["distance"] = table.score - config["credit"]["cutoff"]
    table["at"] = pd.to_datetime(table.decision_date)
    gone = made.last_versions[~made.last_versions.is_active.astype(bool)].index
    early = table["at"] < pd.Timestamp(config["end"]) - pd.Timedelta(days=184)
    return table[early & ~table.customer_id.isin(gone) & (table.distance.abs() <= width)]


def approval(made: Bank) -> Estimates:
    """Spend of the six months after the decision by discontinuity; balances that came in."""
    table = near_cutoff(made)
    moved = made.columns("transactions", "customer_id", "transaction_date", "description",
                         "amount", "decline_reason")  # fmt: skip
    bought = moved[
        moved.description.isin(["Card purchase", "Online purchase"]) & moved.decline_reason.isna()
    ]
    pairs = table[["application_id", "customer_id", "at"]].merge(bought, on="customer_id")
    days = (pairs.transaction_date - pairs["at"]).dt.total_seconds() / 86_400
    pairs = pairs[(days > 1) & (days <= 1 + 6 * 30.4375)]
    spent = -pairs.amount.astype(float).groupby(pairs.application_id).sum() / 6
    table = table.assign(spent=table.application_id.map(spent).fillna(0.0))
    came = moved[moved.description == "Balance moved from another bank"]
    per_customer = came.groupby("customer_id").amount.sum().astype(float)
    # one application each, so one balance each; it comes within 45 days
    approved = table[table.approved > 0]
    balance = mean(approved.customer_id.map(per_customer).fillna(0.0))
    return {
        "credit.spend_effect": jump(table, "spent"),
        "credit.balance_effect": (balance[0], max(balance[1], 1.0)),
    }


def instalments(made: Bank) -> pd.DataFrame:
    """Return the instalments of loans applied for in the window, with what is known of them."""
    table = made.feed("loan_payments").copy()
    table["scheduled"] = pd.to_datetime(table.scheduled_date)
    made_by = made.feed("credit_applications").query("decision == 'Approved' and product_id >= 12")
    by = made_by[["customer_id", "product_id", "decision_date", "credit_score_at_application",
                  "debt_to_income_ratio", "approved_rate", "approved_amount",
                  "requested_term_months"]]  # fmt: skip
    accounts = made.feed("accounts").groupby("account_id")[["open_date", "product_id"]].first()
    table = table.join(accounts, on="account_id")
    table = table.merge(by, left_on=["customer_id", "product_id", "open_date"],
                        right_on=["customer_id", "product_id", "decision_date"])  # fmt: skip
    table["points"] = (table.credit_score_at_application - 700) / 100
    return table.sort_values(["account_id", "scheduled"])


def utilisation(made: Bank) -> pd.Series:
    """Return the share of the card limit drawn when the window opens, from the feeds."""
    reported = made.feed("accounts").query("product_id in [9, 10, 11]").sort_values("updated_at")
    known = reported[reported.updated_at >= made.parameters["config"]["start"]]
    first = known.groupby("account_id").first()
    share = -first.current_balance.astype(float) / first.credit_limit.astype(float)
    return pd.Series(share.to_numpy(), first.customer_id)


def defaults(made: Bank) -> Estimates:
    """Complementary log-log regression of the first instalment missed for good."""
    table = instalments(made)
    table["missed"] = table.actual_date.isna()
    late = table.is_late.eq(True).astype(float)
    table["late_before"] = late.groupby(table.account_id).shift(fill_value=0.0)
    table["before"] = table.groupby("account_id").missed.cumsum() - table.missed
    macro = made.feed("economic_indicators")
    level = pd.Series(macro.unemployment_rate.to_numpy() - 4, pd.to_datetime(macro.date))
    end = pd.Timestamp(made.parameters["config"]["end"])
    seen = table[(table.before == 0) & (table.scheduled <= end - MISSED_FOR_GOOD)]
    month = seen.scheduled.dt.to_period("M").dt.to_timestamp()
    design = pd.DataFrame({
        "loans.score_effect": seen.points,
        "loans.dti_effect": (seen.debt_to_income_ratio - 0.35) / 0.1,
        "loans.rate_effect": (seen.approved_rate.astype(float) - 0.08) / 0.05,
        "loans.utilisation_effect": seen.customer_id.map(utilisation(made)).fillna(0.0),
        "loans.unemployment_effect": month.map(level),
        "loans.late_effect": seen.late_before,
        "loans.mortgage_effect": (seen.product_id == 14).astype(float),
    })  # fmt: skip
    fit = sm.GLM(seen.missed.astype(float), sm.add_constant(design), family=CLOGLOG).fit()
    # the last instalment settles the loan as well, but not early
    paid = seen[~seen.missed & (seen.payment_id % 1000 < seen.requested_term_months)]
    off = paid.outstanding_balance.astype(float).eq(0)
    return {name: (fit.params[name], fit.bse[name]) for name in design} | {
        "loans.default_rate": (fit.params["const"], fit.bse["const"]),
        "loans.prepay_rate": proportion(off.sum(), len(paid)),
    }


def losses(made: Bank) -> Estimates:
    """Least squares of the share lost at the charge-off on product and principal repaid."""
    moved = made.columns("transactions", "account_id", "description", "amount")
    parts = {
        name: moved[moved.description == text].set_index("account_id").amount.astype(float)
        for name, text in (("lost", "Charge-off"), ("back", "Recovery after default"))
    }
    both = pd.DataFrame(parts).fillna(0.0)
    table = instalments(made)
    at = table[table.actual_date.isna()].groupby("account_id").first()
    at = at.join(both, how="inner")
    repaid = 1 - at.outstanding_balance.astype(float) / at.approved_amount.astype(float)
    mortgage = (at.product_id == 14).to_numpy()

    def share(x: np.ndarray, other: float, mortgaged: float, slope: float) -> np.ndarray:
        return np.where(x[0] > 0, mortgaged, other) * (1 + slope * x[1])

    design = np.vstack([mortgage, repaid])
    level = np.where(mortgage, 0.25, 0.5)
    found, errors = curve_fit(
        share, design, at.lost / (at.lost + at.back), p0=(0.5, 0.3, 0.0), sigma=level
    )
    names = ("loss_given_default", "mortgage_loss", "loss_paid_effect")
    widths = np.sqrt(np.diag(errors))
    return {f"loans.{n}": (found[k], widths[k]) for k, n in enumerate(names)}


def lateness(made: Bank) -> Estimates:
    """Complementary log-log regression of a late instalment on autopay and score."""
    table = instalments(made)
    enrolled = made.feed("account_events").query("event_type == 'Autopay Enrolled'")
    day = enrolled.groupby("account_id").event_date.min().dt.floor("D")
    start = table.account_id.map(day)
    # who had enrolled before the loan shows it on the loan's first version
    accounts = made.feed("accounts").sort_values("updated_at").groupby("account_id").first()
    before = table.account_id.map(accounts.autopay_enabled.astype(bool))
    table["autopay"] = (before | (start < table.scheduled)).astype(float)
    paid = table[table.actual_date.notna() & table.outstanding_balance.astype(float).gt(0)]
    design = sm.add_constant(paid[["autopay", "points"]])
    fit = sm.GLM(paid.is_late.astype(float), design, family=CLOGLOG).fit()
    return {
        "autopay.hazard_ratio": (fit.params["autopay"], fit.bse["autopay"]),
        "autopay.score_effect": (fit.params["points"], fit.bse["points"]),
        "autopay.late_rate": (fit.params["const"], fit.bse["const"]),
    }


EAGER = (
    "credit.application_rate=1.5",
    "churn.base_rate=0.002",
    "loans.default_rate=0.01",
    "loans.rate_effect=0.8",
    "loans.utilisation_effect=1.5",
    "loans.mortgage_effect=-1",
    "loans.loss_paid_effect=-0.8",
)
LENT = {"customers": 5000, "transactions": 60_000, "start": "2019-01-01", "end": "2021-12-31"}
"""In 2020 unemployment rose from 3.5 to 14.8 %: other windows hardly show what it does."""

LENDING = (
    Study(
        "likelihood of the limits of the decision; logit of approval", rule,
        finds=("credit.application_rate", "credit.cutoff", "credit.dti_limit",
               "credit.exception_rate", "credit.slope_effect", "credit.senior_effect"),
        planted=(*EAGER, "credit.senior_effect=-1.2"),
        scale={"credit.exception_rate": lambda share: float(np.log(share / (1 - share)))},
        removed=(*EAGER, "credit.application_rate=0.8", "credit.cutoff=640",
                 "credit.dti_limit=0.5", "credit.exception_rate=0.12", "credit.spend_effect=0",
                 "credit.slope_effect=0", "credit.senior_effect=0",
                 "credit.balance_effect=0", "loans.score_effect=0", "loans.dti_effect=0",
                 "loans.rate_effect=0", "loans.utilisation_effect=0",
                 "loans.unemployment_effect=0", "loans.late_effect=0",
                 "loans.mortgage_effect=0", "loans.loss_given_default=0.3",
                 "loans.mortgage_loss=0.4", "loans.loss_paid_effect=0", "loans.prepay_rate=0",
                 "loans.default_rate=0.02", "autopay.hazard_ratio=1",
                 "autopay.score_effect=0", "autopay.late_rate=0.04"),
        sizes=LENT,
    ),
)  # fmt: skip
REMOVED = LENDING[0].removed
LENDING += (
    Study(
        "regression discontinuity at the cutoff; movements after approval", approval,
        finds=("credit.spend_effect", "credit.balance_effect"),
        planted=(*EAGER, "credit.spend_effect=120"), removed=REMOVED, sizes=LENT,
    ),
    Study(
        "complementary log-log regression over instalments", defaults,
        finds=("loans.default_rate", "loans.score_effect", "loans.dti_effect",
               "loans.rate_effect", "loans.utilisation_effect", "loans.unemployment_effect",
               "loans.late_effect", "loans.mortgage_effect", "loans.prepay_rate"),
        planted=EAGER, removed=REMOVED, sizes=LENT, scale={"loans.default_rate": np.log},
    ),
    Study(
        "least squares of the share lost at charge-offs", losses,
        finds=("loans.loss_given_default", "loans.mortgage_loss", "loans.loss_paid_effect"),
        planted=EAGER, removed=REMOVED, sizes=LENT,
    ),
    Study(
        "complementary log-log regression over instalments", lateness,
        finds=("autopay.hazard_ratio", "autopay.score_effect", "autopay.late_rate"),
        planted=EAGER, removed=REMOVED, sizes=LENT,
        scale={"autopay.hazard_ratio": np.log, "autopay.late_rate": np.log},
    ),
)  # fmt: skip
