"""The diagnostic charts: the numbers of the frames arrive in the figures."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from tests.support.frames import diagnostic as given
from tests.support.frames import frames_of

from financial_analytics.charts.kit import theme
from financial_analytics.charts.registry import get_chart


@pytest.fixture(scope="module")
def frames() -> dict[str, pd.DataFrame]:
    return frames_of("02")


def draw(name: str, frames: dict[str, pd.DataFrame]) -> go.Figure:
    entry = get_chart(f"diagnostic.{name}")
    return entry.draw(frames[entry.model])


def changed(name: str, frames: dict[str, pd.DataFrame], **values: object) -> go.Figure:
    entry = get_chart(f"diagnostic.{name}")
    return entry.draw(frames[entry.model].assign(**values))


def plain(text: object) -> str:
    return re.sub(r"</?b>", "", str(text)).replace(theme.NO_BREAK, " ")


def finding(figure: go.Figure) -> str:
    return plain(figure.layout.meta["finding"])


def trace(figure: go.Figure, name: str) -> go.Scatter:
    return next(item for item in figure.data if item.name == name)


def test_churn_waterfall_takes_each_share_of_what_is_left(
    frames: dict[str, pd.DataFrame],
) -> None:
    figure = draw("churn_waterfall", frames)
    steps = figure.data[0]
    # 30 % of 100, 20 % of 70, 10 % of 56; education is not above chance.
    assert list(steps.x) == pytest.approx([100, -30, -14, -5.6, 50.4])
    assert list(steps.measure) == ["absolute", *["relative"] * 3, "total"]
    assert steps.y[1:4] == tuple(row[1] for row in given.CHURN[:3])
    assert finding(figure).startswith("200 customers left in twelve months; “Unresolved complaint")
    assert "together with 49.6 %" in finding(figure)
    assert "1 of 4 drivers do not stand out" in figure.layout.meta["note"]


def test_churn_waterfall_without_a_driver_above_chance_says_so(
    frames: dict[str, pd.DataFrame],
) -> None:
    figure = changed("churn_waterfall", frames, is_above_chance=False)
    assert figure.layout.meta["empty"] is True
    assert "none of 4 drivers of leaving stands out from chance" in finding(figure)


def test_churn_heatmap_shows_value_above_chance_by_segment(
    frames: dict[str, pd.DataFrame],
) -> None:
    figure = draw("churn_heatmap", frames)
    heat, texts = figure.data
    assert heat.x == ("All", "Mass Market", "Affluent", "Premium", "Business")
    assert list(heat.y) == [row[1] for row in given.CHURN]
    values = np.asarray(heat.z, dtype=float)
    assert values[:, 0] == pytest.approx([0.47, 0.27, 0.11, 0.0])
    assert values[2, 1:4].tolist() == [0.0] * 3, "fees are chance within a segment"
    assert np.isnan(values[:, 4]).all(), "too few is not zero"
    words = np.array([plain(text) for text in texts.text]).reshape(values.shape)
    assert words[0].tolist() == ["0.47"] * 4 + ["too few"]
    assert words[3].tolist() == ["chance"] * 4 + ["too few"]
    assert "in 3 of 3 segments" in finding(figure)


def test_fraud_bubble_sums_cells_and_tells_them_from_the_base_rate(
    frames: dict[str, pd.DataFrame],
) -> None:
    figure = draw("fraud_bubble", frames)
    more, same, less = figure.data
    assert [item.name for item in figure.data] == [
        "More than usual",
        "Not told apart from usual",
        "Less than usual",
    ]
    assert list(zip(more.y, more.x, more.text, strict=True)) == [("Electronics", "Online", "60")]
    assert list(same.text) == [" 4", " 2"], "a small bubble has its number beside it"
    assert "60 frauds in 2,000 transactions<br>3.00 %" in plain(more.customdata[0])
    assert "USD 42.0 k" in plain(more.customdata[0])
    # 2 of 400 and 4 of 4,000 against 68 of 36,400; 2 of 30,000 is below it.
    assert set(zip(same.y, same.x, strict=True)) == {("Travel", "Online"), ("Electronics", "POS")}
    assert list(less.y) == ["Groceries"]
    assert len({item.marker.symbol for item in figure.data}) == 3
    assert more.marker.size[0] == 34.0
    assert same.marker.size[0] ** 2 / 34**2 == pytest.approx(1_500 / 42_000, abs=0.01)
    assert "68 frauds in 36,400 transactions (0.19 %)" in finding(figure)
    assert "analytics_fraud_pattern_links" in figure.layout.meta["note"]


def test_a_bank_without_fraud_has_no_bubbles(frames: dict[str, pd.DataFrame]) -> None:
    figure = changed("fraud_bubble", frames, fraud_count=0)
    assert "none of 36,400 transactions is a known fraud" in finding(figure)
    hours = changed("fraud_hours", frames, fraud_count=0)
    assert finding(hours) == "None of 36,400 transactions is fraud."


def test_fraud_hours_divide_counts_and_leave_empty_times_blank(
    frames: dict[str, pd.DataFrame],
) -> None:
    figure = draw("fraud_hours", frames)
    heat, texts = figure.data
    assert heat.x == ("00-03", "03-06", "12-15", "18-21", "21-24")
    assert heat.y[0] == "Monday" and heat.y[6] == "Sunday"
    rates = np.asarray(heat.z, dtype=float)
    assert rates[0, 0] == pytest.approx(4.0)
    assert rates[2, 2] == pytest.approx(100 * 2 / 20_000)
    assert rates[2, 3] == 0.0
    assert np.isnan(rates).sum() == 35 - 6
    words = np.array(texts.text).reshape(rates.shape)
    assert plain(words[0, 0]) == "4.00 %<br>40" and words[0, 0].startswith("<b>")
    assert words[1, 1] == "none" and not words[2, 2].startswith("<b>")
    assert "highest at 00-03 h, 4.00 %" in finding(figure)


def test_fraud_without_a_time_of_day_is_in_no_band(frames: dict[str, pd.DataFrame]) -> None:
    unknown = {"hour_band": "Unknown", "hour_band_number": -1}
    figure = changed("fraud_hours", frames, **unknown)
    assert "no transaction with a label of fraud carries a time of day" in finding(figure)
    cells = frames["analytics_fraud_pattern_analysis"].copy()
    cells.loc[0, list(unknown)] = list(unknown.values())
    figure = draw("fraud_hours", {"analytics_fraud_pattern_analysis": cells})
    assert figure.data[0].x == ("03-06", "12-15", "18-21", "21-24")
    assert "1,000 transactions carry no time of day" in figure.layout.meta["note"]


def test_default_bars_stand_beside_what_chance_reaches(frames: dict[str, pd.DataFrame]) -> None:
    figure = draw("default_drivers", frames)
    above, below = trace(figure, "Above chance"), trace(figure, "Not above chance")
    assert dict(zip(above.y, above.x, strict=True)) == {
        "Debt to income when the loan was made": 0.21,
        "Credit score when the loan was made": 0.62,
    }
    assert dict(zip(below.y, below.x, strict=True)) == {"Age group": 0.09}
    assert above.marker.pattern.shape != below.marker.pattern.shape
    ticks = trace(figure, "By chance in 5 of 100")
    assert dict(zip(ticks.y, ticks.x, strict=True))["Age group"] == 0.20
    assert figure.layout.yaxis.categoryarray[-1] == "Credit score when the loan was made"
    assert plain(above.customdata[-1]) == "highest: Below 600, 5.00 % (4.00 % to 6.25 %)"
    assert finding(figure).startswith(
        "105 loans defaulted; of 2 drivers above chance (of 3) “Credit score"
    )
    none = changed("default_drivers", frames, is_above_chance=False)
    assert finding(none) == "105 loans defaulted; none of 3 drivers tells more than chance would."


def test_correlation_matrix_is_symmetric_and_marks_what_is_not_zero(
    frames: dict[str, pd.DataFrame],
) -> None:
    figure = draw("default_correlation", frames)
    heat, texts = figure.data
    assert heat.y == ("Default", *(row[1] for row in given.DEFAULT[:2]))
    values = np.asarray(heat.z, dtype=float)
    assert values[0, 1] == values[1, 0] == -0.12
    assert values[1, 2] == values[2, 1] == -0.41
    assert np.isnan(np.diag(values)).all()
    assert (heat.zmin, heat.zmax) == (-1, 1)
    words = np.array(texts.text).reshape(3, 3)
    assert words[0].tolist() == ["—", "<b>-0.12</b>", "0.03"], "0.03 (-0.02 to 0.08) is not bold"
    assert "Default moves most with “Credit score when the loan was made”" in finding(figure)


def test_decline_funnel_splits_each_stage_by_channel(frames: dict[str, pd.DataFrame]) -> None:
    figure = draw("decline_funnel", frames)
    *bars, texts = figure.data
    assert [item.name for item in bars] == ["POS", "Online", "ATM"]
    assert [list(item.x) for item in bars] == [[800, 300, 200], [500, 80, 40], [100, 4, 4]]
    assert [plain(text).strip() for text in texts.text] == [
        "1,400 (100 %)",
        "384 (27 %)",
        "244 (17 %)",
    ]
    # Each stage is centred and without gaps.
    assert [bars[0].base[0], bars[1].base[0], bars[2].base[0]] == [-700, 100, 600]
    assert "800<br>1.96 % of 40,800 attempts" in plain(bars[0].customdata[0])
    assert len({item.marker.pattern.shape for item in bars}) == 3
    said = finding(figure)
    assert said.startswith("1,400 of 61,400 attempts were declined (2.28 %, most often: Insuff")
    assert "17.4 % were won back" in said


def test_decline_funnel_puts_many_channels_together(frames: dict[str, pd.DataFrame]) -> None:
    frame = frames["analytics_transaction_decline_analysis"]
    one = frame[frame["channel"] == "ATM"].head(1)
    many = pd.concat(
        [one.assign(channel=f"C{k}", declined_count=100 - k) for k in range(9)], ignore_index=True
    )
    figure = draw("decline_funnel", {"analytics_transaction_decline_analysis": many})
    names = [item.name for item in figure.data[:-1]]
    assert names == ["C0", "C1", "C2", "C3", "C4", "Other (4)"]
    assert sum(item.x[0] for item in figure.data[:-1]) == sum(100 - k for k in range(9))


def test_campaigns_with_a_holdout_show_what_was_added(frames: dict[str, pd.DataFrame]) -> None:
    figure = draw("campaign_bubble", frames)
    causal = trace(figure, "Against a randomised holdout")
    # 2 points of 4,000 contacts are 80 conversions of 300 each: 24,000 for 400.
    assert causal.text[0] == "Spring Savings Email"
    drawn = 100 * np.sinh(causal.y)
    assert drawn == pytest.approx([5_900.0, -100.0, -98.0])
    upper = 100 * np.sinh(causal.y[0] + causal.error_y.array[0])
    lower = 100 * np.sinh(causal.y[0] - causal.error_y.arrayminus[0])
    assert upper == pytest.approx(100 * (36_000 / 400 - 1))
    assert lower == pytest.approx(100 * (12_000 / 400 - 1))
    axis = figure.layout.yaxis
    ticks = dict(zip(axis.ticktext, axis.tickvals, strict=True))
    assert 100 * np.sinh(ticks["1,000\xa0%"]) == pytest.approx(1_000)
    assert list(causal.x) == [400, 3_000, 50_000]
    other = trace(figure, "No holdout: association only")
    assert 100 * np.sinh(other.y) == pytest.approx([1_900.0])
    assert other.marker.symbol != causal.marker.symbol
    assert other.error_y.array is None, "no holdout, no interval of an effect"
    assert "1 certainly paid for themselves and 1 certainly did not; for 1 it cannot" in finding(
        figure
    )
    assert "1 campaigns without a cost" in figure.layout.meta["note"]


def test_forest_puts_each_interval_on_its_side_of_one(frames: dict[str, pd.DataFrame]) -> None:
    figure = draw("satisfaction_forest", frames)
    above, below = trace(figure, "Above 1"), trace(figure, "Below 1")
    neither, unknown = trace(figure, "Not told apart from 1"), trace(figure, "not known")
    assert list(above.x) == [4.2] and list(below.x) == [0.82] and list(neither.x) == [1.05]
    assert above.error_x.array[0] == pytest.approx(0.5)
    assert above.error_x.arrayminus[0] == pytest.approx(0.4)
    labels = dict(zip(figure.layout.yaxis.tickvals, figure.layout.yaxis.ticktext, strict=True))
    assert labels[above.y[0]] == "Yes" and labels[below.y[0]] == "per doubling"
    assert labels[unknown.y[0]] == "Branch Visit", "an effect that is not known keeps its line"
    assert [text for text in labels.values() if text.startswith("<b>")] == [
        f"<b>{row[1]}</b>" for row in given.EFFECTS
    ]
    assert len(trace(figure, "Reference").x) == 2
    assert figure.layout.xaxis.type == "log"
    low, high = figure.layout.xaxis.range
    assert 10**low < 0.77 and 10**high > 4.7
    assert "Resolved: Yes raises the odds" in finding(figure)
    assert "2 of 3 effects" in finding(figure)


def test_box_has_the_quartiles_and_the_mean_of_each_reason(
    frames: dict[str, pd.DataFrame],
) -> None:
    figure = draw("satisfaction_box", frames)
    box, mean = figure.data
    assert box.y == mean.y == ("Complaint", "Fraud Report", "Account Inquiry")
    for place, reason in enumerate(box.y):
        ratings = np.repeat(np.arange(1, 6), given.REASONS[reason])
        assert box.median[place] == np.quantile(ratings, 0.5)
        assert (box.q1[place], box.q3[place]) == tuple(np.quantile(ratings, [0.25, 0.75]))
        low, high = np.quantile(ratings, [0.05, 0.95], method="inverted_cdf")
        assert (box.lowerfence[place], box.upperfence[place]) == (low, high)
        assert mean.x[place] == pytest.approx(ratings.mean())
    assert list(mean.error_x.array) == pytest.approx([0.1] * 3)
    assert "790 rated contacts" in finding(figure)


def test_application_waterfall_ends_at_the_approved(frames: dict[str, pd.DataFrame]) -> None:
    figure = draw("application_waterfall", frames)
    steps = figure.data[0]
    assert dict(zip(steps.y, steps.x, strict=True)) == {
        "Applications": 1_000,
        "Not decided": -20,
        "Declined: score below cutoff": -300,
        "Declined: debt to income above limit": -150,
        "Declined: other reason": -30,
        "Approved": 500,
    }
    assert sum(steps.x[:-1]) == steps.x[-1]
    assert finding(figure) == (
        "500 of 980 decided applications were approved (51.0 %); the most frequent reason "
        "against: score below cutoff; 60 missed the cutoff narrowly."
    )


def _flows(figure: go.Figure) -> dict[tuple[str, str], float]:
    diagram = figure.data[0]
    names = [re.split(" · |<br>", str(label))[0] for label in diagram.node.label]
    pairs = zip(diagram.link.source, diagram.link.target, diagram.link.value, strict=True)
    return {(names[source], names[target]): value for source, target, value in pairs}


def test_closure_sankey_keeps_every_account(frames: dict[str, pd.DataFrame]) -> None:
    figure = draw("closure_sankey", frames)
    flows = _flows(figure)
    assert flows[("Complaint", "Moved to another bank")] == 60
    assert flows[("Active", "Not stated")] == 140
    assert flows[("Not stated", "Left the bank")] == 20
    assert flows[("Moved to another bank", "Left the bank")] == 55
    assert flows[("Moved to another bank", "Kept an account")] == 25
    into = {name: 0.0 for pair in flows for name in pair}
    out = dict(into)
    for (source, target), value in flows.items():
        out[source] += value
        into[target] += value
    for reason in ("Moved to another bank", "Fees too high", "Not stated"):
        assert into[reason] == out[reason]
    assert into["Left the bank"] + into["Kept an account"] == 300
    labels = [plain(label) for label in figure.data[0].node.label]
    assert "Active · 140" in labels and "Left the bank<br>85" in labels
    phone = figure.layout.meta["compact"]["traces"][0]["node"]["label"]
    assert "Moved to<br>another bank<br>80" in phone and "Active · 140" in phone
    leaving = [
        color == theme.LIGHT["soft"]
        for color, target in zip(figure.data[0].link.color, figure.data[0].link.target, strict=True)
    ]
    assert sum(leaving) == sum(1 for _, target in flows if target == "Left the bank")
    assert "300 accounts were closed; before it most were active (46.7 %)" in finding(figure)


def test_sankey_puts_rare_reasons_together(frames: dict[str, pd.DataFrame]) -> None:
    frame = frames["analytics_account_closure_analysis"]
    many = pd.concat(
        [frame.head(1).assign(stated_reason=f"R{k:02d}", closed_count=40 - k) for k in range(14)]
    )
    flows = _flows(draw("closure_sankey", {"analytics_account_closure_analysis": many}))
    reasons = {target: value for (source, target), value in flows.items() if source == "Complaint"}
    assert len(reasons) == 9
    assert reasons["Other (6 reasons)"] == sum(40 - k for k in range(8, 14))


def test_revenue_effects_add_up_to_the_change_to_the_cent(
    frames: dict[str, pd.DataFrame],
) -> None:
    figure = draw("revenue_waterfall", frames)
    steps = dict(zip(figure.data[0].y, figure.data[0].x, strict=True))
    assert list(steps) == [
        "Volume",
        "Mix: Credit",
        "Mix: Loan",
        "Price: Credit",
        "Price: Loan",
        "Change",
    ]
    assert steps["Volume"] == pytest.approx(12 * 170.0)
    assert steps["Mix: Credit"] == pytest.approx(12 * 20.05)
    assert steps["Price: Loan"] == pytest.approx(12 * 400.0)
    change = steps.pop("Change")
    assert round(sum(steps.values()), 2) == round(change, 2) == round(12 * 600.10, 2)
    assert finding(figure).startswith("Revenue of June 2023 to May 2024 was USD 48.0 k after USD")
    assert "a year before (▲ 17.7 %): volume" in finding(figure)
    assert "price +4,621" in finding(figure)
    small = changed("revenue_waterfall", frames, previous_revenue_amount=0.01)
    assert "a year before: volume" in finding(small), "no percentage of next to nothing"


def test_revenue_without_a_year_before_is_no_change(frames: dict[str, pd.DataFrame]) -> None:
    frame = frames["analytics_revenue_variance_analysis"]
    young = frame[frame["variance_amount"].isna()]
    figure = draw("revenue_waterfall", {"analytics_revenue_variance_analysis": young})
    assert figure.layout.meta["empty"] is True


@pytest.mark.parametrize(
    ("name", "column", "said"),
    [
        ("churn_waterfall", "information_value", "200 customers left in twelve months, too few"),
        ("churn_heatmap", "information_value", "200 customers left in twelve months, too few"),
        ("default_drivers", "information_value", "105 loans defaulted, too few"),
        ("default_correlation", "spearman_correlation", "600 loans, too few"),
        ("satisfaction_forest", "odds_ratio", "800 rated contacts, too few"),
    ],
)
def test_too_few_is_said_with_its_number(
    name: str, column: str, said: str, frames: dict[str, pd.DataFrame]
) -> None:
    figure = changed(name, frames, **{column: None})
    assert figure.layout.meta["empty"] is True
    assert said in finding(figure)


def test_unknown_is_never_what_a_finding_names(frames: dict[str, pd.DataFrame]) -> None:
    fraud = frames["analytics_fraud_pattern_analysis"].replace("Electronics", "Unknown")
    said = finding(draw("fraud_bubble", {"analytics_fraud_pattern_analysis": fraud}))
    assert said.endswith("no named cell is told apart from it as higher.")
    name = "analytics_credit_application_rejection_analysis"
    said = finding(
        draw(
            "application_waterfall",
            {name: frames[name].replace("score below cutoff", "Unknown")},
        )
    )
    assert "most frequent reason against: debt to income above limit" in said
    name = "analytics_customer_satisfaction_drivers"
    said = finding(draw("satisfaction_box", {name: frames[name].replace("Complaint", "Unknown")}))
    assert said.startswith("Account Inquiry is rated 4.16 on average, Fraud Report 3.38")
    only = frames[name].replace(list(given.REASONS), "Unknown").drop_duplicates(["driver", "level"])
    said = finding(draw("satisfaction_box", {name: only}))
    assert said == "No reason of the contact is known (250 rated contacts)."


def test_nobody_observed_is_not_nobody_left(frames: dict[str, pd.DataFrame]) -> None:
    for name in ("churn_waterfall", "churn_heatmap"):
        none = {"information_value": None, "exposed_count": 0, "event_count": 0}
        assert "no customer is observed" in finding(changed(name, frames, **none))
