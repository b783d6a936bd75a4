"""The stream into the hot store: each event once, whatever happens to the process."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from tests.support import live_events
from tests.support.lab import Lab, write_feed
from tests.support.live_runner import ARRIVAL, replay, run

from financial_analytics import cli
from financial_analytics.errors import EngineError, UserInputError
from financial_analytics.ingest import ingest
from financial_analytics.ingest.bank import OWN_FEEDS, synthetic_bank
from financial_analytics.ingest.contract_file import load_contract
from financial_analytics.live.events import NotARow, read_event, typed_bodies, typed_table
from financial_analytics.live.hot import MicroCounts, one_stream, open_hot
from financial_analytics.live.sources import BANK_HEADER, Kafka, Replay
from financial_analytics.live.stream import stream
from financial_analytics.live.take import take_hot

GOOD = {
    "transaction_id": 1, "account_id": 5, "customer_id": 7, "amount": "-12.50", "currency": "USD",
    "transaction_date": "2026-05-31 10:00:00", "transaction_type": "Purchase", "channel": "POS",
}  # fmt: skip


def put(*rows: object) -> list[tuple[str, bytes]]:
    return [("transactions", json.dumps(row).encode()) for row in rows]


def one_go(some: list[tuple[str, bytes]], hot: Path, **options: int) -> MicroCounts:
    return run(Replay(iter(some), rate=0, bank=OWN_FEEDS), hot, **options)


def held(path: Path) -> dict[str, Counter[tuple[str, ...]]]:
    """Return how often each event is in the hot store, by feed."""
    found: dict[str, Counter[tuple[str, ...]]] = {}
    with open_hot(path) as hot:
        for _, table, body in hot.events_after(0):
            found.setdefault(table, Counter())[live_events.key(table, json.loads(body))] += 1
    return found


def test_numbers_keep_their_digits() -> None:
    table = load_contract()["transactions"]
    row = read_event(b'{"transaction_id": 9007199254740993, "amount": 0.10, "ghost": 1}', table)
    assert (row["transaction_id"], row["amount"]) == ("9007199254740993", "0.10")
    assert "ghost" not in row
    assert str(typed_table([row], table)["amount"][0].as_py()) == "0.10"
    words = row | {
        "description": 'two\nlines, "quoted"',
        "transaction_date": "2026-05-31 10:00:00.5",
    }
    bodies = [json.dumps(words), json.dumps({"transaction_id": "1"})]
    assert typed_bodies(bodies, table).equals(typed_table([words, {"transaction_id": "1"}], table))


@pytest.mark.parametrize(
    ("payload", "rule"),
    [
        (b"{", "not_json"), (b"\xff", "not_json"), (b"[1]", "not_an_object"),
        (b'{"amount": [1]}', "not_plain"), (b"[" * 100_000, "not_json"),
        (b'{"description": "' + b"x" * (1 << 20) + b'"}', "too_long"),
    ],
)  # fmt: skip
def test_what_is_no_row_is_said_so(payload: bytes, rule: str) -> None:
    with pytest.raises(NotARow) as found:
        read_event(payload, load_contract()["transactions"])
    assert found.value.rule == rule


def test_each_event_is_accepted_known_or_set_aside(tmp_path: Path) -> None:
    """Counts by hand: two good, one repeated, one corrected, four set aside."""
    hot = tmp_path / "hot.sqlite"
    other = GOOD | {"transaction_id": 2}
    some = [
        *put(GOOD, other, GOOD),
        *put(GOOD | {"amount": "-13.00"}),  # a correction: accepted
        *put(GOOD | {"transaction_id": 3, "currency": "Taler"}),
        *put(GOOD | {"transaction_id": 4, "transaction_date": "2027-01-01 00:00:00"}),
        ("transactions", b"no json"),
        ("customers", b"{}"),
    ]
    counts = one_go(some, hot)
    assert counts == MicroCounts(read=8, accepted=3, duplicates=1, quarantined=4)
    with open_hot(hot) as store:
        assert [(table, column, rule) for table, column, rule, _ in store.rejections()] == [
            ("transactions", None, "not_json"),
            ("customers", None, "no_such_feed"),
            ("transactions", "currency", "currency"),
            ("transactions", "transaction_date", "past"),
        ]
        assert store.totals() == counts
    assert one_go(some, hot) == MicroCounts()  # from the stored offsets there is nothing more
    # of a key whose content has changed, the first content said again is a change back
    fresh = Replay(iter([*some[:3], *some[4:]]), rate=0, bank=OWN_FEEDS)
    fresh.start = lambda offsets: None  # type: ignore[method-assign]  # all of it comes again
    assert run(fresh, hot) == MicroCounts(read=7, accepted=1, duplicates=2, quarantined=4)


def test_a_repeated_event_is_known_across_micro_batches(tmp_path: Path) -> None:
    clean = list(live_events.events())
    mixed = live_events.disturbed(clean, np.random.default_rng(1))
    hot = tmp_path / "hot.sqlite"
    counts = one_go(mixed, hot, most_events=250)
    assert (counts.read, counts.accepted) == (len(mixed), len(clean))
    assert counts.duplicates == len(mixed) - len(clean) > 50
    assert {name: set(ids) for name, ids in held(hot).items()} == live_events.keys(clean)


def test_a_killed_stream_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """SIGKILL at random moments; `benchmarks/live_kills.py` does fifty over 100,000 events."""
    rng = np.random.default_rng(2)
    clean = list(live_events.events())
    mixed = live_events.disturbed(clean, rng)
    path, hot = live_events.write(mixed, tmp_path / "events.jsonl"), tmp_path / "hot.sqlite"
    killed = 0
    for _ in range(2):
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.live_runner", str(path), str(hot)]
        )
        stored = _batches(hot)
        end = time.monotonic() + 60
        while _batches(hot) == stored and process.poll() is None and time.monotonic() < end:
            time.sleep(0.02)
        time.sleep(float(rng.uniform(0, 0.2)))
        killed += process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert killed >= 1
    replay(path, hot)
    found = held(hot)
    assert {name: set(ids) for name, ids in found.items()} == live_events.keys(clean)
    assert {count for ids in found.values() for count in ids.values()} == {1}
    with open_hot(hot) as store:
        assert store.totals().read == len(mixed)


def _batches(path: Path) -> int:
    if not path.is_file() or not path.stat().st_size:
        return 0
    with open_hot(path) as store:
        return store.totals().read


def test_a_stream_that_is_asked_to_stop_ends_after_its_micro_batch(tmp_path: Path) -> None:
    stop = threading.Event()
    counts = stream(
        Replay(iter(put(*[GOOD | {"transaction_id": i} for i in range(1, 100)])), rate=0,
               bank=OWN_FEEDS),
        tmp_path / "hot.sqlite", load_contract(), clock=lambda: ARRIVAL, stop=stop,
        heard=lambda _: stop.set(), most_events=10,
    )  # fmt: skip
    assert counts.read == 10


def test_a_second_stream_is_refused(tmp_path: Path) -> None:
    hot = tmp_path / "hot.sqlite"
    holder = subprocess.Popen(
        [sys.executable, "-c",
         "import sys, time; from pathlib import Path\n"
         "from financial_analytics.live.hot import one_stream\n"
         f"with one_stream(Path({str(hot)!r})):\n print('in', flush=True); time.sleep(60)"],
        stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"in\n"
        with pytest.raises(EngineError, match="another fa stream"), one_stream(hot):
            pass
    finally:
        holder.kill()
        holder.wait()


def test_events_of_two_banks_never_meet(tmp_path: Path) -> None:
    hot = tmp_path / "hot.sqlite"
    one_go(put(GOOD), hot)
    other = Replay(iter(put(GOOD, GOOD)), rate=0, bank=synthetic_bank({"seed": 1}))
    with pytest.raises(UserInputError, match="another bank"):
        run(other, hot)


def test_the_hot_store_is_its_owners_alone(tmp_path: Path) -> None:
    with open_hot(tmp_path / "hot.sqlite"):
        assert (tmp_path / "hot.sqlite").stat().st_mode & 0o077 == 0


def test_bronze_of_a_stream_is_bronze_of_files(tmp_path: Path) -> None:
    """Cell by cell, quarantine included; a take that was killed is done again without a trace."""
    clean = list(live_events.events())
    bad = put(GOOD | {"transaction_id": 10**9, "currency": "Taler"})
    streamed, batch = Lab(tmp_path / "stream"), Lab(tmp_path / "batch")
    hot = streamed.settings.data_dir / "live" / "hot.sqlite"
    half = len(clean) // 2
    mixed = live_events.disturbed([*clean, *bad], np.random.default_rng(3))
    one_go(mixed[:half], hot)
    with open_hot(hot) as store:
        plan = store.plan_take()
    one_go(mixed, hot)  # more arrives while the take is under way
    with open_hot(hot) as store:
        assert store.plan_take() == plan
    reports = [take_hot(streamed.settings, loaded_at=ARRIVAL) for _ in range(3)]
    assert reports[2] is None
    with open_hot(hot) as store:  # as if killed before the take was marked as done
        store._handle.execute("update takes set is_done = 0 where take_number = 2")
    again = take_hot(streamed.settings, loaded_at=ARRIVAL)
    assert again is not None
    assert again.totals.accepted == again.totals.quarantined == 0
    rows: dict[str, list[dict[str, object]]] = {}
    for table, payload in [*clean, *bad]:
        rows.setdefault(table, []).append(json.loads(payload))
    for name, some in rows.items():
        write_feed(tmp_path / "files", name, some)
    ingest([tmp_path / "files"], settings=batch.settings, loaded_at=ARRIVAL)
    for name in rows:
        columns = ", ".join(f'"{column.name}"' for column in load_contract()[name].columns)
        query = f"select {columns} from ingestion_raw_data.{name} order by all"
        assert streamed.rows(query) == batch.rows(query) != []
    query = (
        "select table_name, column_name, rejected_value, rule from ingestion_raw_data.quarantine"
    )
    assert streamed.rows(query) == batch.rows(query)
    assert len(batch.rows(query)) == 1


@pytest.fixture
def broker() -> object:
    """librdkafka's mock cluster: the real protocol over TCP, two brokers."""
    kafka = pytest.importorskip("confluent_kafka")
    producer = kafka.Producer({"test.mock.num.brokers": 2, "bootstrap.servers": "unused"})
    (where,) = {
        ",".join(f"{b.host}:{b.port}" for b in producer.list_topics(timeout=20).brokers.values())
    }
    return producer, where


