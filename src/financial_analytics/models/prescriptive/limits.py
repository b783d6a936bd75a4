"""Which limit each card should have: what a limit adds to the balance, what it loses, what-if."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from financial_analytics.models.columns import (
    DATE,
    DOUBLE,
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
    bounds_of,
    plan_columns,
    scenario_rows,
    scenario_table,
)
from financial_analytics.models.threads import one_thread
from financial_analytics.stats.coverage import tails
from financial_analytics.stats.optimize import NOTHING, Limit, Solution, choose
from financial_analytics.stats.propensity import fit_propensity

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
DRAWS = 100
LEAST_TRIALS, LEAST_EVENTS = 50, 20
"""Reviews by lot, and cards in trouble, below which nothing is recommended."""
NOBODY = -1
"""No account's key: the loader refuses it."""
LOSS, EXPOSURE = "Expected loss", "Sum of limits"
CUT, KEEP, RAISE = range(3)
ACTIONS = ("cut", "keep", "raise")
BAND = 20
"""Points of score within which the rule of the bank is read from its reviews."""

SCHEMA = pa.schema(
    [
        pa.field("account_natural_key", WHOLE),
        pa.field("customer_natural_key", WHOLE),
        pa.field("product_name", TEXT),
        pa.field("cut_date", DATE),
        *fields(["current_limit_amount", "recommended_limit_amount", "owed_balance"], MONEY),
        pa.field("credit_score", WHOLE),
        *fields(with_bounds("default_rate"), DOUBLE),
        *fields(["expected_balance", "margin_change_amount", "loss_change_amount"], MONEY),
        *fields(["action", "reason"], TEXT),
        *fields(with_bounds("borrowed_rate"), DOUBLE),
        pa.field("trial_count", LONG),
        *PLAN_FIELDS,
    ]
)


def elasticity(reviews: pd.DataFrame) -> tuple[float, float]:
    """Return the elasticity of the balance to the limit and its standard error, from a trial.

    Reviews decided by lot: the change of what is owed, in parts of the limit, regressed on the
    use of the limit and on the step times that use; errors are robust (HC1).
    """
    old = reviews["limit_before_amount"].to_numpy(dtype=float)
    step = reviews["limit_after_amount"].to_numpy(dtype=float) / old - 1
    use = reviews["owed_before_amount"].to_numpy(dtype=float) / old
    apart = reviews["owed_after_amount"].to_numpy(dtype=float) / old - use
    design = np.column_stack([np.ones(len(use)), use, step * use])
    bread = np.linalg.pinv(design.T @ design)
    weights = bread @ design.T @ apart
    miss = apart - design @ weights
    meat = (design * miss[:, None] ** 2).T @ design
    cover = bread @ meat @ bread * len(use) / max(len(use) - 3, 1)
    return float(weights[2]), float(np.sqrt(cover[2, 2]))


@dataclass(frozen=True)
class Portfolio:
    """Cards, and draws of what a limit does to them.

    Attributes
    ----------
    frame : pandas.DataFrame, shape (n, …)
    limit, owed : ndarray of float64, shape (n,)
    default : ndarray of float64, shape (draws, n)
        Probability of trouble in twelve months.
    borrowed : ndarray of float64, shape (draws,)
        Elasticity of the balance.
    step, spread, loss_rate : float
    rule : ndarray of int64, shape (n,)
        What the bank's own rule would do, as read from its reviews.
    trials : int
    """

    frame: pd.DataFrame
    limit: Floats
    owed: Floats
    default: Floats
    borrowed: Floats
    step: float
    spread: float
    loss_rate: float
    rule: Ints
    trials: int

    def steps(self) -> Floats:
        """Return the change of limits by action, shape (3,)."""
        return np.array([-self.step, 0.0, self.step])

    def balance(self, borrowed: float) -> Floats:
        """Return what is owed by action, shape (n, 3): never more than the limit."""
        moved = self.owed[:, None] * (1 + borrowed * self.steps())
        return np.minimum(moved, self.limit[:, None] * (1 + self.steps()))

    def worth(self, draw: int | None) -> tuple[Floats, Floats]:
        """Return margin and expected loss by action, (n, 3); of one draw, or expected."""
        borrowed = float(self.borrowed.mean() if draw is None else self.borrowed[draw])
        chance = self.default.mean(axis=0) if draw is None else self.default[draw]
        owed = self.balance(borrowed)
        return self.spread * owed, chance[:, None] * self.loss_rate * owed

    def gains(self, chosen: Ints) -> Floats:
        """Return draws of margin less loss of choices, against keeping every limit."""
        line = np.arange(len(chosen))
        out = np.empty(len(self.borrowed))
        for draw in range(len(out)):
            margin, loss = self.worth(draw)
            net = margin - loss
            out[draw] = (net[line, chosen] - net[:, KEEP]).sum()
        return out


