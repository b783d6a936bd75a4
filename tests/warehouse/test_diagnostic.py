"""Category 02 on a synthetic bank: planted causes found again, numbers worked out another way."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep
from tests.support.lab import Lab
from tests.support.synthetic_lab import Bank, bank, covers

pytestmark = pytest.mark.slow

FOLDER = "+gold.analytics.02_diagnostic_analytics"
MODELS = (
    *("analytics_churn_analysis", "analytics_fraud_pattern_analysis"),
    *("analytics_fraud_pattern_links", "analytics_loan_default_correlations"),
    *("analytics_loan_default_drivers", "analytics_transaction_decline_analysis"),
    *("analytics_customer_satisfaction_drivers", "analytics_account_closure_analysis"),
    *("analytics_credit_application_rejection_analysis", "analytics_revenue_variance_analysis"),
    "analytics_marketing_campaign_performance_drivers",
)
# Rarer in the default bank than a test can wait for: the effects are the defaults, but for
# that of the loan rate, which is stronger so that some hundred defaults show it. Nobody stops
# buying for good, which also looks like a fall in activity and tells nothing of churn; falls are
# deeper and more of them, since three months are five purchases here. Logins go on as before, or
# they would tell of the same falls.
OVERRIDES = (
    *("purchase.dropout_a=0", "churn.disengage_rate=0.03", "churn.falling_activity=0.1"),
    "churn.login_thinning=1",
    *("churn.base_rate=0.02", "fraud.share=0.01", "loans.default_rate=0.03"),
    *("credit.application_rate=0.8", "campaigns.audience_share=0.3", "loans.rate_effect=1"),
)
# Unemployment moves by one point in three years, and half of the borrowers have a card: at the
# default effects some thousand defaults would be needed to tell either from chance. The score is
# weaker than by default, or it takes the others' places.
LENDING = (
    *("loans.default_rate=0.02", "loans.rate_effect=1", "credit.application_rate=0.8"),
    *("loans.score_effect=-1.1", "loans.late_effect=0", "loans.mortgage_effect=0"),
    *("loans.utilisation_effect=3", "loans.unemployment_effect=2"),
)
WIDE = 3.29
"""Standard errors on each side of a 99.9 % interval."""
CHURN_NOISE = {
    *("age_group", "marital_status", "education", "home_ownership", "marketing_opt_in"),
    "preferred_channel",
}


class Warehouse:
    """Relations of a built warehouse as frames."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def frame(self, query: str) -> pd.DataFrame:
        """Return a query's rows."""
        with duckdb.connect(str(self.path), read_only=True) as connection:
            return connection.execute(query).df()

    def model(self, name: str) -> pd.DataFrame:
        """Return a gold relation whole."""
        schema = "gold_intermediate" if name.startswith("int_") else "gold"
        return self.frame(f"select * from {schema}.{name}")


@pytest.fixture(scope="module")
def made() -> Bank:
    """Return the bank's feeds and truth."""
    return bank(*OVERRIDES, customers=2000, transactions=100_000, seed=5)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, made: Bank) -> Lab:
    """Return a lab with the diagnostic models built; churn is looked for in all three years."""
    lab = Lab(tmp_path_factory.mktemp("diagnostic"))
    lab.load(made.folder / "full")
    lab.build(FOLDER, "+int_product_revenue", churn_window_months=36)
    return lab


@pytest.fixture(scope="module")
def warehouse(lab: Lab) -> Warehouse:
    """Return its warehouse."""
    return Warehouse(lab.settings.warehouse_path)


@pytest.fixture(scope="module")
def lender() -> Bank:
    """Return a bank of many loans and nearly no other movement."""
    return bank(*LENDING, customers=4000, transactions=0, seed=5)


@pytest.fixture(scope="module")
def loans(tmp_path_factory: pytest.TempPathFactory, lender: Bank) -> Warehouse:
    """Return its warehouse with the drivers of default built."""
    lab = Lab(tmp_path_factory.mktemp("lending"))
    lab.load(lender.folder / "full")
    lab.build("+analytics_loan_default_drivers")
    return Warehouse(lab.settings.warehouse_path)


