"""Publishes a build: its analytics and its star schema become read-only files, swapped whole.

Reports and the live page read the first file, exports for BI tools the second, neither the
warehouse, so that a reader does not block a build nor a build a reader.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from financial_analytics.build import dbt_paths
from financial_analytics.engines.table import DEFAULT_TARGET, engine_of
from financial_analytics.errors import InvalidInputError
from financial_analytics.settings import Settings
from financial_analytics.skipping.records import read_records, write_records

FILE_NAME = "warehouse.duckdb"
STAR_NAME = "star.duckdb"


@dataclass(frozen=True)
class Run:
    """The build that is published.

    Attributes
    ----------
    run_id : str
        Name of the build; reports show it.
    built_at : datetime
        Moment of the build, with a time zone. The caller reads the clock, not this module.
    engine : str
        Target that built it.
    """

    run_id: str
    built_at: datetime
    engine: str = DEFAULT_TARGET

    def __post_init__(self) -> None:
        if self.built_at.tzinfo is None:
            raise InvalidInputError(
                f"built_at {self.built_at.isoformat()} has no time zone",
                hint="give an aware datetime, for example in UTC",
            )


def snapshot_path(settings: Settings) -> Path:
    """Return where the snapshot of an installation is."""
    return settings.published_dir / FILE_NAME


def star_path(settings: Settings) -> Path:
    """Return where the published star schema of an installation is."""
    return settings.published_dir / STAR_NAME


def is_published(settings: Settings, engine: str, contents: str | None) -> bool:
    """Tell whether the snapshot is still the one that was written of these contents.

    Parameters
    ----------
    settings : Settings
        Names the folders.
    engine : str
        Target that was built.
    contents : str or None
        Hash of all that is built (`build.BuildResult`); None where it is not known.
    """
    there = None if contents is None else _published(settings, contents)
    return there is not None and there == read_records(dbt_paths(settings, engine)[0]).published


def remember(settings: Settings, engine: str, contents: str | None) -> None:
    """Keep of which contents the snapshot was written; arguments as for `is_published`."""
    folder = dbt_paths(settings, engine)[0]
    records = read_records(folder)
    records.published = None if contents is None else _published(settings, contents)
    write_records(folder, records)


def _published(settings: Settings, contents: str) -> str | None:
    """Return what is published of these contents, bytes included: a disk may damage a file.

    Of the star schema, which is as large as the facts, size and time alone: to read it takes longer
    than all else of a build without news.
    """
    if not snapshot_path(settings).is_file():
        return None
    files = sorted(set(settings.published_dir.glob("*.duckdb")) - {star_path(settings)})
    try:
        star = star_path(settings).stat()
        known = [f"{path.name}={_sha256(path)}" for path in files]
    except OSError:
        return None
    return ":".join([contents, *known, f"{STAR_NAME}={star.st_size} {star.st_mtime_ns}"])


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def publish(settings: Settings, run: Run) -> Path:
    """Write the snapshot of the warehouse, and its star schema, and swap them in.

    The snapshot holds every ``analytics_`` relation of gold (views as tables), `row_counts` of
    all dimensions, facts and analytics, and `run_info`. The star schema, in a file of its own
    (`star_path`), holds dimensions and facts in the columns of `described_tables`, so neither
    names nor hashes of a person, and the features. A reader that has an old file open keeps
    reading it undisturbed; one that opens afterwards sees the new one.

    Parameters
    ----------
    settings : Settings
        Names the warehouse and the folder of the snapshot.
    run : Run
        What `run_info` says of the build.

    Returns
    -------
    Path
        The snapshot.

    Raises
    ------
    EngineError
        If the warehouse is missing, in use or unreadable; the old snapshot stays.
    UserInputError
        If `run` names an engine that there is not.
    NotPublishedError
        If the warehouse has no analytics, or its gold is not of one build; the old snapshot stays.
    """
    # Arrow and pandas come with these; a build without news does not need them.
    from financial_analytics.engines.duckdb.snapshot import write_snapshot  # noqa: PLC0415
    from financial_analytics.export.star import described_tables  # noqa: PLC0415

    target = snapshot_path(settings)
    engine = engine_of(run.engine, hint="fa build --no-publish")
    with engine.gold.open_gold(settings) as source:
        write_snapshot(
            source,
            target,
            star_path(settings),
            shown={table.name: table.names for table in described_tables(settings.project_dir)},
            run_id=run.run_id,
            engine=run.engine,
            built_at=run.built_at,
        )
    return target
