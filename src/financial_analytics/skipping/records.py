"""What the builds of a target left behind: kept beside dbt's artefacts, replaced whole.

The file is a memory, not a claim: a relation is taken for done only if it holds today what the
record says. It may be deleted at any time; the next build then builds everything.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from financial_analytics.drafts import clear_drafts
from financial_analytics.skipping.codes import digest

VERSION = 1
FILE_NAME = "records.json"


@dataclass(frozen=True)
class Record:
    """How one node was made when it last succeeded.

    Attributes
    ----------
    kind, name : str
        Resource type and name, for what is shown.
    code : mapping of str to str
        Digest by part (`codes.PARTS`).
    inputs : mapping of str to str
        What each of its parents held, by unique id.
    content : str
        What its relation held then; empty for a test.
    status, message, failures
        How it ended.
    """

    kind: str
    name: str
    code: Mapping[str, str]
    inputs: Mapping[str, str]
    content: str
    status: str
    message: str
    failures: int


@dataclass
class Records:
    """All that is kept of one target.

    Attributes
    ----------
    nodes : dict of str to Record
        By unique id.
    contents : dict of str to str
        What each relation held at the end of the last build, by ``schema.relation``.
    stamp : str or None
        What the engine gave for the whole warehouse then (`engines.contents`).
    project : str
        Hash of the project, the package, the variables and the environment of that build.
    whole : str or None
        ``build`` or ``run`` if nothing of the project was left out and nothing failed.
    published : str or None
        Which build is in which snapshot.
    """

    nodes: dict[str, Record] = field(default_factory=dict)
    contents: dict[str, str] = field(default_factory=dict)
    stamp: str | None = None
    project: str = ""
    whole: str | None = None
    published: str | None = None

    def begin(self) -> None:
        """Take back what is said of the whole: a build is going to change it."""
        self.stamp = self.whole = None

    def end(self, *, contents: dict[str, str], project: str, whole: str | None) -> None:
        """Say what a build that did not fail has left."""
        self.contents, self.project, self.whole = contents, project, whole

    def digest(self) -> str | None:
        """Return a hash of what a whole build left and was made with; None after another one."""
        return digest(self.contents, self.project) if self.whole in {"build", "run"} else None

    def covers(self, project: str, command: str) -> bool:
        """Tell whether the last build was of this project, and did all that `command` does."""
        return self.project == project and self.whole in {"build", command}


def read_records(folder: Path) -> Records:
    """Return the records of a target; none if there is no file that can be read."""
    try:
        said = json.loads((folder / FILE_NAME).read_text(encoding="utf-8"))
        if said.pop("version") != VERSION:
            return Records()
        nodes = {key: Record(**record) for key, record in said.pop("nodes").items()}
        return Records(nodes=nodes, **said)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Records()


def write_records(folder: Path, records: Records) -> None:
    """Replace the records of a target."""
    said: dict[str, Any] = {"version": VERSION, **vars(records)}
    said["nodes"] = {key: vars(record) for key, record in records.nodes.items()}
    folder.mkdir(parents=True, exist_ok=True)
    clear_drafts(folder)
    draft = folder / f".draft.{os.getpid()}.{FILE_NAME}"
    draft.write_text(json.dumps(said), encoding="utf-8")
    draft.replace(folder / FILE_NAME)
