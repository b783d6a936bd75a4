"""Words that decide: known in any spelling, declared in a mapping, or counted in a warning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from financial_analytics.errors import UserInputError
from financial_analytics.ingest.contract_file import load_contract
from financial_analytics.ingest.vocabulary import plain

if TYPE_CHECKING:
    from conftest import Bank

KEYS = {
    "fraud_alerts": ["alert_id", "transaction_id", "alert_date", "updated_at"],
    "account_events": ["event_id", "account_id", "event_date"],
    "transactions": [
        *("transaction_id", "account_id", "customer_id", "transaction_date", "currency", "amount"),
        "transaction_type",
    ],
}
ROWS = {
    "fraud_alerts": lambda n: [str(n), "1", "2024-05-03 10:00:00", "2024-05-04 10:00:00"],
    "account_events": lambda n: [str(n), "10", "2024-05-03 10:00:00"],
    "transactions": lambda n: [str(1000 + n), "10", "100", "2024-05-03", "USD", "-5.00", "Fee"],
}


def load(
    bank: Bank, table: str, column: str, words: list[str], form: str = "csv", **options: Any
) -> tuple[list[str], list[str], Any]:
    """Load one row per word; return the words stored, the warnings of the column, the report."""
    path = bank.folder / "feeds" / f"{table}_w.{form}"
    header = [*KEYS[table], column]
    lines = [[*ROWS[table](number + 1), word] for number, word in enumerate(words)]
    if form == "parquet":
        columns = zip(*lines, strict=True)
        pq.write_table(pa.table(dict(zip(header, map(list, columns), strict=True))), path)
    else:
        path.write_text("".join(",".join(line) + "\n" for line in [header, *lines]))
    report = bank.ingest(path, **options)
    key = KEYS[table][0]
    wanted = "where transaction_id > 1000" if table == "transactions" else ""
    stored = bank.sql(f"select {column} from ingestion_raw_data.{table} {wanted} order by {key}")
    said = [text for file in report.files for text in file.warnings if text.startswith(column)]
    return [word for (word,) in stored], said, report


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_spellings_and_synonyms_become_the_word_of_the_contract(bank: Bank, form: str) -> None:
    words = ["FALSE_POSITIVE", " under-review ", "Fraud", "cleared", "Confirmed", "", "NULL"]
    stored, said, _ = load(bank, "fraud_alerts", "investigation_status", words, form)
    assert stored == [
        "False Positive", "Under Review", "Confirmed", "False Positive", "Confirmed", None, None,
    ]  # fmt: skip
    assert said == []


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_what_no_model_knows_is_loaded_and_counted(bank: Bank, form: str) -> None:
    words = ["Betrug", "betrug", "Betrug", "Confirmd", "Open"]
    stored, said, report = load(bank, "fraud_alerts", "investigation_status", words, form)
    assert stored == words
    assert report.totals.accepted == 5
    [text] = said
    # what is no word of any list may be a name: its shape is shown
    assert "'xxxxxx' (2), 'Confirmd' (1), 'xxxxxx' (1), in 4 rows" in text
    assert "fraud_alerts: {investigation_status: {values: {their word: Open" in text
    assert "new warehouse" not in text


def test_a_mapping_says_what_words_mean(bank: Bank) -> None:
    words = ["Betrug", "kein_Betrug", "In Arbeit", "Sonstiges", "fraud"]
    status = {
        "Betrug": "confirmed", "Kein Betrug": "False Positive", "in arbeit": "Under Review",
        "sonstiges": "ignored", "Fraud": "Closed",
    }  # fmt: skip
    mapping = {"fraud_alerts": {"investigation_status": {"values": status}}}
    first = load(bank, "fraud_alerts", "investigation_status", words)
    stored, said, report = load(
        bank, "fraud_alerts", "investigation_status", words, mapping=mapping
    )
    assert len(first[1]) == 1
    # of the same file, read otherwise: corrections
    assert stored[-4:] != words[-4:]
    assert report.totals.corrections == 4
    assert said == []
    newest = bank.sql(
        "select investigation_status from ingestion_raw_data.fraud_alerts"
        " qualify row_number() over (partition by alert_id order by _batch_id desc) = 1"
        " order by alert_id"
    )
    assert [word for (word,) in newest] == [
        "Confirmed", "False Positive", "Under Review", "Sonstiges", "Closed",
    ]  # fmt: skip


def test_words_that_make_the_thing_need_a_new_warehouse(bank: Bank) -> None:
    words = ["Account closure", "Konto geschlossen", "password_reset"]
    stored, said, _ = load(bank, "account_events", "event_type", words)
    assert stored == ["Account Closed", "Konto geschlossen", "Password Reset"]
    assert "in 1 rows" in said[0]
    assert "a new warehouse: rows loaded before keep their words" in said[0]


def test_a_closed_list_refuses_what_neither_list_nor_mapping_knows(bank: Bank) -> None:
    words = ["web", "Point-of-Sale", "Kasse", "Fax"]
    mapping = {"transactions": {"channel": {"values": {"KASSE": "Branch"}}}}
    stored, _, report = load(bank, "transactions", "channel", words, mapping=mapping)
    assert stored == ["Online", "POS", "Branch"]
    assert report.totals.quarantined == 1
    assert [rule for _, _, rule, _ in bank.quarantine()] == ["values"]


@pytest.mark.parametrize(
    ("table", "column", "said", "words"),
    [
        ("transactions", "channel", {"Fax": "ignored"}, "sends a word to 'ignored'"),
        ("transactions", "channel", {"Fax": "Telefax"}, "sends a word to 'Telefax'"),
        ("transactions", "channel", ["Fax"], "values is a list of words"),
        ("transactions", "device_id", {"a": "b"}, "device_id has no list of words"),
    ],
)
def test_a_mapping_to_no_word_is_refused(
    bank: Bank, table: str, column: str, said: Any, words: str
) -> None:
    with pytest.raises(UserInputError, match=words):
        bank.ingest(bank.folder, mapping={table: {column: {"values": said}}})


def test_synonyms_of_the_contract_are_of_one_word() -> None:
    for table in load_contract():
        for column in table.columns:
            spelt = [plain(word) for word in column.vocabulary]
            assert len({*spelt, *column.synonyms}) == len(spelt) + len(column.synonyms)
            assert all(plain(word) == word for word in column.synonyms)
