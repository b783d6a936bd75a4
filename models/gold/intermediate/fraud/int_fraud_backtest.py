"""dbt shell of int_fraud_backtest.

The method is financial_analytics.models.predictive.fraud.
"""

from financial_analytics.models.predictive.fraud import fraud_backtest


def model(dbt, session):
    """Return the relation."""
    dbt.config(materialized="table")
    share = dbt.config.meta_get("confidence")
    return fraud_backtest(
        dbt.ref("int_fraud_labels"),
        dbt.ref("int_fraud_exposure"),
        dbt.ref("data_clock"),
        history_days=dbt.config.meta_get("history_days"),
        seed=dbt.config.meta_get("seed"),
        confidence=share,
    )