def test_every_model_has_rows_and_says_how_sure_it_is(warehouse: Warehouse) -> None:
    for name in MODELS:
        rows = warehouse.model(name)
        assert (rows["status"] == "ok").any(), name
        assert len(set(rows["as_of_date"])) == 1, name


@pytest.mark.parametrize(
    ("model", "exposure"),
    [
        ("analytics_churn_analysis", "int_churn_exposure"),
        ("analytics_loan_default_drivers", "int_default_exposure"),
    ],
)
def test_information_value_in_pandas(warehouse: Warehouse, model: str, exposure: str) -> None:
    table = warehouse.model(model)
    if "customer_segment" in table:
        table = table[table["customer_segment"] == "All"]
    units = warehouse.model(exposure)
    assert table["driver"].nunique() == sum(name.endswith("_bin") for name in units)
    checked = 0
    for driver, rows in table.groupby("driver"):
        cells = pd.crosstab(units[f"{driver}_bin"], units["is_event"])
        own = rows.set_index("bin").loc[cells.index]
        assert (own["exposed_count"].to_numpy() == cells.sum(axis=1).to_numpy()).all()
        if (own["status"] != "ok").any():
            assert len(cells) == 1, driver
            continue
        checked += 1
        totals = cells.sum()
        share = cells.clip(lower=0.5) / totals
        weight = np.log(share[True] / share[False])
        value = float(((share[True] - share[False]) * weight).sum())
        np.testing.assert_allclose(own["weight_of_evidence"], weight, rtol=1e-9)
        # each bin is rounded to twelve decimals, so that the order of the sum does not show
        rounding = 0.5e-12 * len(cells) + 1e-15
        np.testing.assert_allclose(own["information_value"], value, rtol=0, atol=rounding)
        scale = 1 / totals[True] + 1 / totals[False]
        limit = stats.chi2.ppf(0.95, len(cells) - 1) * scale
        # Wilson and Hilferty's approximation is within 3 % from one degree of freedom on
        np.testing.assert_allclose(own["critical_information_value"], limit, rtol=0.03)
        rate = cells[True] / cells.sum(axis=1)
        base = totals[True] / totals.sum()
        large = (cells.sum(axis=1) / totals.sum() >= 0.05) & (cells.index != "Unknown")
        attributable = 100 * (base - rate[large].min()) / base
        if attributable < 0:  # no large known bin is better than the whole
            assert own["population_attributable_pct"].isna().all()
            continue
        np.testing.assert_allclose(own["population_attributable_pct"], attributable, atol=1e-9)
        np.testing.assert_allclose(own["bin_attributable_pct"].sum(), attributable, atol=1e-9)
    assert checked >= 6


def test_planted_churn_drivers_rank_on_top(warehouse: Warehouse) -> None:
    """Six planted, six noise, and two (logins, dormancy) that may follow the fall in activity."""
    table = warehouse.model("analytics_churn_analysis")
    table = table[table["customer_segment"] == "All"]
    drivers = table.groupby("driver").first()
    assert drivers["status"].eq("ok").sum() >= 12
    planted = {*("tenure", "fee_event", "autopay", "unresolved_complaint"), "rate_gap", "activity"}
    assert drivers.loc[sorted(planted), "is_above_chance"].all(), drivers["information_value"]
    ranks = drivers["driver_rank_number"].sort_values()
    assert set(ranks.index[:6]) == planted, ranks
    # each noise driver is above chance once in 20; two of six in 30 banks
    assert drivers.loc[sorted(CHURN_NOISE), "is_above_chance"].sum() <= 1


