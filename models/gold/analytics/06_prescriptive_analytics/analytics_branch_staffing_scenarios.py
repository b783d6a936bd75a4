"""dbt shell of analytics_branch_staffing_scenarios.

The method is financial_analytics.models.prescriptive.staffing.
"""

from financial_analytics.models.prescriptive.staffing import staffing_scenarios


def model(dbt, session):
    """Return the relation."""
    dbt.config(materialized="table")
    visits = dbt.ref("int_branch_visit_hours")
    locations = dbt.ref("dim_location")
    clock = dbt.ref("data_clock")
    settings = dbt.config.meta_get("settings")
    return staffing_scenarios(visits, locations, clock, **settings)
