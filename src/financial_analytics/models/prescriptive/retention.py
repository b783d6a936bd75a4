"""Whom to contact to keep them, and how: uplift, the best choice, what-if."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from financial_analytics.models.columns import (
    DOUBLE,
    FLAG,
    LONG,
    TEXT,
    WHOLE,
    clock_date,
    fields,
    with_bounds,
)
from financial_analytics.models.frames import need_columns, to_pandas, to_table, too_little
from financial_analytics.models.prescriptive.plans import (
    MONEY,
    PLAN_FIELDS,
    SCENARIO_SCHEMA,
    asked_amount,
    plan_columns,
    scenario_rows,
    scenario_table,
)
from financial_analytics.models.threads import one_thread
from financial_analytics.stats.coverage import tails
from financial_analytics.stats.optimize import NOTHING, Limit, Solution, choose
from financial_analytics.stats.uplift import Uplift, fit_uplift

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
DRAWS = 200
LEAST_EVENTS = 20
"""Leavers among the contacted and held out of an action, below which it is not offered."""
NOBODY = -1
"""No customer's key: the loader refuses it."""
BUDGET, CONTACTS = "Budget", "Contacts"
NONE = "None"
RISKY = 0.9
NUMBERS = (
    *("is_marketing_opt_in", "tenure_days", "credit_score", "login_days", "has_complaint"),
    *("activity_index", "has_savings", "has_autopay", "product_count"),
)
WORDS = ("customer_segment", "home_ownership")
CONTACT_NEEDS = (
    *("touch_id", "action_name", "touch_date", "is_holdout", "cost_amount", "is_event"),
    *NUMBERS, *WORDS,
)  # fmt: skip

SCHEMA = pa.schema(
    [
        pa.field("customer_natural_key", WHOLE),
        pa.field("customer_segment", TEXT),
        pa.field("value_amount", MONEY),
        *fields(with_bounds("leave_rate"), DOUBLE),
        *fields(["action_name", "best_action_name"], TEXT),
        *fields(with_bounds("uplift_rate"), DOUBLE),
        pa.field("harmful_action_count", WHOLE),
        *fields(["action_cost_amount", "saved_value_amount", "expected_gain_amount"], MONEY),
        *fields(["is_recommended", "is_high_risk"], FLAG),
        pa.field("reason", TEXT),
        pa.field("experiment_count", LONG),
        pa.field("horizon_months", WHOLE),
        *PLAN_FIELDS,
    ]
)


def traits_of(frame: pd.DataFrame, like: pd.DataFrame) -> Floats:
    """Return traits as numbers: missing ones as the middle of `like`, words as its levels."""
    columns = []
    for name in NUMBERS:
        middle = pd.to_numeric(like[name].astype(float)).median()
        values = frame[name].astype(float).fillna(0.0 if pd.isna(middle) else middle)
        columns.append(values.to_numpy(dtype=np.float64))
    for name in WORDS:
        levels = sorted(like[name].dropna().unique())
        columns += [(frame[name] == level).to_numpy(dtype=np.float64) for level in levels[1:]]
    return np.column_stack(columns)


@dataclass(frozen=True)
class Choices:
    """Customers, actions, and draws of what each action does to each.

    Attributes
    ----------
    frame : pandas.DataFrame, shape (n, …)
    actions : list of str
    cost : ndarray of float64, shape (actions,)
        Of a contact.
    leave : ndarray of float64, shape (draws, n)
        Chance of leaving without a contact.
    uplift : ndarray of float64, shape (actions, draws, n)
        By how much an action lowers it.
    value : ndarray of float64, shape (n,)
    yearly : ndarray of float64, shape (actions,)
        Contacts of the last twelve months: today's policy.
    experiments : int
    """

    frame: pd.DataFrame
    actions: list[str]
    cost: Floats
    leave: Floats
    uplift: Floats
    value: Floats
    yearly: Floats
    experiments: int

    @property
    def worth(self) -> Floats:
        """Return the expected gain of each action, shape (n, actions)."""
        return np.asarray(self.value[:, None] * self.uplift.mean(axis=1).T - self.cost)

    def gains(self, chosen: Ints) -> Floats:
        """Return draws of what choices gain together, shape (draws,)."""
        at = np.flatnonzero(chosen != NOTHING)
        saved = self.uplift[chosen[at], :, at] * self.value[at, None]
        return np.asarray(saved.sum(axis=0) - self.cost[chosen[at]].sum())

    def today(self) -> Floats:
        """Return draws of what last year's contacts would gain, given to customers by lot."""
        each = (self.uplift * self.value).mean(axis=2) - self.cost[:, None]
        return np.asarray(self.yearly @ each)


