"""The Czech bank of PKDD'99 ("Berka"): eight ``.asc`` files into the contract's tables.

Every mapping choice, with its reason, is in ``docs/connectors/berka.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa

from financial_analytics.engines.duckdb.session import open_warehouse
from financial_analytics.ingest.connectors._typed_text import (
    Kind,
    carried,
    find_files,
    load_typed,
    without_feed,
)

LOAN_ACCOUNT_OFFSET = 1_000_000
"""Account id of a loan = this + loan_id."""

CARD_ACCOUNT_OFFSET = 2_000_000
"""Account id of a card = this + card_id."""

# All years are 19xx; a woman's birth number has 50 added to the month.
_ID = Kind(
    "case when regexp_full_match({0}, '[0-9]{{1,9}}') then cast({0} as integer) end",
    "a whole number",
)
_DATE = Kind(
    "case when regexp_full_match({0}, '[0-9]{{6}}') "
    "then cast(try_strptime('19' || {0}, '%Y%m%d') as date) end",
    "a date written YYMMDD",
)
_STAMP = Kind(
    "case when regexp_full_match({0}, '[0-9]{{6}} 00:00:00') "
    "then cast(try_strptime('19' || left({0}, 6), '%Y%m%d') as date) end",
    "a date written YYMMDD 00:00:00",
)
_BIRTH = Kind(
    "case when regexp_full_match({0}, '[0-9]{{6}}') then cast(try_strptime('19' || left({0}, 2) "
    "|| lpad(cast(try_cast(substr({0}, 3, 2) as integer) % 50 as varchar), 2, '0') "
    "|| right({0}, 2), '%Y%m%d') as date) end",
    "a birth number YYMMDD (women: month + 50)",
    personal=True,
)
_MONEY = Kind(
    "case when regexp_full_match({0}, '-?[0-9]{{1,15}}([.][0-9]{{1,2}})?') "
    "then cast({0} as decimal(18, 2)) end",
    "an amount with a decimal point and at most two decimals",
)
_TEXT = Kind("trim({0})", "text")

_FILES: Mapping[str, Mapping[str, Kind]] = {
    "account": {"account_id": _ID, "district_id": _ID, "frequency": _TEXT, "date": _DATE},
    "card": {"card_id": _ID, "disp_id": _ID, "type": _TEXT, "issued": _STAMP},
    "client": {"client_id": _ID, "birth_number": _BIRTH, "district_id": _ID},
    "disp": {"disp_id": _ID, "client_id": _ID, "account_id": _ID, "type": _TEXT},
    "district": {"A1": _ID, "A2": _TEXT, "A3": _TEXT},
    "loan": {
        "loan_id": _ID, "account_id": _ID, "date": _DATE, "amount": _MONEY, "duration": _ID,
        "payments": _MONEY, "status": _TEXT,
    },
    "order": {"account_id": _ID, "bank_to": _TEXT, "account_to": _TEXT, "amount": _MONEY},
    "trans": {
        "trans_id": _ID, "account_id": _ID, "date": _DATE, "type": _TEXT, "operation": _TEXT,
        "amount": _MONEY, "balance": _MONEY, "k_symbol": _TEXT, "bank": _TEXT, "account": _TEXT,
    },
}  # fmt: skip

# What several feeds need: the day the bank's books end, who owns an account, loans with their
# terms, the reported balance that closes an account's last day.
_SHARED = f"""
create view clock as
select max(date) as last_date from trans;

create view owners as
select account_id, min(client_id) as customer_id
from disp where type = 'OWNER' and doubt is null group by account_id;

create view loan_accounts as
select
    loan.*,
    {LOAN_ACCOUNT_OFFSET} + loan.loan_id as loan_account_id,
    case when loan.status in ('A', 'B', 'C', 'D')
        then (ascii(loan.status) - ascii('A') + 1) * 1000 + loan.duration
    end as product_id,
    cast(loan.date + to_months(loan.duration) as date) as end_date
from loan;

create view instalments as
select
    trans.trans_id,
    trans.date,
    trans.amount,
    loan_accounts.loan_account_id,
    loan_accounts.account_id,
    loan_accounts.payments,
    greatest(loan_accounts.amount - sum(trans.amount) over (
        partition by loan_accounts.loan_id order by trans.date, trans.trans_id
    ), 0) as owed_amount,
    trans.file_row
from trans
asof join loan_accounts
    on trans.account_id = loan_accounts.account_id and trans.date >= loan_accounts.date
where trans.k_symbol = 'UVER' and trans.type = 'VYDAJ' and trans.doubt is null;

