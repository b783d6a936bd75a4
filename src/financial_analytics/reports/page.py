"""The HTML of a report: escaped texts, colours from the theme, one script of our own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from html import escape, unescape
from importlib import resources
from typing import Any

from financial_analytics.charts.kit import theme
from financial_analytics.reports.reader import RunInfo

PLOTLY_FILE = "plotly.min.js"
BANKS = {"synthetic": "synthetic, nobody's data", "own": "own feeds"}
# Nothing may be fetched, whatever a page is made to hold: the browser itself refuses.
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data: blob:; connect-src 'none'; font-src 'none'; base-uri 'none'; form-action 'none'"
)


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
    table : str
        HTML of the data table, already escaped.
    as_of : date or None
        Newest date that the model's rows are as of.
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
    table: str
    as_of: date | None = None

    @property
    def anchor(self) -> str:
        """Fragment of the page that leads to this chart."""
        return self.id.replace(".", "-")


@cache
def _asset(name: str) -> str:
    folder = resources.files("financial_analytics.reports").joinpath("assets")
    return folder.joinpath(name).read_text(encoding="utf-8")


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


def _variables(colors: Mapping[str, str]) -> str:
    return "".join(f"--{name}:{value};" for name, value in colors.items())


def _style() -> str:
    light, dark = _variables(theme.LIGHT), _variables(theme.DARK)
    return (
        f":root{{{light}}}"
        f"@media (prefers-color-scheme: dark){{:root{{{dark}}}}}"
        f':root[data-theme="light"]{{{light}}}:root[data-theme="dark"]{{{dark}}}'
        f"@media print{{:root,:root[data-theme]{{{light}}}}}\n" + _asset("report.css")
    )


def _head(title: str) -> str:
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(CONTENT_POLICY)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<link rel="icon" href="data:,">\n'
        f"<title>{escape(title)}</title>\n<style>{_style()}</style>\n</head>\n"
    )


def _run_facts(run: RunInfo) -> str:
    facts = [
        ("As of", run.as_of_date.isoformat() if run.as_of_date else "unknown"),
        ("Bank", BANKS.get(run.bank or "", "not recorded")),
        ("Engine", run.engine),
        ("Run", run.run_id),
        ("Built", f"{run.built_at:%Y-%m-%d %H:%M} UTC" if run.built_at else "not recorded"),
        ("Rows", f"{sum(run.row_counts.values()):,} in {len(run.row_counts)} relations"),
    ]
    items = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(text)}</dd></div>" for name, text in facts
    )
    return f'<dl class="run">{items}</dl>'


def _row_counts(run: RunInfo) -> str:
    if not run.row_counts:
        return ""
    rows = "".join(
        f'<tr><td><code>{escape(name)}</code></td><td class="n">{count:,}</td></tr>'
        for name, count in sorted(run.row_counts.items())
    )
    return (
        "<details class='data'><summary>Rows of each relation</summary>"
        "<div class='scroll' tabindex='0' role='region' aria-label='Rows of each relation'>"
        "<table><thead><tr><th scope='col'>relation</th><th scope='col'>rows</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></div></details>"
    )


def plain(text: str) -> str:
    """Return text that charts escaped for Plotly as plain text again."""
    return unescape(text)


def _article(panel: Panel, run: RunInfo) -> str:
    alt = f"{panel.title}. {panel.finding} {panel.note} {panel.reading}".replace("  ", " ")
    note = f'<p class="note">{escape(panel.note)}</p>' if panel.note else ""
    return (
        f'<article class="{escape(panel.span)}" id="{escape(panel.anchor)}">'
        f"<h2>{escape(panel.title)}</h2>"
        f'<p class="finding">{escape(panel.finding)}</p>'
        f'<div class="plot" role="img" aria-label="{escape(alt)}" '
        f'data-chart="{escape(panel.id)}" style="min-height:{_height(panel)}px"></div>{note}'
        '<dl class="facts">'
        f"<dt>How to read it</dt><dd>{escape(panel.reading)}</dd>"
        f"<dt>Unit</dt><dd>{escape(panel.unit)}</dd>"
        f"<dt>Model</dt><dd><code>{escape(panel.model)}</code></dd>{_own_date(panel, run)}</dl>"
        f"{panel.table}</article>"
    )


def _own_date(panel: Panel, run: RunInfo) -> str:
    """Say of when a chart is, where the head of the page does not."""
    if panel.as_of is None or (panel.as_of == run.as_of_date and not run.mixture):
        return ""
    return f"<dt>As of</dt><dd>{panel.as_of.isoformat()}</dd>"


def _mixture(run: RunInfo) -> str:
    if not run.mixture:
        return ""
    return (
        '<section class="problems" aria-label="Not of one build">'
        "<strong>Not of one build</strong><ul>"
        f"<li>{escape(run.mixture)}. Each chart says of when it is; fa build brings all to one."
        "</li></ul></section>"
    )


def _height(panel: Panel) -> int:
    layout = panel.figure.get("layout", {})
    return int(layout.get("height") or 380)


def report_page(
    *,
    title: str,
    kicker: str,
    run: RunInfo,
    panels: Sequence[Panel],
    problems: Sequence[str],
    plotly_path: str,
    index_path: str,
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
    """
    contents = "".join(
        f'<li><a href="#{escape(panel.anchor)}">{escape(panel.title)}</a></li>' for panel in panels
    )
    articles = "".join(_article(panel, run) for panel in panels)
    warning = ""
    if problems:
        items = "".join(f"<li>{escape(problem)}</li>" for problem in problems)
        warning = (
            '<section class="problems" aria-label="Problems">'
            f"<strong>Not everything could be drawn</strong><ul>{items}</ul></section>"
        )
    texts = {
        panel.id: {
            "title": _markup(panel.title),
            "finding": _markup(panel.finding),
            "note": _markup(panel.note),
        }
        for panel in panels
    }
    data = {
        "fa-figures": {panel.id: panel.figure for panel in panels},
        "fa-template": theme.template().to_plotly_json(),
        "fa-dark": theme.color_exchange(),
        "fa-texts": texts,
    }
    scripts = "".join(
        f'<script type="application/json" id="{name}">{script_json(value)}</script>\n'
        for name, value in data.items()
    )
    return (
        _head(f"{title} - Financial Analytics Platform")
        + '<body>\n<a class="skip" href="#charts">Skip to the charts</a>\n<header>'
        f'<div class="top"><div><p class="kicker"><a href="{escape(index_path)}">All reports</a>'
        f" · {escape(kicker)}</p><h1>{escape(title)}</h1></div>"
        '<button id="theme" type="button" hidden>Dark theme</button></div>'
        f"{_run_facts(run)}"
        f'<details class="contents"><summary>{len(panels)} charts</summary><ol>{contents}</ol>'
        f"</details>{_row_counts(run)}</header>\n"
        "<noscript><p class='problems'>The charts need JavaScript; the data tables do not."
        "</p></noscript>\n"
        f'{_mixture(run)}{warning}<main id="charts">\n{articles}\n</main>\n'
        "<footer>Drawn from the published snapshot; nothing on this page is fetched from the "
        "network.</footer>\n"
        + scripts
        + f'<script src="{escape(plotly_path)}"></script>\n<script>{_asset("report.js")}</script>\n'
        "</body>\n</html>\n"
    )


def _markup(text: str) -> str:
    """Escape plain text for Plotly's pseudo-HTML (titles of downloads)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


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
    """

    title: str
    question: str
    path: str | None
    charts: int


def index_page(links: Sequence[ReportLink], run: RunInfo) -> str:
    """Return the index over the reports."""
    cards = []
    for link in links:
        if link.path is None:
            cards.append(
                f'<article class="absent"><h2>{escape(link.question)}</h2>'
                f"<p>{escape(link.title)}: not written yet.</p></article>"
            )
        else:
            cards.append(
                f'<article><h2><a href="{escape(link.path)}">{escape(link.question)}</a></h2>'
                f"<p>{escape(link.title)}, {link.charts} charts.</p></article>"
            )
    return (
        _head("Financial Analytics Platform - reports")
        + '<body>\n<header><div class="top"><div><p class="kicker">Financial Analytics Platform</p>'
        f"<h1>Reports</h1></div></div>{_run_facts(run)}{_row_counts(run)}</header>\n"
        f'<main class="cards">{"".join(cards)}</main>\n</body>\n</html>\n'
    )
