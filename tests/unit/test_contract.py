"""The contract file itself, and what the loader says when it contradicts itself."""

from __future__ import annotations

from typing import Any

import pytest

from financial_analytics.errors import UserInputError
from financial_analytics.ingest.contract import Contract
from financial_analytics.ingest.contract_file import load_contract, parse_contract


def document(**changes: Any) -> dict[str, Any]:
    table: dict[str, Any] = {
        "name": "things",
        "config": {
            "meta": {"kind": "event", "key": ["thing_id"], "correction": {"same": ["colour"]}}
        },
        "columns": [
            {
                "name": "thing_id",
                "data_type": "integer",
                "config": {"meta": {"required": True, **changes.pop("column_meta", {})}},
            },
            {"name": "colour", "data_type": "text", "config": {"meta": {"values": ["Red"]}}},
        ],
    }
    table["config"]["meta"] |= changes.pop("table_meta", {})
    table |= changes
    return {"sources": [{"name": "ingestion_raw_data", "tables": [table]}]}


def test_the_contract_has_the_22_tables() -> None:
    contract = load_contract()
    assert len(contract) == 22
    assert contract["transactions"].key == ("transaction_id",)
    assert len(contract["transactions"].columns) == 35
    assert {table.name for table in contract if table.kind == "entity"} == {
        "products", "merchants", "customers", "accounts", "marketing_campaigns",
        "branch_locations", "atm_locations",
    }  # fmt: skip


def test_every_event_time_is_guarded_against_the_future() -> None:
    """A clock that a feed can move must be a `past` column."""
    for table in load_contract():
        if table.event_time:
            assert table.column(table.event_time).past, table.name


def test_every_date_that_steers_has_a_class() -> None:
    """No event, version or required date may be just anything."""
    for table in load_contract():
        for column in table.columns:
            steers = column.name in (table.event_time, table.version_time) or column.required
            if column.family in ("date", "timestamp") and steers:
                assert column.dates, f"{table.name}.{column.name}"
        if table.event_time:
            dates = table.column(table.event_time).dates
            assert dates
            assert dates.name == "event"


def test_every_event_says_when_it_is_the_same() -> None:
    """By what it refers to, and by its time: ids that start again each year are other things."""
    for table in load_contract():
        rule = table.correction
        assert (rule is not None) == (table.kind in ("event", "accumulating")), table.name
        if rule:
            assert set(rule.same) & set(table.references), table.name
            assert not {*rule.same, *rule.within_days} & {*table.key}, table.name
            assert all(days < 365 for days in rule.within_days.values()), table.name
            assert rule.within_days, table.name


def test_column_attributes() -> None:
    amount = load_contract()["transactions"].column("amount")
    assert (amount.family, amount.scale, amount.sql_type) == ("decimal", 2, "decimal(18, 2)")
    email = load_contract()["customers"].column("email")
    assert (email.pii, email.sql_type) == ("email", "varchar")
    with pytest.raises(KeyError):
        load_contract()["customers"].column("nothing")


def test_a_contract_parses() -> None:
    contract = parse_contract(document())
    assert isinstance(contract, Contract)
    assert contract["things"].column("colour").values == ("Red",)


def listed(**meta: Any) -> dict[str, Any]:
    return document(columns=[{"name": "w", "data_type": "text", "config": {"meta": meta}}])


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ({}, "has no source called ingestion_raw_data"),
        (document(table_meta={"kind": "fact"}), "has kind 'fact'; valid are entity, event"),
        (document(table_meta={"key": []}), "table things has no key"),
        (document(table_meta={"key": ["colour"]}), "key column colour must be required"),
        (document(table_meta={"key": ["nope"]}), "names columns it does not have: nope"),
        (document(table_meta={"references": {"thing_id": "x"}}), "refers to the unknown table x"),
        (document(table_meta={"version_time": "colour"}), "version_time belongs to the kinds"),
        (document(table_meta={"kind": "entity"}), "version_time belongs to the kinds"),
        (document(table_meta={"correction": None}), "says under correction what two rows"),
        (document(table_meta={"correction": ["colour"]}), "correction has the form {same"),
        (document(table_meta={"correction": {"same": ["nope"]}}), "does not have: nope"),
        (document(table_meta={"correction": {"same": ["colour"], "with": 1}}), "unknown meta with"),
        (document(table_meta={"correction": {"same": ["colour"], "within_days": {"colour": 1}}}),
         "counts between dates, not colour"),
        (document(table_meta={"correction": {"same": ["colour"], "within_days": {"day": "1"}}}),
         "within_days of day is a whole number, not '1'"),
        (document(table_meta={"colour": 1}), "unknown meta colour; valid are"),
        (document(column_meta={"requird": 1}), "column thing_id has unknown meta requird"),
        (document(column_meta={"minimum": 2, "maximum": 1}), "minimum 2 is above maximum 1"),
        (document(column_meta={"values": ["a"]}), "a list of words needs type text, not integer"),
        (listed(values=["a"], words=["b"]), "has values and words; a list is closed or open"),
        (listed(words=["A b", "a-B"]), "two words of a list differ in case or hyphens only"),
        (listed(words=["a"], synonyms={"b": ["c"]}), "synonyms of 'b', which its list does not"),
        (listed(words=["a", "b"], synonyms={"a": ["B"]}), "the synonym 'B' is there twice"),
        (document(column_meta={"date_class": "event"}), "date_class 'event'; valid are"),
        (document(columns=[{"name": "a", "data_type": "float"}]), "type 'float'; valid are"),
    ],
)  # fmt: skip
def test_a_contract_that_contradicts_itself(broken: dict[str, Any], message: str) -> None:
    with pytest.raises(UserInputError) as caught:
        parse_contract(broken)
    assert message in caught.value.message


def test_missing_contract_file(tmp_path: Any) -> None:
    with pytest.raises(UserInputError, match="is missing"):
        load_contract(tmp_path)
