"""Category 07, what causes what: designs for any data frame, and the models that use them.

``regression_discontinuity``, ``hazard_contrast``, ``adoption_effect``, ``rollout_effect`` and
``rate_response`` take a frame and the names of its columns.
"""

from financial_analytics.models.causal.adoption import adoption_effect, product_adoption
from financial_analytics.models.causal.discontinuity import (
    approval_effects,
    regression_discontinuity,
)
from financial_analytics.models.causal.payments import autopay_effects, hazard_contrast
from financial_analytics.models.causal.rates import rate_effects, rate_response
from financial_analytics.models.causal.rollout import channel_migration, rollout_effect

__all__ = [
    "adoption_effect",
    "approval_effects",
    "autopay_effects",
    "channel_migration",
    "hazard_contrast",
    "product_adoption",
    "rate_effects",
    "rate_response",
    "regression_discontinuity",
    "rollout_effect",
]
