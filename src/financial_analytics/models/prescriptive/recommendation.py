"""What to offer to whom: propensity, margin, suitability, and how offers did before."""

from __future__ import annotations

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
from financial_analytics.models.frames import to_pandas, to_table, too_little
from financial_analytics.models.prescriptive.offers import Offers, find_offers
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
from financial_analytics.stats.optimize import Solution
from financial_analytics.stats.propensity import average_precision, top_ranked

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
OFFERS = 3
RESAMPLES = 400
NOBODY = -1
"""No customer's key: the loader refuses it."""
LIMIT = "Offers"

SCHEMA = pa.schema(
    [
        *fields(["customer_natural_key", "rank_number"], WHOLE),
        pa.field("customer_segment", TEXT),
        pa.field("cut_date", DATE),
        pa.field("product_natural_key", WHOLE),
        *fields(["product_name", "product_category"], TEXT),
        pa.field("propensity_rate", DOUBLE),
        *fields(["margin_amount", "expected_margin_amount"], MONEY),
        *fields(["held_product_name", "reason"], TEXT),
        pa.field("horizon_months", WHOLE),
        *fields(with_bounds("map_score", "popularity_map_score", "map_gain_score"), DOUBLE),
        *fields(with_bounds("calibration_ratio_index"), DOUBLE),
        pa.field("opener_count", LONG),
        *PLAN_FIELDS,
    ]
)


def _evidence(found: Offers, seed: int, confidence: float) -> dict[str, Any]:
    """Return metrics of the last known horizon with their intervals over customers."""
    openers = found.opened.any(axis=1)
    opened, may = found.opened[openers], found.may_then[openers]
    ours = average_precision(top_ranked(found.chance_then[openers], may, OFFERS), opened)
    common = np.broadcast_to(found.popular, may.shape)
    theirs = average_precision(top_ranked(common, may, OFFERS), opened)
    rng = np.random.default_rng(seed)
    expected = np.where(found.may_then, found.chance_then, 0.0).sum(axis=1)
    seen = found.opened.sum(axis=1)
    out: dict[str, Any] = {"opener_count": int(openers.sum())}
    drawn = rng.integers(0, max(len(ours), 1), (RESAMPLES, len(ours)))
    for name, values in (
        ("map_score", ours), ("popularity_map_score", theirs), ("map_gain_score", ours - theirs),
    ):  # fmt: skip
        means = values[drawn].mean(axis=1) if len(values) else np.full(RESAMPLES, np.nan)
        out |= bounds_of(name, means, confidence)
        out[name] = float(values.mean()) if len(values) else np.nan
    ratios = np.empty(RESAMPLES)
    for k in range(RESAMPLES):
        at = rng.integers(0, len(seen), len(seen))
        ratios[k] = expected[at].sum() / max(seen[at].sum(), 1)
    out |= bounds_of("calibration_ratio_index", ratios, confidence)
    out["calibration_ratio_index"] = float(expected.sum() / max(seen.sum(), 1))
    return out


def _met(found: Offers, score: Floats, offers: int) -> Floats:
    """Return by customer the yearly margin of what was opened among the best-ranked products."""
    ranked = top_ranked(score, found.may_then, offers)
    worth = np.where(found.opened, found.shelf.margin, 0.0)
    line = np.arange(len(worth))[:, None]
    return np.asarray(np.where(ranked >= 0, worth[line, np.maximum(ranked, 0)], 0.0).sum(axis=1))


def _plan(
    found: Offers, offers: int, seed: int, confidence: float, currency: str, as_of: Any
) -> tuple[Solution, dict[str, Any]]:
    ours = _met(found, found.chance_then * found.shelf.margin, offers)
    theirs = _met(found, np.broadcast_to(found.popular, found.may_then.shape), offers)
    at = np.random.default_rng(seed).integers(0, len(ours), (RESAMPLES, len(ours)))
    size = len(ours)
    value, gain = ours[at].mean(axis=1) * size, (ours - theirs)[at].mean(axis=1) * size
    ranked = top_ranked(found.chance_now * found.shelf.margin, found.may_now, offers)
    worth = np.where(found.may_now, found.chance_now * found.shelf.margin, 0.0)
    best = -np.sort(-worth, axis=1)[:, :offers].sum()
    # what the next offer to each would be expected to earn, a customer
    more = top_ranked(worth, found.may_now, offers + 1)
    price = 0.0
    if more.shape[1] > offers:
        last = more[:, offers]
        price = float(np.where(last >= 0, worth[np.arange(len(worth)), last], 0.0).mean())
    used = float((ranked >= 0).sum())
    solution = Solution(
        "optimal", np.zeros(0), float(best), float(best), {LIMIT: price}, {LIMIT: used},
        (LIMIT,) if price > 0 else (), {},
    )  # fmt: skip
    plan = plan_columns(
        solution, value, gain, 0.0, confidence=confidence, currency=currency, as_of=as_of
    )
    return solution, plan | {"plan_value_amount": ours.sum(), "plan_gain_amount":
                             (ours - theirs).sum()}  # fmt: skip


def _reasons(found: Offers, customer: Ints, product: Ints) -> list[str]:
    push = found.weights[product] * found.traits[customer]
    top = push.argmax(axis=1)
    line = np.arange(len(top))
    high = found.traits[customer, top] > 0
    return [
        f"{'more' if up else 'less'} {found.names[t]} than most" if push[k, t] > 0
        else "nothing speaks against it"
        for k, t, up in zip(line, top, high, strict=True)
    ]  # fmt: skip


