"""Studies of visits, cards and openings: mechanisms 10, 19 and 20."""

from __future__ import annotations

import numpy as np
import pandas as pd
import statsmodels.api as sm

from tests.support.customer_months import History
from tests.support.studies_lives import CLOGLOG
from tests.support.synthetic_lab import Bank
from tests.support.synthetic_studies import Estimates, Study, mean, proportion, rate

STATEMENT_DAY = 14
TRAVEL_SHARE = 0.18
"""Of purchases: travellers have 0.28, nobody else above 0.10."""
OFTEN = 40
"""Purchases that tell a traveller from others."""


def near_visits(made: Bank) -> Estimates:
    """Visits of customers near a branch over their months there."""
    months = History(made)
    contacts = made.feed("customer_interactions").query("interaction_type == 'Branch Visit'")
    near = months.whole & (months.band() == 0)
    length = np.broadcast_to(months.starts.days_in_month.to_numpy() / 30.4375, near.shape)
    seen = months.count(contacts.customer_id, contacts.interaction_date)
    return {"branches.visit_rate": rate(seen[near].sum(), float(length[near].sum()))}


def card_lives(made: Bank) -> pd.DataFrame:
    """Return each card with its days, its balance when the window opens and what befell it."""
    accounts = made.feed("accounts").query("account_id % 10 == 2").sort_values("updated_at")
    window = pd.Timestamp(made.parameters["config"]["start"])
    cards = accounts.groupby("account_id").agg(
        customer_id=("customer_id", "first"), opened=("open_date", "first"),
        closed=("close_date", "last"), first_limit=("credit_limit", "first"),
    )  # fmt: skip
    brought = accounts[accounts.updated_at >= window].groupby("account_id").first()
    cards["brought"] = -brought.current_balance.astype(float).reindex(cards.index).fillna(0.0)
    cards["first_limit"] = cards.first_limit.astype(float)
    for name in ("opened", "closed"):
        cards[name] = pd.to_datetime(cards[name])
    events = made.feed("account_events")
    past_due = events[events.event_type == "Card Past Due"].groupby("account_id").event_date.min()
    cards["default"] = (past_due.dt.floor("D") - pd.Timedelta(days=30)).reindex(cards.index)
    return cards


def posted(made: Bank) -> pd.DataFrame:
    """Return the posted movements of cards."""
    moved = made.columns("transactions", "account_id", "transaction_date", "amount", "description",
                         "decline_reason")  # fmt: skip
    moved = moved[(moved.account_id % 10 == 2) & moved.decline_reason.isna()].copy()
    moved["amount"] = moved.amount.astype(float)
    moved["month"] = moved.transaction_date.dt.to_period("M")
    return moved


def reviews(made: Bank) -> Estimates:
    """Reviews over card-months; shares; regression of what is paid back to on the limit."""
    cards = card_lives(made)
    window, end = (pd.Timestamp(made.parameters["config"][name]) for name in ("start", "end"))
    starts = pd.date_range(window, end, freq="MS").to_numpy()
    stop = cards[["closed", "default"]].min(axis=1).fillna(end).to_numpy()[:, None]
    open_ = (cards.opened.to_numpy()[:, None] < starts) & (starts < stop)
    events = made.feed("account_events").query("event_type == 'Limit Review'").copy()
    for name in ("old_value", "new_value"):
        events[name] = events[name].astype(str).astype(float)
    by_lot = events[events.triggered_by == "trial"]
    raised = by_lot[by_lot.new_value > by_lot.old_value]
    step = raised.new_value.sum() / raised.old_value.sum() - 1

    moved = posted(made)
    paid = moved[moved.description == "Card payment received"]
    paid = paid.groupby(["account_id", "month"]).amount.sum()
    change = moved.groupby(["account_id", "month"]).amount.sum()
    # each month's statement: what was owed when it began
    every = pd.MultiIndex.from_product(
        [moved.account_id.unique(), pd.period_range(window, end, freq="M")],
        names=["account_id", "month"],
    )
    spent = change.reindex(every, fill_value=0.0)
    before = spent.groupby("account_id").cumsum() - spent
    owed = cards.brought.reindex(every.get_level_values("account_id")).to_numpy() - before
    kept = (owed - paid).dropna()
    kept = kept[(paid.reindex(kept.index) > 25.005) & (kept > 1)]
    table = kept.rename("kept").reset_index()
    table.columns = ["account_id", "month", "kept"]
    table["at"] = table.month.dt.to_timestamp(how="end").astype("datetime64[us]")
    limits = made.feed("accounts").query("account_id % 10 == 2").sort_values("updated_at")
    table = pd.merge_asof(table.sort_values("at"), limits[["account_id", "updated_at",
                          "credit_limit"]], left_on="at", right_on="updated_at",
                          by="account_id")  # fmt: skip
    table["limit"] = np.log(table.credit_limit.astype(float))
    table["habit"] = np.log(table.kept)
    groups = table.groupby("account_id")[["habit", "limit"]]
    inside = table[["habit", "limit"]] - groups.transform("mean")
    fit = sm.OLS(inside.habit, inside.limit).fit(
        cov_type="cluster", cov_kwds={"groups": table.account_id}
    )
    return {
        "cards.review_rate": proportion(len(events), open_.sum()),
        "cards.trial_share": proportion(len(by_lot), len(events)),
        "cards.step_share": (step, 0.001),
        "cards.balance_elasticity": (fit.params["limit"], max(fit.bse["limit"], 0.005)),
    }


