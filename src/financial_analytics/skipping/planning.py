"""What a build would do with each node, said without building."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from financial_analytics.skipping.deciding import Decisions

BUILT, PERHAPS, LEFT = "built", "perhaps", "left alone"


@dataclass(frozen=True)
class Plan:
    """What becomes of one node.

    Attributes
    ----------
    kind, name : str
        Resource type and name.
    what : str
        `BUILT`; `PERHAPS`, if what it reads is built and becomes another; or `LEFT` alone.
    why : str
        The reason.
    """

    kind: str
    name: str
    what: str
    why: str


def plan(
    nodes: Mapping[str, Any], selected: Iterable[str], decisions: Decisions, *, is_all: bool
) -> list[Plan]:
    """Return the plan of the selected nodes, models and seeds before tests.

    Parameters
    ----------
    nodes : mapping of str to node
        dbt's manifest by unique id.
    selected : iterable of str
        Dotted paths of the nodes that the build selects.
    decisions : Decisions
        On these nodes, as everything stands now.
    is_all : bool
        Nothing is to be left alone.
    """
    names = frozenset(selected)
    wanted = {key for key, node in nodes.items() if ".".join(node.fqn) in names}
    plans: dict[str, Plan] = {}

    def find(key: str) -> Plan:
        if key not in plans:
            plans[key] = decide(nodes[key])
        return plans[key]

    def decide(node: Any) -> Plan:
        def said(what: str, why: str) -> Plan:
            return Plan(str(node.resource_type.value), str(node.name), what, why)

        if is_all:
            return said(BUILT, "everything was asked for")
        if reason := decisions.news(node):
            return said(BUILT, reason)
        for key in node.depends_on.nodes:
            if key in wanted and find(key).what != LEFT:
                return said(PERHAPS, f"reads {nodes[key].name}")
        return said(LEFT, "no news")

    return [find(key) for key in sorted(wanted, key=lambda key: (_is_test(nodes[key]), key))]


def _is_test(node: Any) -> bool:
    return bool(node.resource_type == "test")
