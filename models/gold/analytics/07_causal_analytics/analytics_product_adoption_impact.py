"""dbt shell of analytics_product_adoption_impact.

The method is financial_analytics.models.causal.adoption.
"""

from financial_analytics.models.causal import product_adoption


def model(dbt, session):
    """Return the relation."""
    dbt.config(materialized="table")
    landmarks = dbt.ref("int_adoption_landmarks")
    clock = dbt.ref("data_clock")
    relevant = dbt.config.meta_get("relevant")
    seed = dbt.config.meta_get("random_seed")
    share = dbt.config.meta_get("confidence")
    return product_adoption(landmarks, clock, relevant=relevant, random_seed=seed, confidence=share)
