"""dbt shell of analytics_fraud_risk_forecast.

The method is financial_analytics.models.predictive.fraud.
"""

from financial_analytics.models.predictive.fraud import fraud_forecast


def model(dbt, session):
    """Return the relation."""
    dbt.config(materialized="table")
    share = dbt.config.meta_get("confidence")
    return fraud_forecast(
        dbt.ref("int_fraud_labels"),
        dbt.ref("int_fraud_exposure"),
        dbt.ref("int_fraud_backtest"),
        dbt.ref("analytics_fraud_risk_totals"),
        dbt.ref("data_clock"),
        history_days=dbt.config.meta_get("history_days"),
        ahead_days=dbt.config.meta_get("ahead_days"),
        seed=dbt.config.meta_get("seed"),
        confidence=share,
        currency=dbt.config.meta_get("currency"),
    )
