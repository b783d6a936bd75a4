"""Products that can be offered, to whom they suit, and who opens them: propensities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from financial_analytics.models.frames import need_columns
from financial_analytics.stats.propensity import fit_propensity

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
LEAST_OPENINGS = 30
"""Openings in the training windows, below which a product is not offered."""
AFTER_JOINING_DAYS = 30
"""Openings up to so many days after joining come with joining; nobody recommended them."""
AMOUNTS = ("annual_income_amount", "recent_purchase_amount")
NUMBERS = (
    *("credit_score", "dependent_count", "tenure_days", "login_days", "has_savings"),
    *("product_count", "activity_index", "recent_posted_count", "foreign_count", "travel_count"),
)
WORDS = ("customer_segment", "employment_status", "home_ownership")
TRAIT_WORDS = {
    "annual_income_amount": "income", "recent_purchase_amount": "recent purchases",
    "credit_score": "credit score", "dependent_count": "dependents", "tenure_days": "tenure",
    "login_days": "days since the last login", "has_savings": "savings held",
    "product_count": "products held", "activity_index": "activity",
    "recent_posted_count": "recent transactions", "foreign_count": "transactions abroad",
    "travel_count": "purchases of travel",
}  # fmt: skip


def _design(frame: pd.DataFrame, like: pd.DataFrame) -> tuple[Floats, list[str]]:
    """Return traits as numbers and their names; amounts in logs, missing ones in the middle."""
    columns, names = [], []
    for name in (*AMOUNTS, *NUMBERS):
        values, middle = frame[name].astype(float), like[name].astype(float).median()
        values = values.fillna(0.0 if pd.isna(middle) else middle)
        if name in (*AMOUNTS, "foreign_count", "travel_count", "recent_posted_count"):
            values = values.clip(lower=0).map(np.log1p)
        columns.append(values.to_numpy(dtype=np.float64))
        names.append(TRAIT_WORDS[name])
    for name in WORDS:
        for level in sorted(like[name].dropna().unique())[1:]:
            columns.append((frame[name] == level).to_numpy(dtype=np.float64))
            names.append(str(level))
    return np.column_stack(columns), names


@dataclass(frozen=True)
class Shelf:
    """Products that can be offered, and what each earns in a year.

    Attributes
    ----------
    frame : pandas.DataFrame, shape (products, …)
    margin : ndarray of float64, shape (products,)
    """

    frame: pd.DataFrame
    margin: Floats


def suitable(people: pd.DataFrame, products: pd.DataFrame, score_cutoff: float) -> Bools:
    """Return which products may be offered to whom, (customers, products).

    Credit and loans need a known score of at least the cutoff; products of a tier or name for
    business go to business customers, for students to students, and those of the premium tier to
    premium, affluent and business customers.
    """
    size = (len(people), len(products))
    may = np.ones(size, dtype=np.bool_)
    score = people["credit_score"].astype(float).fillna(-np.inf).to_numpy()
    segment = people["customer_segment"].fillna("Unknown").to_numpy()
    student = (people["employment_status"] == "Student").to_numpy()
    for k, row in enumerate(products.to_dict("records")):
        text = f"{row['product_tier']} {row['product_name']}".lower()
        if row["product_category"] in ("Credit", "Loan"):
            may[:, k] &= score >= score_cutoff
        if "business" in text:
            may[:, k] &= segment == "Business"
        if "student" in text:
            may[:, k] &= student
        if bool(row["is_premium"]):
            may[:, k] &= np.isin(segment, ["Premium", "Affluent", "Business"])
    return may


def _shelf(margins: pd.DataFrame, spreads: tuple[float, float, float]) -> Shelf:
    rows = margins.sort_values("product_natural_key", ignore_index=True)
    months = rows["account_month_count"].astype(float).to_numpy()
    held, owed, fee = (
        rows[f"{name}"].astype(float).to_numpy()
        for name in ("held_balance", "owed_balance", "fee_amount")
    )
    deposit, card, loan = spreads
    kind = rows["product_category"].to_numpy()
    yearly = np.select(
        [kind == "Deposit", kind == "Credit", kind == "Loan"],
        [held * deposit, owed * card, owed * loan], 0.0,
    )  # fmt: skip
    with np.errstate(divide="ignore", invalid="ignore"):
        margin = np.where(months > 0, yearly / months + 12 * fee / months, 0.0)
    return Shelf(rows, margin)


@dataclass(frozen=True)
class Offers:
    """Propensities of today's customers, and of those of the last known horizon.

    Attributes
    ----------
    now, then : pandas.DataFrame
        Customers.
    shelf : Shelf
        The products that can be learnt.
    chance_now, chance_then : ndarray of float64, shape (customers, products)
    may_now, may_then : ndarray of bool
    opened : ndarray of bool, shape (customers then, products)
    popular : ndarray of float64, shape (products,)
        Openings in the training windows.
    weights : ndarray of float64, shape (products, traits)
    traits : ndarray of float64, shape (customers, traits)
        Standardised.
    names : list of str
    """

    now: pd.DataFrame
    then: pd.DataFrame
    shelf: Shelf
    chance_now: Floats
    chance_then: Floats
    may_now: Bools
    may_then: Bools
    opened: Bools
    popular: Floats
    weights: Floats
    traits: Floats
    names: list[str]


def _states(
    people: pd.DataFrame, openings: pd.DataFrame, products: Ints, months: int
) -> tuple[Bools, Bools]:
    """Return what each customer held at the month end, and opened in the months after."""
    shape = (len(people), len(products))
    cut = pd.to_datetime(people["cut_date"])
    held, opened = np.zeros(shape, dtype=np.bool_), np.zeros(shape, dtype=np.bool_)
    place = {key: k for k, key in enumerate(products.tolist())}
    rows = people[["customer_natural_key"]].assign(
        at=np.arange(len(people)), cut=cut, end=cut + pd.offsets.MonthEnd(months)
    )
    pairs = rows.merge(openings, on="customer_natural_key")
    pairs["place"] = pairs["product_natural_key"].map(place)
    pairs = pairs[pairs["place"].notna()]
    first, last = pd.to_datetime(pairs["open_date"]), pd.to_datetime(pairs["close_date"])
    there = (first <= pairs["cut"]) & (last.isna() | (last > pairs["cut"]))
    later = (first > pairs["cut"]) & (first <= pairs["end"])
    later &= pairs["joined_days"].astype(float) > AFTER_JOINING_DAYS
    at, where = pairs["at"].to_numpy(dtype=int), pairs["place"].to_numpy(dtype=int)
    held[at[there], where[there]] = True
    opened[at[later], where[later]] = True
    return held, opened


def find_offers(
    customers: pd.DataFrame, openings: pd.DataFrame, margins: pd.DataFrame, *, months: int,
    score_cutoff: float, spreads: tuple[float, float, float],
) -> Offers | None:  # fmt: skip
    """Return propensities, None where too little was ever opened."""
    need_columns(customers, "customer_natural_key", "cut_date", "cut_number", *NUMBERS, *WORDS)
    rows = customers.sort_values(["cut_number", "customer_natural_key"], ignore_index=True)
    now, then = (rows[rows["cut_number"] == k].reset_index(drop=True) for k in (0, 1))
    past = rows[rows["cut_number"] > 1].reset_index(drop=True)
    if now.empty or then.empty or past.empty:
        return None
    shelf = _shelf(margins, spreads)
    keys = shelf.frame["product_natural_key"].to_numpy(dtype=np.int64)
    held, opened = _states(past, openings, keys, months)
    may = suitable(past, shelf.frame, score_cutoff) & ~held
    counts = (opened & may).sum(axis=0)
    kept = np.flatnonzero((counts >= LEAST_OPENINGS) & (shelf.margin > 0))
    if not len(kept):
        return None
    shelf = Shelf(shelf.frame.iloc[kept].reset_index(drop=True), shelf.margin[kept])
    keys = keys[kept]
    design, names = _design(past, past)
    models = [fit_propensity(design[may[:, k]], opened[may[:, k], k]) for k in kept]
    chances, mays = [], []
    for people in (now, then):
        traits, _ = _design(people, past)
        chances.append(np.column_stack([model.chance(traits) for model in models]))
        mays.append(suitable(people, shelf.frame, score_cutoff)
                    & ~_states(people, openings, keys, months)[0])  # fmt: skip
    today = _design(now, past)[0]
    return Offers(
        now, then, shelf, chances[0], chances[1], mays[0], mays[1],
        opened=_states(then, openings, keys, months)[1] & mays[1],
        popular=counts[kept].astype(np.float64),
        weights=np.stack([model.weights for model in models]),
        traits=(today - models[0].mean) / models[0].scale, names=names,
    )  # fmt: skip
