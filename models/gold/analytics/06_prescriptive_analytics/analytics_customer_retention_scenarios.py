"""dbt shell of analytics_customer_retention_scenarios.

The method is financial_analytics.models.prescriptive.retention.
"""

from financial_analytics.models.prescriptive.retention import retention_scenarios


def model(dbt, session):
    """Return the relation."""
    dbt.config(materialized="table")
    contacts = dbt.ref("int_retention_contacts")
    customers = dbt.ref("int_churn_scoring")
    values = dbt.ref("analytics_customer_lifetime_value_prediction")
    clock = dbt.ref("data_clock")
    settings = dbt.config.meta_get("settings")
    return retention_scenarios(contacts, customers, values, clock, **settings)
