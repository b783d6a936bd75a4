"""The Berka connector: the real files to the cell, and every refusal on small written files."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from tests.warehouse import berka, berka_deltas

from financial_analytics.errors import FeedError
from financial_analytics.ingest import ingest
from financial_analytics.ingest.connectors.berka import (
    CARD_ACCOUNT_OFFSET,
    LOAN_ACCOUNT_OFFSET,
    feeds,
)
from financial_analytics.ingest.contract_file import load_contract
from financial_analytics.settings import Settings, find_project_dir

needs_berka = pytest.mark.skipif(
    berka.missing_berka() is not None, reason=berka.missing_berka() or "the Berka data are here"
)
LOADED_AT = datetime(2024, 1, 1, tzinfo=UTC)

# A bank of two accounts: client 1 (a woman) owns account 1 and took a loan of 3 x 100 that is
# finished and paid; client 2 may use it; client 3 owns account 2, has a gold card and a loan of
# 2 x 500 that ran out unpaid.
SMALL: dict[str, str] = {
    "account": """"account_id";"district_id";"frequency";"date"
1;1;"POPLATEK MESICNE";930105
2;2;"POPLATEK TYDNE";930201
""",
    "card": """"card_id";"disp_id";"type";"issued"
7;3;"gold";930310 00:00:00
""",
    "client": """"client_id";"birth_number";"district_id"
1;"605228";1
2;"440301";1
3;"701213";2
""",
    "disp": """"disp_id";"client_id";"account_id";"type"
1;1;1;"OWNER"
2;2;1;"DISPONENT"
3;3;2;"OWNER"
""",
    "district": """A1;A2;A3;A4;A12;A15
1;"Hl.m. Praha";"Prague";1204953;0.29;85677
2;"Jesenik";"north Moravia";42821;?;?
""",
    "loan": """"loan_id";"account_id";"date";"amount";"duration";"payments";"status"
4;1;930215;300;3;100.00;"A"
5;2;930220;1000;2;500.00;"B"
""",
    "order": """"order_id";"account_id";"bank_to";"account_to";"amount";"k_symbol"
1;1;"QR";"123";100.10;"UVER"
2;1;"QR";"123";100.10;"SIPO"
""",
    "trans": """"trans_id";"account_id";"date";"type";"operation";"amount";"balance";"k_symbol";"bank";"account"
11;1;930105;"PRIJEM";"VKLAD";1000.00;1000.00;"";;
12;1;930312;"VYDAJ";"PREVOD NA UCET";100.10;899.90;"UVER";"QR";"123"
13;2;930315;"PRIJEM";"PREVOD Z UCTU";700.00;700.00;"DUCHOD";"ST";"9"
14;1;930412;"VYDAJ";"PREVOD NA UCET";100.10;799.80;"UVER";"QR";"123"
15;2;930412;"VYDAJ";"PREVOD NA UCET";500.00;200.00;"UVER";"QR";"77"
16;2;930430;"VYDAJ";"VYBER";300.00;-99.40;" ";;
17;2;930430;"PRIJEM";;0.60;200.60;"UROK";;
18;1;930512;"VYDAJ";"PREVOD NA UCET";100.10;699.70;"UVER";"QR";"123"
19;2;930531;"VYDAJ";"VYBER";1.20;-100.60;"SANKC. UROK";;
20;2;930531;"VYDAJ";"VYBER KARTOU";10.00;-110.60;"";;
""",  # noqa: E501
}

Writer = Callable[..., Path]


@pytest.fixture
def small_bank(tmp_path: Path) -> Writer:
    def write(**changed: str | None) -> Path:
        folder = tmp_path / "small_bank"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for name, text in {**SMALL, **changed}.items():
            if text is not None:
                (folder / f"{name}.asc").write_text(text, encoding="utf-8")
        return folder

    return write


@pytest.fixture(scope="module")
def bank() -> dict[str, pa.Table]:
    return dict(feeds(berka.berka_dir()))


@pytest.fixture
def ask(bank: dict[str, pa.Table]) -> Callable[[str], list[tuple[Any, ...]]]:
    connection = duckdb.connect()
    for name, table in bank.items():
        connection.register(name, table)
    for name in berka.FILES:
        connection.register(f"raw_{name}", berka.raw(name))

    def run(query: str) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = connection.execute(query).fetchall()
        return rows

    return run


@pytest.fixture(scope="module")
def loaded_once(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = _settings(tmp_path_factory.mktemp("berka"))
    ingest([berka.berka_dir()], settings=settings, loaded_at=LOADED_AT, connector="berka")
    return settings


@pytest.fixture
def loaded(loaded_once: Settings, tmp_path: Path) -> Settings:
    """A warehouse of one's own with Berka loaded once."""
    settings = _settings(tmp_path)
    shutil.copytree(loaded_once.data_dir, settings.data_dir)
    return settings


