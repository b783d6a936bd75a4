"""dbt shell of analytics_customer_segment_statistical_comparison.

The method is financial_analytics.models.inferential.segments.
"""

from financial_analytics.models.inferential import segment_comparison


def model(dbt, session):
    """Return the relation."""
    dbt.config(materialized="table")
    behavior = dbt.ref("int_customer_behavior")
    clock = dbt.ref("data_clock")
    minimum = dbt.config.meta_get("minimum_sample")
    share = dbt.config.meta_get("confidence")
    return segment_comparison(behavior, clock, minimum_sample=minimum, confidence=share)
