"""A folder with data, feeds and a small project, the command line, and disks that fail."""

from __future__ import annotations

import os
import resource
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest

from financial_analytics import cli
from tests.support.lab import write_feed
from tests.support.small_bank import feeds

TINY_PROJECT = {
    "dbt_project.yml": "name: tiny\nprofile: financial_analytics\nmodel-paths: [models]\n",
    "profiles.yml": "financial_analytics:\n  target: duckdb\n  outputs:\n    duckdb:\n"
    "      type: duckdb\n      path: \"{{ env_var('FA_DATA_DIR') }}/warehouse.duckdb\"\n"
    "      threads: 1\n",
    "models/first.sql": "{{ config(materialized='table') }} select 1 as answer",
}
Said = tuple[int, str]
"""Exit code, and what is on stderr."""


class World:
    """Data, feeds and a project of one model in a folder, and the command line."""

    def __init__(self, folder: Path, capfd: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.capfd, self.monkeypatch = folder, capfd, monkeypatch
        self.data = folder / "data"
        self.warehouse = self.data / "warehouse.duckdb"

    def fa(self, *arguments: str) -> Said:
        self.capfd.readouterr()
        code = cli.run([*arguments])
        return code, self.capfd.readouterr().err

    def bank(self) -> str:
        for table, rows in feeds().items():
            write_feed(self.folder / "feeds", table, rows)
        return str(self.folder / "feeds")

    def project(self, model: str = TINY_PROJECT["models/first.sql"]) -> None:
        for name, text in {**TINY_PROJECT, "models/first.sql": model}.items():
            path = self.folder / "project" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        self.monkeypatch.setenv("FA_PROJECT_DIR", str(self.folder / "project"))

    def file(self, path: Path, statement: str = "create table t as select 1 as i") -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        with duckdb.connect(str(path)) as connection:
            for each in statement.split(";"):
                connection.execute(each)
        return path


def spoil(path: Path, start: int = 0, end: int | None = None) -> None:
    """Overwrite bytes of a file, as a failing disk does."""
    content = bytearray(path.read_bytes())
    content[start:end] = b"\xff" * len(content[start:end])
    path.write_bytes(content)


@contextmanager
def small_disk(most: int) -> Iterator[None]:
    """Let no file of this process grow beyond so many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def without_rights(prepare: Callable[[Path], None] = lambda _: None) -> Iterator[Path]:
    """Give a folder that this process may only read, root or not."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        prepare(place)
        place.chmod(0o555)
        was = os.geteuid()
        if was == 0:
            os.seteuid(65534)
        try:
            yield place
        finally:
            os.seteuid(was)
            place.chmod(0o755)
