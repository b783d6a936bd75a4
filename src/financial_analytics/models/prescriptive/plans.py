"""What every plan says of itself: value against nothing and against today, limits, proof."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from financial_analytics.models.columns import DATE, DOUBLE, FLAG, TEXT, WHOLE, fields, with_bounds
from financial_analytics.models.frames import to_table
from financial_analytics.stats.coverage import tails
from financial_analytics.stats.optimize import Solution

Floats = NDArray[np.float64]
MONEY = pa.decimal128(18, 2)
OPTIMAL, INFEASIBLE = "ok", "infeasible"

PLAN_FIELDS = [
    *fields(with_bounds("plan_value_amount", "plan_gain_amount"), MONEY),
    pa.field("plan_cost_amount", MONEY),
    pa.field("optimality_gap_rate", DOUBLE),
    *fields(["binding_limits", "relax_advice"], TEXT),
    pa.field("coverage_pct", DOUBLE),
    *fields(["reporting_currency", "status"], TEXT),
    pa.field("as_of_date", DATE),
]
"""Last columns of every model of category 06; the same on all its rows."""

SCENARIO_SCHEMA = pa.schema(
    [
        pa.field("scenario_number", WHOLE),
        pa.field("scenario_name", TEXT),
        pa.field("is_recommended", FLAG),
        pa.field("limit_name", TEXT),
        *fields(["limit_value", "used_value", "shadow_price_value"], DOUBLE),
        pa.field("is_binding", FLAG),
        *PLAN_FIELDS,
    ]
)
"""The what-if table of a model: one row per scenario and limit."""


def asked_amount(given: Any) -> float | None:
    """Return a variable that may be left out (null) as a number.

    Examples
    --------
    >>> asked_amount("None"), asked_amount("2500")
    (None, 2500.0)
    """
    return None if given is None or str(given) in {"None", "null", ""} else float(given)


def bounds_of(name: str, draws: Floats, confidence: float) -> dict[str, float]:
    """Return mean and bounds of draws as columns.

    Examples
    --------
    >>> bounds_of("a", np.array([1.0, 2.0, 3.0]), 0.5)
    {'a': 2.0, 'a_lower': 1.5, 'a_upper': 2.5}
    """
    low, high = np.quantile(draws, tails(confidence))
    return {name: float(draws.mean()), f"{name}_lower": float(low), f"{name}_upper": float(high)}


def limits_said(solution: Solution, unit: str) -> str | None:
    """Return the binding limits with what one more unit of each would add, None where none is."""
    said = [
        f"{name} (one more adds {solution.prices[name]:,.2f} {unit})"
        if solution.prices[name] > 0
        else name
        for name in solution.binding
    ]
    return "; ".join(said) or None


def relax_said(solution: Solution) -> str | None:
    """Return which limits must give by how much, None where there is a plan."""
    said = [f"{name} by {more:,.2f}" for name, more in solution.relax.items()]
    return f"no plan meets all limits: relax {' and '.join(said)}" if said else None


def plan_columns(
    solution: Solution, value: Floats, gain: Floats, cost: float, *, confidence: float,
    currency: str, as_of: Any,
) -> dict[str, Any]:  # fmt: skip
    """Return the columns of `PLAN_FIELDS`.

    Parameters
    ----------
    solution : Solution
    value, gain : ndarray of float64, shape (draws,)
        Draws of what the plan is worth against doing nothing, and against today's policy.
    cost : float
        What the plan spends.
    """
    common: dict[str, Any] = {
        "coverage_pct": 100 * confidence, "reporting_currency": currency, "as_of_date": as_of,
    }  # fmt: skip
    if solution.status != "optimal":
        empty = dict.fromkeys(field.name for field in PLAN_FIELDS)
        return empty | common | {"relax_advice": relax_said(solution), "status": INFEASIBLE}
    return common | {
        **bounds_of("plan_value_amount", value, confidence),
        **bounds_of("plan_gain_amount", gain, confidence),
        "plan_cost_amount": cost,
        "optimality_gap_rate": solution.gap,
        "binding_limits": limits_said(solution, currency),
        "relax_advice": None,
        "status": OPTIMAL,
    }


def scenario_rows(
    number: int, name: str, solution: Solution, most: Mapping[str, float], plan: Mapping[str, Any],
    *, recommended: bool,
) -> list[dict[str, Any]]:  # fmt: skip
    """Return the rows of one scenario, one per limit.

    Parameters
    ----------
    most : mapping of str to float
        What there is of each limit.
    plan : mapping
        Of `plan_columns`.
    """
    return [
        {
            "scenario_number": number,
            "scenario_name": name,
            "is_recommended": recommended,
            "limit_name": limit,
            "limit_value": there,
            "used_value": solution.used.get(limit),
            "shadow_price_value": solution.prices.get(limit),
            "is_binding": limit in solution.binding if solution.used else None,
            **plan,
        }
        for limit, there in most.items()
    ]


def scenario_table(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Return rows of scenarios as the table of `SCENARIO_SCHEMA`."""
    return to_table(pd.DataFrame(rows, columns=SCENARIO_SCHEMA.names), SCENARIO_SCHEMA)
