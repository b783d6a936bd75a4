"""Where the project, its data and its outputs live."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from financial_analytics import memory
from financial_analytics.errors import UserInputError

MAX_QUARANTINED_PCT = 1.0
"""Per cent of a table's rows that an ingest may quarantine before its exit code says so."""

PACKAGED = Path(__file__).resolve().parent / "project"
"""The dbt project inside an installed wheel; a checkout has it at its root instead."""


@dataclass(frozen=True)
class Settings:
    """Folders of one installation; every path is absolute."""

    project_dir: Path
    data_dir: Path
    reports_dir: Path

    @property
    def warehouse_path(self) -> Path:
        """The DuckDB file that builds write to."""
        return self.data_dir / "warehouse.duckdb"

    @property
    def feeds_dir(self) -> Path:
        """Where generated or fetched feeds are kept."""
        return self.data_dir / "feeds"

    @property
    def published_dir(self) -> Path:
        """The read-only snapshot that reports and BI tools read."""
        return self.data_dir / "published"


def find_project_dir() -> Path:
    """Return the folder that holds ``dbt_project.yml``.

    Looks at ``FA_PROJECT_DIR``, then at the working directory and its parents, then at the
    project inside the wheel or the checkout that this package was installed from.

    Raises
    ------
    UserInputError
        If no such folder is found.
    """
    given = os.environ.get("FA_PROJECT_DIR")
    here = Path(given) if given else Path.cwd()
    for folder in (here, *here.resolve().parents, PACKAGED, *PACKAGED.parents):
        if (folder / "dbt_project.yml").is_file():
            return folder.resolve()
    raise UserInputError(
        f"no dbt_project.yml in {here} or above it",
        hint="run fa inside the checkout, or set FA_PROJECT_DIR to it",
    )


def load_settings() -> Settings:
    """Read the settings from the environment (``FA_DATA_DIR``, ``FA_REPORTS_DIR``).

    Both default to folders of the checkout; with a wheel's own project, of the working directory.

    Raises
    ------
    UserInputError
        If there is no project, or ``FA_MEMORY`` is no size.
    """
    memory.budget()
    project = find_project_dir()
    home = Path.cwd() if project == PACKAGED else project
    data = Path(os.environ.get("FA_DATA_DIR") or home / "data")
    reports = Path(os.environ.get("FA_REPORTS_DIR") or home / "visualizations" / "outputs")
    return Settings(project_dir=project, data_dir=data.resolve(), reports_dir=reports.resolve())
