"""dbt shell of int_default_models; the method is financial_analytics.models.predictive.training."""

from financial_analytics.models.predictive.default import train_default


def model(dbt, session):
    dbt.config(materialized="table")
    training = dbt.ref("int_default_training")
    horizon = dbt.config.meta_get("horizon_months")
    cost = dbt.config.meta_get("miss_cost")
    seed = dbt.config.meta_get("seed")
    share = dbt.config.meta_get("confidence")
    return train_default(
        training, horizon_months=horizon, miss_cost=cost, seed=seed, confidence=share
    )
