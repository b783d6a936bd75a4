"""The diagnostic report in a real browser: drawn whole, in the window, labels apart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support import chromium
from tests.support.frames import frames_of
from tests.support.frames.shared import FrameSource, empty

from financial_analytics.charts.registry import charts
from financial_analytics.reports.report import write_report

DRAWN = "document.documentElement.dataset.state === 'drawn'"
FITS = """
document.documentElement.scrollWidth === innerWidth
&& Array.from(document.querySelectorAll('.plot')).every((plot) => Math.abs(
     plot.querySelector('.main-svg').getBoundingClientRect().width - plot.clientWidth) < 2)
"""
# Labels of rows, of bars and of Sankey nodes that cover each other by more than two pixels.
COVERED = """
Array.from(document.querySelectorAll('.plot')).flatMap((plot) =>
  ['.ytick text', '.node-label', '.textpoint text', '.legendtext'].flatMap((kind) => {
    const boxes = Array.from(plot.querySelectorAll(kind))
      .map((item) => [item.textContent, item.getBoundingClientRect()])
      .filter(([, box]) => box.width > 0);
    return boxes.flatMap(([first, a], k) => boxes.slice(k + 1)
      .filter(([, b]) => a.left < b.right - 2 && b.left < a.right - 2
                      && a.top < b.bottom - 2 && b.top < a.bottom - 2)
      .map(([second]) => `${plot.dataset.chart}: ${first} / ${second}`));
  }))
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[chromium.Browser]:
    with chromium.open_browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    out = tmp_path_factory.mktemp("outputs")
    return write_report("02", FrameSource(frames_of("02")), out).as_uri()


def opened(browser: chromium.Browser, url: str, **options: Any) -> chromium.Page:
    page = browser.page(**options)
    page.go(url)
    page.wait_for(DRAWN)
    return page


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (390, "dark")])
def test_all_charts_are_drawn_in_the_window_without_covered_labels(
    browser: chromium.Browser, report: str, width: int, theme: str
) -> None:
    page = opened(browser, f"{report}#{theme}", width=width)
    page.wait_for(FITS, seconds=20)
    heights = page.evaluate(
        "Object.fromEntries(Array.from(document.querySelectorAll('.plot')).map((plot) => "
        "[plot.dataset.chart, plot.querySelector('.main-svg')?.getBoundingClientRect().height]))"
    )
    assert list(heights) == [entry.id for entry in charts("02")]
    assert min(heights.values()) >= 200
    assert page.evaluate(COVERED) == []
    assert page.exceptions == [] and page.console == []
    assert [url for url in page.requests if not url.startswith(("file:", "data:", "blob:"))] == []
    page.close()


def test_covered_labels_would_be_found(browser: chromium.Browser, report: str) -> None:
    """The proof that the test above can fail."""
    page = opened(browser, report, width=1440)
    page.evaluate(
        "(() => { const [first, second] = document.querySelectorAll("
        "'[data-chart=\"diagnostic.closure_sankey\"] .node-label');"
        "second.parentNode.appendChild(first.cloneNode(true)); "
        "second.parentNode.appendChild(first.cloneNode(true)); })()"
    )
    assert any("closure_sankey" in said for said in page.evaluate(COVERED))
    page.close()


def test_a_bank_without_rows_is_stated_panels_only(
    browser: chromium.Browser, tmp_path: Path
) -> None:
    frames = {name: empty(frame) for name, frame in frames_of("02").items()}
    page = opened(browser, write_report("02", FrameSource(frames), tmp_path).as_uri(), width=390)
    page.wait_for(FITS, seconds=20)
    said = page.evaluate(
        "Array.from(document.querySelectorAll('.plot')).filter((plot) => "
        "plot.textContent.includes('No data to draw')).length"
    )
    assert said == len(charts("02"))
    widths = page.evaluate(
        "Array.from(document.querySelectorAll('.plot')).map((plot) => Math.max(0, "
        "...Array.from(plot.querySelectorAll('.annotation-text')).map((item) => "
        "item.getBoundingClientRect().width - plot.clientWidth)))"
    )
    assert max(widths) == 0, "the longest name of a model fits a phone"
    assert page.exceptions == []
    page.close()