def _settings(tmp_path: Path) -> Settings:
    return Settings(find_project_dir(), tmp_path / "data", tmp_path / "reports")


# --- the real files ------------------------------------------------------------------------------


@needs_berka
def test_berka__columns_and_types_are_the_contracts(bank: dict[str, pa.Table]) -> None:
    contract = load_contract(find_project_dir())
    arrow = {
        "integer": pa.int32(), "bigint": pa.int64(), "text": pa.string(), "boolean": pa.bool_(),
        "date": pa.date32(), "timestamp": pa.timestamp("us"),
        "decimal(18, 2)": pa.decimal128(18, 2),
    }  # fmt: skip
    for name, table in bank.items():
        for field in table.schema:
            assert field.type == arrow[contract[name].column(field.name).type], (name, field)
        for column in contract[name].columns:
            if column.required:
                assert table[column.name].null_count == 0, (name, column.name)


@needs_berka
def test_berka__counts_are_those_of_the_issue(ask: Any) -> None:
    assert ask("""
        select category, count(*) from accounts join products using (product_id)
        group by all order by 1
    """) == [("Credit", 892), ("Deposit", 4500), ("Loan", 682)]
    assert ask("select count(*), count(distinct customer_id) from customers") == [(5369, 5369)]
    assert ask("select count(*), count(distinct branch_id) from branch_locations") == [(77, 77)]
    assert ask("""
        select count(*), count(distinct transaction_id), sum(abs(amount)) from transactions
    """) == [(46997, 46997, Decimal("314625746.80"))]
    assert ask("select count(*), count(distinct account_id) from accounts") == [(6074, 6074)]


@needs_berka
def test_berka__loan_status_can_be_read_from_the_product(ask: Any) -> None:
    by_status = ask("""
        select substr(product_name, strpos(product_name, 'status ') + 7, 1), count(*)
        from accounts join products using (product_id) where category = 'Loan'
        group by all order by 1
    """)
    assert by_status == [("A", 203), ("B", 31), ("C", 403), ("D", 45)]
    wrong = ask(f"""
        select count(*) from raw_loan
        join accounts on accounts.account_id = {LOAN_ACCOUNT_OFFSET} + cast(loan_id as int)
        join products using (product_id)
        where product_name not like 'Loan, ' || duration || ' months, status ' || status || ' (%'
           or cast(product_id as varchar) <> (strpos('ABCD', status)) || lpad(duration, 3, '0')
           or strftime(open_date, '%y%m%d') <> raw_loan.date
    """)
    assert wrong == [(0,)]


@needs_berka
def test_berka__no_loan_is_over_before_the_feed_ends(ask: Any) -> None:
    assert ask("select distinct account_status, close_date from accounts") == [("Active", None)]


@needs_berka
def test_berka__every_source_row_keeps_its_id_and_owner(ask: Any) -> None:
    assert ask("""
        select count(*) from raw_account join raw_disp using (account_id)
        join accounts on accounts.account_id = cast(raw_account.account_id as int)
        where raw_disp.type = 'OWNER' and customer_id = cast(client_id as int)
    """) == [(4500,)]
    assert ask(f"""
        select count(*) from raw_card join raw_disp using (disp_id)
        join accounts on accounts.account_id = {CARD_ACCOUNT_OFFSET} + cast(card_id as int)
        join products using (product_id)
        where customer_id = cast(client_id as int)
          and lower(product_name) = raw_card.type || ' card'
    """) == [(892,)]


