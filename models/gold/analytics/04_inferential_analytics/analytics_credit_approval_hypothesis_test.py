"""dbt shell of analytics_credit_approval_hypothesis_test.

The method is financial_analytics.models.inferential.approvals.
"""

from financial_analytics.models.inferential import approval_tests


def model(dbt, session):
    """Return the relation."""
    dbt.config(materialized="table")
    applications = dbt.ref("int_application_factors")
    clock = dbt.ref("data_clock")
    minimum = dbt.config.meta_get("minimum_sample")
    share = dbt.config.meta_get("confidence")
    return approval_tests(applications, clock, minimum_sample=minimum, confidence=share)
