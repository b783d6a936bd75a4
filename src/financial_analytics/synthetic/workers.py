"""Simulating blocks, here or in worker processes; the result does not depend on which."""

from __future__ import annotations

import gc
import mmap
import multiprocessing
import os
import sys
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor

import pyarrow as pa

from financial_analytics.synthetic.campaigns import Results
from financial_analytics.synthetic.config import BLOCK_CUSTOMERS
from financial_analytics.synthetic.emit import emit_block
from financial_analytics.synthetic.frame import DAY, Ints
from financial_analytics.synthetic.parcel import BlockRows, Parcel, pack, unpack
from financial_analytics.synthetic.simulate import World, simulate_block
from financial_analytics.synthetic.truth import block_truth

ENOUGH_BLOCKS = 8
"""Fewer blocks than this are done before a second process has paid for itself."""


BYTES_PER_TRANSACTION = 512
BYTES_PER_CUSTOMER = 1 << 15
"""With the former, twice what the rows of a block take; what does not fit goes by pipe."""


def block_rows(world: World, number: int) -> BlockRows:
    """Simulate block `number` and return its rows."""
    config = world.config
    size = min(BLOCK_CUSTOMERS, config.customers - number * BLOCK_CUSTOMERS)
    block = simulate_block(world, number, size)
    feeds: list[tuple[str, pa.Table, Ints]] = []
    truths: list[tuple[str, pa.Table]] = []

    def put(table: str, rows: pa.Table, day: Ints) -> None:
        feeds.append((table, rows, day))

    ids, label = emit_block(world, block, put, world.calendar.last)
    block_truth(world, block, ids, label, lambda name, rows: truths.append((name, rows)))
    last_second = (world.calendar.last + 1) * DAY - 1
    results = Results.empty(len(world.plan.first))
    kept = block.touches_kept
    results.add(block.touches, kept[block.touches.at[kept] <= last_second], last_second)
    return BlockRows(number, feeds, truths, results)


_world: World | None = None
_memory: list[mmap.mmap] = []


def _start(world: World, memory: list[mmap.mmap]) -> None:
    global _world, _memory
    _world, _memory = world, memory
    pa.set_cpu_count(1)
    gc.freeze()  # what is here now stays: the collector need not look at it again


def _work(number: int, slot: int) -> Parcel:
    if _world is None:
        raise RuntimeError("worker was not started with a world")
    return pack(block_rows(_world, number), _memory[slot])


def default_workers(blocks: int) -> int:
    """Return how many processes simulate: two where processes can be forked and it pays."""
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1
    return 2 if cores >= 2 and blocks >= ENOUGH_BLOCKS else 1


def all_blocks(world: World, workers: int, ahead: int) -> Iterator[BlockRows]:
    """Yield the blocks in order; at most `ahead` more are simulated before they are asked for."""
    blocks = world.config.blocks
    if workers <= 1:
        waiting: deque[BlockRows] = deque()
        for number in range(blocks):
            waiting.append(block_rows(world, number))
            while len(waiting) > ahead:
                yield waiting.popleft()
        yield from waiting
        return
    config = world.config
    each = BYTES_PER_CUSTOMER + BYTES_PER_TRANSACTION * config.transactions // config.customers
    slots = workers + ahead + 1
    # pages that nobody writes to take no memory
    memory = [mmap.mmap(-1, BLOCK_CUSTOMERS * each) for _ in range(slots)]
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(workers, context, _start, (world, memory)) as pool:
        jobs: deque[Future[Parcel]] = deque()
        for number in range(blocks + slots - 1):
            if number < blocks:
                jobs.append(pool.submit(_work, number, number % slots))
            if number >= slots - 1:
                parcel = jobs.popleft().result()
                yield unpack(parcel, memory[parcel.number % slots])
