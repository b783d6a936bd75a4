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


Truth: TypeAlias = Mapping[str, Any]
"""What is planted in a bank, as ``truth/parameters.json`` has it."""


@dataclass(frozen=True)
class Mechanism:
    """An effect that a bank plants and a model of category 07 estimates.

    Attributes
    ----------
    name : str
        In words.
    model : str
        Relation in gold; its row of this `level`, `outcome` and `group` is the estimate.
    outcome, group, level : str
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
    planted: Callable[[Truth, Warehouse], float]
    group: str = "All"
    level: str = "effect"


APPROVAL, AUTOPAY, ADOPTION, ROLLOUT, CAMPAIGN, BRANCHES = (
    *("analytics_credit_score_impact_analysis", "analytics_payment_timeliness_impact"),
    *("analytics_product_adoption_impact", "analytics_channel_migration_impact"),
    *("analytics_campaign_causal_impact", "analytics_branch_proximity_impact"),
)


def _nothing(_truth: Truth, _warehouse: Warehouse) -> float:
    return 0.0


def _parameter(group: str, name: str) -> Callable[[Truth, Warehouse], float]:
    return lambda truth, _warehouse: float(truth["config"][group][name])


def _autopay(truth: Truth, _warehouse: Warehouse) -> float:
    return math.log(truth["config"]["autopay"]["hazard_ratio"])


def _lift(truth: Truth, warehouse: Warehouse) -> float:
    """Return the mean lift of who was contacted in the campaigns whose design is supported."""
    contacted = warehouse.rows(
        "select members.campaign_natural_key, members.customer_segment, count(*) "
        "from gold_intermediate.int_campaign_members as members "
        f"inner join gold.{CAMPAIGN} as effects "
        "on cast(members.campaign_natural_key as varchar(12)) = effects.group_name "
        "where members.is_contacted and effects.effect_level = 'effect' "
        "and effects.outcome_name = 'is_converted' and effects.verdict = 'supported' "
        "group by members.campaign_natural_key, members.customer_segment"
    )
    lifts = {entry["campaign_id"]: entry["lift"] for entry in truth["campaigns"]}
    total = sum(count for _, _, count in contacted)
    added = sum(lifts.get(key, {}).get(segment, 0.0) * n for key, segment, n in contacted)
    return float(added / total) if total else 0.0


def _mobile(name: str) -> Callable[[Truth, Warehouse], float]:
    """Return the mean, over regions and months since the roll-out, of a ramp to the effect."""

    def planted(truth: Truth, warehouse: Warehouse) -> float:
        months = warehouse.rows(
            "select month_start_date, rollout_date from gold_intermediate.int_region_months "
            "where rollout_date is not null and month_start_date >= rollout_date"
        )
        since = np.array(
            [12 * (now.year - then.year) + now.month - then.month for now, then in months]
        )
        effect = truth["config"]["mobile"]
        ramp = 1 - np.exp(-(since + 1) / effect["ramp_months"])
        return float(effect[name] * ramp.mean()) if len(since) else 0.0

    return planted


def _rate(name: str) -> Callable[[Truth, Warehouse], float]:
    """Return what has come of an elasticity twelve months after a change."""

    def planted(truth: Truth, _warehouse: Warehouse) -> float:
        effect = truth["config"]["rates"]
        return float(effect[name]) * float(1 - (1 - effect["adjust_share"]) ** 12)

    return planted


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
    Mechanism(
        "campaigns with a holdout, conversion", CAMPAIGN, "is_converted", "share",
        {"campaigns.lift": 0.0}, _lift, "All campaigns", "total",
    ),
    *(
        Mechanism(
            f"branch at {band} distance, visits", BRANCHES, "visit_count", "log ratio",
            {f"branches.{band}_effect": 0.0}, _parameter("branches", f"{band}_effect"), band,
        )
        for band in ("middle", "far")
    ),
    Mechanism(
        "branch at far distance, leaving", BRANCHES, "leaver_count", "log hazard ratio",
        {"branches.far_churn_effect": 0.0}, _parameter("branches", "far_churn_effect"), "far",
    ),
)  # fmt: skip
"""All effects; a new causal model adds its own here and nowhere else."""
