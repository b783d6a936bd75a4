"""Category 04, can we generalise: methods for any data frame, and the models that use them.

``compare_groups``, ``compare_arms``, ``selection_effects``, ``score_accuracy``, ``value_shapes``,
``amount_normality`` and ``rate_intervals`` take a frame and the names of its columns.
"""

from financial_analytics.models.inferential.accuracy import fraud_accuracy, score_accuracy
from financial_analytics.models.inferential.amounts import amount_normality, transaction_normality
from financial_analytics.models.inferential.approvals import approval_tests, selection_effects
from financial_analytics.models.inferential.arms import compare_arms
from financial_analytics.models.inferential.churn_rates import churn_intervals, rate_intervals
from financial_analytics.models.inferential.experiments import campaign_experiments
from financial_analytics.models.inferential.segments import compare_groups, segment_comparison
from financial_analytics.models.inferential.values import lifetime_values, value_shapes

__all__ = [
    "amount_normality",
    "approval_tests",
    "campaign_experiments",
    "churn_intervals",
    "compare_arms",
    "compare_groups",
    "fraud_accuracy",
    "lifetime_values",
    "rate_intervals",
    "score_accuracy",
    "segment_comparison",
    "selection_effects",
    "transaction_normality",
    "value_shapes",
]
