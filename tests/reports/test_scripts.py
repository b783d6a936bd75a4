"""The scripts in visualizations/: they run, show every chart, and fail in words."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest
from tests.support.frames import frames_of
from tests.support.frames.shared import FrameSource

from financial_analytics.charts.registry import charts
from financial_analytics.publish import Run, publish
from financial_analytics.reports import session
from financial_analytics.settings import Settings

PROJECT = Path(__file__).parents[2]
SCRIPTS = sorted((PROJECT / "visualizations").glob("0*_analytics.py"))


def run(script: Path, tmp_path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if key != "CONNECTION_STRING"}
    environment |= {
        "FA_DATA_DIR": str(tmp_path / "data"),
        "FA_REPORTS_DIR": str(tmp_path / "out"),
        **variables,
    }
    return subprocess.run(
        [sys.executable, str(script)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_every_category_with_charts_has_its_script() -> None:
    drawn = dict.fromkeys(entry.category.folder for entry in charts())
    assert [script.stem for script in SCRIPTS] == list(drawn)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_notebook_shows_every_chart_of_the_category(
    script: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The percent cells run as a notebook runs them, with a display that remembers."""
    shown: list[str] = []
    source = FrameSource(frames_of(script.stem))
    monkeypatch.setattr(session, "open_reader", lambda *_: source)
    monkeypatch.setattr(session.Session, "write", lambda self: Path())
    display = SimpleNamespace(display=lambda figure: shown.append(figure.layout.meta["finding"]))
    notebook = SimpleNamespace(get_ipython=object, display=display)
    monkeypatch.setitem(sys.modules, "IPython", notebook)
    scope: dict[str, object] = {}
    for cell in script.read_text(encoding="utf-8").split("# %%"):
        exec(
            compile(cell if not cell.startswith(" [markdown]") else "", script.name, "exec"), scope
        )
    wanted = [entry.draw(source.frame(entry.model)) for entry in charts(script.stem)]
    assert shown == [figure.layout.meta["finding"] for figure in wanted]
    monkeypatch.setattr(notebook, "get_ipython", lambda: None)
    session.Session(script.stem).show(charts(script.stem)[0])
    assert len(shown) == len(wanted), "outside a notebook nothing is drawn twice"


def test_script_writes_the_report_from_the_snapshot(tmp_path: Path) -> None:
    settings = Settings(PROJECT, tmp_path / "data", tmp_path / "out")
    settings.data_dir.mkdir()
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        connection.execute("create schema gold")
        for name, frame in frames_of("01").items():
            if name == "analytics_fraud_summary":
                continue  # a model that is not built must not stop the script
            connection.register("frame", frame)
            connection.execute(f"create table gold.{name} as select * from frame")
            connection.unregister("frame")
    publish(settings, Run("r1", dt.datetime(2024, 6, 19, tzinfo=dt.UTC)))
    done = run(PROJECT / "visualizations" / "01_descriptive_analytics.py", tmp_path)
    page = tmp_path / "out" / "01_descriptive_analytics" / "index.html"
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, str(page), "")
    text = page.read_text(encoding="utf-8")
    assert "10,050 customers" in text and "analytics_fraud_summary is not built yet" in text


@pytest.mark.parametrize(
    ("url", "code", "said"),
    [
        ("", 5, "no published snapshot"),
        ("sqlite:///x", 2, "not a PostgreSQL URL"),
        ("postgresql://u:hunter2@127.0.0.1:1/none", 5, "PostgreSQL"),
    ],
    ids=["nothing published", "other engine", "no server"],
)
def test_script_fails_in_words(tmp_path: Path, url: str, code: int, said: str) -> None:
    script = PROJECT / "visualizations" / "01_descriptive_analytics.py"
    done = run(script, tmp_path, CONNECTION_STRING=url)
    assert done.returncode == code
    assert done.stderr.startswith("error: ") and "\nhint: " in done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr and "hunter2" not in done.stderr
    assert done.stdout == ""
