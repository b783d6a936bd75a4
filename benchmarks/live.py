"""From an event to the pixel: latency of the live page, beside the plainest page there is.

    .venv/bin/python benchmarks/live.py [--seconds 30] [--rates 200 1000 5000] [--readers 50]

Events are due at a steady rate; a headless Chromium notes when the count on the page reaches them.
Ours is ``fa stream`` (contract, exactly once, on disk) and ``fa serve``; beside it events are put
into DuckDB as they come and a page asks for the count each second, without any check. Where a bank
has been built (``fa demo``; ``--data`` names another folder) its fraud rules look at every event
and the page draws its charts. ``--readers`` are connections that are pushed to besides the page.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.support.chromium import Page, open_browser  # noqa: E402

from financial_analytics.ingest.bank import OWN_FEEDS  # noqa: E402
from financial_analytics.ingest.contract_file import load_contract  # noqa: E402
from financial_analytics.live.basis import FILE_NAME as BASIS  # noqa: E402
from financial_analytics.live.sources import Replay  # noqa: E402
from financial_analytics.live.stream import stream  # noqa: E402
from financial_analytics.settings import load_settings  # noqa: E402

ACCOUNTS = 1_000_000
"""A bank with a thousand payments a second has about so many."""
NOTE = """
window.seen = [];
new MutationObserver(() => window.seen.push([Date.now(),
  Number(document.getElementById('accepted').textContent.replaceAll(',', ''))])).observe(
  document.getElementById('accepted'), {childList: true, characterData: true, subtree: true});
