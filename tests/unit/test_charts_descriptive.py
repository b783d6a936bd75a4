"""The descriptive charts: the numbers of the frames arrive in the figures."""

from __future__ import annotations

import re
from decimal import Decimal
from html import unescape

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from tests.support.frames import descriptive as given
from tests.support.frames import frames_of

from financial_analytics.charts.kit import theme
from financial_analytics.charts.registry import get_chart


@pytest.fixture(scope="module")
def frames() -> dict[str, pd.DataFrame]:
    return frames_of("01")


def draw(name: str, frames: dict[str, pd.DataFrame]) -> go.Figure:
    entry = get_chart(f"descriptive.{name}")
    return entry.draw(frames[entry.model])


def texts(figure: go.Figure) -> list[str]:
    plain = [re.sub(r"</?b>", "", note.text) for note in figure.layout.annotations]
    return [unescape(text).replace(theme.NO_BREAK, " ") for text in plain]


def finding(figure: go.Figure) -> str:
    return str(figure.layout.meta["finding"]).replace(theme.NO_BREAK, " ")


def test_customer_cards_carry_value_change_and_earlier_value(
    frames: dict[str, pd.DataFrame],
) -> None:
    figure = draw("customer_kpis", frames)
    shown = texts(figure)
    assert shown[:3] == ["Customers", "10,050", "▲ 4.2 % · was 9,645"]
    assert "USD 4,311" in shown and "▼ 1.8 % · was USD 4,390" in shown
    assert "USD 43.3 M" in shown
    assert finding(figure) == "10,050 customers, 85.7 % of them active."
    phone = figure.layout.meta["compact"]["layout"]
    assert len(phone["annotations"]) == len(figure.layout.annotations)
    assert {round(shape["x0"], 2) for shape in phone["shapes"]} == {0.0, 0.52}


def test_customer_cards_say_unknown_and_no_change_without_history(
    frames: dict[str, pd.DataFrame],
) -> None:
    frame = frames["analytics_customer_overview"].copy()
    frame[["avg_income", "previous_total_customers", "total_customers_change_pct"]] = None
    shown = texts(draw("customer_kpis", {"analytics_customer_overview": frame}))
    assert shown[:3] == ["Customers", "10,050", " "]
    assert shown[shown.index("Average income") + 1] == "unknown"


def test_segment_donut_is_ordered_and_complete(frames: dict[str, pd.DataFrame]) -> None:
    pie = draw("segment_donut", frames).data[0]
    assert list(pie.labels) == ["Mass Market", "Affluent", "Premium", "Business"]
    assert list(pie.values) == [6231, 2412, 1004, 403]
    assert "average income unknown" in pie.customdata[2]


def test_age_pyramid_mirrors_active_customers(frames: dict[str, pd.DataFrame]) -> None:
    figure = draw("age_pyramid", frames)
    active, inactive = figure.data
    assert list(active.y) == list(figure.layout.yaxis.categoryarray)
    assert list(active.x)[:2] == [-702, -1733]
    assert list(inactive.x)[:2] == [131, 240]
    assert "-" not in "".join(figure.layout.xaxis.ticktext)


def test_map_fills_states_with_their_sums(frames: dict[str, pd.DataFrame]) -> None:
    figure = draw("customer_map", frames)
    values = {t.meta["state"]: t.meta["value"] for t in figure.data if t.meta}
    assert len(values) == 51
    assert values["CA"] == 640 + 240
    assert values["ND"] is None
    cities = next(trace for trace in figure.data if trace.name == "cities")
    assert sorted(row[0] for row in cities.customdata) == sorted(c[4] for c in given.US_CITIES)
    fill = {t.meta["state"]: t.fillcolor for t in figure.data if t.meta}
    assert fill["CA"] == theme.LIGHT["seq5"] and fill["AK"] == theme.LIGHT["seq0"]
    assert "us-atlas" in figure.layout.meta["note"]
    assert figure.layout.geo.to_plotly_json() == {}, "geo would fetch shapes from the network"


def test_map_counts_customers_it_cannot_place(frames: dict[str, pd.DataFrame]) -> None:
    frame = frames["analytics_customer_by_geography"].copy()
    frame.loc[frame["city"] == "Denver", ["state", "country"]] = ["Ontario", "CA"]
    figure = draw("customer_map", {"analytics_customer_by_geography": frame})
    assert figure.layout.meta["note"].startswith("171 customers live outside")


