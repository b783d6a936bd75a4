"""Studies of campaigns, deposit rates, fraud, cash and dirt: mechanisms 8, 9, 13 and 14."""

from __future__ import annotations

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy.special import digamma
from sklearn import metrics

from financial_analytics.synthetic.campaigns import CHANNEL_LIFT, CHANNELS, HALF_SPEND
from financial_analytics.synthetic.catalog import SEGMENT_LIFT, SEGMENTS
from financial_analytics.synthetic.fraud import SIZES
from tests.support.synthetic_lab import Bank, month_of
from tests.support.synthetic_studies import Estimates, Study, geometric, mean, proportion, rate

TYPOLOGIES = ("compromised_merchant", "card_testing", "impossible_travel", "account_takeover",
              "ring")  # fmt: skip


def touches(made: Bank) -> pd.DataFrame:
    """Return the contacts with the customer's segment and the spend per contact."""
    table = made.feed("campaign_touches")
    # the bank still waits for conversions of the last two weeks
    table = table[table.touch_date < "2025-12-15"].copy()
    versions = made.feed("customers").sort_values("updated_at")[
        ["customer_id", "updated_at", "customer_segment"]
    ]
    table = pd.merge_asof(table.sort_values("touch_date"), versions, left_on="touch_date",
                          right_on="updated_at", by="customer_id")  # fmt: skip
    campaigns = made.feed("marketing_campaigns").groupby("campaign_id").first()
    table["sells"] = ~table.campaign_id.map(campaigns.campaign_name).str.contains("Retention")
    table["start"] = table.campaign_id.map(pd.to_datetime(campaigns.start_date))
    table["everybody"] = table.campaign_id.map(campaigns.target_segment == "All")
    held = table.is_holdout.astype(bool)
    table["held"] = held
    table["randomised"] = table.campaign_id.isin(table.campaign_id[held])
    table["spend"] = table.campaign_id.map(table[~held].groupby("campaign_id").cost.first())
    return table


def purchases(made: Bank) -> pd.Series:
    """Return the number of purchases of each customer, none included."""
    moved = made.columns("transactions", "customer_id", "description")
    bought = moved[moved.description.isin(["Card purchase", "Online purchase"])].customer_id
    return bought.value_counts().reindex(made.first_versions.index, fill_value=0)


def campaigns(made: Bank) -> Estimates:
    """Linear probability of conversion on planned response; shares; Poisson of targeting."""
    table = touches(made)
    trial = table[table.randomised & table.sells & (table.campaign_id != 0)]
    channel = pd.Series(np.arange(len(CHANNELS)), CHANNELS)[trial.touch_channel].to_numpy()
    segment = pd.Series(SEGMENT_LIFT, SEGMENTS)[trial.customer_segment].to_numpy()
    spend = trial.spend.astype(float).to_numpy()
    response = CHANNEL_LIFT[channel] * spend / (spend + HALF_SPEND[channel]) * segment
    design = sm.add_constant(pd.DataFrame({"response": response * ~trial.held.to_numpy()}))
    fit = sm.OLS(trial.converted.astype(float).to_numpy(), design).fit(cov_type="HC1")
    value = table.conversion_value.dropna().astype(float)
    number = len(made.feed("marketing_campaigns").campaign_id.unique())
    randomised = table.groupby("campaign_id").randomised.first().sum()
    held = table[table.randomised].held
    # everybody who had joined could be chosen for a campaign at everybody
    joined = pd.to_datetime(made.first_versions.signup_date).to_numpy()
    early = table.start < "2025-10-01"  # the longest campaign lasts eight weeks
    wide = table[table.randomised & table.everybody & early]
    starts = wide.groupby("campaign_id").start.first().to_numpy()
    chances = (joined[:, None] < starts).sum()
    # regression calibration: the expected log rate of somebody with so many purchases
    count = purchases(made)
    active = np.log(np.maximum(count, 0.5))
    shape = 1 / max(active.var() - (1 / np.maximum(count, 1)).mean(), 0.05)
    pull = pd.Series(digamma(shape + count) / 0.9, count.index)
    aimed = table[~table.randomised & table.everybody].customer_id.value_counts()
    aimed = aimed.reindex(count.index, fill_value=0)
    old = joined < np.datetime64("2023-01-01")
    aim = sm.GLM(aimed[old], sm.add_constant(pull[old].rename("pull")),
                 family=sm.families.Poisson()).fit(cov_type="HC1")  # fmt: skip
    return {
        "campaigns.lift": (fit.params["response"], fit.bse["response"]),
        "campaigns.base_conversion": (fit.params["const"], fit.bse["const"]),
        "campaigns.conversion_value": mean(value),
        "campaigns.count": (number, 1e-9),
        "campaigns.randomised_share": proportion(randomised, number),
        "campaigns.holdout_share": proportion(held.sum(), len(held)),
        "campaigns.audience_share": proportion(len(wide), chances),
        "campaigns.targeting": (aim.params["pull"], aim.bse["pull"]),
    }


