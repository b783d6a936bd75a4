"""dbt shell of analytics_customer_behavior_clusters.

The method is financial_analytics.models.exploratory.clusters.
"""

from financial_analytics.models.exploratory import customer_clusters


def model(dbt, session):
    """Return the relation."""
    dbt.config(materialized="table")
    behavior = dbt.ref("int_customer_behavior")
    clock = dbt.ref("data_clock")
    minimum = dbt.config.meta_get("minimum_purchases")
    seed = dbt.config.meta_get("seed")
    share = dbt.config.meta_get("confidence")
    return customer_clusters(
        behavior, clock, minimum_purchases=minimum, seed=seed, confidence=share
    )
