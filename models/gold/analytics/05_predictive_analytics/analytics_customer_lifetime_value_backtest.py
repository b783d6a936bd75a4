"""dbt shell of analytics_customer_lifetime_value_backtest.

The method is financial_analytics.models.predictive.value.
"""

from financial_analytics.models.predictive.value import value_backtest


def model(dbt, session):
    """Return the relation."""
    dbt.config(materialized="table")
    share = dbt.config.meta_get("confidence")
    return value_backtest(
        dbt.ref("int_customer_value_states"),
        dbt.ref("data_clock"),
        interchange_rate=dbt.config.meta_get("interchange_rate"),
        discount_rate=dbt.config.meta_get("discount_rate"),
        confidence=share,
        currency=dbt.config.meta_get("currency"),
    )
