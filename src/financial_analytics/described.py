"""What the project's own files say of a relation: question, grain, columns, parents, feeds, tests.

Read from the models' YAML, SQL and shells, without dbt and without a warehouse.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from financial_analytics.errors import UserInputError
from financial_analytics.export.star import LOADER, doc_blocks, with_blocks

_COMMENT = re.compile(r"{#.*?#}", re.S)
_REF = re.compile(r"""\bref\(\s*['"](\w+)['"]\s*\)""")
_SOURCE = re.compile(
    r"""\b(?:source\(\s*['"]ingestion_raw_data['"]\s*,|bronze\()\s*['"](\w+)['"]"""
)
_MACRO = re.compile(r"{%-?\s*macro\s+(\w+)\((.*?)%}(.*?){%-?\s*endmacro", re.S)
_CALL = re.compile(r"\b(\w+)\(")
CLOCK = "data_clock"
_SAID = re.compile(r"(.*?) Answers: (.*?) Grain: (.*)")


@dataclass(frozen=True)
class Check:
    """A test of dbt on a relation.

    Attributes
    ----------
    kind : str
        Name of the generic test.
    about : str
        Column or arguments, or the words of its own name.
    formula : str
        What `holds` on every row, in SQL; empty for other kinds.
    """

    kind: str
    about: str
    formula: str = ""


@dataclass(frozen=True)
class Described:
    """A relation in the words of its files.

    Attributes
    ----------
    name : str
        Of the relation.
    path, code : Path
        Its YAML, and the SQL or Python beside it.
    what, question, grain : str
        The parts of its description; question and grain are empty where it does not say them.
    columns : tuple of mapping
        As in the YAML, descriptions with the blocks that they call.
    checks : tuple of Check
        Tests of dbt, of the relation and of its columns.
    unit_tests : tuple of str
        Behaviours that unit tests of dbt hold, in words.
    parents, sources : tuple of str
        Relations, and tables of the contract, that it reads itself.
    beside : str
        The model of the catalogue that it completes at another grain; empty for none.
    """

    name: str
    path: Path
    code: Path
    what: str
    question: str
    grain: str
    columns: tuple[dict[str, Any], ...]
    checks: tuple[Check, ...]
    unit_tests: tuple[str, ...]
    parents: tuple[str, ...]
    sources: tuple[str, ...]
    beside: str = ""

    @property
    def is_python(self) -> bool:
        """A shell around a function, not SQL."""
        return self.code.suffix == ".py"

    def kinds(self) -> dict[str, int]:
        """Return how many checks of each kind there are, the commonest first."""
        return dict(Counter(check.kind for check in self.checks).most_common())


@cache
def code_files(project: Path) -> dict[str, Path]:
    """Return the SQL or Python of each relation by its name.

    Raises
    ------
    UserInputError
        If the project has none.
    """
    found = {
        path.stem: path
        for path in sorted((project / "models").rglob("*.*"))
        if path.suffix in {".sql", ".py"}
    }
    if not found:
        raise UserInputError(f"{project} has no models", hint="set FA_PROJECT_DIR to the checkout")
    return found


@cache
def macros(project: Path) -> dict[str, str]:
    """Return what each macro of the project does, by its name, without comments."""
    return {
        name: body
        for path in sorted((project / "macros").rglob("*.sql"))
        for name, _, body in _MACRO.findall(_COMMENT.sub("", path.read_text(encoding="utf-8")))
    }


@cache
def macros_called(project: Path, name: str) -> tuple[str, ...]:
    """Return the macros that a relation's SQL calls, and those that these call, in order."""
    found: dict[str, None] = {}
    bodies = macros(project)
    texts = [_COMMENT.sub("", code_files(project)[name].read_text(encoding="utf-8"))]
    while texts:
        text = texts.pop(0)
        for call in _CALL.findall(text):
            if call in bodies and call not in found:
                found[call] = None
                texts.append(bodies[call])
    return tuple(found)


@cache
def reads(project: Path, name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the relations that one reads, and the tables of the contract, each once."""
    path = code_files(project)[name]
    text = _COMMENT.sub("", path.read_text(encoding="utf-8"))
    if path.suffix == ".sql":
        text += "\n".join(macros(project)[macro] for macro in macros_called(project, name))
    refs = (ref for ref in _REF.findall(text) if ref != name)
    return tuple(dict.fromkeys(refs)), tuple(dict.fromkeys(_SOURCE.findall(text)))


def ancestors(project: Path, name: str) -> tuple[str, ...]:
    """Return every relation that one hangs on, the nearest first."""
    found: dict[str, None] = {}
    waiting = [name]
    while waiting:
        for parent in reads(project, waiting.pop(0))[0]:
            if parent not in found:
                found[parent] = None
                waiting.append(parent)
    return tuple(found)


@cache
def feeds(project: Path, name: str) -> tuple[str, ...]:
    """Return the tables of the contract that a relation's numbers come from, by name.

    Not by way of the clock, which the newest event of any feed moves; and of a dimension only the
    feed that describes its members (the first it reads): the others give it those that no feed
    describes.
    """
    found: set[str] = set()
    seen = {CLOCK}
    waiting = [name]
    while waiting:
        line = waiting.pop()
        if line in seen:
            continue
        seen.add(line)
        parents, sources = reads(project, line)
        found.update(sources)
        waiting += parents[:1] if line.startswith("dim_") else parents
    return tuple(sorted(found))


@cache
def children(project: Path) -> dict[str, tuple[str, ...]]:
    """Return the relations that read each relation, by name."""
    found: dict[str, list[str]] = {}
    for name in code_files(project):
        for parent in reads(project, name)[0]:
            found.setdefault(parent, []).append(name)
    return {parent: tuple(sorted(names)) for parent, names in found.items()}


def _words(kind: str, given: dict[str, Any]) -> str:
    """Return the arguments of a generic test in words."""
    if kind == "grain":
        return ", ".join(given["columns"])
    if kind == "in_range":
        bounds = (("from", "minimum"), ("to", "maximum"))
        return " ".join(f"{word} {given[key]}" for word, key in bounds if key in given)
    other = _REF.search(str(given.get("to", "")))
    if other:
        measures = ", ".join(
            name if name.isidentifier() else f"{len(name.split(' + '))} columns together"
            for name in given.get("measures", {})
        )
        return f"to {other[1]}" + (f": {measures}" if measures else "")
    return ", ".join(
        f"{key} {', '.join(map(str, value)) if isinstance(value, list) else value}"
        for key, value in given.items()
        if key != "expression"
    )


def _checks(tests: Iterable[Any], column: str = "") -> Iterable[Check]:
    for test in tests:
        if isinstance(test, str):
            yield Check(test, column)
            continue
        kind, given = next(item for item in test.items() if item[0] != "name")
        given = given or {}
        said = given.get("arguments", {})
        name = str(given.get("name", test.get("name", "")))
        about = name.split("__", maxsplit=1)[-1].replace("_", " ") or _words(kind, said)
        formula = " ".join(str(said["expression"]).split()) if kind == "holds" else ""
        yield Check(kind, " ".join(filter(None, (column, about))), formula)


@cache
def describe(project: Path, name: str) -> Described:
    """Return what the files of one relation say.

    Raises
    ------
    UserInputError
        If the project has no such relation.
    """
    code = code_files(project).get(name)
    path = code.with_suffix(".yml") if code else project
    if code is None or not path.is_file():
        raise UserInputError(f"{project} describes no {name}", hint="see docs/catalogue.md")
    content = yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)
    model = next(item for item in content["models"] if item["name"] == name)
    blocks = doc_blocks(project)
    said = with_blocks(model["description"], blocks)
    parts = _SAID.fullmatch(said)
    checks = list(_checks(model.get("data_tests", [])))
    columns = []
    for column in model.get("columns", []):
        checks += _checks(column.get("data_tests", []), column["name"])
        meaning = with_blocks(column.get("description", ""), blocks)
        columns.append({**column, "description": meaning})
    units = [
        unit["name"].split("__", maxsplit=1)[-1].replace("_", " ")
        for unit in content.get("unit_tests", [])
        if unit["model"] == name
    ]
    parents, sources = reads(project, name)
    return Described(
        name=name,
        path=path,
        code=code,
        what=parts[1] if parts else said,
        question=parts[2] if parts else "",
        grain=parts[3] if parts else "",
        columns=tuple(columns),
        checks=tuple(checks),
        unit_tests=tuple(units),
        parents=parents,
        sources=sources,
        beside=model.get("config", {}).get("meta", {}).get("beside", ""),
    )
