"""The site of the documents: each link leads somewhere, nothing is fetched from elsewhere."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
import typer
from tests.support import chromium
from tests.support.frames import frames_of
from tests.support.frames.shared import FrameSource

from financial_analytics.charts.registry import charts, get_chart
from financial_analytics.cli import app
from financial_analytics.described import code_files, describe
from financial_analytics.reports.report import write_chart

ROOT = Path(__file__).resolve().parents[2]
FETCHED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href"}
COMMAND_PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])


class Links(HTMLParser):
    """Where a page leads, what it fetches, and where it may be entered."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.ids: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.ids |= {found[name] for name in ("id", "name") if name in found}
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        elif tag in FETCHED and FETCHED[tag] in found:
            self.fetched.append(found[FETCHED[tag]])
        assert "mermaid" not in found.get("class", ""), "the theme would fetch its drawing"


def _read(path: Path) -> Links:
    parser = Links()
    parser.feed(path.read_text(encoding="utf-8"))
    return parser


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the site beside reports of which nothing but the cards is there."""
    outputs = tmp_path_factory.mktemp("outputs")
    for entry in charts():
        folder = outputs / entry.category.folder
        folder.mkdir(exist_ok=True)
        with (folder / "index.html").open("a", encoding="utf-8") as page:
            page.write(f'<article id="{entry.id.replace(".", "-")}"></article>')
    site = outputs / "docs"
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "-d", str(site)]
    env = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return site


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Links]:
    """Return what stands in each page of the site and of the reports."""
    return {path.resolve(): _read(path) for path in site.parent.rglob("*.html")}


def test_each_link_of_the_site_leads_somewhere(site: Path, pages: dict[Path, Links]) -> None:
    assert len(pages) > 400
    faults = []
    for path, page in pages.items():
        if path.name == "404.html":
            continue  # of servers; its links begin at the root
        for link in page.links:
            if re.match(r"https?:|mailto:", link):
                continue
            name, _, anchor = unquote(link).partition("#")
            target = (path.parent / name).resolve() if name else path
            entered = not anchor or target not in pages or anchor in pages[target].ids
            if not target.is_file() or not entered:
                faults.append((path.name, link))
    assert faults == []


def test_no_page_fetches_from_elsewhere(site: Path, pages: dict[Path, Links]) -> None:
    faults = []
    for path, page in pages.items():
        for name in page.fetched:
            if re.match(r"(https?:)?//", name):
                faults.append((path.name, name))
            elif path.name != "404.html":
                assert (path.parent / name.split("?")[0]).is_file(), (path.name, name)
    styles = [path.read_text(encoding="utf-8") for path in site.rglob("*.css")]
    assert faults == []
    assert not any(re.search(r"(url\(|@import)\s*['\"]?(https?:)?//", style) for style in styles)


def test_a_model_leads_to_charts_code_feeds_and_tests(site: Path, pages: dict[Path, Links]) -> None:
    """Chart, card, model's page: the third click is on the code, a feed or a relation it reads."""
    drawn = {entry.model for entry in charts()}
    for name in (name for name in code_files(ROOT) if name.startswith("analytics_")):
        page = pages[(site / "models" / f"{name}.html").resolve()]
        code = describe(ROOT, name).code.relative_to(ROOT).as_posix()
        assert f"../code/{code}.html" in page.links, name
        assert any(link.startswith("../sources/") for link in page.links), name
        assert {"columns", "method", "lineage", "limits", "tests"} <= page.ids, name
        if name in drawn:
            cards = [link for link in page.links if "_analytics/index.html#" in link]
            assert len(cards) == sum(entry.model == name for entry in charts()), name


CLICKS = {
    "method": ("a[href*='/code/models/']", "fit_scorecard|analytics_customer_churn_prediction"),
    "feed": ("a[href*='/sources/transactions.html']", "transaction_id"),
    "tests": ("nav a[href$='#tests']", "grain"),
}


def _arrive(page: chromium.Page, expression: str) -> None:
    """Wait for what the next page shows; a question asked between two pages has no answer."""
    for _ in range(20):
        try:
            return page.wait_for(expression)
        except AssertionError as error:
            if "navigated" not in str(error):
                raise
    raise AssertionError(f"pages follow each other, none shows: {expression}")


