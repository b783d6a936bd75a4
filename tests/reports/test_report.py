"""Reports as files: complete, escaped, honest about what is missing, written whole."""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markupsafe import escape
from tests.support.frames import frame_of, frames_of
from tests.support.frames import shared as given
from tests.support.frames.shared import FrameSource

from financial_analytics.charts.catalogue import CATEGORIES
from financial_analytics.charts.registry import charts, get_chart
from financial_analytics.described import describe, feeds
from financial_analytics.errors import InvalidInputError
from financial_analytics.reports.page import plain, script_json
from financial_analytics.reports.reader import RunInfo
from financial_analytics.reports.report import write_chart, write_report
from financial_analytics.settings import find_project_dir


class Outline(HTMLParser):
    """Elements and attributes of a page; the texts of its scripts apart."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: dict[str, str] = {}
        self._script: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        self.elements.append((tag, known))
        if tag == "script":
            self._script = known.get("id") or known.get("src") or "code"

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._script = None

    def handle_data(self, data: str) -> None:
        if self._script:
            self.scripts[self._script] = self.scripts.get(self._script, "") + data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def outline(path: Path) -> Outline:
    parser = Outline()
    parser.feed(path.read_text(encoding="utf-8"))
    return parser


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("outputs")
    write_report("01_descriptive_analytics", FrameSource(frames_of("01")), out)
    return out


def test_files_are_where_design_says(written: Path) -> None:
    assert {path.relative_to(written).as_posix() for path in written.rglob("*.*")} == {
        "01_descriptive_analytics/index.html",
        "index.html",
        "plotly.min.js",
    }


def test_every_chart_has_title_figure_alt_text_reading_and_table(written: Path) -> None:
    text = (written / "01_descriptive_analytics/index.html").read_text(encoding="utf-8")
    page = outline(written / "01_descriptive_analytics/index.html")
    figures = json.loads(page.scripts["fa-figures"])
    plots = {item["data-chart"]: item for item in page.all("div") if "data-chart" in item}
    assert list(plots) == [entry.id for entry in charts("01")] == list(figures)
    for entry in charts("01"):
        plot = plots[entry.id]
        assert plot["role"] == "img"
        alt = str(plot["aria-label"])
        assert entry.title in alt and entry.reading_at(95.0) in alt and re.search(r"\d", alt)
        assert f"<code>{entry.model}</code>" in text
    assert len(page.all("table")) == len(charts("01")) + 1  # and the row counts


def test_every_card_says_where_its_numbers_come_from(written: Path) -> None:
    """Model, method, sources and tests, one click from the chart; as the project's files say."""
    project = find_project_dir()
    text = unescape((written / "01_descriptive_analytics/index.html").read_text(encoding="utf-8"))
    cards = re.findall(r'<article class="\w+" id="([\w-]+)">(.*?)</article>', text, re.S)
    assert [anchor for anchor, _ in cards] == [entry.id.replace(".", "-") for entry in charts("01")]
    for (_, card), entry in zip(cards, charts("01"), strict=True):
        said = describe(project, entry.model)
        origin = card.split('<details class="data origin">')[1].split("</details>")[0]
        assert said.question[1:] in origin and said.grain in origin
        assert f"<code>{said.code.relative_to(project).as_posix()}</code>" in origin
        assert all(f"<code>{name}</code>" in origin for name in said.parents)
        assert ", ".join(feeds(project, entry.model)) in origin
        assert all(f"<code>{kind}</code>" in origin for kind in said.kinds())
        assert all(unit in origin for unit in said.unit_tests)
        assert all(check.formula in origin for check in said.checks)
        assert "href" not in origin  # there is no site beside these reports


def test_a_card_leads_to_its_page_where_the_site_is_beside_the_reports(tmp_path: Path) -> None:
    model = get_chart("inferential.churn_funnel").model
    site = tmp_path / "docs" / "models" / f"{model}.html"
    site.parent.mkdir(parents=True)
    site.write_text("", encoding="utf-8")
    page = write_chart("inferential.churn_funnel", FrameSource(frames_of("04")), tmp_path)
    links = {str(item["href"]) for item in outline(page).all("a")}
    found = [link for link in links if link.endswith(f"{model}.html")]
    assert [(page.parent / link).resolve() for link in found] == [site]
    assert "Wilson, E. B. (1927)" in page.read_text(encoding="utf-8")


