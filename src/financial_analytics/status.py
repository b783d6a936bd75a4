"""How an installation stands: feeds, last builds, failing tests, quarantine, what is unfinished."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from financial_analytics.engines.stores import BRONZE_SCHEMA
from financial_analytics.engines.table import engine_of
from financial_analytics.errors import EngineError
from financial_analytics.runs import BuildRun, last_runs
from financial_analytics.settings import Settings

SHOWN_RUNS = 5


@dataclass(frozen=True)
class FeedStatus:
    """A feed: its newest load, hours since then, and rows of all loads."""

    feed: str
    loaded_at: str
    age_hours: float
    loads: int
    accepted_rows: int
    quarantined_rows: int


@dataclass(frozen=True)
class QuarantineStatus:
    """Rows of a feed that broke a rule; a row may break several."""

    feed: str
    column: str | None
    rule: str
    rows: int


@dataclass(frozen=True)
class Status:
    """All of it; `warehouse` is empty, or why bronze could not be asked."""

    target: str
    asked_at: str
    warehouse: str
    feeds: tuple[FeedStatus, ...]
    runs: tuple[BuildRun, ...]
    failing: tuple[str, ...]
    warnings: tuple[str, ...]
    quarantine: tuple[QuarantineStatus, ...]
    unfinished_erasures: int

    @property
    def is_well(self) -> bool:
        """Tell whether nothing asks for somebody: the last build ended, nothing is unfinished."""
        newest = self.runs[0].outcome if self.runs else "done"
        return newest == "done" and not self.unfinished_erasures and not self.warehouse

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {**asdict(self), "is_well": self.is_well}


def status(settings: Settings, target: str, *, moment: datetime) -> Status:
    """Return how an installation stands at `moment`, UTC.

    A warehouse that cannot be read, while a build has it, say, is no error here: what is known of
    builds is told all the same.

    Raises
    ------
    UserInputError
        If there is no such target.
    """
    engine = engine_of(target)
    why, unfinished = "", 0
    feeds: Sequence[Sequence[Any]] = ()
    quarantine: Sequence[Sequence[Any]] = ()
    try:
        there = engine.relations(settings)
        if f"{BRONZE_SCHEMA}._batches" in there:
            with engine.gold.open_gold(settings) as gold:
                feeds = gold.rows(
                    "select table_name, max(loaded_at), count(*), sum(rows_accepted),"
                    f" sum(rows_quarantined) from {BRONZE_SCHEMA}._batches"
                    " group by table_name order by table_name"
                )
                quarantine = gold.rows(
                    "select table_name, column_name, rule, count(*) as rows_set_aside"
                    f" from {BRONZE_SCHEMA}.quarantine group by table_name, column_name, rule"
                    " order by 4 desc, 1, 3"
                )
                if f"{BRONZE_SCHEMA}._erasures" in there:
                    ((unfinished,),) = gold.rows(
                        f"select count(*) from {BRONZE_SCHEMA}._erasures where finished_at is null"
                    )
    except EngineError as error:
        why = error.message
    naive = moment.replace(tzinfo=None)
    runs = last_runs(settings, target, SHOWN_RUNS)
    return Status(
        target=target,
        asked_at=naive.isoformat(),
        warehouse=why,
        feeds=tuple(
            FeedStatus(
                str(name), loaded.isoformat(), round((naive - loaded).total_seconds() / 3600, 1),
                int(loads), int(accepted), int(aside),
            )
            for name, loaded, loads, accepted, aside in feeds
        ),
        runs=tuple(runs),
        failing=runs[0].failed if runs else (),
        warnings=runs[0].warned if runs else (),
        quarantine=tuple(
            QuarantineStatus(str(feed), column, str(rule), int(rows))
            for feed, column, rule, rows in quarantine
        ),
        unfinished_erasures=int(unfinished),
    )  # fmt: skip
