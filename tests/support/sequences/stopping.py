"""Runs ``fa`` in a process of its own and stops it at a line of the product, by Ctrl-C or for good.

A process that has imported everything forks one for each command, so that a command costs what it
does and not its imports.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

PACKAGE = Path(__file__).resolve().parents[3] / "src" / "financial_analytics"
PRELOADED = [
    *("financial_analytics.cli", "financial_analytics.cli_steps", "financial_analytics.ingest"),
    *("financial_analytics.build", "financial_analytics.publish", "financial_analytics.synthetic"),
    *("financial_analytics.reports.report", "dbt.adapters.duckdb", "dbt.task.build"),
]


@dataclass(frozen=True)
class Part:
    """A part of the product: its files, about how many lines of them a command runs, and a weight.

    Commands are stopped in a part as often as its weight says.
    """

    files: tuple[str, ...]
    lines: int
    weight: int


PARTS = {
    "feeds": Part(
        (
            *("synthetic/folder.py", "synthetic/generate.py", "synthetic/writer.py"),
            *("synthetic/sink.py", "synthetic/ledger.py", "ingest/marks.py"),
        ),
        lines=380,
        weight=2,
    ),
    "bank": Part(
        (
            *("ingest/bank.py", "ingest/marks.py", "ingest/checks.py", "ingest/room.py"),
            "engines/duckdb/aside.py",
        ),
        lines=120,
        weight=4,
    ),
    "load": Part(
        ("ingest/", "engines/duckdb/session.py", "engines/duckdb/store.py", "engines/stores.py"),
        lines=1100,
        weight=4,
    ),
    "build": Part(
        (
            *("build.py", "skipping/", "engines/table.py"),
            *("engines/duckdb/plugin.py", "engines/duckdb/contents.py"),
        ),
        lines=300,
        weight=1,
    ),
    "publish": Part(
        (
            *("publish.py", "drafts.py", "engines/gold.py"),
            *("engines/duckdb/gold.py", "engines/duckdb/snapshot.py"),
        ),
        lines=90,
        weight=1,
    ),
    "report": Part(("reports/",), lines=200, weight=1),
}

_START_AND_END = {"main", "run"}  # of cli.py: there Ctrl-C is Python's own


@dataclass(frozen=True)
class Stop:
    """Where a command ends early: at the `line`-th line of a part that it reaches.

    Lines are counted when they run for the first time, so that a loop counts once. The signal
    comes `delay` seconds later, while the product goes on, which may be in the middle of a query.
    A command that has fewer lines runs to its end.
    """

    signal: signal.Signals
    part: str
    line: int
    delay: float = 0.0


def run(
    arguments: list[str],
    *,
    environment: Mapping[str, str],
    output: Path,
    stop: Stop | None = None,
    fault: Callable[[], None] | None = None,
) -> int:
    """Run one command line and return its exit code, of a killed process minus the signal.

    What it says is in the file `output`. `fault` is called first; it may break the product.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    process = context.Process(
        target=_command, args=(arguments, dict(environment), str(output), stop, fault)
    )
    process.start()
    process.join()
    code = process.exitcode
    process.close()
    assert code is not None
    return code


def _command(
    arguments: list[str],
    environment: dict[str, str],
    output: str,
    stop: Stop | None,
    fault: Callable[[], None] | None,
) -> None:
    from financial_analytics import cli  # noqa: PLC0415

    said = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(said, stream)
    os.environ.update(environment)
    sys.argv = ["fa", *arguments]
    if fault:
        fault()
    if stop:
        _watch(stop)
    code: Any = 1
    try:
        cli.main()
    except SystemExit as end:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        code = end.code
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(int(code or 0))


def _watch(stop: Stop) -> None:
    files = tuple(str(PACKAGE / name) for name in PARTS[stop.part].files)
    seen: set[tuple[CodeType, int]] = set()
    tracers: dict[CodeType, Any] = {}

    def on_call(frame: FrameType, _event: str, _value: Any) -> Any:
        code = frame.f_code
        if code not in tracers:
            is_watched = code.co_filename.startswith(files) and code.co_name not in _START_AND_END
            tracers[code] = on_line if is_watched else None
        return tracers[code]

    def on_line(frame: FrameType, event: str, _value: Any) -> Any:
        if event == "line" and len(seen) < stop.line:
            seen.add((frame.f_code, frame.f_lineno))
            if len(seen) == stop.line:
                sys.settrace(None)
                _send(stop)
        return on_line

    threading.settrace(on_call)
    sys.settrace(on_call)


def _send(stop: Stop) -> None:
    if not stop.delay:
        os.kill(os.getpid(), stop.signal)
        return
    timer = threading.Timer(stop.delay, os.kill, (os.getpid(), stop.signal))
    timer.daemon = True
    timer.start()