def test_map_outside_the_us_shows_circles_at_coordinates() -> None:
    frame = given.geography(given.CZECH_CITIES, "CZ")
    figure = draw("customer_map", {"analytics_customer_by_geography": frame})
    assert "Not US states" in figure.layout.meta["note"]
    places = figure.data[0]
    assert places.x[0] == 14.44 and places.y[0] == 50.08
    assert places.customdata[0][0] == 663


def test_map_without_coordinates_is_a_bar_and_says_so() -> None:
    frame = given.geography(given.CZECH_CITIES, "CZ")
    frame[["latitude", "longitude"]] = None
    figure = draw("customer_map", {"analytics_customer_by_geography": frame})
    bar = figure.data[0]
    assert bar.type == "bar"
    assert dict(zip(bar.y, bar.x, strict=True))["Prague"] == 663
    assert "No coordinates" in figure.layout.meta["note"]


def test_transaction_cards_compare_thirty_days(frames: dict[str, pd.DataFrame]) -> None:
    shown = texts(draw("transaction_kpis", frames))
    assert shown[:3] == ["Transactions", "28,411", "▲ 1.5 % · was 27,990"]
    place = shown.index("Fraud rate")
    assert shown[place + 1 : place + 3] == ["0.11 %", "▼ 19.7 % · was 0.14 %"]


def test_channel_donut_carries_the_interval(frames: dict[str, pd.DataFrame]) -> None:
    pie = draw("channel_donut", frames).data[0]
    assert dict(zip(pie.labels, pie.values, strict=True))["POS"] == 200_000
    assert "3.40 % (3.30 % to 3.50 %)" in pie.customdata[0].replace(theme.NO_BREAK, " ")


def test_treemap_groups_sum_to_their_categories(frames: dict[str, pd.DataFrame]) -> None:
    tree = draw("category_treemap", frames).data[0]
    value = dict(zip(tree.ids, tree.values, strict=True))
    frame = frames["analytics_transaction_by_category"]
    for group, rows in frame.groupby("merchant_category_group"):
        assert value[f"group:{group}"] == pytest.approx(float(rows["volume"].sum()))
    assert value["all"] == pytest.approx(float(frame["volume"].sum()))
    assert len(tree.ids) == 1 + 6 + len(frame)


def test_treemap_leaves_out_what_goes_to_no_merchant(frames: dict[str, pd.DataFrame]) -> None:
    model = "analytics_transaction_by_category"
    frame = frames[model]
    row = frame.iloc[[0]].assign(merchant_category_group="Unknown", merchant_category="Unknown")
    row["volume"] = 9 * float(frame["volume"].sum())
    figure = draw("category_treemap", {model: pd.concat([frame, row], ignore_index=True)})
    assert list(figure.data[0].ids) == list(draw("category_treemap", frames).data[0].ids)
    assert "That is 10.0 % of" in finding(figure).replace(theme.NO_BREAK, " ")
    assert "That is" not in finding(draw("category_treemap", frames))
    assert "none of" in str(draw("category_treemap", {model: row}))


def test_daily_trend_draws_days_means_and_holidays(frames: dict[str, pd.DataFrame]) -> None:
    figure = draw("daily_trend", frames)
    frame = frames["analytics_daily_transaction_trend"]
    by_name = {trace.name: trace for trace in figure.data}
    assert by_name["Day"].y[-1] == float(frame["volume"].iloc[-1])
    assert by_name["28-day mean"].y[-1] == float(frame["ma28_volume_amount"].iloc[-1])
    assert np.isnan(by_name["28-day mean"].y[26]) and not np.isnan(by_name["28-day mean"].y[27])
    assert len(by_name["Bank holiday"].x) == int(frame["is_bank_holiday"].sum())
    assert by_name["7-day mean"].line.dash != by_name["28-day mean"].line.dash


def test_daily_trend_of_a_few_days_promises_no_mean() -> None:
    frame = {"analytics_daily_transaction_trend": given.daily_transaction_trend(5)}
    figure = draw("daily_trend", frame)
    assert "too few for a mean of 28" in finding(figure)
    assert [trace.name for trace in figure.data] == ["Day"]


