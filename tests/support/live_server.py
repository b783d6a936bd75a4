"""Serves the live page in this process, for tests."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvicorn

from financial_analytics.live.serve import make_app


def clock() -> datetime:
    return datetime.now(UTC)


@contextmanager
def serving(hot: Path, *, basis: Path | None = None, **options: Any) -> Iterator[str]:
    """Serve a hot store on a free port; yield the address."""
    app = make_app(
        hot, hot.parent / "reports", basis=basis or hot.with_name("realtime.duckdb"),
        host="127.0.0.1", clock=clock, **{"token": None, **options},
    )  # fmt: skip
    server = uvicorn.Server(
        uvicorn.Config(app, port=0, log_level="error", timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    end = time.monotonic() + 30
    while not server.started and time.monotonic() < end:
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
