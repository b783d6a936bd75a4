"""dbt shell of analytics_marketing_budget_scenarios.

The method is financial_analytics.models.prescriptive.budget.
"""

from financial_analytics.models.prescriptive.budget import budget_scenarios


def model(dbt, session):
    """Return the relation."""
    dbt.config(materialized="table")
    campaigns = dbt.ref("int_campaign_response")
    clock = dbt.ref("data_clock")
    settings = dbt.config.meta_get("settings")
    return budget_scenarios(campaigns, clock, **settings)
