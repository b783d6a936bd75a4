"""The README's own commands, one after the other: the demo, then one's own feeds."""

from __future__ import annotations

import html
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from tests.support.lab import write_feed
from tests.support.sequences import stopping
from tests.support.sequences.look import Holding, holding
from tests.support.small_bank import feeds

from financial_analytics.reports.page import BANKS

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
CUSTOMERS = 60


@dataclass
class User:
    """Somebody with a folder of feeds who types what the README says."""

    folder: Path

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def held(self) -> Holding:
        return holding(self.data / "warehouse.duckdb")

    def type(self, command: str, data: Path | None = None) -> str:
        """Run a command, which ends in 0, and return what it says."""
        output = self.folder / "output.txt"
        environment = {
            "FA_PROJECT_DIR": str(ROOT),
            "FA_DATA_DIR": str(data or self.data),
            "FA_REPORTS_DIR": str(self.folder / "reports"),
            "FA_PERSIST_DOCS": "false",
        }
        code = stopping.run(shlex.split(command), environment=environment, output=output)
        said = output.read_text(encoding="utf-8")
        assert code == 0, f"{command}: {said}"
        return said

    def published(self, query: str) -> list[tuple[Any, ...]]:
        path = self.data / "published" / "warehouse.duckdb"
        with duckdb.connect(str(path), read_only=True) as connection:
            return connection.execute(query).fetchall()

    def report(self) -> str:
        page = self.folder / "reports" / "01_descriptive_analytics" / "index.html"
        return html.unescape(page.read_text(encoding="utf-8"))


def readme_commands() -> list[str]:
    """Return the commands of the README's two blocks, as the README writes them."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", text, re.S)
    lines = [line.partition("#")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line]


def test_the_readme_has_these_commands() -> None:
    assert readme_commands() == [
        "make demo",
        "make demo FEEDS=path/to/your/feeds",
        "make install && . .venv/bin/activate",
        "fa ingest feeds/",
        "fa build",
        "fa report",
        "fa doctor",
        "fa demo --feeds DIR --connector berka "
        "--vars '{reporting_currency: CZK, holiday_country: CZ}'",
    ]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(r'^demo:.*\n\t@\$\(BIN\)/fa demo .*--feeds "\$\(FEEDS\)"', makefile, re.M)


def test_the_demo_and_then_own_feeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a small bank for the demo; its form with FEEDS is in the random sequences."""
    user = User(tmp_path.resolve())
    monkeypatch.chdir(tmp_path)
    for table, rows in feeds().items():
        write_feed(tmp_path / "feeds", table, rows)
    user.type(f"demo --customers {CUSTOMERS}")
    demo = user.held
    shown = user.published("select bank from gold.run_info")
    assert (demo.kind, shown) == ("synthetic", [("synthetic",)])
    assert BANKS["synthetic"] in user.report()

    said = user.type("ingest feeds/")
    aside = user.data / "set-aside" / "synthetic-1"
    assert f"set aside in {aside}/warehouse.duckdb\n(FA_DATA_DIR={aside} brings it back)" in said
    assert (user.held.kind, holding(aside / "warehouse.duckdb")) == ("own", demo)
    assert user.published("select bank from gold.run_info") == [("synthetic",)]
    user.type("doctor", data=aside)

    user.type("build")
    own = user.held
    assert user.published("select bank from gold.run_info") == [("own",)]
    count = "select row_count from gold.row_counts where relation = 'fact_transactions'"
    assert user.published(count) == [(len(feeds()["transactions"]),)]
    user.type("report")
    assert BANKS["own"] in user.report() and BANKS["synthetic"] not in user.report()
    user.type("doctor")
    assert user.held == own
    assert holding(aside / "warehouse.duckdb") == demo
