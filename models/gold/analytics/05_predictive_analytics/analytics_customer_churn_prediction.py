"""dbt shell of analytics_customer_churn_prediction.

The method is financial_analytics.models.predictive.churn.
"""

from financial_analytics.models.predictive.churn import churn_prediction


def model(dbt, session):
    """Return the relation."""
    dbt.config(materialized="table")
    models = dbt.ref("int_churn_models")
    metrics = dbt.ref("int_churn_metrics")
    scoring = dbt.ref("int_churn_scoring")
    clock = dbt.ref("data_clock")
    horizon = dbt.config.meta_get("horizon_months")
    return churn_prediction(models, metrics, scoring, clock, horizon_months=horizon)
