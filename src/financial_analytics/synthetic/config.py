"""Every effect of the synthetic bank as a named parameter.

One frozen dataclass per mechanism. A parameter is set on the command line as
``--set mechanism.name=value`` or in YAML; every effect may be zero, which
removes it.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

BLOCK_CUSTOMERS = 1000
"""Customers simulated together. A constant, so that files never depend on the chunk size."""


def number(default: float, low: float, high: float, doc: str) -> Any:
    """Declare a parameter with its range and meaning."""
    return field(default=default, metadata={"low": low, "high": high, "doc": doc})


def whole(default: int, low: int, high: int, doc: str) -> Any:
    """Declare a whole-number parameter with its range and meaning."""
    return field(default=default, metadata={"low": low, "high": high, "doc": doc})


@cache
def generator() -> str:
    """Return a fingerprint of this package: other code may write another bank of one setting."""
    digest = hashlib.sha256()
    here = Path(__file__).parent
    for path in sorted(here.rglob("*.py")):
        digest.update(path.relative_to(here).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:12]


@dataclass(frozen=True)
class Archetypes:
    """Mechanism 1: five behavioural archetypes."""

    separation: float = number(1.0, 0, 1, "0: everyone behaves like the average customer")


@dataclass(frozen=True)
class Purchase:
    """Mechanism 2: when and how much customers buy."""

    shape: float = number(1.6, 0.05, 50, "r of the gamma mixing of purchase rates")
    dropout_a: float = number(0.8, 0, 50, "a of the beta mixing of dropout; 0: nobody drops out")
    dropout_b: float = number(100.0, 0.01, 5000, "b of the beta mixing of dropout")
    weekday_effect: float = number(1.0, 0, 3, "multiplies the log weekday profile")
    season_effect: float = number(
        0.08, 0, 1, "log amplitude of the yearly cosine, peak in December"
    )
    payday_effect: float = number(0.20, -1, 2, "log effect on the 1st and the 15th")
    holiday_effect: float = number(-0.35, -2, 2, "log effect of a bank holiday")
    trend_effect: float = number(0.04, -1, 1, "log growth of activity per year")
    hour_effect: float = number(1.0, 0, 1, "0: every hour of the day alike")
    amount_sigma: float = number(1.0, 0, 2, "multiplies the log-normal spread of amounts")
    income_effect: float = number(0.30, 0, 2, "elasticity of amounts to income")
    decline_share: float = number(0.030, 0, 0.5, "share of card and cash attempts that fail")
    retry_share: float = number(0.55, 0, 1, "share of failed attempts repeated with success")
    refund_share: float = number(0.02, 0, 0.5, "share of purchases refunded")


@dataclass(frozen=True)
class Satisfaction:
    """Mechanism 3: log odds of a better rating."""

    unresolved_effect: float = number(-1.30, -5, 5, "the contact did not resolve the matter")
    slow_effect: float = number(-0.50, -5, 5, "per doubling of the minutes spent")
    escalated_effect: float = number(-0.80, -5, 5, "the contact was escalated")
    rating_share: float = number(0.60, 0, 1, "share of contacts that leave a rating")


@dataclass(frozen=True)
class Churn:
    """Mechanism 4: monthly log hazards of leaving the bank."""

    base_rate: float = number(0.0052, 0, 0.5, "monthly hazard of the reference customer")
    complaint_effect: float = number(0.90, -5, 5, "unresolved complaint in the 3 months before")
    fee_effect: float = number(0.45, -5, 5, "fee in the 3 months before")
    falling_effect: float = number(1.30, -5, 5, "disengaged: activity has fallen")
    rate_gap_effect: float = number(0.10, -5, 5, "per point of market rate above ours (savers)")
    tenure_effect: float = number(-0.35, -5, 5, "per log(1 + years of tenure)")
    autopay_effect: float = number(-0.50, -5, 5, "autopay enrolled")
    disengage_rate: float = number(0.010, 0, 0.5, "monthly chance that activity starts to fall")
    disengage_months: float = number(8.0, 1, 100, "mean length of a disengaged spell")
    falling_activity: float = number(0.40, 0, 1, "activity left while disengaged")
    login_gap_days: float = number(4.0, 0.1, 100, "mean days between logins, engaged")
    login_thinning: float = number(8.0, 1, 100, "multiplies that gap while disengaged")
    fee_rate: float = number(0.030, 0, 1, "monthly chance of a fee event")


@dataclass(frozen=True)
class Credit:
    """Mechanism 5: the credit decision and what approval changes."""

    application_rate: float = number(0.11, 0, 10, "applications per customer, product and year")
    cutoff: float = number(660, 300, 850, "score from which an application is approved")
    exception_rate: float = number(0.03, 0, 0.5, "decisions at the cutoff that go against it")
    slope_effect: float = number(0.80, -5, 5, "log odds of approval per 100 points of score")
    senior_effect: float = number(0.0, -5, 5, "log odds of approval of applicants of 62 and older")
    dti_limit: float = number(0.60, 0, 10, "debt to income above which credit is refused")
    spend_effect: float = number(60.0, 0, 5000, "USD a month that approval adds, for 12 months")
    balance_effect: float = number(600.0, 0, 50_000, "USD moved in from elsewhere on approval")


@dataclass(frozen=True)
class Loans:
    """Mechanism 6: monthly log hazards of default, and loss given default."""

    default_rate: float = number(0.0018, 0, 0.5, "monthly hazard of the reference loan")
    score_effect: float = number(-1.70, -5, 5, "per 100 points of score")
    dti_effect: float = number(0.35, -5, 5, "per 0.1 of debt to income")
    rate_effect: float = number(0.25, -5, 5, "per 5 points of loan rate")
    utilisation_effect: float = number(0.80, -5, 5, "per 1.0 of card limit drawn")
    unemployment_effect: float = number(0.15, -5, 5, "per point of unemployment above 4 %")
    late_effect: float = number(1.50, -5, 5, "the instalment before was late")
    mortgage_effect: float = number(-2.00, -5, 5, "mortgage against other loans")
    loss_given_default: float = number(0.60, 0, 1, "mean share of exposure lost, nothing repaid")
    mortgage_loss: float = number(0.24, 0, 1, "the same, mortgages")
    loss_paid_effect: float = number(-0.50, -1, 1, "share of loss, per 1.0 of principal repaid")
    prepay_rate: float = number(0.006, 0, 0.5, "monthly hazard of paying off early")


@dataclass(frozen=True)
class Autopay:
    """Mechanism 7: autopay and late payment."""

    enrol_rate: float = number(0.035, 0, 1, "monthly chance of enrolling")
    late_rate: float = number(0.070, 0, 1, "monthly hazard of a late instalment, no autopay")
    hazard_ratio: float = number(0.35, 0.001, 10, "late hazard with autopay over without; 1: none")
    score_effect: float = number(-0.60, -5, 5, "log late hazard per 100 points of score")


@dataclass(frozen=True)
class Campaigns:
    """Mechanism 8: campaigns, holdouts and return to spend."""

    count: int = whole(48, 0, 1000, "campaigns in the window")
    audience_share: float = number(0.08, 0, 1, "customers in a campaign")
    holdout_share: float = number(0.25, 0, 1, "randomised holdout of the audience")
    randomised_share: float = number(0.75, 0, 1, "campaigns with a holdout; others are targeted")
    base_conversion: float = number(0.03, 0, 1, "conversion without any contact")
    lift: float = number(0.10, 0, 1, "most a channel can add to conversion (saturation)")
    conversion_value: float = number(150.0, 1, 10_000, "mean spend of a conversion, USD")
    targeting: float = number(1.0, 0, 5, "log odds of being targeted per sd of activity")
    retention_effect: float = number(-0.50, -5, 5, "log churn hazard, 3 months after contact")
    unasked_effect: float = number(0.90, -5, 5, "the same, added by a call without opt-in")
    bonus_effect: float = number(-0.60, -5, 5, "the same, added by a rate bonus for home owners")


@dataclass(frozen=True)
class Rates:
    """Mechanism 9: deposit rates and balances."""

    savings_elasticity: float = number(0.10, -2, 2, "log balance per point of rate, savings")
    high_yield_elasticity: float = number(0.30, -2, 2, "the same, high-yield savings")
    money_market_elasticity: float = number(0.20, -2, 2, "the same, money market")
    adjust_share: float = number(0.25, 0, 1, "share of savers who adjust in a month (the delay)")
    balance_noise: float = number(0.08, 0, 2, "sd of log balance at an adjustment")


@dataclass(frozen=True)
class Branches:
    """Mechanism 10: distance to the nearest branch."""

    count: int = whole(90, 1, 5000, "branches")
    openings: int = whole(8, 0, 1000, "branches that open in the window")
    closures: int = whole(6, 0, 1000, "branches that close in the window")
    near_km: float = number(8.0, 0.1, 1000, "end of the near band")
    far_km: float = number(30.0, 0.1, 5000, "start of the far band")
    visit_rate: float = number(0.075, 0, 5, "visits a month of a customer near a branch")
    middle_effect: float = number(-0.50, -5, 5, "log branch visits, middle band against near")
    far_effect: float = number(-1.20, -5, 5, "log branch visits, far band against near")
    far_churn_effect: float = number(0.35, -5, 5, "log churn hazard, far band")


@dataclass(frozen=True)
class Mobile:
    """Mechanism 11: roll-out of the mobile application by region."""

    waves: int = whole(3, 1, 5, "waves; the last regions are never reached")
    transaction_effect: float = number(0.25, -3, 3, "log purchases in the long run")
    contact_effect: float = number(-0.40, -3, 3, "log calls and visits in the long run")
    ramp_months: float = number(3.0, 0.1, 60, "months in which 63 % of the effect arrives")


@dataclass(frozen=True)
class Adoption:
    """Mechanism 12: adoption of the brokerage account."""

    base_rate: float = number(0.006, 0, 0.5, "monthly hazard of adoption")
    income_effect: float = number(0.60, -5, 5, "log hazard per sd of log income")
    tenure_effect: float = number(0.25, -5, 5, "log hazard per sd of log tenure")
    confounding: float = number(0.15, -3, 3, "log purchases per sd of log income and of tenure")
    causal_effect: float = number(0.20, -3, 3, "log purchases that adoption itself adds")


@dataclass(frozen=True)
class Fraud:
    """Mechanism 13: fraud typologies and the score."""

    share: float = number(0.0010, 0, 0.2, "fraudulent transactions of all")
    compromised_merchant: float = number(0.30, 0, 1, "share of fraud: compromised merchant")
    card_testing: float = number(0.30, 0, 1, "share of fraud: card testing")
    impossible_travel: float = number(0.12, 0, 1, "share of fraud: impossible travel")
    account_takeover: float = number(0.16, 0, 1, "share of fraud: account takeover")
    ring: float = number(0.12, 0, 1, "share of fraud: ring with a shared device")
    score_auc: float = number(0.95, 0.5, 0.9999, "area under the ROC curve of fraud_score")
    alert_share: float = number(0.006, 0, 0.5, "honest transactions whose score raises an alert")
    weekend_effect: float = number(0.30, -5, 5, "log incidents on Saturday and Sunday")
    trend_effect: float = number(0.15, -5, 5, "log growth of incidents per year")
    label_delay_days: float = number(12.0, 0, 365, "mean days until a fraud is known")
    recovered_share: float = number(0.45, 0, 1, "mean share of a confirmed fraud recovered")


@dataclass(frozen=True)
class Regulatory:
    """Mechanism 14: cash near 10,000 and sanctions."""

    large_cash_rate: float = number(0.025, 0, 10, "cash deposits of 8,000-20,000 per year")
    structuring_share: float = number(0.004, 0, 1, "customers who structure cash deposits")
    sanctions_share: float = number(0.0015, 0, 1, "customers with a sanctions hit")


@dataclass(frozen=True)
class Spatial:
    """Mechanism 15: income and balances are alike in neighbouring counties."""

    income_sd: float = number(0.25, 0, 2, "sd of the log-income field over counties")
    range_km: float = number(150.0, 1, 5000, "distance over which correlation falls to 1/e")


@dataclass(frozen=True)
class History:
    """Mechanism 16: what changes about customers, and how deltas arrive."""

    move_rate: float = number(0.06, 0, 10, "moves per year")
    score_rate: float = number(0.15, 0, 10, "score revisions per year")
    income_rate: float = number(0.08, 0, 10, "income revisions per year")
    family_rate: float = number(0.04, 0, 10, "changes of family status per year")
    extract_months: int = whole(1, 1, 120, "months between full customer extracts")
    late_share: float = number(0.02, 0, 1, "delta rows that arrive one to three days late")
    corrected_share: float = number(0.005, 0, 1, "delta transactions corrected the day after")


@dataclass(frozen=True)
class Dirt:
    """Mechanism 17: faults per clean row."""

    duplicates: float = number(0.0010, 0, 0.5, "equal rows sent twice")
    missing_keys: float = number(0.0002, 0, 0.5, "rows without their key")
    orphans: float = number(0.0002, 0, 0.5, "events of unknown customers")
    bad_dates: float = number(0.0002, 0, 0.5, "dates that do not exist, or in 2099")
    bad_amounts: float = number(0.0002, 0, 0.5, "amounts that are no amount")
    bad_enums: float = number(0.0002, 0, 0.5, "values outside a closed list")
    wrong_encoding: float = number(0.0002, 0, 0.5, "customer rows in Latin-1 (CSV only)")
    mixed_currencies: float = number(0.0002, 0, 0.5, "amounts with a currency sign inside")


@dataclass(frozen=True)
class Products:
    """Mechanism 20: who opens savings and currency accounts while a customer."""

    savings_rate: float = number(0.004, 0, 0.5, "monthly hazard of opening savings")
    income_effect: float = number(0.50, -5, 5, "log of it per sd of log income")
    age_effect: float = number(0.20, -5, 5, "log of it per 10 years over 45")
    currency_rate: float = number(0.0008, 0, 0.5, "monthly hazard of opening a currency account")
    travel_effect: float = number(2.20, -5, 5, "log of it of travellers")


@dataclass(frozen=True)
class Cards:
    """Mechanism 19: reviews of card limits, and cards that are never paid."""

    review_rate: float = number(0.03, 0, 1, "monthly chance that a limit is reviewed")
    trial_share: float = number(0.40, 0, 1, "share of reviews decided by lot")
    step_share: float = number(0.25, 0, 1, "share by which a limit moves")
    balance_elasticity: float = number(0.60, 0, 3, "log revolved balance per log limit")
    default_rate: float = number(0.0030, 0, 0.5, "monthly hazard of the reference revolver")
    score_effect: float = number(-1.10, -5, 5, "per 100 points of score")
    utilisation_effect: float = number(1.50, -5, 5, "per 1.0 of card limit drawn")
    loss_given_default: float = number(0.85, 0, 1, "mean share of the balance lost")


@dataclass(frozen=True)
class Stream:
    """Mechanism 18: events after the last batch."""

    days: int = whole(7, 0, 366, "days simulated past the end for the live stream")


@dataclass(frozen=True)
class BankConfig:
    """The whole bank: sizes, dates, seed and one group of parameters per mechanism."""

    customers: int = whole(20_000, 1, 50_000_000, "customers")
    transactions: int = whole(1_000_000, 0, 2_000_000_000, "transactions, about")
    start: dt.date = dt.date(2023, 1, 1)
    end: dt.date = dt.date(2025, 12, 31)
    seed: int = whole(20240, 0, 2**63 - 1, "seed of every random stream")
    deltas: int = whole(0, 0, 366, "daily files after the first full load")
    merchants: int = whole(2000, 50, 1_000_000, "merchants, about")
    archetypes: Archetypes = field(default_factory=Archetypes)
    purchase: Purchase = field(default_factory=Purchase)
    satisfaction: Satisfaction = field(default_factory=Satisfaction)
    churn: Churn = field(default_factory=Churn)
    credit: Credit = field(default_factory=Credit)
    loans: Loans = field(default_factory=Loans)
    autopay: Autopay = field(default_factory=Autopay)
    campaigns: Campaigns = field(default_factory=Campaigns)
    rates: Rates = field(default_factory=Rates)
    branches: Branches = field(default_factory=Branches)
    mobile: Mobile = field(default_factory=Mobile)
    adoption: Adoption = field(default_factory=Adoption)
    fraud: Fraud = field(default_factory=Fraud)
    regulatory: Regulatory = field(default_factory=Regulatory)
    spatial: Spatial = field(default_factory=Spatial)
    history: History = field(default_factory=History)
    cards: Cards = field(default_factory=Cards)
    products: Products = field(default_factory=Products)
    dirt: Dirt = field(default_factory=Dirt)
    stream: Stream = field(default_factory=Stream)

    @property
    def blocks(self) -> int:
        """Number of customer blocks."""
        return -(-self.customers // BLOCK_CUSTOMERS)

    def identity(self) -> dict[str, Any]:
        """Return what tells this bank from any other: its settings, and the code that writes it."""
        return self.as_dict() | {"generator": generator()}

    def as_dict(self) -> dict[str, Any]:
        """Return sizes and parameters as plain values, for ``truth/parameters.json``."""
        plain = dataclasses.asdict(self)
        return plain | {"start": self.start.isoformat(), "end": self.end.isoformat()}
