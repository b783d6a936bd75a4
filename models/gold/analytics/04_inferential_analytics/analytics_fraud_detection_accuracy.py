"""dbt shell of analytics_fraud_detection_accuracy.

The method is financial_analytics.models.inferential.accuracy.
"""

from financial_analytics.models.inferential import fraud_accuracy


def model(dbt, session):
    """Return the relation."""
    dbt.config(materialized="table")
    counts = dbt.ref("int_fraud_score_counts")
    clock = dbt.ref("data_clock")
    cost = dbt.config.meta_get("review_cost")
    minimum = dbt.config.meta_get("minimum_events")
    share = dbt.config.meta_get("confidence")
    return fraud_accuracy(counts, clock, review_cost=cost, minimum_events=minimum, confidence=share)
