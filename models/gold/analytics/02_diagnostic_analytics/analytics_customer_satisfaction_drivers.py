"""dbt shell of analytics_customer_satisfaction_drivers; see models.diagnostic.satisfaction."""

from financial_analytics.models.diagnostic import satisfaction_drivers


def model(dbt, session):
    dbt.config(materialized="table")
    interactions = dbt.ref("fact_customer_interactions")
    clock = dbt.ref("data_clock")
    share = dbt.config.meta_get("confidence")
    return satisfaction_drivers(interactions, clock, confidence=share)
