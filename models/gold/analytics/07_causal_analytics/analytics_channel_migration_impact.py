"""dbt shell of analytics_channel_migration_impact.

The method is financial_analytics.models.causal.rollout.
"""

from financial_analytics.models.causal import channel_migration


def model(dbt, session):
    """Return the relation."""
    dbt.config(materialized="table")
    months = dbt.ref("int_region_months")
    clock = dbt.ref("data_clock")
    relevant = dbt.config.meta_get("relevant")
    seed = dbt.config.meta_get("random_seed")
    share = dbt.config.meta_get("confidence")
    return channel_migration(months, clock, relevant=relevant, random_seed=seed, confidence=share)
