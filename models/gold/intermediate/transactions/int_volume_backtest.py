"""dbt shell of int_volume_backtest; the method is financial_analytics.models.predictive.volume."""

from financial_analytics.models.predictive.volume import volume_backtest


def model(dbt, session):
    """Return the relation."""
    dbt.config(materialized="table")
    daily = dbt.ref("int_daily_volume")
    return volume_backtest(daily, ahead_days=dbt.config.meta_get("ahead_days"))