@pytest.mark.parametrize(
    ("driver", "sign", "parameter"),
    [
        ("unresolved_complaint", 1, "complaint_effect"),
        ("fee_event", 1, "fee_effect"),
        ("autopay", 1, "autopay_effect"),
    ],
)
def test_joint_odds_cover_the_planted_hazards(
    warehouse: Warehouse, made: Bank, driver: str, sign: int, parameter: str
) -> None:
    """The 99.9 % interval holds what is planted and leaves out nothing at all.

    A monthly hazard of a few per cent: log odds and log hazard differ by less than 0.03.
    """
    odds = warehouse.model("int_churn_odds").query("driver == @driver")
    levels = odds.set_index("bin")
    effect = sign * (levels.loc["Yes", "log_odds"] - levels.loc["No", "log_odds"])
    error = float(levels["log_odds_standard_error"].max())
    planted = made.parameters["config"]["churn"][parameter]
    assert covers(effect, error + 0.03 / WIDE, planted, WIDE)
    assert not covers(effect, error, 0.0, WIDE)


def test_planted_default_drivers_rank_on_top(loans: Warehouse) -> None:
    """The instalments of a loan are alike, so chance is wider than the table's limit: a noise
    driver may pass it, and loans that are young default more because the bad ones go first. The
    joint odds hold score and rate fixed, and then nothing is left of the noise."""
    table = loans.model("analytics_loan_default_drivers")
    drivers = table.groupby("driver").first()
    ranks = drivers["driver_rank_number"].sort_values()
    planted = ["credit_score", "loan_rate", "debt_to_income", "utilisation", "unemployment"]
    assert set(ranks.index[:5]) == set(planted), drivers["information_value"]
    assert drivers.loc[planted, "is_above_chance"].all()
    noise = table[table["driver"].isin(["age_group", "marital_status", "marketing_opt_in",
                                      "education", "loan_age"])]  # fmt: skip
    noise = noise[noise["adjusted_odds_ratio_lower"].notna()]
    assert len(noise) >= 10
    apart = (noise["adjusted_odds_ratio_lower"] > 1) | (noise["adjusted_odds_ratio_upper"] < 1)
    assert apart.sum() <= 2
    scores = table[table["driver"] == "credit_score"].set_index("bin")
    middle = scores.loc["680 to 719", "adjusted_odds_ratio_lower"]
    assert middle > scores.loc["760 and more", "adjusted_odds_ratio"] == 1


def test_utilisation_and_unemployment_come_back_from_the_instalments(
    loans: Warehouse, lender: Bank
) -> None:
    """Both as measured, month by month: the planted effects per unit, score and rate held fixed.

    Instalments whose loan rate or debt service no application tells are left out, as in any fit.
    """
    units = loans.model("int_default_exposure")
    design = pd.DataFrame(
        {
            "score_effect": (units["credit_score"].astype(float) - 700) / 100,
            "dti_effect": (units["debt_to_income_rate"].astype(float) - 0.35) / 0.1,
            "rate_effect": (units["loan_rate"].astype(float) - 0.08) / 0.05,
            # without a card nothing is drawn
            "utilisation_effect": units["utilisation_rate"].astype(float).fillna(0.0),
            "unemployment_effect": units["unemployment_rate"].astype(float) - 4,
        }
    )
    known = design.notna().all(axis=1)
    fit = sm.GLM(
        units.loc[known, "is_event"].astype(float),
        sm.add_constant(design[known]),
        family=sm.families.Binomial(sm.families.links.CLogLog()),
    ).fit()
    planted = lender.parameters["config"]["loans"]
    for name in ("utilisation_effect", "unemployment_effect"):
        assert covers(fit.params[name], fit.bse[name], planted[name]), fit.summary()
        assert fit.params[name] > 4 * fit.bse[name], fit.summary()


def test_card_balances_show_the_planted_utilisation(loans: Warehouse, lender: Bank) -> None:
    """What is drawn at month ends is the habit planted: else no default could be put down to it."""
    units = loans.model("int_default_exposure").dropna(subset=["utilisation_rate"])
    drawn = units.groupby("customer_natural_key")["utilisation_rate"].mean().astype(float)
    planted = lender.truth("customers").set_index("customer_id")["card_utilisation"]
    assert len(drawn) > 100
    assert np.corrcoef(drawn, planted.loc[drawn.index])[0, 1] > 0.9


