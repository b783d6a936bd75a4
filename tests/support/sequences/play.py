"""Draws a sequence of commands from a seed, plays it, and has the oracle look after each one."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from financial_analytics.synthetic import generate, load_config, transactions_each
from tests.support.sequences.oracle import OWN, BrokenError, Oracle
from tests.support.sequences.own_feeds import FILES, OwnFeeds, digest
from tests.support.sequences.stopping import PARTS, Stop, run

ROOT = Path(__file__).resolve().parents[3]
SIZES = (3, 4)
"""Customers of the synthetic banks."""

FIRST_MOMENT = datetime(2026, 6, 1, tzinfo=UTC)
INTERRUPTED, DAMAGED = 130, "Traceback"
LONGEST_DELAY = 0.02
OWN_FOLDER, GENERATED = "feeds", "data/feeds/synthetic"
MODEL = "select customer_id, _batch_id from {{ source('ingestion_raw_data', 'customers') }}\n"
MODEL_YML = "models: [{name: analytics_held, config: {contract: {enforced: false}}}]\n"


@dataclass(frozen=True)
class Step:
    """A command: what it is, its words, and where it is stopped, if it is.

    Attributes
    ----------
    kind : str
        ``own``, ``demo own``, ``demo``, ``bank``, ``generate``, ``build`` or ``report``.
    arguments : tuple of str
        Of ``fa``; paths are below the world's folder.
    parts : tuple of str
        Parts of the product that it runs through.
    customers : int
        Of the synthetic bank that it makes.
    stop : Stop or None
        Where it ends early.
    rewritten : tuple of str
        Own files that get another content before.
    """

    kind: str
    arguments: tuple[str, ...]
    parts: tuple[str, ...]
    customers: int = 0
    stop: Stop | None = None
    rewritten: tuple[str, ...] = ()


def draw(rng: np.random.Generator, count: int) -> list[Step]:
    """Return `count` steps; more than half of them are stopped."""
    return [_stopped(rng, _step(rng)) for _ in range(count)]


def own_step(*names: str, rewritten: Iterable[str] = ()) -> Step:
    """Return an ingest of some own files, or of their folder."""
    paths = tuple(f"{OWN_FOLDER}/{name}" for name in names) or (OWN_FOLDER,)
    return Step("own", ("ingest", *paths), ("bank", "load"), rewritten=tuple(rewritten))


def demo_step(customers: int) -> Step:
    """Return the demo of a synthetic bank."""
    parts = ("feeds", "bank", "load", "build", "publish", "report")
    return Step("demo", ("demo", "--customers", str(customers)), parts, customers)


def bank_step(folder: str) -> Step:
    """Return an ingest of a synthetic bank that was written before, or not wholly."""
    return Step("bank", ("ingest", f"{folder}/full"), ("bank", "load"))


BUILD_STEP = Step("build", ("build", "--target", "duckdb"), ("build", "publish"))
REPORT_STEP = Step("report", ("report",), ("report",))
DEMO_OWN_STEP = Step(
    "demo own", ("demo", "--feeds", OWN_FOLDER), ("bank", "load", "build", "publish", "report")
)


def _step(rng: np.random.Generator) -> Step:
    customers = int(rng.choice(SIZES))
    rewritten = [name for name in FILES if rng.random() < 0.4]
    name = str(rng.choice(list(FILES)))
    generated = ("generate", GENERATED, "--customers", str(customers))
    choices: list[tuple[int, Step]] = [
        (5, demo_step(customers)),
        (3, own_step(rewritten=rewritten)),
        (2, own_step(name, rewritten=rewritten)),
        (1, DEMO_OWN_STEP),
        (1, bank_step(GENERATED)),
        (1, bank_step(f"bank-{customers}")),
        (1, Step("generate", generated, ("feeds",), customers)),
        (2, BUILD_STEP),
        (1, REPORT_STEP),
    ]
    weights = np.array([weight for weight, _ in choices], dtype=float)
    return choices[rng.choice(len(choices), p=weights / weights.sum())][1]


def _stopped(rng: np.random.Generator, step: Step) -> Step:
    if rng.random() < 0.3:
        return step
    weights = np.array([PARTS[part].weight for part in step.parts], dtype=float)
    part = str(rng.choice(step.parts, p=weights / weights.sum()))
    stop = Stop(
        signal=signal.SIGKILL if rng.random() < 0.6 else signal.SIGINT,
        part=part,
        line=int(rng.integers(1, PARTS[part].lines + 1)),
        delay=float(rng.choice([0.0, rng.uniform(0, LONGEST_DELAY)])),
    )
    return Step(step.kind, step.arguments, step.parts, step.customers, stop, step.rewritten)


class World:
    """A user's folder: feeds, data, reports, and a project with one model.

    The project has all macros and the whole contract of the real one, so that every command does
    what it does there but for the other models, none of which writes to bronze.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.project, self.data_dir = folder / "project", folder / "data"
        analytics = self.project / "models" / "gold" / "analytics"
        analytics.mkdir(parents=True)
        for name in ("dbt_project.yml", "profiles.yml"):
            shutil.copy(ROOT / name, self.project)
        for name in ("macros", "models/ingestion"):
            shutil.copytree(ROOT / name, self.project / name)
        (analytics / "analytics_held.sql").write_text(MODEL, encoding="utf-8")
        (analytics / "analytics_held.yml").write_text(MODEL_YML, encoding="utf-8")
        self.banks = {size: self._digests(size) for size in SIZES}
        self._parse()

    def environment(self, moment: datetime) -> dict[str, str]:
        """Return the variables of a command."""
        return {
            "FA_PROJECT_DIR": str(self.project),
            "FA_DATA_DIR": str(self.data_dir),
            "FA_REPORTS_DIR": str(self.folder / "reports"),
            "FA_PERSIST_DOCS": "false",
            "FA_NOW": moment.isoformat(),
        }

    def reset(self) -> None:
        """Forget everything; what dbt has parsed of the project is in the user's cache."""
        for name in ("data", "reports", OWN_FOLDER):
            shutil.rmtree(self.folder / name, ignore_errors=True)

    def _digests(self, customers: int) -> frozenset[str]:
        folder = self.folder / f"bank-{customers}"
        transactions = transactions_each("demo") * customers
        generate(load_config(customers=customers, transactions=transactions), folder)
        return frozenset(digest(path) for path in (folder / "full").glob("*.parquet"))

    def _parse(self) -> None:
        output = self.folder / "parse.txt"
        code = run(
            list(BUILD_STEP.arguments), environment=self.environment(FIRST_MOMENT), output=output
        )
        if code:
            raise RuntimeError(output.read_text(encoding="utf-8"))


