"""Studies of customers' lives: mechanisms 3, 4, 10, 15 and 16."""

from __future__ import annotations

import numpy as np
import pandas as pd
import statsmodels.api as sm
from statsmodels.miscmodels import ordinal_model as ordinal

from financial_analytics.synthetic.geography import distance_km
from tests.support.customer_months import History
from tests.support.synthetic_lab import Bank
from tests.support.synthetic_studies import (
    Estimates,
    Study,
    geometric,
    mean,
    peak,
    proportion,
    rate,
)

CLOGLOG = sm.families.Binomial(sm.families.links.CLogLog())


def satisfaction(made: Bank) -> Estimates:
    """Ordered logit of the rating."""
    contacts = made.feed("customer_interactions")
    rated = contacts.dropna(subset=["satisfaction_rating"])
    design = np.column_stack([
        ~rated.resolved.astype(bool), np.log2(rated.duration_minutes / 10), rated.escalated
    ]).astype(float)  # fmt: skip
    rating = rated.satisfaction_rating.astype(int).to_numpy()
    fit = ordinal.OrderedModel(rating, design, distr="logit").fit(method="bfgs", disp=0)
    names = ("unresolved_effect", "slow_effect", "escalated_effect")
    found = {f"satisfaction.{n}": (fit.params[k], fit.bse[k]) for k, n in enumerate(names)}
    return found | {"satisfaction.rating_share": proportion(len(rated), len(contacts))}


def churn(made: Bank) -> Estimates:
    """Complementary log-log regression of leaving over customer-months."""
    months = History(made)
    contacts = made.feed("customer_interactions")
    bad = contacts[
        contacts.reason.isin(["Complaint", "Fee Dispute"]) & ~contacts.resolved.astype(bool)
    ]
    moved = made.columns("transactions", "customer_id", "transaction_date", "transaction_type")
    fees = moved[moved.transaction_type == "Fee"]
    campaigns = made.feed("marketing_campaigns")
    names = campaigns.groupby("campaign_id").campaign_name.first()
    touches = made.feed("campaign_touches")
    touches = touches[~touches.is_holdout.astype(bool)]

    def kept(action: str) -> np.ndarray:
        """Return the months after contacts of one action."""
        mine = touches[touches.campaign_id.map(names).str.contains(f"Retention {action}")]
        return months.recent(mine.customer_id, mine.touch_date)

    called, bonus, waived = kept("Call"), kept("Rate Bonus"), kept("Fee Waiver")
    unasked = ~months.first.marketing_opt_in.astype(bool).to_numpy()[:, None]
    owner = (months.first.home_ownership == "Own").to_numpy()[:, None]
    autopay = months.autopay()
    drivers = {
        "churn.complaint_effect": months.recent(bad.customer_id, bad.interaction_date),
        "churn.fee_effect": months.recent(fees.customer_id, fees.transaction_date),
        "churn.rate_gap_effect": months.rate_gap(),
        "churn.tenure_effect": months.tenure(),
        "churn.autopay_effect": autopay,
        "branches.far_churn_effect": months.band() == 2,
        # actions add up, as their effects do
        "campaigns.retention_effect": called.astype(int) + bonus + waived,
        "campaigns.unasked_effect": called & unasked,
        "campaigns.bonus_effect": bonus & owner,
    }
    design = pd.DataFrame({name: value[months.at_risk] for name, value in drivers.items()})
    outcome = months.leaves[months.at_risk].astype(float)
    fit = sm.GLM(outcome, sm.add_constant(design.astype(float)), family=CLOGLOG).fit()
    charged = months.count(fees.customer_id, fees.transaction_date)[months.whole] > 0
    # enrolment inside the window: newcomers, from the month after they join
    new = (pd.to_datetime(months.first.signup_date) >= months.window).to_numpy()
    waiting = months.whole & new[:, None]
    waiting[:, 1:] &= ~autopay[:, :-1]
    found = {name: (fit.params[name], fit.bse[name]) for name in drivers}
    return found | {
        "churn.base_rate": (fit.params["const"], fit.bse["const"]),
        "churn.fee_rate": proportion(charged.sum(), len(charged)),
        "autopay.enrol_rate": proportion(autopay[waiting].sum(), waiting.sum()),
    }


