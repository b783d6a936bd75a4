"""dbt shell of analytics_loan_default_prediction.

The method is financial_analytics.models.predictive.default.
"""

from financial_analytics.models.predictive.default import default_prediction


def model(dbt, session):
    """Return the relation."""
    dbt.config(materialized="table")
    models = dbt.ref("int_default_models")
    metrics = dbt.ref("int_default_metrics")
    scoring = dbt.ref("int_default_scoring")
    clock = dbt.ref("data_clock")
    return default_prediction(models, metrics, scoring, clock)
