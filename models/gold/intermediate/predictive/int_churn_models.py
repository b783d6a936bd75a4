"""dbt shell of int_churn_models; the method is financial_analytics.models.predictive.training."""

from financial_analytics.models.predictive.churn import train_churn


def model(dbt, session):
    dbt.config(materialized="table")
    training = dbt.ref("int_churn_training")
    horizon = dbt.config.meta_get("horizon_months")
    cost = dbt.config.meta_get("miss_cost")
    seed = dbt.config.meta_get("seed")
    share = dbt.config.meta_get("confidence")
    return train_churn(
        training, horizon_months=horizon, miss_cost=cost, seed=seed, confidence=share
    )
