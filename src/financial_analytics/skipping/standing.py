"""Where a target stands before dbt is asked, so that nothing to do takes no time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from financial_analytics.engines.contents import Contents
from financial_analytics.parsed import ParsedProject
from financial_analytics.settings import Settings
from financial_analytics.skipping.codes import PACKAGE, digest, files_digest, key, software
from financial_analytics.skipping.records import Records

_PROJECT_FILE = "dbt_project.yml"


def project_digest(parsed: ParsedProject) -> str:
    """Return a hash of all that a build is made with, the feeds aside.

    That is every file of the project and of the package, the versions of what it runs on, the
    variables, what of the environment the project reads, and the key of personal data.
    """
    return digest(
        parsed.path.stem,
        files_digest(sorted(PACKAGE.rglob("*.py"))),
        files_digest(sorted(PACKAGE.parent.glob("dbt/*/*_python"))),
        key(),
        software(),
    )


def all_variables(settings: Settings, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the value of every variable of the project in a build, given or not."""
    text = (settings.project_dir / _PROJECT_FILE).read_text(encoding="utf-8")
    return {**(yaml.safe_load(text).get("vars") or {}), **given}


def as_left(records: Records, opened: Contents, stamp: str | None) -> tuple[bool, dict[str, str]]:
    """Tell whether every relation holds what it held at the end of the last build.

    Parameters
    ----------
    records : Records
        What the last build left.
    opened : Contents
        The warehouse, held until the build ends: what is found here is still so then.
    stamp : str or None
        Of the warehouse as it is (`engines.contents`).

    Returns
    -------
    same : bool
        True if all do.
    known : dict of str to str
        What was found on the way, by ``schema.relation``.
    """
    if stamp is not None and stamp == records.stamp:
        return True, dict(records.contents)
    known: dict[str, str] = {}
    for relation, held in records.contents.items():
        found = opened.of(relation)
        if found is not None:
            known[relation] = found
        if found != held:
            return False, known
    return bool(records.contents), known
