"""dbt shell of analytics_campaign_causal_impact.

The method is financial_analytics.models.causal.campaigns.
"""

from financial_analytics.models.causal import campaign_effects


def model(dbt, session):
    """Return the relation."""
    dbt.config(materialized="table")
    windows = dbt.ref("int_campaign_windows")
    clock = dbt.ref("data_clock")
    relevant = dbt.config.meta_get("relevant")
    seed = dbt.config.meta_get("random_seed")
    share = dbt.config.meta_get("confidence")
    return campaign_effects(windows, clock, relevant=relevant, random_seed=seed, confidence=share)
