"""How much may be quarantined before an ingest ends in an error, and mappings that miss."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.support.lab import Lab, write_feed

from financial_analytics import cli
from financial_analytics.errors import InvalidInputError, UserInputError
from financial_analytics.ingest import IngestReport, ingest
from financial_analytics.settings import Settings, find_project_dir

LOADED = datetime(2024, 6, 1, tzinfo=UTC)


def codes(count: int, faulty: int = 0) -> list[dict[str, Any]]:
    """Rows of the smallest table, the first `faulty` of them without their required key."""
    return [
        {"mcc_code": None if n < faulty else n, "description": f"d{n}", "category": "c"}
        for n in range(count)
    ]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(find_project_dir(), tmp_path / "data", tmp_path / "reports")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FA_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("FA_NOW", "2026-01-02T03:04:05Z")
    return tmp_path / "data"


def load(settings: Settings, *paths: Path, **options: Any) -> IngestReport:
    return ingest(paths, settings=settings, loaded_at=LOADED, **options)


@pytest.mark.parametrize(
    ("rows", "faulty", "arguments", "code"),
    [
        (100, 1, [], 0),
        (100, 2, [], 6),
        (5, 1, [], 6),
        (5, 5, [], 6),
        (5, 5, ["--max-quarantined", "100"], 0),
        (100, 1, ["--max-quarantined", "0.9"], 6),
        (1000, 1, ["--max-quarantined", "0"], 6),
        (1000, 0, ["--max-quarantined", "0"], 0),
        (0, 0, ["--max-quarantined", "0"], 0),
    ],
)
def test_more_than_the_share_in_quarantine_is_exit_6_and_nothing_is_undone(
    rows: int, faulty: int, arguments: list[str], code: int,
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    feed = tmp_path / "merchant_category_codes.csv"
    write_feed(tmp_path, feed.stem, codes(rows, faulty) or codes(1))
    if not rows:
        feed.write_text("mcc_code,description,category\n", encoding="utf-8")
    assert cli.run(["ingest", str(feed), *arguments]) == code
    said = capsys.readouterr()
    assert f"{rows - faulty:,}" in said.out.splitlines()[-1].split()
    lab = Lab(data)
    assert lab.value("select count(*) from ingestion_raw_data.merchant_category_codes") == (
        rows - faulty
    )
    if code:
        limit = arguments[1] if arguments else "1"
        error = said.err.split("error: ")[1]
        assert error.startswith(f"more than {limit} % of a table is in quarantine:\n")
        share = f"{100 * faulty / rows:.3g} %"
        line = f"  merchant_category_codes: {faulty} of {rows:,} rows ({share}), mostly mcc_code"
        assert line in error
        assert "required" in error and "--max-quarantined" in error
    else:
        assert "error: " not in said.err


@pytest.mark.parametrize("share", ["-1", "101", "nan", "1%"])
def test_a_share_that_is_none_is_exit_2_and_nothing_is_loaded(
    share: str, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    feed = write_feed(tmp_path, "merchant_category_codes", codes(3))
    assert cli.run(["ingest", str(feed), f"--max-quarantined={share}"]) == 2
    assert "--max-quarantined" in capsys.readouterr().err
    assert not data.exists()


def test_a_share_is_that_of_the_table_over_all_files_of_the_run(
    settings: Settings, tmp_path: Path
) -> None:
    folder = tmp_path / "merchant_category_codes"
    small = write_feed(folder, "small", codes(5, 1))
    large = write_feed(folder, "large", [row | {"mcc_code": row["description"]} for row in
                                         codes(200)])  # fmt: skip
    report = load(settings, small, large)
    assert (report.totals.read, report.totals.quarantined) == (205, 1)
    assert (report.over_limit(), report.exit_code, report.quarantine_error()) == ({}, 0, None)


def test_the_error_names_every_table_and_its_commonest_fault(
    settings: Settings, tmp_path: Path
) -> None:
    write_feed(tmp_path / "feeds", "merchant_category_codes", codes(10, 10))
    product = {"product_id": 1, "product_name": "a", "category": "Deposit",
               "updated_at": "2024-01-01"}  # fmt: skip
    write_feed(tmp_path / "feeds", "products", [
        product, product | {"product_id": "two"}, product | {"product_id": 3, "category": None},
        product | {"product_id": 4, "category": None}])  # fmt: skip
    report = load(settings, tmp_path / "feeds", max_quarantined_pct=60)
    assert list(report.over_limit()) == ["products", "merchant_category_codes"]
    assert report.exit_code == 6
    error = report.quarantine_error()
    assert error is not None
    lines = error.message.splitlines()
    assert lines[1].startswith("  products: 3 of 4 rows (75 %), mostly category (required): ")
    assert lines[2].startswith("  merchant_category_codes: 10 of 10 rows (100 %), mostly mcc_code")


def test_a_refused_file_is_exit_3_and_the_share_is_told_besides(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_feed(tmp_path / "feeds", "merchant_category_codes", codes(5, 5))
    write_feed(tmp_path / "feeds", "products", [{"colour": "red"}])
    assert cli.run(["ingest", str(tmp_path / "feeds")]) == 3
    said = capsys.readouterr().err
    assert "more than 1 % of a table is in quarantine" in said
    assert "error: nothing was loaded from products.csv" in said


def test_a_share_of_the_library_is_checked(settings: Settings) -> None:
    with pytest.raises(InvalidInputError, match="is no share"):
        load(settings, max_quarantined_pct=float("nan"))


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_mapped_name_that_the_feed_does_not_have_refuses_the_file(
    ending: str, settings: Settings, tmp_path: Path
) -> None:
    write_feed(tmp_path, "economic_indicators_a", [{"date": "2024-01-01", "vix": 13.2}])
    write_feed(tmp_path, "economic_indicators_b", [{"date": "2024-01-02", "fear": 14.0}])
    if ending == "parquet":
        import pandas as pd  # noqa: PLC0415

        for path in tmp_path.glob("*.csv"):
            pd.read_csv(path).to_parquet(path.with_suffix(".parquet"))
    files = sorted(tmp_path.glob(f"*.{ending}"))
    report = load(settings, *files, mapping={"economic_indicators": {"Fear ": "vix_index"}})
    assert [file.source_file for file in report.files] == [files[1].name]
    (refused,) = report.refused
    assert refused.source_file == files[0].name
    assert "names fear, which this file does not have; columns found: date, vix" in refused.message
    assert "name in the feed: name in the contract" in str(refused.hint)
    assert report.exit_code == 3


def test_a_mapping_for_a_table_without_files_is_exit_2_and_nothing_is_loaded(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    feed = write_feed(tmp_path, "merchant_category_codes", codes(3))
    mapping = tmp_path / "mapping.yml"
    mapping.write_text("merchants: {name: merchant_name}\n", encoding="utf-8")
    assert cli.run(["ingest", str(feed), "--mapping", str(mapping)]) == 2
    said = capsys.readouterr().err
    assert "error: the mapping is for merchants, of which there is no file" in said
    assert "files were found for merchant_category_codes" in said
    assert not data.exists()


def test_a_mapping_that_hits_is_right_way_round_in_the_help(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    feed = write_feed(tmp_path, "economic_indicators", [{"date": "2024-01-01", "fear": 13.2}])
    report = load(settings, feed, mapping={"economic_indicators": {"fear": "vix_index"}})
    assert (report.exit_code, report.totals.accepted) == (0, 1)
    with pytest.raises(UserInputError, match=r"sends economic_indicators\.vix_index to 'fear'"):
        load(settings, feed, mapping={"economic_indicators": {"vix_index": "fear"}})
    assert cli.run(["ingest", "--help"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "column of the feed -> contract column" in shown
