"""The theme: tokens that exchange, contrast, number formats, empty panels, safe frames."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from tests.support.frames.descriptive import US_CITIES
from tests.support.frames.shared import HOSTILE

from financial_analytics.charts.kit import frames, maps, parts, theme


def _luminance(color: str) -> float:
    channels = [int(color[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    """WCAG 2.2 contrast ratio, 1 to 21."""
    low, high = sorted((_luminance(first), _luminance(second)))
    return (high + 0.05) / (low + 0.05)


def _interpolated(colors: list[str], share: float) -> str:
    place = share * (len(colors) - 1)
    left = min(int(place), len(colors) - 2)
    part = place - left
    mixed = [
        round(int(a, 16) * (1 - part) + int(b, 16) * part)
        for a, b in ((colors[left][k : k + 2], colors[left + 1][k : k + 2]) for k in (1, 3, 5))
    ]
    return "#" + "".join(f"{value:02X}" for value in mixed)


def test_tokens_are_the_same_in_both_themes_and_exchange_without_loss() -> None:
    assert theme.LIGHT.keys() == theme.DARK.keys()
    # Two tokens of one colour could not be told apart when a page turns dark.
    assert len(set(theme.LIGHT.values())) == len(theme.LIGHT)


@pytest.mark.parametrize("colors", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_marks_reach_3_to_1_and_texts_4_5_to_1(colors: dict[str, str]) -> None:
    # WCAG 2.2, 1.4.11 for graphics and 1.4.3 for text.
    for name in ("blue", "orange", "green", "purple", "amber", "sky", "grey"):
        assert contrast(colors[name], colors["paper"]) >= 3, name
    for name in ("text", "muted"):
        for ground in ("paper", "card"):
            assert contrast(colors[name], colors[ground]) >= 4.5, (name, ground)
    for name in ("blue", "orange", "green", "purple"):
        assert contrast(colors["onfill"], colors[name]) >= 4, name


@pytest.mark.parametrize("colors", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_texts_stay_readable_all_along_the_sequential_scale(colors: dict[str, str]) -> None:
    scale = [colors[f"seq{step}"] for step in range(6)]
    light_of = {value: name for name, value in theme.LIGHT.items()}
    for share in np.linspace(0, 1, 41):
        name = light_of[theme.text_on_scale(float(share))]
        ground = _interpolated(scale, float(share))
        # 3:1 is the floor where scale and text must share the middle of the range.
        assert contrast(colors[name], ground) >= 3, (share, ground)


def test_series_differ_by_a_second_cue() -> None:
    count = len(theme.SERIES)
    for cues in (theme.PATTERNS, theme.SYMBOLS):
        assert len(set(cues)) == count
    assert len(set(theme.DASHES[:5])) == 5


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "USD 0.00"),
        (99.994, "USD 99.99"),
        (1_234.5, "USD 1,234"),
        (9_999.4, "USD 9,999"),
        (10_000, "USD 10.0 k"),
        (314_625_746.80, "USD 314.6 M"),
        (-2_500_000_000, "USD -2.5 B"),
        (float("nan"), "unknown"),
        (None, "unknown"),
    ],
)
def test_money(value: float | None, text: str) -> None:
    assert theme.money(value, "USD").replace(theme.NO_BREAK, " ") == text


def test_unknown_is_never_printed_as_zero() -> None:
    for write in (theme.money, theme.count, theme.percent, theme.decimal):
        assert write(None) == write(float("nan")) == "unknown"
    assert theme.change(None) == theme.change(float("nan")) == ""


def test_empty_figure_states_its_reason() -> None:
    figure = theme.empty_figure("no rows, " * 12)
    assert figure.layout.meta["empty"] is True
    text = figure.layout.annotations[0].text
    assert "No data to draw" in text
    assert max(len(line) for line in text.split("<br>")) <= 48
    assert "no rows" in figure.layout.meta["finding"]
    narrow = figure.layout.meta["compact"]["layout"]["annotations"][0]
    assert narrow["text"] == text, "a phone says the same"
    # 0.6 em a character: the longest name of a model fits a phone's 330 pixels.
    assert (
        0.6 * narrow["font"]["size"] * len("analytics_marketing_campaign_performance_drivers") < 330
    )


def test_prepare_gives_plain_types_and_keeps_null() -> None:
    given = pd.DataFrame(
        {
            "money": [Decimal("1.25"), None],
            "count": pd.array([3, None], dtype="Int64"),
            "flag": [True, None],
            "day": [dt.date(2024, 2, 29), None],
            "name": ["a<b>", None],
            "nothing": [None, None],
        }
    )
    plain = frames.prepare(given)
    assert plain["money"].tolist()[0] == 1.25
    assert plain[["money", "count"]].dtypes.astype(str).tolist() == ["float64", "float64"]
    assert plain.loc[1].isna().all()
    assert bool(plain["flag"][0]) is True
    assert plain["day"][0] == pd.Timestamp("2024-02-29")
    assert plain["name"][0] == "a&lt;b&gt;"
    assert given["name"][0] == "a<b>", "the caller's frame must not change"


def test_long_names_are_cut_but_stay_apart() -> None:
    long = "x" * 80
    names = frames.prepare(pd.DataFrame({"n": [long + "1", long + "2", long + "1"]}))["n"]
    assert names.nunique() == 2
    assert names[0] == names[2]
    assert names.str.len().max() <= frames.LONGEST_LABEL + 4


@pytest.mark.parametrize("text", [HOSTILE, "a\x00b\x1bc", "<b>x</b>", "R&D"])
def test_escaped_text_has_no_markup_and_no_control_characters(text: str) -> None:
    safe = frames.escape_text(text)
    assert "<" not in safe and ">" not in safe
    assert safe.isprintable()


def test_why_empty_tells_the_three_cases_apart() -> None:
    none = pd.DataFrame({"v": []})
    assert "no rows" in str(frames.why_empty(none, "m", ()))
    little = pd.DataFrame({"v": [1.0], "status": ["insufficient_data"]})
    assert "insufficient_data" in str(frames.why_empty(little, "m", ()))
    null = pd.DataFrame({"v": [np.nan], "status": ["ok"]})
    assert "no known value of v" in str(frames.why_empty(null, "m", ("v",)))
    assert frames.why_empty(pd.DataFrame({"v": [0.0], "status": ["ok"]}), "m", ("v",)) is None


def test_unique_names_number_only_the_shared() -> None:
    names = parts.unique_names(pd.Series(["Loan", "Loan", "Card"]), pd.Series([1.0, 2.0, 3.0]))
    assert names.tolist() == ["Loan (#1)", "Loan (#2)", "Card"]


def test_last_months_counts_calendar_months() -> None:
    months = pd.DataFrame({"month_start_date": pd.date_range("2023-01-01", periods=14, freq="MS")})
    kept = parts.last_months(months, 12)["month_start_date"]
    assert (kept.min(), len(kept)) == (pd.Timestamp("2023-03-01"), 12)
    assert parts.period_words(parts.last_months(months, 12)) == "March 2023 to February 2024"


def test_states_are_complete_and_cities_fall_into_their_state() -> None:
    shapes = maps.state_shapes()
    assert len(shapes) == 51
    cities = US_CITIES
    x, y = maps.project_us(
        [city[3] for city in cities], [city[2] for city in cities], [city[0] for city in cities]
    )
    for k, (code, city, *_) in enumerate(cities):
        points = np.array([point for ring in shapes[code]["rings"] for point in ring])
        low, high = points.min(axis=0) - 4, points.max(axis=0) + 4
        assert (low <= (x[k], y[k])).all() and ((x[k], y[k]) <= high).all(), city


def test_state_code_knows_codes_names_and_foreign_countries() -> None:
    states = pd.Series(["ny", "New York", "Prague", "CA", None])
    countries = pd.Series(["US", None, "CZ", "Canada", "US"])
    codes = maps.state_code(states, countries)
    assert codes[0] == codes[1] == "NY"
    assert codes[2:].isna().all()


def test_bubble_areas_are_proportional() -> None:
    sizes = maps.bubble_sizes([400.0, 100.0, 0.0], largest=26.0)
    assert sizes[0] == pytest.approx(26.0)
    assert sizes[1] ** 2 / sizes[0] ** 2 == pytest.approx(0.25)
    assert sizes[2] == 3.5
