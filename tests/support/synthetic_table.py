"""The table of parameters in docs/synthetic-bank.md, written from the code and the studies."""

from __future__ import annotations

import dataclasses
from types import ModuleType
from typing import Any

from financial_analytics.synthetic import (
    BankConfig,
    accounts,
    campaigns,
    cards,
    churn,
    credit,
    customers,
    dirt,
    fraud,
    geography,
    interactions,
    live,
    loans,
    mobile,
    network,
    purchases,
    regulatory,
    services,
)
from tests.support.studies_activity import ACTIVITY
from tests.support.studies_files import FILES
from tests.support.studies_lending import LENDING
from tests.support.studies_lives import LIVES
from tests.support.studies_market import MARKET
from tests.support.studies_products import PRODUCTS
from tests.support.synthetic_studies import Study

STUDIES: tuple[Study, ...] = (*ACTIVITY, *LENDING, *LIVES, *MARKET, *PRODUCTS, *FILES)

# Where the model of a mechanism stands, and the source that it cites.
SOURCES: dict[str, tuple[Any, str]] = {
    "archetypes": (customers.draw_customers, "our own choice"),
    "purchase": (purchases.draw_purchases, "Fader, Hardie and Lee 2005"),
    "satisfaction": (interactions.draw_contacts, "McCullagh 1980"),
    "churn": (churn.draw_life, "Keaveney (1995"),
    "credit": (credit.draw_applications, "Gross and Souleles 2002"),
    "loans": (loans.draw_loans, "Federal Reserve charge-off and delinquency release, 2024"),
    "autopay": (loans.draw_loans, "Gathergood et al. 2021"),
    "campaigns": (campaigns.build_plan, "Jin et al. 2017"),
    "rates": (services.savings_legs, "Drechsler, Savov and Schnabl (2017"),
    "branches": (network.build_network, "Nguyen 2019"),
    "mobile": (mobile.build_rollout, "Xue, Hitt and Chen 2011"),
    "adoption": (accounts.draw_holdings, "SCF 2022"),
    "fraud": (fraud.draw_fraud, "ECB/EBA 2024"),
    "regulatory": (regulatory.cash_legs, "31 CFR 1010.311"),
    "spatial": (geography.build_geography, "Cressie 1993"),
    "history": (customers.draw_customers, "Census Bureau, Current Population Survey, 2021"),
    "dirt": (dirt, "our own choice"),
    "stream": (live, "our own choice"),
    "cards": (cards.draw_cards, "FFIEC retail classification, 2000"),
    "products": (accounts.opening_hazards, "SCF 2022"),
}

# Parameters of the files rather than of the bank: the test that finds them.
ELSEWHERE = {
    "dirt.wrong_encoding": "test_dirt__quarantine_has_the_planted_faults_and_only_them",
    "stream.days": "test_stream__continues_where_the_batches_end",
}
HEAD = (
    "| # | parameter | default | model, and the source it cites | how it is found again |",
    "|---|---|---|---|---|",
)


def parameters() -> list[tuple[str, float]]:
    """Return every parameter as ``mechanism.name`` with its default."""
    config = BankConfig()
    return [
        (f"{group.name}.{item.name}", getattr(getattr(config, group.name), item.name))
        for group in dataclasses.fields(config)
        if dataclasses.is_dataclass(getattr(config, group.name))
        for item in dataclasses.fields(getattr(config, group.name))
    ]


def found_by() -> dict[str, str]:
    """Return the method of the study, or the name of the test, that finds each parameter."""
    studies = {parameter: study.method for study in STUDIES for parameter in study.finds}
    return studies | {parameter: f"`{name}`" for parameter, name in ELSEWHERE.items()}


def stated(mechanism: str) -> tuple[str, str]:
    """Return where the formula of a mechanism stands, and its text."""
    holder, _ = SOURCES[mechanism]
    name = holder.__name__.removeprefix("financial_analytics.synthetic.")
    module = holder if isinstance(holder, ModuleType) else None
    where = name if module else f"{holder.__module__.rsplit('.', 1)[1]}.{name}"
    return where, " ".join((holder.__doc__ or "").split())


def table() -> str:
    """Return the table as it stands in the documentation."""
    numbers = {name: place for place, name in enumerate(SOURCES, start=1)}
    methods = found_by()
    rows = []
    for parameter, default in parameters():
        mechanism = parameter.split(".")[0]
        where, _ = stated(mechanism)
        source = SOURCES[mechanism][1].replace("(", "")
        rows.append(
            f"| {numbers[mechanism]} | `{parameter}` | {default:g} | `{where}` ({source}) "
            f"| {methods.get(parameter, '')} |"
        )
    return "\n".join([*HEAD, *rows])
