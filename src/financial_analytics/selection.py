"""What a partial build runs: what is selected, what that needs and is not there, tests that can."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

BUILT_KINDS = ("model", "seed", "snapshot")


@dataclass(frozen=True)
class Selection:
    """Nodes of one build.

    Attributes
    ----------
    names : tuple of str
        Models, seeds and tests to run, as dbt selects them.
    added : tuple of str
        Those of them that nobody selected: the selected ones read them, and they do not exist.
    left_out : tuple of str
        Selected tests that do not run: they read a relation that does not exist.
    """

    names: tuple[str, ...]
    added: tuple[str, ...]
    left_out: tuple[str, ...]


def complete(
    nodes: Mapping[str, Any], selected: Sequence[str], existing: Iterable[str]
) -> Selection:
    """Return what has to run so that everything a selection reads exists.

    Parameters
    ----------
    nodes : mapping of str to node
        dbt's manifest by unique id.
    selected : sequence of str
        Unique ids of the selected models, seeds and tests.
    existing : iterable of str
        ``schema.relation`` of what the warehouse holds.
    """
    there = frozenset(existing)

    def is_there(key: str) -> bool:
        node = nodes[key]
        if node.resource_type not in BUILT_KINDS or node.config.materialized == "ephemeral":
            return False
        return f"{node.schema}.{node.alias}" in there

    chosen = [key for key in selected if nodes[key].resource_type in BUILT_KINDS]
    run = set(chosen)
    open_ends = list(chosen)
    while open_ends:
        for parent in _parents(nodes, open_ends.pop()):
            if parent not in run and not is_there(parent):
                run.add(parent)
                open_ends.append(parent)
    tests = [key for key in selected if key not in run]
    able = [
        key
        for key in tests
        if all(parent in run or is_there(parent) for parent in _parents(nodes, key))
    ]
    return Selection(
        names=tuple(_name(nodes[key]) for key in (*sorted(run), *able)),
        added=tuple(sorted(nodes[key].name for key in run - set(chosen))),
        left_out=tuple(nodes[key].name for key in tests if key not in able),
    )


def _parents(nodes: Mapping[str, Any], key: str) -> list[str]:
    return [parent for parent in nodes[key].depends_on.nodes if parent in nodes]


def _name(node: Any) -> str:
    """Return a selector that names this node alone."""
    return ".".join(node.fqn)
