"""Puts the dbt project into the wheel, as ``financial_analytics/project``."""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).resolve().parent
FILES = ("dbt_project.yml", "profiles.yml", "requirements.lock")
FOLDERS = ("macros", "models")


class BuildWithProject(build_py):
    """Copies models, macros and profiles beside the modules; an editable install needs none."""

    def run(self) -> None:
        """Build as usual, then copy."""
        super().run()
        if self.editable_mode:
            return
        target = Path(self.build_lib) / "financial_analytics" / "project"
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        for name in FILES:
            shutil.copy(HERE / name, target / name)
        for name in FOLDERS:
            shutil.copytree(
                HERE / name, target / name, ignore=shutil.ignore_patterns("__pycache__")
            )


setup(cmdclass={"build_py": BuildWithProject})
