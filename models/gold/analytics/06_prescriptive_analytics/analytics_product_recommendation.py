"""dbt shell of analytics_product_recommendation.

The method is financial_analytics.models.prescriptive.recommendation.
"""

from financial_analytics.models.prescriptive.recommendation import product_recommendations


def model(dbt, session):
    """Return the relation."""
    dbt.config(materialized="table")
    customers = dbt.ref("int_recommendation_customers")
    openings = dbt.ref("int_product_openings")
    margins = dbt.ref("int_product_margins")
    clock = dbt.ref("data_clock")
    settings = dbt.config.meta_get("settings")
    return product_recommendations(customers, openings, margins, clock, **settings)
