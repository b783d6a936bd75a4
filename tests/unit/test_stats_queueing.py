"""Queues against published tables, each other, and a birth-death chain."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from financial_analytics.errors import InvalidInputError
from financial_analytics.stats.queueing import blocking, queue

# Standard Erlang B table (Siemens, "Table book telephone traffic theory", 1970): load that so many
# lines carry with so many calls lost.
TABLE = ((5, 1.36, 0.01), (10, 4.46, 0.01), (20, 12.0, 0.01), (50, 37.9, 0.01), (100, 84.1, 0.01),
         (5, 2.22, 0.05), (10, 6.22, 0.05), (20, 15.2, 0.05))  # fmt: skip


@pytest.mark.parametrize(("lines", "load", "lost"), TABLE)
def test_erlang_b_is_the_table(lines: int, load: float, lost: float) -> None:
    # the table rounds the load to three digits
    ends = blocking([load - 0.06, load + 0.06], lines)
    assert ends[0] < lost < ends[1]
    assert blocking(load, lines) == pytest.approx(lost, rel=0.03)


def test_a_clinic_of_three_doctors() -> None:
    """Gross and Harris, *Fundamentals of Queueing Theory*, eye clinic: Lq 0.889, Wq 0.148 h."""
    found = queue(6, 1 / 3, 3)
    assert 6 * found.wait == pytest.approx(8 / 9)
    assert round(float(found.wait), 3) == 0.148


@pytest.mark.parametrize(
    ("doctors", "waiting", "half", "hour", "wait"),
    [(1, 0.667, 0.404, 0.245, 2 / 3), (2, 0.167, 0.022, 0.003, 1 / 24)],
)
def test_the_county_hospital(
    doctors: int, waiting: float, half: float, hour: float, wait: float
) -> None:
    """Hillier and Lieberman, *Introduction to Operations Research*, table of the M/M/s model."""
    found = queue(2, 1 / 3, doctors, within=0.5)
    assert round(float(found.waiting), 3) == waiting
    assert float(1 - found.served_in_time) == pytest.approx(half, abs=1e-3)
    late = 1 - float(queue(2, 1 / 3, doctors, within=1.0).served_in_time)
    assert late == pytest.approx(hour, abs=1e-3)
    assert float(found.wait) == pytest.approx(wait)


def test_fifty_agents_with_and_without_patience() -> None:
    """Garnett, Mandelbaum and Reiman (2002), table 1: 48 calls a minute of a minute each.

    Patient: 20.8 seconds. Patience of two minutes: 3.1 % leave, 3.7 seconds, 12.5 is the 90th
    percentile.
    """
    assert 60 * float(queue(48, 1, 50).wait) == pytest.approx(20.8, abs=0.05)
    found = queue(48, 1, 50, patience=2, within=12.5 / 60)
    assert 100 * float(found.lost) == pytest.approx(3.1, abs=0.05)
    assert 60 * float(found.wait) == pytest.approx(3.7, abs=0.05)


def chain(rate: float, time: float, servers: int, patience: float) -> tuple[float, float, float]:
    """Return share waiting, share lost and mean wait of the states' balance."""
    log = [0.0]
    for k in range(1, 4000):
        out = min(k, servers) / time + max(k - servers, 0) / patience
        log.append(log[-1] + np.log(rate / out))
    chance = np.exp(np.array(log) - max(log))
    chance /= chance.sum()
    queued = (np.maximum(np.arange(len(chance)) - servers, 0) * chance).sum()
    return float(chance[servers:].sum()), queued / patience / rate, queued / rate


@settings(max_examples=60, deadline=None)
@given(st.floats(0.05, 8), st.floats(0.2, 30), st.integers(1, 40), st.floats(0.5, 90))
def test_impatience_is_that_of_the_chain(
    rate: float, time: float, servers: int, patience: float
) -> None:
    found = queue(rate, time, servers, patience=patience)
    waiting, lost, wait = chain(rate, time, servers, patience)
    assert float(found.waiting) == pytest.approx(waiting, rel=1e-6, abs=1e-9)
    assert float(found.lost) == pytest.approx(lost, rel=1e-5, abs=1e-9)
    assert float(found.wait) == pytest.approx(wait, rel=1e-5, abs=1e-8)


def test_who_is_very_patient_waits_as_who_never_leaves() -> None:
    plain, patient = queue(9, 1, 10, within=0.5), queue(9, 1, 10, patience=900, within=0.5)
    assert float(patient.wait) == pytest.approx(float(plain.wait), rel=0.03)
    assert float(patient.served_in_time) == pytest.approx(float(plain.served_in_time), abs=0.005)


def test_served_in_time_is_that_of_a_simulation() -> None:
    rng = np.random.default_rng(4)
    rate, time, servers, patience, within = 2.0, 4.0, 8, 5.0, 1.0
    at = np.cumsum(rng.exponential(1 / rate, 200_000))
    minutes, patient = rng.exponential(time, len(at)), rng.exponential(patience, len(at))
    free = np.zeros(servers)
    waits = np.empty(len(at))
    for k, came in enumerate(at):
        first = int(free.argmin())
        wait = max(free[first] - came, 0.0)
        waits[k] = wait if wait <= patient[k] else np.inf
        if wait <= patient[k]:
            free[first] = came + wait + minutes[k]
    found = queue(rate, time, servers, patience=patience, within=within)
    # blocks of a simulation are correlated: about ten standard errors of independent ones
    assert float(found.served_in_time) == pytest.approx((waits <= within).mean(), abs=0.012)
    assert float(found.lost) == pytest.approx(np.isinf(waits).mean(), abs=0.012)


def test_edges_are_exact_and_nonsense_is_refused() -> None:
    none = queue(0, 10, [1, 5], patience=5, within=1)
    assert none.served_in_time.tolist() == [1, 1]
    assert none.lost.tolist() == [0, 0]
    swamped = queue(10, 1, 5, within=3)
    assert (float(swamped.served_in_time), float(swamped.wait)) == (0, np.inf)
    for rate, time, servers in ((-1, 1, 1), (1, 0, 1), (1, 1, 0)):
        with pytest.raises(InvalidInputError, match="below zero"):
            queue(rate, time, servers)
    for patience in (0, 1e9):
        with pytest.raises(InvalidInputError, match="patience"):
            queue(1, 1, 1, patience=patience)
    with pytest.raises(InvalidInputError, match="below zero"):
        blocking(-1, 3)