def _fitted(known: pd.DataFrame, actions: list[str], seed: int) -> Uplift:
    place = known["action_name"].map({name: k for k, name in enumerate(actions)})
    return fit_uplift(
        traits_of(known, known), place.to_numpy(dtype=np.int64),
        ~known["is_holdout"].to_numpy(dtype=bool), known["is_event"].to_numpy(dtype=bool),
        actions=len(actions), draws=DRAWS, rng=np.random.default_rng(seed),
    )  # fmt: skip


def find_choices(
    contacts: pd.DataFrame, customers: pd.DataFrame, values: pd.DataFrame, as_of: Any, seed: int
) -> Choices | None:
    """Return what actions do to whom, None where that is not known."""
    need_columns(contacts, *CONTACT_NEEDS)
    rows = contacts.sort_values("touch_id", ignore_index=True)
    rows["is_holdout"] = rows["is_holdout"].astype(bool)
    known = rows[rows["is_event"].notna()].reset_index(drop=True)
    known["is_event"] = known["is_event"].astype(bool)
    cells = known.groupby("action_name").agg(
        events=("is_event", "sum"), held=("is_holdout", "sum"), number=("is_holdout", "size")
    )
    fit = (
        (cells["events"] >= LEAST_EVENTS) & (cells["held"] > 0) & (cells["held"] < cells["number"])
    )
    actions = sorted(cells.index[fit].astype(str))
    valued = values.dropna(subset=["predicted_clv_12m"])
    people = customers.drop_duplicates("customer_natural_key").merge(
        valued[["customer_natural_key", "predicted_clv_12m"]], on="customer_natural_key"
    )
    people = people.sort_values("customer_natural_key", ignore_index=True)
    if not actions or people.empty:
        return None
    known = known[known["action_name"].isin(actions)].reset_index(drop=True)
    model = _fitted(known, actions, seed)
    traits = traits_of(people, known)
    leave = np.empty((DRAWS, len(people)))
    uplift = np.empty((len(actions), DRAWS, len(people)))
    for draw in range(DRAWS):
        chances = model.chances(traits, draw)
        leave[draw] = chances[:, 0]
        uplift[:, draw] = (chances[:, :1] - chances[:, 1:]).T
    made = rows[~rows["is_holdout"]]
    late = pd.to_datetime(made["touch_date"]) > pd.Timestamp(as_of) - pd.DateOffset(months=12)
    return Choices(
        people, actions,
        cost=np.array([
            float(made.loc[made["action_name"] == name, "cost_amount"].astype(float).mean())
            for name in actions
        ]),
        leave=leave, uplift=uplift,
        value=np.maximum(people["predicted_clv_12m"].to_numpy(dtype=np.float64), 0.0),
        yearly=np.array([
            float((late & (made["action_name"] == name)).sum()) for name in actions
        ]),
        experiments=len(known),
    )  # fmt: skip


def _limits(found: Choices, budget: float | None, share: float) -> list[Limit]:
    shape = (len(found.frame), len(found.actions))
    spent = float(found.yearly @ found.cost) if budget is None else budget
    return [
        Limit(BUDGET, np.broadcast_to(found.cost, shape), spent),
        Limit(CONTACTS, np.ones(shape), float(np.floor(share * shape[0]))),
    ]