def quiet_spells(made: Bank) -> Estimates:
    """Discrete-time hazards of falling quiet, of waking, and of leaving while quiet.

    Who is disengaged does nothing in these banks, and everybody else acts twelve times a month.
    """
    months = History(made)
    quiet = months.bought("Cash withdrawal", "Bill payment", "Payroll deposit") == 0
    # who left within a fortnight had no time to act; who left later stands for both
    soon = months.leaves & (months.left_at.dt.day <= 15).to_numpy()[:, None]
    used = months.at_risk & ~soon
    weight = used * np.where(months.leaves, 2.0, 1.0)
    before = np.cumsum(quiet & months.whole, axis=1) - (quiet & months.whole)
    fresh = weight * (before == 0)
    after = weight[:, 1:] * (months.whole[:, :-1] & quiet[:, :-1])
    ends = proportion((after * ~quiet[:, 1:]).sum(), after.sum())
    design = sm.add_constant(quiet[used].astype(float))
    fit = sm.GLM(months.leaves[used].astype(float), design, family=CLOGLOG).fit()
    last = months.last
    waited = (last.updated_at.dt.floor("D") - pd.to_datetime(last.last_login_date)).dt.days
    stays = last.is_active.astype(bool) & (pd.to_datetime(last.signup_date) < months.window)
    # what is longer than the last month began in another state
    days = int(months.starts[-1].days_in_month)
    gap = geometric(waited[stays & ~quiet[:, -1]], days)
    long = geometric(waited[stays & quiet[:, -4:].all(axis=1)], days)
    ratio = long[0] / gap[0]
    return {
        "churn.disengage_rate": proportion((quiet * fresh).sum(), fresh.sum()),
        "churn.disengage_months": (1 / ends[0], ends[1] / ends[0] ** 2),
        "churn.falling_effect": (fit.params[1], fit.bse[1]),
        "churn.login_gap_days": gap,
        "churn.login_thinning": (ratio, ratio * np.hypot(gap[1] / gap[0], long[1] / long[0])),
    }


def activity_left(made: Bank) -> Estimates:
    """Ratio of purchases when nearly all are disengaged to those of the first month."""
    months = History(made)
    config = made.parameters["config"]["churn"]
    old = (pd.to_datetime(months.first.signup_date) < months.window).to_numpy()
    days = months.starts.days_in_month.to_numpy()
    bought = months.bought()[old]
    first, late = bought[:, 0] / days[0], bought[:, 10:].sum(axis=1) / days[10:].sum()
    ratio = late.mean() / first.mean()
    error = mean(late - ratio * first)[1] / first.mean()
    # share of customers who are disengaged, by month since the first
    start, stop = config["disengage_rate"], 1 / config["disengage_months"]
    share = np.zeros(len(months.grid))
    for month in months.grid[1:]:
        begun = start * (1 - start) ** np.arange(month)
        share[month] = (begun[::-1] * (1 - stop) ** np.arange(month)).sum()
    level = share[10:] @ days[10:] / days[10:].sum()
    return {"churn.falling_activity": (1 - (1 - ratio) / level, error / level)}


