"""How the nodes of a build ended, and what is said of those that failed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from financial_analytics.selection import Selection
from financial_analytics.skipping.runner import LEFT_ALONE

FAILED = frozenset({"error", "fail", "runtime error", "partial success"})
SHOWN_FAILURES = 10


@dataclass(frozen=True)
class NodeResult:
    """How one model, seed or test ended; one without news ended so in an earlier build."""

    name: str
    kind: str
    status: str
    seconds: float
    message: str
    failing_rows: int
    is_left_alone: bool = False


@dataclass(frozen=True)
class BuildResult:
    """All nodes of one dbt run, in the order they ended; what was selected in a partial one.

    `contents` is a hash of all that is built, where the whole project is and the engine can say.
    """

    nodes: tuple[NodeResult, ...]
    log_file: Path
    selection: Selection | None = None
    contents: str | None = None

    def count(self, status: str) -> int:
        """Return how many nodes ended with `status`."""
        return sum(node.status == status for node in self.nodes)

    @property
    def failed(self) -> tuple[NodeResult, ...]:
        """Nodes that ended in an error or a failed test."""
        return tuple(node for node in self.nodes if node.status in FAILED)

    @property
    def is_all_left_alone(self) -> bool:
        """Tell whether nothing had any news."""
        return all(node.is_left_alone for node in self.nodes if node.kind != "operation")

    @property
    def warned(self) -> tuple[NodeResult, ...]:
        """Tests that found rows to look at without stopping the build."""
        return tuple(node for node in self.nodes if node.status == "warn")


def node_result(result: Any) -> NodeResult:
    """Return how a node of dbt's ended."""
    return NodeResult(
        name=str(result.node.name),
        kind=str(result.node.resource_type.value),
        status=str(result.status.value),
        seconds=float(result.execution_time),
        message=str(result.message or ""),
        failing_rows=int(result.failures or 0),
        is_left_alone=bool(result.adapter_response.get(LEFT_ALONE)),
    )


def failure_message(result: BuildResult) -> str:
    """Return the failed nodes, one line each, with the reason and what was skipped for them."""
    failed = result.failed
    lines = [f"{len(failed)} of {len(result.nodes)} nodes failed"]
    for node in failed[:SHOWN_FAILURES]:
        lines.append(f"  {node.kind} {node.name}: {one_line(node.message)}")
    if len(failed) > SHOWN_FAILURES:
        lines.append(f"  and {len(failed) - SHOWN_FAILURES} more")
    skipped = result.count("skipped")
    if skipped:
        lines.append(f"  {skipped} nodes after them were skipped; what readers see is unchanged")
    return "\n".join(lines)


def one_line(message: str) -> str:
    """Return a message without line ends and what dbt says of its files."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    kept = [line for line in lines if not line.startswith("compiled code at")]
    return " ".join(kept) or "no message"