def test_rank_correlations_are_scipys(warehouse: Warehouse) -> None:
    pairs = warehouse.model("analytics_loan_default_correlations")
    units = warehouse.model("int_default_exposure").astype({"is_event": float})
    columns = {
        "default": "is_event",
        "credit_score": "credit_score",
        "debt_to_income": "debt_to_income_rate",
        "loan_rate": "loan_rate",
        "utilisation": "utilisation_rate",
        "unemployment": "unemployment_rate",
        "loan_age": "loan_age_months",
    }
    assert len(pairs) == 7 * 6
    for row in pairs.to_dict("records"):
        names = [columns[row["driver"]], columns[row["other_driver"]]]
        known = units[names].dropna().astype(float)
        expected = stats.spearmanr(known[names[0]], known[names[1]]).statistic
        assert row["pair_count"] == len(known)
        assert row["spearman_correlation"] == pytest.approx(expected, abs=1e-9)


def test_revenue_splits_to_the_cent(warehouse: Warehouse) -> None:
    table = warehouse.frame(
        "select *, variance_amount - volume_effect_amount - mix_effect_amount"
        " - price_effect_amount as rest_amount from gold.analytics_revenue_variance_analysis"
    )
    ok = table[table["status"] == "ok"].copy()
    assert len(ok) > 500
    assert (ok["rest_amount"].astype(float) == 0.0).all()
    months = warehouse.model("int_revenue_month").merge(
        warehouse.frame("select product_key, product_natural_key from gold.dim_product")
    )
    months["revenue"] = (months["interest_amount"] + months["fee_amount"]).astype(float)
    key = ["month", "product_natural_key", "customer_segment"]
    months["month"] = pd.to_datetime(months["month_start_date"])
    now = months.set_index(key)[["account_count", "revenue"]].astype(float)
    before = months.assign(month=months["month"] + pd.DateOffset(years=1))
    before = before.set_index(key)[["account_count", "revenue"]].astype(float)
    ok["month"] = pd.to_datetime(ok["month_start_date"])
    ok = ok.set_index(key)
    v1 = now["account_count"].reindex(ok.index).fillna(0)
    r1 = now["revenue"].reindex(ok.index).fillna(0)
    v0 = before["account_count"].reindex(ok.index).fillna(0)
    r0 = before["revenue"].reindex(ok.index).fillna(0)
    n1, n0 = v1.groupby("month").transform("sum"), v0.groupby("month").transform("sum")
    price = (r0 / v0).where(v0 > 0, (r1 / v1).where(v1 > 0, 0.0))
    np.testing.assert_allclose(ok["variance_amount"].astype(float), r1 - r0, atol=0.006)
    np.testing.assert_allclose(
        ok["volume_effect_amount"].astype(float), (n1 - n0) * r0 / n0, atol=0.006
    )
    mix = v1 * price - n1 * r0 / n0
    np.testing.assert_allclose(ok["mix_effect_amount"].astype(float), mix, atol=0.006)
    np.testing.assert_allclose(ok["price_effect_amount"].astype(float), r1 - v1 * price, atol=0.016)


def test_interest_of_the_last_year_is_that_of_the_products(warehouse: Warehouse) -> None:
    found = warehouse.frame(
        "select product_key, sum(interest_amount) as interest, sum(fee_amount) as fees"
        " from gold_intermediate.int_revenue_month"
        " where month_start_date > (select as_of_date - interval 1"
        " year from silver.data_clock) group by product_key having sum(interest_amount) > 0"
    )
    products = warehouse.model("int_product_revenue").set_index("product_key")
    assert len(found) >= 5
    for row in found.to_dict("records"):
        assert products.loc[row["product_key"], "interest_revenue_amount"] == row["interest"]


