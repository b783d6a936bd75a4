"""dbt shell of int_volume_metrics.

The method is financial_analytics.models.predictive.judged.
"""

from financial_analytics.models.predictive.judged import volume_metrics


def model(dbt, session):
    """Return the relation."""
    dbt.config(materialized="table")
    share = dbt.config.meta_get("confidence")
    return volume_metrics(
        dbt.ref("int_daily_volume"),
        dbt.ref("int_volume_backtest"),
        confidence=share,
    )
