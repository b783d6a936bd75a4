"""Shared by all tests: where the project is, and builds without comments in the database."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from tests.support.parsing import FOLDER_VARIABLE

OWN_FOLDER = pytest.StashKey[bool]()

os.environ.setdefault("FA_PROJECT_DIR", str(Path(__file__).parents[1]))
os.environ.setdefault("FA_PERSIST_DOCS", "false")
os.environ.pop("FA_TARGET", None)


def pytest_configure(config: pytest.Config) -> None:
    """Make the folder of parsed projects, which workers and inner runs find in the environment."""
    if FOLDER_VARIABLE not in os.environ:
        os.environ[FOLDER_VARIABLE] = tempfile.mkdtemp(prefix="fa-parsed-")
        config.stash[OWN_FOLDER] = True


def pytest_unconfigure(config: pytest.Config) -> None:
    """Delete it."""
    if config.stash.get(OWN_FOLDER, False):
        shutil.rmtree(os.environ.pop(FOLDER_VARIABLE, ""), ignore_errors=True)
