"""dbt shell of analytics_payment_timeliness_impact.

The method is financial_analytics.models.causal.payments.
"""

from financial_analytics.models.causal import autopay_effects


def model(dbt, session):
    """Return the relation."""
    dbt.config(materialized="table")
    spells = dbt.ref("int_payment_spells")
    clock = dbt.ref("data_clock")
    relevant = dbt.config.meta_get("relevant")
    share = dbt.config.meta_get("confidence")
    return autopay_effects(spells, clock, relevant=relevant, confidence=share)
