"""Mechanisms 5 and 6: what the studies of single parameters do not show."""

from __future__ import annotations

import numpy as np
import pandas as pd
from tests.support.studies_lending import EAGER, LENT, MISSED_FOR_GOOD, near_cutoff
from tests.support.synthetic_lab import Bank, bank


def eager() -> Bank:
    return bank(*EAGER, **LENT)


def test_credit__approval_jumps_at_the_cutoff() -> None:
    table = near_cutoff(eager())
    rate = table.approved.groupby(table.distance >= 0).mean()
    assert rate[False] < 0.05
    assert rate[True] > 0.80


def test_credit__scores_do_not_bunch_at_the_cutoff() -> None:
    table = near_cutoff(eager(), width=20)
    below, above = (table.distance < 0).sum(), (table.distance > 0).sum()
    assert abs(above - below) < 4 * np.sqrt(above + below)


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


def z(hits: pd.Series, chances: pd.Series) -> float:
    """Return how far a number of hits lies from the sum of its chances, in standard deviations."""
    return float((hits.sum() - chances.sum()) / np.sqrt((chances * (1 - chances)).sum()))


def loan_months(made: Bank) -> pd.DataFrame:
    """Return the true chances of each instalment with what came of it in the feed."""
    truth = made.truth("loan_months")
    truth["payment_id"] = truth.customer_id * 1000 + truth.instalment
    feed = made.feed("loan_payments")[
        ["payment_id", "scheduled_date", "actual_date", "is_late", "outstanding_balance"]
    ]
    return truth.merge(feed, on="payment_id", validate="one_to_one")


def test_loan_truth__defaults_are_draws_from_the_hazards() -> None:
    table = loan_months(eager())
    config = eager().parameters["config"]
    assert table.defaults.sum() > 300
    assert abs(z(table.defaults, table.default_hazard)) < 4
    for _, part in table.groupby(pd.qcut(table.default_hazard, 5), observed=True):
        assert abs(z(part.defaults, part.default_hazard)) < 4
    missed = table.actual_date.isna()
    old = pd.to_datetime(table.scheduled_date) < pd.Timestamp(config["end"]) - MISSED_FOR_GOOD
    assert (missed == table.defaults)[old].all()


def test_loan_truth__late_and_prepaid_instalments_are_draws_from_their_hazards() -> None:
    table = loan_months(eager())
    paid = table[table.actual_date.notna()]
    off = paid.outstanding_balance.astype(float).eq(0)
    term = paid.account_id.map(eager().truth("loans").set_index("account_id").term_months)
    early = off & (paid.instalment < term)
    assert abs(z(early, paid.prepay_hazard[paid.instalment < term])) < 4
    goes_on = paid[~off]
    # an instalment late on the last day of an account is paid that day
    assert abs(z(goes_on.is_late.eq(True), goes_on.late_hazard)) < 4
    chosen = np.where(
        table.is_autopay, table.late_hazard_with_autopay, table.late_hazard_without_autopay
    )
    assert np.array_equal(table.late_hazard, chosen)
    ratio = np.log1p(-table.late_hazard_with_autopay) / np.log1p(-table.late_hazard_without_autopay)
    assert np.allclose(ratio, eager().parameters["config"]["autopay"]["hazard_ratio"])


def test_loan_truth__the_year_ahead_is_what_comes_of_the_months() -> None:
    """Where nobody leaves the bank and unemployment hardly moves, shares meet chances."""
    made = bank(*EAGER, "churn.base_rate=0", "loans.unemployment_effect=0",
                customers=4000, transactions=20_000)  # fmt: skip
    table = made.truth("loan_months")
    due = pd.to_datetime(table.due_date)
    start = table[(due >= "2024-03-01") & (due < "2024-04-01")]
    within = table[table.defaults & (due >= "2024-03-01") & (due < "2025-03-01")].account_id
    hit = start.account_id.isin(within)
    assert hit.sum() > 100
    assert abs(z(hit, start.default_probability_12m)) < 4
    assert (start.default_probability_12m == start.default_probability_12m_filtered).all()


def test_loan_truth__filtered_hazards_know_no_unemployment_before_it_is_published() -> None:
    table = eager().truth("loan_months")
    month = pd.to_datetime(table.due_date).dt.to_period("M")
    effect = eager().parameters["config"]["loans"]["unemployment_effect"]

    def level(column: str) -> pd.Series:
        eta = np.log(-np.log1p(-table[column])) / effect
        return eta.groupby(month).mean()

    macro = eager().feed("economic_indicators")
    rate = pd.Series(
        macro.unemployment_rate.to_numpy(), pd.to_datetime(macro.date).dt.to_period("M")
    )
    gap = level("default_hazard") - level("default_hazard_filtered")
    # the figure of April 2020 (first of the month + 30 days) is known when May begins
    known = [
        rate[(rate.index.to_timestamp() + pd.Timedelta(days=30)) < at.to_timestamp()].iloc[-1]
        for at in gap.index
    ]
    assert np.allclose(gap, rate.reindex(gap.index) - known)
    assert gap.abs().max() > 5


