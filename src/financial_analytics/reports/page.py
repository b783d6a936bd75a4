"""The HTML of a report, from templates that escape; colours of the theme, one script of our own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from html import unescape
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from financial_analytics.charts.kit import theme
from financial_analytics.metrics import Metric
from financial_analytics.quality import MODEL, Finding, Verdict, verdict_of
from financial_analytics.reports.origin import Origin
from financial_analytics.reports.quality import PAGE as QUALITY_PAGE
from financial_analytics.reports.quality import groups_of, overview_of
from financial_analytics.reports.reader import RunInfo
from financial_analytics.reports.tables import Table

PLOTLY_FILE = "plotly.min.js"
BANKS = {"synthetic": "synthetic, nobody's data", "own": "own feeds"}
# Nothing may be fetched, whatever a page is made to hold: the browser itself refuses.
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data: blob:; connect-src 'none'; font-src 'none'; base-uri 'none'; form-action 'none'"
)
DEFAULT_HEIGHT_PX = 380


@dataclass(frozen=True)
class Panel:
    """One chart, ready for the page.

    Attributes
    ----------
    id, title, model, unit, reading, span : str
        As registered.
    finding, note : str
        The sentence with the numbers, and what must be known about the drawing; plain text.
    figure : mapping
        Plotly JSON without template.
    table : Table or None
        The data behind it; None where the model is not built.
    as_of : date or None
        Newest date that the model's rows are as of.
    metrics : sequence of Metric
        What is counted, in the words of the registry.
    origin : Origin or None
        Where the numbers come from; None where the project does not describe the model.
    """

    id: str
    title: str
    model: str
    unit: str
    reading: str
    span: str
    finding: str
    note: str
    figure: Mapping[str, Any]
    table: Table | None
    as_of: date | None = None
    metrics: Sequence[Metric] = ()
    origin: Origin | None = None

    @property
    def anchor(self) -> str:
        """Fragment of the page that leads to this chart."""
        return self.id.replace(".", "-")

    @property
    def alternative(self) -> str:
        """What stands for the drawing where it cannot be seen."""
        parts = (f"{self.title}.", self.finding, self.note, self.reading)
        return " ".join(part for part in parts if part)

    @property
    def height(self) -> int:
        """Height of the drawing, in pixels."""
        return int(self.figure.get("layout", {}).get("height") or DEFAULT_HEIGHT_PX)


@dataclass(frozen=True)
class ReportLink:
    """One line of the index.

    Attributes
    ----------
    title, question : str
        Of the category.
    path : str or None
        Relative path of the report, None when it is not written yet.
    charts : int
        Number of its charts.
    lead : str
        Title of the chart that answers the question.
    anchor : str
        Fragment of the report that leads to it.
    answer : str
        What the report says of it; empty where it says nothing.
    """

    title: str
    question: str
    path: str | None
    charts: int
    lead: str = ""
    anchor: str = ""
    answer: str = ""


@cache
def templates() -> Environment:
    """Return the templates, which escape whatever is put into them."""
    return Environment(
        loader=PackageLoader("financial_analytics.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )


def _render(name: str, **values: Any) -> str:
    return (
        templates()
        .get_template(name)
        .render(policy=CONTENT_POLICY, style=_style(), banks=BANKS, **values)
    )


@cache
def _asset(name: str) -> Markup:
    """Return one of our own files as it is."""
    folder = resources.files("financial_analytics.reports").joinpath("assets")
    return Markup(folder.joinpath(name).read_text(encoding="utf-8"))


def _style() -> Markup:
    light, dark = (
        Markup("").join(f"--{name}:{value};" for name, value in colors.items())
        for colors in (theme.LIGHT, theme.DARK)
    )
    return Markup(
        ":root{{{light}}}"
        "@media (prefers-color-scheme: dark){{:root{{{dark}}}}}"
        ':root[data-theme="light"]{{{light}}}:root[data-theme="dark"]{{{dark}}}'
        "@media print{{:root,:root[data-theme]{{{light}}}}}\n"
    ).format(light=light, dark=dark) + _asset("report.css")


def script_json(value: Any) -> str:
    r"""Return JSON that is safe inside a script element.

    Examples
    --------
    >>> script_json({"a": "</script>"})
    '{"a":"\\u003c/script\\u003e"}'
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def plain(text: str) -> str:
    """Return text that charts escaped for Plotly as plain text again."""
    return unescape(text)


def report_page(
    *,
    title: str,
    kicker: str,
    run: RunInfo,
    panels: Sequence[Panel],
    problems: Sequence[str],
    plotly_path: str,
    index_path: str,
    verdict: Verdict | None = None,
) -> str:
    """Return the page of one report.

    Parameters
    ----------
    title, kicker : str
        Heading and the line above it.
    run : RunInfo
        Shown in the header.
    panels : sequence of Panel
        The charts in order.
    problems : sequence of str
        Charts that could not be drawn, and why; shown on top.
    plotly_path, index_path : str
        Relative paths to the shared script and to the index of reports.
    verdict : Verdict, optional
        What the checks of data quality say, at worst; None where they were not made.
    """
    data = {
        "fa-figures": {panel.id: panel.figure for panel in panels},
        "fa-template": theme.template().to_plotly_json(),
        "fa-dark": theme.color_exchange(),
        "fa-texts": {panel.id: _texts(panel) for panel in panels},
    }
    return _render(
        "report.html",
        title=title,
        kicker=kicker,
        run=run,
        panels=panels,
        problems=problems,
        plotly_path=plotly_path,
        index_path=index_path,
        verdict=verdict,
        quality_path=f"../{QUALITY_PAGE}",
        data={name: Markup(script_json(value)) for name, value in data.items()},
        script=_asset("report.js"),
    )


def index_page(links: Sequence[ReportLink], run: RunInfo, verdict: Verdict | None = None) -> str:
    """Return the index over the reports; arguments as for `report_page`."""
    path = QUALITY_PAGE if verdict else None
    return _render("index.html", links=links, run=run, verdict=verdict, quality_path=path)


def quality_page(findings: Sequence[Finding], table: Table, run: RunInfo) -> str:
    """Return the page of data quality.

    Parameters
    ----------
    findings : sequence of Finding
        Every check, the worst first.
    table : Table
        The rows of the model.
    run : RunInfo
        Shown in the header.
    """
    return _render(
        "quality.html",
        verdict=verdict_of(findings),
        groups=groups_of(findings),
        overview=overview_of(findings),
        table=table,
        run=run,
        model=MODEL,
    )


def validation_page(name: str, sections: Sequence[Any], run: RunInfo) -> str:
    """Return the validation pack of a model.

    Parameters
    ----------
    name : str
        Name of the model.
    sections : sequence of validation.Section
        From top to bottom.
    run : RunInfo
        Shown in the header.
    """
    return _render("validation.html", model=name, sections=sections, run=run)


def _texts(panel: Panel) -> dict[str, str]:
    """Return the texts of a chart for its download, whose markup is Plotly's."""
    texts = {"title": panel.title, "finding": panel.finding, "note": panel.note}
    return {
        name: text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        for name, text in texts.items()
    }
