"""dbt shell of analytics_churn_rate_confidence_intervals.

The method is financial_analytics.models.inferential.churn_rates.
"""

from financial_analytics.models.inferential import churn_intervals


def model(dbt, session):
    """Return the relation."""
    dbt.config(materialized="table")
    cells = dbt.ref("int_churn_cells")
    clock = dbt.ref("data_clock")
    minimum = dbt.config.meta_get("minimum_sample")
    share = dbt.config.meta_get("confidence")
    return churn_intervals(cells, clock, minimum_sample=minimum, confidence=share)
