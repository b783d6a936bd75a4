"""dbt shell of int_fraud_models.

The method is financial_analytics.models.predictive.judged.
"""

from financial_analytics.models.predictive.judged import fraud_models


def model(dbt, session):
    """Return the relation."""
    dbt.config(materialized="table")
    share = dbt.config.meta_get("confidence")
    return fraud_models(
        dbt.ref("int_fraud_backtest"),
        confidence=share,
    )
