"""What all validation packs are made of: sections, and metrics as rows of text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

ORACLE = "Against the best that could be known"


@dataclass(frozen=True)
class Section:
    """One part of the pack: a heading, sentences, a table."""

    heading: str
    sentences: Sequence[str] = ()
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()


def number(value: Any, digits: int = 4) -> str:
    """Return a number as text; ``unknown`` for none."""
    return "unknown" if value is None or pd.isna(value) else f"{float(value):,.{digits}f}"


def _count(value: Any) -> str:
    return "" if value is None or pd.isna(value) else f"{float(value):,.0f}"


def metric_rows(metrics: pd.DataFrame) -> list[list[str]]:
    """Return rows of ``model_metrics`` as text, in the order of `METRIC_COLUMNS`."""
    return [
        [
            str(row["metric_name"]), str(row["split_name"]), str(row["segment_name"]),
            number(row["metric_value"]), number(row["metric_lower"]),
            number(row["metric_upper"]), _count(row["sample_count"]),
            _count(row["event_count"]), str(row["status"]),
        ]
        for row in metrics.to_dict("records")
    ]  # fmt: skip


METRIC_COLUMNS = (
    *("metric", "split", "group", "value", "lower", "upper", "rows", "events", "status"),
)
