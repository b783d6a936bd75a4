"""dbt shell of int_default_metrics; see financial_analytics.models.predictive.training."""

from financial_analytics.models.predictive.default import measure_default


def model(dbt, session):
    dbt.config(materialized="table")
    models = dbt.ref("int_default_models")
    training = dbt.ref("int_default_training")
    horizon = dbt.config.meta_get("horizon_months")
    seed = dbt.config.meta_get("seed")
    share = dbt.config.meta_get("confidence")
    return measure_default(models, training, horizon_months=horizon, seed=seed, confidence=share)