def test_retries_in_pandas(warehouse: Warehouse) -> None:
    facts = warehouse.frame(
        "select transaction_id, account_natural_key as account, merchant_key as merchant,"
        " transaction_amount as amount, transaction_at as at, is_declined, decline_reason"
        " from gold.fact_transactions where account_natural_key is not null"
    )
    declined = facts[facts["is_declined"]]
    both = declined.merge(facts, on=["account", "merchant", "amount"], suffixes=("", "_again"))
    later = both[(both["at_again"] > both["at"])]
    later = later[later["at_again"] <= later["at"] + pd.Timedelta(hours=24)]
    recovered = later[~later["is_declined_again"].astype(bool)]["transaction_id"].nunique()
    table = warehouse.model("analytics_transaction_decline_analysis")
    assert table["retried_count"].sum() == later["transaction_id"].nunique()
    assert table["recovered_count"].sum() == recovered > 100
    rates = table[table["declined_count"] > 0]
    lost = (rates["declined_amount"] - rates["recovered_amount"]).astype(float)
    np.testing.assert_allclose(rates["lost_amount"].astype(float), lost, atol=1e-9)
    groups = declined.groupby("decline_reason").size()
    found = table.groupby("decline_reason")["declined_count"].sum()
    assert groups.to_dict() == found[found > 0].to_dict()


def test_campaign_effects_against_statsmodels(warehouse: Warehouse, made: Bank) -> None:
    table = warehouse.model("analytics_marketing_campaign_performance_drivers")
    randomised = table[table["evidence"] == "randomised holdout"]
    assert len(randomised) >= 20
    assert (table["evidence"] == "association only").any()
    for row in randomised[randomised["status"] == "ok"].head(5).to_dict("records"):
        low, high = confint_proportions_2indep(
            row["converted_count"], row["contacted_count"], row["holdout_converted_count"],
            row["holdout_count"], method="newcomb", compare="diff",
        )  # fmt: skip
        assert row["incremental_rate_pct_lower"] == pytest.approx(100 * low, abs=1e-9)
        assert row["incremental_rate_pct_upper"] == pytest.approx(100 * high, abs=1e-9)
    # what contact really added is known: both outcomes of everybody are in the ledger
    truth = made.truth("campaign_touches").groupby("campaign_id")
    effect = 100 * (truth["converts_if_contacted"].mean() - truth["converts_if_spared"].mean())
    ok = randomised[randomised["status"] == "ok"].set_index("campaign_natural_key")
    inside = effect.reindex(ok.index).between(
        ok["incremental_rate_pct_lower"], ok["incremental_rate_pct_upper"]
    )
    # 95 % intervals: fewer than four of five right has probability below 0.01 from 10 on
    assert len(inside) >= 10
    assert inside.mean() >= 0.8


def test_near_misses_are_those_of_the_feed(warehouse: Warehouse, made: Bank) -> None:
    table = warehouse.model("analytics_credit_application_rejection_analysis")
    feed = made.feed("credit_applications").drop_duplicates("application_id", keep="last")
    score = feed["credit_score_at_application"]
    close = (feed["decision"] == "Declined") & score.between(650, 659)
    near = table[table["is_near_miss"]]
    assert near["application_count"].sum() == close.sum() > 5
    assert set(near["reason"]) <= {"score below cutoff", "both"}
    declined = table[table["stage"] == "declined"]
    explained = declined["reason"] != "other reason"
    # decisions against the rule are one in a hundred
    counts = declined.groupby(explained)["application_count"].sum()
    assert counts.get(False, 0) / counts.sum() < 0.05