def visits(made: Bank) -> Estimates:
    """Poisson regression of branch visits on distance bands, with month effects."""
    months = History(made)
    contacts = made.feed("customer_interactions").query("interaction_type == 'Branch Visit'")
    seen = months.count(contacts.customer_id, contacts.interaction_date)
    frame = pd.DataFrame({
        "visits": seen[months.whole], "band": months.band()[months.whole],
        "month": np.broadcast_to(months.grid, seen.shape)[months.whole],
    })  # fmt: skip
    cells = frame.groupby(["band", "month"]).visits.agg(["sum", "size"]).reset_index()
    design = pd.get_dummies(cells[["band", "month"]].astype(str), drop_first=True).astype(float)
    fit = sm.GLM(cells["sum"], sm.add_constant(design), family=sm.families.Poisson(),
                 offset=np.log(cells["size"])).fit()  # fmt: skip
    return {
        "branches.middle_effect": (fit.params["band_1"], fit.bse["band_1"]),
        "branches.far_effect": (fit.params["band_2"], fit.bse["band_2"]),
    }


def step_at(distance: np.ndarray, seen: np.ndarray, places: np.ndarray) -> tuple[float, float]:
    """Find the distance at which a Poisson rate steps, by its likelihood."""
    heights = []
    for place in places:
        beyond = distance >= place
        heights.append(
            sum(
                seen[part].sum() * np.log(max(seen[part].mean(), 1e-12))
                for part in (beyond, ~beyond)
                if part.any()
            )
        )
    return peak(places, heights)


def bands(made: Bank) -> Estimates:
    """Likelihood of the distances at which the rate of visits steps."""
    months = History(made)
    contacts = made.feed("customer_interactions").query("interaction_type == 'Branch Visit'")
    seen = months.count(contacts.customer_id, contacts.interaction_date)[months.whole]
    distance = months.distance()[months.whole]
    config = made.parameters["config"]["branches"]
    close, beyond = distance < config["far_km"], distance >= config["near_km"]
    lasting = made.feed("branch_locations").groupby("branch_id").first()
    opened = pd.to_datetime(lasting.open_date) >= months.window
    gone = made.feed("branch_locations").close_date.notna().sum()
    return {
        "branches.near_km": step_at(distance[close], seen[close], np.arange(4, 16.1, 0.25)),
        "branches.far_km": step_at(distance[beyond], seen[beyond], np.arange(18, 52.1, 0.5)),
        "branches.count": (len(lasting), 1e-9),
        "branches.openings": (opened.sum(), 1e-9),
        "branches.closures": (gone, 1e-9),
    }


