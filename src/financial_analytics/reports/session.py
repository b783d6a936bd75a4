"""What the scripts in ``visualizations/`` need: each chart, then the report."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NoReturn

import plotly.graph_objects as go

from financial_analytics.charts.catalogue import find_category
from financial_analytics.charts.kit import theme
from financial_analytics.charts.registry import Chart, charts
from financial_analytics.errors import FinancialAnalyticsError
from financial_analytics.reports.reader import Reader, open_reader
from financial_analytics.reports.report import write_report
from financial_analytics.settings import Settings, load_settings

CONNECTION_VARIABLE = "CONNECTION_STRING"


class Session:
    """One category's charts over one source.

    The source is the PostgreSQL server that the variable ``CONNECTION_STRING`` names, or the
    published snapshot. A fault the user can act on ends the script with ``error:`` and
    ``hint:`` on stderr and the documented exit code, without a traceback.

    Parameters
    ----------
    category : str
        Folder, prefix or number of a category.
    """

    def __init__(self, category: str) -> None:
        self.category = find_category(category)
        try:
            self._settings: Settings = load_settings()
            self._reader: Reader = open_reader(self._settings, os.environ.get(CONNECTION_VARIABLE))
        except FinancialAnalyticsError as error:
            _leave(error)

    @property
    def charts(self) -> tuple[Chart, ...]:
        """The category's charts, in the order of its report."""
        return charts(self.category.folder)

    def figure(self, entry: Chart) -> go.Figure:
        """Return one chart; one whose model is missing is the panel that says so."""
        if entry.model not in self._reader.models:
            return theme.empty_figure(f"{entry.model} is not built yet")
        try:
            return entry.draw(self._reader.frame(entry.model))
        except FinancialAnalyticsError as error:
            return theme.empty_figure(error.message)

    def show(self, entry: Chart) -> None:
        """Show one chart below the cell of a notebook; a script has no place for it."""
        notebook = sys.modules.get("IPython")
        if notebook is not None and notebook.get_ipython() is not None:
            notebook.display.display(self.figure(entry))

    def write(self) -> Path:
        """Write the report, say on stderr what could not be drawn, and return its path."""
        problems: list[str] = []
        try:
            path = write_report(
                self.category.folder, self._reader, self._settings.reports_dir, problems=problems
            )
        except FinancialAnalyticsError as error:
            _leave(error)
        finally:
            self._reader.close()
        for problem in problems:
            sys.stderr.write(f"warning: {problem}\n")
        sys.stdout.write(f"{path}\n")
        return path


def _leave(error: FinancialAnalyticsError) -> NoReturn:
    sys.stderr.write(f"error: {error.message}\n")
    if error.hint:
        sys.stderr.write(f"\nhint: {error.hint}\n")
    raise SystemExit(error.exit_code)
