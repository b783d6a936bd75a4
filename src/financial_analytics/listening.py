"""Tells a listener how far dbt is, from the events that dbt sends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol


class Listener(Protocol):
    """What wants to know how far a build is."""

    def total(self, count: int) -> None:
        """Hear how many nodes will run."""

    def started(self, name: str) -> None:
        """Hear that a node starts."""

    def finished(self, name: str, status: str, seconds: float) -> None:
        """Hear that a node ended with a dbt status."""


def callback(listener: Listener, faults: list[Exception]) -> Callable[[Any], None]:
    """Return what dbt calls with each event; what the listener raises is kept in `faults`."""

    def listen(event: Any) -> None:
        if faults:
            return
        try:
            tell(event)
        except Exception as error:
            # raised in a thread of dbt it would fail nodes, or stop the run for good
            faults.append(error)

    def tell(event: Any) -> None:
        name = event.info.name
        if name == "ConcurrencyLine":
            listener.total(int(event.data.node_count))
        elif name == "NodeStart":
            listener.started(str(event.data.node_info.node_name))
        elif name == "NodeFinished":
            run_result = event.data.run_result
            listener.finished(
                str(event.data.node_info.node_name),
                str(run_result.status),
                float(run_result.execution_time),
            )

    return listen
