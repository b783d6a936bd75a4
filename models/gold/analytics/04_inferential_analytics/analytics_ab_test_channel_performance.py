"""dbt shell of analytics_ab_test_channel_performance.

The method is financial_analytics.models.inferential.experiments.
"""

from financial_analytics.models.inferential import campaign_experiments


def model(dbt, session):
    """Return the relation."""
    dbt.config(materialized="table")
    touches = dbt.ref("int_experiment_touches")
    clock = dbt.ref("data_clock")
    minimum = dbt.config.meta_get("minimum_sample")
    share = dbt.config.meta_get("confidence")
    return campaign_experiments(touches, clock, minimum_sample=minimum, confidence=share)
