"""A synthetic bank and real feeds never meet in one warehouse."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.support.lab import write_feed
from tests.support.small_bank import customer

from financial_analytics.cli_console import Display
from financial_analytics.cli_steps import demo_feeds_step
from financial_analytics.demo import MARKER, SET_ASIDE, make_room, remember
from financial_analytics.errors import FeedError, UserInputError
from financial_analytics.ingest import ingest
from financial_analytics.settings import Settings, find_project_dir

BANK = {"customers": 40}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        project_dir=find_project_dir(), data_dir=tmp_path / "data", reports_dir=tmp_path / "reports"
    )


def load(settings: Settings, customer_id: int) -> None:
    feed = write_feed(settings.data_dir / "in", "customers", [customer(customer_id)])
    ingest([feed], settings=settings, loaded_at=datetime(2026, 1, customer_id, tzinfo=UTC))


@pytest.mark.parametrize("bank", [BANK, None])
def test_make_room__an_empty_place_takes_anything(
    settings: Settings, bank: dict[str, int] | None
) -> None:
    assert make_room(settings, bank) is None
    ingest([], settings=settings, loaded_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert make_room(settings, bank) is None
    assert settings.warehouse_path.is_file()


def test_make_room__the_same_bank_comes_again(settings: Settings) -> None:
    load(settings, 1)
    remember(settings, BANK)
    assert make_room(settings, BANK) is None
    assert settings.warehouse_path.is_file()


@pytest.mark.parametrize("bank", [{"customers": 41}, None])
def test_make_room__another_bank_sets_the_demo_aside(
    settings: Settings, bank: dict[str, int] | None
) -> None:
    load(settings, 1)
    remember(settings, BANK)
    aside = make_room(settings, bank)
    assert aside == settings.data_dir / SET_ASIDE
    assert aside.is_file()
    assert not settings.warehouse_path.exists()
    assert not (settings.data_dir / MARKER).exists()


def test_make_room__real_feeds_are_neither_mixed_nor_moved(settings: Settings) -> None:
    load(settings, 1)
    with pytest.raises(UserInputError, match="not the demo's"):
        make_room(settings, BANK)
    assert make_room(settings, None) is None
    assert settings.warehouse_path.is_file()


def test_make_room__feeds_added_to_a_demo_make_it_real(settings: Settings) -> None:
    load(settings, 1)
    remember(settings, BANK)
    load(settings, 2)
    with pytest.raises(UserInputError):
        make_room(settings, BANK)
    assert make_room(settings, None) is None
    assert settings.warehouse_path.is_file()


def test_make_room__an_interrupted_demo_goes_on(settings: Settings) -> None:
    remember(settings, BANK, loading=True)
    load(settings, 1)
    assert make_room(settings, BANK) is None
    assert settings.warehouse_path.is_file()


def test_make_room__a_broken_note_counts_as_none(settings: Settings) -> None:
    load(settings, 1)
    (settings.data_dir / MARKER).write_text("{", encoding="utf-8")
    with pytest.raises(UserInputError):
        make_room(settings, BANK)


def test_demo_feeds__the_synthetic_bank_stays_until_feeds_are_found(
    settings: Settings, tmp_path: Path
) -> None:
    load(settings, 1)
    remember(settings, BANK)
    before = settings.warehouse_path.read_bytes()
    folder = tmp_path / "feeds"
    folder.mkdir()

    def demo(display: Display, connector: str | None = None) -> None:
        moment = datetime(2026, 1, 2, tzinfo=UTC)
        demo_feeds_step(
            display, settings, feeds=folder, connector=connector, customers=40, loaded_at=moment
        )

    with Display() as display:
        with pytest.raises(UserInputError, match="no feeds in"):
            demo(display)
        with pytest.raises(FeedError, match=r"account\.asc"):
            demo(display, "berka")
        assert settings.warehouse_path.read_bytes() == before
        assert not (settings.data_dir / SET_ASIDE).exists()
        write_feed(folder, "customers", [customer(2)])
        demo(display)
    assert (settings.data_dir / SET_ASIDE).read_bytes() == before