@needs_berka
def test_berka__amounts_are_signed_by_the_type_of_each_row(ask: Any) -> None:
    assert ask("""
        select raw_trans.type, count(*), min(sign(transactions.amount)),
            max(sign(transactions.amount))
        from raw_trans join transactions on transaction_id = cast(trans_id as bigint)
        where abs(transactions.amount) = cast(raw_trans.amount as decimal(18, 2))
          and strftime(transaction_date, '%y%m%d') = raw_trans.date
        group by all order by 1
    """) == [("PRIJEM", 21821, 1, 1), ("VYBER", 646, -1, -1), ("VYDAJ", 24530, -1, -1)]


@needs_berka
def test_berka__types_and_channels_of_transactions(ask: Any) -> None:
    assert ask("""
        select transaction_type, channel, count(*), sum(amount)
        from transactions group by all order by 1, 2 nulls last
    """) == [
        ("ATM Withdrawal", "ATM", 12, Decimal("-27200.00")),
        ("ATM Withdrawal", "Branch", 14089, Decimal("-116684893.00")),
        ("Deposit", "Branch", 9744, Decimal("131834030.50")),
        ("Deposit", None, 8305, Decimal("1098212.30")),
        ("Fee", None, 4618, Decimal("-78478.20")),
        ("Payment", "Branch", 114, Decimal("-825600.00")),
        ("Payment", None, 4370, Decimal("-16437716.80")),
        ("Transfer", None, 5745, Decimal("40418408.00")),
    ]


@needs_berka
def test_berka__every_remittance_repeats_a_standing_order(ask: Any) -> None:
    assert ask("""
        select description like 'VYDAJ / PREVOD NA UCET%', is_recurring, count(*)
        from transactions group by all order by 1
    """) == [(False, None, 40654), (True, True, 6343)]


@needs_berka
def test_berka__womens_birth_numbers_become_birth_dates(ask: Any) -> None:
    assert ask("""
        select cast(substr(birth_number, 3, 2) as int) > 50 as is_woman, count(*)
        from raw_client join customers on customer_id = cast(client_id as int)
        where strftime(date_of_birth, '%y') = substr(birth_number, 1, 2)
          and strftime(date_of_birth, '%d') = substr(birth_number, 5, 2)
          and month(date_of_birth)
              = cast(substr(birth_number, 3, 2) as int) - case when is_woman then 50 else 0 end
        group by all order by 1
    """) == [(False, 2724), (True, 2645)]
    assert ask("select min(date_of_birth), max(date_of_birth) from customers") == [
        (date(1911, 8, 20), date(1987, 9, 27))
    ]


@needs_berka
def test_berka__a_client_lives_in_the_district_and_joins_with_the_account(ask: Any) -> None:
    assert ask("""
        select count(*) from raw_client
        join raw_district on raw_district.A1 = raw_client.district_id
        join raw_disp using (client_id) join raw_account using (account_id)
        join customers on customer_id = cast(client_id as int)
        where city = A2 and state = A3 and strftime(signup_date, '%y%m%d') = raw_account.date
          and updated_at = signup_date
    """) == [(5369,)]


@needs_berka
def test_berka__loan_payments_are_the_uver_movements(ask: Any) -> None:
    assert ask("""
        select count(*), sum(actual_amount), count(distinct loan_payments.account_id),
            sum(scheduled_amount), min(day(actual_date)), max(day(actual_date))
        from loan_payments
    """) == [(123, Decimal("483565.80"), 34, Decimal("483567.00"), 12, 12)]
    assert ask(f"""
        select count(*) from loan_payments
        join transactions on payment_id = transaction_id
        join raw_loan on cast(loan_id as int) + {LOAN_ACCOUNT_OFFSET} = loan_payments.account_id
        where -transactions.amount = actual_amount and transaction_date = actual_date
          and cast(raw_loan.account_id as int) = transactions.account_id
          and scheduled_amount = cast(payments as decimal(18, 2))
          and description like '%UVER' and loan_payments.customer_id = transactions.customer_id
    """) == [(123,)]


@needs_berka
def test_berka__a_loans_balance_is_what_is_still_owed(ask: Any) -> None:
    assert ask(f"""
        select count(*), count(current_balance), count(*) filter (
            where -current_balance = cast(raw_loan.amount as decimal(18, 2)) - coalesce((
                select sum(actual_amount) from loan_payments
                where loan_payments.account_id = accounts.account_id
            ), 0)
        )
        from accounts
        join raw_loan on accounts.account_id = {LOAN_ACCOUNT_OFFSET} + cast(loan_id as int)
    """) == [(682, 37, 37)]