def _last_held(found: Offers, openings: pd.DataFrame, margins: pd.DataFrame) -> pd.Series:
    """Return the product opened last of those held, by customer."""
    names = margins.set_index("product_natural_key")["product_name"]
    cut = pd.Timestamp(found.now["cut_date"].iloc[0])
    opened, closed = (pd.to_datetime(openings[name]) for name in ("open_date", "close_date"))
    there = openings[(opened <= cut) & (closed.isna() | (closed > cut))]
    there = there.sort_values(["customer_natural_key", "open_date", "product_natural_key"])
    last: pd.Series = there.groupby("customer_natural_key")["product_natural_key"].last()
    return last.map(names).fillna("Unknown")


@one_thread
def product_recommendations(
    customers: Any, openings: Any, margins: Any, clock: Any, *, horizon_months: int = 6,
    score_cutoff: float = 660, deposit_spread: float = 0.02, card_spread: float = 0.08,
    loan_spread: float = 0.025, seed: int = 20240, confidence: float = 0.95, currency: str = "USD",
) -> pa.Table:  # fmt: skip
    """Return `analytics_product_recommendation`: one row per customer and rank.

    Parameters
    ----------
    customers, openings, margins, clock : relation
        ``int_recommendation_customers``, ``int_product_openings``, ``int_product_margins``,
        ``data_clock``.
    horizon_months : int, default 6
        Months after a month end in which openings count.
    score_cutoff : float, default 660
        Lowest score to which credit is offered.
    deposit_spread, card_spread, loan_spread : float
        Yearly margin of what is held and owed.

    Notes
    -----
    ``max sum_ip p_ip m_p x_ip`` over offers x of 0 or 1, ``sum_p x_ip <= 3``, ``x_ip = 0``
    where the product is held, unsuitable (`suitable`) or unlearnable: p is the propensity, m the
    product's yearly margin. The program falls apart by customer, so that the three greatest are
    its exact optimum and the gap is zero. Trained on month ends whose horizon ended before the
    last known one, and judged on that.
    """
    people, opened, earned = to_pandas(customers), to_pandas(openings), to_pandas(margins)
    as_of, share = clock_date(to_pandas(clock)), float(confidence)
    found = None
    if as_of is not None:
        found = find_offers(
            people, opened, earned, months=int(horizon_months), score_cutoff=float(score_cutoff),
            spreads=(float(deposit_spread), float(card_spread), float(loan_spread)),
        )  # fmt: skip
    if found is None or not found.opened.any():
        return too_little(SCHEMA, as_of, customer_natural_key=NOBODY, rank_number=0)
    ranked = top_ranked(found.chance_now * found.shelf.margin, found.may_now, OFFERS)
    customer, rank = np.nonzero(ranked >= 0)
    product = ranked[customer, rank]
    made = found.now.iloc[customer][["customer_natural_key", "customer_segment", "cut_date"]]
    made = made.reset_index(drop=True)
    shelf = found.shelf.frame.iloc[product].reset_index(drop=True)
    for name in ("product_natural_key", "product_name", "product_category"):
        made[name] = shelf[name]
    made["rank_number"] = rank + 1
    made["propensity_rate"] = found.chance_now[customer, product]
    made["margin_amount"] = found.shelf.margin[product]
    made["expected_margin_amount"] = made["propensity_rate"] * made["margin_amount"]
    last = _last_held(found, opened, earned)
    made["held_product_name"] = made["customer_natural_key"].map(last).fillna("None")
    made["reason"] = _reasons(found, customer, product)
    made["horizon_months"] = int(horizon_months)
    _, plan = _plan(found, OFFERS, int(seed), share, currency, as_of)
    evidence = _evidence(found, int(seed), share)
    return to_table(made.assign(**evidence, **plan), SCHEMA)


@one_thread
def recommendation_evidence(
    customers: Any, openings: Any, margins: Any, clock: Any, *, horizon_months: int = 6,
    score_cutoff: float = 660, deposit_spread: float = 0.02, card_spread: float = 0.08,
    loan_spread: float = 0.025, seed: int = 20240, confidence: float = 0.95, currency: str = "USD",
) -> pa.Table:  # fmt: skip
    """Return `analytics_product_recommendation_evidence`: one to three offers, what they met.

    Parameters are those of `product_recommendations`.
    """
    as_of, share = clock_date(to_pandas(clock)), float(confidence)
    found = None
    if as_of is not None:
        found = find_offers(
            to_pandas(customers), to_pandas(openings), to_pandas(margins),
            months=int(horizon_months), score_cutoff=float(score_cutoff),
            spreads=(float(deposit_spread), float(card_spread), float(loan_spread)),
        )  # fmt: skip
    if found is None or not found.opened.any():
        return too_little(SCENARIO_SCHEMA, as_of, scenario_number=0, limit_name=LIMIT)
    rows: list[dict[str, Any]] = []
    for offers in range(1, OFFERS + 1):
        solution, plan = _plan(found, offers, int(seed), share, currency, as_of)
        name = "As recommended" if offers == OFFERS else f"{offers} for each customer"
        rows += scenario_rows(
            offers, name, solution, {LIMIT: float(offers * len(found.now))}, plan,
            recommended=offers == OFFERS,
        )  # fmt: skip
    return scenario_table(rows)