def card_defaults(made: Bank) -> Estimates:
    """Complementary log-log regression over revolvers' months; share lost at the charge-off."""
    cards = card_lives(made)
    config = made.parameters["config"]
    end = pd.Timestamp(config["end"]) - pd.Timedelta(days=30)
    starts = pd.date_range(config["start"], end, freq="MS")
    due = (starts + pd.Timedelta(days=STATEMENT_DAY)).to_numpy()
    moved = posted(made)
    first = moved[moved.description == "Card payment received"].sort_values("transaction_date")
    first = first.groupby("account_id").amount.first().reindex(cards.index)
    # who pays all that was brought forward does not revolve
    revolves = (cards.brought > 0.02 * cards.first_limit) & ~(first >= cards.brought - 0.005)
    cards = cards[revolves]
    stop = cards.closed.fillna(pd.Timestamp("2099-01-01")).to_numpy()[:, None]
    failed = cards["default"].fillna(pd.Timestamp("2099-01-01")).to_numpy()[:, None]
    alive = (due < stop) & (due <= failed) & (due <= end.to_numpy())
    row, month = np.nonzero(alive)
    table = pd.DataFrame({
        "customer_id": cards.customer_id.to_numpy()[row],
        "at": starts.to_numpy().astype("datetime64[us]")[month],
        "used": (cards.brought / cards.first_limit).to_numpy()[row],
        "fails": (due == failed)[row, month],
    })  # fmt: skip
    scores = made.feed("customers")[["customer_id", "updated_at", "credit_score"]]
    table = pd.merge_asof(table.sort_values("at"), scores.sort_values("updated_at"),
                          left_on="at", right_on="updated_at", by="customer_id")  # fmt: skip
    design = pd.DataFrame({
        "cards.score_effect": (table.credit_score - 700) / 100,
        "cards.utilisation_effect": table.used - 0.3,
    })  # fmt: skip
    fit = sm.GLM(table.fails.astype(float), sm.add_constant(design), family=CLOGLOG).fit()
    lost = moved[moved.description == "Charge-off"].set_index("account_id").amount
    back = moved[moved.description == "Recovery after default"].set_index("account_id").amount
    share = lost / (lost + back.reindex(lost.index).fillna(0.0))
    return {name: (fit.params[name], fit.bse[name]) for name in design} | {
        "cards.default_rate": (fit.params["const"], fit.bse["const"]),
        "cards.loss_given_default": mean(share),
    }


