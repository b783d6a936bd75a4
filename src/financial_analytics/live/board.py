"""The eleven charts of category 08 as the live page draws them, of all channels or of one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import plotly.io

from financial_analytics.charts.kit import theme
from financial_analytics.charts.registry import Chart, charts
from financial_analytics.errors import FinancialAnalyticsError
from financial_analytics.live.now import Now
from financial_analytics.reports.page import plain
from financial_analytics.reports.tables import format_value

CATEGORY = "08_realtime_analytics"
SEVERITIES = ("high", "medium", "low")
BY_SEVERITY = ("realtime.alert_feed", "realtime.account_alerts")
"""Charts whose rows have a priority, and which show them one by one."""
MOST_LINES = 50
_TABLES: Mapping[str, tuple[str, ...]] = {
    "realtime.alert_feed": (
        "transaction_at", "priority", "channel", "alert_amount", "rules", "alert_status",
    ),
    "realtime.account_alerts": (
        "account_natural_key", "alert_type", "priority", "observed_value", "recommended_action",
    ),
}  # fmt: skip
_FIRST = {name: place for place, name in enumerate(SEVERITIES)}


@dataclass(frozen=True)
class Wanted:
    """What a page asks for; None is all."""

    channel: str | None = None
    severity: str | None = None


def entries() -> tuple[Chart, ...]:
    """Return the charts in their order."""
    return charts(CATEGORY)


def described() -> list[dict[str, str]]:
    """Return what a page knows of the charts before there is a number."""
    return [
        {
            "id": entry.id, "title": entry.title, "unit": entry.unit,
            "reading": entry.reading_at(95.0), "span": entry.span,
        }
        for entry in entries()
    ]  # fmt: skip


def figures(now: Now, wanted: Wanted) -> dict[str, str]:
    """Return the charts as JSON text, by id.

    Parameters
    ----------
    now : Now
        With the rules evaluated.
    wanted : Wanted
        Channel and severity; a channel that there is not shows no transaction.
    """
    frames: dict[str, pd.DataFrame] = {}
    found = {}
    for entry in entries():
        if entry.model not in frames:
            frames[entry.model] = now.frame(entry.model, wanted.channel)
        found[entry.id] = json.dumps(_drawn(entry, frames[entry.model], wanted.severity))
    return found


def _drawn(entry: Chart, frame: pd.DataFrame, severity: str | None) -> dict[str, Any]:
    said = ""
    if severity is not None and entry.id in BY_SEVERITY and frame["priority"].notna().any():
        frame = frame[frame["priority"] == severity].reset_index(drop=True)
        said = f"Of {severity} priority alone: "
        if frame.empty:
            return _content(entry, theme.empty_figure(f"no alert of {severity} priority"), frame)
    try:
        figure = entry.draw(frame)
    except FinancialAnalyticsError as error:
        figure = theme.empty_figure(error.message)
    content = _content(entry, figure, frame)
    content["finding"] = said + content["finding"]
    return content


def _content(entry: Chart, figure: Any, frame: pd.DataFrame) -> dict[str, Any]:
    drawn: dict[str, Any] = json.loads(plotly.io.to_json(figure, validate=False))
    drawn["layout"].pop("template", None)
    meta = drawn["layout"].get("meta") or {}
    return {
        "data": drawn["data"],
        "layout": drawn["layout"],
        "finding": plain(meta.get("finding") or ""),
        "note": plain(meta.get("note") or ""),
        "table": _lines(entry, frame),
    }


def _lines(entry: Chart, frame: pd.DataFrame) -> dict[str, Any] | None:
    """Return the rows that the chart's table names, the most urgent or the newest first."""
    columns = _TABLES.get(entry.id)
    if columns is None or "priority" not in frame:
        return None
    rows = frame[frame["priority"].notna()]
    if entry.id == "realtime.alert_feed":
        rows = rows.sort_values("transaction_at", ascending=False, kind="stable")
    else:
        rows = rows.assign(urgency=rows["priority"].map(_FIRST)).sort_values(
            ["urgency", "account_natural_key"], kind="stable"
        )
    shown = rows.head(MOST_LINES)
    lines = [
        [format_value(name, row[name]).text for name in columns] for _, row in shown.iterrows()
    ]
    words = [name.removesuffix("_natural_key").replace("_", " ") for name in columns]
    return {"columns": words, "rows": lines, "size": len(rows)}
