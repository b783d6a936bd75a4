"""The wheel brings the dbt project along and works in an empty folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from tests.support.lab import write_feed
from tests.support.small_bank import feeds

ROOT = Path(__file__).resolve().parents[2]
NOT_SOURCES = shutil.ignore_patterns("__pycache__", "*.egg-info")
BUILD = "import sys; from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the content of the wheel, as pip would unpack it."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    for name in ("src", "models", "macros"):
        shutil.copytree(ROOT / name, source / name, ignore=NOT_SOURCES)
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE", "dbt_project.yml",
                 "profiles.yml", "requirements.lock"):  # fmt: skip
        shutil.copy(ROOT / name, source / name)
    done = subprocess.run(
        [sys.executable, "-c", BUILD, str(folder)], cwd=source, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "installed")
    return folder / "installed"


def test_wheel__holds_every_file_of_the_project(installed: Path) -> None:
    project = installed / "financial_analytics" / "project"
    for folder in ("models", "macros"):
        wanted = {
            path.relative_to(ROOT)
            for path in (ROOT / folder).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        assert len(wanted) > 20
        found = {path.relative_to(project) for path in (project / folder).rglob("*.*")}
        assert found == wanted
    for name in ("dbt_project.yml", "profiles.yml"):
        assert (project / name).read_text() == (ROOT / name).read_text()
    adapters = installed / "dbt" / "include"
    assert (adapters / "postgres_python" / "macros" / "table.sql").is_file()
    assert (adapters / "spark_python" / "dbt_project.yml").is_file()


def test_wheel__keeps_data_in_the_working_folder(installed: Path, tmp_path: Path) -> None:
    for table, rows in feeds().items():
        write_feed(tmp_path / "feeds", table, rows)
    home = tmp_path / "home"
    home.mkdir()
    kept = {name: text for name, text in os.environ.items() if not name.startswith("FA_")}
    before = sorted(installed.rglob("*.*"))
    done = subprocess.run(
        [sys.executable, "-B", "-m", "financial_analytics.cli", "ingest", str(tmp_path / "feeds")],
        cwd=home, env={**kept, "PYTHONPATH": str(installed)}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "transactions" in done.stdout
    assert (home / "data" / "warehouse.duckdb").is_file()
    assert sorted(installed.rglob("*.*")) == before
