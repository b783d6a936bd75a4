"""dbt shell of analytics_transaction_amount_normality_test.

The method is financial_analytics.models.inferential.amounts.
"""

from financial_analytics.models.inferential import transaction_normality


def model(dbt, session):
    """Return the relation."""
    dbt.config(materialized="table")
    amounts = dbt.ref("int_amount_sample")
    clock = dbt.ref("data_clock")
    minimum = dbt.config.meta_get("minimum_sample")
    share = dbt.config.meta_get("confidence")
    return transaction_normality(amounts, clock, minimum_sample=minimum, confidence=share)