def _rule(cards: pd.DataFrame, reviews: pd.DataFrame) -> Ints:
    """Return what most reviews not decided by lot did at each card's score; keep where none."""
    rows = reviews[~reviews["is_trial"] & reviews["credit_score"].notna()]
    apart = rows["limit_after_amount"].astype(float) - rows["limit_before_amount"].astype(float)
    moved = apart.map(np.sign)
    usual = moved.groupby((rows["credit_score"].astype(float) // BAND).astype(int)).median()
    band = (cards["credit_score"].astype(float).fillna(-1) // BAND).astype(int)
    return np.asarray(np.sign(band.map(usual).fillna(0.0)).astype(int) + KEEP, dtype=np.int64)


def find_portfolio(
    cards: pd.DataFrame, reviews: pd.DataFrame, *, step: float, spread: float, loss_rate: float,
    seed: int,
) -> Portfolio | None:  # fmt: skip
    """Return cards and what is known of them, None where it is too little."""
    need_columns(cards, "account_natural_key", "credit_limit_amount", "owed_balance",
                 "credit_score", "is_event", "cut_number")  # fmt: skip
    rows = cards.dropna(subset=["credit_score"])
    rows = rows.sort_values(["cut_number", "account_natural_key"], ignore_index=True)
    for name in ("credit_limit_amount", "owed_balance", "credit_score"):
        rows[name] = rows[name].astype(float)
    now = rows[rows["cut_number"] == 0].reset_index(drop=True)
    past = rows[rows["cut_number"] > 0].reset_index(drop=True)
    past = past[past["is_event"].notna()].reset_index(drop=True)
    known = reviews.dropna(subset=["owed_after_amount"]).sort_values("event_id")
    trial = known[known["is_trial"].astype(bool)]
    event = past["is_event"].astype(bool).to_numpy()
    varied = trial["limit_after_amount"].astype(float) != trial["limit_before_amount"].astype(float)
    if len(trial) < LEAST_TRIALS or not varied.any() or varied.all():
        return None
    if now.empty or event.sum() < LEAST_EVENTS:
        return None

    def traits(frame: pd.DataFrame) -> Floats:
        use = frame["owed_balance"] / frame["credit_limit_amount"]
        return np.column_stack(
            [frame["credit_score"], use.clip(0, 1.5), (use > 0).astype(float)]
        ).astype(np.float64)

    rng = np.random.default_rng(seed)
    before, today = traits(past), traits(now)
    # cards of one account in several years are one
    accounts = past["account_natural_key"].to_numpy()
    units, place = np.unique(accounts, return_inverse=True)
    default = np.empty((DRAWS, len(now)))
    for draw in range(DRAWS):
        times = rng.multinomial(len(units), np.full(len(units), 1 / len(units)))[place]
        again = np.repeat(np.arange(len(past)), times)
        default[draw] = fit_propensity(before[again], event[again]).chance(today)
    slope, error = elasticity(trial)
    return Portfolio(
        now, now["credit_limit_amount"].to_numpy(), now["owed_balance"].to_numpy(), default,
        slope + error * rng.standard_normal(DRAWS), step, spread, loss_rate,
        _rule(now, reviews.assign(is_trial=reviews["is_trial"].astype(bool))), len(trial),
    )  # fmt: skip


def _caps(found: Portfolio, loss_growth: float, exposure_growth: float) -> dict[str, float]:
    _, loss = found.worth(None)
    return {
        LOSS: (1 + loss_growth) * float(loss[:, KEEP].sum()),
        EXPOSURE: (1 + exposure_growth) * float(found.limit.sum()),
    }


def plan_limits(found: Portfolio, caps: dict[str, float]) -> tuple[Ints, Solution]:
    """Return the action of each card and how it is proved.

    Every card starts cut, which uses least of both caps; keeping and raising use more.
    """
    margin, loss = found.worth(None)
    net = margin - loss
    limits = found.limit[:, None] * (1 + found.steps())
    uses = {LOSS: loss, EXPOSURE: limits}
    # an action that owes less than a cut does not exist, but for a negative elasticity
    base = {name: use.min(axis=1) for name, use in uses.items()}
    more = [Limit(name, (use - base[name][:, None])[:, KEEP:], caps[name] - base[name].sum())
            for name, use in uses.items()]  # fmt: skip
    picked, part = choose((net - net[:, [CUT]])[:, KEEP:], more)
    ground = float((net[:, CUT] - net[:, KEEP]).sum())
    if part.status != "optimal":
        return np.full(len(net), KEEP), part
    chosen = np.where(picked == NOTHING, CUT, picked + KEEP)
    line = np.arange(len(net))
    # a cut that saves nothing is none, as long as the caps have room for what it would free
    left = {name: caps[name] - use[line, chosen].sum() for name, use in uses.items()}
    for k in np.flatnonzero((chosen == CUT) & (net[:, KEEP] >= net[:, CUT])):
        freed = {name: use[k, KEEP] - use[k, CUT] for name, use in uses.items()}
        if all(freed[name] <= left[name] for name in freed):
            chosen[k] = KEEP
            left = {name: left[name] - freed[name] for name in freed}
    rest = np.flatnonzero((chosen == CUT) & (net[:, KEEP] >= net[:, CUT]))
    short = [
        name
        for name, use in uses.items()
        if len(rest) and left[name] < (use[rest, KEEP] - use[rest, CUT]).max()
    ]
    binding = (*part.binding, *(name for name in short if name not in part.binding))
    used = {name: float(use[line, chosen].sum()) for name, use in uses.items()}
    return chosen, replace(
        part, value=part.value + ground, bound=part.bound + ground, used=used, binding=binding
    )


def _plan(
    found: Portfolio, chosen: Ints, solution: Solution, confidence: float, currency: str, as_of: Any
) -> dict[str, Any]:
    value = found.gains(chosen)
    return plan_columns(
        solution, value, value - found.gains(found.rule), 0.0, confidence=confidence,
        currency=currency, as_of=as_of,
    )  # fmt: skip


def _found(
    cards: Any, reviews: Any, as_of: Any, step: float, spread: float, loss_rate: float, seed: int
) -> Portfolio | None:
    if as_of is None:
        return None
    return find_portfolio(
        to_pandas(cards), to_pandas(reviews), step=float(step), spread=float(spread),
        loss_rate=float(loss_rate), seed=int(seed),
    )  # fmt: skip


@one_thread
def credit_limits(
    cards: Any, reviews: Any, clock: Any, *, step: float = 0.25, loss_growth: float = 0.0,
    exposure_growth: float = 0.10, loss_rate: float = 0.85, spread: float = 0.08,
    seed: int = 20240, confidence: float = 0.95, currency: str = "USD",
) -> pa.Table:  # fmt: skip
    """Return `analytics_credit_limit_optimization`: one row per card in good standing.

    Parameters
    ----------
    cards, reviews, clock : relation
        ``int_card_months``, ``int_card_reviews``, ``data_clock``.
    step : float, default 0.25
        Share by which a limit may move.
    loss_growth, exposure_growth : float
        By how much expected loss and the sum of limits may exceed today's.
    loss_rate : float, default 0.85
        Share lost of what a card in trouble owes.
    spread : float, default 0.08
        Yearly margin of what is owed.

    Notes
    -----
    ``max sum_i (s - p_i g) B_i(a_i)``, ``sum p_i g B_i(a_i) <= loss cap``,
    ``sum L_i(a_i) <= exposure cap``, a one of cut, keep, raise by one step: s the spread, p the
    probability of trouble, g the share lost, ``B(a) = min(B (1 + e step), L(a))`` with the
    elasticity e of the trial. p is that of today's use of the limit: what a limit does to it is not
    known. Today's policy is what most of the bank's own reviews did at the score.
    """
    as_of, share = clock_date(to_pandas(clock)), float(confidence)
    found = _found(cards, reviews, as_of, step, spread, loss_rate, seed)
    if found is None:
        return too_little(SCHEMA, as_of, account_natural_key=NOBODY)
    chosen, solution = plan_limits(found, _caps(found, float(loss_growth), float(exposure_growth)))
    margin, loss = found.worth(None)
    line = np.arange(len(chosen))
    made = found.frame.rename(columns={"credit_limit_amount": "current_limit_amount"})
    made["recommended_limit_amount"] = np.round(found.limit * (1 + found.steps()[chosen]), 2)
    low, high = np.quantile(found.default, tails(share), axis=0)
    made["default_rate"] = found.default.mean(axis=0)
    made["default_rate_lower"], made["default_rate_upper"] = low, high
    made["expected_balance"] = found.balance(float(found.borrowed.mean()))[line, chosen]
    made["margin_change_amount"] = margin[line, chosen] - margin[:, KEEP]
    made["loss_change_amount"] = loss[line, chosen] - loss[:, KEEP]
    made["action"] = np.array(ACTIONS, dtype=object)[chosen]
    net = margin - loss
    earns, saves = net[:, RAISE] > net[:, KEEP], net[:, CUT] > net[:, KEEP]
    made["reason"] = np.select(
        [chosen == RAISE, (chosen == KEEP) & earns, chosen == KEEP, ~saves],
        ["what it adds in margin is more than in loss", "others earn more of the caps",
         "nothing is owed that a limit would move", "what it frees of a cap earns more elsewhere"],
        "what it owes loses more than it earns",
    )  # fmt: skip
    made = made.assign(**bounds_of("borrowed_rate", found.borrowed, share))
    made["trial_count"] = found.trials
    plan = _plan(found, chosen, solution, share, currency, as_of)
    if solution.status != "optimal":
        made["recommended_limit_amount"], made["action"], made["reason"] = np.nan, None, None
    return to_table(made.assign(**plan), SCHEMA)


@one_thread
def limit_scenarios(
    cards: Any, reviews: Any, clock: Any, *, step: float = 0.25, loss_growth: float = 0.0,
    exposure_growth: float = 0.10, loss_rate: float = 0.85, spread: float = 0.08,
    seed: int = 20240, confidence: float = 0.95, currency: str = "USD",
) -> pa.Table:  # fmt: skip
    """Return `analytics_credit_limit_scenarios`: other caps. Parameters: `credit_limits`."""
    as_of, share = clock_date(to_pandas(clock)), float(confidence)
    found = _found(cards, reviews, as_of, step, spread, loss_rate, seed)
    if found is None:
        return too_little(SCENARIO_SCHEMA, as_of, scenario_number=0, limit_name=LOSS)
    rows: list[dict[str, Any]] = []
    for loss_more, limit_more, name in (
        (0.0, 0.0, "As recommended"), (0.10, 0.0, "Expected loss 10 points higher"),
        (-0.05, 0.0, "Expected loss 5 points lower"), (0.0, 0.10, "Limits 10 points higher"),
        (0.0, -0.10, "Limits 10 points lower"),
    ):  # fmt: skip
        caps = _caps(found, float(loss_growth) + loss_more, float(exposure_growth) + limit_more)
        chosen, solution = plan_limits(found, caps)
        rows += scenario_rows(
            len(rows) // 2 + 1, name, solution, caps,
            _plan(found, chosen, solution, share, currency, as_of),
            recommended=name == "As recommended",
        )  # fmt: skip
    return scenario_table(rows)
