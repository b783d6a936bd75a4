"""The page of data quality: worst first, every text escaped, its worst line on every report."""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from pathlib import Path

import pandas as pd
import pytest
from tests.support.frames import frames_of
from tests.support.frames.shared import AS_OF, HOSTILE, FrameSource

from financial_analytics.quality import COLUMNS, findings_of, verdict_of
from financial_analytics.reports.report import write_report

LINE = "error: accounts: differs (10,236 of 30,977 rows), since 2023-02-01; 1 more"
ROWS = [
    ("account_dates", "accounts", "moves before it opens", "warning", "found", 3, 40, "1, 2, 3",
     date(2024, 1, 5), "ask the bank"),
    ("feed_is_there", "zip_codes", "no rows", "info", "found", 1, 1, None, None, "load the feed"),
    ("reported_balance", "accounts", "differs", "error", "found", 10236, 30977, "7",
     date(2023, 2, 1), "do not trust balances"),
    ("feed_is_there", "accounts", "none", "info", "ok", 0, 1, None, None, None),
    ("prices", "exchange_rates", "none", "error", "ok", 0, 900, None, None, None),
    ("alerts", "fraud_alerts", "none", "warning", "nothing_to_check", 0, 0, None, None, None),
]  # fmt: skip


def frame(rows: list[tuple[object, ...]]) -> pd.DataFrame:
    made = pd.DataFrame(rows, columns=list(COLUMNS))
    return made.assign(concerned_pct=0.0, as_of_date=AS_OF)


def written(folder: Path, rows: list[tuple[object, ...]]) -> dict[str, str]:
    write_report("1", FrameSource({**frames_of("01"), "data_quality": frame(rows)}), folder)
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*.html")
    }


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return written(tmp_path_factory.mktemp("pages"), ROWS)


def test_what_is_wrong_stands_in_the_order_of_what_matters(pages: dict[str, str]) -> None:
    found = re.findall(
        r"<li><p><strong>(\w+)</strong>: ([\w ]*\w)", pages["data_quality/index.html"]
    )
    assert found == [
        ("accounts", "differs"),
        ("accounts", "moves before it opens"),
        ("zip_codes", "no rows"),
    ]
    text = pages["data_quality/index.html"]
    for said in (
        "10,236 of 30,977 rows",
        "since 2023-02-01",
        "For example 1, 2, 3.",
        "ask the bank",
    ):
        assert said in text
    assert "1 of 1 rows" not in text, "a feed is no row"


def test_every_feed_and_check_is_in_the_overview(pages: dict[str, str]) -> None:
    text = pages["data_quality/index.html"]
    marks = dict(re.findall(r'<tr><th scope="row">(\w+)</th>(.*?)</tr>', text))
    assert set(marks) == {"accounts", "exchange_rates", "fraud_alerts", "zip_codes"}
    assert {feed: re.findall(r'aria-label="([\w ]+)"', cells) for feed, cells in marks.items()} == {
        "accounts": ["ok", "error"],
        "exchange_rates": ["ok"],
        "fraud_alerts": ["nothing to check"],
        "zip_codes": ["info"],
    }


@pytest.mark.parametrize("page", ["index.html", "01_descriptive_analytics/index.html"])
def test_the_worst_line_heads_every_page_and_leads_to_the_rest(
    pages: dict[str, str], page: str
) -> None:
    head = pages[page].split("</header>")[0]
    link = re.search(r'<div class="verdict error">.*?<a href="(.*?)">(.*?)</a>', head, re.S)
    assert link is not None and unescape(link[2]) == LINE
    assert link[1] == ("../" if "/" in page else "") + "data_quality/index.html"


def test_nothing_wrong_is_said_as_plainly(tmp_path: Path) -> None:
    pages = written(tmp_path, [row for row in ROWS if row[4] != "found"])
    assert "Nothing was found" in pages["data_quality/index.html"]
    assert "nothing is wrong in 2 checks" in pages["index.html"]


def test_without_checks_no_page_says_that_all_is_well(tmp_path: Path) -> None:
    write_report("1", FrameSource(frames_of("01")), tmp_path)
    assert not (tmp_path / "data_quality").exists()
    head = (tmp_path / "index.html").read_text(encoding="utf-8").split("</header>")[0]
    assert re.search(r'<div class="verdict unknown">.*?not checked', head, re.S)


def test_hostile_texts_stay_texts(tmp_path: Path) -> None:
    row = ("x" + HOSTILE, "f" + HOSTILE, "r" + HOSTILE, "error", "found", 1, 2, HOSTILE, None,
           HOSTILE)  # fmt: skip
    pages = written(tmp_path, [row])
    for text in pages.values():
        assert "<script>window.hacked" not in text
        assert '<b onclick="x">' not in text
    assert pages["data_quality/index.html"].count("window.hacked=1") >= 5
    assert "http:" not in pages["data_quality/index.html"]


def test_a_model_that_lacks_a_feed_is_no_alarm() -> None:
    assert verdict_of(findings_of(ROWS[1:2])).severity == "ok"


def test_an_unknown_severity_is_not_taken_for_a_small_one() -> None:
    odd = ("a", "b", "c", "catastrophe", "found", 1, 1, None, None, None)
    assert verdict_of(findings_of([ROWS[0], odd])).severity == "error"
