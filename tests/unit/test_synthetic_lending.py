"""Mechanisms 5, 6 and 7, estimated again from the generated feeds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import statsmodels.api as sm
from tests.support.synthetic_lab import Bank, bank, covers

EAGER = ("credit.application_rate=1.5", "loans.default_rate=0.010", "credit.spend_effect=120",
         "churn.base_rate=0.002")  # fmt: skip
CLOGLOG = sm.families.Binomial(sm.families.links.CLogLog())


def eager() -> Bank:
    return bank(*EAGER, customers=5000, transactions=100_000)


def near_cutoff(made: Bank, width: float = 70.0) -> pd.DataFrame:
    table = made.feed("credit_applications").query("decision != 'Pending'").copy()
    table["distance"] = (
        table.credit_score_at_application - made.parameters["config"]["credit"]["cutoff"]
    )
    table["approved"] = (table.decision == "Approved").astype(float)
    table["decided"] = pd.to_datetime(table.decision_date)
    gone = made.last_versions[~made.last_versions.is_active.astype(bool)].index
    early = (table.decided < "2025-06-30") & ~table.customer_id.isin(gone)
    return table[early & (table.distance.abs() <= width)]


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
    return second.params["above"] / first, second.bse["above"] / first


def test_credit__approval_jumps_at_the_cutoff() -> None:
    table = near_cutoff(eager())
    rate = table.approved.groupby(table.distance >= 0).mean()
    assert rate[False] < 0.03
    assert rate[True] > 0.80


def test_credit__discontinuity_gives_added_spend_back() -> None:
    made = eager()
    table = near_cutoff(made)
    bought = made.feed("transactions")
    bought = bought[
        bought.description.isin(["Card purchase", "Online purchase"]) & bought.decline_reason.isna()
    ]
    pairs = table[["application_id", "customer_id", "decided"]].merge(
        bought[["customer_id", "transaction_date", "amount"]], on="customer_id"
    )
    days = (pairs.transaction_date - pairs.decided).dt.total_seconds() / 86_400
    pairs = pairs[(days > 1) & (days <= 1 + 6 * 30.4375)]
    spent = -pairs.amount.astype(float).groupby(pairs.application_id).sum() / 6
    table = table.assign(spent=table.application_id.map(spent).fillna(0.0))
    effect, error = jump(table, "spent")
    assert covers(effect, error, made.parameters["config"]["credit"]["spend_effect"], 3.0)
    assert effect > 3 * error


def test_credit__scores_do_not_bunch_at_the_cutoff() -> None:
    table = near_cutoff(eager(), width=20)
    below, above = (table.distance < 0).sum(), (table.distance > 0).sum()
    assert abs(above - below) < 4 * np.sqrt(above + below)


def test_credit__approval_moves_the_planted_balance_in() -> None:
    made = eager()
    moved = made.feed("transactions").query("description == 'Balance moved from another bank'")
    amount = moved.amount.astype(float)
    planted = made.parameters["config"]["credit"]["balance_effect"]
    assert covers(amount.mean(), amount.sem(), planted, 3.0)


def instalments(made: Bank) -> pd.DataFrame:
    table = made.feed("loan_payments").copy()
    table["scheduled"] = pd.to_datetime(table.scheduled_date)
    table["month"] = table.scheduled.dt.to_period("M")
    made_by = made.feed("credit_applications").query("decision == 'Approved' and product_id >= 12")
    by = made_by[["customer_id", "product_id", "decision_date", "credit_score_at_application",
                  "debt_to_income_ratio", "approved_rate"]]  # fmt: skip
    accounts = made.feed("accounts").groupby("account_id")[["open_date", "product_id"]].first()
    table = table.join(accounts, on="account_id")
    table = table.merge(by, left_on=["customer_id", "product_id", "open_date"],
                        right_on=["customer_id", "product_id", "decision_date"])  # fmt: skip
    table["points"] = (table.credit_score_at_application - 700) / 100
    return table.sort_values(["account_id", "scheduled"])


def test_loans__default_hazard_comes_back_from_the_payments() -> None:
    made = eager()
    table = instalments(made)
    table["missed"] = table.actual_date.isna()
    table["before"] = table.groupby("account_id").missed.cumsum() - table.missed
    macro = made.feed("economic_indicators")
    macro = pd.DataFrame({"month": pd.to_datetime(macro.date).dt.to_period("M"),
                          "unemployment": macro.unemployment_rate - 4})  # fmt: skip
    # an unpaid instalment of the last 90 days may only be late
    seen = table[(table.before == 0) & (table.scheduled <= "2025-09-30")].merge(macro, on="month")
    used = made.truth("customers").set_index("customer_id").card_utilisation
    design = pd.DataFrame({
        "score_effect": seen.points, "dti_effect": (seen.debt_to_income_ratio - 0.35) / 0.1,
        "rate_effect": (seen.approved_rate.astype(float) - 0.08) / 0.05,
        "utilisation_effect": seen.customer_id.map(used), "unemployment_effect": seen.unemployment,
    })  # fmt: skip
    fit = sm.GLM(seen.missed.astype(float), sm.add_constant(design), family=CLOGLOG).fit()
    planted = made.parameters["config"]["loans"]
    found = {name: (fit.params[name], fit.bse[name], planted[name]) for name in design}
    missed = {name: three for name, three in found.items() if not covers(*three, 3.0)}
    assert missed == {}
    assert covers(fit.params["const"], fit.bse["const"], np.log(planted["default_rate"]), 3.0)
    assert fit.params["score_effect"] < -3 * fit.bse["score_effect"]


def test_loans__loss_given_default_comes_back_from_the_movements() -> None:
    made = eager()
    moved = made.feed("transactions")
    lost = moved[moved.description == "Charge-off"].set_index("account_id").amount.astype(float)
    back = (
        moved[moved.description == "Recovery after default"]
        .set_index("account_id")
        .amount.astype(float)
    )
    both = pd.concat([lost.rename("lost"), back.rename("back")], axis=1).fillna(0.0)
    share = both.lost / (both.lost + both.back)
    assert len(share) > 100
    planted = made.parameters["config"]["loans"]["loss_given_default"]
    assert covers(share.mean(), share.sem(), planted, 3.0)


def test_autopay__hazard_ratio_of_lateness_comes_back() -> None:
    made = eager()
    table = instalments(made)
    enrolled = made.feed("account_events").query("event_type == 'Autopay Enrolled'")
    day = enrolled.groupby("account_id").event_date.min().dt.floor("D")
    start = table.account_id.map(day)
    # who had enrolled before the loan shows it on the loan's first version
    accounts = made.feed("accounts").sort_values("updated_at").groupby("account_id").first()
    before = table.account_id.map(accounts.autopay_enabled.astype(bool))
    table["autopay"] = (before | (start < table.scheduled)).astype(float)
    paid = table[table.actual_date.notna()]
    design = sm.add_constant(paid[["autopay", "points"]])
    fit = sm.GLM(paid.is_late.astype(float), design, family=CLOGLOG).fit()
    planted = made.parameters["config"]["autopay"]
    assert covers(fit.params["autopay"], fit.bse["autopay"], np.log(planted["hazard_ratio"]), 3.0)
    assert covers(fit.params["points"], fit.bse["points"], planted["score_effect"], 3.0)


def test_loans__instalments_are_a_real_annuity() -> None:
    made = eager()
    loans = made.truth("loans")
    rate, term, principal = loans.rate / 12, loans.term_months, loans.principal_cents
    level = (principal * rate / (1 - (1 + rate) ** -term)).round()
    payments = made.feed("loan_payments").merge(
        pd.DataFrame({"account_id": loans.account_id, "level": level, "term": term}),
        on="account_id",
    )
    number = payments.payment_id % 1000
    regular = payments[number < payments.term]
    cents = (regular.scheduled_amount.astype(float) * 100).round()
    assert (cents == regular.level).all()
    assert len(regular) > 1000