create view closing_balances as
with running as (
    select
        account_id, date, trans_id, balance,
        sum(case when type = 'PRIJEM' then amount else -amount end) over (
            partition by account_id order by date
            range between unbounded preceding and current row
        ) as running_balance
    from trans
    where doubt is null
),
ranked as (
    select *, row_number() over (
        partition by account_id
        order by date desc, abs(balance - running_balance), trans_id desc
    ) as place
    from running
)
select account_id, balance from ranked where place = 1;
"""

_PRODUCTS = """
with listed as (
    select * from (values
        (1, 'Current account, monthly statement', 'Deposit', null, null),
        (2, 'Current account, weekly statement', 'Deposit', null, null),
        (3, 'Current account, statement after each transaction', 'Deposit', null, null),
        (11, 'Junior card', 'Credit', 'Basic', false),
        (12, 'Classic card', 'Credit', 'Standard', false),
        (13, 'Gold card', 'Credit', 'Premium', true)
    ) as listed (product_id, product_name, category, product_tier, is_premium)
    union all
    select distinct
        product_id,
        format('Loan, {} months, status {} ({})', duration, status, case status
            when 'A' then 'finished, paid'
            when 'B' then 'finished, not paid'
            when 'C' then 'running, paid so far'
            when 'D' then 'running, in debt'
        end),
        'Loan', null, null
    from loan_accounts
    where status in ('A', 'B', 'C', 'D') and product_id is not null
)
select
    product_id, product_name, category,
    cast(product_tier as varchar) as product_tier,
    cast(is_premium as boolean) as is_premium,
    cast((select min(date) from account) as timestamp) as updated_at,
    cast(null as varchar) as _doubt
from listed
order by product_id
"""

_CUSTOMERS = """
with openings as (
    select disp.client_id, min(account.date) as open_date
    from disp inner join account on disp.account_id = account.account_id
    group by disp.client_id
)
select
    client.client_id as customer_id,
    client.birth_number as date_of_birth,
    district.A2 as city,
    district.A3 as state,
    'CZ' as country,
    openings.open_date as signup_date,
    true as is_active,
    cast(openings.open_date as timestamp) as updated_at,
    client.doubt as _doubt
from client
left join district on client.district_id = district.A1
left join openings on client.client_id = openings.client_id
order by client.file_row
"""

_ACCOUNTS = f"""
with repaid as (
    select loan_account_id, min(owed_amount) as owed_amount
    from instalments group by loan_account_id
),
loan_states as (
    select
        loan_accounts.*, clock.last_date,
        loan_accounts.status in ('A', 'B') and loan_accounts.end_date <= clock.last_date as is_over,
        case
            when loan_accounts.date > clock.last_date then null
            when loan_accounts.status = 'A' and loan_accounts.end_date <= clock.last_date then 0
            else -coalesce(repaid.owed_amount, loan_accounts.amount)
        end as balance
    from loan_accounts
    cross join clock
    left join repaid on loan_accounts.loan_account_id = repaid.loan_account_id
),
listed as (
    select
        1 as part, account.file_row, account.account_id, owners.customer_id,
        case account.frequency
            when 'POPLATEK MESICNE' then 1
            when 'POPLATEK TYDNE' then 2
            when 'POPLATEK PO OBRATU' then 3
        end as product_id,
        'Active' as account_status, account.date as open_date, cast(null as date) as close_date,
        closing_balances.balance as current_balance, account.date as updated_date,
        account.doubt
    from account
    left join owners on account.account_id = owners.account_id
    left join closing_balances on account.account_id = closing_balances.account_id
    union all
    select
        2, loan_states.file_row, loan_states.loan_account_id, owners.customer_id,
        loan_states.product_id, 'Active', loan_states.date, null, loan_states.balance,
        loan_states.date, loan_states.doubt
    from loan_states
    left join owners on loan_states.account_id = owners.account_id
    union all
    select  -- a loan that has run its course inside the feed: a second version, closed
        3, loan_states.file_row, loan_states.loan_account_id, owners.customer_id,
        loan_states.product_id, 'Closed', loan_states.date, loan_states.end_date,
        loan_states.balance, loan_states.end_date, loan_states.doubt
    from loan_states
    left join owners on loan_states.account_id = owners.account_id
    where loan_states.is_over
    union all
    select
        4, card.file_row, {CARD_ACCOUNT_OFFSET} + card.card_id, disp.client_id,
        case card.type when 'junior' then 11 when 'classic' then 12 when 'gold' then 13 end,
        'Active', card.issued, null, null, card.issued, card.doubt
    from card
    left join disp on card.disp_id = disp.disp_id
)
select
    account_id, customer_id, product_id, account_status, open_date, close_date,
    cast(current_balance as decimal(18, 2)) as current_balance,
    'CZK' as currency,
    cast(updated_date as timestamp) as updated_at,
    doubt as _doubt
from listed
order by part, file_row
"""

_BRANCHES = """
select
    A1 as branch_id,
    A2 as branch_name,
    A2 as city,
    A3 as state,
    'CZ' as country,
    A3 as region,
    true as is_active,
    cast((select min(date) from account) as timestamp) as updated_at,
    doubt as _doubt
