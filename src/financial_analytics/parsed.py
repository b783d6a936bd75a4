"""What dbt has parsed of a version of the project, kept for every data folder of a user.

dbt keeps its own beside each warehouse and parses the project again for the next one (7 of the 43
CPU seconds of a first small build). A model does not depend on where the warehouse lies, so what
was parsed is kept by what it does depend on: the files of the project, dbt and its adapters, the
target, the variables and the environment. A cache: a file that is missing, torn or not writable
costs a parse, nothing else.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import yaml
from platformdirs import user_cache_path

from financial_analytics.drafts import clear_drafts

KEPT = 24
"""Newest files that stay; each has about 4 MB."""
PARTIAL_PARSE = "partial_parse.msgpack"
_PATHS = {"model-paths": "models", "macro-paths": "macros", "seed-paths": "seeds"} | {
    "test-paths": "tests", "snapshot-paths": "snapshots", "analysis-paths": "analyses",
}  # fmt: skip
_READS = re.compile(rb"""env_var\(\s*['"](\w+)""")
_CONNECTION = frozenset({"FA_DATA_DIR", "FA_PG_HOST", "FA_PG_PORT", "FA_PG_USER", "FA_PG_PASSWORD"})
"""Where the warehouse lies and who asks: of these nothing is parsed into a model."""


def cache_dir() -> Path:
    """Return ``FA_CACHE_DIR``, or the folder that the operating system has for a user's caches."""
    given = os.environ.get("FA_CACHE_DIR")
    return Path(given) if given else user_cache_path("financial-analytics", appauthor=False)


class ParsedProject:
    """The cache's file of one project, target and set of variables."""

    def __init__(self, project_dir: Path, target: str, variables: Mapping[str, Any]) -> None:
        digest = hashlib.sha256(repr((target, sorted(variables.items()))).encode())
        for part in _depends_on(project_dir):
            digest.update(part)
        self.path = cache_dir() / "parsed" / f"{digest.hexdigest()}.msgpack"

    def load(self) -> Any | None:
        """Return dbt's manifest, or None if this version was not parsed yet."""
        try:
            content = self.path.read_bytes()
        except OSError:
            return None
        from dbt.contracts.graph.manifest import Manifest  # noqa: PLC0415  (a second to import)
        from dbt.parser.manifest import extended_mashumuro_decoder  # noqa: PLC0415

        try:
            manifest = Manifest.from_msgpack(content, decoder=extended_mashumuro_decoder)
        except Exception:  # whatever a torn file raises in msgpack or mashumaro
            with suppress(OSError):
                self.path.unlink()
            return None
        manifest.build_flat_graph()  # what macros read as `graph`; not part of the file
        with suppress(OSError):
            os.utime(self.path)
        return manifest

    def keep(self, target_path: Path) -> None:
        """Keep what dbt has just written into its folder of artefacts."""
        with suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            draft = self.path.with_name(f".{self.path.stem}.draft.{os.getpid()}.msgpack")
            draft.write_bytes((target_path / PARTIAL_PARSE).read_bytes())
            draft.replace(self.path)
            clear_drafts(self.path.parent)
            files = sorted(
                self.path.parent.glob("[!.]*.msgpack"), key=lambda file: file.stat().st_mtime
            )
            for old in files[:-KEPT]:
                old.unlink()


def _depends_on(project_dir: Path) -> Iterator[bytes]:
    names: set[str] = set()
    for file in _files(project_dir):
        content = file.read_bytes()
        names.update(name.decode() for name in _READS.findall(content))
        yield str(file.relative_to(project_dir)).encode()
        yield hashlib.sha256(content).digest()
    yield repr([(name, os.environ.get(name)) for name in sorted(names - _CONNECTION)]).encode()
    # what is installed is a folder's listing; importing dbt to ask it takes a second
    installed = {(found.name, found.version) for found in distributions()}
    yield repr(sorted(pair for pair in installed if pair[0].startswith("dbt-"))).encode()


def _files(project_dir: Path) -> Iterator[Path]:
    project = yaml.safe_load((project_dir / "dbt_project.yml").read_text(encoding="utf-8"))
    for name in ("dbt_project.yml", "profiles.yml", "packages.yml", "dependencies.yml"):
        if (project_dir / name).is_file():
            yield project_dir / name
    for key, default in _PATHS.items():
        for folder in project.get(key, [default]):
            for file in sorted((project_dir / folder).rglob("*")):
                if file.is_file() and file.suffix != ".pyc":
                    yield file