@needs_berka
def test_berka__nothing_moves_the_clock_past_the_last_movement(ask: Any) -> None:
    assert ask("""
        select (select max(transaction_date) from transactions),
            (select max(actual_date) from loan_payments)
    """) == [(datetime.fromisoformat("1994-03-30"), date(1994, 3, 12))]


@needs_berka
def test_berka__running_balances_reconcile_but_on_the_listed_days(
    bank: dict[str, pa.Table],
) -> None:
    connection = duckdb.connect()
    connection.register("transactions", bank["transactions"])
    differences = berka.account_day_differences(connection, "transactions")
    off = {key for key, value in differences.items() if abs(value) > berka.TOLERANCE}
    assert len(differences) == berka.ACCOUNT_DAYS
    assert off == berka.UNRECONCILED
    assert len(off) == 20
    assert max(abs(value) for value in differences.values()) == 0.70


@needs_berka
def test_berka__the_reported_balance_of_an_account_closes_its_last_day(
    bank: dict[str, pa.Table], ask: Any
) -> None:
    off = ask("""
        select account_id, abs(any_value(current_balance) - sum(transactions.amount))
        from transactions join accounts using (account_id)
        group by account_id having not abs(any_value(current_balance) - sum(transactions.amount)) <= 0.50
    """)  # noqa: E501
    assert off == [(9188, Decimal("0.70"))]
    assert ask("select count(current_balance) from accounts where account_id < 1000000") == [
        (1229,)
    ]


@needs_berka
def test_berka__the_same_files_give_the_same_tables(bank: dict[str, pa.Table]) -> None:
    again = feeds(berka.berka_dir())
    assert list(again) == list(bank)
    for name, table in again.items():
        assert table.equals(bank[name], check_metadata=True), name


@needs_berka
def test_berka__ingest_takes_every_row_once(bank: dict[str, pa.Table], loaded: Settings) -> None:
    ingest([berka.berka_dir()], settings=loaded, loaded_at=LOADED_AT, connector="berka")
    with duckdb.connect(str(loaded.warehouse_path), read_only=True) as connection:
        for name, table in bank.items():
            query = f"select count(*) from ingestion_raw_data.{name}"
            assert connection.execute(query).fetchall() == [(table.num_rows,)], name
        query = "select count(*) from ingestion_raw_data.quarantine"
        assert connection.execute(query).fetchall() == [(0,)]
        differences = berka.account_day_differences(connection, "ingestion_raw_data.transactions")
    off = {key for key, value in differences.items() if abs(value) > berka.TOLERANCE}
    assert off == berka.UNRECONCILED


# --- a bank small enough to check by hand --------------------------------------------------------


def test_small_bank__a_finished_loan_has_a_second_version_that_is_closed(
    small_bank: Writer,
) -> None:
    accounts = feeds(small_bank())["accounts"].to_pylist()
    loans = [
        (row["account_id"], row["product_id"], row["account_status"], row["close_date"],
         row["current_balance"], row["updated_at"].date())
        for row in accounts if row["account_id"] // LOAN_ACCOUNT_OFFSET == 1
    ]  # fmt: skip
    nothing, half = Decimal("0.00"), Decimal("-500.00")
    assert loans == [
        (1_000_004, 1003, "Active", None, nothing, date(1993, 2, 15)),
        (1_000_005, 2002, "Active", None, half, date(1993, 2, 20)),
        (1_000_004, 1003, "Closed", date(1993, 5, 15), nothing, date(1993, 5, 15)),
        (1_000_005, 2002, "Closed", date(1993, 4, 20), half, date(1993, 4, 20)),
    ]


def test_small_bank__a_disponent_is_a_customer_but_holds_no_account(small_bank: Writer) -> None:
    bank = feeds(small_bank())
    customers = {row["customer_id"]: row for row in bank["customers"].to_pylist()}
    assert customers[2]["signup_date"] == date(1993, 1, 5)
    assert {row["customer_id"] for row in bank["accounts"].to_pylist()} == {1, 3}
    assert [customers[key]["date_of_birth"] for key in (1, 2)] == [
        date(1960, 2, 28),
        date(1944, 3, 1),
    ]
    assert [customers[key]["city"] for key in (1, 3)] == ["Hl.m. Praha", "Jesenik"]


