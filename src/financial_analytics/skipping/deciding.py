"""Whether a node has news: its code, what its parents hold, what it holds itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from financial_analytics.skipping.codes import PARTS, Code, Codes, digest
from financial_analytics.skipping.records import Record

DONE = frozenset({"success", "pass", "warn"})
GONE = ""


def relation_of(node: Any) -> str:
    """Return ``schema.relation`` of a model, seed or source."""
    return f"{node.schema}.{getattr(node, 'alias', None) or node.identifier}"


def is_view(node: Any) -> bool:
    """Tell whether a node keeps no rows of its own."""
    return node.resource_type == "model" and node.config.materialized in {"view", "ephemeral"}


class Known:
    """What relations hold, each asked for once until it is built again.

    Parameters
    ----------
    ask : callable
        Returns what a relation holds, None if there is none.
    known : mapping of str to str
        What is known already.
    """

    def __init__(self, ask: Callable[[str], str | None], known: Mapping[str, str]) -> None:
        self._ask = ask
        self._known = dict(known)

    def of(self, relation: str) -> str:
        """Return what a relation holds; `GONE` if there is none."""
        found = self._known.get(relation)
        if found is None:
            found = self._known[relation] = self._ask(relation) or GONE
        return found

    def forget(self, relation: str) -> None:
        """Ask again the next time: the relation is being built."""
        self._known.pop(relation, None)

    def all(self) -> dict[str, str]:
        """Return everything that is known of relations that are there."""
        return {relation: held for relation, held in self._known.items() if held != GONE}


class Decisions:
    """Decides on the nodes of one manifest, each after its parents.

    Parameters
    ----------
    manifest : Any
        dbt's manifest.
    codes : Codes
        Codes of its nodes.
    records : mapping of str to Record
        How nodes were made when they last succeeded.
    contents : Known
        What relations hold now.
    """

    def __init__(
        self, manifest: Any, codes: Codes, records: Mapping[str, Record], contents: Known
    ) -> None:
        self._manifest = manifest
        self._codes = codes
        self._records = records
        self._contents = contents
        self._views: dict[str, set[str]] = {}
        for view in filter(is_view, manifest.nodes.values()):
            for key in self._read_by(view):
                self._views.setdefault(key, set()).add(relation_of(view))

    def _read_by(self, view: Any) -> set[str]:
        """Return what a view reads, through other views too."""
        found = set(view.depends_on.nodes)
        for key in view.depends_on.nodes:
            parent = self._manifest.nodes.get(key)
            if parent is not None and is_view(parent):
                found |= self._read_by(parent)
        return found

    def forget(self, node: Any) -> None:
        """Take a node for built: a server has dropped the views of the table it replaced."""
        for relation in {relation_of(node), *self._views.get(node.unique_id, ())}:
            self._contents.forget(relation)

    def code(self, node: Any) -> Code:
        """Return the code of a node."""
        return self._codes.of(node)

    def inputs(self, node: Any) -> dict[str, str]:
        """Return what each parent of a node holds; of a view, what it would show."""
        return {key: self._shown(key) for key in node.depends_on.nodes}

    def _shown(self, key: str) -> str:
        source = self._manifest.sources.get(key)
        if source is not None:
            columns = {name: column.to_dict() for name, column in source.columns.items()}
            return digest(self._contents.of(relation_of(source)), columns, source.meta)
        node = self._manifest.nodes[key]
        if is_view(node):
            return digest(self.code(node), self.inputs(node))
        return self._contents.of(relation_of(node))

    def news(self, node: Any) -> str | None:
        """Return why a node has to run; None where it is as it would become."""
        record = self._records.get(node.unique_id)
        if record is None:
            return "there is no record of it"
        if reason := code_news(record.code, self.code(node)):
            return reason
        if not is_view(node):
            now = self.inputs(node)
            for key in sorted({*record.inputs, *now}):
                if record.inputs.get(key) != now.get(key):
                    return f"{key.split('.', maxsplit=2)[-1]} changed"
        if node.resource_type == "test":
            return None
        held = self._contents.of(relation_of(node))
        if held == GONE:
            return "its relation is not there"
        return None if held == record.content else "its relation is not as it was left"

    def is_base(self, node: Any) -> bool:
        """Tell whether an increment can start from what an incremental relation holds."""
        record = self._records.get(node.unique_id)
        return (
            record is not None
            and code_news(record.code, self.code(node)) is None
            and self._contents.of(relation_of(node)) == record.content
        )


def code_news(before: Code, now: Code) -> str | None:
    """Return what of a node's code is another; None if nothing is."""
    return next((said for part, said in PARTS.items() if before.get(part) != now[part]), None)
