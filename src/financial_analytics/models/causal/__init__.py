"""Category 07, what causes what: designs for any data frame, and the models that use them.

``regression_discontinuity`` takes a frame and the names of its columns.
"""

from financial_analytics.models.causal.discontinuity import (
    approval_effects,
    regression_discontinuity,
)

__all__ = ["approval_effects", "regression_discontinuity"]