def county_incomes(made: Bank) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return mean log income of the larger counties, its sampling variance, and distances."""
    zips = made.feed("zip_codes").set_index("zip_code")
    zips["area"] = zips.state + "/" + zips.county
    area = made.first_versions.zip_code.map(zips.area)
    income = np.log(made.first_versions.annual_income.astype(float))
    groups = income.groupby(area)
    noise = float((income - groups.transform("mean")).var())
    size = groups.size()
    size = size[size >= 12]
    centre = zips.groupby("area")[["latitude", "longitude"]].mean().loc[size.index].to_numpy()
    gap = distance_km(centre[:, :1], centre[:, 1:], centre[:, 0], centre[:, 1])
    return groups.mean()[size.index].to_numpy(), noise / size.to_numpy(), gap


def variogram(made: Bank) -> Estimates:
    """Gaussian likelihood of an exponential variogram of county incomes (Cressie 1993)."""
    level, noise, gap = county_incomes(made)
    spreads, ranges = np.arange(0, 0.89, 0.08), np.geomspace(2, 900, 15)
    height = np.empty((len(spreads), len(ranges)))
    one = np.ones(len(level))
    for column, reach in enumerate(ranges):
        alike = np.exp(-gap / reach)
        for row, spread in enumerate(spreads):
            root = np.linalg.cholesky(spread**2 * alike + np.diag(noise))
            a, b = np.linalg.solve(root, np.column_stack([level, one])).T
            rest = a - b * (a @ b) / (b @ b)
            height[row, column] = -np.log(np.diag(root)).sum() - rest @ rest / 2
    return {
        "spatial.income_sd": peak(spreads, height.max(axis=1)),
        "spatial.range_km": peak(np.log(ranges), height.max(axis=0)),
    }


def changes(made: Bank) -> Estimates:
    """Rates of change per year at risk, from consecutive versions of the customers."""
    config = made.parameters["config"]
    versions = made.feed("customers").sort_values(["customer_id", "updated_at"])
    watched = {"move": "zip_code", "score": "credit_score", "income": "annual_income",
               "family": "marital_status"}  # fmt: skip
    same = versions.customer_id.eq(versions.customer_id.shift())
    changed = pd.DataFrame({
        name: same & versions[column].ne(versions[column].shift())
        for name, column in watched.items()
    })  # fmt: skip
    last = versions.groupby("customer_id").last()
    end = last.updated_at.where(~last.is_active.astype(bool), pd.Timestamp(config["end"]))
    start = pd.to_datetime(last.signup_date).clip(lower=pd.Timestamp(config["start"]))
    steps = pd.concat([
        start.rename("at").reset_index().assign(event=False),
        versions.loc[changed.any(axis=1), ["customer_id", "updated_at"]]
        .rename(columns={"updated_at": "at"}).assign(event=True),
    ]).sort_values(["customer_id", "at"])  # fmt: skip
    until = steps.groupby("customer_id")["at"].shift(-1).fillna(steps.customer_id.map(end))
    # for twenty days after a change nothing else changes
    exposed = ((until - steps["at"]).dt.days - 20).clip(lower=0) / 365.25
    # a move within a county of k ZIP codes goes to another one k - 1 times out of k
    zips = made.feed("zip_codes")
    others = 1 - 1 / zips.groupby(["state", "county"]).zip_code.transform("size")
    seen = pd.Series(others.to_numpy(), zips.zip_code)
    at_home = steps.customer_id.map(made.first_versions.zip_code.map(seen))
    found = {
        f"history.{name}_rate": rate(
            changed[name].sum(), float((exposed * (at_home if name == "move" else 1)).sum())
        )
        for name in watched
    }
    extract = versions.updated_at[versions.updated_at.dt.strftime("%H:%M:%S") == "23:59:59"]
    gaps = np.diff(np.unique((extract.dt.year * 12 + extract.dt.month).to_numpy()))
    return found | {"history.extract_months": (float(np.median(gaps)), 1e-9)}


STEADY = ("purchase.dropout_a=0", "purchase.shape=50", "archetypes.separation=0", "fraud.share=0",
          "mobile.transaction_effect=0", "credit.spend_effect=0")  # fmt: skip
QUIET = (*STEADY, "adoption.confounding=0", "churn.falling_activity=0", "churn.base_rate=0.02")
FLAT = (*STEADY, *(f"purchase.{n}_effect=0" for n in ("weekday", "season", "payday", "holiday",
        "trend")), "adoption.causal_effect=0", "adoption.confounding=0", "churn.base_rate=0",
        "churn.disengage_rate=0.5", "churn.disengage_months=100")  # fmt: skip
PEOPLE = ("archetypes.separation=0", "spatial.income_sd=0.4")
WIDE = (
    "campaigns.audience_share=0.4",
    "campaigns.count=90",
    "branches.count=150",
    "churn.falling_effect=0",
)
TWO_YEARS = {"customers": 1200, "transactions": 300_000, "end": "2024-12-31"}

LIVES = (
    Study(
        "ordered logit of the ratings", satisfaction,
        finds=tuple(f"satisfaction.{n}" for n in (
            "unresolved_effect", "slow_effect", "escalated_effect", "rating_share")),
        planted=(),
        removed=("satisfaction.unresolved_effect=0", "satisfaction.slow_effect=0",
                 "satisfaction.escalated_effect=0", "satisfaction.rating_share=0.9"),
        sizes={"customers": 4000, "transactions": 8000},
    ),
    Study(
        "complementary log-log regression over customer-months", churn,
        finds=("churn.base_rate", "churn.complaint_effect", "churn.fee_effect",
               "churn.rate_gap_effect", "churn.tenure_effect", "churn.autopay_effect",
               "churn.fee_rate", "autopay.enrol_rate", "branches.far_churn_effect",
               "campaigns.retention_effect", "campaigns.unasked_effect",
               "campaigns.bonus_effect"),
        planted=(*WIDE, "churn.base_rate=0.012", "churn.rate_gap_effect=0.3",
                 "campaigns.retention_effect=-0.9", "campaigns.unasked_effect=1.8",
                 "campaigns.bonus_effect=1.8"),
        removed=(*WIDE, "churn.base_rate=0.02", "churn.complaint_effect=0", "churn.fee_effect=0",
                 "churn.rate_gap_effect=0", "churn.tenure_effect=0", "churn.autopay_effect=0",
                 "churn.fee_rate=0.015", "autopay.enrol_rate=0.07",
                 "branches.far_churn_effect=0", "campaigns.retention_effect=0",
                 "campaigns.unasked_effect=0", "campaigns.bonus_effect=0"),
        sizes={"customers": 6000, "transactions": 24_000},
        scale={"churn.base_rate": np.log},
    ),
    Study(
        "discrete-time hazards of months without a purchase; waits since the last login",
        quiet_spells,
        finds=("churn.disengage_rate", "churn.disengage_months", "churn.falling_effect",
               "churn.login_gap_days", "churn.login_thinning"),
        planted=(*QUIET, "churn.disengage_rate=0.03"),
        removed=(*QUIET, "churn.disengage_rate=0.06", "churn.disengage_months=4",
                 "churn.falling_effect=0", "churn.login_gap_days=8", "churn.login_thinning=1"),
        sizes=TWO_YEARS,
    ),
    Study(
        "ratio of purchases after to before", activity_left, finds=("churn.falling_activity",),
        planted=FLAT, removed=(*FLAT, "churn.falling_activity=1"),
        sizes=TWO_YEARS | {"customers": 500, "transactions": 110_000},
    ),
    Study(
        "Poisson regression of visits with month effects", visits,
        finds=("branches.middle_effect", "branches.far_effect"),
        planted=("mobile.contact_effect=0", "branches.count=200", "archetypes.separation=0"),
        removed=("mobile.contact_effect=0", "branches.count=200", "archetypes.separation=0",
                 "branches.middle_effect=0", "branches.far_effect=0"),
        sizes={"customers": 4000, "transactions": 16_000},
    ),
    Study(
        "likelihood of the distance at which visits step; counts", bands,
        finds=("branches.near_km", "branches.far_km", "branches.count", "branches.openings",
               "branches.closures"),
        planted=("mobile.contact_effect=0", "branches.count=200", "archetypes.separation=0"),
        removed=("mobile.contact_effect=0", "branches.count=150", "archetypes.separation=0",
                 "branches.near_km=12", "branches.far_km=45", "branches.openings=0",
                 "branches.closures=0"),
        sizes={"customers": 4000, "transactions": 16_000},
    ),
    Study(
        "Gaussian likelihood of a variogram over counties", variogram,
        finds=("spatial.income_sd",),
        planted=PEOPLE, removed=(*PEOPLE, "spatial.income_sd=0"),
        sizes={"customers": 2500, "transactions": 5000},
    ),
    Study(
        "Gaussian likelihood of a variogram over counties", variogram,
        finds=("spatial.range_km",),
        planted=PEOPLE, removed=(*PEOPLE, "spatial.range_km=5"),
        sizes={"customers": 3500, "transactions": 7000},
        scale={"spatial.range_km": np.log},
    ),
    Study(
        "changes per year at risk", changes,
        finds=("history.move_rate", "history.score_rate", "history.income_rate",
               "history.family_rate", "history.extract_months"),
        planted=PEOPLE,
        removed=(*PEOPLE, "spatial.income_sd=0", "history.move_rate=0", "history.score_rate=0",
                 "history.income_rate=0", "history.family_rate=0", "history.extract_months=4"),
        sizes={"customers": 2500, "transactions": 5000},
    ),
)  # fmt: skip
