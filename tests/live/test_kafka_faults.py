"""A broker that goes away and a group that is shared out anew: each event is still stored once."""

from __future__ import annotations

import ctypes
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.live.test_stream import GOOD, held
from tests.support.live_runner import ARRIVAL

from financial_analytics.ingest.contract_file import load_contract
from financial_analytics.live.hot import open_hot
from financial_analytics.live.sources import Kafka
from financial_analytics.live.stream import stream

kafka = pytest.importorskip("confluent_kafka")
TOPIC = "transactions"


class Cluster:
    """librdkafka's mock cluster: the real protocol over TCP; brokers can be taken down."""

    def __init__(self, brokers: int = 1) -> None:
        self.producer = kafka.Producer(
            {"test.mock.num.brokers": brokers, "bootstrap.servers": "unused", "log_level": 0}
        )
        listed = self.producer.list_topics(timeout=20).brokers.values()
        self.servers = ",".join(f"{broker.host}:{broker.port}" for broker in listed)
        (library,) = Path(kafka.__file__).parent.parent.glob("confluent_kafka.libs/librdkafka*")
        self._library = ctypes.CDLL(str(library))
        # the client's handle is what its Python object holds first
        handle = ctypes.c_void_p.from_address(id(self.producer) + object.__basicsize__)
        self._library.rd_kafka_handle_mock_cluster.restype = ctypes.c_void_p
        self._library.rd_kafka_handle_mock_cluster.argtypes = [ctypes.c_void_p]
        self._cluster = ctypes.c_void_p(self._library.rd_kafka_handle_mock_cluster(handle))
        assert self._cluster.value

    def put(self, first: int, last: int) -> None:
        for number in range(first, last + 1):
            payload = json.dumps(GOOD | {"transaction_id": number}).encode()
            self.producer.produce(TOPIC, payload, partition=number % 4)
        assert self.producer.flush(30) == 0

    def down(self, broker: int = 1) -> None:
        assert self._library.rd_kafka_mock_broker_set_down(self._cluster, broker) == 0

    def up(self, broker: int = 1) -> None:
        assert self._library.rd_kafka_mock_broker_set_up(self._cluster, broker) == 0


@contextmanager
def streaming(servers: str, hot: Path) -> Iterator[Callable[[int], None]]:
    """Stream into a hot store while the block runs; yield how to wait for so many events."""
    stop = threading.Event()
    failures: list[BaseException] = []

    def run() -> None:
        try:
            stream(
                Kafka(servers, settings={"log_level": 0}), hot, load_contract(),
                clock=lambda: ARRIVAL, stop=stop,
            )  # fmt: skip
        except BaseException as error:
            failures.append(error)

    def wait(count: int) -> None:
        end = time.monotonic() + 90
        with open_hot(hot) as store:
            while store.totals().accepted < count and not failures:
                assert time.monotonic() < end, store.totals()
                time.sleep(0.05)
        assert failures == []

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield wait
    finally:
        stop.set()
        thread.join(60)
    assert failures == []


def assert_each_once(hot: Path, last: int) -> None:
    ids = held(hot)[TOPIC]
    assert ids == Counter({(str(number),): 1 for number in range(1, last + 1)})


def test_a_broker_that_goes_away_is_waited_for(tmp_path: Path) -> None:
    cluster, hot = Cluster(), tmp_path / "hot.sqlite"
    cluster.put(1, 200)
    with streaming(cluster.servers, hot) as wait:
        wait(200)
        for round_number in (1, 2):
            cluster.down()
            time.sleep(1.5)
            cluster.up()
            cluster.put(200 * round_number + 1, 200 * round_number + 200)
            wait(200 * round_number + 200)
    assert_each_once(hot, 600)


def test_partitions_that_come_back_lose_and_double_nothing(tmp_path: Path) -> None:
    """Another member takes partitions, reads and commits there, and goes again."""
    cluster, hot = Cluster(), tmp_path / "hot.sqlite"
    cluster.put(1, 200)
    with streaming(cluster.servers, hot) as wait:
        wait(200)
        taken: list[Any] = []
        other = kafka.Consumer(
            {
                "bootstrap.servers": cluster.servers, "group.id": "fa", "log_level": 0,
                "session.timeout.ms": 6000, "partition.assignment.strategy": "range",
                "auto.offset.reset": "earliest",
            }
        )  # fmt: skip
        other.subscribe([TOPIC], on_assign=lambda _, partitions: taken.extend(partitions))
        end = time.monotonic() + 60
        while not taken and time.monotonic() < end:
            other.poll(0.2)
        assert 0 < len(taken) < 4
        cluster.put(201, 400)
        read = 0
        while read < 20 and time.monotonic() < end:
            read += other.poll(0.2) is not None
        other.commit(asynchronous=False)
        other.close()
        cluster.put(401, 500)
        wait(500)
    assert_each_once(hot, 500)