class Play:
    """A sequence of commands in a world that starts empty."""

    def __init__(self, world: World, seed: int, *, fault: Callable[[], None] | None = None) -> None:
        world.reset()
        self.world, self.fault = world, fault
        self.rng = np.random.default_rng(seed)
        self.feeds = OwnFeeds(world.folder / OWN_FOLDER)
        for name in FILES:
            self.feeds.rewrite(name, self.rng)
        self.oracle = Oracle(world.data_dir, self.feeds, world.banks)
        self.moment = FIRST_MOMENT
        self.story: list[str] = []
        self.commands = self.stopped = 0

    def play(self, steps: Iterable[Step]) -> None:
        """Run each step and let the oracle look.

        Raises
        ------
        BrokenError
            With all steps so far.
        """
        for step in steps:
            try:
                self._do(step)
            except BrokenError as error:
                raise BrokenError("\n".join([str(error), *self.story])) from error

    def finish(self) -> None:
        """Load all own feeds undisturbed: everything is there, and nothing else."""
        self.play([own_step()])
        self.oracle.own_rows_are_loaded()
        if self.oracle.drafts():  # the next command that publishes clears them away
            self.play([BUILD_STEP])
        self.oracle.nothing_is_left_over()

    def _do(self, step: Step) -> None:
        for name in step.rewritten:
            self.feeds.rewrite(name, self.rng)
        expected = self._expected(step)
        feeds, state = self.feeds.digests(), self._state()
        code, said = self._run(step)
        self.story.append(f"{' '.join(step.arguments)} | {step.stop} -> {code}")
        if self.feeds.digests() != feeds:
            raise BrokenError("own feed files were changed")
        self.oracle.check()
        was_stopped = self._was_stopped(step, code)
        self.commands, self.stopped = self.commands + 1, self.stopped + was_stopped
        if not was_stopped and code != expected:
            raise BrokenError(f"exit code {code}, not {expected}: {said}")
        if DAMAGED in said or "unexpected" in said:
            raise BrokenError(f"it said: {said}")
        log_is_written_in = bool(state[1])  # by whoever opens the file: the same rows, other bytes
        if code == 2 and not log_is_written_in and self._state() != state:
            raise BrokenError("a refused command changed the warehouse")
        if code in {0, 6}:
            self._has_done(step)

    def _run(self, step: Step) -> tuple[int, str]:
        self.moment += timedelta(hours=1)
        output = self.world.folder / "output.txt"
        here = Path.cwd()
        os.chdir(self.world.folder)
        try:
            code = run(
                list(step.arguments),
                environment=self.world.environment(self.moment),
                output=output,
                stop=step.stop,
                fault=self.fault,
            )
        finally:
            os.chdir(here)
        return code, output.read_text(encoding="utf-8")

    def _was_stopped(self, step: Step, code: int) -> bool:
        if step.stop is None:
            return False
        stopped = INTERRUPTED if step.stop.signal == signal.SIGINT else -step.stop.signal
        return code == stopped

    def _expected(self, step: Step) -> int:
        """Return the exit code that the documents promise, if nothing stops the command."""
        if step.kind in {"own", "demo own"}:
            return 6 if self._finds_faults(step) else 0
        if step.kind == "demo":
            return 2 if self.oracle.held.kind == OWN else 0
        if step.kind == "bank":
            return 2 if self.oracle.held.kind == OWN or not self._is_whole(step) else 0
        if step.kind == "report":
            return 0 if self.oracle.snapshot.exists() else 5
        return 0

    def _loaded_by(self, step: Step) -> dict[str, str]:
        """Return the digests of the own files that a step loads, by path."""
        given = [self.world.folder / name for name in step.arguments if name.startswith(OWN_FOLDER)]
        return {
            path: sha256
            for path, sha256 in self.feeds.digests().items()
            if Path(path) in given or Path(path).parent in given
        }

    def _finds_faults(self, step: Step) -> bool:
        """Tell whether a file with a faulty row is read: one in a hundred would be too many."""
        newest = {batch.origin: batch.sha256 for batch in self.oracle.held.batches}
        return any(
            self.feeds.known[sha256].faulty
            for path, sha256 in self._loaded_by(step).items()
            if newest.get(path) != sha256
        )

    def _is_whole(self, step: Step) -> bool:
        """Tell whether the folder of a synthetic bank says that it is complete."""
        mark = self.world.folder / step.arguments[1] / "_synthetic.json"
        return mark.is_file() and json.loads(mark.read_bytes())["files"] is not None

    def _state(self) -> list[str | None]:
        warehouse = self.oracle.warehouse
        files = (warehouse, warehouse.with_name(warehouse.name + ".wal"))
        return [digest(path) if path.exists() else None for path in files]

    def _has_done(self, step: Step) -> None:
        for path, sha256 in self._loaded_by(step).items():
            self.oracle.is_loaded(path, sha256)
        if step.kind == "demo":
            self.oracle.bank_is_loaded(step.customers)
        if step.kind in {"demo", "demo own", "build"}:
            self.oracle.warehouse_is_published()
