"""Category 02, why did it happen."""

from financial_analytics.models.diagnostic.odds import adjusted_odds
from financial_analytics.models.diagnostic.satisfaction import satisfaction_drivers

__all__ = ["adjusted_odds", "satisfaction_drivers"]
