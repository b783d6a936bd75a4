"""Every text of every chart in a real browser: apart from the others, whole, large enough."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from tests.support import chromium, overlaps
from tests.support.frames import frames_of
from tests.support.frames.shared import FrameSource

from financial_analytics.charts.registry import charts
from financial_analytics.reports.report import write_report

TEXTS_A_CHART = 8
DRAWN = "document.documentElement.dataset.state === 'drawn'"
DRAWN_CATEGORIES = list(dict.fromkeys(entry.category.folder[:2] for entry in charts()))


@pytest.fixture(scope="module")
def browser() -> Iterator[chromium.Browser]:
    with chromium.open_browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    out = tmp_path_factory.mktemp("outputs")
    return {
        category: write_report(category, FrameSource(frames_of(category)), out).as_uri()
        for category in DRAWN_CATEGORIES
    }


def opened(browser: chromium.Browser, url: str, width: int) -> chromium.Page:
    page = browser.page(width=width)
    page.go(url)
    page.wait_for(DRAWN, seconds=90)
    return page


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("category", DRAWN_CATEGORIES)
def test_texts_are_apart_whole_and_large_enough(
    browser: chromium.Browser, reports: dict[str, str], category: str, width: int
) -> None:
    page = opened(browser, reports[category], width)
    drawn = page.evaluate("document.querySelectorAll('.main-svg text').length")
    assert drawn > TEXTS_A_CHART * len(charts(category))
    assert overlaps.flaws(page) == []
    page.close()


def test_flaws_would_be_found(browser: chromium.Browser, reports: dict[str, str]) -> None:
    """The proof that the test above can fail: a label doubled, pushed out, made small."""
    page = opened(browser, reports["02"], 1440)
    page.evaluate(
        """(() => {
          const plot = document.querySelector('[data-chart="diagnostic.satisfaction_forest"]');
          const [, two, three, four] = plot.querySelectorAll('.ytick text');
          two.parentNode.appendChild(two.cloneNode(true));
          three.setAttribute('transform', 'translate(-2000, 0)');
          four.querySelectorAll('tspan').forEach((part) => { part.style.fontSize = '5px'; });
          four.style.fontSize = '5px';
        })()"""
    )
    said = " ".join(overlaps.flaws(page))
    for word in ("covered: ", "outside: ", "5.0 pixels: "):
        assert f"diagnostic.satisfaction_forest: {word}" in said, said
    page.close()


def test_long_product_names_stay_in_the_drawing(browser: chromium.Browser, tmp_path: Path) -> None:
    frames = frames_of("03")
    name = "analytics_account_lifecycle_patterns"
    products = frames[name]["product_name"]
    long = {
        one: f"Current account {k}, statement after each transaction"
        for k, one in enumerate(sorted(set(products) - {"All"}))
    }
    frames[name] = pd.DataFrame(frames[name]).assign(product_name=products.replace(long))
    page = opened(browser, write_report("03", FrameSource(frames), tmp_path).as_uri(), 390)
    assert [said for said in overlaps.flaws(page) if "cohort_survival" in said] == []
    page.close()
