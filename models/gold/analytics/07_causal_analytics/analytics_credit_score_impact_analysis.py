"""dbt shell of analytics_credit_score_impact_analysis.

The method is financial_analytics.models.causal.discontinuity.
"""

from financial_analytics.models.causal import approval_effects


def model(dbt, session):
    """Return the relation."""
    dbt.config(materialized="table")
    outcomes = dbt.ref("int_credit_outcomes")
    clock = dbt.ref("data_clock")
    cutoff = dbt.config.meta_get("cutoff")
    relevant = dbt.config.meta_get("relevant")
    share = dbt.config.meta_get("confidence")
    return approval_effects(outcomes, clock, cutoff=cutoff, relevant=relevant, confidence=share)
