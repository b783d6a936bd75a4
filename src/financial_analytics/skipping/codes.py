"""Fingerprints of the code of a node: its text, macros, variables, modules, key and software."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).resolve().parents[1]
DISTRIBUTION = "financial-analytics"
KEY_VARIABLE = "FA_PII_KEY"
_KEY_MACRO = "personal_hash"
_WORD = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")
_QUOTED = re.compile(r"""["']([A-Za-z_][A-Za-z_0-9]*)["']""")
_REQUIREMENT = re.compile(r"[A-Za-z0-9._-]+")

Code = Mapping[str, str]
"""Digest by part: what may change a node on its own (`PARTS`)."""

PARTS = {
    "text": "its text or configuration changed",
    "macros": "a macro changed",
    "variables": "a variable changed",
    "modules": "a module of the package changed",
    "key": "the key of personal data changed",
    "software": "another version of dbt, the engine or a library",
}
"""Parts of a node's code, and what is said when one is another."""


def digest(*values: Any) -> str:
    """Return a short hash of plain values; equal values give equal hashes."""
    text = json.dumps(values, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


@cache
def software() -> str:
    """Return a hash of the versions of Python and of all that the package requires."""
    names = {DISTRIBUTION}
    for requirement in metadata.requires(DISTRIBUTION) or ():
        if found := _REQUIREMENT.match(requirement):
            names.add(found.group())
    return digest(sys.version, {name: _version(name) for name in sorted(names)})


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None  # of an engine that is not installed


def key() -> str:
    """Return a hash that is another one for another key of personal data."""
    return digest("key of personal data", os.environ.get(KEY_VARIABLE, ""))


@cache
def modules_of(source: str) -> frozenset[Path]:
    """Return the package's modules that a Python source imports, and those that they import."""
    found: set[Path] = set()
    wanted = list(_imported(source))
    while wanted:
        path = wanted.pop()
        if path not in found:
            found.add(path)
            wanted += _imported(path.read_text(encoding="utf-8"))
    return frozenset(found)


@cache
def _imported(source: str) -> tuple[Path, ...]:
    names: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return tuple(path for name in names for path in _files(name))


def _files(name: str) -> Iterator[Path]:
    """Yield the files of a dotted name and of the packages it is in; none of other packages."""
    first, *rest = name.split(".")
    if first != PACKAGE.name:
        return
    folder = PACKAGE
    for part in ["", *rest]:
        folder = folder / part
        for path in (folder / "__init__.py", folder.with_suffix(".py")):
            if path.is_file():
                yield path


class Codes:
    """Codes of the nodes of one manifest.

    What a node calls is found by the words in its text: too much rather than too little. A macro
    that no node names, or that takes the place of one of dbt's own, counts for every node; of
    variables only those are a node's that it, or a macro it names, has in quotes.

    Parameters
    ----------
    manifest : Any
        dbt's manifest.
    variables : mapping
        Values of all variables of the project in this build.
    """

    def __init__(self, manifest: Any, variables: Mapping[str, Any]) -> None:
        self._variables = variables
        self._texts: dict[str, str] = {}
        self._by_word: dict[str, set[str]] = {}
        dbts_own = set()
        for macro in manifest.macros.values():
            base = macro.name.rsplit("__", maxsplit=1)[-1]
            if _is_of_dbt(macro.package_name):
                dbts_own.add(base)
                continue
            self._texts[macro.unique_id] = macro.macro_sql
            for word in {macro.name, base}:
                self._by_word.setdefault(word, set()).add(macro.unique_id)
        self._digests = {name: digest(text) for name, text in self._texts.items()}
        self._called = {name: self._named_in(text) for name, text in self._texts.items()}
        self._quoted = {name: self._variables_in(text) for name, text in self._texts.items()}
        reached = set().union(*(self._closure(_program(node)) for node in manifest.nodes.values()))
        everywhere = {
            name
            for name in self._texts
            if name not in reached or name.split(".")[-1].rsplit("__", maxsplit=1)[-1] in dbts_own
        }
        self._common = digest({name: self._digests[name] for name in everywhere})
        self._codes: dict[str, Code] = {}

    def of(self, node: Any) -> Code:
        """Return the code of a model, seed or test, as it is the first time it is asked for."""
        if node.unique_id not in self._codes:
            self._codes[node.unique_id] = self._code(node)
        return self._codes[node.unique_id]

    def _code(self, node: Any) -> Code:
        program = _program(node)
        macros = self._closure(program)
        names = self._variables_in(program).union(*(self._quoted[macro] for macro in macros))
        python = getattr(node, "language", "sql") == "python"
        modules = modules_of(node.raw_code) if python else frozenset()
        has_key = any(macro.split(".")[-1].endswith(_KEY_MACRO) for macro in macros)
        return {
            "text": digest(program, _described(node)),
            "macros": digest(self._common, {name: self._digests[name] for name in macros}),
            "variables": digest({name: self._variables[name] for name in names}),
            "modules": digest({str(path): _file_digest(path) for path in modules}),
            "key": key() if has_key else "",
            "software": software(),
        }

    def _closure(self, text: str) -> frozenset[str]:
        found: set[str] = set()
        wanted = list(self._named_in(text))
        while wanted:
            name = wanted.pop()
            if name not in found:
                found.add(name)
                wanted += self._called[name]
        return frozenset(found)

    def _named_in(self, text: str) -> frozenset[str]:
        words = set(_WORD.findall(text)) & self._by_word.keys()
        return frozenset().union(*(self._by_word[word] for word in words))

    def _variables_in(self, text: str) -> frozenset[str]:
        return frozenset(set(_QUOTED.findall(text)) & self._variables.keys())


def _is_of_dbt(package: str) -> bool:
    return package == "dbt" or (package.startswith("dbt_") and not package.endswith("_python"))


def _program(node: Any) -> str:
    """Return what a node runs: its code, its configuration, the arguments of a test."""
    test = getattr(node, "test_metadata", None)
    strategy = getattr(node.config, "incremental_strategy", None)
    said = {
        "file": node.checksum.checksum,
        "relation": [node.schema, node.alias],
        "config": node.config.to_dict(omit_none=True),
        "calls": f"get_incremental_{strategy}_sql" if strategy else None,
        "test": None if test is None else [test.name, test.kwargs],
        "column": getattr(node, "column_name", None),
    }
    return f"{node.raw_code}\n{json.dumps(said, sort_keys=True, default=str)}"


def _described(node: Any) -> list[Any]:
    """Return what becomes the contract of a relation, and its comments."""
    columns = [
        [name, column.data_type, column.description, [str(each) for each in column.constraints]]
        for name, column in node.columns.items()
    ]
    return [node.description, columns]


@cache
def _file_digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def files_digest(folders: Iterable[Path]) -> str:
    """Return a hash of all files below some folders, or of files, by name and content."""
    total = hashlib.sha256()
    for folder in folders:
        paths = [folder] if folder.is_file() else sorted(folder.rglob("*"))
        for path in paths:
            if path.suffix == ".pyc" or not path.is_file():
                continue
            total.update(str(path).encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()[:32]
