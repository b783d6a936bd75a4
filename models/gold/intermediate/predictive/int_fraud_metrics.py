"""dbt shell of int_fraud_metrics.

The method is financial_analytics.models.predictive.judged.
"""

from financial_analytics.models.predictive.judged import fraud_metrics


def model(dbt, session):
    """Return the relation."""
    dbt.config(materialized="table")
    share = dbt.config.meta_get("confidence")
    return fraud_metrics(
        dbt.ref("int_fraud_backtest"),
        confidence=share,
    )
