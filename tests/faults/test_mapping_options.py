# ruff: noqa: DTZ001
"""Each key of a mapping: what it reads, what goes to quarantine under it, what it refuses."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from financial_analytics.errors import UserInputError
from financial_analytics.ingest import as_text
from financial_analytics.ingest.contract_file import load_contract
from financial_analytics.ingest.expressions import check_expression
from financial_analytics.ingest.mapping import load_mapping

if TYPE_CHECKING:
    from conftest import Bank

ROW = {
    "transaction_id": "1001", "account_id": "10", "customer_id": "100",
    "transaction_date": "2024-05-09", "transaction_type": "Purchase", "amount": "-5.00",
    "currency": "USD",
}  # fmt: skip
PRODUCT = {"product_id": "50", "product_name": "Loan", "category": "Loan"}


def write(bank: Bank, table: str, rows: list[dict[str, str]], form: str = "csv") -> Path:
    path = bank.folder / "feeds" / f"{table}_m.{form}"
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = [[row.get(name, "") for row in rows] for name in names]
    if form == "parquet":
        pq.write_table(pa.table(dict(zip(names, columns, strict=True))), path)
        return path
    lines = [names, *zip(*columns, strict=True)]
    path.write_text("".join(";".join(line) + "\n" for line in lines), encoding="utf-8")
    return path


def load(
    bank: Bank, rows: list[dict[str, str]], said: dict[str, Any], table: str = "transactions",
    *, form: str = "csv", shared: dict[str, Any] | None = None,
) -> Any:  # fmt: skip
    mapping: dict[str, Any] = {table: said} if said else {}
    if shared:
        mapping["all_tables"] = shared
    return bank.ingest(write(bank, table, rows, form), mapping=mapping)


def numbered(row: dict[str, str], values: list[dict[str, str]]) -> list[dict[str, str]]:
    key = next(iter(row))
    first = int(row[key])
    return [row | {key: str(first + n)} | value for n, value in enumerate(values)]


def stored(bank: Bank, column: str, table: str = "transactions") -> list[Any]:
    key = load_contract()[table].key[0]
    first = {"transactions": 1000, "products": 49}.get(table, 0)
    query = f"select {column} from ingestion_raw_data.{table} where {key} > {first} order by {key}"
    return [value for (value,) in bank.sql(query)]


def rules(bank: Bank) -> list[tuple[str, str]]:
    return [(column, rule) for _, column, rule, _ in bank.quarantine()]


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_dates_in_the_formats_declared(bank: Bank, form: str) -> None:
    texts = ["05/16/2004", "5/6/2024", " 12/31/2023 ", "02/30/2024", "2024-05-16", "05/16/24", ""]
    rows = numbered(ROW, [{"transaction_date": text} for text in texts])
    load(bank, rows, {"all_columns": {"date": "%m/%d/%Y"}}, form=form)
    assert stored(bank, "transaction_date") == [
        datetime(2004, 5, 16), datetime(2024, 5, 6), datetime(2023, 12, 31),
    ]  # fmt: skip
    assert rules(bank) == [("transaction_date", "timestamp")] * 3 + [
        ("transaction_date", "required")
    ]
    assert "'2024-05-16' is not a day of the calendar written %m/%d/%Y" in bank.quarantine()[1][3]


def test_several_formats_and_a_time_of_day(bank: Bank) -> None:
    texts = ["16.05.2024 13:45", "16-MAY-24", "2024-05-16 01:02:03", "2024-05-16T02:00:00+02:00"]
    rows = numbered(ROW, [{"transaction_date": text} for text in texts])
    said = {"transaction_date": {"date": ["%d-%b-%y", "iso"], "time": "%d.%m.%Y %H:%M"}}
    load(bank, rows, said)
    assert stored(bank, "transaction_date") == [
        datetime(2024, 5, 16, 13, 45), datetime(2024, 5, 16), datetime(2024, 5, 16, 1, 2, 3),
        datetime(2024, 5, 16),
    ]  # fmt: skip


def test_a_day_takes_no_time_and_a_sentinel_is_no_date(bank: Bank) -> None:
    account = {
        "account_id": "20", "customer_id": "100", "product_id": "1", "account_status": "Active",
        "open_date": "01.02.2020", "close_date": "01.01.1900",
    }  # fmt: skip
    days = [{}, {"close_date": "03.04.2021 00:00"}, {"close_date": "03.04.2021 10:00"},
            {"open_date": "x"}]  # fmt: skip
    said = {"all_columns": {"date": "%d.%m.%Y", "time": "%d.%m.%Y %H:%M"}}
    load(bank, numbered(account, days), said, "accounts")
    query = "select close_date from ingestion_raw_data.accounts where account_id >= 20"
    query += " order by account_id"
    assert bank.sql(query) == [(None,), (date(2021, 4, 3),)]
    assert rules(bank) == [("close_date", "date"), ("open_date", "date")]  # not the sentinel


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_money_is_rounded_half_away_from_zero(bank: Bank, form: str) -> None:
    texts = ["96960.12705195931", "-0.125", "0.135", "1.005", "-1.0049999999999999", "12", "1e-05",
             "1_0", "inf", "9" * 20]  # fmt: skip
    rows = numbered(ROW, [{"amount": text} for text in texts])
    load(bank, rows, {"amount": {"round": "half_up", "decimal": "point"}}, form=form)
    expected = ["96960.13", "-0.13", "0.14", "1.01", "-1.01", "12.00", "0.00"]
    assert stored(bank, "amount") == [Decimal(text) for text in expected]
    assert [rule for _, rule in rules(bank)] == ["number", "not_finite", "overflow"]


def test_rounding_with_a_decimal_comma_and_thousands(bank: Bank) -> None:
    texts = ["1.234,565", "-7,005", "1.234.567,8", "1'234,5", "1,2.3"]
    rows = numbered(ROW, [{"amount": text} for text in texts])
    load(bank, rows, {"amount": {"round": "half_up", "decimal": "comma", "thousands": "point"}})
    assert stored(bank, "amount") == [Decimal(t) for t in ("1234.57", "-7.01", "1234567.80")]
    assert [rule for _, rule in rules(bank)] == ["number", "number"]


@pytest.mark.parametrize(
    ("thousands", "good", "bad"),
    [("comma", "1,234.5", "1'234.5"), ("point", "1.234,5", "1,234.5"),
     ("apostrophe", "1'234.5", "1,234.5"), ("space", "1 234.5", "1,234.5"),
     ("none", "1234.5", "1,234.5")],
)  # fmt: skip
def test_what_groups_thousands(bank: Bank, thousands: str, good: str, bad: str) -> None:
    rows = numbered(ROW, [{"amount": good}, {"amount": bad}])
    mark = {} if thousands in ("comma", "point") else {"decimal": "point"}
    load(bank, rows, {"amount": {"thousands": thousands, **mark}})
    assert stored(bank, "amount") == [Decimal("1234.50")]
    assert rules(bank) == [("amount", "number")]


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_words_of_truth_values_lists_and_codes(bank: Bank, form: str) -> None:
    values = [
        {"is_recurring": "Autopay Enabled", "currency": "Dollars", "transaction_type": "POS"},
        {"is_recurring": "autopay-enabled", "currency": " dollars ", "transaction_type": "pos"},
        {"is_recurring": "Autopay Off", "currency": "EUR", "transaction_type": "fee"},
        {"is_recurring": "false", "currency": "USD", "transaction_type": "Fee"},
        {"is_recurring": "other", "currency": "USD", "transaction_type": "Fee"},
    ]
    said = {
        "is_recurring": {"values": {"Autopay Enabled": True, "Autopay Off": False}},
        "currency": {"values": {"Dollars": "USD"}},
        "transaction_type": {"values": {"POS": "Purchase"}},
    }
    load(bank, numbered(ROW, values), said, form=form)
    assert stored(bank, "is_recurring") == [True, True, False, False]
    assert stored(bank, "currency") == ["USD", "USD", "EUR", "USD"]
    assert stored(bank, "transaction_type") == ["Purchase", "Purchase", "Fee", "Fee"]
    assert rules(bank) == [("is_recurring", "boolean")]


def test_cents_are_whole(bank: Bank) -> None:
    rows = numbered(ROW, [{"amount": text} for text in ("-1234", "5", "12.5", "1,000")])
    load(bank, rows, {"amount": {"unit": "cents", "decimal": "point"}})
    assert stored(bank, "amount") == [Decimal("-12.34"), Decimal("0.05"), Decimal("10.00")]
    assert [column for column, _ in rules(bank)] == ["amount"]


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_debit_and_credit_columns(bank: Bank, form: str) -> None:
    base = {k: v for k, v in ROW.items() if k != "amount"}
    pairs = [("10.00", ""), ("", "20.00"), ("3.00", "0.00"), ("0,00", "4"), ("0.00", "0.00"),
             ("1.00", "2.00"), ("", ""), ("-1.00", "")]  # fmt: skip
    rows = numbered(base, [{"Soll": debit, "Haben": credit} for debit, credit in pairs])
    report = load(bank, rows, {"amount": {"debit": "Soll", "credit": "Haben"}}, form=form)
    assert stored(bank, "amount") == [-10, 20, -3, 4, 0]
    assert rules(bank) == [("amount", "number"), ("amount", "required"), ("amount", "sign")]
    assert report.files[0].unknown_columns == ()


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_constants_and_expressions(bank: Bank, form: str) -> None:
    base = {k: v for k, v in ROW.items() if k not in ("currency", "amount")}
    rows = numbered(base, [{"Ref/No": "a/b", "Minor": "-1250"}, {"Ref/No": "c/d", "Minor": "7"}])
    said = {
        "currency": {"constant": "EUR"},
        "is_international": {"constant": True},
        "description": {"sql": "upper(split_part(\"Ref/No\", '/', 2)) || ' é'"},
        "amount": {"sql": "try_cast(Minor as decimal(18, 2)) / 100", "round": "half_up"},
    }
    report = load(bank, rows, said, form=form)
    assert report.exit_code == 0
    assert stored(bank, "currency") == ["EUR", "EUR"]
    assert stored(bank, "is_international") == [True, True]
    assert stored(bank, "description") == ["B é", "D é"]
    assert stored(bank, "amount") == [Decimal("-12.50"), Decimal("0.07")]


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_an_id_of_parts_is_kept(bank: Bank, form: str) -> None:
    """The case of ids that count from 1 in each account."""
    empty = type(bank)(bank.folder, bank.settings.__class__(
        bank.settings.project_dir, bank.folder / "new", bank.folder / "reports"))  # fmt: skip
    base = {k: v for k, v in ROW.items() if k != "transaction_id"}
    rows = [base | {"No": n, "account_id": a} for a, n in (("10", "1"), ("11", "1"), ("10", "2"))]
    rows.append(base | {"No": "", "account_id": "10"})
    report = load(empty, rows, {"transaction_id": {"parts": ["account_id", "No"]}}, form=form)
    assert (report.totals.accepted, report.totals.quarantined) == (3, 1)
    query = "select transaction_id, account_id from ingestion_raw_data.transactions order by 1"
    assert empty.sql(query) == [(1, 10), (2, 10), (3, 11)]
    query = "select source_id, kept_id from ingestion_raw_data._keys order by 2"
    assert empty.sql(query) == [("10|1", 1), ("10|2", 2), ("11|1", 3)]
    again = load(empty, rows[:2], {"transaction_id": {"parts": ["account_id", "No"]}}, form=form)
    assert (again.totals.duplicates, again.totals.accepted) == (2, 0)


def test_kept_ids_and_ids_of_the_source_do_not_meet(bank: Bank) -> None:
    shared = {"ids": ["accounts"]}
    report = load(bank, [ROW], {}, shared=shared)
    assert "accounts has rows that were loaded under the ids of their source" in as_text(report)
    assert report.exit_code == 3
    load(bank, [ROW | {"merchant_id": "M-1"}], {}, shared={"ids": ["merchants"]})
    assert stored(bank, "merchant_id") == [1]
    other = load(bank, numbered(ROW, [{}, {"merchant_id": "7"}])[1:], {})
    assert "the ids of merchants in this warehouse are from a mapping" in as_text(other)
    assert stored(bank, "merchant_id") == [1]


def test_null_words_lines_above_and_separators_of_a_table(bank: Bank) -> None:
    path = write(bank, "transactions", [ROW | {"description": "k.A."}])
    path.write_text("Bank X;;\nsecret line\n" + path.read_text(), encoding="utf-8")
    said = {"all_columns": {"null": ["k.A."], "skip_lines": 2, "delimiter": ";"}}
    report = bank.ingest(path, mapping={"transactions": said})
    assert (report.totals.accepted, report.files[0].remarks) == (1, ())
    assert stored(bank, "description") == [None]
    wrong = {"transactions": {"all_columns": {"skip_lines": 9}}}
    assert "no line below the first 9" in as_text(bank.ingest(path, mapping=wrong))


def test_a_column_that_a_file_lacks_refuses_it_with_what_it_has(bank: Bank) -> None:
    for said in (
        {"Ref": "description"}, {"description": {"sql": "upper(Ref)"}}, {"Ref": "ignored"},
        {"amount": {"debit": "Ref", "credit": "amount"}},
        {"transaction_id": {"parts": ["Ref", "amount"]}},
    ):  # fmt: skip
        report = load(bank, [ROW], said)
        [refused] = report.refused
        assert "names ref, which this file does not have; columns found: transaction_id" in (
            refused.message.replace("names Ref", "names ref")
        )
        assert refused.hint


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"all_tables": {"dates": "%Y"}}, "unknown option dates"),
        ({"all_tables": {"ids": ["nothing"]}}, "has ids of nothing"),
        ({"all_tables": {"ids": ["merchant_category_codes"]}}, "has ids of merchant_category"),
        ({"products": {"all_columns": {"unit": "percent"}}}, "unknown option unit"),
        ({"products": {"updated_at": {"date": "%m/%d"}}}, "does not say year, month and day"),
        ({"products": {"updated_at": {"date": "%m/%d/%Q"}}}, "unknown part %Q"),
        ({"products": {"updated_at": {"date": "%m/%d/%Y %H:%M"}}}, "has a time of day"),
        ({"products": {"updated_at": {"time": "%m/%d/%Y %I:%M"}}}, "no %p"),
        ({"products": {"min_balance": {"date": "%m/%d/%Y"}}}, "has date; min_balance is of type"),
        ({"products": {"product_name": {"round": "half_up"}}}, "has round; product_name"),
        ({"products": {"min_balance": {"round": "up"}}}, "has round 'up'"),
        ({"products": {"min_balance": {"thousands": "."}}}, "has thousands '.'"),
        ({"products": {"min_balance": {"thousands": "comma", "decimal": "comma"}}}, "groups thous"),
        ({"products": {"min_balance": {"unit": "percent"}}}, "has the unit 'percent'"),
        ({"products": {"product_tier": {"constant": "Gold"}}}, "constant 'Gold'"),
        ({"products": {"nothing": {"constant": 1}}}, "makes products.nothing"),
        ({"products": {"is_premium": {"constant": True, "null": "x"}}}, "cannot be understood"),
        ({"products": {"is_premium": {"values": {"x": "maybe"}}}}, "sends a word to 'maybe'"),
        ({"transactions": {"currency": {"values": {"x": "Euro"}}}}, "sends a word to 'Euro'"),
        ({"transactions": {"amount": {"debit": "a"}}}, "cannot be understood"),
        ({"loan_payments": {"actual_amount": {"debit": "a", "credit": "b"}}}, "a debit and a cred"),
        ({"transactions": {"amount": {"debit": "a", "credit": "b"}, "x": "amount"}}, "both makes"),
        ({"transactions": {"device_id": {"parts": ["a", "b"]}}}, "device_id is no number"),
        ({"transactions": {"description": {"sql": "(select 1)"}}}, "has a subquery"),
        ({"transactions": {"all_columns": {"skip_lines": -1}}}, "has skip_lines -1"),
        ({"transactions": {"all_columns": {"short_lines": "yes"}}}, "has short_lines 'yes'"),
    ],
)
def test_a_mapping_that_cannot_be_meant(mapping: Any, message: str) -> None:
    with pytest.raises(UserInputError) as caught:
        load_mapping(mapping, load_contract())
    assert message in caught.value.message
    assert caught.value.hint


def test_a_key_that_is_there_twice(tmp_path: Path) -> None:
    path = tmp_path / "m.yml"
    path.write_text("products: {a: product_id, a: category}\n")
    with pytest.raises(UserInputError, match="'a' is there twice"):
        load_mapping(path, load_contract())


@pytest.mark.parametrize(
    "text",
    ["1) from t; drop table x; select (1", "a, b", "sum(a)", "row_number() over ()", "now()",
     "random()", "uuid()", "read_text('/etc/passwd')", "getenv('HOME')", "*", "?",
     "nextval('s')", "t.a", "list_transform([1], x -> x)", "version()", "a b c", "",
     "current_setting('threads')"],
)  # fmt: skip
def test_no_expression_over_one_row(text: str) -> None:
    with pytest.raises(UserInputError) as caught:
        check_expression(text, "transactions.description")
    assert caught.value.hint


def test_a_clock_without_brackets_is_a_column_that_no_file_has(bank: Bank) -> None:
    report = load(bank, [ROW], {"description": {"sql": "current_date"}})
    assert "names current_date, which this file does not have" in report.refused[0].message


@pytest.mark.parametrize(
    "text",
    ["a || '-' || \"B c\"", "case when a > '1' then b end", "try_cast(a as decimal(18, 2)) * 2",
     "a::date + 1", "coalesce(a, b)", "a[1:3]", "date '2020-01-01'", "a in ('x', 'y') -- why"],
)  # fmt: skip
def test_expressions(text: str) -> None:
    check_expression(text, "transactions.description")
