"""Checks of the installation and its data: each one line, ok, warn or fail, with what to do."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Literal

import yaml
from packaging.requirements import Requirement

from financial_analytics.engines.duckdb.snapshot import open_snapshot, relation_names
from financial_analytics.engines.gold import SCHEMA
from financial_analytics.engines.table import DEFAULT_TARGET, find_engine
from financial_analytics.errors import FinancialAnalyticsError
from financial_analytics.quality import COLUMNS, MODEL, OK, findings_of, verdict_of
from financial_analytics.settings import Settings

Status = Literal["ok", "warn", "fail"]

PACKAGE = "financial-analytics"
OLDEST_PYTHON = (3, 11)
DISK_WARN_BYTES = 5 * 1024**3
DISK_FAIL_BYTES = 512 * 1024**2
SHORTEST_KEY = 16
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC_BROWSERS = (
    Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
    Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
)
_LOCKED = re.compile(r"^([A-Za-z0-9_.-]+)(?:\[[^\]]*\])?==([^\s;\\]+)(?:\s*;\s*([^\\]+))?", re.M)


@dataclass(frozen=True)
class Check:
    """One line of the report; `action` is empty when there is nothing to do."""

    name: str
    status: Status
    message: str
    action: str = ""


def examine(settings: Settings, *, target: str | None = None) -> Iterator[Check]:
    """Yield every check in turn; none raises.

    Parameters
    ----------
    settings : Settings
        The installation to look at. Nothing in it is changed.
    target : str, optional
        The dbt target to look at. ``FA_TARGET`` or the default otherwise.

    Yields
    ------
    Check
        In the order a newcomer meets the problems: machine, project, data, extras.
    """
    chosen = target or os.environ.get("FA_TARGET") or DEFAULT_TARGET
    checks: tuple[Callable[[], Iterator[Check]], ...] = (
        check_python,
        check_packages,
        partial(check_lock, settings.project_dir / "requirements.lock"),
        partial(check_project, settings),
        partial(check_profile, settings.project_dir / "profiles.yml", target),
        partial(check_disk, settings),
        partial(check_warehouse, settings, chosen),
        partial(check_published, settings),
        partial(check_quality, settings),
        check_personal_key,
        check_browser,
    )
    for check in checks:
        try:
            yield from check()
        except (FinancialAnalyticsError, OSError, yaml.YAMLError) as error:
            name = getattr(check, "func", check).__name__.removeprefix("check_")
            yield Check(name, "fail", str(error), getattr(error, "hint", None) or "")


def check_python() -> Iterator[Check]:
    """Check that Python is new enough."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] >= OLDEST_PYTHON:
        yield Check("python", "ok", f"{version} at {sys.executable}")
    else:
        yield Check("python", "fail", f"{version} is too old", "install Python 3.11 or newer")


def check_packages(requirements: list[str] | None = None) -> Iterator[Check]:
    """Check that every required package is installed in a version that is accepted."""
    wanted = (metadata.requires(PACKAGE) or []) if requirements is None else requirements
    wrong, count = [], 0
    for requirement in map(Requirement, wanted):
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        count += 1
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            wrong.append(f"{requirement.name} is missing")
            continue
        if not requirement.specifier.contains(version, prereleases=True):
            wrong.append(f"{requirement.name} {version} is not {requirement.specifier}")
    if wrong:
        yield Check("packages", "fail", "; ".join(wrong), "make install")
    else:
        yield Check("packages", "ok", f"{count} required packages installed")


def check_lock(lock: Path) -> Iterator[Check]:
    """Check that the installed versions are the ones that were tested together."""
    if not lock.is_file():
        yield Check("lock", "warn", f"no {lock.name} beside the project", "use a full checkout")
        return
    differing = []
    for name, version, marker in _LOCKED.findall(lock.read_text(encoding="utf-8")):
        if marker and not Requirement(f"{name}; {marker}").marker.evaluate():  # type: ignore[union-attr]
            continue
        try:
            installed = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue  # an extra that is not installed
        if installed != version:
            differing.append(f"{name} {installed} (tested: {version})")
    if differing:
        shown = ", ".join(differing[:3]) + (" …" if len(differing) > 3 else "")
        yield Check("lock", "warn", f"{len(differing)} differ: {shown}", "make install")
    else:
        yield Check("lock", "ok", "installed versions are the tested ones")


def check_project(settings: Settings) -> Iterator[Check]:
    """Check that the checkout is complete and its state folders can be written."""
    missing = [
        name
        for name in ("dbt_project.yml", "profiles.yml", "models/ingestion/sources.yml")
        if not (settings.project_dir / name).is_file()
    ]
    if missing:
        yield Check(
            "project", "fail", f"{settings.project_dir} lacks {', '.join(missing)}", "clone again"
        )
    else:
        yield Check("project", "ok", str(settings.project_dir))
    for name, folder in (("data dir", settings.data_dir), ("reports dir", settings.reports_dir)):
        existing = _existing_parent(folder)
        if os.access(existing, os.W_OK):
            yield Check(name, "ok", str(folder))
        else:
            variable = "FA_DATA_DIR" if name == "data dir" else "FA_REPORTS_DIR"
            yield Check(name, "fail", f"{existing} is not writable", f"chown it, or set {variable}")


