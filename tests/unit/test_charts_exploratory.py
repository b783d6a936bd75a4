"""The exploratory charts: the numbers of the frames arrive in the figures."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from tests.support.frames import exploratory as given
from tests.support.frames import frames_of

from financial_analytics.charts.exploratory.scores import even_sample
from financial_analytics.charts.kit import hierarchies, maps, matrices, networks, theme
from financial_analytics.charts.registry import get_chart


@pytest.fixture(scope="module")
def frames() -> dict[str, pd.DataFrame]:
    return frames_of("03")


def draw(name: str, frames: dict[str, pd.DataFrame]) -> go.Figure:
    entry = get_chart(f"exploratory.{name}")
    return entry.draw(frames[entry.model])


def plain(text: object) -> str:
    return str(text).replace(theme.NO_BREAK, " ")


def finding(figure: go.Figure) -> str:
    return plain(figure.layout.meta["finding"])


def note(figure: go.Figure) -> str:
    return plain(figure.layout.meta["note"])


def by_name(figure: go.Figure) -> dict[str, go.Figure]:
    return {str(trace.name): trace for trace in figure.data}


@pytest.mark.parametrize(
    "path",
    [
        ("scene", "bgcolor"),
        ("scene", "xaxis", "gridcolor"),
        ("scene", "zaxis", "tickfont", "color"),
        ("polar", "bgcolor"),
        ("polar", "radialaxis", "gridcolor"),
        ("polar", "angularaxis", "tickfont", "color"),
    ],
)
def test_scene_and_polar_axes_turn_dark_with_the_page(path: tuple[str, ...]) -> None:
    light = theme.template().to_plotly_json()["layout"]
    dark = theme.to_dark(light)
    for name in path:
        light, dark = light[name], dark[name]
    token = next(name for name, color in theme.LIGHT.items() if color == light)
    assert dark == theme.DARK[token]


def test_clusters_3d_places_every_member_where_the_frame_says(
    frames: dict[str, pd.DataFrame],
) -> None:
    figure = draw("clusters_3d", frames)
    frame = frames["analytics_customer_behavior_clusters"]
    assert len(figure.data) == 3
    for number, trace in enumerate(figure.data, start=1):
        members = frame[frame["cluster_number"] == number]
        assert trace.name == f"{number}: {given.CLUSTERS[number - 1][0]} ({len(members)})"
        for axis, column in zip("xyz", ("pc1_score", "pc2_score", "pc3_score"), strict=True):
            assert list(trace[axis]) == members[column].tolist()
    assert len({trace.marker.symbol for trace in figure.data}) == 3
    assert figure.layout.scene.xaxis.title.text.startswith("coordinate 1 (31")
    assert "54.5 %" in finding(figure) and "stability 0.93 (0.88 to 0.97)" in finding(figure)
    assert note(figure).startswith(f"{given.TOO_FEW} customers have too few purchases")


def test_clusters_3d_of_many_customers_draws_an_even_part_and_says_so(
    frames: dict[str, pd.DataFrame],
) -> None:
    frame = pd.concat([frames["analytics_customer_behavior_clusters"]] * 6)
    figure = draw("clusters_3d", {"analytics_customer_behavior_clusters": frame})
    assert [len(trace.x) for trace in figure.data] == [818, 436, 245]  # 1,500 by 300:160:90
    assert note(figure).startswith("1,499 of 3,300 customers are drawn")
    assert "3,300 customers fall into 3 groups" in finding(figure)


def test_radar_draws_each_profile_once_around_the_average(
    frames: dict[str, pd.DataFrame],
) -> None:
    figure = draw("cluster_radar", frames)
    frame = frames["analytics_customer_behavior_clusters"]
    outlines = [trace for trace in figure.data if trace.fill == "toself"]
    rings = [trace for trace in figure.data if trace.name == "average customer"]
    assert len(outlines) == len(rings) == 3
    assert all(set(ring.r) == {0.0} for ring in rings)
    columns = {
        "mobile": "profile_mobile_score",
        "purchases a month": "profile_purchase_frequency_score",
    }
    for number, trace in enumerate(outlines, start=1):
        row = frame[frame["cluster_number"] == number].iloc[0]
        shown = dict(zip(trace.theta[:-1], trace.r[:-1], strict=True))
        assert len(shown) == len(given.PROFILE)
        assert trace.r[0] == trace.r[-1], "the outline closes"
        for label, column in columns.items():
            assert shown[label] == row[column]
    ranges = {tuple(figure.layout[f"polar{k}"].radialaxis.range) for k in ("", "2", "3")}
    assert ranges == {(-1.5, 2.5)}, "one scale for all wheels"
    assert "1: mobile (+1.4, more than average)" in finding(figure)


def test_weekday_hours_are_indexed_against_the_mean_hour(
    frames: dict[str, pd.DataFrame],
) -> None:
    figure = draw("weekday_hour_heatmap", frames)
    heat = figure.data[0]
    total = sum(
        given.time_count(d, h, c) for d in range(1, 8) for h in range(24) for c in given.CHANNELS
    )
    for day, hour in ((1, 12), (6, 12), (3, 20)):
        count = sum(given.time_count(day, hour, c) for c in given.CHANNELS)
        expected = np.log2(count / (total / 168))
        assert heat.z[day - 1][hour] == pytest.approx(expected)
    assert f"{total:,} transactions" in finding(figure)
    assert finding(figure).startswith("The busiest hour begins Saturday 12:00")
    assert note(figure) == "77 transactions carry no time of day (Branch) and are left out."
    assert "fraud 44.44 % of 9" in plain(heat.customdata[0][3]), "one in each of four channels"


def test_hourly_areas_stack_to_the_transactions_of_a_day(
    frames: dict[str, pd.DataFrame],
) -> None:
    figure = draw("hourly_channels", frames)
    traces = by_name(figure)
    assert list(traces) == ["POS", "Online", "Mobile", "ATM"], "largest lowest, branch has no hour"
    for channel, trace in traces.items():
        weekly = [sum(given.time_count(d, h, channel) for d in range(1, 8)) for h in range(24)]
        expected = [value / (7 * given.DAY_COUNT) for value in weekly]
        assert list(trace.y) == pytest.approx(expected)
        assert trace.stackgroup == "channels"
    assert len({trace.fillpattern.shape for trace in figure.data}) == 4


def test_network_joins_only_significant_pairs_above_chance(
    frames: dict[str, pd.DataFrame],
) -> None:
    figure = draw("product_network", frames)
    edges = {
        (float(t.meta["first"]), float(t.meta["second"])): t
        for t in figure.data
        if t.name == "edge"
    }
    assert set(edges) == {(1, 2), (2, 6), (4, 6)}, "0.55 is below chance, 1.01 not significant"
    assert edges[(4, 6)].line.width == networks.THICKEST
    assert edges[(1, 2)].line.width < edges[(2, 6)].line.width
    names = {name.replace("<br>", " ") for t in figure.data if t.text for name in t.text}
    assert names == {product[1] for product in given.PRODUCTS}
    assert finding(figure).startswith("Travel Card and Brokerage Account go together most: 3.40")


def test_network_without_a_significant_pair_says_so(frames: dict[str, pd.DataFrame]) -> None:
    frame = frames["analytics_product_cross_sell_patterns"].assign(adjusted_p_value=0.6)
    figure = draw("product_network", {"analytics_product_cross_sell_patterns": frame})
    assert not [trace for trace in figure.data if trace.name == "edge"]
    assert finding(figure).startswith("No two of 6 products")
    untested = frame.assign(adjusted_p_value=None, lift=None)
    figure = draw("product_network", {"analytics_product_cross_sell_patterns": untested})
    assert finding(figure).startswith("6 products are held, by too few customers to say")


def test_affinity_is_the_lift_on_a_symmetric_log_scale(frames: dict[str, pd.DataFrame]) -> None:
    figure = draw("product_affinity", frames)
    heat = figure.data[0]
    place = {name: k for k, name in enumerate(heat.x)}
    names = {product[0]: product[1] for product in given.PRODUCTS}
    for (a, b), lift in given.LIFTS.items():
        row, column = place[names[a]], place[names[b]]
        assert heat.z[row][column] == heat.z[column][row] == pytest.approx(np.log2(lift))
    assert all(heat.z[k][k] is None for k in range(6)), "no product with itself"
    written = list(figure.data[1].text)
    assert written.count("3.4*") == 2 and written.count("1.0") == 22
    assert finding(figure) == (
        "Of 15 tested pairs, 3 are held together significantly more often than chance, "
        "1 less often."
    )


def test_sunburst_rings_add_up_to_all_spending(frames: dict[str, pd.DataFrame]) -> None:
    sun = draw("category_sunburst", frames).data[0]
    frame = frames["analytics_merchant_spending_patterns"]
    frame = frame.assign(spend=frame["spend_amount"].astype(float))
    shown = dict(zip(sun.labels, sun.values, strict=True))
    assert shown["All spending"] == pytest.approx(frame["spend"].sum())
    for column in ("merchant_category_group", "merchant_category"):
        for name, total in frame.groupby(column)["spend"].sum().items():
            assert shown[str(name)] == pytest.approx(total)
    assert len(sun.ids) == 1 + 3 + 6


def test_region_treemap_writes_the_share_against_the_bank(
    frames: dict[str, pd.DataFrame],
) -> None:
    figure = draw("region_treemap", frames)
    frame = frames["analytics_merchant_spending_patterns"]
    frame = frame.assign(spend=frame["spend_amount"].astype(float))
    tree = figure.data[0]
    place = {tuple(id.split(hierarchies.SEPARATOR)[1:]): k for k, id in enumerate(tree.ids)}
    west = frame[frame["region"] == "West"]
    leisure = frame["merchant_category_group"] == "Leisure"
    index = (west.loc[leisure, "spend"].sum() / west["spend"].sum()) / (
        frame.loc[leisure, "spend"].sum() / frame["spend"].sum()
    )
    cell = place["West", "Leisure"]
    assert tree.customdata[cell][0] == f"Leisure<br>{100 * index:.0f}"
    assert tree["values"][cell] == pytest.approx(west.loc[leisure, "spend"].sum())
    assert tree.marker.colors[cell] == theme.LIGHT["div4"], "135 is far more than elsewhere"
    assert tree.marker.colors[place["West", "Essentials"]] == theme.LIGHT["div1"]
    assert f"Leisure in West, index {100 * index:.0f}" in finding(figure)


def test_correlation_matrix_holds_each_pair_of_everyone_once(
    frames: dict[str, pd.DataFrame],
) -> None:
    figure = draw("correlation_matrix", frames)
    heat, written = figure.data
    known = [float(cell) for row in heat.z for cell in row if cell is not None]
    expected = [value for value in given.CORRELATIONS.values() if value is not None]
    assert sorted(known) == pytest.approx(sorted(expected)), "All only, not Premium"
    cells = {(x, y): text for x, y, text in zip(written.x, written.y, written.text, strict=True)}
    assert cells["Credit score", "Use of the credit limit"] == "-0.48*"
    assert cells["Annual income", "Use of the credit limit"] == "-0.02", "no star at p = 0.5"
    assert cells["Credit score", "Late payments"] == "?"
    assert "Use of the credit limit, -0.48 (-0.53 to -0.43, 1,200" in finding(figure)
    assert note(figure).startswith("? marks 1 pairs")
    frame = frames["analytics_credit_score_behavior_correlation"]
    chance = {
        "analytics_credit_score_behavior_correlation": frame.assign(spearman_adjusted_p_value=0.4)
    }
    assert finding(draw("correlation_matrix", chance)).startswith("None of 3 metrics goes with")


def test_violin_has_every_known_score_of_its_group(frames: dict[str, pd.DataFrame]) -> None:
    figure = draw("credit_score_violin", frames)
    frame = frames["analytics_customer_behavior_clusters"]
    for number, trace in enumerate(figure.data, start=1):
        scores = frame.loc[frame["cluster_number"] == number, "credit_score"].dropna()
        assert list(trace.y) == sorted(scores)
        assert f"n = {len(scores)}" in trace.name
    assert (
        note(figure) == f"{int(frame['credit_score'].isna().sum())} customers have no known score."
    )


def test_an_even_sample_keeps_ends_and_quartiles() -> None:
    values = pd.Series(np.random.default_rng(5).normal(size=9_001))
    kept = even_sample(values, 1_001)
    assert len(kept) == 1_001
    assert (kept[0], kept[-1]) == (values.min(), values.max())
    # Every ninth of 9,001 sorted values: quartiles are among them.
    assert np.quantile(kept, [0.25, 0.5, 0.75]) == pytest.approx(
        np.quantile(values, [0.25, 0.5, 0.75])
    )


def test_map_puts_every_area_of_every_metric_under_its_label(
    frames: dict[str, pd.DataFrame],
) -> None:
    figure = draw("geographic_clusters", frames)
    income = [t for t in figure.data if t.xaxis == "x" and t.meta]
    shown = {t.name: set(t.meta["areas"]) for t in income}
    cities = [city[1] for city in given.US_CITIES]
    assert shown["high among high"] == set(cities[0::5])
    assert shown["low among low"] == set(cities[1::5])
    assert set().union(*shown.values()) == set(cities)
    x, y = maps.project_us([-74.01], [40.71], ["NY"])
    high = next(t for t in income if t.name == "high among high")
    assert (high.x[0], high.y[0]) == pytest.approx((x[0], y[0]))
    spend = [t for t in figure.data if t.xaxis == "x3" and t.meta]
    assert [t.name for t in spend] == ["not tested"]
    headings = [plain(a.text) for a in figure.layout.annotations]
    assert headings[0].endswith("Moran I +0.31, p 0.004: clustered")
    assert headings[1].endswith("as chance would have it")
    assert headings[2].endswith("too few areas to test")
    assert headings[3].endswith("dispersed")
    assert finding(figure).endswith("are alike in Annual income, USD (I +0.31).")
    legend = [t.name for t in figure.data if t.showlegend]
    assert len(legend) == len(set(legend)) == 6, "each kind enters the legend once"
    assert figure.layout.geo.to_plotly_json() == {}, "geo would fetch shapes from the network"


def test_map_outside_the_us_is_marks_at_coordinates() -> None:
    czech = (
        ("Prague", "Hl.m. Praha", 50.08, 14.44, 663),
        ("west Bohemia", "Plzen", 49.75, 13.38, 131),
    )
    figure = draw(
        "geographic_clusters",
        {"analytics_geographic_clustering": given.geographic_clustering(czech)},
    )
    assert note(figure).startswith("Not US states")
    first = next(t for t in figure.data if t.meta)
    assert (first.x[0], first.y[0]) == (14.44, 50.08)


def test_decomposition_draws_the_parts_whose_product_was_observed(
    frames: dict[str, pd.DataFrame],
) -> None:
    figure = draw("seasonal_decomposition", frames)
    frame = frames["analytics_seasonal_patterns"]
    frame = frame[frame["series_name"] == "transactions"].reset_index(drop=True)
    traces = by_name(figure)
    for name, column in (
        ("Day", "observed_value"),
        ("Trend", "trend_value"),
        ("Year", "yearly_index"),
        ("Rest", "remainder_index"),
    ):
        assert list(traces[name].y) == frame[column].tolist()
    week = dict(zip(traces["Week"].x, traces["Week"].customdata, strict=True))
    assert week == pytest.approx(
        dict(zip(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), given.WEEK, strict=True))
    )
    assert len(traces["Bank holiday"].x) == int(frame["is_bank_holiday"].sum())
    assert set(traces["Bank holiday"].y) == {60.0}
    headings = [plain(a.text) for a in figure.layout.annotations]
    assert headings[1] == "<b>Year</b>; strength 0.70 (0.60 to 0.78)"
    assert "the week runs from 77 (Sun) to 112 (Sat)" in finding(figure)
    assert "-40.0 % (-42.5 to -37.5)" in finding(figure)


def test_decomposition_of_less_than_two_years_has_no_year() -> None:
    frame = {"analytics_seasonal_patterns": given.seasonal_patterns(300)}
    figure = draw("seasonal_decomposition", frame)
    assert "Year" not in by_name(figure)
    headings = [plain(a.text) for a in figure.layout.annotations]
    assert headings[1] == "<b>Year</b>: not to be told from less than two years"


def test_decomposition_of_a_series_with_one_huge_day_says_what_it_cuts(
    frames: dict[str, pd.DataFrame],
) -> None:
    frame = frames["analytics_seasonal_patterns"].copy()
    first = frame.index[frame["series_name"] == "transactions"][0]
    frame.loc[first, "observed_value"] = 50_000.0
    figure = draw("seasonal_decomposition", {"analytics_seasonal_patterns": frame})
    top = figure.layout.yaxis.range[1]
    second = frame.loc[frame["series_name"] == "transactions", "observed_value"].nlargest(2).iloc[1]
    assert second < top < 5_000
    assert "1 day lies above the drawn range, up to 50.0 k." in note(figure)
    assert "drawn range" not in note(draw("seasonal_decomposition", frames))


def test_survival_curves_are_those_of_the_frame(frames: dict[str, pd.DataFrame]) -> None:
    figure = draw("cohort_survival", frames)
    traces = by_name(figure)
    ages = list(range(29))
    assert list(traces["All accounts"].x) == ages
    assert list(traces["All accounts"].y) == pytest.approx(
        [100 * given.survival(-2, age) for age in ages]
    )
    for key, (name, _) in given.LIFE_PRODUCTS.items():
        if key > 0:
            assert list(traces[name].y) == pytest.approx(
                [100 * given.survival(key, age) for age in ages]
            )
            assert traces[name].xaxis == "x2"
    cohorts = [name for name in traces if name in given.COHORTS]
    assert (cohorts[0], cohorts[-1], len(cohorts)) == (given.COHORTS[0], given.COHORTS[-1], 6)
    assert note(figure) == "6 of 8 cohorts are drawn, evenly spread."
    band = traces["95 % interval"]
    assert max(band.y) == pytest.approx(100 * min(1.0, given.survival(-2, 1) + 0.01))
    assert min(band.y) == pytest.approx(100 * (given.survival(-2, 28) - 0.01))
    assert finding(figure).startswith("88.6 % of accounts are open at 12 months (87.6 % to 89.6 %)")
    assert "78.5 % (Personal Loan) to 94.2 % (Everyday Checking)" in finding(figure)


def test_the_same_network_stands_the_same() -> None:
    nodes = [networks.Node(str(k), f"N{k}", "ab"[k % 2], 1.0, "") for k in range(5)]
    edges = [networks.Edge("0", "3", 1.0, "e")]
    first, second = (networks.network_figure(nodes, edges).to_json() for _ in range(2))
    assert first == second
    figure = networks.network_figure(nodes, edges)
    line = next(trace for trace in figure.data if trace.name == "edge")
    places = {
        name: (x, y)
        for trace in figure.data
        if trace.text
        for name, x, y in zip(trace.text, trace.x, trace.y, strict=True)
    }
    assert (line.x[0], line.y[0]) == pytest.approx(places["N0"])
    assert (line.x[-1], line.y[-1]) == pytest.approx(places["N3"])
    radius = np.hypot(line.x[networks.STEPS // 2], line.y[networks.STEPS // 2])
    straight = np.hypot(*(np.add(places["N0"], places["N3"]) / 2))
    assert radius < straight, "edges bend towards the middle"


def test_tree_parents_hold_the_sum_of_their_children() -> None:
    frame = pd.DataFrame(
        {"a": ["x", "x", "y", "y"], "b": ["p", "q", "p", "p"], "v": [1.0, 2.0, 5.0, 0.5]}
    )
    made = hierarchies.tree(frame, ("a", "b"), "v", "All")
    assert len(set(made.ids)) == len(made.ids) == 6
    for id, amount, depth in zip(made.ids, made.amounts, made.depths, strict=True):
        children = [v for v, parent in zip(made.amounts, made.parents, strict=True) if parent == id]
        if depth < 2:
            assert sum(children) == pytest.approx(amount)


def test_ratio_scale_is_symmetric_and_bounded() -> None:
    assert matrices.log_ratio([2.0, 0.5], 8).tolist() == [1.0, -1.0]
    assert np.isnan(matrices.log_ratio([np.nan], 8)).all()
    ticks = matrices.ratio_ticks(4)
    assert ticks["ticktext"] == ["≤ 0.25", "0.5", "1", "2", "≥ 4"]
    assert matrices.ratio_ticks(4, percent=True)["ticktext"][2] == "100"


@pytest.mark.parametrize("colors", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_texts_stay_readable_all_along_the_diverging_scale(colors: dict[str, str]) -> None:
    light_of = {value: name for name, value in theme.LIGHT.items()}
    scale = [[int(colors[f"div{k}"][c : c + 2], 16) for c in (1, 3, 5)] for k in range(5)]
    for share in np.linspace(-1, 1, 81):
        place = (share + 1) * 2
        ground = [np.interp(place, range(5), [step[c] for step in scale]) for c in range(3)]
        ink = colors[light_of[matrices.text_color(float(share))]]
        letters = [int(ink[c : c + 2], 16) for c in (1, 3, 5)]
        low, high = sorted((_luminance(ground), _luminance(letters)))
        # 3:1 is the floor where scale and text must share the middle of the range.
        assert (high + 0.05) / (low + 0.05) >= 3, share


def _luminance(channels: list[float]) -> float:
    linear = [
        c / 255 / 12.92 if c / 255 <= 0.03928 else ((c / 255 + 0.055) / 1.055) ** 2.4
        for c in channels
    ]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))
