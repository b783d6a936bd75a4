"""Macros of the adapter plugin ``postgres_python``."""

from pathlib import Path

PACKAGE_PATH = str(Path(__file__).parent)