@pytest.mark.parametrize("wanted", CLICKS)
def test_three_clicks_in_a_browser_from_a_chart(site: Path, wanted: str) -> None:
    """Opened from the folder: the card unfolds, leads to its model, and that to what it stands on.

    Nothing is asked of a network, and search finds a model.
    """
    source = FrameSource(frames_of("05"))
    report = write_chart("predictive.churn_funnel", source, site.parent)
    model = get_chart("predictive.churn_funnel").model
    link, words = CLICKS[wanted]
    with chromium.open_browser() as browser:
        page = browser.page()
        page.go(report.as_uri())
        page.wait_for("document.documentElement.dataset.state === 'drawn'")
        page.evaluate("document.querySelector('.origin summary').click()")
        page.wait_for("document.querySelector('.origin').open")
        page.evaluate("document.querySelector('.origin a').click()")
        _arrive(page, f"document.querySelector('h1')?.textContent.includes('{model}')")
        page.evaluate(f"document.querySelector({link!r}).click()")
        _arrive(page, f"/{words}/.test(document.querySelector('article')?.innerText ?? '')")
        if wanted == "feed":
            page.wait_for("document.querySelector('.md-search__input') !== null")
            page.evaluate("document.querySelector('.md-search__input').focus()")
            page.evaluate(
                "(() => { const field = document.querySelector('.md-search__input');"
                " field.value = 'churn'; field.dispatchEvent(new Event('keyup'));"
                " field.dispatchEvent(new Event('input', {bubbles: true})); })()"
            )
            page.wait_for("document.querySelectorAll('.md-search-result__item').length > 0")
        assert page.exceptions == []
        assert {url.split(":")[0] for url in page.requests} <= {"file", "data", "blob", "about"}


def _commands() -> list[tuple[str, str]]:
    """Return page and command of each `fa …` in a block of shell."""
    found = []
    for path in COMMAND_PAGES:
        for block in re.findall(
            r"^```(?:sh|console|bash)\n(.*?)^```", path.read_text(encoding="utf-8"), re.M | re.S
        ):
            for line in block.replace("\\\n", " ").splitlines():
                for part in re.split(r"&&|;|\|(?!\|)", line.removeprefix("$ ")):
                    if re.match(r"(\w+=\S+ )*fa ", part.strip()):
                        found.append((path.name, part.strip()))
    return sorted(set(found))


@pytest.mark.parametrize(("page", "line"), _commands())
def test_commands_of_the_documents_are_understood(page: str, line: str) -> None:
    """By the command line itself: commands, options and values are those that it takes."""
    words = shlex.split(line, comments=True)
    words = words[words.index("fa") + 1 :]
    if ">" in words:
        words = words[: words.index(">")]
    command = typer.main.get_command(app)
    context = command.make_context("fa", list(words))
    while hasattr(command, "resolve_command"):
        rest = [*context._protected_args, *context.args]
        name, command, rest = command.resolve_command(context, rest)
        context = command.make_context(name, rest, parent=context)


def test_commands_are_found_and_a_wrong_one_is_refused() -> None:
    assert len(_commands()) > 20
    with pytest.raises(Exception, match="No such option"):
        test_commands_of_the_documents_are_understood("", "fa build --no-such-option")


def test_targets_of_make_on_pages_exist() -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    used = {
        name
        for path in COMMAND_PAGES
        for name in re.findall(r"^(?:\w+=\S+ )*make (\w+)", path.read_text("utf-8"), re.M)
    }
    assert {"demo", "site"} <= used <= targets


def test_troubleshooting_has_every_exit_code_but_success() -> None:
    def codes(name: str, heading: str) -> set[str]:
        text = (ROOT / "docs" / name).read_text(encoding="utf-8")
        section = text.split(f"## {heading}")[1].split("\n## ")[0]
        return set(re.findall(r"^\| (\d+) \|", section, re.M))

    named = codes("troubleshooting.md", "A command ended with")
    assert named == codes("commands.md", "Exit codes") - {"0"}
