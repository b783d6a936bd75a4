"""dbt shell of analytics_product_recommendation_evidence.

The method is financial_analytics.models.prescriptive.recommendation.
"""

from financial_analytics.models.prescriptive.recommendation import recommendation_evidence


def model(dbt, session):
    """Return the relation."""
    dbt.config(materialized="table")
    customers = dbt.ref("int_recommendation_customers")
    openings = dbt.ref("int_product_openings")
    margins = dbt.ref("int_product_margins")
    clock = dbt.ref("data_clock")
    settings = dbt.config.meta_get("settings")
    return recommendation_evidence(customers, openings, margins, clock, **settings)
