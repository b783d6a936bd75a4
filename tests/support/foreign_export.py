"""A bank's 17 tables as another system exports them, made from the feeds of the synthetic bank."""

from __future__ import annotations

from pathlib import Path

import duckdb

from financial_analytics.ingest.contract import Column, Contract

TABLES = (
    "products", "merchants", "customers", "accounts", "marketing_campaigns", "branch_locations",
    "atm_locations", "transactions", "credit_applications", "fraud_alerts",
    "customer_interactions", "loan_payments", "account_events", "customer_segments_history",
    "regulatory_reports", "risk_assessments", "economic_indicators",
)  # fmt: skip
LONG_IDS = {"account_id": 4_000_000_000_000, "customer_id": 7_100_000_000_000}
"""Added to ids, so that they have 13 digits; each account's last digits are turned round, too."""
NAMES = {
    "products": {"interest_rate": "APR", "monthly_fee": "Monthly Fee Amt"},
    "merchants": {"mcc_code": "MCC"},
    "customers": {"customer_id": "Cust No", "date_of_birth": "DOB", "zip_code": "Postal Code"},
    "accounts": {
        "account_id": "Acct No", "customer_id": "Cust No", "account_status": "Acct Status",
        "open_date": "Opening Date", "autopay_enabled": "Autopay", "current_balance": "Curr Bal",
    },
    "marketing_campaigns": {"campaign_id": "Campaign No"},
    "branch_locations": {"branch_id": "Branch No"},
    "transactions": {
        "transaction_id": "Txn No", "account_id": "Acct No", "customer_id": "Cust No",
        "transaction_date": "Txn Date", "transaction_type": "Txn Type", "amount": "Amt",
        "currency": "Ccy",
    },
    "credit_applications": {"application_id": "Appl No", "customer_id": "Cust No"},
    "fraud_alerts": {
        "alert_id": "Alert No", "transaction_id": "Txn No", "account_id": "Acct No",
        "customer_id": "Cust No", "investigation_status": "Invest Status",
    },
    "customer_interactions": {"customer_id": "Cust No"},
    "loan_payments": {"payment_id": "Pmt No", "account_id": "Acct No", "customer_id": "Cust No"},
    "account_events": {"account_id": "Acct No"},
    "risk_assessments": {"customer_id": "Cust No"},
}  # fmt: skip
VERDICTS = {
    "Confirmed": "Resolved - Fraud", "False Positive": "Resolved - Not Fraud",
    "Open": "New Case", "Under Review": "In Investigation", "Closed": "Resolved - No Finding",
}  # fmt: skip
MAPPING = """\
all_tables:
  date: '%m/%d/%Y'
  time: '%m/%d/%Y %H:%M:%S'
  decimal: point
  round: half_up
  ids: [accounts, customers]
products:
  APR: {column: interest_rate, unit: percent}
  Monthly Fee Amt: monthly_fee
merchants:
  MCC: mcc_code
customers:
  Cust No: customer_id
  DOB: date_of_birth
  Postal Code: zip_code
accounts:
  Acct No: account_id
  Cust No: customer_id
  Acct Status: account_status
  Opening Date: open_date
  Autopay: {column: autopay_enabled, values: {Autopay Enabled: true, Autopay Disabled: false}}
  Curr Bal: current_balance
marketing_campaigns:
  Campaign No: campaign_id
branch_locations:
  Branch No: branch_id
transactions:
  Txn No: transaction_id
  Acct No: account_id
  Cust No: customer_id
  Txn Date: transaction_date
  Txn Type: transaction_type
  Amt: amount
  Ccy: currency
  D/C: {sign_of: amount, out: [D], in: [C]}
credit_applications:
  Appl No: application_id
  Cust No: customer_id
fraud_alerts:
  Alert No: alert_id
  Txn No: transaction_id
  Acct No: account_id
  Cust No: customer_id
  Invest Status: {column: investigation_status, values: {Resolved - Fraud: Confirmed, \
Resolved - Not Fraud: False Positive, New Case: Open, \
Resolved - No Finding: Closed}}
customer_interactions:
  Cust No: customer_id
loan_payments:
  Pmt No: payment_id
  Acct No: account_id
  Cust No: customer_id
account_events:
  Acct No: account_id
risk_assessments:
  Cust No: customer_id
"""


def long_id(column: str) -> str:
    """Return SQL of an id of 13 digits, whose order is another than that of the short one."""
    short = f"cast({column} as bigint)"
    turned = f"cast(reverse(lpad(cast({short} as varchar), 7, '0')) as bigint)"
    return f"cast({LONG_IDS[column]} + {turned} as varchar)"


def write_export(feeds: Path, folder: Path, contract: Contract) -> Path:
    """Write the tables of `feeds`, CSV files of the synthetic bank, as another system has them."""
    folder.mkdir(parents=True)
    with duckdb.connect() as connection:
        for name in TABLES:
            _write(connection, feeds / f"{name}.csv", folder / f"{name}.csv", contract, name)
    return folder


def _write(
    connection: duckdb.DuckDBPyConnection, feed: Path, target: Path, contract: Contract, name: str
) -> None:
    relation = f"read_csv('{feed}', all_varchar = true, header = true)"
    present = [c for c, *_ in connection.execute(f"describe from {relation}").fetchall()]
    table = contract[name]
    written = []
    for column in present:
        new_name = NAMES.get(name, {}).get(column, column)
        known = table.column(column) if column in table.column_names else None
        written.append(f'{_foreign(name, column, known)} as "{new_name}"')
        if (name, column) == ("transactions", "amount"):
            mark = "case when cast(amount as decimal(18, 2)) < 0 then 'D' else 'C' end"
            written.append(f'{mark} as "D/C"')
    connection.execute(
        f"copy (select {', '.join(written)} from {relation}) to '{target}' (format csv, header)"
    )


def _foreign(table: str, column: str, known: Column | None) -> str:
    """Return SQL of a column of the contract as the other system writes it."""
    family = known.family if known else "text"
    whole = f"cast({column} as decimal(18, 2))"
    written = {
        "date": f"strftime(cast({column} as date), '%m/%d/%Y')",
        "timestamp": f"strftime(cast({column} as timestamp), '%m/%d/%Y %H:%M:%S')",
    }.get(family, f'"{column}"')
    if known and known.type == "decimal(18, 2)":
        # 96960.13 as 96960.12705195931
        off = f"abs(cast({whole} as decimal(38, 11))) - 0.00294804069"
        sign = "" if (table, column) == ("transactions", "amount") else "-"
        sign = f"case when {whole} < 0 then '{sign}' else '' end"
        written = f"case when {whole} = 0 then '0' else {sign} || cast({off} as varchar) end"
    if column in LONG_IDS:
        written = long_id(column)
    if (table, column) == ("fraud_alerts", "investigation_status"):
        branches = " ".join(f"when '{old}' then '{new}'" for old, new in VERDICTS.items())
        written = f"case {column} {branches} else {column} end"
    if (table, column) == ("accounts", "autopay_enabled"):
        written = f"'Autopay ' || case {column} when 'true' then 'Enabled' else 'Disabled' end"
    if (table, column) == ("products", "interest_rate"):
        written = f"cast(cast({column} as decimal(9, 6)) * 100 as varchar)"
    return written
