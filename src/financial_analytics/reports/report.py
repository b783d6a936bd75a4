"""Writes reports: every chart of a category over its model, in one page without network."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
from collections.abc import Iterable
from datetime import date
from html import unescape
from importlib import resources
from pathlib import Path
from typing import Any, Protocol

import pandas as pd
import plotly.io

from financial_analytics.charts.catalogue import CATEGORIES, find_category
from financial_analytics.charts.kit import theme
from financial_analytics.charts.kit.frames import coverage_of
from financial_analytics.charts.registry import Chart, charts, get_chart
from financial_analytics.drafts import clear_drafts
from financial_analytics.errors import FinancialAnalyticsError, InvalidInputError
from financial_analytics.metrics import get_metric
from financial_analytics.quality import MODEL, Verdict, verdict_of
from financial_analytics.reports.origin import origin_of
from financial_analytics.reports.page import (
    PLOTLY_FILE,
    Panel,
    ReportLink,
    index_page,
    plain,
    quality_page,
    report_page,
)
from financial_analytics.reports.quality import PAGE, findings_of_frame
from financial_analytics.reports.reader import RunInfo
from financial_analytics.reports.tables import data_table
from financial_analytics.settings import find_project_dir


class Source(Protocol):
    """What a report needs of a reader."""

    @property
    def models(self) -> frozenset[str]:
        """Names of the models there are."""

    def frame(self, model: str) -> pd.DataFrame:
        """Return the rows of a model."""

    def run_info(self) -> RunInfo:
        """Return what is known of the build."""


def _panel(chart: Chart, source: Source, out_dir: Path, problems: list[str]) -> Panel:
    table, as_of = None, None
    coverage = math.nan
    if chart.model not in source.models:
        figure = theme.empty_figure(f"{chart.model} is not built yet")
    else:
        frame = source.frame(chart.model)
        as_of = _as_of(frame)
        coverage = coverage_of(frame)
        table = data_table(
            frame, caption=chart.title, needs=(*chart.needs, *chart.measures), rows=chart.rows
        )
        try:
            figure = chart.draw(frame)
        except FinancialAnalyticsError as error:
            problems.append(f"{chart.title}: {error.message}")
            figure = theme.empty_figure(error.message)
    content: dict[str, Any] = json.loads(plotly.io.to_json(figure, validate=False))
    content["layout"].pop("template", None)
    return Panel(
        id=chart.id,
        title=chart.title,
        model=chart.model,
        unit=chart.unit,
        reading=chart.reading_at(coverage),
        span=chart.span,
        finding=plain(figure.layout.meta["finding"]),
        note=plain(figure.layout.meta["note"]),
        figure=content,
        table=table,
        as_of=as_of,
        metrics=[get_metric(name) for name in chart.metrics],
        origin=origin_of(find_project_dir(), chart.model, out_dir),
    )


def _as_of(frame: pd.DataFrame) -> date | None:
    if "as_of_date" not in frame:
        return None
    days = frame["as_of_date"].dropna()
    return None if days.empty else pd.Timestamp(days.max()).date()


def _write(path: Path, text: str) -> None:
    """Replace a file whole, so that an open page never reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    clear_drafts(path.parent)
    draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def copy_plotly(out_dir: Path) -> Path:
    """Put the one shared Plotly script into the folder of all reports."""
    target = out_dir / PLOTLY_FILE
    with resources.as_file(
        resources.files("plotly").joinpath("package_data", PLOTLY_FILE)
    ) as origin:
        if not target.is_file() or target.stat().st_size != origin.stat().st_size:
            out_dir.mkdir(parents=True, exist_ok=True)
            draft = target.with_name(f".{PLOTLY_FILE}.{os.getpid()}.draft")
            try:
                shutil.copyfile(origin, draft)
                draft.replace(target)
            finally:
                draft.unlink(missing_ok=True)
    return target