def test_header_says_run_and_rows(written: Path) -> None:
    text = (written / "01_descriptive_analytics/index.html").read_text(encoding="utf-8")
    for said in ("2024-06-18", "duckdb", "20240618T120000Z-ab12", "2024-06-19 04:30 UTC"):
        assert f"<dd>{said}</dd>" in text
    frames = frames_of("01")
    rows = sum(len(frame) for frame in frames.values())
    assert f"<dd>{rows:,} in {len(frames)} relations</dd>" in text


def test_page_names_no_foreign_address(written: Path) -> None:
    for path in written.rglob("*.html"):
        page = outline(path)
        for _, attributes in page.elements:
            for name in ("src", "href", "action", "data", "poster", "srcset"):
                value = attributes.get(name) or ""
                assert not re.match(r"(?i)\s*(https?:|//|ftp:|ws)", value), (path, value)
        policy = next(item for item in page.all("meta") if "http-equiv" in item)
        assert "default-src 'none'" in str(policy["content"])
        assert "connect-src 'none'" in str(policy["content"])
        assert "@import" not in path.read_text(encoding="utf-8")


def test_shared_script_is_one_and_the_packages(written: Path) -> None:
    import plotly  # noqa: PLC0415

    origin = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    assert (written / "plotly.min.js").read_bytes() == origin.read_bytes()
    page = outline(written / "01_descriptive_analytics/index.html")
    assert [item["src"] for item in page.all("script") if "src" in item] == ["../plotly.min.js"]


def test_hostile_texts_cannot_leave_their_place(tmp_path: Path) -> None:
    frames = {name: given.hostile(frame) for name, frame in frames_of("01").items()}
    frames["analytics_customer_overview"]["reporting_currency"] = given.HOSTILE
    path = write_report("descriptive", FrameSource(frames), tmp_path)
    clean = write_report("descriptive", FrameSource(frames_of("01")), tmp_path / "clean")
    page, reference = outline(path), outline(clean)
    # The same scripts as without them, nothing with a handler, and valid JSON.
    assert [item.get("id") for item in page.all("script")] == [
        item.get("id") for item in reference.all("script")
    ]
    assert not [a for _, a in page.elements for name in a if name.startswith("on")]
    assert len(page.all("b")) == len(reference.all("b"))
    for name in ("fa-figures", "fa-texts"):
        raw = page.scripts[name]
        assert not set("<>\u2028") & set(raw)
        json.loads(raw)
    tables = path.read_text(encoding="utf-8")
    assert "&lt;/script&gt;&lt;script&gt;window.hacked=1" in tables


def test_script_json_round_trips_hostile_texts() -> None:
    value = {given.HOSTILE: [given.HOSTILE, None, 1.5, "</SCRIPT>", "<!--"]}
    text = script_json(value)
    assert json.loads(text) == value
    assert not set("<>&\u2028\u2029") & set(text)
    with pytest.raises(ValueError, match="not JSON compliant"):
        script_json({"x": float("nan")})


def test_missing_and_empty_models_are_stated(tmp_path: Path) -> None:
    frames = frames_of("01")
    del frames["analytics_fraud_summary"]
    frames["analytics_product_summary"] = given.empty(frames["analytics_product_summary"])
    frames["analytics_customer_overview"] = given.insufficient(
        frames["analytics_customer_overview"]
    )
    frames["analytics_customer_by_segment"] = frames["analytics_customer_by_segment"].drop(
        columns="customer_count"
    )
    problems: list[str] = []
    path = write_report("01", FrameSource(frames), tmp_path, problems=problems)
    text = unescape(path.read_text(encoding="utf-8"))
    assert "analytics_fraud_summary is not built yet" in text
    assert "analytics_product_summary has no rows" in text
    assert "analytics_customer_overview says insufficient_data" in text
    assert len(problems) == 1 and "customer_count" in problems[0]
    assert problems[0] in text