def test_loans__probability_of_default_by_grade_and_product_is_that_of_a_bank() -> None:
    """By default: 0.3 % of grade A to above 15 % of grade E, mortgages below 1 %."""
    made = bank(customers=8000, transactions=40_000)
    loans = made.truth("loans").set_index("account_id")
    table = made.truth("loan_months")
    grade = pd.cut(table.account_id.map(loans.score), [0, 599, 659, 709, 759, 850],
                   labels=list("EDCBA"))  # fmt: skip
    year = table.default_probability_12m.groupby(grade, observed=True).mean()
    assert 0.002 < year["A"] < 0.005
    assert 0.13 < year["E"] < 0.25
    assert year["A"] < year["B"] < year["C"] < year["D"] < year["E"]
    product = made.feed("accounts").groupby("account_id").product_id.first()
    mortgage = table.account_id.map(product) == 14
    assert table.default_probability_12m[mortgage].mean() < 0.01
    lost = loans.loss_given_default.groupby(loans.index.map(product)).mean()
    assert 0.15 < lost[14] < 0.30
    assert lost[[12, 13]].between(0.40, 0.65).all()


def applications(made: Bank) -> pd.DataFrame:
    """Return applications of the feed with what is true of them."""
    feed = made.feed("credit_applications").drop_duplicates("application_id", keep="last")
    return feed.merge(made.truth("credit_applications"), on="application_id", validate="1:1")


def test_application_truth__decisions_are_draws_from_the_chances() -> None:
    table = applications(eager())
    assert len(table) > 3000
    for _, part in table.groupby(pd.qcut(table.credit_score_at_application, 6), observed=True):
        assert abs(z(part.is_approved, part.approval_chance)) < 4
    decided = table[table.decision != "Pending"]
    assert ((decided.decision == "Approved") == decided.is_approved).all()


def test_application_truth__both_outcomes_average_to_the_parameters() -> None:
    """What approval adds does not hang on whether it was given."""
    made = eager()
    config = made.parameters["config"]["credit"]
    table = applications(made)
    months = table.effect_days / 30.4375
    for part in (table[table.is_approved], table[~table.is_approved]):
        rate = part.spend_added_by_approval.sum() / months[part.index].sum()
        gap = part.spend_added_by_approval - config["spend_effect"] * months[part.index]
        assert abs(rate - config["spend_effect"]) < 4 * gap.std() * len(part) ** 0.5 / (
            months[part.index].sum()
        )
        moved = part.balance_added_by_approval
        assert abs(moved.mean() - config["balance_effect"]) < 4 * moved.std() / len(part) ** 0.5
    came = made.columns("transactions", "customer_id", "description", "amount")
    came = came[came.description == "Balance moved from another bank"]
    told = came.groupby("customer_id").amount.sum().astype(float)
    true = table.set_index("customer_id").balance_added_by_approval
    assert len(told) > 1000
    assert np.allclose(told, true[told.index])


def test_application_truth__own_spend_is_what_comes_without_approval() -> None:
    made = bank("credit.application_rate=1.5", "campaigns.count=0", "fraud.share=0",
                "credit.cutoff=740", customers=1500, transactions=150_000)  # fmt: skip
    table = applications(made).query("not is_approved and effect_days > 300")
    config = made.parameters["config"]
    early = pd.to_datetime(table.decision_date) < pd.Timestamp(config["end"]) - pd.Timedelta("370D")
    table = table[early]
    assert len(table) > 300
    bought = made.columns("transactions", "customer_id", "transaction_date", "transaction_type",
                          "amount", "decline_reason")  # fmt: skip
    bought = bought[(bought.transaction_type == "Purchase") & bought.decline_reason.isna()]
    pairs = table.merge(bought, on="customer_id")
    days = (pairs.transaction_date - pd.to_datetime(pairs.decision_date)).dt.days
    spent = -pairs.amount.astype(float)[(days >= 1) & (days < 1 + pairs.effect_days)]
    total = spent.groupby(pairs.application_id).sum().reindex(table.application_id, fill_value=0.0)
    gap = total.to_numpy() - table.expected_spend_if_declined.to_numpy()
    # 3 to 5 % of the attempts are declined
    assert abs(gap.mean() + 0.04 * total.mean()) < 4 * gap.std() / len(gap) ** 0.5
    assert np.corrcoef(total, table.expected_spend_if_declined)[0, 1] > 0.5
