"""Setting an effect to zero removes it, and leaves the tables it does not reach as they were."""

from __future__ import annotations

import hashlib

import pytest
from tests.support.synthetic_lab import Bank, bank

SHARED = {
    "products", "merchants", "branch_locations", "atm_locations", "economic_indicators",
    "exchange_rates", "bank_holidays", "merchant_category_codes", "zip_codes",
}  # fmt: skip
MONEY = {"transactions", "accounts", "fraud_alerts", "risk_assessments", "regulatory_reports",
         "account_events", "customer_segments_history"}  # fmt: skip
LIVES = {"customers", "customer_interactions", "campaign_touches", "marketing_campaigns",
         "credit_applications", "loan_payments"}  # fmt: skip
ALL = SHARED | MONEY | LIVES

# what each effect may change; everything else stays byte for byte
REACH = {
    "purchase.season_effect=0": MONEY,
    "purchase.refund_share=0": MONEY,
    "purchase.decline_share=0": MONEY,
    "satisfaction.unresolved_effect=0": {"customer_interactions"},
    "churn.complaint_effect=0": MONEY | LIVES,
    "credit.spend_effect=0": MONEY,
    "credit.balance_effect=0": MONEY,
    "loans.default_rate=0": MONEY | {"loan_payments"},
    "loans.prepay_rate=0": MONEY | {"loan_payments"},
    "autopay.hazard_ratio=1": MONEY | {"loan_payments"},
    "campaigns.lift=0": MONEY | {"campaign_touches", "marketing_campaigns"},
    "rates.high_yield_elasticity=0": MONEY,
    "mobile.transaction_effect=0": MONEY,
    "adoption.causal_effect=0": MONEY,
    "fraud.share=0": MONEY,
    "regulatory.structuring_share=0": MONEY,
    "regulatory.sanctions_share=0.2": {"risk_assessments", "regulatory_reports"},
    "dirt.duplicates=0": set(),
    "branches.openings=0": {"branch_locations", "atm_locations", *MONEY, *LIVES},
}


def made(*overrides: str) -> Bank:
    return bank(*overrides, customers=1000, transactions=20_000)


def digests(made: Bank) -> dict[str, str]:
    return {
        table: hashlib.sha256((made.folder / "full" / f"{table}.parquet").read_bytes()).hexdigest()
        for table in ALL
    }


@pytest.mark.parametrize(("setting", "reach"), REACH.items())
def test_zero__changes_no_table_out_of_reach(setting: str, reach: set[str]) -> None:
    before, after = digests(made()), digests(made(setting))
    assert {name for name in ALL if before[name] != after[name]} <= reach
    if reach:
        assert before != after


def test_zero__no_fraud_no_fraudulent_transaction() -> None:
    assert not made("fraud.share=0").feed("transactions").is_fraud.any()
    assert made("fraud.share=0").truth("fraud").empty


def test_zero__no_default_nothing_missed() -> None:
    payments = made("loans.default_rate=0").feed("loan_payments")
    open_ = payments[payments.actual_date.isna()]
    assert (open_.scheduled_date.astype(str) > "2025-10-01").all()


def test_zero__no_lift_no_difference_for_anybody() -> None:
    touches = made("campaigns.lift=0").truth("campaign_touches")
    assert (touches.converts_if_spared == touches.converts_if_contacted).all()
    assert (
        made().truth("campaign_touches").eval("converts_if_spared != converts_if_contacted")
    ).any()


def test_zero__a_vanished_campaign_plan_still_makes_a_bank() -> None:
    empty = made("campaigns.count=0")
    assert empty.report.rows["marketing_campaigns"] == 0
    assert empty.report.rows["campaign_touches"] == 0
    assert digests(empty)["customer_interactions"] != ""


def test_zero__nobody_leaves_when_the_hazard_is_zero() -> None:
    assert made("churn.base_rate=0").last_versions.is_active.all()