from district
order by file_row
"""

# An unknown code goes through as it is: the loader quarantines the row and shows the code.
_TRANSACTIONS = """
with standing_orders as (
    select distinct account_id, bank_to, account_to, amount from "order"
)
select
    cast(trans.trans_id as bigint) as transaction_id,
    trans.account_id,
    owners.customer_id,
    cast(trans.date as timestamp) as transaction_date,
    case
        when trans.type not in ('PRIJEM', 'VYDAJ', 'VYBER') then trans.type
        when trans.k_symbol in ('SLUZBY', 'SANKC. UROK') then 'Fee'
        when trans.type <> 'PRIJEM' and trans.k_symbol in ('SIPO', 'POJISTNE', 'UVER')
            then 'Payment'
        when trans.operation in ('PREVOD Z UCTU', 'PREVOD NA UCET') then 'Transfer'
        when trans.operation = 'VKLAD' then 'Deposit'
        when trans.operation is null and trans.k_symbol = 'UROK' then 'Deposit'
        when trans.operation in ('VYBER', 'VYBER KARTOU') then 'ATM Withdrawal'
        else coalesce(trans.operation, trans.k_symbol, trans.type)
    end as transaction_type,
    cast(case
        when trans.type = 'PRIJEM' then trans.amount
        when trans.type in ('VYDAJ', 'VYBER') then -trans.amount
    end as decimal(18, 2)) as amount,
    'CZK' as currency,
    case
        when trans.k_symbol in ('SLUZBY', 'SANKC. UROK') then null
        when trans.operation in ('VKLAD', 'VYBER') then 'Branch'
        when trans.operation = 'VYBER KARTOU' then 'ATM'
    end as channel,
    concat_ws(' / ', trans.type, trans.operation, trans.k_symbol) as description,
    case when standing_orders.account_id is not null then true end as is_recurring,
    trans.doubt as _doubt
from trans
left join owners on trans.account_id = owners.account_id
left join standing_orders
    on
        trans.operation = 'PREVOD NA UCET'
        and trans.account_id = standing_orders.account_id
        and trans.bank = standing_orders.bank_to
        and trans.account = standing_orders.account_to
        and trans.amount = standing_orders.amount
order by trans.file_row
"""

_LOAN_PAYMENTS = """
select
    cast(instalments.trans_id as bigint) as payment_id,
    instalments.loan_account_id as account_id,
    owners.customer_id,
    instalments.date as scheduled_date,
    instalments.date as actual_date,
    instalments.payments as scheduled_amount,
    instalments.amount as actual_amount,
    'Standing order' as payment_method,
    cast(instalments.owed_amount as decimal(18, 2)) as outstanding_balance,
    cast(null as varchar) as _doubt
from instalments
left join owners on instalments.account_id = owners.account_id
order by instalments.file_row
"""

# Contract table: the files it comes from, and how.
_FEEDS: Mapping[str, tuple[str, str]] = {
    "products": ("account.asc+card.asc+loan.asc", _PRODUCTS),
    "customers": ("client.asc", _CUSTOMERS),
    "accounts": ("account.asc+loan.asc+card.asc", _ACCOUNTS),
    "branch_locations": ("district.asc", _BRANCHES),
    "transactions": ("trans.asc", _TRANSACTIONS),
    "loan_payments": ("trans.asc+loan.asc", _LOAN_PAYMENTS),
}


_BESIDE = {"accounts": "disp", "transactions": "order"}
"""Feeds that say what could not be read of a file that no feed has rows of."""


def feeds(directory: Path) -> Mapping[str, pa.Table]:
    """Read the eight files of Berka as feeds in the contract's form.

    Parameters
    ----------
    directory : Path
        Folder with ``account.asc`` … ``trans.asc`` (upper or lower case).

    Returns
    -------
    mapping of str to pyarrow.Table
        Contract table → rows, in the order of the files; tables Berka has nothing for are left
        out. The same files give the same tables. A row with a value of another form says so in
        ``_doubt``, with file, line, column and value: the loader sets it aside.

    Raises
    ------
    FeedError
        If the folder or a file is missing, is not semicolon-separated text, or lacks a column.

    Notes
    -----
    Assumes the published form of the data: years 19xx, dates YYMMDD, at most one loan running
    per account.

    References
    ----------
    Berka, P. (1999). Guide to the financial data set. PKDD'99 Discovery Challenge.
    """
    paths = find_files(directory, [f"{name}.asc" for name in _FILES])
    with open_warehouse(Path(":memory:")) as connection:
        for name, columns in _FILES.items():
            load_typed(connection, name, paths[f"{name}.asc"], columns, delimiter=";")
        connection.execute(_SHARED)
        beside = {feed: without_feed(connection, name) for feed, name in _BESIDE.items()}
        return {
            table: carried(
                connection.sql(query).to_arrow_table(), beside.get(table, ()), f"berka:{files}"
            )
            for table, (files, query) in _FEEDS.items()
        }
