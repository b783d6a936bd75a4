"""Setting an effect to zero removes it, and leaves the tables it does not reach as they were."""

from __future__ import annotations

import hashlib
from functools import lru_cache

import numpy as np
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

# What an effect of each kind may change; everything else stays byte for byte.
REACH = {
    "purchase": (MONEY, (
        "purchase.season_effect=0", "purchase.weekday_effect=0", "purchase.payday_effect=0",
        "purchase.holiday_effect=0", "purchase.trend_effect=0", "purchase.hour_effect=0",
        "purchase.income_effect=0", "purchase.amount_sigma=0", "purchase.dropout_a=0",
        "purchase.refund_share=0", "purchase.decline_share=0", "purchase.retry_share=0",
    )),
    "satisfaction": ({"customer_interactions"}, (
        "satisfaction.unresolved_effect=0", "satisfaction.slow_effect=0",
        "satisfaction.escalated_effect=0", "satisfaction.rating_share=0",
    )),
    # who leaves takes part in nothing more
    "lives": (MONEY | LIVES, (
        "archetypes.separation=0", "churn.complaint_effect=0", "churn.fee_effect=0",
        "churn.falling_effect=0", "churn.rate_gap_effect=0", "churn.tenure_effect=0",
        "churn.autopay_effect=0", "branches.middle_effect=0", "branches.far_effect=0",
        "branches.far_churn_effect=0", "mobile.contact_effect=0", "adoption.confounding=0",
        "campaigns.targeting=0", "spatial.income_sd=0", "history.move_rate=0",
        "history.score_rate=0", "history.income_rate=0", "history.family_rate=0",
    )),
    "decisions": (MONEY | LIVES, (
        "credit.exception_rate=0.2 credit.slope_effect=0",
        "credit.senior_effect=2 credit.senior_effect=0",
    )),
    "credit": (MONEY, ("credit.spend_effect=0", "credit.balance_effect=0")),
    "loans": (MONEY | {"loan_payments"}, (
        "loans.default_rate=0", "loans.prepay_rate=0", "loans.score_effect=0",
        "loans.dti_effect=0", "loans.rate_effect=0", "loans.late_effect=0",
        "loans.mortgage_effect=0",
        "loans.default_rate=0.05 loans.utilisation_effect=0",
        "loans.default_rate=0.3 loans.unemployment_effect=0",
        "loans.default_rate=0.05 loans.loss_paid_effect=0",
        "autopay.hazard_ratio=1", "autopay.late_rate=0", "autopay.score_effect=0",
    )),
    "campaigns": (MONEY | {"campaign_touches", "marketing_campaigns"}, ("campaigns.lift=0",)),
    "retention": (MONEY | LIVES, (
        "campaigns.retention_effect=0", "campaigns.holdout_share=0",
        "campaigns.unasked_effect=0", "campaigns.bonus_effect=0",
    )),
    # a charged-off card ends no other account, and limits reach no loan
    "cards": (MONEY, (
        "cards.review_rate=0", "cards.trial_share=0", "cards.step_share=0",
        "cards.balance_elasticity=0", "cards.default_rate=0",
        "cards.default_rate=0.05 cards.score_effect=0",
        "cards.default_rate=0.05 cards.utilisation_effect=0",
        "cards.default_rate=0.05 cards.loss_given_default=0",
    )),
    # savers look at rates, and the rate gap drives them away
    "products": (MONEY | LIVES, (
        "products.savings_rate=0", "products.currency_rate=0", "products.income_effect=0",
        "products.age_effect=0", "products.travel_effect=0",
    )),
    "money": (MONEY, (
        "rates.savings_elasticity=0", "rates.high_yield_elasticity=0",
        "rates.money_market_elasticity=0", "rates.balance_noise=0",
        "mobile.transaction_effect=0", "adoption.causal_effect=0",
        "adoption.base_rate=0", "adoption.income_effect=0", "adoption.tenure_effect=0",
        "fraud.share=0", "fraud.ring=0", "fraud.share=0.05 fraud.weekend_effect=0",
        "fraud.share=0.05 fraud.trend_effect=0", "regulatory.structuring_share=0",
        "regulatory.large_cash_rate=0",
    )),
    "alerts": ({"fraud_alerts"}, (
        "fraud.recovered_share=0", "fraud.label_delay_days=0", "fraud.alert_share=0",
    )),
    "sanctions": ({"risk_assessments", "regulatory_reports"}, (
        "regulatory.sanctions_share=0.2 regulatory.sanctions_share=0",
    )),
    "dirt": (set(), (
        "dirt.duplicates=0", "dirt.missing_keys=0", "dirt.orphans=0", "dirt.bad_dates=0",
        "dirt.bad_amounts=0", "dirt.bad_enums=0", "dirt.mixed_currencies=0",
    )),
    "branches": ({"branch_locations", "atm_locations", *MONEY, *LIVES}, (
        "branches.openings=0", "branches.closures=0",
    )),
}  # fmt: skip
CASES = [(setting, reach) for reach, settings in REACH.values() for setting in settings]


def made(*overrides: str) -> Bank:
    return bank(*overrides, customers=1000, transactions=20_000)


@lru_cache(maxsize=8)
def digests(made: Bank) -> dict[str, str]:
    return {
        table: hashlib.sha256((made.folder / "full" / f"{table}.parquet").read_bytes()).hexdigest()
        for table in ALL
    }


@pytest.mark.parametrize(("setting", "reach"), CASES, ids=[setting for setting, _ in CASES])
def test_zero__changes_no_table_out_of_reach(setting: str, reach: set[str]) -> None:
    *others, zero = setting.split()
    before, after = digests(made(*others)), digests(made(*others, zero))
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


def test_zero__every_effect_of_the_configuration_is_tried() -> None:
    """An effect added later has to say here what it may change."""
    tried = {assignment.split("=")[0] for setting, _ in CASES for assignment in setting.split()}
    config = made().parameters["config"]
    effects = {
        f"{mechanism}.{name}"
        for mechanism, values in config.items()
        if isinstance(values, dict)
        for name in values
        if name.endswith(("_effect", "_elasticity", "lift", "hazard_ratio", "separation"))
    }
    assert len(effects) > 30
    assert effects - tried == set()


def test_zero__every_hour_alike_without_the_hour_effect() -> None:
    def unevenness(bank: Bank) -> float:
        count = bank.feed("transactions").query("transaction_type == 'Purchase'").hour_of_day
        found = np.bincount(count, minlength=24)
        return float(((found - found.mean()) ** 2 / found.mean()).sum())

    # a fair die of 24 sides stays below 50 in 999 of 1000 throws
    assert unevenness(made("purchase.hour_effect=0", "archetypes.separation=0")) < 50
    assert unevenness(made()) > 500


def test_zero__no_balance_moves_in_after_an_approval() -> None:
    moved = "Balance moved from another bank"
    assert (made().feed("transactions").description == moved).any()
    assert not (made("credit.balance_effect=0").feed("transactions").description == moved).any()


def test_zero__nobody_structures_or_is_sanctioned() -> None:
    def structurers(made: Bank) -> int:
        return int(made.truth("customers").is_structurer.sum())

    def sanctions(made: Bank) -> int:
        return int((made.feed("regulatory_reports").report_type_code == "OFAC").sum())

    assert structurers(made()) > structurers(made("regulatory.structuring_share=0")) == 0
    often, never = (made(f"regulatory.sanctions_share={share}") for share in (0.2, 0))
    assert sanctions(often) > sanctions(never) == 0
