"""dbt shell of analytics_branch_staffing_optimization.

The method is financial_analytics.models.prescriptive.staffing.
"""

from financial_analytics.models.prescriptive.staffing import branch_staffing


def model(dbt, session):
    """Return the relation."""
    dbt.config(materialized="table")
    visits = dbt.ref("int_branch_visit_hours")
    locations = dbt.ref("dim_location")
    clock = dbt.ref("data_clock")
    settings = dbt.config.meta_get("settings")
    return branch_staffing(visits, locations, clock, **settings)
