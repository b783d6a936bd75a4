"""CONTRIBUTING.md can be followed: its commands run, as they stand, in a copy of the project."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GENERATED = ("docs/charts.md", "docs/models/", "README.md")
MOST_FILES = 7
LINKED = ("bin", "lib", "lib64", "pyvenv.cfg")


@pytest.fixture(scope="module")
def scratch(files: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository under git, with the packages of this environment."""
    folder = tmp_path_factory.mktemp("contributor") / "checkout"
    for name in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, folder / name)
    environment = folder / ".venv"
    environment.mkdir()
    for name in LINKED:
        if (Path(sys.prefix) / name).exists():
            (environment / name).symlink_to(Path(sys.prefix) / name)
    for stamp in (".installed", ".installed-dev"):  # newer than the locks: make installs nothing
        (environment / stamp).touch()
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "-qm", "as it was")
    return folder


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout


def changed(folder: Path) -> list[str]:
    lines = git(folder, "status", "--porcelain", "--untracked-files=all").splitlines()
    return [line[3:] for line in lines]


def follow(section: str, folder: Path) -> str:
    """Run every block of commands of a section, as it stands."""
    text = (folder / "CONTRIBUTING.md").read_text(encoding="utf-8")
    match = re.search(rf"^## {section}\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    assert match is not None, f"CONTRIBUTING.md has no section {section!r}"
    blocks = re.findall(r"^```sh\n(.*?)^```$", match[1], re.M | re.S)
    assert blocks, f"section {section!r} has no commands"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(blocks)],
        cwd=folder,
        env={
            **kept,
            "PYTHONPATH": str(folder / "src"),  # the copy's package, not the installed one
            "FA_PROJECT_DIR": str(folder),
            "FA_DATA_DIR": str(folder / "data"),
            "PYTEST_ADDOPTS": "-p no:cacheprovider",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-4000:]
    assert "no tests ran" not in said and "skipped" not in said, said[-4000:]
    return said


@pytest.mark.slow
def test_a_model_with_a_chart_takes_at_most_seven_files(scratch: Path) -> None:
    follow("Add a model", scratch)
    assert len(changed(scratch)) == 3, "SQL, YAML and a test"
    follow("Add a chart", scratch)
    found = changed(scratch)
    by_hand = [name for name in found if not name.startswith(GENERATED)]
    assert len(by_hand) <= MOST_FILES, by_hand
    assert "docs/models/analytics_location_by_state.md" in found, "the generated page"
    git(scratch, "stash", "--quiet", "--include-untracked")


@pytest.mark.slow
def test_a_connector_takes_three_files(scratch: Path) -> None:
    follow("Add a connector", scratch)
    assert len(changed(scratch)) == 3
    git(scratch, "stash", "--quiet", "--include-untracked")
