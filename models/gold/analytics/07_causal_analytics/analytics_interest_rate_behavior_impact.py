"""dbt shell of analytics_interest_rate_behavior_impact.

The method is financial_analytics.models.causal.rates.
"""

from financial_analytics.models.causal import rate_effects


def model(dbt, session):
    """Return the relation."""
    dbt.config(materialized="table")
    balances = dbt.ref("int_rate_balances")
    clock = dbt.ref("data_clock")
    relevant = dbt.config.meta_get("relevant")
    seed = dbt.config.meta_get("random_seed")
    share = dbt.config.meta_get("confidence")
    return rate_effects(balances, clock, relevant=relevant, random_seed=seed, confidence=share)
