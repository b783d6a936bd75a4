"""dbt shell of analytics_geographic_clustering.

The method is financial_analytics.models.exploratory.geography.
"""

from financial_analytics.models.exploratory import geographic_clusters


def model(dbt, session):
    """Return the relation."""
    dbt.config(materialized="table")
    behavior = dbt.ref("int_customer_behavior")
    clock = dbt.ref("data_clock")
    draws = dbt.config.meta_get("permutations")
    seed = dbt.config.meta_get("seed")
    share = dbt.config.meta_get("confidence")
    return geographic_clusters(behavior, clock, permutations=draws, seed=seed, confidence=share)
