"""Who a customer is: erased, renamed, or somebody else under the same id."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Bank

HEAD = "customer_id,first_name,last_name,date_of_birth,ssn,signup_date,is_active,updated_at\n"
MARA = "Mara,Quill,1980-05-05,900111222"


def load(bank: Bank, *versions: str, month: int = 1) -> tuple[int, int]:
    """Load versions of customer 7, a month apart; return how many were accepted and not."""
    rows = "".join(
        f"7,{version},2020-01-01,true,2024-{month + number:02}-01\n"
        for number, version in enumerate(versions)
    )
    totals = bank.ingest(bank.write(f"customers_{month}.csv", HEAD + rows)).totals
    return totals.accepted, totals.quarantined


@pytest.mark.parametrize("erased", [
    "ERASED,ERASED,,", "REDACTED,[redacted],,***", ",,,", "Deleted,User deleted,,xxx-xx-xxxx",
    "anonymised,anonymized 2024-06-01,,000000000", "GDPR-ERASED,<removed>,1900-01-01,", "X,X,,",
    "NULL,None,,n/a", "deleted_7,deleted_7,,",
])  # fmt: skip
def test_an_erasure_is_a_version(bank: Bank, erased: str) -> None:
    """And nobody else may take the id afterwards."""
    assert load(bank, MARA) == (1, 0)
    assert load(bank, erased, month=2) == (1, 0)
    assert load(bank, "Bob,Smith,1991-02-03,800111222", month=3) == (0, 1)
    assert load(bank, MARA.replace("Quill", "Ray"), month=4) == (1, 0)
    assert load(bank, MARA, erased, month=5) == (2, 0)


@pytest.mark.parametrize(("first", "second", "is_version"), [
    (",Acme,,", ",Beta,,", True),
    (",Acme,,", ",Beta,,1", True),
    (MARA, "Mara,Ray,1980-05-05,900111222", True),
    (MARA, "Mara,Quill,1981-05-05,900111222", True),
    (MARA, "MARA, quill ,1980-05-05,900-11-1222", True),
    (MARA, "Mara,Ray,1981-05-05,900111222", False),
    (MARA, "Bob,Smith,1980-05-05,", False),
    ("Ann,Lee,,", "Bob,Ray,,", False),
    ("Ann,Lee,,", "Ann,,1980-01-01,5", True),
    ("Sue,Deletedo,,", "Bob,Removedi,,", False),
])  # fmt: skip
@pytest.mark.parametrize("files", [1, 2])
def test_one_column_changes_two_conflict(
    bank: Bank, first: str, second: str, is_version: bool, files: int
) -> None:
    if files == 1:
        assert load(bank, first, second) == ((2, 0) if is_version else (0, 2))
        return
    assert load(bank, first) == (1, 0)
    assert load(bank, second, month=2) == ((1, 0) if is_version else (0, 1))


def test_changes_one_after_the_other_in_one_file(bank: Bank) -> None:
    history = [MARA, "Mara,Ray,1980-05-05,900111222", "Mara,Ray,1981-05-05,900111222"]
    assert load(bank, *history) == (3, 0)
    assert load(bank, *history, month=1) == (0, 0)
    assert load(bank, MARA, month=6) == (1, 0)


def test_an_erased_version_in_between_hides_no_stranger(bank: Bank) -> None:
    assert load(bank, MARA, "ERASED,ERASED,,", "Bob,Smith,1991-02-03,800111222") == (0, 3)
