"""The models over hot rows in memory say what a build of the same events says."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from tests.support import live_events, synthetic_lab
from tests.support.chromium import open_browser
from tests.support.lab import ARRIVAL_COLUMNS, FIRST_LOAD, Lab
from tests.support.live_server import clock, serving

from financial_analytics.ingest.contract_file import load_contract
from financial_analytics.ingest.marks import read_mark, write_mark
from financial_analytics.live.basis import MODELS, basis_path, write_basis
from financial_analytics.live.board import Wanted, entries, figures
from financial_analytics.live.draw import Drawer
from financial_analytics.live.events import write_event
from financial_analytics.live.hot import hot_path, open_hot
from financial_analytics.live.now import Now, catch_up
from financial_analytics.live.sources import Replay
from financial_analytics.live.stream import stream
from financial_analytics.live.take import take_hot
from financial_analytics.synthetic.frame import plain

WANTED = [f"+{model}" for model in MODELS]
STATES = ("past_due", "near_limit", "low_balance")
"""Alerts on balances, which only a build knows."""


@dataclass
class Built:
    """A warehouse without the afternoon of its last day, and that afternoon as a stream."""

    lab: Lab
    feeds: Path
    events: live_events.Events


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    bank = synthetic_lab.bank(customers=300, transactions=15_000, start="2025-07-01")
    whole, folder = (tmp_path_factory.mktemp(name) / "full" for name in ("whole", "morning"))
    shutil.copytree(bank.folder / "full", whole)
    (whole / "transactions_dirty.parquet").unlink()
    _mark(whole, bank.folder / "full")
    shutil.copytree(whole, folder)
    path = folder / "transactions.parquet"
    rows = pq.read_table(path)
    last = pc.max(rows["transaction_date"]).as_py()
    noon = last.replace(hour=12, minute=0, second=0, microsecond=0)
    later = pc.greater_equal(
        rows["transaction_date"], pa.scalar(noon, rows["transaction_date"].type)
    )
    afternoon = rows.filter(later).sort_by("transaction_date")
    pq.write_table(rows.filter(pc.invert(later)), path)
    _mark(folder, whole)
    events = [("transactions", write_event(row)) for row in plain(afternoon).to_pylist()]
    assert len(events) > 10
    lab = Lab(tmp_path_factory.mktemp("stream"))
    lab.load(folder)
    lab.build(*WANTED)
    assert write_basis(lab.settings, "duckdb") is not None
    return Built(lab, whole, events)


def _mark(folder: Path, like: Path) -> None:
    mark = read_mark(like)
    assert mark is not None
    write_mark(folder, json.loads(mark.bank.parameters), complete=True)


def send(
    built: Built, some: live_events.Events, hot: Path | None = None, *,
    basis: Path | None = None, **options: Any,
) -> None:  # fmt: skip
    mark = read_mark(built.feeds)
    assert mark is not None
    stream(
        Replay(iter(some), rate=0, bank=mark.bank), hot or hot_path(built.lab.settings),
        load_contract(), clock=clock, stop=threading.Event(),
        basis=basis or basis_path(built.lab.settings), **options,
    )  # fmt: skip


@pytest.fixture
def now(built: Built) -> Iterator[Now]:
    with Now(basis_path(built.lab.settings), load_contract()) as opened:
        yield opened


def rows(frame: pd.DataFrame) -> list[str]:
    """Return rows as texts in an order of their own; doubles to nine digits."""
    known = frame.copy()
    for name in known.select_dtypes("float"):
        known[name] = known[name].map(lambda value: f"{value:.9g}")
    return sorted(known.astype("string").fillna("").agg("|".join, axis=1))


def built_rows(lab: Lab, model: str) -> list[str]:
    import duckdb  # noqa: PLC0415

    with duckdb.connect(str(lab.settings.warehouse_path), read_only=True) as connection:
        return rows(connection.execute(f"select * from gold.{model}").df())


def test_without_hot_rows_they_say_what_was_built(built: Built, now: Now) -> None:
    now.evaluate()
    for model in MODELS:
        assert rows(now.frame(model)) == built_rows(built.lab, model) != []


def test_a_channel_is_compared_with_itself(built: Built, now: Now) -> None:
    now.evaluate()
    frame = now.frame("analytics_realtime_transaction_monitoring")
    one = now.frame("analytics_realtime_transaction_monitoring", "POS").set_index("channel")
    of_all = frame[frame["channel"] == "POS"].set_index("window_minutes")
    assert set(one.index) == {"All", "POS"}
    for name in ("All", "POS"):
        some = one.loc[name].set_index("window_minutes")
        for column in ("transaction_count", "expected_count", "expected_count_upper"):
            assert some[column].tolist() == of_all.loc[some.index, column].tolist(), column


def test_charts_are_drawn_of_all_and_of_severities(now: Now) -> None:
    now.evaluate()
    drawn = figures(now, Wanted())
    assert list(drawn) == [entry.id for entry in entries()]
    assert len(drawn) == 11
    narrow = figures(now, Wanted("POS", "high"))
    assert narrow["realtime.live_counters"] != drawn["realtime.live_counters"]
    assert figures(now, Wanted()) == drawn


def test_a_drawing_process_that_died_is_begun_again(built: Built, tmp_path: Path) -> None:
    hot, wanted = tmp_path / "hot.sqlite", {Wanted()}
    basis = basis_path(built.lab.settings)
    send(built, built.events[:5], hot, basis=basis)
    with Drawer(hot, basis, None) as drawer:
        first = drawer.draw(wanted, set())
        assert drawer.draw(wanted, wanted) == {}, "nothing has come"
        (child,) = multiprocessing.active_children()
        os.kill(child.pid or 0, signal.SIGKILL)
        assert drawer.draw(wanted, wanted) == {}
        assert drawer.draw(wanted, wanted) == first
    assert multiprocessing.active_children() == []
    with Now(basis, load_contract()) as now, open_hot(hot) as store:
        catch_up(now, store)
        now.evaluate()
        assert figures(now, Wanted()) == first[Wanted()]


def test_charts_change_in_place(built: Built, tmp_path: Path) -> None:
    """Pushed, redrawn in the same element, filtered; nothing is asked elsewhere or refused."""
    hot = tmp_path / "hot.sqlite"
    with serving(hot, basis=basis_path(built.lab.settings)) as url, open_browser() as browser:
        page = browser.page(width=390, height=900)
        page.go(f"{url}/")
        said = "document.querySelector('#realtime-live_counters .finding').textContent"
        page.wait_for(f"{said}.includes('transactions')")
        shown = "document.querySelectorAll('#charts article:not([hidden])').length"
        assert page.evaluate(shown) == 11
        page.wait_for("document.querySelector('#realtime-live_counters .main-svg') !== null")
        page.evaluate("window.kept = document.querySelector('#realtime-live_counters .main-svg')")
        page.evaluate(f"window.before = {said}")
        send(built, built.events, hot)
        page.wait_for(f"{said} !== window.before")
        assert page.evaluate("window.kept.isConnected")
        page.evaluate(f"window.before = {said}")
        page.evaluate(
            "(() => { const list = document.getElementById('channel'); list.value = 'POS';"
            " list.dispatchEvent(new Event('change')); })()"
        )
        page.wait_for(f"{said} !== window.before")
        page.evaluate("document.getElementById('realtime-health_board').scrollIntoView()")
        board = "document.querySelector('#realtime-health_board .finding').textContent"
        page.wait_for(f"{board}.includes('of 1 channels')")
        page.wait_for("document.querySelector('#realtime-health_board .main-svg') !== null")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert page.exceptions == []
        assert [text for _, text in page.console if "Content Security" in text] == []
        assert all(request.startswith((url, "data:", "blob:")) for request in page.requests)


def test_rules_fire_within_the_micro_batch(built: Built, tmp_path: Path) -> None:
    """Six attempts of one account in ten minutes: alerted in words, once, by the batch of each."""
    row = json.loads(built.events[-1][1]) | {"transaction_type": "Purchase", "channel": "POS"}
    first = datetime.fromisoformat(row["transaction_date"])
    some = [
        ("transactions", json.dumps(row | {
            "transaction_id": 10**9 + number, "is_international": False,
            "transaction_date": str(first + timedelta(minutes=number)),
        }).encode())
        for number in range(6)
    ]  # fmt: skip
    hot = tmp_path / "hot.sqlite"
    send(built, some, hot, most_events=1)
    with open_hot(hot) as store:
        stored = [(one, batch) for one, batch in store.alerts() if one.rule == "velocity"]
    assert [(one.transaction_id, batch) for one, batch in stored] == [
        (10**9 + 4, 5), (10**9 + 5, 6),
    ]  # fmt: skip
    assert stored[0][0].words == "five attempts of one account within ten minutes"
    with Now(basis_path(built.lab.settings), load_contract()) as now, open_hot(hot) as store:
        catch_up(now, store)
        now.evaluate()
        raised = {(one.transaction_id, one.rule) for one in now.alerts()}
        assert {(one.transaction_id, one.rule) for one, _ in store.alerts()} <= raised


def test_without_a_build_nothing_is_scored(built: Built, tmp_path: Path) -> None:
    hot = tmp_path / "hot.sqlite"
    send(built, built.events, hot, basis=tmp_path / "none.duckdb")
    with open_hot(hot) as store:
        assert store.alerts() == []
        assert store.totals().accepted == len(built.events)


@pytest.mark.parametrize("kind", ["cut", "damaged", "of another version"])
def test_a_basis_that_cannot_be_read_is_told_and_events_are_stored(
    built: Built, tmp_path: Path, kind: str
) -> None:
    there = basis_path(built.lab.settings)
    basis, hot = tmp_path / "basis.duckdb", tmp_path / "hot.sqlite"
    whole = there.read_bytes()
    if kind == "cut":
        basis.write_bytes(whole[: len(whole) // 3])
    elif kind == "damaged":
        basis.write_bytes(whole[:20_000] + bytes(byte ^ 255 for byte in whole[20_000:]))
    else:
        basis.write_bytes(whole)
        with duckdb.connect(str(basis)) as connection:
            connection.execute("delete from queries where name = 'int_realtime_rules'")
    told: list[str] = []
    send(built, built.events, hot, basis=basis, told=told.append)
    (words,) = told
    assert words.startswith("events are stored without fraud rules: ")
    assert str(basis) in words
    assert words.endswith("write it again: fa build --no-skip")
    with open_hot(hot) as store:
        assert store.totals().accepted == len(built.events)


def test_hot_rows_show_at_once_and_as_a_build_will_say(
    built: Built, now: Now, tmp_path: Path
) -> None:
    """Twice sent, out of order: the models are those of the build that takes them, cell by cell.

    And that build is the one of the same events in files, all of it.
    """
    mixed = live_events.disturbed(built.events, np.random.default_rng(5))
    send(built, mixed)
    before = rows(now.frame("analytics_realtime_transaction_monitoring"))
    with open_hot(hot_path(built.lab.settings)) as hot:
        assert catch_up(now, hot) == len(built.events)
    now.evaluate()
    live = {model: now.frame(model) for model in MODELS}
    assert rows(live["analytics_realtime_transaction_monitoring"]) != before
    assert take_hot(built.lab.settings, loaded_at=FIRST_LOAD + timedelta(hours=9))
    built.lab.build(*WANTED)
    for model in MODELS:
        found, expected = rows(live[model]), built_rows(built.lab, model)
        if model == "analytics_realtime_account_alerts":
            found, expected = (
                [line for line in some if line.split("|")[1] not in STATES]
                for some in (found, expected)
            )
        assert found == expected, model
    assert rows(live["analytics_realtime_transaction_monitoring"])
    batch = Lab(tmp_path / "batch")
    batch.load(built.feeds)
    batch.build(*WANTED)
    streamed = built.lab.keep("streamed")
    assert batch.differences(streamed, ignoring=ARRIVAL_COLUMNS) == {}
