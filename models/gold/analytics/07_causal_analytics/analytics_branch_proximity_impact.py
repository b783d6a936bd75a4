"""dbt shell of analytics_branch_proximity_impact.

The method is financial_analytics.models.causal.proximity.
"""

from financial_analytics.models.causal import branch_proximity


def model(dbt, session):
    """Return the relation."""
    dbt.config(materialized="table")
    cells = dbt.ref("int_branch_event_cells")
    clock = dbt.ref("data_clock")
    relevant = dbt.config.meta_get("relevant")
    share = dbt.config.meta_get("confidence")
    return branch_proximity(cells, clock, relevant=relevant, confidence=share)
