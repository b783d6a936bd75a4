"""Settings that last: a build asks before it undoes what an earlier one was given.

Each build, of dbt as well, writes the variables it was given into the warehouse
(``macros/warehouse/settings.sql``). They are not given again by themselves: a build without one of
them would set it back to its value in ``dbt_project.yml``.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from financial_analytics.engines.table import find_engine
from financial_analytics.errors import UserInputError
from financial_analytics.settings import Settings


@dataclass(frozen=True)
class Undone:
    """A variable that a build would set back: what it is now, and what it would be."""

    name: str
    now: Any
    then: Any


def undone(settings: Settings, given: Mapping[str, Any], target: str) -> list[Undone]:
    """Return what a build with the `given` variables would set back.

    A variable that is given, or whose value in ``dbt_project.yml`` is the one that was given
    before, is not among them; nor is one that the project has no more.

    Raises
    ------
    EngineError
        If the warehouse of `target` cannot be read.
    """
    engine = find_engine(target)
    kept = engine.newest_settings(settings) if engine else None
    earlier = json.loads(kept) if kept else {}
    project = settings.project_dir / "dbt_project.yml"
    defaults = yaml.safe_load(project.read_text(encoding="utf-8")).get("vars") or {}
    return [
        Undone(name, value, defaults[name])
        for name, value in earlier.items()
        if name in defaults and name not in given and value != defaults[name]
    ]


def check_lasting(
    settings: Settings,
    given: Mapping[str, Any],
    target: str,
    *,
    command_line: Sequence[str],
    agree: Callable[[str], bool],
) -> None:
    """Make sure that nothing is undone that was not meant.

    Parameters
    ----------
    settings, given, target
        As for `undone`.
    command_line : sequence of str
        What was typed after ``fa``; the two commands of the hint are made from it.
    agree : callable
        Given what would be undone in words, tells whether the user wants it.

    Raises
    ------
    UserInputError
        If the user does not agree; names the command that keeps and the one that undoes.
    """
    found = undone(settings, given, target)
    if not found:
        return
    was = "; ".join(f"{each.name} was {_words(each.now)}" for each in found)
    back = ", ".join(_words(each.then) for each in found)
    message = f"an earlier build was given variables: {was}; this one would set back to {back}"
    if agree(message):
        return
    keep = command(command_line, {**given, **{each.name: each.now for each in found}})
    undo = command(command_line, {**given, **{each.name: each.then for each in found}})
    raise UserInputError(
        f"{message}, so nothing was built", hint=f"to keep:  {keep}\n      to undo:  {undo}"
    )


def command(command_line: Sequence[str], variables: Mapping[str, Any]) -> str:
    """Return the command with these variables, quoted for a shell.

    Examples
    --------
    >>> command(["build", "--vars", "{last_year: 2031}", "--no-tests"], {"last_year": 2030})
    "fa build --no-tests --vars '{last_year: 2030}'"
    """
    kept: list[str] = []
    words = iter(command_line)
    for word in words:
        if word == "--vars":
            next(words)
        elif not word.startswith("--vars="):
            kept.append(word)
    return shlex.join(["fa", *kept, "--vars", _words(dict(variables))])


def _words(value: Any) -> str:
    """Return a value as YAML on one line."""
    text: str = yaml.safe_dump(value, default_flow_style=True, width=10**6, sort_keys=False)
    return text.removesuffix("\n").removesuffix("\n...")
