"""The eight categories of analytics: folder, chart prefix and the question each answers."""

from __future__ import annotations

from dataclasses import dataclass

from financial_analytics.errors import InvalidInputError


@dataclass(frozen=True)
class Category:
    """One category of models, charts and report.

    Attributes
    ----------
    folder : str
        Folder of the models and of the report, ``01_descriptive_analytics``.
    prefix : str
        First word of the ids of its charts, ``descriptive``.
    title : str
        Name for people.
    question : str
        The question that its report answers.
    lead : str
        Id of the chart whose finding answers it on the front page.
    """

    folder: str
    prefix: str
    title: str
    question: str
    lead: str


CATEGORIES: tuple[Category, ...] = (
    Category(
        "01_descriptive_analytics", "descriptive", "Descriptive", "What happened?",
        "descriptive.monthly_trend",
    ),
    Category(
        "02_diagnostic_analytics", "diagnostic", "Diagnostic", "Why did it happen?",
        "diagnostic.revenue_waterfall",
    ),
    Category(
        "03_exploratory_analytics", "exploratory", "Exploratory", "What patterns exist?",
        "exploratory.cohort_survival",
    ),
    Category(
        "04_inferential_analytics", "inferential", "Inferential", "Can we generalise?",
        "inferential.churn_funnel",
    ),
    Category(
        "05_predictive_analytics", "predictive", "Predictive", "What will happen?",
        "predictive.churn_risk_distribution",
    ),
    Category(
        "06_prescriptive_analytics", "prescriptive", "Prescriptive", "What should we do?",
        "prescriptive.budget_sankey",
    ),
    Category(
        "07_causal_analytics", "causal", "Causal", "What causes what?",
        "causal.rdd",
    ),
    Category(
        "08_realtime_analytics", "realtime", "Real-time", "What is happening now?",
        "realtime.live_counters",
    ),
)  # fmt: skip


def find_category(name: str) -> Category:
    """Return the category with this folder, prefix or number.

    Parameters
    ----------
    name : str
        ``01_descriptive_analytics``, ``descriptive``, ``01`` or ``1``.

    Raises
    ------
    InvalidInputError
        If no category is called so.

    Examples
    --------
    >>> find_category("1").folder
    '01_descriptive_analytics'
    """
    wanted = name.strip().lower()
    for category in CATEGORIES:
        number = category.folder[:2]
        if wanted in {category.folder, category.prefix, number, number.lstrip("0")}:
            return category
    valid = ", ".join(category.prefix for category in CATEGORIES)
    raise InvalidInputError(f"no category {name!r}", hint=f"give one of: {valid}")