def savings(made: Bank) -> Estimates:
    """Within-account regression of log balance on the rate paid; share and noise of changes."""
    reported = made.feed("accounts").sort_values("updated_at")
    kind = reported.groupby("account_id").product_id.first()
    known = reported[reported.updated_at >= made.parameters["config"]["start"]]
    brought = known.groupby("account_id").current_balance.first().astype(float)
    names = ("account_id", "transaction_date", "amount", "description")
    every = made.columns("transactions", *names).sort_values("transaction_date")
    products = made.feed("products").sort_values("updated_at")
    found, residuals, lost, moves = {}, [], 0, 0
    for product, name in ((5, "savings"), (6, "high_yield"), (7, "money_market")):
        moved = every[every.account_id.map(kind) == product].copy()
        moved["balance"] = moved.amount.astype(float).groupby(moved.account_id).cumsum()
        moved["balance"] += moved.account_id.map(brought)
        moved = moved[moved.description.str.startswith("Savings transfer")]
        versions = products[products.product_id == product]
        when = versions.updated_at.to_numpy()
        at = np.searchsorted(when, moved.transaction_date.to_numpy(), side="right") - 1
        frame = pd.DataFrame({
            "log": np.log(moved.balance),
            "rate": versions.interest_rate.astype(float).to_numpy()[at] * 100,
            "month": month_of(moved.transaction_date),
        })  # fmt: skip
        inside = frame - frame.groupby(moved.account_id).transform("mean")
        fit = sm.OLS(inside.log, inside[["rate", "month"]]).fit(
            cov_type="cluster", cov_kwds={"groups": moved.account_id}
        )
        found[f"rates.{name}_elasticity"] = (fit.params["rate"], fit.bse["rate"])
        residuals.append(fit.resid)
        lost += moved.account_id.nunique() + 2
        moves += len(moved)
    rest = np.concatenate(residuals)
    freedom = len(rest) - lost
    noise = float(np.sqrt((rest**2).sum() / freedom))
    accounts = made.feed("accounts")
    held = accounts[accounts.product_id.isin([5, 6, 7])].groupby("account_id").last()
    opened = pd.to_datetime(held.open_date).clip(lower=pd.Timestamp("2023-01-01"))
    closed = pd.to_datetime(held.close_date).fillna(pd.Timestamp("2026-01-01"))
    # whole months after the one of opening, before the one of closing
    whole = (month_of(closed) - month_of(opened) - 1).clip(min=0)
    born, gone = pd.Series(month_of(opened), held.index), pd.Series(month_of(closed), held.index)
    moved = every[
        every.account_id.isin(held.index) & every.description.str.startswith("Savings transfer")
    ]
    month = month_of(moved.transaction_date)
    inside = (month > moved.account_id.map(born)) & (month < moved.account_id.map(gone))
    return found | {
        "rates.balance_noise": (noise, noise / float(np.sqrt(2 * freedom))),
        "rates.adjust_share": proportion(inside.sum(), whole.sum()),
    }


def incidents(stolen: pd.DataFrame) -> pd.DataFrame:
    """Sort frauds into typologies by their traces, and count the incidents."""
    transfer = stolen.transaction_type == "Transfer"
    sharers = stolen.groupby("device_id").customer_id.nunique()
    ring = transfer & stolen.device_id.map(sharers).gt(1)
    abroad = stolen.channel == "POS"
    # what one thief does within a day comes from one device
    thief = stolen.device_id.where(~(ring | abroad), stolen.customer_id.astype(str))
    day = stolen.transaction_date.dt.floor("D").where(ring | abroad)
    group = stolen.assign(ring=ring, abroad=abroad, transfer=transfer, thief=thief, day=day)
    sized = group.groupby(["ring", "abroad", "transfer", "thief"], dropna=False)
    table = sized.agg(
        number=("amount", "size"), least=("amount", lambda amount: amount.abs().min())
    ).reset_index()
    table["typology"] = np.select(
        [table.abroad, table.ring, table.transfer, table.least < 3.01],
        ["impossible_travel", "ring", "account_takeover", "card_testing"],
        "compromised_merchant",
    )
    return table


