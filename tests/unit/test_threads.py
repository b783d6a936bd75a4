"""Python models compute on one thread, one after the other, and give the pools back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from sklearn.mixture import GaussianMixture
from threadpoolctl import threadpool_info

from financial_analytics.models.threads import one_thread


def _threads() -> set[int]:
    return {int(pool["num_threads"]) for pool in threadpool_info()}


@one_thread
def _inside(_: int) -> tuple[set[int], set[int]]:
    before = _threads()
    np.linalg.svd(np.ones((200, 200)))
    return before, _threads()


def test_the_limit_holds_in_every_model_and_is_lifted_after() -> None:
    GaussianMixture(1).fit(np.arange(8.0).reshape(4, 2))  # loads the pools
    before = _threads()
    with ThreadPoolExecutor(4) as workers:
        seen = list(workers.map(_inside, range(40)))
    assert seen == [({1}, {1})] * 40
    assert _threads() == before


def test_the_limit_is_lifted_after_an_error() -> None:
    @one_thread
    def fail() -> None:
        raise ValueError("no data")

    before = _threads()
    with pytest.raises(ValueError, match="no data"):
        fail()
    assert _threads() == before
