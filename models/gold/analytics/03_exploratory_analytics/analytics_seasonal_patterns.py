"""dbt shell of analytics_seasonal_patterns.

The method is financial_analytics.models.exploratory.seasons.
"""

from financial_analytics.models.exploratory import seasonal_patterns


def model(dbt, session):
    """Return the relation."""
    dbt.config(materialized="table")
    daily = dbt.ref("int_daily_series")
    clock = dbt.ref("data_clock")
    seed = dbt.config.meta_get("seed")
    share = dbt.config.meta_get("confidence")
    return seasonal_patterns(daily, clock, seed=seed, confidence=share)
