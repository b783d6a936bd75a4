# ruff: noqa: DTZ001
"""What ``fa ingest --profile`` proposes: the mapping of an export, and what it cannot know."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support import markers
from tests.support.foreign_export import MAPPING, write_export

from financial_analytics import cli
from financial_analytics.errors import UserInputError
from financial_analytics.ingest import ingest, load_contract
from financial_analytics.ingest.closeness import closest, closest_truth
from financial_analytics.ingest.mapping import load_mapping
from financial_analytics.ingest.names import propose_names
from financial_analytics.ingest.profile import Profile, profile
from financial_analytics.settings import Settings, find_project_dir
from financial_analytics.synthetic import generate, load_config

MOMENT = datetime(2026, 1, 2)


def settings(folder: Path) -> Settings:
    return Settings(find_project_dir(), folder / "data", folder / "reports")


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("profile")
    bank = generate(load_config(customers=120, transactions=3_000), folder / "bank", fmt="csv")
    return write_export(bank.batches[0], folder / "export", load_contract())


@pytest.fixture(scope="module")
def found(export: Path) -> Profile:
    return profile([export], settings=settings(export.parent), loaded_at=MOMENT)


def test_four_fifths_of_the_lines_are_proposed(found: Profile) -> None:
    proposed: dict[str, dict[str, Any]] = yaml.safe_load(found.as_yaml())
    wanted: dict[str, dict[str, Any]] = yaml.safe_load(MAPPING)
    lines = [(table, None) for table in wanted]
    lines += [(table, key) for table, entries in wanted.items() for key in entries]
    assert len(lines) == len(MAPPING.splitlines())
    same = [
        (table, key)
        for table, key in lines
        if table in proposed and (key is None or proposed[table].get(key) == wanted[table][key])
    ]
    assert len(same) >= 0.8 * len(lines), sorted(set(lines) - set(same))


def test_the_proposal_loads_the_export_as_it_is(export: Path, found: Profile) -> None:
    path = export.parent / "proposed.yml"
    path.write_text(found.as_yaml(), encoding="utf-8")
    where = settings(export.parent / "load")
    report = ingest([export], settings=where, loaded_at=MOMENT, mapping=path)
    assert report.exit_code == 0
    assert report.totals.quarantined < 0.001 * report.totals.read
    assert found.faults == []


def test_nothing_is_left_behind(export: Path, found: Profile) -> None:
    assert found.rows
    assert not (export.parent / "data").exists()


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_what_would_be_refused_is_said_with_an_example(tmp_path: Path) -> None:
    path = write(
        tmp_path, "transactions.csv",
        "Statement of July\n\nTxn No;Acct No;Cust No;Booking Date;Type;Betrag;Colour\n"
        "1;10;1;31.12.2023;Purchase;-1.234,50;red\n2;10;1;30.11.2023;Teleport;7,5;blue\n",
    )  # fmt: skip
    found = profile([path], settings=settings(tmp_path), loaded_at=MOMENT)
    text = found.as_yaml()
    assert yaml.safe_load(text) == {
        "all_tables": {"date": "%d.%m.%Y", "decimal": "comma"},
        "transactions": {
            "Txn No": "transaction_id", "Acct No": "account_id", "Cust No": "customer_id",
            "Booking Date": "transaction_date", "Type": "transaction_type", "Betrag": "amount",
        },
    }  # fmt: skip
    assert "# Colour is no column of the contract" in text
    assert "# currency is required and not in the file" in text
    assert "# Type: 'Teleport' (1 rows) is no word of transaction_type; valid are Purchase" in text
    assert any(
        "the whole file would be refused: required column currency" in n for n in found.notes
    )
    mapping = yaml.safe_load(text)
    mapping["transactions"]["currency"] = {"constant": "EUR"}
    report = ingest([path], settings=settings(tmp_path), loaded_at=MOMENT, mapping=mapping)
    assert (report.totals.accepted, report.totals.quarantined) == (1, 1)


def test_faults_of_a_column_are_counted(tmp_path: Path) -> None:
    path = write(
        tmp_path, "exchange_rates.csv",
        "rate_date,currency,rate_to_usd\n2024-01-02,EUR,1.1\n2024-02-31,EUR,1.1\n2024-01-03,$,1\n",
    )  # fmt: skip
    found = profile([path], settings=settings(tmp_path), loaded_at=MOMENT)
    assert [fault[1:4] for fault in found.faults] == [
        ("currency", "currency", 1), ("rate_date", "calendar", 1),
    ]  # fmt: skip
    assert "refused: rate_date (calendar) 1, such as: '2024-02-31' is not a day" in found.as_yaml()
    assert found.rows == {"exchange_rates": (3, 2)}


def test_days_that_say_neither_day_first_nor_month_first(tmp_path: Path) -> None:
    path = write(
        tmp_path, "exchange_rates.csv", "rate_date,currency,rate_to_usd\n02/03/2024,EUR,1.1\n"
    )
    text = profile([path], settings=settings(tmp_path), loaded_at=MOMENT).as_yaml()
    assert "# date: the sample fits %m/%d/%Y or %d/%m/%Y; no day above 12 tells them apart" in text


def test_the_command_prints_the_mapping_alone(
    export: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    monkeypatch.setenv("FA_DATA_DIR", str(tmp_path / "data"))
    assert cli.run(["ingest", "--profile", str(export / "fraud_alerts.csv")]) == 0
    out, err = capsys.readouterr()
    assert load_mapping(yaml.safe_load(out), load_contract()).tables["fraud_alerts"].names
    assert "0 of" in err
    assert not (tmp_path / "data").exists()
    with pytest.raises(UserInputError, match="no file belongs to a table"):
        profile([write(tmp_path, "x.csv", "a\n")], settings=settings(tmp_path), loaded_at=MOMENT)


def test_names_by_the_words_of_the_contract() -> None:
    contract = load_contract()
    names = ["TxnDate", "acct_nbr", "CCY", "Amt", "Colour", "Merchant"]
    found = propose_names(names, contract["transactions"], contract.name_words)
    assert found["TxnDate"] == "transaction_date"
    assert found["acct_nbr"] == "account_id"
    assert (found["CCY"], found["Amt"]) == ("currency", "amount")
    assert "Colour" not in found


@pytest.mark.parametrize(
    ("word", "meaning"),
    [("Resolved - Fraud", "Confirmed"), ("resolved: not fraud", "False Positive"),
     ("Confirmd", "Confirmed"), ("zebra", None)],
)  # fmt: skip
def test_words_by_closeness(word: str, meaning: str | None) -> None:
    column = load_contract()["fraud_alerts"].column("investigation_status")
    assert closest(column, word.replace(":", "")) == meaning


def test_truth_by_closeness() -> None:
    assert [closest_truth(w) for w in ("Autopay Enabled", "not enrolled", "perhaps")] == [
        True, False, None,
    ]  # fmt: skip


ANOTHER_CORE = {
    "accounts": "Account #=account_id; CIF No=customer_id; Product Code=product_id; "
    "Acct Status=account_status; Date Opened=open_date; Date Closed=close_date; "
    "Ledger Balance=current_balance; Available Bal=available_balance; Limit=credit_limit; "
    "CCY=currency; Int Rate %=interest_rate; Autopay Flag=autopay_enabled; Last Changed=updated_at",
    "customers": "CIF No=customer_id; Given Name=first_name; Surname=last_name; "
    "E-mail Address=email; Mobile Phone=phone; Birth Date=date_of_birth; Tax ID=ssn; "
    "Street Address=address; Town=city; State/Province=state; Postal Code=zip_code; "
    "Country Code=country; Customer Since=signup_date; FICO Score=credit_score; "
    "Gross Annual Income=annual_income; Employment=employment_status; Segment=customer_segment; "
    "Active Flag=is_active; Dependents=number_of_dependents; Marketing Consent=marketing_opt_in",
    "loan_payments": "Repayment ID=payment_id; Loan Account=account_id; CIF No=customer_id; "
    "Due Date=scheduled_date; Paid Date=actual_date; Amount Due=scheduled_amount; "
    "Amount Paid=actual_amount; Pay Method=payment_method; "
    "Principal Outstanding=outstanding_balance",
    "credit_applications": "Application Ref=application_id; CIF No=customer_id; "
    "Amount Requested=requested_amount; Term=requested_term_months; DTI=debt_to_income_ratio; "
    "Outcome=decision; Outcome Date=decision_date",
    "fraud_alerts": "Alert Ref=alert_id; Tran ID=transaction_id; Severity=alert_severity; "
    "Case Status=investigation_status; Resolved On=resolution_date; Recovered=amount_recovered",
    "products": "Product Code=product_id; Product=product_name; Product Group=category",
}


@pytest.mark.parametrize("table", ANOTHER_CORE)
def test_names_of_another_core_are_proposed(table: str) -> None:
    contract = load_contract()
    wanted = dict(pair.strip().split("=") for pair in ANOTHER_CORE[table].split(";"))
    assert propose_names(list(wanted), contract[table], contract.name_words) == wanted


@pytest.mark.parametrize(
    ("debit", "credit"),
    [("Debit Amount", "Credit Amount"), ("Paid Out", "Paid In"), ("Withdrawals", "Deposits"),
     ("Soll", "Haben"), ("DR", "CR")],
)  # fmt: skip
def test_two_columns_of_which_a_row_fills_one_are_debits_and_credits(
    tmp_path: Path, debit: str, credit: str
) -> None:
    rows = [
        f"{number};1;1;2024-01-{number:02d} 10:00:00;"
        f"{'Purchase' if number % 3 else 'Deposit'};{'5.00;' if number % 3 else ';7.00'};USD"
        for number in range(1, 29)
    ]
    head = f"Tran ID;Account No;CIF No;Posting Date;Tran Type;{debit};{credit};CCY"
    path = tmp_path / "transactions.csv"
    path.write_text("\n".join([head, *rows]) + "\n")
    found = profile([path], settings=settings(tmp_path), loaded_at=MOMENT)
    proposed = yaml.safe_load(found.as_yaml())["transactions"]
    assert proposed["amount"] == {"debit": debit, "credit": credit}
    assert found.rows["transactions"] == (28, 0)


def test_two_columns_that_a_row_fills_both_are_none(tmp_path: Path) -> None:
    rows = [f"{n};1;1;2024-01-{n:02d} 10:00:00;Purchase;5.00;7.00;USD" for n in range(1, 29)]
    head = "Tran ID;Account No;CIF No;Posting Date;Tran Type;Debit Amount;Credit Amount;CCY"
    path = tmp_path / "transactions.csv"
    path.write_text("\n".join([head, *rows]) + "\n")
    found = profile([path], settings=settings(tmp_path), loaded_at=MOMENT)
    assert not isinstance(yaml.safe_load(found.as_yaml())["transactions"].get("amount"), dict)


def test_a_line_of_data_in_place_of_names_is_shown_by_its_shape(tmp_path: Path) -> None:
    rows = [["1", "Margaret", "Zquirrelina", "margaret@example.com", "1961-07-23"]] * 3
    path = markers.write(tmp_path / "customers.csv", rows, ",")
    found = profile([path], settings=settings(tmp_path), loaded_at=MOMENT)
    said = "\n".join([found.as_yaml(), *found.notes])
    assert markers.leaks(said, ["Margaret", "Zquirrelina", "margaret@", "1961-07-23"]) == []
    assert "# xxxxxxxx is no column of the contract" in found.as_yaml()


def test_a_word_that_looks_personal_is_shown_by_its_shape(tmp_path: Path) -> None:
    head = ["customer_id", "first_name", "signup_date", "is_active", "customer_segment"]
    rows = [head, *([str(n), "Ann", "2024-01-05", "true", "zq@rrel.in"] for n in range(1, 5))]
    path = markers.write(tmp_path / "customers.csv", rows, ",")
    found = profile([path], settings=settings(tmp_path), loaded_at=MOMENT)
    said = "\n".join([found.as_yaml(), *found.notes])
    assert markers.leaks(said, ["zq@rrel.in"]) == []
    assert "'xx@xxxx.xx' (4 rows) is no word of customer_segment" in said


def test_files_that_cannot_be_read_give_no_mapping(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "transactions.csv"
    path.write_bytes(b"")
    assert cli.run(["ingest", str(path), "--profile"]) == 3
    said = capsys.readouterr()
    assert said.out == ""
    assert "transactions.csv: the file is empty" in said.err
