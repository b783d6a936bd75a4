"""What patterns exist: the Python models of category 03."""

from financial_analytics.models.exploratory.clusters import customer_clusters
from financial_analytics.models.exploratory.correlations import behavior_correlations
from financial_analytics.models.exploratory.geography import geographic_clusters
from financial_analytics.models.exploratory.seasons import seasonal_patterns

__all__ = [
    "behavior_correlations",
    "customer_clusters",
    "geographic_clusters",
    "seasonal_patterns",
]
