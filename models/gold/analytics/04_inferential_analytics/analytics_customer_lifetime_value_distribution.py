"""dbt shell of analytics_customer_lifetime_value_distribution.

The method is financial_analytics.models.inferential.values.
"""

from financial_analytics.models.inferential import lifetime_values


def model(dbt, session):
    """Return the relation."""
    dbt.config(materialized="table")
    customers = dbt.ref("int_customers_at_dates")
    clock = dbt.ref("data_clock")
    seed = dbt.config.meta_get("seed")
    share = dbt.config.meta_get("confidence")
    return lifetime_values(customers, clock, seed=seed, confidence=share)