def test_small_bank__mapped_movements(small_bank: Writer) -> None:
    rows = feeds(small_bank())["transactions"].to_pylist()
    assert [
        (row["transaction_id"], row["customer_id"], row["transaction_type"], row["channel"],
         row["amount"], row["is_recurring"])
        for row in rows
    ] == [
        (11, 1, "Deposit", "Branch", Decimal("1000.00"), None),
        (12, 1, "Payment", None, Decimal("-100.10"), True),
        (13, 3, "Transfer", None, Decimal("700.00"), None),
        (14, 1, "Payment", None, Decimal("-100.10"), True),
        (15, 3, "Payment", None, Decimal("-500.00"), None),
        (16, 3, "ATM Withdrawal", "Branch", Decimal("-300.00"), None),
        (17, 3, "Deposit", None, Decimal("0.60"), None),
        (18, 1, "Payment", None, Decimal("-100.10"), True),
        (19, 3, "Fee", None, Decimal("-1.20"), None),
        (20, 3, "ATM Withdrawal", "ATM", Decimal("-10.00"), None),
    ]  # fmt: skip


def test_small_bank__header_only_files_give_empty_feeds(small_bank: Writer) -> None:
    folder = small_bank(**{name: text.split("\n", 1)[0] + "\n" for name, text in SMALL.items()})
    assert {name: table.num_rows for name, table in feeds(folder).items()} == {
        "products": 6, "customers": 0, "accounts": 0, "branch_locations": 0, "transactions": 0,
        "loan_payments": 0,
    }  # fmt: skip


def test_small_bank__file_names_may_be_in_upper_case(small_bank: Writer) -> None:
    folder = small_bank()
    (folder / "trans.asc").rename(folder / "TRANS.ASC")
    assert feeds(folder)["transactions"].num_rows == 10


def test_small_bank__unknown_codes_and_owners_end_in_quarantine(
    small_bank: Writer, tmp_path: Path
) -> None:
    folder = small_bank(
        trans=SMALL["trans"]
        + '21;1;930601;"PRIJEM";"DAREK";5.00;1.00;"";;\n'  # no such operation
        + '22;1;930601;"POSUN";"VKLAD";5.00;1.00;"";;\n'  # no such type
        + '23;9;930601;"PRIJEM";"VKLAD";5.00;1.00;"";;\n',  # no such account
        account=SMALL["account"] + '3;2;"POPLATEK ROCNE";930201\n',  # no such frequency
        disp=SMALL["disp"] + '4;2;3;"OWNER"\n',
        card=SMALL["card"] + '8;3;"platinum";930310 00:00:00\n',
        loan=SMALL["loan"] + '6;2;930520;100;1;100.00;"E"\n',
    )
    settings = _settings(tmp_path)
    ingest([folder], settings=settings, loaded_at=LOADED_AT, connector="berka")
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        faults = connection.execute("""
            select table_name, column_name, source_row, rejected_value
            from ingestion_raw_data.quarantine order by all
        """).fetchall()
        stored = connection.execute(
            "select count(*) from ingestion_raw_data.transactions"
        ).fetchall()
    assert {fault[:3] for fault in faults} == {
        ("accounts", "product_id", 3), ("accounts", "product_id", 6),
        ("accounts", "product_id", 10),
        ("transactions", "transaction_type", 11), ("transactions", "amount", 12),
        ("transactions", "transaction_type", 12), ("transactions", "customer_id", 13),
    }  # fmt: skip
    # words of no list, in a table with personal data: their shape
    assert {fault[3] for fault in faults} == {"xxxxx", None}
    assert stored == [(10,)]


@pytest.mark.parametrize("name", berka.FILES)
def test_refused__a_missing_file(small_bank: Writer, name: str) -> None:
    with pytest.raises(FeedError, match=rf"lacks {name}\.asc") as caught:
        feeds(small_bank(**{name: None}))
    assert caught.value.hint is not None


