"""Where a chart's numbers come from: its model's question, method, sources and tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from financial_analytics.described import Described, describe, feeds
from financial_analytics.errors import UserInputError
from financial_analytics.methods import Step, method

SITE = "docs"
"""Folder of the documentation beside the reports, where `make site` wrote it."""
MOST_STEPS = 6


@dataclass(frozen=True)
class Origin:
    """What a card says of its model.

    Attributes
    ----------
    question, grain, what : str
        From the model's description.
    steps : sequence of Step
        Of its method: those that cite a publication first, at most `MOST_STEPS`.
    more_steps : int
        How many there are besides.
    formulas : sequence of (str, str)
        What holds on every row, in words and in SQL.
    parents, feeds : sequence of str
        Relations that it reads itself, and feeds that its numbers come from.
    tests : sequence of (str, int)
        Kind of test and how many there are of it.
    unit_tests : sequence of str
        Behaviours that unit tests hold.
    code : str
        Its file in the project.
    page : str or None
        Relative path to its page of the documentation; None where that is not beside the reports.
    """

    question: str
    grain: str
    what: str
    steps: Sequence[Step]
    more_steps: int
    formulas: Sequence[tuple[str, str]]
    parents: Sequence[str]
    feeds: Sequence[str]
    tests: Sequence[tuple[str, int]]
    unit_tests: Sequence[str]
    code: str
    page: str | None = None


@cache
def _described(project: Path, model: str) -> tuple[Described, tuple[Step, ...], tuple[str, ...]]:
    return describe(project, model), method(project, model), feeds(project, model)


def origin_of(project: Path, model: str, out_dir: Path) -> Origin | None:
    """Return where a model's numbers come from; None where the project does not describe it.

    Parameters
    ----------
    project : Path
        Folder of ``dbt_project.yml``.
    model : str
        Relation that a chart draws.
    out_dir : Path
        Folder of all reports.
    """
    try:
        said, steps, tables = _described(project, model)
    except UserInputError:
        return None
    ordered = sorted(steps, key=lambda step: not step.references)  # stable: nearest first
    page = Path(SITE, "models", f"{model}.html")
    return Origin(
        question=said.question,
        grain=said.grain,
        what=said.what,
        steps=ordered[:MOST_STEPS],
        more_steps=max(len(ordered) - MOST_STEPS, 0),
        formulas=[(check.about, check.formula) for check in said.checks if check.formula],
        parents=said.parents,
        feeds=tables,
        tests=list(said.kinds().items()),
        unit_tests=said.unit_tests,
        code=said.code.relative_to(project).as_posix(),
        page=f"../{page.as_posix()}" if (out_dir / page).is_file() else None,
    )
