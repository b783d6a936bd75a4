"""The dbt manifest and the files of the repository, read once."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from dbt.cli.main import dbtRunner

from financial_analytics.engines import table as engines

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


class Project:
    """A parsed dbt project, its warnings, and a way to list what a selector selects."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.warnings: list[str] = []
        outcome = dbtRunner(callbacks=[self._hear]).invoke(["parse", "--quiet", *self._paths()])
        if outcome.exception is not None:
            raise outcome.exception
        self.parsed = outcome.result
        self.manifest: dict[str, Any] = json.loads(
            (folder / "target" / "manifest.json").read_text(encoding="utf-8")
        )

    def _paths(self) -> list[str]:
        return [
            *("--project-dir", str(ROOT), "--profiles-dir", str(ROOT)),
            *("--target-path", str(self.folder / "target"), "--no-partial-parse"),
            *("--log-path", str(self.folder), "--no-send-anonymous-usage-stats"),
        ]

    def _hear(self, event: Any) -> None:
        if event.info.level == "warn":
            self.warnings.append(f"{event.info.name}: {event.info.msg}")

    def nodes(self, kind: str) -> list[dict[str, Any]]:
        """All nodes of a resource type."""
        return [node for node in self.manifest["nodes"].values() if node["resource_type"] == kind]

    def selected(self, selector: str) -> list[str]:
        """Names that ``dbt ls --select`` prints, as the last part of their path."""
        arguments = ["ls", "--quiet", "--resource-type", "model", "--output", "name"]
        arguments += ["--select", selector, *self._paths()]
        outcome = dbtRunner(manifest=self.parsed).invoke(arguments)
        if outcome.exception is not None:
            raise outcome.exception
        return list(outcome.result or [])


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The dbt project of this checkout, parsed into a scratch folder."""
    folder = tmp_path_factory.mktemp("dbt")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FA_DATA_DIR", str(folder))
        patch.delenv("FA_TARGET", raising=False)
        yield Project(folder)
        engines.release()


@pytest.fixture(scope="session")
def models(project: Project) -> list[dict[str, Any]]:
    """All models of the project."""
    found = project.nodes("model")
    assert len(found) >= 22, "the project has fewer models than the contract has tables"
    return found


@pytest.fixture(scope="session")
def files() -> list[Path]:
    """Every text file that belongs to the repository, relative to it (not what it ignores)."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    names = [Path(line) for line in listed.stdout.splitlines()]
    if listed.returncode != 0:  # a release archive has no git
        ignored = {".venv", "data", "target", "logs", "build", "dist", ".git", "__pycache__"}
        names = [
            path.relative_to(ROOT)
            for path in ROOT.rglob("*")
            if path.is_file() and not ignored & set(path.relative_to(ROOT).parts)
        ]
    return sorted({name for name in names if (ROOT / name).is_file()})