def test_refused__a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="is not a folder") as caught:
        feeds(tmp_path / "nowhere")
    assert "trans.asc" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("loan", '"status"', '"state"', r"loan\.asc lacks column status; it has loan_id, "),
        ("trans", ";", ",", r"trans\.asc lacks column .*trans_id"),
        ("disp", '2;2;1;"DISPONENT"', '2;2;1;"DISPONENT";9', r"disp\.asc is not text with ';'"),
        ("client", '"birth_number"', ' "birth_number"', r"client\.asc is not text with ';'"),
    ],
)  # fmt: skip
def test_refused__another_form(
    small_bank: Writer, name: str, old: str, new: str, message: str
) -> None:
    assert old in SMALL[name]
    with pytest.raises(FeedError, match=message) as caught:
        feeds(small_bank(**{name: SMALL[name].replace(old, new)}))
    assert caught.value.hint is not None


@pytest.mark.parametrize(
    ("name", "old", "new", "table", "words"),
    [
        ("trans", "1000.00;1000.00", "1,000.00;1000.00", "transactions",
         "trans.asc line 2: amount is '1,000.00', not an amount with a decimal point"),
        ("trans", "1.20;", "1.204;", "transactions", "trans.asc line 10: amount is '1.204'"),
        ("trans", "930512", "930532", "transactions",
         "trans.asc line 9: date is '930532', not a date"),
        ("trans", "13;2;", "13;two;", "transactions",
         "trans.asc line 4: account_id is 'two', not a whole number"),
        ("card", "930310 00:00:00", "10.3.93", "accounts",
         "card.asc line 2: issued is '10.3.93'"),
        ("loan", "930220;1000;2", "930220;1000;two", "accounts",
         "loan.asc line 3: duration is 'two'"),
        ("account", "930201", "930231", "accounts", "account.asc line 3: date is '930231'"),
        ("district", "2;\"Jesenik\"", "II;\"Jesenik\"", "branch_locations",
         "district.asc line 3: A1 is 'II'"),
        ("client", '"605228"', '"605231"', "customers",
         "client.asc line 2: birth_number is (not shown: personal data)"),
        ("client", '"605228"', '"602513"', "customers",
         "client.asc line 2: birth_number is (not shown: personal data)"),
    ],
)  # fmt: skip
def test_doubtful__a_value_of_another_form_sets_its_row_aside(
    small_bank: Writer, tmp_path: Path, name: str, old: str, new: str, table: str, words: str
) -> None:
    """All other rows load; what is read, accepted and set aside adds up."""
    assert old in SMALL[name]
    before, after = (
        {
            result.table: result.counts
            for result in ingest(
                [small_bank(**changed)], settings=_settings(tmp_path / place),
                loaded_at=LOADED_AT, connector="berka",
            ).files
        }
        for place, changed in (
            ("whole", {}), ("doubtful", {name: SMALL[name].replace(old, new, 1)})
        )
    )  # fmt: skip
    settings = _settings(tmp_path / "doubtful")
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        faults = connection.execute(
            "select table_name, source_row, reason from ingestion_raw_data.quarantine "
            "where rule = 'form' order by all"
        ).fetchall()
        everything = str(connection.execute("from ingestion_raw_data.quarantine").fetchall())
    assert {fault[0] for fault in faults} == {table}
    assert all(reason.startswith(words) for _, _, reason in faults)
    assert "605231" not in everything
    one = after[table]
    assert one.quarantined == len({row for _, row, _ in faults})
    assert one.read == one.accepted + one.duplicates + one.quarantined
    others = set(before) - {table, "loan_payments", "products"}
    if name == "account":  # the day that its owner signed up is that of the first account
        others -= {"customers"}
    assert {key: after[key].accepted for key in others} == {
        key: before[key].accepted for key in others
    }


