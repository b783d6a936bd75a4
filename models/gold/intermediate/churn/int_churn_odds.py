"""dbt shell of int_churn_odds; the method is financial_analytics.models.diagnostic.odds."""

from financial_analytics.models.diagnostic import adjusted_odds


def model(dbt, session):
    dbt.config(materialized="table")
    exposure = dbt.ref("int_churn_exposure")
    share = dbt.config.meta_get("confidence")
    return adjusted_odds(exposure, confidence=share)
