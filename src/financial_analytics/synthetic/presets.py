"""Lab banks: named settings under which one subject can be studied with power."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field

from financial_analytics.errors import UserInputError
from financial_analytics.synthetic.config import BankConfig


@dataclass(frozen=True)
class Preset:
    """A named bank.

    Attributes
    ----------
    purpose : str
        What can be found in it, in one sentence.
    settings : mapping
        Sizes and ``mechanism.name`` to value, as in the YAML of a bank; all others default.
    """

    purpose: str
    settings: Mapping[str, object] = field(default_factory=dict)


PRESETS: dict[str, Preset] = {
    "demo": Preset("the default bank, which shows every mechanism"),
    "churn": Preset(
        "who leaves and when: long spells of disengagement, in which many leave",
        {
            "customers": 12_000, "transactions": 600_000, "churn.disengage_rate": 0.015,
            "churn.disengage_months": 16, "churn.falling_effect": 2.5, "churn.tenure_effect": -0.7,
            "purchase.dropout_a": 0,
        },
    ),
    "campaigns": Preset(
        "lift, holdouts and return to spend: many campaigns with large audiences",
        {
            "transactions": 200_000, "campaigns.count": 150, "campaigns.audience_share": 0.4,
            "campaigns.holdout_share": 0.5, "campaigns.randomised_share": 1.0,
        },
    ),
    "retention": Preset(
        "whom retention contacts keep and whom they drive away: raised churn, large audiences",
        {
            "transactions": 200_000, "churn.base_rate": 0.012, "campaigns.count": 36,
            "campaigns.audience_share": 0.5, "campaigns.holdout_share": 0.5,
            "campaigns.randomised_share": 1.0,
        },
    ),
    "clv": Preset(
        "the value of customers: steady buying, then dropout",
        {
            "customers": 8_000, "transactions": 800_000, "campaigns.count": 0,
            "fraud.share": 0, "purchase.dropout_b": 40,
        },
    ),
    "credit": Preset(
        "who defaults: many applications, of low scores too, over six years",
        {
            "transactions": 80_000, "start": "2020-01-01",
            "credit.application_rate": 1.2, "credit.cutoff": 500, "credit.dti_limit": 0.7,
            "campaigns.count": 0, "fraud.share": 0,
        },
    ),
    "branches": Preset(
        "who comes to the branch and when: eight branches, 25 to 170 visits a day in each",
        {
            "transactions": 100_000, "start": "2024-07-01", "branches.count": 8,
            "branches.openings": 0, "branches.closures": 0, "branches.visit_rate": 1.7,
            "branches.middle_effect": -0.2, "branches.far_effect": -0.4,
            "campaigns.count": 0, "fraud.share": 0,
        },
    ),
    "proximity": Preset(
        "what it does to live near a branch: sixty of them open or close, and more customers leave",
        {
            "transactions": 60_000, "branches.openings": 30, "branches.closures": 30,
            "branches.visit_rate": 0.15, "churn.base_rate": 0.012, "campaigns.count": 0,
            "fraud.share": 0,
        },
    ),
    "cards": Preset(
        "limits of cards: frequent reviews, most of them by lot, and raised defaults",
        {
            "transactions": 400_000, "cards.review_rate": 0.06, "cards.trial_share": 0.7,
            "cards.default_rate": 0.006, "campaigns.count": 0, "fraud.share": 0,
        },
    ),
    "products": Preset(
        "who opens what: many openings of savings and currency accounts, by income, age and travel",
        {
            "transactions": 800_000, "products.savings_rate": 0.012, "products.income_effect": 1,
            "products.age_effect": 0.4, "products.currency_rate": 0.004,
            "campaigns.count": 0, "fraud.share": 0,
        },
    ),
    "volume": Preset(
        "the calendar of activity: many movements of few customers, no other mechanism",
        {
            "customers": 2_000, "transactions": 800_000, "campaigns.count": 0,
            "fraud.share": 0, "churn.base_rate": 0, "churn.disengage_rate": 0,
            "purchase.dropout_a": 0, "mobile.transaction_effect": 0,
        },
    ),
}  # fmt: skip
"""The lab banks by name."""


def preset(name: str) -> Preset:
    """Return a lab bank.

    Raises
    ------
    UserInputError
        If there is none of that name; says which there are.

    Examples
    --------
    >>> preset("volume").settings["churn.base_rate"]
    0
    """
    if name in PRESETS:
        return PRESETS[name]
    near = difflib.get_close_matches(name, PRESETS, n=1)
    valid = "; ".join(f"{key} ({item.purpose})" for key, item in PRESETS.items())
    meant = f"did you mean {near[0]}? " if near else ""
    raise UserInputError(f"there is no preset {name!r}", hint=f"{meant}valid are {valid}")


def transactions_each(name: str) -> int:
    """Return how many transactions a customer has in a lab bank, for other sizes of it.

    Examples
    --------
    >>> transactions_each("demo"), transactions_each("volume")
    (50, 400)
    """
    default, given = BankConfig(), preset(name).settings
    customers = int(str(given.get("customers", default.customers)))
    return int(str(given.get("transactions", default.transactions))) // customers
