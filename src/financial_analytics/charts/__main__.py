"""Writes the list of charts for the docs: ``python -m financial_analytics.charts``."""

from __future__ import annotations

import sys

from financial_analytics.charts.catalogue import CATEGORIES
from financial_analytics.charts.registry import charts


def chart_list() -> str:
    """Return the Markdown page that lists every registered chart."""
    lines = [
        "# Charts",
        "",
        "Written by `python -m financial_analytics.charts > docs/charts.md`; do not edit.",
    ]
    for category in CATEGORIES:
        entries = charts(category.folder)
        if entries:
            lines += ["", f"## {category.title}: {category.question}", ""]
            lines += ["| chart | model | shows | unit |", "|---|---|---|---|"]
            lines += [
                f"| `{entry.id}` | `{entry.model}` | {entry.title} | {entry.unit} |"
                for entry in entries
            ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(chart_list())
