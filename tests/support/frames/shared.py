"""What the frames share: the clock, money, hostile texts, and frames that say nothing."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pandas as pd

from financial_analytics.reports.reader import RunInfo

AS_OF = dt.date(2024, 6, 18)
HOSTILE = '</script><script>window.hacked=1</script><b onclick="x">&amp;\'"`${1}%{x}$y$\u2028'
# Words that the models write themselves, so no feed can put markup into them.
FIXED = {
    "status", "reporting_currency", "year_month", "month_name", "record_type", "stage", "evidence",
    # what a model of category 04 tests, and at which level
    "test_name", "experiment_level", "metric_name", "transform_name", "threshold_name",
    "better_fit_name",
    # what a design of category 07 found
    "effect_level", "outcome_name", "outcome_label", "design_name", "estimand", "assumption",
    "failed_diagnostic", "verdict",
    # what category 08 says of now
    "band", "health", "priority", "alert_status", "alert_type", "recommended_action",
}  # fmt: skip
# Members that a model adds to names of a feed.
KEPT = {"All", "Not declined"}


def money(value: float) -> Decimal:
    return Decimal(f"{value:.2f}")


def empty(frame: pd.DataFrame) -> pd.DataFrame:
    """No rows."""
    return frame.iloc[0:0]


def insufficient(frame: pd.DataFrame) -> pd.DataFrame:
    """One row with every measure NULL and the status that says so."""
    row = frame.iloc[[0]].astype("object").copy()
    for name in row.columns:
        if name not in ("as_of_date", "reporting_currency"):
            row[name] = None
    row["status"] = "insufficient_data"
    return row.reset_index(drop=True)


def nulls(frame: pd.DataFrame) -> pd.DataFrame:
    """Every number NULL although the status is ok, whichever row it first stands in."""
    blank = frame.astype("object").copy()
    for name in blank.columns:
        first = frame[name].dropna()
        if not first.empty and (
            pd.api.types.is_number(first.iloc[0]) or isinstance(first.iloc[0], Decimal)
        ):
            blank[name] = None
    return blank


def hostile(frame: pd.DataFrame) -> pd.DataFrame:
    """Every text that a feed can write replaced by one that tries to leave its element."""
    changed = frame.copy()
    for name in changed.columns:
        if name in FIXED or name.startswith(("driver", "other_driver")):
            continue
        known = changed[name].dropna()
        if not known.empty and isinstance(known.iloc[0], str):
            changed[name] = [
                value if value is None or value in KEPT else f"{HOSTILE}{k}"
                for k, value in enumerate(changed[name])
            ]
    return changed


class FrameSource:
    """A reader over frames in memory."""

    def __init__(self, given: dict[str, pd.DataFrame]) -> None:
        self._frames = given

    @property
    def models(self) -> frozenset[str]:
        return frozenset(self._frames)

    def frame(self, model: str) -> pd.DataFrame:
        return self._frames[model]

    def run_info(self) -> RunInfo:
        return RunInfo(
            run_id="20240618T120000Z-ab12",
            as_of_date=AS_OF,
            engine="duckdb",
            built_at=dt.datetime(2024, 6, 19, 4, 30, tzinfo=dt.UTC),
            row_counts={name: len(frame) for name, frame in self._frames.items()},
        )
