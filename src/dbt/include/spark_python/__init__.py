"""Macros of the adapter plugin ``spark_python``."""

from pathlib import Path

PACKAGE_PATH = str(Path(__file__).parent)
