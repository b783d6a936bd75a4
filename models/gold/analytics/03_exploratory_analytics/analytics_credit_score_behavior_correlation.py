"""dbt shell of analytics_credit_score_behavior_correlation.

The method is financial_analytics.models.exploratory.correlations.
"""

from financial_analytics.models.exploratory import behavior_correlations


def model(dbt, session):
    """Return the relation."""
    dbt.config(materialized="table")
    behavior = dbt.ref("int_customer_behavior")
    clock = dbt.ref("data_clock")
    minimum = dbt.config.meta_get("minimum_sample")
    share = dbt.config.meta_get("confidence")
    return behavior_correlations(behavior, clock, minimum_sample=minimum, confidence=share)