def test_a_bank_without_anything_still_gets_a_report(tmp_path: Path) -> None:
    path = write_report("01", FrameSource({}), tmp_path)
    figures = json.loads(outline(path).scripts["fa-figures"])
    assert len(figures) == len(charts("01"))
    assert all(figure["layout"]["meta"]["empty"] for figure in figures.values())


def test_the_same_frames_give_the_same_bytes(tmp_path: Path) -> None:
    first = write_report("01", FrameSource(frames_of("01")), tmp_path / "a").read_bytes()
    again = write_report("01", FrameSource(frames_of("01")), tmp_path / "b").read_bytes()
    assert first == again


def test_index_links_what_is_written_and_names_the_rest(written: Path) -> None:
    page = outline(written / "index.html")
    links = [item["href"] for item in page.all("a")]
    report = "01_descriptive_analytics/index.html"
    assert links == [report, f"{report}#descriptive-monthly_trend", report]
    text = (written / "index.html").read_text(encoding="utf-8")
    assert "What happened?" in text and "What is happening now?" in text
    assert text.count("not written yet") == 7
    assert f"{len(charts('01'))} charts" in text


def test_the_front_page_says_what_the_reports_say(tmp_path: Path) -> None:
    """Of each category the finding of its lead chart, word by word; small, and without scripts."""
    for item in CATEGORIES:
        write_report(item.folder, FrameSource(frames_of(item.folder[:2])), tmp_path)
    page = outline(tmp_path / "index.html")
    text = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert page.all("script") == []
    assert len(text) < 100_000
    for item in CATEGORIES:
        lead = get_chart(item.lead)
        assert lead.category == item
        finding = plain(lead.draw(frame_of(lead.model)).layout.meta["finding"])
        assert finding
        assert f'<p class="answer">{escape(finding)}</p>' in text
        anchor = f"{item.folder}/index.html#{item.lead.replace('.', '-')}"
        assert anchor in [link["href"] for link in page.all("a")]


def test_one_chart_on_request(tmp_path: Path) -> None:
    path = write_chart("descriptive.roll_rates", FrameSource(frames_of("01")), tmp_path)
    assert path == tmp_path / "01_descriptive_analytics" / "roll_rates.html"
    assert list(json.loads(outline(path).scripts["fa-figures"])) == ["descriptive.roll_rates"]


def test_a_category_without_charts_is_refused(tmp_path: Path) -> None:
    drawn = {entry.category.folder for entry in charts()}
    absent = next(name for name in ("08_realtime_analytics", "nope") if name not in drawn)
    with pytest.raises(InvalidInputError):
        write_report(absent, FrameSource({}), tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_page_of_several_builds_says_of_when_each_chart_is(tmp_path: Path) -> None:
    frames = frames_of("01")
    late = "analytics_transaction_summary"
    day = dt.date(2024, 7, 31)
    frames[late] = frames[late].assign(as_of_date=day)

    def page(source: FrameSource) -> str:
        path = write_report("01_descriptive_analytics", source, tmp_path)
        return path.read_text(encoding="utf-8")

    def own_dates(text: str) -> list[str]:
        return re.findall(r"<code>(\w+)</code></dd><dt>As of</dt><dd>([0-9-]+)</dd>", text)

    charts_of_late = [chart for chart in charts("01") if chart.model == late]
    assert own_dates(page(FrameSource(frames))) == [(late, "2024-07-31")] * len(charts_of_late)
    assert "Not of one build" not in page(FrameSource(frames))

    class Mixed(FrameSource):
        def run_info(self) -> RunInfo:
            return replace(super().run_info(), mixture="without the newest <feeds>: gold.a")

    text = page(Mixed(frames))
    assert "Not of one build" in text and "without the newest &lt;feeds&gt;: gold.a" in text
    assert len(own_dates(text)) == len([c for c in charts("01") if "as_of_date" in frames[c.model]])