def incident_times(made: Bank) -> Estimates:
    """Poisson regression of daily incidents on weekend and time: takeovers and card tests.

    A device is one thief's, who does all within a day.
    """
    table = made.feed("transactions")
    joined = pd.to_datetime(made.first_versions.signup_date)
    old = joined[joined < "2023-01-01"].index
    known = table.is_fraud.astype(bool) & (table.transaction_date < "2025-10-15")
    stolen = table[known & table.customer_id.isin(old)]
    sharers = stolen.groupby("device_id").customer_id.transform("nunique")
    own = stolen[(sharers == 1) & (stolen.channel != "POS")]
    thief = own.groupby("device_id").agg(
        at=("transaction_date", "min"), kind=("transaction_type", "first"),
        least=("amount", lambda amount: amount.astype(float).abs().min()),
    )  # fmt: skip
    thief = thief[(thief.kind == "Transfer") | (thief.least < 3.01)]
    days = pd.date_range("2023-01-04", "2025-10-14")
    counts = thief["at"].dt.floor("D").value_counts().reindex(days, fill_value=0)
    design = pd.DataFrame({
        "fraud.weekend_effect": (days.dayofweek >= 5).astype(float),
        "fraud.trend_effect": (days - days[0]).days / 365.25,
    }, index=days)  # fmt: skip
    fit = sm.GLM(counts, sm.add_constant(design), family=sm.families.Poisson()).fit()
    return {name: (fit.params[name], fit.bse[name]) for name in design}


def fraud(made: Bank) -> Estimates:
    """Poisson rates of frauds by their traces; area under the curve; waits; recoveries."""
    config = made.parameters["config"]
    table = made.columns(
        "transactions", "transaction_id", "customer_id", "transaction_date", "transaction_type",
        "channel", "amount", "device_id", "is_fraud", "fraud_score", "decline_reason",
    )  # fmt: skip
    table["amount"] = table.amount.astype(float)
    known = table[table.transaction_date < "2025-10-15"]
    labels = known.is_fraud.astype(bool)
    # Hanley and McNeil (1982), equation 2
    area = metrics.roc_auc_score(labels, known.fraud_score)
    events, others = labels.sum(), (~labels).sum()
    one, two = area / (2 - area), 2 * area**2 / (1 + area)
    error = np.sqrt(
        (area * (1 - area) + (events - 1) * (one - area**2) + (others - 1) * (two - area**2))
        / (events * others)
    )
    found = {"fraud.score_auc": (float(area), float(error))}
    # people who were there all the time: chances are the same for all
    joined = pd.to_datetime(made.first_versions.signup_date)
    old = joined[joined < "2023-01-01"].index
    stolen = known[labels & known.customer_id.isin(old)]
    kinds = incidents(stolen)
    years = (pd.Timestamp("2025-10-15") - pd.Timestamp("2023-01-04")).days / 1099
    each = config["transactions"] / config["customers"]
    exposure = len(old) * each * years
    totals, weights = {}, {}
    for name, size in zip(TYPOLOGIES, SIZES, strict=True):
        part = kinds[kinds.typology == name].number
        # rings and travellers are counted by movements: whoever is hit twice is one group here
        number = len(part) if name not in ("ring", "impossible_travel") else part.sum() / size
        totals[name], weights[name] = number * size / exposure, np.sqrt(number + 1) * size
    share = sum(totals.values())
    spread = float(np.sqrt(sum(item**2 for item in weights.values()))) / exposure
    found["fraud.share"] = (share, spread)
    for name in TYPOLOGIES:
        found[f"fraud.{name}"] = (totals[name] / share, weights[name] / exposure / share)
    alerts = made.feed("fraud_alerts").merge(table, on="transaction_id", suffixes=("", "_of"))
    scored = alerts[(alerts.alert_type == "Score") & (alerts.investigation_status == "Open")]
    scored = scored[~scored.is_fraud.astype(bool) & (scored.transaction_date < "2025-10-15")]
    found["fraud.alert_share"] = proportion(len(scored), int((~labels).sum()))
    told = alerts[
        (alerts.alert_type == "Customer Report") & (alerts.investigation_status == "Open")
        & (alerts.transaction_date < "2025-07-01")
    ]  # fmt: skip
    # an alert follows a minute later at least: of a day's last minute, on the next day
    told = told[told.transaction_date.dt.strftime("%H:%M") < "23:59"]
    waits = (told.alert_date.dt.floor("D") - told.transaction_date.dt.floor("D")).dt.days
    closed = alerts[
        (alerts.investigation_status == "Closed") & alerts.is_fraud.astype(bool)
        & alerts.decline_reason.isna()
    ]  # fmt: skip
    back = mean(closed.amount_recovered.astype(float) / closed.amount.abs())
    return found | {
        "fraud.label_delay_days": geometric(waits, 10**6) if len(waits) else (0.0, 1.0),
        "fraud.recovered_share": (back[0], max(back[1], 0.001)),
    }


