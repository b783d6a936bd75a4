"""Estimates of causal models on synthetic banks, beside what is planted there, over many seeds."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import groupby
from multiprocessing import get_context
from pathlib import Path
from shutil import rmtree
from typing import Any

from financial_analytics.build import BuildOptions, build, dbt_paths, target_name
from financial_analytics.engines.table import engine_of
from financial_analytics.ingest import ingest
from financial_analytics.settings import Settings
from financial_analytics.synthetic import generate, load_config
from financial_analytics.synthetic.generate import GenerateReport
from financial_analytics.validate.mechanisms import MECHANISMS

ARMS = ("planted", "nothing")
"""The default effects, and none of any."""
LEAST_COVERED = 34 / 40
"""An honest 95 % interval covers in fewer of forty with probability 0.003."""
PARSED = "partial_parse.msgpack"


@dataclass(frozen=True)
class Found:
    """An estimate beside what is planted.

    Attributes
    ----------
    mechanism, unit, model, arm : str
        `arm` is one of `ARMS`.
    seed : int
    planted : float
    estimate, lower, upper : float or None
        None where the design withholds them.
    verdict : str
    failed : str or None
        Diagnostic that failed.
    power : float or None
        What the model says of its own power.
    """

    mechanism: str
    unit: str
    model: str
    arm: str
    seed: int
    planted: float
    estimate: float | None
    lower: float | None
    upper: float | None
    verdict: str
    failed: str | None
    power: float | None

    @property
    def is_covered(self) -> bool | None:
        """Whether the interval holds what is planted; None without one."""
        if self.lower is None or self.upper is None:
            return None
        return self.lower <= self.planted <= self.upper

    @property
    def is_found(self) -> bool | None:
        """Whether the interval excludes zero; None without one."""
        if self.lower is None or self.upper is None:
            return None
        return self.lower > 0 or self.upper < 0


@dataclass(frozen=True)
class Run:
    """A bank to generate, build and estimate on: pickled to where it runs."""

    arm: str
    seed: int
    customers: int
    transactions: int
    folder: Path
    work: Path
    project_dir: Path
    moment: datetime

    @property
    def kept(self) -> Path:
        """Where its results stay, so that a run that was stopped goes on."""
        return self.folder / f"{self.arm}-{self.customers}-{self.transactions}-{self.seed}.json"


def estimate_bank(run: Run) -> list[Found]:
    """Generate a bank, load it, build what the causal models read, and return all estimates.

    The path is that of any bank: feeds, ingest, dbt; only models that are not needed are left
    out, and tests of the data.
    """
    home = run.work / str(os.getpid())
    settings = Settings(run.project_dir, home / "data", home / "reports")
    _empty(home, dbt_paths(settings, None)[0] / PARSED)
    off = {name: value for each in MECHANISMS for name, value in each.off.items()}
    overrides = [f"{name}={value}" for name, value in off.items()] if run.arm == ARMS[1] else []
    config = load_config(
        overrides=overrides, customers=run.customers, transactions=run.transactions, seed=run.seed
    )
    made: GenerateReport = generate(config, home / "feeds", workers=1)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    for number, batch in enumerate(made.batches):
        ingest(
            [batch], settings=settings, loaded_at=run.moment + timedelta(hours=number),
            extracted_at=datetime.fromisoformat(made.extracted_at[batch]),
        )  # fmt: skip
    models = dict.fromkeys(each.model for each in MECHANISMS)
    build(
        settings,
        BuildOptions(select=[f"+{name}" for name in models], command="run", is_skipping=False),
    )
    truth = json.loads((home / "feeds" / "truth" / "parameters.json").read_text())
    found = []
    with engine_of(target_name(None)).gold.open_gold(settings) as gold:
        for each in MECHANISMS:
            rows = gold.rows(
                "select estimate, estimate_lower, estimate_upper, verdict, failed_diagnostic, "
                f"power_rate from gold.{each.model} where effect_level = '{each.level}' "
                f"and outcome_name = '{each.outcome}' and group_name = '{each.group}'"
            )
            estimate, lower, upper, verdict, failed, power = rows[0] if rows else _NO_ROW
            found.append(
                Found(
                    each.name, each.unit, each.model, run.arm, run.seed,
                    each.planted(truth, gold), _number(estimate), _number(lower),
                    _number(upper), str(verdict), failed, _number(power),
                )
            )  # fmt: skip
    run.kept.write_text(json.dumps([asdict(one) for one in found], indent=1) + "\n", "utf-8")
    return found


def _empty(home: Path, parsed: Path) -> None:
    """Remove the bank before, but not the project as dbt has parsed it: ten seconds each."""
    text = parsed.read_bytes() if parsed.exists() else None
    rmtree(home, ignore_errors=True)
    if text is not None:
        parsed.parent.mkdir(parents=True)
        parsed.write_bytes(text)


_NO_ROW = (None, None, None, "not_identified", "no row", None)


def _number(value: Any) -> float | None:
    return None if value is None or math.isnan(float(value)) else float(value)


def recover(
    seeds: Iterable[int],
    *,
    folder: Path,
    project_dir: Path,
    moment: datetime,
    customers: int,
    transactions: int,
    jobs: int = 1,
    heard: Callable[[int, int], None] | None = None,
) -> list[Found]:
    """Estimate every mechanism on a bank per seed with effects, and on one without.

    Parameters
    ----------
    seeds : iterable of int
    folder : Path
        Scratch; results of banks that were done stay there and are not done again.
    project_dir : Path
        dbt project.
    moment : datetime
        When the feeds are said to be loaded.
    customers, transactions : int
        Sizes of each bank.
    jobs : int, default 1
        Banks at a time, a process each.
    heard : callable, optional
        Called with banks done and banks in total.
    """
    folder.mkdir(parents=True, exist_ok=True)
    work = folder / f"work-{os.getpid()}"
    runs = [
        Run(arm, seed, customers, transactions, folder, work, project_dir, moment)
        for seed in seeds
        for arm in ARMS
    ]
    found: list[Found] = []
    waiting = []
    for run in runs:
        kept = _kept(run.kept)
        if {each.name for each in MECHANISMS} <= {one.mechanism for one in kept}:
            found += kept
        else:
            waiting.append(run)
    done = len(runs) - len(waiting)
    if heard is not None:
        heard(done, len(runs))
    try:
        with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
            for future in as_completed([pool.submit(estimate_bank, run) for run in waiting]):
                found += future.result()
                done += 1
                if heard is not None:
                    heard(done, len(runs))
    finally:
        rmtree(work, ignore_errors=True)
    order = {each.name: place for place, each in enumerate(MECHANISMS)}
    known = [one for one in found if one.mechanism in order]
    return sorted(known, key=lambda one: (order[one.mechanism], ARMS.index(one.arm), one.seed))


def _kept(path: Path) -> list[Found]:
    """Return the results of a bank that was done; none where it was not."""
    if not path.exists():
        return []
    return [Found(**one) for one in json.loads(path.read_text("utf-8"))]


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def summary(found: Sequence[Found]) -> list[dict[str, Any]]:
    """Return a row per mechanism and arm: planted, estimated, covered, found, withheld.

    `covered_count` and `found_count` are of `interval_count` intervals; what a diagnostic refuted
    or the data could not tell has none. `is_met` says whether at least 34 of 40 are covered.
    """
    rows = []
    for (mechanism, arm), group in groupby(found, key=lambda one: (one.mechanism, one.arm)):
        part = list(group)
        covered = [one.is_covered for one in part if one.is_covered is not None]
        rows.append(
            {
                "mechanism": mechanism,
                "unit": part[0].unit,
                "model": part[0].model,
                "arm": arm,
                "seed_count": len(part),
                "planted": _mean([one.planted for one in part]),
                "estimate": _mean([one.estimate for one in part]),
                "estimate_lower": _mean([one.lower for one in part]),
                "estimate_upper": _mean([one.upper for one in part]),
                "interval_count": len(covered),
                "covered_count": sum(covered),
                "found_count": sum(bool(one.is_found) for one in part),
                "withheld_count": len(part) - len(covered),
                "stated_power": _mean([one.power for one in part]),
                "is_met": bool(covered) and sum(covered) >= LEAST_COVERED * len(covered),
            }
        )
    return rows