def _plan(
    found: Choices, chosen: Ints, solution: Solution, confidence: float, currency: str, as_of: Any
) -> dict[str, Any]:
    gains = found.gains(chosen)
    cost = float(found.cost[chosen[chosen != NOTHING]].sum())
    return plan_columns(
        solution, gains, gains - found.today(), cost, confidence=confidence, currency=currency,
        as_of=as_of,
    )  # fmt: skip


def _reasons(found: Choices, chosen: Ints, best: Ints, worth: Floats) -> list[str]:
    """Return why each customer is contacted or left alone."""
    harmful = (found.uplift.mean(axis=1) < 0).all(axis=0)
    said = []
    for k in range(len(chosen)):
        if chosen[k] != NOTHING and chosen[k] == best[k]:
            said.append("gains most of all actions")
        elif chosen[k] != NOTHING:
            said.append("a dearer action gains more, and less for its money")
        elif harmful[k]:
            said.append("every action is expected to drive away")
        elif worth[k].max() <= 0:
            said.append("no action saves what it costs")
        else:
            said.append("others gain more within the limits")
    return said


@one_thread
def retention_actions(
    contacts: Any, customers: Any, values: Any, clock: Any, *, horizon_months: int = 3,
    budget: Any = None, contact_share: float = 0.25, seed: int = 20240, confidence: float = 0.95,
    currency: str = "USD",
) -> pa.Table:  # fmt: skip
    """Return `analytics_customer_retention_actions`: one row per customer.

    Parameters
    ----------
    contacts, customers, values, clock : relation
        ``int_retention_contacts``, ``int_churn_scoring``,
        ``analytics_customer_lifetime_value_prediction``, ``data_clock``.
    horizon_months : int, default 3
        After a contact, within which who leaves is counted.
    budget : float, optional
        Of a year; None for what the last twelve months spent.
    contact_share : float, default 0.25
        Of the customers that may be contacted.

    Notes
    -----
    ``max sum_ia (v_i E[u_ia] - c_a) x_ia``, ``sum_a x_ia <= 1``, ``sum c_a x_ia <= budget``,
    ``sum x_ia <= contact_share * n``, x whole: u is the uplift (`stats.uplift`), v the margin of
    the next twelve months, c the mean cost of a contact. Solved by `stats.optimize.choose`.
    Today's policy is last year's contacts by action, given to customers by lot as they were.
    """
    share, as_of = float(confidence), clock_date(to_pandas(clock))
    people = to_pandas(customers)
    found = None
    if as_of is not None:
        found = find_choices(to_pandas(contacts), people, to_pandas(values), as_of, int(seed))
    if found is None:
        return too_little(SCHEMA, as_of, customer_natural_key=NOBODY)
    chosen, solution = choose(
        found.worth, _limits(found, asked_amount(budget), float(contact_share))
    )
    worth = found.worth
    best = np.where(worth.max(axis=1) > 0, worth.argmax(axis=1), NOTHING)
    shown = np.where(chosen != NOTHING, chosen, worth.argmax(axis=1))
    line = np.arange(len(shown))
    low, high = tails(share)
    uplift = found.uplift[shown, :, line]
    made = found.frame[["customer_natural_key"]].copy()
    made["customer_segment"] = found.frame["customer_segment"].fillna("Unknown")
    made["value_amount"] = found.value
    made["leave_rate"] = found.leave.mean(axis=0)
    made["leave_rate_lower"], made["leave_rate_upper"] = np.quantile(found.leave, [low, high], 0)
    names = np.array([*found.actions, NONE], dtype=object)
    made["action_name"], made["best_action_name"] = names[chosen], names[best]
    made["uplift_rate"] = uplift.mean(axis=1)
    made["uplift_rate_lower"], made["uplift_rate_upper"] = np.quantile(uplift, [low, high], 1)
    made["harmful_action_count"] = (found.uplift.mean(axis=1) < 0).sum(axis=0)
    taken = chosen != NOTHING
    made["action_cost_amount"] = np.where(taken, found.cost[shown], 0.0)
    made["saved_value_amount"] = np.where(taken, made["uplift_rate"] * found.value, 0.0)
    made["expected_gain_amount"] = np.where(taken, worth[line, shown], 0.0)
    made["is_recommended"] = taken
    risk = made["leave_rate"].rank(method="first", pct=True)
    made["is_high_risk"] = risk > RISKY
    made["reason"] = _reasons(found, chosen, best, worth)
    made["experiment_count"], made["horizon_months"] = found.experiments, int(horizon_months)
    return to_table(made.assign(**_plan(found, chosen, solution, share, currency, as_of)), SCHEMA)