def openings(made: Bank) -> Estimates:
    """Poisson regressions of savings and currency accounts opened by who had none."""
    months = History(made)
    end = pd.Timestamp(made.parameters["config"]["end"])
    signup = pd.to_datetime(months.first.signup_date)
    left = months.left_at.fillna(end)
    accounts = made.feed("accounts")
    moved = made.columns("transactions", "customer_id", "merchant_category", "description")
    bought = moved[moved.description.isin(["Card purchase", "Online purchase"])]
    by_customer = (bought.merchant_category == "Travel").groupby(bought.customer_id)
    travel, often = by_customer.mean(), by_customer.size() >= OFTEN
    traits = pd.DataFrame({
        "income": ((np.log(months.first.annual_income.astype(float)) - np.log(58_000)) / 0.60),
        "age": ((months.window - pd.to_datetime(months.first.date_of_birth)).dt.days / 365.2425
                - 45) / 10,
        "travels": (travel.reindex(signup.index).fillna(0) > TRAVEL_SHARE).astype(float),
    })  # fmt: skip
    # who joined lately opens accounts as newcomers do
    old = signup < months.window
    found: dict[str, tuple[float, float]] = {}
    for slot, group, names in (
        (1, "savings", {"income": "income_effect", "age": "age_effect"}),
        (5, "currency", {"travels": "travel_effect"}),
    ):
        mine = accounts[accounts.account_id % 10 == slot].groupby("customer_id").open_date.min()
        opened = pd.to_datetime(mine).reindex(signup.index)
        free = old & ~(opened < months.window)
        if group == "currency":
            free &= often.reindex(signup.index, fill_value=False)
        until = opened.fillna(end).clip(upper=left)
        exposed = ((until - months.window).dt.days.clip(lower=0) / 30.4375 + 0.02)[free]
        design = sm.add_constant(traits.loc[free, list(names)])
        fit = sm.GLM(opened[free].notna().astype(float), design, family=sm.families.Poisson(),
                     offset=np.log(exposed)).fit()  # fmt: skip
        found |= {f"products.{name}": (fit.params[k], fit.bse[k]) for k, name in names.items()}
        found[f"products.{group}_rate"] = (fit.params["const"], fit.bse["const"])
    return found


FEW = ("fraud.share=0", "campaigns.count=0", "credit.application_rate=0")
PLACES = ("archetypes.separation=0", "mobile.contact_effect=0", *FEW)
REVOLVERS = (*FEW, "churn.base_rate=0.002")

PRODUCTS = (
    Study(
        "visits of customers near a branch over their months there", near_visits,
        finds=("branches.visit_rate",),
        planted=(*PLACES,), removed=(*PLACES, "branches.visit_rate=0.3"),
        sizes={"customers": 2000, "transactions": 4000, "end": "2024-12-31"},
    ),
    Study(
        "reviews over card-months; regression of what is paid back to on the limit", reviews,
        finds=("cards.review_rate", "cards.trial_share", "cards.step_share",
               "cards.balance_elasticity"),
        planted=(*REVOLVERS, "cards.default_rate=0"),
        removed=(*REVOLVERS, "cards.default_rate=0", "cards.review_rate=0.08",
                 "cards.trial_share=0.8", "cards.step_share=0.1", "cards.balance_elasticity=0"),
        sizes={"customers": 3000, "transactions": 240_000},
    ),
    Study(
        "complementary log-log regression over card-months; mean share lost", card_defaults,
        finds=("cards.default_rate", "cards.score_effect", "cards.utilisation_effect",
               "cards.loss_given_default"),
        planted=(*REVOLVERS, "cards.default_rate=0.012", "cards.utilisation_effect=2.5"),
        removed=(*REVOLVERS, "cards.default_rate=0.03", "cards.score_effect=0",
                 "cards.utilisation_effect=0", "cards.loss_given_default=0.5"),
        sizes={"customers": 8000, "transactions": 24_000, "end": "2024-12-31"},
        scale={"cards.default_rate": np.log},
    ),
    Study(
        "Poisson regression of openings by who had none", openings,
        finds=("products.savings_rate", "products.income_effect", "products.age_effect",
               "products.currency_rate", "products.travel_effect"),
        planted=(*FEW, "churn.base_rate=0", "products.savings_rate=0.008",
                 "products.currency_rate=0.003"),
        removed=(*FEW, "churn.base_rate=0", "products.savings_rate=0.016",
                 "products.income_effect=0", "products.age_effect=0",
                 "products.currency_rate=0.012", "products.travel_effect=0"),
        sizes={"customers": 3000, "transactions": 300_000},
        scale={"products.savings_rate": np.log, "products.currency_rate": np.log},
    ),
)  # fmt: skip
