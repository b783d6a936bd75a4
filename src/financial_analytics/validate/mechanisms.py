"""What is planted in a synthetic bank, and which model finds it again: one entry per effect."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np


class Warehouse(Protocol):
    """What a mechanism may ask of a bank that was built."""

    def rows(self, query: str) -> Sequence[Sequence[Any]]:
        """Return the rows of a query on gold and its intermediate relations."""


Config: TypeAlias = Mapping[str, Mapping[str, float]]
"""Parameters of a bank by mechanism, as ``truth/parameters.json`` has them."""


@dataclass(frozen=True)
class Mechanism:
    """An effect that a bank plants and a model of category 07 estimates.

    Attributes
    ----------
    name : str
        In words.
    model : str
        Relation in gold; its row of level ``effect`` with this `outcome` and `group` is the
        estimate.
    outcome, group : str
    unit : str
    off : mapping of str to float
        Parameters under which nothing is planted.
    planted : callable
        The effect in the unit of the estimate, from the parameters and the warehouse.
    """

    name: str
    model: str
    outcome: str
    unit: str
    off: Mapping[str, float]
    planted: Callable[[Config, Warehouse], float]
    group: str = "All"


def _nothing(_config: Config, _warehouse: Warehouse) -> float:
    return 0.0


def _parameter(group: str, name: str) -> Callable[[Config, Warehouse], float]:
    return lambda config, _warehouse: float(config[group][name])


def _autopay(config: Config, _warehouse: Warehouse) -> float:
    return math.log(config["autopay"]["hazard_ratio"])


def _mobile(name: str) -> Callable[[Config, Warehouse], float]:
    """Return the mean, over regions and months since the roll-out, of a ramp to the effect."""

    def planted(config: Config, warehouse: Warehouse) -> float:
        months = warehouse.rows(
            "select month_start_date, rollout_date from gold_intermediate.int_region_months "
            "where rollout_date is not null and month_start_date >= rollout_date"
        )
        since = np.array(
            [12 * (now.year - then.year) + now.month - then.month for now, then in months]
        )
        effect = config["mobile"]
        ramp = 1 - np.exp(-(since + 1) / effect["ramp_months"])
        return float(effect[name] * ramp.mean()) if len(since) else 0.0

    return planted


def _rate(name: str) -> Callable[[Config, Warehouse], float]:
    """Return what has come of an elasticity twelve months after a change."""

    def planted(config: Config, _warehouse: Warehouse) -> float:
        effect = config["rates"]
        return effect[name] * (1 - (1 - effect["adjust_share"]) ** 12)

    return planted


APPROVAL, AUTOPAY, ADOPTION, ROLLOUT = (
    *("analytics_credit_score_impact_analysis", "analytics_payment_timeliness_impact"),
    *("analytics_product_adoption_impact", "analytics_channel_migration_impact"),
)
MECHANISMS: tuple[Mechanism, ...] = (
    Mechanism(
        "approval of credit, purchases", APPROVAL, "spend_amount", "USD a month",
        {"credit.spend_effect": 0.0}, _parameter("credit", "spend_effect"),
    ),
    Mechanism(
        "approval of credit, deposits", APPROVAL, "deposit_amount", "USD",
        {"credit.balance_effect": 0.0}, _parameter("credit", "balance_effect"),
    ),
    Mechanism(
        "autopay, late payment", AUTOPAY, "is_late", "log hazard ratio",
        {"autopay.hazard_ratio": 1.0}, _autopay,
    ),
    Mechanism(
        "autopay, early repayment", AUTOPAY, "is_prepaid", "log hazard ratio", {}, _nothing
    ),
    Mechanism(
        "first investment account, purchases", ADOPTION, "outcome_count", "log ratio",
        {"adoption.causal_effect": 0.0}, _parameter("adoption", "causal_effect"),
    ),
    Mechanism(
        "mobile roll-out, purchases", ROLLOUT, "purchase_count", "log ratio",
        {"mobile.transaction_effect": 0.0}, _mobile("transaction_effect"),
    ),
    Mechanism(
        "mobile roll-out, contacts", ROLLOUT, "contact_count", "log ratio",
        {"mobile.contact_effect": 0.0}, _mobile("contact_effect"),
    ),
    *(
        Mechanism(
            f"rate of {product}, balances", "analytics_interest_rate_behavior_impact",
            "mean_log_balance", "log balance per point", {f"rates.{name}": 0.0}, _rate(name),
            product,
        )
        for product, name in (
            ("Savings", "savings_elasticity"), ("High-Yield Savings", "high_yield_elasticity"),
            ("Money Market", "money_market_elasticity"),
        )
    ),
)  # fmt: skip
"""All effects; a new causal model adds its own here and nowhere else."""