def write_report(
    category: str, reader: Source, out_dir: Path, *, problems: list[str] | None = None
) -> Path:
    """Write the report of one category, the shared script and the index.

    Parameters
    ----------
    category : str
        Folder, prefix or number of a category.
    reader : Source
        Where the frames come from.
    out_dir : Path
        Folder of all reports.
    problems : list of str, optional
        Gets one sentence for each chart that could not be drawn; the page says the same.

    Returns
    -------
    Path
        ``<out_dir>/<category folder>/index.html``.

    Raises
    ------
    InvalidInputError
        If the category has no charts.
    """
    item = find_category(category)
    entries = charts(item.folder)
    if not entries:
        drawn = sorted({entry.category.folder for entry in charts()})
        raise InvalidInputError(
            f"category {item.folder} has no charts yet", hint=f"there are: {', '.join(drawn)}"
        )
    found: list[str] = []
    panels = [_panel(entry, reader, out_dir, found) for entry in entries]
    path = out_dir / item.folder / "index.html"
    run = reader.run_info()
    verdict = write_quality(reader, out_dir, run)
    _write(
        path,
        report_page(
            title=item.question,
            kicker=f"{item.title} analytics",
            run=run,
            panels=panels,
            problems=found,
            plotly_path=f"../{PLOTLY_FILE}",
            index_path="../index.html",
            verdict=verdict,
        ),
    )
    copy_plotly(out_dir)
    write_index(out_dir, run, verdict)
    if problems is not None:
        problems.extend(found)
    return path


def write_chart(chart_id: str, reader: Source, out_dir: Path) -> Path:
    """Write one chart as a page of its own, ``<category folder>/<chart name>.html``.

    Raises
    ------
    InvalidInputError
        If no chart has this id.
    """
    entry = get_chart(chart_id)
    found: list[str] = []
    panel = _panel(entry, reader, out_dir, found)
    name = chart_id.split(".", maxsplit=1)[1]
    path = out_dir / entry.category.folder / f"{name}.html"
    run = reader.run_info()
    verdict = write_quality(reader, out_dir, run)
    _write(
        path,
        report_page(
            title=entry.title,
            kicker=f"{entry.category.title} analytics",
            run=run,
            panels=[panel],
            problems=found,
            plotly_path=f"../{PLOTLY_FILE}",
            index_path="../index.html",
            verdict=verdict,
        ),
    )
    copy_plotly(out_dir)
    return path


def quoted_finding(page: str, anchor: str) -> str:
    """Return what a written report says of one chart, so that no page says another thing.

    Examples
    --------
    >>> page = '<article class="half" id="a-b"><h2>T</h2><p class="finding">1 &lt; 2.</p>'
    >>> quoted_finding(page, "a-b")
    '1 < 2.'
    """
    head = rf'<article[^>]* id="{re.escape(anchor)}">\s*<h2>[^<]*</h2>'
    found = re.search(rf'{head}\s*<p class="finding">([^<]*)</p>', page)
    return unescape(found[1]).strip() if found else ""


def _links(out_dir: Path) -> Iterable[ReportLink]:
    for item in CATEGORIES:
        page = out_dir / item.folder / "index.html"
        written = page.is_file()
        anchor = item.lead.replace(".", "-")
        yield ReportLink(
            title=item.title,
            question=item.question,
            path=f"{item.folder}/index.html" if written else None,
            charts=len(charts(item.folder)),
            lead=get_chart(item.lead).title if written else "",
            anchor=anchor,
            answer=quoted_finding(page.read_text(encoding="utf-8"), anchor) if written else "",
        )


def write_quality(reader: Source, out_dir: Path, run: RunInfo) -> Verdict | None:
    """Write the page of data quality; return its worst line, None where nothing was checked."""
    if MODEL not in reader.models:
        return None
    frame = reader.frame(MODEL)
    findings = findings_of_frame(frame)
    table = data_table(frame, caption="Every check of every feed")
    _write(out_dir / PAGE, quality_page(findings, table, run))
    return verdict_of(findings)


def write_index(out_dir: Path, run: RunInfo, verdict: Verdict | None = None) -> Path:
    """Write the index over the reports that are in `out_dir`; `verdict` heads it."""
    path = out_dir / "index.html"
    _write(path, index_page(list(_links(out_dir)), run, verdict))
    return path