def check_profile(profiles: Path, given: str | None = None) -> Iterator[Check]:
    """Check that the dbt profile has the target that will be built."""
    content = yaml.safe_load(profiles.read_text(encoding="utf-8"))
    outputs = sorted(content.get("financial_analytics", {}).get("outputs", {}))
    target = given or os.environ.get("FA_TARGET") or DEFAULT_TARGET
    if target in outputs:
        yield Check("dbt profile", "ok", f"target {target} (of {', '.join(outputs)})")
    else:
        yield Check(
            "dbt profile",
            "fail",
            f"{'FA_TARGET=' if given is None else '--target '}{target} is not a target of "
            f"{profiles.name}",
            f"set FA_TARGET to one of {', '.join(outputs) or 'none: the file has no outputs'}",
        )


def check_disk(settings: Settings) -> Iterator[Check]:
    """Check that there is room for the warehouse to grow."""
    free = shutil.disk_usage(_existing_parent(settings.data_dir)).free
    message = f"{free / 1024**3:.1f} GiB free for {settings.data_dir}"
    if free < DISK_FAIL_BYTES:
        yield Check("disk", "fail", message, "free some space, or set FA_DATA_DIR elsewhere")
    elif free < DISK_WARN_BYTES:
        yield Check("disk", "warn", message, "enough for the demo; a bank needs more")
    else:
        yield Check("disk", "ok", message)


def check_warehouse(settings: Settings, target: str = DEFAULT_TARGET) -> Iterator[Check]:
    """Open the warehouse, a file or a server; say what bronze holds and when it last grew."""
    engine = find_engine(target)
    if engine is None:
        return
    name = "warehouse" if engine.is_embedded else "server"
    if not engine.session.is_there(settings):
        path = settings.warehouse_path
        yield Check(name, "warn", f"none yet at {path}", "make demo, or fa ingest PATH")
        return
    try:
        held = engine.store.bronze_counts(settings)
    except FinancialAnalyticsError as error:
        yield Check(name, "fail", error.message, error.hint or "")
        return
    yield Check(name, "ok", held.place)
    yield from _bronze_checks(held.rows)
    if held.newest:
        yield Check("last batch", "ok", held.newest)


def _bronze_checks(tables: dict[str, int]) -> Iterator[Check]:
    bronze = {name: rows for name, rows in tables.items() if not _is_ledger(name)}
    filled = {name: rows for name, rows in bronze.items() if rows}
    if not filled:
        yield Check("bronze", "warn", "no rows yet", "fa ingest PATH, or make demo")
        return
    listed = ", ".join(f"{name} {rows:,}" for name, rows in sorted(filled.items()))
    yield Check("bronze", "ok", f"{sum(filled.values()):,} rows: {listed}")
    empty = sorted(bronze.keys() - filled.keys())
    if empty:
        names = ", ".join(empty)
        yield Check("empty feeds", "ok", f"{names} (their models say insufficient_data)")
    rejected = tables.get("quarantine", 0)
    if rejected:
        yield Check(
            "quarantine",
            "warn",
            f"{rejected:,} faults",
            "select table_name, rule, count(*) from ingestion_raw_data.quarantine group by all",
        )


def check_published(settings: Settings) -> Iterator[Check]:
    """Check that readers have a snapshot."""
    snapshot = settings.published_dir / settings.warehouse_path.name
    if snapshot.is_file():
        yield Check("published", "ok", f"{snapshot} ({snapshot.stat().st_size / 1024**2:.1f} MiB)")
    else:
        yield Check("published", "warn", f"no snapshot at {snapshot}", "fa build")


def check_quality(settings: Settings) -> Iterator[Check]:
    """Say the worst of what the checks of data quality found in the published snapshot."""
    path = settings.published_dir / settings.warehouse_path.name
    if not path.is_file():
        return
    with open_snapshot(path) as connection:
        if MODEL not in relation_names(connection):
            yield Check("data quality", "warn", f"the snapshot has no {MODEL}", "fa build")
            return
        rows = connection.execute(
            f"select {', '.join(COLUMNS)} from published.{SCHEMA}.{MODEL}"
        ).fetchall()
    verdict = verdict_of(findings_of(rows))
    status: Status = "ok" if verdict.severity == OK else "warn"
    yield Check("data quality", status, verdict.line, verdict.advice)


def check_personal_key() -> Iterator[Check]:
    """Check that the key of the keyed hashes is set and not short; it is never shown."""
    key = os.environ.get("FA_PII_KEY", "")
    if not key:
        yield Check(
            "FA_PII_KEY",
            "warn",
            "not set: hashes of e-mail and phone stay empty",
            "export FA_PII_KEY with 32 random characters, and keep it: another key, other hashes",
        )
    elif len(key) < SHORTEST_KEY:
        yield Check("FA_PII_KEY", "warn", f"only {len(key)} characters", "use 32 random characters")
    else:
        yield Check("FA_PII_KEY", "ok", f"set, {len(key)} characters")


def check_browser() -> Iterator[Check]:
    """Look for a browser: the report tests need one, writing reports does not."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    found = found or next((str(path) for path in MAC_BROWSERS if path.is_file()), None)
    if found:
        yield Check("chromium", "ok", found)
    else:
        yield Check(
            "chromium", "warn", "not found: browser tests are skipped", "apt install chromium"
        )


def _is_ledger(table: str) -> bool:
    return table.startswith("_") or table == "quarantine"


def _existing_parent(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.exists())
