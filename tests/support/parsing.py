"""A project is parsed once for all warehouses of a test session that differ by their path alone."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from financial_analytics.build import BuildOptions, dbt_paths, target_name
from financial_analytics.settings import Settings

FOLDER_VARIABLE = "FA_TEST_PARSED"
"""The folder of this session; tests/conftest.py makes and deletes it."""
PARSED = "partial_parse.msgpack"


@contextmanager
def shared_parse(settings: Settings, options: BuildOptions) -> Iterator[None]:
    """Give a first build what another one has parsed, and keep what it parses for the next."""
    _disregard_paths()
    own = dbt_paths(settings, options.target)[0] / PARSED
    shared = Path(os.environ[FOLDER_VARIABLE]) / f"{_key(options)}.msgpack"
    if shared.exists() and not own.exists():
        own.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(shared, own)
    yield
    if own.exists() and not shared.exists():
        draft = shared.with_suffix(f".{os.getpid()}")
        shutil.copyfile(own, draft)
        draft.replace(shared)  # the other worker may be writing it, too


def _key(options: BuildOptions) -> str:
    """Return a name for what parsing depends on besides the project's files.

    Whatever dbt reads of the environment it compares itself; this variable alone differs here.
    """
    persisted = os.environ.get("FA_PERSIST_DOCS")
    parts = (target_name(options.target), sorted(options.variables.items()), persisted)
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _disregard_paths() -> None:
    """Make dbt take what it parsed for another warehouse: no model reads the connection."""
    from dbt.contracts.files import FileHash  # noqa: PLC0415  (a second to import)
    from dbt.parser.manifest import ManifestLoader  # noqa: PLC0415

    plain = ManifestLoader.build_manifest_state_check
    if getattr(plain, "disregards_paths", False):
        return

    def check(self: ManifestLoader) -> Any:
        return replace(plain(self), profile_hash=FileHash.from_contents(""))

    check.disregards_paths = True  # type: ignore[attr-defined]
    ManifestLoader.build_manifest_state_check = check
