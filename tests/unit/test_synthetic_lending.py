"""Mechanisms 5 and 6: what the studies of single parameters do not show."""

from __future__ import annotations

import numpy as np
import pandas as pd
from tests.support.studies_lending import EAGER, LENT, near_cutoff
from tests.support.synthetic_lab import Bank, bank


def eager() -> Bank:
    return bank(*EAGER, **LENT)


def test_credit__approval_jumps_at_the_cutoff() -> None:
    table = near_cutoff(eager())
    rate = table.approved.groupby(table.distance >= 0).mean()
    assert rate[False] < 0.03
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
