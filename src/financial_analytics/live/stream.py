"""The stream: micro-batches from a source through the contract into the hot store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Event as Flag
from typing import Protocol

from financial_analytics.ingest.bank import Bank
from financial_analytics.ingest.contract import Contract
from financial_analytics.live.events import Event
from financial_analytics.live.hot import HotStore, MicroCounts, one_stream, open_hot
from financial_analytics.live.score import Scorer
from financial_analytics.live.validate import Validator

MOST_EVENTS = 2000
"""Of a micro-batch; what comes faster waits at its source."""
BATCH_SECONDS = 0.05
"""A micro-batch is closed so long after its first event."""


class EventSource(Protocol):
    """Where events come from; it reads on only when it is asked, so that a slow store slows it."""

    @property
    def bank(self) -> Bank:
        """Whose events they are."""

    def start(self, offsets: dict[str, int]) -> None:
        """Begin where an earlier run stopped, by partition; at the beginning of others."""

    def poll(self, most: int, seconds: float) -> Sequence[Event] | None:
        """Return the next events after waiting at most so long; None at the end of all."""

    def stored(self, offsets: dict[str, int]) -> None:
        """Hear that the hot store holds everything before these offsets."""

    def close(self) -> None:
        """Let go of the source."""


@dataclass(frozen=True)
class Stored:
    """A micro-batch that is on disk: its number, and what became of its events."""

    number: int
    counts: MicroCounts


def stream(
    source: EventSource,
    path: Path,
    contract: Contract,
    *,
    clock: Callable[[], datetime],
    stop: Flag,
    heard: Callable[[Stored], None] = lambda _: None,
    most_events: int = MOST_EVENTS,
    batch_seconds: float = BATCH_SECONDS,
    basis: Path | None = None,
    told: Callable[[str], None] = lambda _: None,
) -> MicroCounts:
    """Store the events of a source until it ends or `stop` is set; return what became of them.

    Whatever ends the process, each event is stored once: a micro-batch is one transaction with
    the offsets after it, and reading begins at the stored offsets.

    Parameters
    ----------
    source : EventSource
        Where they come from; closed at the end.
    path : Path
        The hot store.
    contract : Contract
        What events may hold.
    clock : callable
        Returns the time of arrival, with or without a zone.
    stop : threading.Event
        Set from outside: the micro-batch at hand is stored, then it ends.
    heard : callable
        Told of each micro-batch on disk.
    most_events, batch_seconds : int, float
        A micro-batch ends at whichever comes first.
    basis : Path, optional
        What the last build left: fraud rules look at each micro-batch before it is stored.
    told : callable
        Hears in words why fraud rules do not look.

    Raises
    ------
    EngineError
        If another process streams into the hot store, or it cannot be written.
    UserInputError
        If the hot store holds another bank's events.
    """
    total = MicroCounts()
    try:
        with one_stream(path), open_hot(path) as hot:
            source.start(hot.offsets())
            with ExitStack() as stack:
                validator = stack.enter_context(Validator(contract, hot))
                scorer = basis and stack.enter_context(Scorer(basis, contract, hot, told))
                while not stop.is_set():
                    events = source.poll(most_events, batch_seconds)
                    if events is None:
                        break
                    if not events:
                        continue
                    _note_bank(hot, source.bank)
                    counts, number, offsets = _store(
                        hot, validator, scorer or None, events, clock()
                    )
                    source.stored(offsets)
                    total = MicroCounts(
                        total.read + counts.read, total.accepted + counts.accepted,
                        total.duplicates + counts.duplicates,
                        total.quarantined + counts.quarantined,
                    )  # fmt: skip
                    heard(Stored(number, counts))
    finally:
        source.close()
    return total


def _note_bank(hot: HotStore, bank: Bank) -> None:
    hot.note("bank", f"{bank.kind}:{bank.parameters}")


def _store(
    hot: HotStore, validator: Validator, scorer: Scorer | None, events: Sequence[Event],
    moment: datetime,
) -> tuple[MicroCounts, int, dict[str, int]]:  # fmt: skip
    arrived = moment.replace(tzinfo=None)
    accepted, rejected, counts = validator.check(events, arrived)
    offsets: dict[str, int] = {}
    for event in events:
        offsets[event.partition] = max(event.next_offset, offsets.get(event.partition, 0))
    alerts = scorer.score(accepted) if scorer else ()
    number = hot.commit(accepted, rejected, counts, offsets, arrived, alerts)
    return counts, number, offsets
