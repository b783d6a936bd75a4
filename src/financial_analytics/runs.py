"""What became of builds: a line when one begins and one when it ends, in ``data/logs/runs.jsonl``.

Times are the command line's. Nothing that is built reads them, so that two builds of the same
feeds stay the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from financial_analytics.errors import FinancialAnalyticsError
from financial_analytics.results import BuildResult
from financial_analytics.settings import Settings

FILE_NAME = "runs.jsonl"
_FAILED = re.compile(r"^  (?:model|seed|test) (\S+?):", re.M)


@dataclass(frozen=True)
class BuildRun:
    """One build.

    Attributes
    ----------
    run_id, target, command : str
        Which it is, of which dbt target, and dbt's command.
    started_at : str
        ISO 8601, UTC.
    outcome : str
        ``done``, ``failed``, ``interrupted``; ``begun`` of one that runs or was killed.
    seconds : float
        How long it took.
    ran, left_alone : int
        Models, seeds and tests.
    warned, failed : tuple of str
        Names of nodes.
    message : str
        What stopped it.
    """

    run_id: str
    target: str
    command: str
    started_at: str
    outcome: str = "begun"
    seconds: float = 0.0
    ran: int = 0
    left_alone: int = 0
    warned: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    message: str = ""


def done(begun: BuildRun, result: BuildResult, ended_at: datetime) -> BuildRun:
    """Return a run that did not fail."""
    alone = sum(node.is_left_alone for node in result.nodes)
    return _ended(
        begun, ended_at, outcome="done", ran=len(result.nodes) - alone, left_alone=alone,
        warned=tuple(node.name for node in result.warned),
    )  # fmt: skip


def stopped(begun: BuildRun, error: BaseException, ended_at: datetime) -> BuildRun:
    """Return a run that an error or a signal ended."""
    if not isinstance(error, FinancialAnalyticsError):
        outcome = "failed" if isinstance(error, Exception) else "interrupted"
        return _ended(begun, ended_at, outcome=outcome, message=type(error).__name__)
    return _ended(
        begun, ended_at, outcome="failed", failed=tuple(_FAILED.findall(error.message)),
        message=error.message.splitlines()[0],
    )  # fmt: skip


def remember(settings: Settings, run: BuildRun) -> None:
    """Write a line about a run."""
    path = runs_path(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(run)) + "\n")


def last_runs(settings: Settings, target: str, most: int) -> list[BuildRun]:
    """Return the newest runs of a target, the newest first; a torn line is passed over."""
    try:
        lines = runs_path(settings).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    found: dict[str, BuildRun] = {}
    for line in lines:
        try:
            said: Mapping[str, Any] = json.loads(line)
            run = BuildRun(**{**said, "warned": tuple(said["warned"]),
                              "failed": tuple(said["failed"])})  # fmt: skip
        except (ValueError, TypeError, KeyError):
            continue
        if run.target == target:
            found.pop(run.run_id, None)
            found[run.run_id] = run
    return list(found.values())[::-1][:most]


def runs_path(settings: Settings) -> Path:
    """Return where the lines are."""
    return settings.data_dir / "logs" / FILE_NAME


def _ended(begun: BuildRun, ended_at: datetime, **changes: Any) -> BuildRun:
    seconds = (ended_at - datetime.fromisoformat(begun.started_at)).total_seconds()
    return BuildRun(**{**asdict(begun), "seconds": seconds, **changes})
