"""Commands in any order, each run to its end or stopped: no own row is lost, no two banks mix.

Ten sequences here; `make sequences` plays two hundred.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from tests.support.sequences import faults
from tests.support.sequences.oracle import BrokenError
from tests.support.sequences.own_feeds import FILES
from tests.support.sequences.play import BUILD_STEP, Play, Step, World, bank_step, draw, own_step
from tests.support.sequences.stopping import Stop

STEPS = 6
HERE, ALL = 10, 200

A_BANK, ANOTHER_BANK, OWN = bank_step("bank-3"), bank_step("bank-4"), own_step()
DIES = Stop(signal.SIGKILL, "load", line=1_000_000)  # the fault itself sends the signal


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("world").resolve())


@pytest.mark.parametrize(
    "seed",
    [
        pytest.param(seed, marks=[pytest.mark.sequences] if seed >= HERE else [])
        for seed in range(ALL)
    ],
)
def test_any_order_of_commands(
    world: World, seed: int, record_property: Callable[[str, object], None]
) -> None:
    play = Play(world, seed)
    play.play(draw(np.random.default_rng([seed, 1]), STEPS))
    play.finish()
    record_property("commands", play.commands)
    record_property("stopped", play.stopped)


@pytest.mark.parametrize("kind", [signal.SIGKILL, signal.SIGINT])
def test_a_command_is_stopped_at_its_line(world: World, kind: signal.Signals) -> None:
    """At a line that it has, now or a little later, and not at one beyond its last."""
    play = Play(world, 1)
    for line, delay, stopped in ((9_999_999, 0.0, 0), (30, 0.0, 1), (30, 0.001, 2)):
        play.play([replace(OWN, rewritten=tuple(FILES), stop=Stop(kind, "load", line, delay))])
        assert play.stopped == stopped
    play.play([OWN])
    play.oracle.own_rows_are_loaded()


@pytest.mark.parametrize(
    ("fault", "before", "step", "said"),
    [
        (faults.let_banks_meet, [A_BANK], OWN, "more than one bank"),
        (faults.let_banks_meet, [OWN], A_BANK, "own loads are gone|more than one bank"),
        (faults.take_own_for_synthetic, [OWN], A_BANK, "own loads are gone"),
        (faults.lose_a_row, [], OWN, "not whole"),
        (faults.replace_what_was_loaded, [own_step("customers.csv")], OWN, "own loads are gone"),
        (faults.die_in_two_halves, [], replace(OWN, stop=DIES), "not whole"),
        (faults.set_aside_over_another, [A_BANK, ANOTHER_BANK], A_BANK, "stay as it was"),
        (faults.keep_the_old_snapshot, [OWN], BUILD_STEP, "not what the warehouse holds"),
    ],
)
def test_a_fault_is_found(
    world: World, fault: Callable[[], None], before: list[Step], step: Step, said: str
) -> None:
    play = Play(world, 1)
    play.play(before)
    play.fault = fault
    with pytest.raises(BrokenError, match=said):
        play.play([step])


def test_a_log_that_stays_behind_is_found(world: World) -> None:
    """The killed command leaves a log; without the fault, all of this is right."""
    for fault in (None, faults.leave_the_log_behind):
        play = Play(world, 1, fault=faults.die_after_a_commit)
        play.play([replace(A_BANK, stop=DIES)])
        assert play.stopped == 1
        assert play.oracle.warehouse.with_name("warehouse.duckdb.wal").exists()
        play.fault = fault
        if fault is None:
            play.play([OWN])
        else:
            with pytest.raises(BrokenError):
                play.play([OWN])