def test_kafka_is_read_once_across_restarts(tmp_path: Path, broker: tuple[object, str]) -> None:
    producer, where = broker
    hot = tmp_path / "hot.sqlite"
    first = put(*[GOOD | {"transaction_id": i} for i in range(1, 301)])
    second = put(*[GOOD | {"transaction_id": i} for i in range(251, 401)])  # fifty come again
    for some, total in ((first, 300), (second, 400)):
        for table, payload in some:
            producer.produce(table, payload)  # type: ignore[attr-defined]
        producer.flush(20)  # type: ignore[attr-defined]
        stop = threading.Event()
        seen: Counter[str] = Counter()

        def heard(stored: object, *, want: int = len(some), stop: threading.Event = stop,
                  seen: Counter[str] = seen) -> None:  # fmt: skip
            seen["read"] += stored.counts.read  # type: ignore[attr-defined]
            if seen["read"] >= want:
                stop.set()

        timer = threading.Timer(60, stop.set)
        timer.start()
        stream(
            Kafka(where, settings={"log_level": 0}), hot, load_contract(),
            clock=lambda: ARRIVAL, stop=stop, heard=heard,
        )  # fmt: skip
        timer.cancel()
        ids = held(hot)["transactions"]
        assert set(ids) == {(str(i),) for i in range(1, total + 1)}
        assert set(ids.values()) == {1}


def test_kafka_events_say_whose_they_are(tmp_path: Path, broker: tuple[object, str]) -> None:
    producer, where = broker
    (table, payload), mark = put(GOOD)[0], json.dumps({"seed": 1})
    producer.produce(table, payload, headers={BANK_HEADER: mark})  # type: ignore[attr-defined]
    producer.flush(20)  # type: ignore[attr-defined]
    stop = threading.Event()
    source = Kafka(where, settings={"log_level": 0})
    stream(
        source, tmp_path / "hot.sqlite", load_contract(), clock=lambda: ARRIVAL, stop=stop,
        heard=lambda _: stop.set(),
    )  # fmt: skip
    assert source.bank == synthetic_bank({"seed": 1})
    with open_hot(tmp_path / "hot.sqlite") as store:
        assert store.meta("bank") == 'synthetic:{"seed": 1}'


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "one source of events"),
        (["--replay", "--kafka", "x:1"], "one source of events"),
        (["--replay"], "no synthetic bank"),
    ],
)
def test_a_wrong_use_is_explained(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("FA_DATA_DIR", str(tmp_path))
    assert cli.run(["stream", *words]) == UserInputError.exit_code
    error = capsys.readouterr().err
    assert said in error
    assert "hint: " in error
