"""The report in a real browser: no request, no error, both themes, both widths, downloads."""

from __future__ import annotations

import re
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support import chromium
from tests.support.frames import frames_of
from tests.support.frames import shared as given
from tests.support.frames.shared import FrameSource

from financial_analytics.charts.registry import charts
from financial_analytics.reports.report import write_report

DRAWN = "document.documentElement.dataset.state === 'drawn'"
COLOR_OF_BARS = """
(() => {
  const path = document.querySelector(
    '[data-chart="descriptive.monthly_trend"] .bars .point path');
  return getComputedStyle(path).fill;
})()
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[chromium.Browser]:
    with chromium.open_browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    out = tmp_path_factory.mktemp("outputs")
    return write_report("01", FrameSource(frames_of("01")), out).as_uri()


def opened(browser: chromium.Browser, url: str, **options: object) -> chromium.Page:
    page = browser.page(**options)  # type: ignore[arg-type]
    page.go(url)
    page.wait_for(DRAWN)
    return page


@pytest.fixture(scope="module")
def light(browser: chromium.Browser, report: str) -> chromium.Page:
    """The report on a wide screen of a system that prefers light; shared, so leave it so."""
    return opened(browser, report)


@pytest.fixture(scope="module")
def dark(browser: chromium.Browser, report: str) -> chromium.Page:
    """The same where the address asks for dark."""
    return opened(browser, report + "#dark")


def foreign(page: chromium.Page) -> list[str]:
    return [url for url in page.requests if not url.startswith(("file:", "data:", "blob:"))]


def rested(page: chromium.Page, milliseconds: int = 500) -> None:
    page.evaluate(f"new Promise((resolve) => setTimeout(resolve, {milliseconds}))")


def test_the_page_asks_the_network_for_nothing_and_reports_no_error(
    light: chromium.Page,
) -> None:
    light.evaluate("document.querySelectorAll('details').forEach((item) => { item.open = true; })")
    light.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    rested(light)
    files = {url.rsplit("/", 1)[1] for url in light.requests if url.startswith("file:")}
    assert files == {"index.html", "plotly.min.js"}, "the log of requests must be alive"
    assert foreign(light) == []
    assert light.exceptions == []
    assert light.console == []


def test_a_request_would_be_seen_and_refused(dark: chromium.Page) -> None:
    """The proof that the test above can fail, and that the content policy holds."""
    outcome = dark.evaluate("fetch('http://127.0.0.1:9/x').then(() => 'went out', () => 'refused')")
    rested(dark, 200)
    assert outcome == "refused"
    assert "Content Security Policy" in " ".join(text for _, text in dark.console)


def test_all_charts_are_drawn(light: chromium.Page) -> None:
    heights = light.evaluate(
        "Object.fromEntries(Array.from(document.querySelectorAll('.plot')).map((plot) => "
        "[plot.dataset.chart, plot.querySelector('.main-svg')?.getBoundingClientRect().height]))"
    )
    assert list(heights) == [entry.id for entry in charts("01")]
    assert min(heights.values()) >= 200


FITS = """
document.documentElement.scrollWidth === innerWidth
&& Array.from(document.querySelectorAll('.plot')).every((plot) => Math.abs(
     plot.querySelector('.main-svg').getBoundingClientRect().width - plot.clientWidth) < 2)