def cash(made: Bank) -> Estimates:
    """Poisson rate of cash above 10,000; shares of customers with the reports."""
    moved = made.columns("transactions", "customer_id", "description", "amount")
    amount = moved.amount.astype(float)
    large = (moved.description == "Cash deposit") & (amount >= 10_000)
    small = (moved.description == "Cash deposit") & amount.between(8900, 9960)
    several = moved[small].customer_id.value_counts()
    flagged = made.feed("risk_assessments").groupby("customer_id").sanctions_flag.max()
    people = len(made.first_versions)
    # amounts are uniform on 8,000-20,000, and the window is three years
    return {
        "regulatory.large_cash_rate": rate(large.sum(), people * 3 * 10 / 12),
        "regulatory.structuring_share": proportion((several >= 3).sum(), people),
        "regulatory.sanctions_share": proportion(flagged.astype(bool).sum(), len(flagged)),
    }


CALM = ("churn.base_rate=0", "campaigns.retention_effect=0")
EVEN = ("purchase.dropout_a=0", "mobile.transaction_effect=0", "adoption.causal_effect=0",
        "churn.falling_activity=1", "credit.spend_effect=0", "fraud.share=0",
        "adoption.confounding=0")  # fmt: skip
THIEVES = ("fraud.share=0.05", "fraud.weekend_effect=0.8", "fraud.trend_effect=0.4", *CALM)

MARKET = (
    Study(
        "linear probability of conversion against the holdout; Poisson regression of targeting",
        campaigns,
        finds=tuple(f"campaigns.{n}" for n in (
            "lift", "base_conversion", "conversion_value", "count", "randomised_share",
            "holdout_share", "audience_share", "targeting")),
        planted=(*CALM, *EVEN, "campaigns.audience_share=0.12"),
        removed=(*CALM, *EVEN, "campaigns.audience_share=0.2", "campaigns.lift=0",
                 "campaigns.base_conversion=0.08", "campaigns.conversion_value=75",
                 "campaigns.count=72", "campaigns.randomised_share=0.4",
                 "campaigns.holdout_share=0.5", "campaigns.targeting=0"),
        sizes={"customers": 2500, "transactions": 125_000},
    ),
    Study(
        "regression of log balances on rates within accounts", savings,
        finds=("rates.savings_elasticity", "rates.high_yield_elasticity",
               "rates.money_market_elasticity", "rates.balance_noise", "rates.adjust_share"),
        planted=CALM,
        removed=(*CALM, "rates.savings_elasticity=0", "rates.high_yield_elasticity=0",
                 "rates.money_market_elasticity=0", "rates.balance_noise=0.16",
                 "rates.adjust_share=0.5"),
        sizes={"customers": 3000, "transactions": 9000},
    ),
    Study(
        "Poisson rates of frauds sorted by their traces; area under the curve; waits", fraud,
        finds=("fraud.share", *(f"fraud.{name}" for name in TYPOLOGIES), "fraud.score_auc",
               "fraud.label_delay_days", "fraud.recovered_share", "fraud.alert_share"),
        planted=THIEVES,
        removed=(*CALM, "fraud.share=0.025", "fraud.compromised_merchant=0.6",
                 "fraud.card_testing=0.1", "fraud.impossible_travel=0.24",
                 "fraud.account_takeover=0.06", "fraud.ring=0", "fraud.score_auc=0.5",
                 "fraud.label_delay_days=0", "fraud.recovered_share=0",
                 "fraud.alert_share=0.02", "fraud.weekend_effect=0", "fraud.trend_effect=0"),
        sizes={"customers": 2500, "transactions": 75_000},
    ),
    Study(
        "Poisson regression of daily incidents", incident_times,
        finds=("fraud.weekend_effect", "fraud.trend_effect"),
        planted=THIEVES,
        removed=("fraud.share=0.05", "fraud.weekend_effect=0", "fraud.trend_effect=0", *CALM),
        sizes={"customers": 2500, "transactions": 75_000},
    ),
    Study(
        "Poisson rate and shares of customers", cash,
        finds=("regulatory.large_cash_rate", "regulatory.structuring_share",
               "regulatory.sanctions_share"),
        planted=(*CALM, "regulatory.large_cash_rate=0.1", "regulatory.structuring_share=0.02",
                 "regulatory.sanctions_share=0.02"),
        removed=(*CALM, "regulatory.large_cash_rate=0", "regulatory.structuring_share=0",
                 "regulatory.sanctions_share=0"),
        sizes={"customers": 3000, "transactions": 9000},
    ),
)  # fmt: skip
