"""Settings that last are kept in the warehouse, on a server as in the embedded file."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.lasting import BUILD, build_and_die, check_that_a_setting_lasts, write_project

from financial_analytics import cli

TARGET = ("--target", "postgres")


@pytest.mark.usefixtures("server")
def test_postgres(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project = write_project(tmp_path / "project")
    monkeypatch.setenv("FA_PROJECT_DIR", str(project))
    monkeypatch.setenv("FA_DATA_DIR", str(tmp_path / "data"))
    check_that_a_setting_lasts(capsys, *TARGET)
    build_and_die(project, *TARGET)
    assert cli.run([*BUILD, *TARGET]) == 2
    assert "currency was EUR" in capsys.readouterr().err
