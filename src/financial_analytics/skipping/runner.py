"""Runs dbt so that a node without news is left alone, and remembers how the others were made.

dbt asks a runner to compile and execute each node when its parents are done. That call is where
the decision is taken: what the parents hold is known by then.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from financial_analytics.joint_tests import JointTests
from financial_analytics.node_runs import nodes_run_by
from financial_analytics.skipping.codes import Codes
from financial_analytics.skipping.deciding import Decisions, Known, relation_of
from financial_analytics.skipping.records import Record, Records, write_records

LEFT_ALONE = "left_alone"
"""Marks the result of a node that was left alone, among dbt's adapter responses."""
WRITTEN_EVERY_SECONDS = 1.0
_KINDS = frozenset({"model", "seed", "test"})


@dataclass
class Watch:
    """One run of dbt under watch.

    Attributes
    ----------
    records : Records
        Of the builds before; brought up to date as nodes succeed.
    folder : Path
        Where they are kept.
    contents : Known
        What relations hold.
    variables : mapping
        Value of every variable of the project.
    is_skipping : bool
        False: everything runs.
    joint : JointTests, optional
        Asks the tests of one relation together; without it each is asked by itself.
    """

    records: Records
    folder: Path
    contents: Known
    variables: Mapping[str, Any]
    is_skipping: bool
    joint: JointTests | None = None
    _decisions: Decisions | None = None
    _nodes: frozenset[str] = frozenset()
    _written: float = 0.0
    _lock: Any = field(default_factory=threading.Lock)

    def run(self, runner: Any, manifest: Any, context: Any, plain: Callable[..., Any]) -> Any:
        """Run one node, or return a result that says it was left alone."""
        node = context.node
        if node.resource_type not in _KINDS:
            return plain(runner, manifest, context)
        decisions = self._decide(manifest)
        code = decisions.code(node)  # before its configuration is touched below
        if self.is_skipping and decisions.news(node) is None:
            return _left_alone(node, self.records.nodes[node.unique_id])
        if _is_incremental(node) and not decisions.is_base(node):
            node.config.full_refresh = True
        inputs = decisions.inputs(node)
        is_test = node.resource_type == "test"
        try:
            if is_test and self.joint:
                result = self.joint.run(runner, manifest, context, plain, self._runs)
            else:
                result = plain(runner, manifest, context)
        except BaseException:
            if is_test:  # what it said before is not what it says now
                self.records.nodes.pop(node.unique_id, None)
            raise
        finally:
            if not is_test:
                decisions.forget(node)
        if result is not None:
            held = "" if is_test else self.contents.of(relation_of(node))
            self._remember(node, code, inputs, held, result)
        return result

    def _runs(self, node: Any) -> bool:
        assert self._decisions is not None  # a node was decided on before
        return not self.is_skipping or self._decisions.news(node) is not None

    def close(self) -> None:
        """Keep what is remembered, and nothing of nodes that the project has no more."""
        if self._nodes:
            kept = self.records.nodes.items()
            self.records.nodes = {name: record for name, record in kept if name in self._nodes}
        write_records(self.folder, self.records)

    def _decide(self, manifest: Any) -> Decisions:
        with self._lock:
            if self._decisions is None:
                codes = Codes(manifest, self.variables)
                self._nodes = frozenset(manifest.nodes)
                self._decisions = Decisions(manifest, codes, self.records.nodes, self.contents)
            return self._decisions

    def _remember(
        self, node: Any, code: Mapping[str, str], inputs: dict[str, str], held: str, result: Any
    ) -> None:
        status = str(result.status.value)
        with self._lock:
            if status in {"success", "pass", "warn"}:
                self.records.nodes[node.unique_id] = Record(
                    kind=str(node.resource_type.value),
                    name=str(node.name),
                    code=dict(code),
                    inputs=inputs,
                    content=held,
                    status=status,
                    message=str(result.message or ""),
                    failures=int(result.failures or 0),
                )
            else:
                self.records.nodes.pop(node.unique_id, None)
            # an increment that is not remembered cannot be built upon
            if _is_incremental(node) or time.monotonic() > self._written + WRITTEN_EVERY_SECONDS:
                write_records(self.folder, self.records)
                self._written = time.monotonic()


@contextmanager
def watched(watch: Watch) -> Iterator[None]:
    """Let `watch` decide on the nodes that dbt runs meanwhile."""
    try:
        with nodes_run_by(watch.run):
            yield
    finally:
        watch.close()


def _is_incremental(node: Any) -> bool:
    return bool(node.resource_type == "model" and node.config.materialized == "incremental")


def _left_alone(node: Any, record: Record) -> Any:
    from dbt.artifacts.schemas.results import RunStatus, TestStatus  # noqa: PLC0415
    from dbt.artifacts.schemas.run import RunResult  # noqa: PLC0415

    kind = TestStatus if record.kind == "test" else RunStatus
    return RunResult(
        status=kind(record.status),
        timing=[],
        thread_id=threading.current_thread().name,
        execution_time=0.0,
        message=record.message if record.kind == "test" else "left alone: no news",
        adapter_response={LEFT_ALONE: True},
        failures=record.failures if record.kind == "test" else None,
        node=node,
        batch_results=None,
    )