def test_monthly_trend_hatches_only_the_unfinished_month(
    frames: dict[str, pd.DataFrame],
) -> None:
    figure = draw("monthly_trend", frames)
    bars, line = figure.data
    frame = frames["analytics_monthly_transaction_trend"]
    assert list(bars.y) == [float(value) for value in frame["volume"]]
    assert list(line.y) == frame["active_customers"].tolist()
    assert list(bars.marker.pattern.shape) == [""] * 29 + ["/"]
    assert finding(figure).startswith("May 2024:"), "a partial month is no finding"


def test_gauges_show_rates_and_unknown(frames: dict[str, pd.DataFrame]) -> None:
    figure = draw("account_gauges", frames)
    assert [trace.value for trace in figure.data] == [29.0, 6.03, 86.33]
    assert "133 of 2,204 loans" in texts(figure)
    frame = frames["analytics_account_summary"].copy()
    frame["utilisation_pct"] = None
    blank = draw("account_gauges", {"analytics_account_summary": frame})
    assert blank.data[0].value is None
    assert "unknown" in texts(blank)


def test_gauge_of_more_than_all_has_a_longer_scale(frames: dict[str, pd.DataFrame]) -> None:
    frame = frames["analytics_account_summary"].copy()
    frame["utilisation_pct"] = 131.0
    gauge = draw("account_gauges", {"analytics_account_summary": frame}).data[0].gauge
    assert list(gauge.axis.range) == [0, 150]


def test_accounts_by_product_stack_every_status(frames: dict[str, pd.DataFrame]) -> None:
    figure = draw("accounts_by_product", frames)
    *bars, totals = figure.data
    assert [trace.name for trace in bars] == ["Active", "Dormant", "Closed"]
    assert totals.text[-1] == f" {sum(int(7200 * share) for share in (0.86, 0.07, 0.07)):,}"
    active = dict(zip(figure.data[0].y, figure.data[0].x, strict=True))
    assert active["Everyday Checking"] == int(7200 * 0.86)
    shapes = {trace.marker.pattern.shape for trace in bars}
    assert len(shapes) == 3, "status must not be told by colour alone"


def test_balance_histogram_has_bins_and_quantiles(frames: dict[str, pd.DataFrame]) -> None:
    figure = draw("balance_histogram", frames)
    frame = frames["analytics_account_balance_distribution"]
    for category, rows in frame.groupby("product_category"):
        box, bars = (trace for trace in figure.data if trace.name == category)
        assert box.type == "box" and bars.type == "bar"
        first = rows.iloc[0]
        assert (box.q1[0], box.median[0], box.q3[0]) == tuple(
            float(first[f"p{q}_balance"]) for q in (25, 50, 75)
        )
        assert sum(bars.y) == 4_000
        middle = (float(first["bin_lower"]) + float(first["bin_upper"])) / 2
        assert bars.x[0] == pytest.approx(middle)


def test_product_bar_stacks_revenue_and_drops_the_panel_without_it(
    frames: dict[str, pd.DataFrame],
) -> None:
    figure = draw("product_bar", frames)
    names = {trace.name: dict(zip(trace.y, trace.x, strict=True)) for trace in figure.data}
    assert names["Balance"]["Auto Loan"] == pytest.approx(804 * 9_000.5)
    assert names["Interest"]["Auto Loan"] == 804 * 410
    assert names["Fees"]["Auto Loan"] == 804 * 66
    frame = frames["analytics_product_summary"].copy()
    frame[["interest_revenue_amount", "fee_revenue_amount", "revenue_amount"]] = None
    plain = draw("product_bar", {"analytics_product_summary": frame})
    assert [trace.name for trace in plain.data] == ["Balance"]
    assert "unknown" in finding(plain)


def test_fraud_funnel_sums_the_last_twelve_months(frames: dict[str, pd.DataFrame]) -> None:
    figure = draw("fraud_funnel", frames)
    raised = sum(100 + k for k in range(2, 14))
    assert list(figure.data[0].x) == [raised, raised - 120, 480, 264]
    assert "47.1 % were fraud" in finding(figure)  # 480 / (480 + 540)


