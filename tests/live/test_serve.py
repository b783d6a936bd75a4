"""The live page: what came is on it, it says when nothing comes, and nobody else reads it."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from tests.live.test_stream import GOOD, put
from tests.support.chromium import open_browser
from tests.support.frames.shared import HOSTILE
from tests.support.live_server import clock, serving

from financial_analytics.errors import UserInputError
from financial_analytics.ingest.bank import OWN_FEEDS
from financial_analytics.ingest.contract_file import load_contract
from financial_analytics.live.hot import open_hot
from financial_analytics.live.serve import check_address
from financial_analytics.live.sources import Replay
from financial_analytics.live.stream import stream
from financial_analytics.live.tail import Tail

TOKEN = "a-token-of-some-length"
Serve = Callable[..., str]


def send(hot: Path, *rows: dict[str, object]) -> None:
    stream(
        Replay(iter(put(*rows)), rate=0, bank=OWN_FEEDS), hot, load_contract(), clock=clock,
        stop=threading.Event(),
    )  # fmt: skip
    with open_hot(hot) as store:  # the next replay begins at its own first event
        store._handle.execute("delete from offsets")


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    with ExitStack() as stack:

        def begin(**options: Any) -> str:
            return stack.enter_context(serving(tmp_path / "hot.sqlite", **options))

        yield begin


def answer(url: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], str]:
    request = urllib.request.Request(url, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as got:
            return got.status, dict(got.headers), got.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read().decode()


def first_message(url: str, **headers: str) -> dict[str, object]:
    request = urllib.request.Request(f"{url}/events", headers=headers)
    with urllib.request.urlopen(request, timeout=20) as got:
        assert got.readline().startswith(b"id: ")
        message: dict[str, object] = json.loads(got.readline().removeprefix(b"data: "))
        return message


def test_what_comes_is_on_the_page_and_stale_is_said(serve: Serve, tmp_path: Path) -> None:
    """Numbers in place, without a reload; a hostile name stays text; nothing is asked elsewhere."""
    hot = tmp_path / "hot.sqlite"
    url = serve(stale_seconds=4.0)
    hostile = GOOD | {"transaction_id": 3, "channel": "POS", "transaction_type": "Fee"}
    with open_browser() as browser:
        page = browser.page(width=390, height=900)
        page.go(f"{url}/")
        page.evaluate("window.kept = true")
        send(hot, GOOD, GOOD | {"transaction_id": 2, "channel": "Online"}, hostile)
        page.wait_for("document.getElementById('accepted').textContent === '3'")
        page.wait_for("!document.body.classList.contains('stale')")
        assert page.evaluate("document.getElementById('state').textContent.includes('s ago')")
        assert page.evaluate("document.querySelectorAll('#rows tr').length") == 3
        assert page.evaluate("document.querySelector('#rows td:last-child').textContent") == (
            "-12.50 USD"
        )
        page.evaluate(
            "(() => { const list = document.getElementById('channel'); list.value = 'Online';"
            " list.dispatchEvent(new Event('change')); })()"
        )
        assert page.evaluate("document.querySelectorAll('#rows tr').length") == 1
        page.wait_for("document.body.classList.contains('stale')", seconds=20)
        assert page.evaluate("document.getElementById('state').textContent").startswith("STALE")
        page.evaluate("document.getElementById('pause').click()")
        send(hot, GOOD | {"transaction_id": 4})
        page.wait_for("!document.body.classList.contains('stale')")
        assert page.evaluate("document.getElementById('accepted').textContent") == "3"
        page.evaluate("document.getElementById('pause').click()")
        assert page.evaluate("document.getElementById('accepted').textContent") == "4"
        assert page.evaluate("window.kept") is True
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert page.exceptions == []
        assert [text for level, text in page.console if "Content Security" in text] == []
        assert all(request.startswith(url) for request in page.requests)


def test_a_page_that_comes_back_is_told_what_it_missed(serve: Serve, tmp_path: Path) -> None:
    url = serve()
    send(tmp_path / "hot.sqlite", *[GOOD | {"transaction_id": i} for i in range(1, 6)])
    for last, missed in (("0", 5), ("3", 2), ("5", 0), ("x", 5), ("9" * 30, 5)):
        rows = first_message(url, **{"Last-Event-ID": last})["rows"]
        assert isinstance(rows, list)
        assert len(rows) == missed, last


def test_fifty_pages_hear_the_same(serve: Serve, tmp_path: Path) -> None:
    """Each is told every event, in order and once, however late it came."""
    url = serve()
    heard: list[list[int]] = [[] for _ in range(50)]

    def listen(place: int) -> None:
        with urllib.request.urlopen(f"{url}/events", timeout=60) as stream_of:
            for line in stream_of:
                if line.startswith(b"data: "):
                    rows = json.loads(line.removeprefix(b"data: "))["rows"]
                    heard[place] += [row["number"] for row in rows]
                if len(heard[place]) >= 40:
                    return

    send(tmp_path / "hot.sqlite", *[GOOD | {"transaction_id": i} for i in range(1, 11)])
    threads = [threading.Thread(target=listen, args=(place,), daemon=True) for place in range(50)]
    for thread in threads:
        thread.start()
    for first in (11, 21, 31):
        some = [GOOD | {"transaction_id": i} for i in range(first, first + 10)]
        send(tmp_path / "hot.sqlite", *some)
    for thread in threads:
        thread.join(60)
    assert heard == [list(range(1, 41))] * 50


def test_a_page_is_told_no_personal_data_and_all_digits(tmp_path: Path) -> None:
    row = GOOD | {"amount": "-9007199254740993.10", "ip_address": "192.0.2.77",
                  "description": HOSTILE, "card_last_four": "4242"}  # fmt: skip
    send(tmp_path / "hot.sqlite", row)
    with open_hot(tmp_path / "hot.sqlite") as store:
        tail = Tail()
        assert tail.read(store)
        said = json.dumps(tail.message(0, clock(), 15.0))
        assert not tail.read(store)
    assert "-9007199254740993.10 USD" in said
    for secret in ("192.0.2.77", "4242", "script"):
        assert secret not in said


def test_pages_have_their_headers_and_nothing_is_written(serve: Serve) -> None:
    url = serve()
    code, headers, text = answer(f"{url}/")
    assert code == 200
    policy = headers["content-security-policy"]
    nonce = policy.split("script-src 'nonce-")[1].split("'")[0]
    assert "unsafe" not in policy
    assert text.count(f'nonce="{nonce}"') == text.count("nonce=") == 6
    assert answer(f"{url}/")[1]["content-security-policy"] != policy
    assert headers["x-content-type-options"] == "nosniff"
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert answer(f"{url}/", method)[0] == 405
    for path in ("/reports/../../etc/passwd", "/reports/%2e%2e/hot.sqlite", "/openapi.json"):
        assert answer(f"{url}{path}")[0] == 404


def test_a_name_that_leads_here_is_refused(serve: Serve) -> None:
    """A page elsewhere whose name is made to point at this machine (DNS rebinding)."""
    assert answer(serve(), Host="evil.example")[0] == 400


def test_without_the_token_nothing_is_shown(serve: Serve) -> None:
    url = serve(token=TOKEN)
    for path in ("/", "/live.js", "/plotly.min.js", "/events", "/reports/", f"/?token={TOKEN}x"):
        code, _, text = answer(url + path)
        assert (code, text) == (401, "a token is needed\n"), path
    assert answer(url, Authorization=f"Bearer {TOKEN}")[0] == 200
    assert answer(url, Cookie=f"fa_token={TOKEN}")[0] == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "bank.example", "::"])
def test_others_need_a_token(host: str) -> None:
    with pytest.raises(UserInputError, match="no token"):
        check_address(host, None)
    with pytest.raises(UserInputError, match="characters"):
        check_address(host, "short")
    check_address(host, TOKEN)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_this_machine_needs_none(host: str) -> None:
    check_address(host, None)
