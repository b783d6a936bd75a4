"""How a model computes what it says: the functions and macros it calls, in their own words.

Read from docstrings and comments, without importing what they describe.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from financial_analytics.described import ancestors, code_files, macros_called

PACKAGE = Path(__file__).resolve().parent
ROOT_NAME = PACKAGE.name
METHODS = (f"{ROOT_NAME}.stats", f"{ROOT_NAME}.models")
"""Packages whose functions are methods."""
TOLD = ("statistics", "finance")
"""Folders of macros that are methods; the others spell what engines spell differently."""
PLUMBING = {
    *("aggregates", "money", "reporting", "feeds", "words"),  # macros
    *("threads", "columns", "frames", "results", "coverage", "serving", "inference", "plans"),
    *("coverage_pct", "normal_quantile", "year_month", "economic_indicators"),
}
"""Files and macros that say how a result is written, not how it is found."""
_MACRO = re.compile(r"(?:{#-?\s*(.*?)\s*-?#}\s*)?{%-?\s*macro\s+(\w+)\(", re.S)
_SECTION = re.compile(r"^(\w[\w ]*)\n-{3,}\n", re.M)


@dataclass(frozen=True)
class Step:
    """A function or macro of a method.

    Attributes
    ----------
    name : str
        As code calls it.
    path : Path
        File that has it.
    summary : str
        What it does, on one line.
    notes : str
        What it assumes and where it stops; may be empty.
    references : str
        Where it was published; may be empty.
    """

    name: str
    path: Path
    summary: str
    notes: str = ""
    references: str = ""


@dataclass(frozen=True)
class _Module:
    path: Path
    name: str
    defined: dict[str, ast.AST]
    imported: dict[str, tuple[str, str]]


@cache
def _module(name: str) -> _Module | None:
    """Return what a module of the package defines and imports; None where there is none."""
    folder = PACKAGE.joinpath(*name.split(".")[1:])
    path = folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")
    if not name.startswith(ROOT_NAME) or not path.is_file():
        return None
    tree = ast.parse(path.read_text(encoding="utf-8"))
    defined: dict[str, ast.AST] = {
        node.name: node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }
    # A task or design that is said once, above: what it names is what its users call.
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            defined |= {target.id: node.value for target in targets if isinstance(target, ast.Name)}
    imported = {
        (alias.asname or alias.name): (node.module or "", alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    return _Module(path, name, defined, imported)


def _find(module: str, name: str) -> tuple[_Module, str] | None:
    """Return where a name that a module has is defined; packages hand on what they import."""
    found = _module(module)
    while found is not None and name not in found.defined:
        if name not in found.imported:
            return None
        module, name = found.imported[name]
        found = _module(module)
    return (found, name) if found else None


def _called(module: _Module, node: ast.AST) -> Iterable[tuple[_Module, str]]:
    for part in ast.walk(node):
        found = None
        if isinstance(part, ast.Name):
            found = _find(module.name, part.id)
        elif isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name):
            package, name = module.imported.get(part.value.id, ("", ""))
            found = _find(f"{package}.{name}", part.attr) if name else None
        if found and found[0].name.startswith(METHODS):
            yield found


def _sections(text: str) -> dict[str, str]:
    """Return the parts of a NumPy docstring by heading; what is above the first is ``""``."""
    pieces = _SECTION.split(text)
    return {"": pieces[0]} | dict(zip(pieces[1::2], pieces[2::2], strict=True))


def _line(text: str) -> str:
    return " ".join(text.split())


def _function_step(module: _Module, name: str) -> Step | None:
    node = module.defined[name]
    if not isinstance(node, ast.FunctionDef) or name.startswith("_"):
        return None
    parts = _sections(ast.get_docstring(node) or "")
    if module.path.stem in PLUMBING or parts[""].startswith("Return `"):
        return None  # a model's function: its YAML says what it gives
    said = _line(parts[""].split("\n\n")[0]).removeprefix("Return ")
    return Step(
        name=name,
        path=module.path,
        summary=said[:1].upper() + said[1:],
        notes=_line(parts.get("Notes", "")),
        references=_line(parts.get("References", "")),
    )


@cache
def _functions(shell: Path) -> tuple[Step, ...]:
    """Return the functions that a shell's function calls, the nearest first."""
    tree = ast.parse(shell.read_text(encoding="utf-8"))
    waiting = [
        found
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if (found := _find(node.module or "", alias.name))
    ]
    seen: dict[tuple[str, str], Step | None] = {}
    while waiting:
        module, name = waiting.pop(0)
        if (module.name, name) in seen:
            continue
        seen[module.name, name] = _function_step(module, name)
        waiting += _called(module, module.defined[name])
    return tuple(step for step in seen.values() if step)


@cache
def _told_macros(project: Path) -> dict[str, Step]:
    """Return the macros of method folders by name; one without a comment shares that above it."""
    found: dict[str, Step] = {}
    for folder in TOLD:
        for path in sorted((project / "macros" / folder).glob("*.sql")):
            said = ""
            if path.stem in PLUMBING:
                continue
            for comment, name in _MACRO.findall(path.read_text(encoding="utf-8")):
                said = _line(comment.rsplit("-#}", maxsplit=1)[-1].split("{#-")[-1]) or said
                found[name] = Step(name, path, said)
    return found


@cache
def method(project: Path, name: str) -> tuple[Step, ...]:
    """Return the steps of a model's method: its own, then those of what prepares it alone.

    What prepares a model are the ``int_`` relations above it; facts and dimensions have pages of
    their own.
    """
    lines = [name, *(line for line in ancestors(project, name) if line.startswith("int_"))]
    found: dict[str, Step] = {}
    for line in lines:
        path = code_files(project)[line]
        if path.suffix == ".py":
            steps: Iterable[Step] = _functions(path)
        else:
            told = _told_macros(project)
            steps = (
                told[macro]
                for macro in macros_called(project, line)
                if macro in told and macro not in PLUMBING
            )
        for step in steps:
            if step.summary and step.summary not in {item.summary for item in found.values()}:
                found.setdefault(f"{step.path}:{step.name}", step)
    return tuple(found.values())