def by_rank(found: Choices, score: Floats, limits: list[Limit]) -> Ints:
    """Return the choice of a rule of thumb: the highest scores get the best action of the mean.

    As many as the limits have room for.
    """
    mean = (found.uplift.mean(axis=1) * found.value).mean(axis=1) - found.cost
    action = int(mean.argmax())
    room = min(limits[1].most, limits[0].most / max(found.cost[action], 1e-12), len(score))
    chosen = np.full(len(score), NOTHING)
    chosen[np.argsort(-np.round(score, 12), kind="stable")[: int(room)]] = action
    return chosen


@one_thread
def retention_scenarios(
    contacts: Any, customers: Any, values: Any, clock: Any, *, horizon_months: int = 3,
    budget: Any = None, contact_share: float = 0.25, seed: int = 20240, confidence: float = 0.95,
    currency: str = "USD",
) -> pa.Table:  # fmt: skip
    """Return `analytics_customer_retention_scenarios`: other limits and other rules.

    Parameters are those of `retention_actions`.
    """
    share, as_of = float(confidence), clock_date(to_pandas(clock))
    found = None
    if as_of is not None:
        found = find_choices(
            to_pandas(contacts), to_pandas(customers), to_pandas(values), as_of, int(seed)
        )
    if found is None:
        return too_little(SCENARIO_SCHEMA, as_of, scenario_number=0, limit_name=BUDGET)
    limits = _limits(found, asked_amount(budget), float(contact_share))
    rows: list[dict[str, Any]] = []
    for money, people, name in (
        (1.0, 1.0, "As recommended"), (0.5, 1.0, "Half the budget"),
        (2.0, 1.0, "Twice the budget"), (1.0, 0.5, "Half the contacts"),
        (1.0, 2.0, "Twice the contacts"),
    ):  # fmt: skip
        changed = [Limit(x.name, x.uses, float(np.floor(f * x.most) if x.name == CONTACTS
                                               else f * x.most))
                   for x, f in zip(limits, (money, people), strict=True)]  # fmt: skip
        chosen, solution = choose(found.worth, changed)
        rows += scenario_rows(
            len(rows) // 2 + 1, name, solution, {x.name: x.most for x in changed},
            _plan(found, chosen, solution, share, currency, as_of),
            recommended=name == "As recommended",
        )  # fmt: skip
    risk = found.leave.mean(axis=0)
    for name, score in (("By churn risk", risk), ("By value times risk", risk * found.value)):
        chosen = by_rank(found, score, limits)
        at = chosen[chosen != NOTHING]
        used = {BUDGET: float(found.cost[at].sum()), CONTACTS: float(len(at))}
        rule = Solution(
            "optimal", np.zeros(0), np.nan, np.nan, {BUDGET: np.nan, CONTACTS: np.nan}, used, (), {}
        )
        rows += scenario_rows(
            len(rows) // 2 + 1, name, rule, {x.name: x.most for x in limits},
            _plan(found, chosen, rule, share, currency, as_of), recommended=False,
        )  # fmt: skip
    return scenario_table(rows)
