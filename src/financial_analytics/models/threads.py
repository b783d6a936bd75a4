"""One thread for the linear algebra of a Python model."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from threadpoolctl import threadpool_limits

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

_turn = threading.RLock()
"""The limit is the process's: without turns, a model that ends would lift it for another one."""


def one_thread(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Make `function` run with one thread of BLAS and OpenMP, and no other such one beside it.

    The order in which threads add up decides a sum's last digits, so that a machine with more
    cores would give other numbers; and threads that wait for each other over small matrices
    cost several times the work.
    """

    @functools.wraps(function)
    def limited(*arguments: Parameters.args, **options: Parameters.kwargs) -> Result:
        with _turn, threadpool_limits(limits=1):
            return function(*arguments, **options)

    return limited
