"""dbt shell of analytics_marketing_response_curves.

The method is financial_analytics.models.prescriptive.budget.
"""

from financial_analytics.models.prescriptive.budget import response_curves


def model(dbt, session):
    """Return the relation."""
    dbt.config(materialized="table")
    campaigns = dbt.ref("int_campaign_response")
    clock = dbt.ref("data_clock")
    settings = dbt.config.meta_get("settings")
    return response_curves(campaigns, clock, **settings)
