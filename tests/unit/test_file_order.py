"""Files of a folder come in the order of what their names say."""

from __future__ import annotations

import random
from pathlib import Path, PurePath

import pytest

from financial_analytics.errors import UserInputError
from financial_analytics.ingest.contract_file import load_contract
from financial_analytics.ingest.discover import discover
from financial_analytics.ingest.file_order import in_order
from financial_analytics.settings import find_project_dir


@pytest.mark.parametrize(
    "names",
    [
        ["t_2.csv", "t_10.csv"],
        ["t_2024-01-31.csv", "t_2024-02-01.csv"],
        ["t_20240131.csv", "t_20240201.csv"],
        ["t_31-01-2024.csv", "t_01-02-2024.csv", "t_28-02-2024.csv"],
        ["t_12-31-2023.csv", "t_01-15-2024.csv", "t_02-01-2024.csv"],
        ["t 5.1.2024.csv", "t 4.2.2024.csv"],  # dots: the day comes first
        ["t_1-Dec-2023.csv", "t_02-Jan-2024.csv", "t_1-February-2024.csv"],
        ["t_dec2023.csv", "t_jan2024.csv", "t_apr2024.csv"],
        ["t_2023-12-31.csv", "t_31.01.2024.csv", "t_01.02.2024.csv"],
        ["t_01-01-2023.csv", "t_02-01-2024.csv"],  # either way
        ["t_99-99-2024.csv", "t_100.csv"],  # no date
        ["z.csv", "a/b.csv"],
    ],
)
def test_in_the_order_of_their_dates(names: list[str]) -> None:
    for seed in range(5):
        shuffled = random.Random(seed).sample(names, len(names))
        assert in_order(shuffled, PurePath) == names


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["t_03-04-2024.csv", "t_04-03-2024.csv"], "whether the day or the month comes first"),
        (["t_31-01-2024.csv", "t_01-31-2024.csv"], "dates of two orders: 31-01-2024 and"),
    ],
)
def test_what_cannot_be_told_is_asked(names: list[str], message: str) -> None:
    with pytest.raises(UserInputError, match=message) as caught:
        in_order(names, PurePath)
    assert "give the files in their order" in str(caught.value.hint)


def test_a_folder_is_loaded_in_that_order(tmp_path: Path) -> None:
    for name in ("accounts_01-02-2024.csv", "accounts_31-01-2024.csv"):
        (tmp_path / name).write_text("account_id\n1\n")
    found = [
        feed.source_file for feed in discover([tmp_path], load_contract(find_project_dir())).feeds
    ]
    assert found == ["accounts_31-01-2024.csv", "accounts_01-02-2024.csv"]
