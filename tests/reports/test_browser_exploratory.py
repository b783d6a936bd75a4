"""The report of category 03 in a real browser: scene and wheels in both themes, no request."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.support import chromium
from tests.support.frames import frames_of
from tests.support.frames.shared import FrameSource

from financial_analytics.charts.kit import theme
from financial_analytics.charts.registry import charts
from financial_analytics.reports.report import write_report

DRAWN = "document.documentElement.dataset.state === 'drawn'"
SCENE = "document.querySelector('[data-chart=\"exploratory.clusters_3d\"]')"
WHEEL = "document.querySelector('[data-chart=\"exploratory.cluster_radar\"]')"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    out = tmp_path_factory.mktemp("outputs")
    return write_report("03", FrameSource(frames_of("03")), out).as_uri()


@pytest.fixture(scope="module")
def browser() -> Iterator[chromium.Browser]:
    with chromium.open_browser() as opened:
        yield opened


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("colors", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_all_charts_are_drawn_in_the_colours_of_the_theme(
    browser: chromium.Browser, report: str, width: int, colors: dict[str, str]
) -> None:
    page = browser.page(width=width)
    page.go(report + ("#dark" if colors is theme.DARK else "#light"))
    page.wait_for(DRAWN, seconds=90)
    drawn = page.evaluate(
        "Array.from(document.querySelectorAll('.plot')).filter((plot) => "
        "plot.querySelector('.main-svg')).map((plot) => plot.dataset.chart)"
    )
    assert drawn == [entry.id for entry in charts("03")]
    assert page.evaluate("document.documentElement.scrollWidth") == width
    scene = page.evaluate(f"{SCENE}._fullLayout.scene.xaxis.gridcolor")
    assert scene in (colors["line"], _rgb(colors["line"]))
    assert page.evaluate(f"{SCENE}._fullLayout.scene.bgcolor") == colors["paper"]
    label = f"getComputedStyle({WHEEL}.querySelector('.angularaxistick text')).fill"
    assert page.evaluate(label) == _rgb(colors["text"])
    assert page.evaluate(f"{WHEEL}.querySelectorAll('g.polarsublayer.frontplot').length") == 3
    assert page.exceptions == []
    outside = [u for u in page.requests if not u.startswith(("file:", "data:", "blob:"))]
    assert outside == []
    page.close()


def test_a_browser_without_webgl_says_so_and_draws_the_rest(
    report: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chromium, "FLAGS", (*chromium.FLAGS, "--disable-3d-apis"))
    with chromium.open_browser() as browser:
        page = browser.page()
        page.go(report)
        page.wait_for(DRAWN, seconds=90)
        assert "WebGL is not supported by your browser" in page.evaluate(f"{SCENE}.textContent")
        assert page.evaluate("document.querySelectorAll('.plot .main-svg').length") >= 13
        assert page.exceptions == []


def _rgb(color: str) -> str:
    return "rgb({}, {}, {})".format(*(int(color[k : k + 2], 16) for k in (1, 3, 5)))