def test_links_find_compromised_merchants_and_rings(warehouse: Warehouse, made: Bank) -> None:
    table = warehouse.model("analytics_fraud_pattern_links")
    merchants = table[table["link_type"] == "merchant"].sort_values("link_number")
    bad = {row["merchant_id"] for row in made.parameters["compromised_merchants"]}
    hits = merchants["merchant_natural_key"].isin(bad)
    assert hits.head(5).sum() >= 3, merchants.head(8)
    assert merchants.loc[hits, "lift"].median() > 3
    devices = table[(table["link_type"] == "device") & table["is_suspicious"]]
    typology = made.truth("fraud").set_index("transaction_id")["typology"]
    feed = made.feed("transactions").drop_duplicates("transaction_id", keep="last")
    feed = feed[feed["transaction_id"].isin(typology[typology == "ring"].index)]
    shared = feed.groupby("device_id")["customer_id"].nunique()
    # a planted orphan is a copy of a movement under an unknown customer, device and all
    orphans = warehouse.frame(
        "select distinct device_id, customer_natural_key from gold.fact_transactions"
        " where device_id is not null"
    )
    unknown = ~orphans["customer_natural_key"].isin(made.feed("customers")["customer_id"])
    orphans = orphans[unknown]
    planted, copied = set(shared[shared > 1].index), set(orphans["device_id"])
    assert planted <= set(devices["link_name"])
    assert set(devices["link_name"]) - copied == planted - copied
    assert len(devices) > 0


def test_fraud_concentrates_where_it_was_planted(warehouse: Warehouse) -> None:
    cells = warehouse.model("analytics_fraud_pattern_analysis")
    facts = warehouse.frame("select count(*) as n, count_if(is_fraud) as f from"
                            " gold.fact_transactions")  # fmt: skip
    assert cells["transaction_count"].sum() == facts["n"].iloc[0]
    assert cells["fraud_count"].sum() == facts["f"].iloc[0]
    by_category = cells.groupby("merchant_category")[["fraud_count", "transaction_count"]].sum()
    rate = by_category["fraud_count"] / by_category["transaction_count"]
    assert rate["Digital Goods"] > 3 * rate.drop("Digital Goods").median()
    abroad = cells.groupby("is_international")[["fraud_count", "transaction_count"]].sum()
    rates = abroad["fraud_count"] / abroad["transaction_count"]
    assert rates[True] > 2 * rates[False]


def test_closures_end_to_end(warehouse: Warehouse, made: Bank) -> None:
    table = warehouse.model("analytics_account_closure_analysis")
    accounts = made.feed("accounts").sort_values("updated_at").groupby("account_id").last()
    assert table["closed_count"].sum() == accounts["close_date"].notna().sum()
    events = made.feed("account_events")
    notes = events[events["event_type"] == "Account Closed"].groupby("notes").size()
    stated = table.groupby("stated_reason")["closed_count"].sum()
    for reason in ("Fees too high", "Moved away", "Loan repaid"):
        assert stated[reason] == notes[reason] > 5
    past_due = table[table["stated_reason"] == "Charged off"]
    assert past_due.loc[past_due["prior_state"].isin(["past due", "complaint", "fee"]),
                        "closed_count"].sum() == past_due["closed_count"].sum()  # fmt: skip


def test_ten_customers_build_and_say_that_they_are_few(tmp_path: Path) -> None:
    small = bank(customers=10, transactions=400, seed=3)
    lab = Lab(tmp_path / "few")
    lab.load(small.folder / "full")
    lab.build(FOLDER)
    found = Warehouse(lab.settings.warehouse_path)
    churn = found.model("analytics_churn_analysis")
    assert set(churn["status"]) <= {"insufficient_data", "no_variation"}
    assert churn["information_value"].isna().all()
    defaults = found.model("analytics_loan_default_drivers")
    assert len(defaults) > 0
    assert (defaults["status"] != "ok").all()
    effects = found.model("analytics_customer_satisfaction_drivers")
    assert (effects.loc[effects["record_type"] == "effect", "status"] != "ok").all()
    assert effects["odds_ratio"].isna().all()
    for name in MODELS:
        rows = found.model(name)
        assert rows["status"].notna().all(), name
