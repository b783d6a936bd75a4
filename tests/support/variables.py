"""Every variable with a value that is not its default, and a bank that shows them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from tests.support.small_bank import Row, account, customer, feeds, transaction

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project.yml"
DEFAULTS: dict[str, Any] = yaml.safe_load(PROJECT.read_text(encoding="utf-8"))["vars"]

CHANGED: dict[str, Any] = {
    "as_of": "2024-03-31",
    "reporting_currency": "EUR",
    "fiscal_year_start_month": 7,
    "first_year": 2019,
    "last_year": 2031,
    "holiday_country": "GB",
    "snapshot_daily_days": 20,
    "activity_days": 7,
    "confidence": 0.9,
    "churn_window_months": 6,
    "driver_minimum_events": 5,
    "credit_score_cutoff": 700,
    "near_miss_points": 20,
    "debt_to_income_limit": 0.5,
    "branch_near_km": 12,
    "branch_far_km": 20,
    "instalment_tolerance_amount": 60,
    "compromise_days": 30,
    "retry_hours": 12,
    "minimum_sample_count": 5,
    "behavior_months": 12,
    "cluster_minimum_purchases": 5,
    "random_seed": 7,
    "permutation_count": 99,
    "churn_horizon_months": 1,
    "churn_miss_cost": 5,
    "default_miss_cost": 5,
    "default_loss_rate": 0.3,
    "interchange_rate": 0.02,
    "deposit_spread_rate": 0.01,
    "card_spread_rate": 0.05,
    "loan_spread_rate": 0.05,
    "discount_rate": 0.2,
    "volume_forecast_days": 30,
    "fraud_history_days": 200,
    "fraud_forecast_days": 10,
    "marketing_budget_amount": 500,
    "marketing_channel_share": 0.5,
    "marketing_months": 6,
    "retention_horizon_months": 1,
    "retention_budget_amount": 100,
    "retention_contact_share": 0.1,
    "recommendation_horizon_months": 3,
    "limit_step_share": 0.1,
    "limit_loss_growth": 0.05,
    "limit_exposure_growth": 0.02,
    "card_loss_rate": 0.6,
    "staffing_served_share": 0.8,
    "staffing_wait_minutes": 10,
    "staffing_patience_minutes": 10,
    "staffing_lost_visit_amount": 20.0,
    "staffing_least_count": 1,
    "staffing_short_shift_share": 0.2,
    "staffing_week_hours": 35,
    "staffing_hour_amount": 40.0,
    "staffing_budget_amount": 100,
    "include_pii": True,
    "scd2_tracked_columns": {
        kind: [name for name in names if name not in ("credit_score", "credit_limit_amount")]
        for kind, names in DEFAULTS["scd2_tracked_columns"].items()
    },
}


def settings_feeds() -> dict[str, list[Row]]:
    """Return the small bank with another currency, rates, versions, a loan and contacts."""
    bank = feeds()
    bank["customers"].append(customer(3, "2024-02-15 00:00:00", credit_score=650))
    bank["accounts"] += [
        account(40, 2, currency="EUR"),
        account(40, 2, currency="EUR", credit_limit="500.00", updated_at="2024-03-05 00:00:00"),
    ]
    bank["transactions"] += [
        transaction(20, "2024-02-20 10:00:00", "40.00", account_id=40, customer_id=2)
        | {"currency": "EUR"},
        transaction(21, "2024-03-25 10:00:00", "-15.00", account_id=40, customer_id=2)
        | {"currency": "EUR"},
    ]
    bank["exchange_rates"] = [
        {"rate_date": "2023-11-01", "currency": currency, "rate_to_usd": rate}
        for currency, rate in (("USD", "1.00000000"), ("EUR", "1.10000000"))
    ] + [{"rate_date": "2024-03-01", "currency": "EUR", "rate_to_usd": "1.20000000"}]
    bank["bank_holidays"] = [
        {"holiday_date": "2024-01-01", "country": "US", "holiday_name": "New Year"},
        {"holiday_date": "2024-03-29", "country": "GB", "holiday_name": "Good Friday"},
    ]
    bank["loan_payments"] = [
        {
            "payment_id": number,
            "account_id": 30,
            "customer_id": 3,
            "scheduled_date": f"2024-0{number}-15",
            "scheduled_amount": "10.00",
            "actual_date": f"2024-0{number}-16" if number < 3 else None,
            "actual_amount": "10.00" if number < 3 else None,
        }
        for number in (1, 2, 3)
    ]
    return bank
