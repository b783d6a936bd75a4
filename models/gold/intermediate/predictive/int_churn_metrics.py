"""dbt shell of int_churn_metrics; the method is financial_analytics.models.predictive.training."""

from financial_analytics.models.predictive.churn import measure_churn


def model(dbt, session):
    dbt.config(materialized="table")
    models = dbt.ref("int_churn_models")
    training = dbt.ref("int_churn_training")
    horizon = dbt.config.meta_get("horizon_months")
    seed = dbt.config.meta_get("seed")
    share = dbt.config.meta_get("confidence")
    return measure_churn(models, training, horizon_months=horizon, seed=seed, confidence=share)
