"""Shared by all tests: where the project is, and builds without comments in the database."""

from __future__ import annotations

import os
from pathlib import Path

os.environ.setdefault("FA_PROJECT_DIR", str(Path(__file__).parents[1]))
os.environ.setdefault("FA_PERSIST_DOCS", "false")
os.environ.pop("FA_TARGET", None)
