"""An erased customer is in no byte of the hot store, and a stream brings nothing back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.faults.test_erase import KEY, MOMENT, NAME, bank
from tests.live.test_stream import one_go, put
from tests.support.lab import FIRST_LOAD, Lab
from tests.support.small_bank import transaction

from financial_analytics.cli_console import Display
from financial_analytics.cli_steps import hot_step
from financial_analytics.erasure import erase
from financial_analytics.errors import UserInputError
from financial_analytics.live.hot import MicroCounts, hot_path, open_hot
from financial_analytics.live.take import take_hot


def event(number: int, customer: int = 1) -> dict[str, object]:
    """Return a movement whose text names the customer."""
    row = transaction(
        number, "2024-04-21 10:00:00", "-3.00", customer_id=customer, description=f"to {NAME}"
    )
    return {name: value for name, value in row.items() if value is not None}


def holding(folder: Path, text: str) -> list[str]:
    """Return the files of the hot store that hold a text."""
    return [p.name for p in sorted(folder.iterdir()) if text.encode() in p.read_bytes()]


def bodies(path: Path) -> list[tuple[str, str | None]]:
    """Return whose the events are, and their texts."""
    with open_hot(path) as hot:
        rows = [json.loads(body) for _, _, body in hot.events_after(0)]
    return [(row["customer_id"], row.get("description")) for row in rows]


def test_a_hot_store_forgets_and_stays_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FA_PII_KEY", KEY)
    lab = Lab(tmp_path)
    lab.load(bank())
    path = hot_path(lab.settings)
    rejected = event(203) | {"currency": "Taler"}
    first = put(event(201), event(202, customer=2), rejected)
    assert one_go(first, path) == MicroCounts(read=3, accepted=2, quarantined=1)
    take_hot(lab.settings, loaded_at=FIRST_LOAD.replace(hour=9))
    assert holding(path.parent, NAME)
    plan = erase.plan_of(lab.settings, "duckdb")
    erase.erase_bronze(plan, ["1"], moment=MOMENT)
    assert erase.forget_hot(plan) == 2
    assert bodies(path) == [("-1", None), ("2", f"to {NAME}")]

    more = [*first, *put(event(204))]
    assert one_go(more, path) == MicroCounts(read=1, accepted=1)
    assert bodies(path)[-1] == ("-1", None)
    monkeypatch.setenv("FA_PII_KEY", "another")
    with pytest.raises(UserInputError, match="not the key"):
        one_go([*more, *put(event(205))], path)


def test_a_hot_store_that_is_newer_than_an_erasure_learns_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FA_PII_KEY", KEY)
    lab = Lab(tmp_path)
    lab.load(bank())
    erase.erase_bronze(erase.plan_of(lab.settings, "duckdb"), ["1"], moment=MOMENT)
    path = hot_path(lab.settings)
    one_go(put(event(201)), path)
    with Display() as display:
        hot_step(display, lab.settings, FIRST_LOAD.replace(hour=9), "duckdb")
    assert holding(path.parent, NAME) == []
    assert bodies(path) == [("-1", None)]
    assert (
        lab.value(
            "select count(*) from ingestion_raw_data.transactions where customer_id = -1"
            " and description is null and transaction_id = 201"
        )
        == 1
    )
