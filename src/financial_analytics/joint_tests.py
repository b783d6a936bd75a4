"""The tests of one relation, asked in one statement.

dbt compiles and runs each test by itself, which costs it about 20 ms of Python where most queries
take one. Here the tests of a relation whose parents are done are counted in one statement. A test
that finds nothing has passed. Everything else, a statement that fails included, is left to dbt,
which then says what it always says.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from financial_analytics.node_runs import nodes_run_by

AT_ONCE = 24
"""Most tests in one statement, so that none grows without bounds."""
_PLAIN = {"where": None, "limit": None, "fail_calc": "count(*)", "warn_if": "!= 0"} | {
    "error_if": "!= 0", "store_failures": None,
}  # fmt: skip
"""How a test is configured whose failures are its rows, and kept nowhere."""


@dataclass
class _Group:
    """Tests of one relation; `passed` names those that found nothing when they were asked."""

    asked: set[str] = field(default_factory=set)
    passed: set[str] = field(default_factory=set)
    lock: Any = field(default_factory=threading.Lock)


class JointTests:
    """Asks the tests of one relation together, and remembers the answers for this run of dbt."""

    def __init__(self) -> None:
        self._groups: dict[str, _Group] = {}
        self._ancestors: dict[str, frozenset[str]] = {}
        self._members: dict[str, list[Any]] = {}
        self._lock = threading.Lock()

    def run(
        self,
        runner: Any,
        manifest: Any,
        context: Any,
        plain: Callable[..., Any],
        wanted: Callable[[Any], bool],
    ) -> Any:
        """Run one node of dbt's.

        Parameters
        ----------
        runner, manifest, context : Any
            What dbt calls its runner with.
        plain : callable
            How dbt runs one node.
        wanted : callable
            Tells of a test whose parents are done whether it has to run at all.

        Returns
        -------
        RunResult
            dbt's; of a test that was asked with others and passed, one that says so.
        """
        node = context.node
        if not _is_joint(node):
            return plain(runner, manifest, context)
        with self._lock:
            if not self._members:
                self._find_members(manifest)
            group = self._groups.setdefault(node.attached_node, _Group())
        with group.lock:
            if node.unique_id not in group.asked:
                members = self._ready(manifest, node, group, wanted)
                group.asked |= {member.unique_id for member in members}
                if len(members) > 1:
                    group.passed |= _ask(runner, manifest, node, members)
        if node.unique_id in group.passed:
            return _passed(node)
        return plain(runner, manifest, context)

    def _find_members(self, manifest: Any) -> None:
        for node in manifest.nodes.values():
            if _is_joint(node):
                self._members.setdefault(node.attached_node, []).append(node)

    def _ready(
        self, manifest: Any, node: Any, group: _Group, wanted: Callable[[Any], bool]
    ) -> list[Any]:
        """Return the node, and others of its relation that read only what is done by now."""
        done = self._above(manifest.nodes, node.unique_id)
        others = [
            member
            for member in self._members[node.attached_node]
            if member.unique_id != node.unique_id
            and member.unique_id not in group.asked
            and done.issuperset(member.depends_on.nodes)
            and wanted(member)
        ]
        return [node, *others[: AT_ONCE - 1]]

    def _above(self, nodes: Mapping[str, Any], key: str) -> frozenset[str]:
        """Return all that a node reads, directly or not."""
        if key not in self._ancestors:
            parents = nodes[key].depends_on.nodes if key in nodes else ()
            above = (self._above(nodes, parent) for parent in parents)
            self._ancestors[key] = frozenset(parents).union(*above)
        return self._ancestors[key]


@contextmanager
def asked_jointly() -> Iterator[None]:
    """Let the tests of a relation be asked together, by builds that leave nothing alone."""
    with nodes_run_by(partial(JointTests().run, wanted=lambda _test: True)):
        yield


def _is_joint(node: Any) -> bool:
    return (
        node.resource_type == "test"
        and getattr(node, "attached_node", None) is not None
        and all(getattr(node.config, name) == value for name, value in _PLAIN.items())
    )


def _ask(runner: Any, manifest: Any, node: Any, members: list[Any]) -> set[str]:
    """Return which of the tests find nothing; none of them where the statement fails."""
    from dbt_common.exceptions import DbtBaseException  # noqa: PLC0415

    with runner.adapter.connection_named(node.unique_id, node):
        try:
            queries = _compiled(runner, manifest, node, members)
            counts = [
                f"select {place} as place, count(*) as failures from (\n{query}\n) as test_{place}"
                for place, query in enumerate(queries)
            ]
            _, table = runner.adapter.execute("\nunion all\n".join(counts), fetch=True)
        except DbtBaseException:
            return set()  # dbt asks each by itself and says which one fails
    return {members[int(place)].unique_id for place, failures in table.rows if failures == 0}


def _compiled(runner: Any, manifest: Any, node: Any, members: list[Any]) -> list[str]:
    """Return the query of each test, all rendered in one context."""
    from dbt.clients import jinja  # noqa: PLC0415
    from dbt.context.providers import generate_runtime_model_context  # noqa: PLC0415

    reader = copy.copy(node)  # may refer to all that they read
    reader.depends_on = copy.copy(node.depends_on)
    reads = (key for member in members for key in member.depends_on.nodes)
    reader.depends_on.nodes = list(dict.fromkeys(reads))
    context = generate_runtime_model_context(reader, runner.config, manifest)
    given = [dict(member.test_metadata.kwargs) for member in members]
    columns = [arguments.pop("column_name", None) for arguments in given]  # never rendered
    # many are the same, and each costs a parse
    distinct = {repr(value): value for arguments in given for value in arguments.values()}
    reader.test_metadata = copy.copy(node.test_metadata)
    reader.test_metadata.kwargs = distinct
    jinja.add_rendered_test_kwargs(context, reader)
    rendered = context[jinja.GENERIC_TEST_KWARGS_NAME]
    queries = []
    for member, arguments, column in zip(members, given, columns, strict=True):
        values = {name: rendered[repr(value)] for name, value in arguments.items()}
        if column is not None:
            values["column_name"] = column
        about = member.test_metadata
        macros = context[about.namespace] if about.namespace else context
        queries.append(macros[f"test_{about.name}"](**values))
    return queries


def _passed(node: Any) -> Any:
    from dbt.artifacts.schemas.results import TestStatus  # noqa: PLC0415
    from dbt.artifacts.schemas.run import RunResult  # noqa: PLC0415

    return RunResult(
        status=TestStatus.Pass,
        timing=[],
        thread_id=threading.current_thread().name,
        execution_time=0.0,
        message=None,
        adapter_response={},
        failures=0,
        node=node,
        batch_results=None,
    )