"""
CARDS_IN_A_ROW = (
    "new Set(document.querySelector('[data-chart=\"descriptive.customer_kpis\"]')"
    ".layout.shapes.map((shape) => Math.round(shape.x0 * 100))).size"
)


@pytest.mark.parametrize(("width", "cards"), [(390, 2), (768, 4), (1440, 4)])
def test_the_drawing_fits_the_window_when_it_changes(
    light: chromium.Page, width: int, cards: int
) -> None:
    light.size(width)
    light.wait_for(FITS, seconds=20)
    light.wait_for(f"{CARDS_IN_A_ROW} === {cards}", seconds=10)
    assert light.evaluate("innerWidth") == width


def test_a_phone_opens_in_the_narrow_drawing(browser: chromium.Browser, report: str) -> None:
    page = opened(browser, report, width=390)
    assert page.evaluate(CARDS_IN_A_ROW) == 2
    page.wait_for(FITS, seconds=10)
    page.close()


def test_the_menu_saves_png_and_svg_with_title_and_sentence(
    browser: chromium.Browser, light: chromium.Page, tmp_path: Path
) -> None:
    titles = light.evaluate(
        "Array.from(document.querySelectorAll('#descriptive-roll_rates .modebar-btn'))"
        ".map((button) => button.dataset.title)"
    )
    assert titles == ["Download as PNG", "Download as SVG"], "and nothing that uploads"
    browser.download_to(tmp_path)
    for name in titles:
        light.evaluate(
            f"document.querySelector('#descriptive-roll_rates [data-title=\"{name}\"]').click()"
        )
    png, svg = (tmp_path / f"descriptive.roll_rates.{kind}" for kind in ("png", "svg"))
    end = time.monotonic() + 30
    while not (png.is_file() and svg.is_file()) and time.monotonic() < end:
        rested(light, 100)
    width, height = struct.unpack(">II", png.read_bytes()[16:24])
    assert (width, height) == (1100, 440 + 84)
    drawing = re.sub(r"<[^>]+>", " ", svg.read_text(encoding="utf-8"))
    assert "How loans roll between delinquency buckets" in drawing
    assert "of loans that were current fell behind" in drawing
    assert foreign(light) == [] and light.exceptions == [] and light.console == []


def test_the_button_turns_the_theme_and_every_chart_with_it(light: chromium.Page) -> None:
    background = "getComputedStyle(document.documentElement).backgroundColor"
    assert light.evaluate(background) == "rgb(255, 255, 255)"
    assert light.evaluate(COLOR_OF_BARS) == "rgb(11, 102, 176)"
    light.evaluate("document.getElementById('theme').click()")
    light.wait_for(f"{COLOR_OF_BARS.strip()} === 'rgb(88, 173, 235)'", seconds=10)
    assert light.evaluate(background) == "rgb(21, 26, 33)"
    light.evaluate("document.getElementById('theme').click()")
    light.wait_for(f"{COLOR_OF_BARS.strip()} === 'rgb(11, 102, 176)'", seconds=10)
    light.evaluate("localStorage.removeItem('fa-theme')")


def test_the_system_theme_is_followed_until_one_is_chosen(light: chromium.Page) -> None:
    light.prefer("dark")
    light.wait_for(f"{COLOR_OF_BARS.strip()} === 'rgb(88, 173, 235)'", seconds=10)
    light.prefer("light")
    light.wait_for(f"{COLOR_OF_BARS.strip()} === 'rgb(11, 102, 176)'", seconds=10)


def test_the_address_can_ask_for_a_theme(dark: chromium.Page) -> None:
    assert dark.evaluate("document.documentElement.dataset.theme") == "dark"
    assert dark.evaluate(COLOR_OF_BARS) == "rgb(88, 173, 235)"


def test_print_shows_light_charts_and_hides_the_controls(dark: chromium.Page) -> None:
    dark.prefer("light", media="print")
    visible = "getComputedStyle(document.querySelector({!r})).display"
    assert dark.evaluate(visible.format("button#theme")) == "none"
    assert dark.evaluate(visible.format("details.data")) == "none"
    assert dark.evaluate("getComputedStyle(document.documentElement).backgroundColor") == (
        "rgb(255, 255, 255)"
    )
    dark.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    dark.wait_for(f"{COLOR_OF_BARS.strip()} === 'rgb(11, 102, 176)'", seconds=10)
    widths = dark.evaluate(
        "Array.from(document.querySelectorAll('.plot .main-svg:first-child'))"
        ".map((drawing) => Math.round(drawing.getBoundingClientRect().width))"
    )
    assert set(widths) == {676}, "wider than A4 would be cut off"
    dark.evaluate("window.dispatchEvent(new Event('afterprint'))")
    dark.wait_for(f"{COLOR_OF_BARS.strip()} === 'rgb(88, 173, 235)'", seconds=10)
    dark.prefer("light")


def test_hostile_names_run_nothing_and_are_shown_as_text(
    browser: chromium.Browser, tmp_path: Path
) -> None:
    frames = {name: given.hostile(frame) for name, frame in frames_of("01").items()}
    path = write_report("01", FrameSource(frames), tmp_path)
    page = opened(browser, path.as_uri())
    assert page.evaluate("typeof window.hacked") == "undefined"
    assert page.evaluate("document.querySelectorAll('[onclick]').length") == 0
    shown = page.evaluate(
        "document.querySelector('[data-chart=\"descriptive.segment_donut\"] .slicetext')"
        ".textContent"
    )
    assert shown.startswith("</script><script>window.hacked=1")
    assert page.exceptions == [] and foreign(page) == []
    page.close()


def test_empty_models_are_drawn_as_stated_panels(browser: chromium.Browser, tmp_path: Path) -> None:
    path = write_report("01", FrameSource({}), tmp_path)
    page = opened(browser, path.as_uri())
    texts = page.evaluate(
        "Array.from(document.querySelectorAll('.plot')).map((plot) => plot.textContent)"
    )
    assert len(texts) == len(charts("01"))
    assert all("No data to draw" in text for text in texts)
    assert page.exceptions == [] and page.console == []
    page.close()


def test_a_missing_browser_fails_where_it_is_demanded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FA_CHROMIUM", "/nowhere/chromium")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="apt-get install chromium"):
        chromium.require_chromium()
    monkeypatch.setenv("CI", "")
    monkeypatch.delenv("FA_REQUIRE_CHROMIUM", raising=False)
    with pytest.raises(pytest.skip.Exception, match="FA_CHROMIUM"):
        chromium.require_chromium()