"""
PLAIN = b"""<b id="accepted">0</b><script>setInterval(async () => {
document.getElementById('accepted').textContent = await (await fetch('/count')).text() }, 1000)
</script>"""


def event(number: int) -> dict[str, object]:
    return {
        "transaction_id": number, "account_id": 1 + number * 7919 % ACCOUNTS,
        "customer_id": 1 + number * 7919 % ACCOUNTS,
        "transaction_date": f"2026-05-31 10:{number // 10_000 % 60:02}:{number // 200 % 60:02}",
        "transaction_type": "Purchase",
        "amount": f"-{number % 500}.50", "currency": "USD", "channel": "POS",
    }  # fmt: skip


def events(most: int) -> Iterator[tuple[str, bytes]]:
    for number in range(1, most + 1):
        yield "transactions", json.dumps(event(number)).encode()


def ours(hot: Path, basis: Path, rate: float, seconds: float) -> None:
    """Run as a process of its own: say when it began, and stream."""
    from datetime import UTC, datetime  # noqa: PLC0415

    begun: list[float] = []

    def tick() -> float:
        now = time.time()
        if not begun:
            begun.append(now)
            print(now, flush=True)
        return now

    source = Replay(events(int(rate * seconds)), rate=rate, bank=OWN_FEEDS, clock=tick)
    stream(source, hot, load_contract(), clock=lambda: datetime.now(UTC), stop=threading.Event(),
           basis=basis, heard=lambda stored: print(stored.counts.accepted, time.time(), flush=True),
           )  # fmt: skip


def latencies(page: Page, began: float, rate: float, most: int, end: float) -> np.ndarray:
    """Wait until all events are on the page; return seconds from due to drawn."""
    while time.time() < end:
        if page.evaluate("window.seen.length ? window.seen.at(-1)[1] : 0") >= most:
            break
        time.sleep(0.5)
    seen = np.array(page.evaluate("window.seen"), float)
    counts = np.maximum.accumulate(seen[:, 1])
    at = np.searchsorted(counts, np.arange(1, most + 1))
    known = at < len(counts)
    due = began + np.arange(1, most + 1) / rate
    return np.where(known, seen[np.minimum(at, len(counts) - 1), 0] / 1000 - due, np.inf)


def stored(lines: str, began: float, rate: float) -> np.ndarray:
    """Return seconds from due to stored, of the lines that the stream printed."""
    counts, moments = np.array([line.split() for line in lines.splitlines()], float).T
    after = np.cumsum(counts)
    numbers = np.arange(1, int(after[-1]) + 1)
    return np.asarray(moments[np.searchsorted(after, numbers)] - began - numbers / rate)


def said(name: str, rate: float, found: np.ndarray) -> None:
    p50, p95, p99 = np.quantile(found, [0.5, 0.95, 0.99], method="higher")
    half = len(found) // 2
    first, last = np.quantile(found[:half], 0.95), np.quantile(found[half:], 0.95)
    print(f"{name:<6} {rate:>5.0f}/s  p50 {p50:.2f}  p95 {p95:.2f}  p99 {p99:.2f} s; "
          f"p95 of the halves {first:.2f}, {last:.2f}", flush=True)  # fmt: skip


def memory_of(pid: int) -> float:
    """Return the resident megabytes of a process and its children; 0 once it has ended."""
    there = Path(f"/proc/{pid}")
    try:
        pages = int((there / "statm").read_text(encoding="ascii").split()[1])
        children = (there / "task" / str(pid) / "children").read_text(encoding="ascii").split()
    except (OSError, IndexError):
        return 0.0
    own = pages * os.sysconf("SC_PAGE_SIZE") / 1e6
    return own + sum(memory_of(int(child)) for child in children)


def listen(port: str, heard: list[int], place: int) -> None:
    """Read what the server pushes until it ends; count the messages."""
    with (
        contextlib.suppress(OSError, http.client.HTTPException),
        urllib.request.urlopen(f"http://127.0.0.1:{port}/events", timeout=60) as stream_of,
    ):
        for line in stream_of:
            heard[place] += line.startswith(b"id: ")


def watch(processes: Sequence[subprocess.Popen[Any]], end: threading.Event) -> None:
    """Print the memory of stream and server early and late, each the median of ten seconds."""
    seen: list[tuple[float, ...]] = []
    while not end.wait(1.0):
        seen.append(tuple(memory_of(process.pid) for process in processes))
    alive = [row for row in seen if all(row)]
    if len(alive) > 30:
        early, late = np.median(alive[10:20], axis=0), np.median(alive[-10:], axis=0)
        print(f"memory of stream and server, MB: {np.round(early)} after 15 s, "
              f"{np.round(late)} at the end", flush=True)  # fmt: skip


def measure_ours(
    page: Page, rate: float, seconds: float, data: Path, readers: int
) -> np.ndarray:  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="live-bench-") as folder:
        environment = os.environ | {"FA_DATA_DIR": folder, "FA_REPORTS_DIR": f"{folder}/reports"}
        port = "8123"
        basis = Path(folder) / "published" / BASIS
        if (data / "published" / BASIS).is_file():
            basis.parent.mkdir()
            shutil.copyfile(data / "published" / BASIS, basis)
        server = subprocess.Popen(
            [str(Path(sys.executable).parent / "fa"), "serve", "--port", port],
            env=environment, cwd=ROOT, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            time.sleep(6)
            heard = [0] * readers
            for place in range(readers):
                threading.Thread(target=listen, args=(port, heard, place), daemon=True).start()
            page.go(f"http://127.0.0.1:{port}/")
            page.evaluate(NOTE)
            hot = Path(folder) / "live" / "hot.sqlite"
            process = subprocess.Popen(
                [sys.executable, __file__, "--ours", str(hot), str(basis), str(rate), str(seconds)],
                stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
            assert process.stdout is not None
            began = float(process.stdout.readline())
            end = threading.Event()
            watcher = threading.Thread(target=watch, args=((process, server), end))
            watcher.start()
            found = latencies(page, began, rate, int(rate * seconds), began + 3 * seconds + 20)
            end.set()
            watcher.join()
            process.kill()
            said(" store", rate, stored(process.stdout.read(), began, rate))
            if readers:
                print(f"{readers} readers: {min(heard)} to {max(heard)} messages", flush=True)
            process.wait()
        finally:
            page.go("about:blank")
            server.terminate()
            server.wait()
    return found


def measure_plain(page: Page, rate: float, seconds: float) -> np.ndarray:
    with tempfile.TemporaryDirectory(prefix="live-bench-") as folder:
        connection = duckdb.connect(f"{folder}/plain.duckdb")
        connection.execute("create table events (transaction_id bigint, amount varchar)")

        class Plain(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = PLAIN
                if self.path == "/count":
                    rows = connection.cursor().execute("select count(*) from events").fetchall()
                    body = str(rows[0][0]).encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Plain)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page.go(f"http://127.0.0.1:{server.server_port}/")
        page.evaluate(NOTE)
        most = int(rate * seconds)
        source = Replay(events(most), rate=rate, bank=OWN_FEEDS, clock=time.time)
        began = time.time()
        writer = connection.cursor()

        def consume() -> None:
            while (some := source.poll(100_000, 0.1)) is not None:
                if some:
                    rows = [json.loads(one.payload) for one in some]
                    batch = pa.table({"transaction_id": [row["transaction_id"] for row in rows],
                                      "amount": [row["amount"] for row in rows]})  # fmt: skip
                    writer.register("batch", batch)
                    writer.execute("insert into events select * from batch")

        threading.Thread(target=consume, daemon=True).start()
        found = latencies(page, began, rate, most, began + 3 * seconds + 20)
        page.go("about:blank")
        server.shutdown()
    return found


def main() -> None:
    if sys.argv[1:2] == ["--ours"]:
        ours(Path(sys.argv[2]), Path(sys.argv[3]), float(sys.argv[4]), float(sys.argv[5]))
        return
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--rates", type=float, nargs="+", default=[200, 1000, 5000])
    parser.add_argument("--readers", type=int, default=0)
    parser.add_argument("--data", type=Path, default=load_settings().data_dir)
    given = parser.parse_args()
    with open_browser() as browser:
        page = browser.page()
        for rate in given.rates:
            said("ours", rate, measure_ours(
                page, rate, given.seconds, given.data, given.readers
            ))  # fmt: skip
            said("plain", rate, measure_plain(page, rate, given.seconds))


if __name__ == "__main__":
    main()
