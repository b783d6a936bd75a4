"""The server of the reports and of the live page: it reads, and there is nothing to write to."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib import resources
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse, RedirectResponse, Response, StreamingResponse
from fastapi.staticfiles import StaticFiles
from starlette.concurrency import run_in_threadpool
from starlette.middleware.trustedhost import TrustedHostMiddleware

from financial_analytics.charts.kit import theme
from financial_analytics.errors import UserInputError
from financial_analytics.live.board import SEVERITIES, Wanted, described
from financial_analytics.live.hub import Hub
from financial_analytics.live.now import Clock
from financial_analytics.reports.page import PLOTLY_FILE, script_json

ASSETS = Path(__file__).parent / "assets"
COOKIE = "fa_token"
STALE_SECONDS = 15.0
STILL_THERE_SECONDS = 10.0
"""A page that hears nothing for so long hears that: so one that has gone is missed."""
LONGEST_CHANNEL = 40
LEAST_TOKEN = 16
# The one style sheet that Plotly's script puts into a page by itself (of its maps' marks).
_PLOTLY_STYLE = "'sha256-ji27qzEtxXZW+7dun6UwjHXJ18e6WAin1VvNtkzIE/o='"
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
    basis: Path,
    host: str,
    token: str | None,
    clock: Clock,
    window_clock: Clock | None = None,
    stale_seconds: float = STALE_SECONDS,
) -> FastAPI:
    """Return the application.

    Parameters
    ----------
    hot : Path
        The hot store.
    reports : Path
        Folder of the reports; what is not there yet is not found.
    basis : Path
        What the last build left for the charts; without it there are none yet.
    host : str
        Address that it will be bound to.
    token : str or None
        What a reader has to show, once as ``?token=`` or with each request as a bearer.
    clock : callable
        Returns now, UTC.
    window_clock : callable, optional
        Moment that the windows of charts end with; the newest transaction's without it.
    stale_seconds : float
        Age of the newest event from which the page is grey.

    Raises
    ------
    UserInputError
        If others can reach `host` and there is no token.
    """
    check_address(host, token)
    hub = Hub(hot, basis, clock=clock, window_clock=window_clock, stale_seconds=stale_seconds)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        with hub.running():
            yield

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)

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
        policy = (
            f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}' "
            f"{_PLOTLY_STYLE}; img-src data: blob:; connect-src 'self'; {_ALL}"
        )
        return Response(
            _page(nonce), media_type="text/html", headers={"Content-Security-Policy": policy}
        )

    @app.get("/live.js")
    def script() -> Response:
        return Response((ASSETS / "live.js").read_bytes(), media_type="text/javascript")

    @app.get(f"/{PLOTLY_FILE}")
    def plotly() -> Response:
        file = resources.files("plotly").joinpath("package_data", PLOTLY_FILE)
        return Response(
            file.read_bytes(), media_type="text/javascript",
            headers={"Cache-Control": "private, max-age=86400"},
        )  # fmt: skip

    @app.get("/events")
    async def events(
        request: Request, channel: str = "", severity: str = "", after: str = "0"
    ) -> Response:
        last = request.headers.get("last-event-id", after)
        number = int(last) if last.isascii() and last.isdigit() and len(last) < 19 else 0
        wanted = Wanted(
            channel[:LONGEST_CHANNEL] or None, severity if severity in SEVERITIES else None
        )
        await run_in_threadpool(hub.look)
        return StreamingResponse(_pushed(hub, wanted, number), media_type="text/event-stream")

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


def _page(nonce: str) -> str:
    data = {
        "charts": described(),
        "template": theme.template().to_plotly_json(),
        "dark": {theme.LIGHT[name]: theme.DARK[name] for name in theme.LIGHT},
    }
    tokens = (
        "".join(f"--{name}:{value};" for name, value in colors.items())
        for colors in (theme.LIGHT, theme.DARK)
    )
    light, dark = tokens
    colors = f":root{{{light}}} @media (prefers-color-scheme: dark) {{ :root{{{dark}}} }}"
    text = (ASSETS / "live.html").read_text(encoding="utf-8")
    for name, value in (("NONCE", nonce), ("COLORS", colors), ("DATA", script_json(data))):
        text = text.replace(f"__{name}__", value)
    return text


async def _pushed(hub: Hub, wanted: Wanted, after: int) -> AsyncIterator[str]:
    """Yield what came and which charts changed, whenever the hub has news."""
    with hub.page(wanted, after) as page:
        while True:
            page.news.clear()
            said = hub.events(page)
            if said is not None:
                yield f"id: {said['number']}\ndata: {json.dumps(said)}\n\n"
            charts = hub.charts(page)
            if charts:
                yield f"event: charts\ndata: {{{','.join(charts)}}}\n\n"
            try:
                await asyncio.wait_for(page.news.wait(), STILL_THERE_SECONDS)
            except TimeoutError:
                yield ": still here\n\n"
