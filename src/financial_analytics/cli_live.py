"""Commands of ``fa`` about what is happening now: the stream of events, and its page."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from financial_analytics.cli_console import note, now, say
from financial_analytics.errors import EngineError, UserInputError

if TYPE_CHECKING:
    from financial_analytics.live.stream import EventSource, Stored
    from financial_analytics.settings import Settings

CLOCKS = ("event", "now")
SAID_EVERY = 50
"""Micro-batches between two lines about progress."""


def stream_command(
    replay: Annotated[
        bool, typer.Option("--replay", help="The days after the end of the synthetic bank.")
    ] = False,
    kafka: Annotated[
        str | None, typer.Option(help="Brokers, host:port; a topic is called as its feed.")
    ] = None,
    rate: Annotated[
        float, typer.Option(help="Of a replay, events per second; 0 is as fast as possible.")
    ] = 100.0,
    feeds: Annotated[
        Path | None, typer.Option(help="Folder of the synthetic bank. Default: data's.")
    ] = None,
    group: Annotated[str, typer.Option(help="Kafka consumer group.")] = "fa",
) -> None:
    """Take events into the hot store, each once, until SIGTERM, Ctrl-C or the end of a replay."""
    from financial_analytics.ingest.contract_file import load_contract  # noqa: PLC0415
    from financial_analytics.live.basis import basis_path  # noqa: PLC0415
    from financial_analytics.live.hot import hot_path, open_hot  # noqa: PLC0415
    from financial_analytics.live.stream import stream  # noqa: PLC0415
    from financial_analytics.settings import load_settings  # noqa: PLC0415

    if replay == bool(kafka):
        raise UserInputError(
            "give one source of events, --replay or --kafka",
            hint="fa stream --replay --rate 100, or fa stream --kafka localhost:9092",
        )
    settings = load_settings()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())

    def heard(stored: Stored) -> None:
        if stored.number % SAID_EVERY == 0:
            note(f"micro-batch {stored.number:,} stored, {stored.counts.read:,} events")

    path = hot_path(settings)
    source = _replay(settings, feeds, rate) if replay else _kafka(str(kafka), group)
    counts = stream(
        source, path, load_contract(settings.project_dir), clock=now, stop=stop, heard=heard,
        basis=basis_path(settings), told=lambda words: note(f"warning: {words}"),
    )  # fmt: skip
    say(
        f"{counts.read:,} events read: {counts.accepted:,} accepted, "
        f"{counts.duplicates:,} known already, {counts.quarantined:,} set aside"
    )
    with open_hot(path) as hot:
        note(f"{len(hot.alerts()):,} fraud alerts are stored with them")
    note(f"in {path}; fa build takes them into bronze")


def _replay(settings: Settings, feeds: Path | None, rate: float) -> EventSource:
    from financial_analytics.live.sources import Replay, replayed, written_bank  # noqa: PLC0415

    config, bank = written_bank(feeds or settings.feeds_dir / "synthetic")
    return Replay(replayed(config), rate=rate, bank=bank)


def _kafka(servers: str, group: str) -> EventSource:
    from financial_analytics.live.sources import Kafka  # noqa: PLC0415

    return Kafka(servers, group=group)


def serve(
    host: Annotated[str, typer.Option(help="Address; others than this machine's need a token.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(help="Port.")] = 8050,
    clock: Annotated[
        str, typer.Option(help="What windows end with: the newest 'event', or 'now'.")
    ] = "event",
) -> None:
    """Serve the reports and the live page; FA_SERVE_TOKEN is what readers have to show."""
    try:
        import uvicorn  # noqa: PLC0415

        from financial_analytics.live.serve import make_app  # noqa: PLC0415
    except ImportError as error:
        raise EngineError(
            "the web server is not installed", hint="pip install 'financial-analytics[live]'"
        ) from error
    from financial_analytics.live.basis import basis_path  # noqa: PLC0415
    from financial_analytics.live.hot import hot_path  # noqa: PLC0415
    from financial_analytics.settings import load_settings  # noqa: PLC0415

    if clock not in CLOCKS:
        raise UserInputError(f"clock {clock!r} is not valid", hint=f"valid are {', '.join(CLOCKS)}")
    settings = load_settings()
    token = os.environ.get("FA_SERVE_TOKEN") or None
    app = make_app(
        hot_path(settings), settings.reports_dir, basis=basis_path(settings), host=host,
        token=token, clock=now, window_clock=now if clock == "now" else None,
    )  # fmt: skip
    note(f"http://{host}:{port}/ is the live page, /reports/ the reports; Ctrl-C ends it")
    uvicorn.run(app, host=host, port=port, log_level="warning", server_header=False,
                timeout_graceful_shutdown=2)  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add the commands to ``fa``."""
    app.command("stream")(stream_command)
    app.command()(serve)
