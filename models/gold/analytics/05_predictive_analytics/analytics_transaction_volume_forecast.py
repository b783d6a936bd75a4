"""dbt shell of analytics_transaction_volume_forecast.

The method is financial_analytics.models.predictive.volume.
"""

from financial_analytics.models.predictive.volume import volume_forecast


def model(dbt, session):
    """Return the relation."""
    dbt.config(materialized="table")
    daily, backtests = dbt.ref("int_daily_volume"), dbt.ref("int_volume_backtest")
    clock = dbt.ref("data_clock")
    share = dbt.config.meta_get("confidence")
    return volume_forecast(daily, backtests, clock, confidence=share)
