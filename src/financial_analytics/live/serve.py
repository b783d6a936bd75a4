"""The server of the reports and of the live page: it reads, and there is nothing to write to."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse, RedirectResponse, Response, StreamingResponse
from fastapi.staticfiles import StaticFiles
from starlette.middleware.trustedhost import TrustedHostMiddleware

from financial_analytics.errors import UserInputError
from financial_analytics.live.hot import open_hot
from financial_analytics.live.tail import state

ASSETS = Path(__file__).parent / "assets"
COOKIE = "fa_token"
STALE_SECONDS = 15.0
UPDATE_SECONDS = 0.2
"""Five updates a second at most."""
LEAST_TOKEN = 16
# Reports are files with inline scripts of our own; they may ask the network for nothing.
_REPORTS = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src data:; connect-src 'none'; "
)
_ALL = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
Next = Callable[[Request], Awaitable[Response]]


def check_address(host: str, token: str | None) -> None:
    """Make sure that what others can reach asks for a token.

    Raises
    ------
    UserInputError
        If the address is not this machine's alone and there is no token, or a short one.
    """
    if token is not None and len(token) < LEAST_TOKEN:
        raise UserInputError(
            f"the token has {len(token)} characters", hint=f"give at least {LEAST_TOKEN} of them"
        )
    if token is None and not is_loopback(host):
        raise UserInputError(
            f"{host} can be reached from other machines, and there is no token",
            hint="set FA_SERVE_TOKEN, or serve on 127.0.0.1 (the default)",
        )


def is_loopback(host: str) -> bool:
    """Tell whether an address is this machine's alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def make_app(
    hot: Path,
    reports: Path,
    *,
    host: str,
    token: str | None,
    clock: Callable[[], datetime],
    stale_seconds: float = STALE_SECONDS,
) -> FastAPI:
    """Return the application.

    Parameters
    ----------
    hot : Path
        The hot store.
    reports : Path
        Folder of the reports; what is not there yet is not found.
    host : str
        Address that it will be bound to.
    token : str or None
        What a reader has to show, once as ``?token=`` or with each request as a bearer.
    clock : callable
        Returns now, UTC.
    stale_seconds : float
        Age of the newest event from which the page is grey.

    Raises
    ------
    UserInputError
        If others can reach `host` and there is no token.
    """
    check_address(host, token)
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.middleware("http")
    async def guard(request: Request, forward: Next) -> Response:
        given = request.query_params.get("token")
        if token is not None and not _is_known(request, given, token):
            response: Response = PlainTextResponse("a token is needed\n", status_code=401)
        elif request.method not in ("GET", "HEAD"):
            response = PlainTextResponse("nothing can be written here\n", status_code=405)
        elif token is not None and given is not None:
            response = RedirectResponse(request.url.path, status_code=303)
            response.set_cookie(COOKIE, token, httponly=True, samesite="strict")
        else:
            response = await forward(request)
        response.headers.setdefault("Content-Security-Policy", f"{_REPORTS}{_ALL}")
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    @app.get("/")
    def page() -> Response:
        nonce = secrets.token_urlsafe(16)
        text = (ASSETS / "live.html").read_text(encoding="utf-8").replace("__NONCE__", nonce)
        policy = (
            f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; "
            f"connect-src 'self'; {_ALL}"
        )
        return Response(text, media_type="text/html", headers={"Content-Security-Policy": policy})

    @app.get("/live.js")
    def script() -> Response:
        return Response((ASSETS / "live.js").read_bytes(), media_type="text/javascript")

    @app.get("/events")
    async def events(request: Request) -> Response:
        last = request.headers.get("last-event-id", "0")
        after = int(last) if last.isascii() and last.isdigit() and len(last) < 19 else 0
        return StreamingResponse(
            _pushed(request, hot, after, clock, stale_seconds), media_type="text/event-stream"
        )

    reports.mkdir(parents=True, exist_ok=True)
    app.mount("/reports", StaticFiles(directory=reports, html=True))
    if is_loopback(host):  # a name of somebody else's that leads here is refused
        names = ["localhost", "127.0.0.1", "[::1]", host]
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=names)
    return app


def _is_known(request: Request, given: str | None, token: str) -> bool:
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    shown = (given, request.cookies.get(COOKIE), bearer if scheme.lower() == "bearer" else None)
    return any(
        one is not None and hmac.compare_digest(one.encode(), token.encode()) for one in shown
    )


async def _pushed(
    request: Request, hot: Path, after: int, clock: Callable[[], datetime], stale_seconds: float
) -> AsyncIterator[str]:
    """Yield a message whenever something came, five times a second at most."""
    told: tuple[Any, ...] | None = None
    with open_hot(hot) as store:
        while not await request.is_disconnected():
            now = state(store, after, clock(), stale_seconds)
            seen = (now["number"], now["accepted"], now["duplicates"], now["quarantined"])
            if seen != told:
                told, after = seen, now["number"]
                yield f"id: {after}\ndata: {json.dumps(now)}\n\n"
            await asyncio.sleep(UPDATE_SECONDS)
