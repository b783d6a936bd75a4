"""The one place where dbt's private call of a node is replaced (dbt 1.11)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def nodes_run_by(run: Callable[..., Any]) -> Iterator[None]:
    """Let `run` compile and execute the nodes that dbt runs meanwhile.

    It is called with dbt's runner, manifest and context, and with how dbt itself does it.
    """
    from dbt.task.base import BaseRunner  # noqa: PLC0415  (a second to import)

    plain = BaseRunner.compile_and_execute

    def compile_and_execute(runner: Any, manifest: Any, context: Any) -> Any:
        return run(runner, manifest, context, plain)

    BaseRunner.compile_and_execute = compile_and_execute
    try:
        yield
    finally:
        BaseRunner.compile_and_execute = plain
