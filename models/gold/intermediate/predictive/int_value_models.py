"""dbt shell of int_value_models.

The method is financial_analytics.models.predictive.judged.
"""

from financial_analytics.models.predictive.judged import value_models


def model(dbt, session):
    """Return the relation."""
    dbt.config(materialized="table")
    share = dbt.config.meta_get("confidence")
    return value_models(
        dbt.ref("int_customer_value_states"),
        dbt.ref("analytics_customer_lifetime_value_backtest"),
        confidence=share,
    )