def test_doubtful__rows_beside_the_feeds_are_told(small_bank: Writer, tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    folder = small_bank(disp=SMALL["disp"].replace("2;2;1", "2;x;1"))
    ingest([folder], settings=settings, loaded_at=LOADED_AT, connector="berka")
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        said = connection.execute(
            "select table_name, kind, concerned_count, words from ingestion_raw_data._remarks"
        ).fetchall()
    assert [row[:3] for row in said] == [("accounts", "rows_doubtful", 1)]
    assert said[0][3].startswith("disp.asc line 3: client_id is 'x', not a whole number")


def test_refused__another_encoding(small_bank: Writer) -> None:
    folder = small_bank()
    text = SMALL["district"].replace("Jesenik", "Jeseník")
    (folder / "district.asc").write_bytes(text.encode("cp1250"))
    with pytest.raises(FeedError, match=r"district\.asc is not text"):
        feeds(folder)


# --- the deltas that later tests load on top ------------------------------------------------------


@needs_berka
@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_history_delta__two_deliveries_the_second_dated_earlier(
    bank: dict[str, pa.Table], loaded: Settings, tmp_path: Path, form: berka_deltas.Form
) -> None:
    delta = berka_deltas.write_history_delta(bank, tmp_path / "delta", form)
    for folder in (delta.first, delta.second):
        ingest([folder], settings=loaded, loaded_at=LOADED_AT)
    with duckdb.connect(str(loaded.warehouse_path), read_only=True) as connection:
        batches = connection.execute("""
            select table_name, rows_accepted, rows_quarantined from ingestion_raw_data._batches
            where not starts_with(source_file, 'berka:') order by _batch_id
        """).fetchall()
        clients = connection.execute("""
            select customer_id, updated_at, city, state, _batch_id
            from ingestion_raw_data.customers order by customer_id, updated_at
        """).fetchall()
        accounts = connection.execute("""
            select account_id, updated_at, product_id
            from ingestion_raw_data.accounts order by account_id, updated_at
        """).fetchall()
    assert batches == [
        ("customers", 100, 0), ("accounts", 50, 0), ("customers", 1, 0), ("accounts", 1, 0),
    ]  # fmt: skip
    assert len(delta.client_versions) == 100
    assert len(delta.account_versions) == 50
    for key, versions in delta.client_versions.items():
        assert [row[1:4] for row in clients if row[0] == key] == versions
        places = [version[1:] for version in versions]
        assert all(a != b for a, b in pairwise(places))
    for key, account_versions in delta.account_versions.items():
        assert [row[1:] for row in accounts if row[0] == key] == account_versions
        products = [version[1] for version in account_versions]
        assert all(a != b for a, b in pairwise(products))
    # the earlier change arrived after the later one
    arrival = [row[4] for row in clients if row[0] == delta.twice_moved_client]
    assert len(arrival) == 3
    assert arrival[1] > arrival[2]
    assert len(delta.account_versions[delta.twice_changed_account]) == 3


@needs_berka
@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_transaction_delta__says_what_it_changes(
    bank: dict[str, pa.Table], loaded: Settings, tmp_path: Path, form: berka_deltas.Form
) -> None:
    delta = berka_deltas.write_transaction_delta(bank, tmp_path / "delta", form)
    posted = """
        with latest as (
            select *, row_number() over (
                partition by transaction_id order by _batch_id desc, _source_row desc
            ) as arrival
            from ingestion_raw_data.transactions
        )
        select year(transaction_date) * 100 + month(transaction_date), sum(amount)
        from latest where arrival = 1 and decline_reason is null group by all
    """
    with duckdb.connect(str(loaded.warehouse_path), read_only=True) as connection:
        before = dict(connection.execute(posted).fetchall())
    ingest([delta.folder], settings=loaded, loaded_at=LOADED_AT)
    with duckdb.connect(str(loaded.warehouse_path), read_only=True) as connection:
        after = dict(connection.execute(posted).fetchall())
        batch = connection.execute("""
            select rows_read, rows_accepted, rows_duplicate, rows_quarantined, rows_corrected
            from ingestion_raw_data._batches where not starts_with(source_file, 'berka:')
        """).fetchall()
        ids = connection.execute(
            "select count(distinct transaction_id) from ingestion_raw_data.transactions"
        ).fetchall()
    assert batch == [(7, delta.accepted, delta.duplicates, 0, delta.corrections)]
    assert ids == [(46997 + delta.row_change,)]
    change = {
        month: after[month] - before[month] for month in after if after[month] != before[month]
    }
    assert change == delta.posted_change
    assert set(change) == delta.months
    # a month of its own for every kind of correction, and the day that was already loaded
    assert len(delta.months) == 7
