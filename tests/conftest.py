"""Shared by all tests: where the project is, and builds without comments in the database."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest

OWN_FOLDER = pytest.StashKey[bool]()
CACHE_PREFIX = "fa-test-cache-"

os.environ.setdefault("FA_PROJECT_DIR", str(Path(__file__).parents[1]))
os.environ.setdefault("FA_PERSIST_DOCS", "false")
os.environ.pop("FA_TARGET", None)


def pytest_configure(config: pytest.Config) -> None:
    """Make the folder of parsed projects, which workers and inner runs find in the environment."""
    if CACHE_PREFIX not in os.environ.get("FA_CACHE_DIR", ""):
        os.environ["FA_CACHE_DIR"] = tempfile.mkdtemp(prefix=CACHE_PREFIX)
        config.stash[OWN_FOLDER] = True


def pytest_unconfigure(config: pytest.Config) -> None:
    """Delete it."""
    if config.stash.get(OWN_FOLDER, False):
        shutil.rmtree(os.environ.pop("FA_CACHE_DIR", ""), ignore_errors=True)
