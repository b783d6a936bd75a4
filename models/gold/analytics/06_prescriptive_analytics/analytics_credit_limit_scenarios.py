"""dbt shell of analytics_credit_limit_scenarios.

The method is financial_analytics.models.prescriptive.limits.
"""

from financial_analytics.models.prescriptive.limits import limit_scenarios


def model(dbt, session):
    """Return the relation."""
    dbt.config(materialized="table")
    cards = dbt.ref("int_card_months")
    reviews = dbt.ref("int_card_reviews")
    clock = dbt.ref("data_clock")
    settings = dbt.config.meta_get("settings")
    return limit_scenarios(cards, reviews, clock, **settings)
