"""Where events come from: a replay of the synthetic bank's own stream, or Kafka."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from financial_analytics.errors import EngineError, UserInputError
from financial_analytics.ingest.bank import OWN_FEEDS, Bank, synthetic_bank
from financial_analytics.ingest.marks import read_mark
from financial_analytics.live.events import STREAMED, Event, write_event
from financial_analytics.synthetic import load_config
from financial_analytics.synthetic.config import BankConfig
from financial_analytics.synthetic.live import live_events

REPLAY = "replay"
BANK_HEADER = "financial_analytics.synthetic"
"""Header of a message of a synthetic bank, so that it never joins a real one's rows."""
KAFKA_SETTINGS: Mapping[str, Any] = {
    "enable.auto.commit": False,  # the hot store knows the offsets
    "enable.auto.offset.store": False,
    "auto.offset.reset": "earliest",
    "partition.assignment.strategy": "range",
    "session.timeout.ms": 6000,  # a member that died is missed for so long
    "queued.max.messages.kbytes": 16384,  # what waits in memory when the store is slow
    "fetch.wait.max.ms": 50,
}


def replayed(config: BankConfig) -> Iterator[tuple[str, bytes]]:
    """Yield feed and payload of the synthetic stream, in order of time."""
    for batch in live_events(config):
        for row in batch.rows.to_pylist():
            yield batch.table, write_event(row)


def written_bank(folder: Path) -> tuple[BankConfig, Bank]:
    """Return the configuration of the synthetic bank in a folder, and which bank it is.

    Raises
    ------
    UserInputError
        If there is none, or its stream would be another bank's: another version wrote it.
    """
    path = folder / "truth" / "parameters.json"
    if not path.is_file():
        raise UserInputError(
            f"no synthetic bank in {folder}", hint="write one first: fa generate, or fa demo"
        )
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
        json.dump(json.loads(path.read_text(encoding="utf-8"))["config"], file)
        file.flush()
        config = load_config(Path(file.name))
    bank, mark = synthetic_bank(config.identity()), read_mark(folder / "full")
    if mark is None or mark.bank != bank:
        raise UserInputError(
            f"the bank in {folder} was written by another version, whose stream this one is not",
            hint="write it again: fa generate, then fa demo",
        )
    return config, bank


class Replay:
    """Events from an iterator at a steady rate.

    Parameters
    ----------
    events : iterator of (str, bytes)
        Feed and payload; the same ones on every run.
    rate : float
        Events per second; 0 is as fast as they are stored.
    bank : Bank
        Whose they are.
    clock, sleep : callable
        Seconds of a clock that only grows, and how to wait.
    """

    def __init__(
        self,
        events: Iterator[tuple[str, bytes]],
        *,
        rate: float,
        bank: Bank,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if not 0 <= rate < float("inf"):
            raise UserInputError(f"rate {rate} is not valid", hint="events per second, 0 or more")
        self.bank = bank
        self._events, self._rate, self._clock, self._sleep = events, rate, clock, sleep
        self._offset = 0
        self._began: float | None = None
        self._sent = 0

    def start(self, offsets: dict[str, int]) -> None:
        """Pass over what is stored."""
        self._offset = offsets.get(REPLAY, 0)
        next(islice(self._events, self._offset, self._offset), None)

    def poll(self, most: int, seconds: float) -> Sequence[Event] | None:
        """Return the events that are due; None when there are no more."""
        if self._rate:
            if self._began is None:
                self._began = self._clock()
            self._sleep(seconds)
            due = int((self._clock() - self._began) * self._rate) - self._sent
            most = max(0, min(most, due))
            if most == 0:
                return []
        some = list(islice(self._events, most))
        if not some:
            return None
        found = [
            Event(table, payload, REPLAY, self._offset + number)
            for number, (table, payload) in enumerate(some, start=1)
        ]
        self._offset += len(some)
        self._sent += len(some)
        return found

    def stored(self, offsets: dict[str, int]) -> None:
        """Do nothing: the iterator has moved on."""

    def close(self) -> None:
        """Do nothing."""


class Kafka:
    """Events of the topics that are called as the streamed feeds.

    Parameters
    ----------
    servers : str
        ``host:port``, several with commas between.
    group : str
        Consumer group.
    settings : mapping, optional
        More settings of librdkafka, such as those of TLS.

    Raises
    ------
    EngineError
        If the client is not installed.
    """

    def __init__(
        self, servers: str, *, group: str = "fa", settings: Mapping[str, Any] | None = None
    ) -> None:
        try:
            from confluent_kafka import Consumer  # noqa: PLC0415
        except ImportError as error:
            raise EngineError(
                "the Kafka client is not installed",
                hint="pip install 'financial-analytics[live]'",
            ) from error
        self.bank = OWN_FEEDS
        self._bank_known = False
        self._offsets: dict[str, int] = {}
        self._failures: list[str] = []
        self._consumer = Consumer(
            {
                **KAFKA_SETTINGS, "bootstrap.servers": servers, "group.id": group,
                "error_cb": lambda error: self._failures.append(str(error)),
                "logger": None, **(settings or {}),
            }
        )  # fmt: skip

    def start(self, offsets: dict[str, int]) -> None:
        """Subscribe; each partition is read from where the hot store says."""
        self._offsets = dict(offsets)

        def assigned(consumer: Any, partitions: list[Any]) -> None:
            for partition in partitions:
                place = f"{partition.topic}/{partition.partition}"
                if place in self._offsets:
                    partition.offset = self._offsets[place]
            consumer.assign(partitions)

        self._consumer.subscribe(list(STREAMED), on_assign=assigned)

    def poll(self, most: int, seconds: float) -> Sequence[Event]:
        """Return the next messages; a broker that is away is waited for."""
        found = []
        for message in self._consumer.consume(most, seconds):
            if message.error():
                self._failures.append(str(message.error()))
                continue
            self._learn(message)
            place = f"{message.topic()}/{message.partition()}"
            after = message.offset() + 1
            if after <= self._offsets.get(place, 0):
                continue  # read again after a rebalance
            found.append(Event(message.topic(), message.value() or b"", place, after))
        return found

    def _learn(self, message: Any) -> None:
        headers = dict(message.headers() or [])
        mark = headers.get(BANK_HEADER)
        bank = synthetic_bank(json.loads(mark)) if mark else OWN_FEEDS
        if self._bank_known and bank != self.bank:
            raise UserInputError(
                "the topics hold events of different banks",
                hint="give each bank topics of its own; nothing of this micro-batch was stored",
            )
        self.bank, self._bank_known = bank, True

    def stored(self, offsets: dict[str, int]) -> None:
        """Tell the broker, for its own lag figures: reading begins at the hot store's offsets."""
        self._offsets |= offsets
        from confluent_kafka import KafkaException, TopicPartition  # noqa: PLC0415

        partitions = []
        for place, offset in offsets.items():
            topic, _, number = place.rpartition("/")
            partitions.append(TopicPartition(topic, int(number), offset))
        try:
            self._consumer.commit(offsets=partitions, asynchronous=True)
        except KafkaException as error:
            self._failures.append(str(error))

    def close(self) -> None:
        """Leave the group at once, so that others take over."""
        self._consumer.close()
