"""Two versions of the project, in turn, on the same feeds: CPU seconds by part, and memory.

    .venv/bin/python benchmarks/versions.py BEFORE AFTER [--transactions 1000000] [--rounds 1]

BEFORE and AFTER are what git calls a commit. The feeds are written once, by BEFORE. Each version
is checked out, loads them into a new data folder and builds everything for the first time, with a
cache of its own; then again without news. dbt runs one node at a time, so that what the process
spends meanwhile, the engine's threads included, is the node's. Both versions run with the
libraries of this environment. Ratios of one run may be compared with those of another machine.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PARTS = (
    "start and parse", "SQL of models", "dbt around models", "Python models", "SQL of tests",
    "dbt around tests", "seeds and hooks", "the rest",
)  # fmt: skip


def probe(output: Path, arguments: list[str]) -> int:
    """Run ``fa`` in this process and write the CPU seconds of each part to `output`."""
    from dbt.adapters.sql.connections import SQLConnectionManager  # noqa: PLC0415
    from dbt.config.runtime import RuntimeConfig  # noqa: PLC0415
    from dbt.task.base import BaseRunner  # noqa: PLC0415

    from financial_analytics import cli  # noqa: PLC0415

    spent: Counter[str] = Counter()
    current: list[str] = []
    begun: list[float] = []
    ended: list[float] = []
    run_node, add_query = BaseRunner.run_with_hooks, SQLConnectionManager.add_query
    put_together = RuntimeConfig.from_parts.__func__  # type: ignore[attr-defined]

    def one_thread(kind: type, *given: Any, **options: Any) -> Any:
        config = put_together(kind, *given, **options)
        config.threads = 1
        return config

    def timed_query(manager: Any, *given: Any, **options: Any) -> Any:
        before = time.process_time()
        try:
            return add_query(manager, *given, **options)
        finally:
            if current:
                spent[f"SQL of {current[-1]}"] += time.process_time() - before

    def timed_node(runner: Any, manifest: Any) -> Any:
        node = runner.node
        kind = str(node.resource_type.value)
        if kind == "model":
            kind = "Python" if node.language == "python" else "models"
        before = time.process_time()
        begun.append(before)
        current.append({"models": "models", "test": "tests"}.get(kind, kind))
        try:
            return run_node(runner, manifest)
        finally:
            ended.append(time.process_time())
            spent[current.pop()] += ended[-1] - before

    RuntimeConfig.from_parts = classmethod(one_thread)  # type: ignore[method-assign,assignment]
    SQLConnectionManager.add_query = timed_query
    BaseRunner.run_with_hooks = timed_node
    status = cli.run(arguments)
    total = time.process_time()
    found = dict.fromkeys(PARTS, 0.0)
    if begun:
        found["start and parse"] = begun[0]
        found["SQL of models"] = spent["SQL of models"]
        found["dbt around models"] = spent["models"] - spent["SQL of models"]
        found["Python models"] = spent["Python"]
        found["SQL of tests"] = spent["SQL of tests"]
        found["dbt around tests"] = spent["tests"] - spent["SQL of tests"]
        found["seeds and hooks"] = spent["seed"] + spent["operation"]
    found["the rest"] = total - sum(found.values())
    output.write_text(json.dumps(found), encoding="utf-8")
    return int(status or 0)


def run(checkout: Path, data: Path, arguments: list[str], output: Path | None = None) -> float:
    """Run ``fa`` of a checkout; return its peak memory in MB."""
    command = [sys.executable, "-m", "financial_analytics.cli", *arguments]
    if output:
        command = [sys.executable, str(Path(__file__)), "--probe", str(output), *arguments]
    environment = {
        **os.environ,
        "PYTHONPATH": str(checkout / "src"),
        "FA_DATA_DIR": str(data),
        "FA_PROJECT_DIR": str(checkout),
        "FA_CACHE_DIR": str(data / "cache"),
    }
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command, cwd=checkout, env=environment, stdout=said, stderr=subprocess.STDOUT
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in (0, 6):
            said.seek(0)
            raise SystemExit(f"{' '.join(command)} failed:\n{said.read().decode()[-4000:]}")
    return usage.ru_maxrss / 1000


def check_out(revision: str, folder: Path) -> Path:
    """Write the files of a revision into a folder."""
    folder.mkdir()
    archive = subprocess.run(
        ["git", "-C", str(ROOT), "archive", revision], check=True, capture_output=True
    )
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive.stdout, check=True)
    return folder


def measure(checkout: Path, feeds: Path, data: Path) -> dict[str, dict[str, float]]:
    """Load the feeds into a new folder and build twice; return CPU seconds and MB of each."""
    data.mkdir()
    run(checkout, data, ["ingest", str(feeds)])
    found = {}
    for name in ("full build", "without news"):
        memory = run(checkout, data, ["build"], data / "parts.json")
        parts = json.loads((data / "parts.json").read_text())
        found[name] = parts | {"in all": sum(parts.values()), "peak memory, MB": memory}
    return found


def show(
    names: tuple[str, str],
    found: list[tuple[dict[str, Any], dict[str, Any]]],
    say: Callable[..., None],
) -> None:
    """Print a table of each build: means over the rounds, and their ratio."""
    for build in ("full build", "without news"):
        say(f"\n| {build}, CPU s | {names[0]} | {names[1]} | ratio |\n|---|---:|---:|---:|")
        parts = PARTS if build == "full build" else ()  # dbt is not started without news
        for part in (*parts, "in all", "peak memory, MB"):
            before, after = (
                sum(one[side][build][part] for one in found) / len(found) for side in (0, 1)
            )
            ratio = f"{after / before:.2f}" if before > 0.05 else ""
            say(f"| {part} | {before:,.1f} | {after:,.1f} | {ratio} |")


def main() -> None:
    """Measure both versions in turn."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("before")
    parser.add_argument("after")
    parser.add_argument("--transactions", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="versions-") as scratch:
        folder = Path(scratch)
        checkouts = [
            check_out(revision, folder / side)
            for side, revision in (("before", given.before), ("after", given.after))
        ]
        feeds = folder / "feeds"
        size = ["--transactions", str(given.transactions)]
        size += ["--customers", str(given.transactions // 50)]
        run(checkouts[0], folder / "unused", ["generate", str(feeds), *size])
        rounds = []
        for number in range(given.rounds):
            pair = [
                measure(checkout, feeds, folder / f"{checkout.name}-{number}")
                for checkout in checkouts
            ]
            rounds.append((pair[0], pair[1]))
        show((given.before, given.after), rounds, print)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--probe"]:
        sys.exit(probe(Path(sys.argv[2]), sys.argv[3:]))
    main()
