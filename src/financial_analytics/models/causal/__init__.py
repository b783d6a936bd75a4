"""Category 07, what causes what: designs for any data frame, and the models that use them.

``regression_discontinuity``, ``hazard_contrast``, ``adoption_effect``, ``rollout_effect``,
``rate_response``, ``proximity_effect``, ``randomised_effect`` and ``difference_in_differences``
take a frame and the names of its columns.
"""

from financial_analytics.models.causal.adoption import adoption_effect, product_adoption
from financial_analytics.models.causal.campaigns import campaign_effects
from financial_analytics.models.causal.discontinuity import (
    approval_effects,
    regression_discontinuity,
)
from financial_analytics.models.causal.payments import autopay_effects, hazard_contrast
from financial_analytics.models.causal.proximity import branch_proximity, proximity_effect
from financial_analytics.models.causal.rates import rate_effects, rate_response
from financial_analytics.models.causal.rollout import channel_migration, rollout_effect
from financial_analytics.models.causal.trial import difference_in_differences, randomised_effect

__all__ = [
    "adoption_effect",
    "approval_effects",
    "autopay_effects",
    "branch_proximity",
    "campaign_effects",
    "channel_migration",
    "difference_in_differences",
    "hazard_contrast",
    "product_adoption",
    "proximity_effect",
    "randomised_effect",
    "rate_effects",
    "rate_response",
    "regression_discontinuity",
    "rollout_effect",
]