def test_loan_waterfall_closes_to_what_was_paid(frames: dict[str, pd.DataFrame]) -> None:
    bar = draw("loan_waterfall", frames).data[0]
    due, missed, under, over, paid, late, on_time = bar.y
    assert due + missed + under + over == pytest.approx(paid, abs=0.05)
    assert paid + late == pytest.approx(on_time)
    assert due == pytest.approx(12 * (1400 + 804) * 310.0)
    assert list(bar.measure) == ["absolute", *["relative"] * 3, "total", "relative", "total"]


def test_roll_rates_rows_add_up_to_one_hundred(frames: dict[str, pd.DataFrame]) -> None:
    figure = draw("roll_rates", frames)
    rates = np.asarray(figure.data[0].z, dtype=float)
    expected = np.array(given.ROLLS, dtype=float)
    expected = 100 * expected / expected.sum(axis=1, keepdims=True)
    assert rates == pytest.approx(expected)
    assert figure.data[1].text[1].startswith("3.1")


def test_roll_rates_say_where_there_was_no_loan(frames: dict[str, pd.DataFrame]) -> None:
    frame = frames["analytics_loan_payment_summary"].copy()
    for entered in given.BUCKETS:
        frame[f"roll_60_89_to_{entered}_count"] = 0
    figure = draw("roll_rates", {"analytics_loan_payment_summary": frame})
    assert np.isnan(np.asarray(figure.data[0].z, dtype=float)[3]).all()
    assert list(figure.data[1].text[15:20]) == ["no loans"] * 5


def test_engagement_sums_segments_and_divides_dau_by_mau(
    frames: dict[str, pd.DataFrame],
) -> None:
    figure = draw("engagement", frames)
    frame = frames["analytics_customer_engagement_metrics"]
    june = frame[frame["year_month"] == "2024-06"]
    by_name = {trace.name.split(",")[0]: trace for trace in figure.data}
    assert by_name["MAU"].y[-1] == june["mau_count"].sum()
    assert by_name["DAU"].y[-1] == pytest.approx(june["dau_count"].sum())
    share = 100 * june["dau_count"].sum() / june["mau_count"].sum()
    assert by_name["Stickiness"].y[-1] == pytest.approx(share)


def test_decimals_keep_their_cents(frames: dict[str, pd.DataFrame]) -> None:
    frame = frames["analytics_product_summary"].copy()
    frame["balance"] = [Decimal("314625746.80") + k for k in range(len(frame))]
    figure = draw("product_bar", {"analytics_product_summary": frame})
    assert min(figure.data[0].x) == 314625746.80


@pytest.mark.parametrize(
    ("name", "column", "said"),
    [
        ("segment_donut", "customer_segment", "No segment is known for any of 10,050"),
        ("channel_donut", "channel", "No channel is known for any of 1,046,997"),
        ("category_treemap", "merchant_category_group", "No merchant category is known"),
    ],
)
def test_unknown_is_never_called_the_largest(
    name: str, column: str, said: str, frames: dict[str, pd.DataFrame]
) -> None:
    model = get_chart(f"descriptive.{name}").model
    partly = frames[model].copy()
    partly.loc[partly[column] != partly[column].iloc[0], column] = "Unknown"
    assert "is not known" in finding(draw(name, {model: partly}))
    assert not finding(draw(name, {model: partly})).startswith("Unknown")
    wholly = frames[model].assign(**{column: "Unknown"})
    assert finding(draw(name, {model: wholly})).startswith(said)


def test_products_nobody_has_are_counted_and_not_drawn(frames: dict[str, pd.DataFrame]) -> None:
    frame = frames["analytics_product_summary"].copy()
    numbers = [name for name in frame.columns if name.endswith(("_count", "_amount", "balance"))]
    frame[numbers] = frame[numbers].astype("object")
    frame.loc[frame["product_name"] == "Auto Loan", numbers] = 0
    figure = draw("product_bar", {"analytics_product_summary": frame})
    assert "Auto Loan" not in figure.data[0].y
    assert "1 products have no open account" in figure.layout.meta["note"]


def test_many_slices_become_other(frames: dict[str, pd.DataFrame]) -> None:
    one = frames["analytics_transaction_by_channel"].iloc[[0]]
    many = pd.concat([one.assign(channel=f"C{k}", transaction_count=100 - k) for k in range(12)])
    pie = draw("channel_donut", {"analytics_transaction_by_channel": many}).data[0]
    assert list(pie.labels)[-1] == "Other (5)"
    assert sum(pie.values) == sum(100 - k for k in range(12))
