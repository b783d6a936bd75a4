{#-
    What moved on each account, day by day and until then, in the currency of the account.
    Grain: one row per account and day with a transaction.
-#}
with transactions as (
    select * from {{ ref('fact_transactions') }}
),

accounts as (
    select * from {{ ref('int_account_spans') }}
),

rates as (
    select * from {{ ref('int_daily_exchange_rates') }}
),

clock as (
    select * from {{ ref('data_clock') }}
),

movements as (
    select
        transactions.account_natural_key,
        transactions.transaction_date,
        transactions.is_declined,
        case
            when transactions.is_declined then 0
            when transactions.currency = coalesce(accounts.currency, transactions.currency)
                then transactions.transaction_amount
            when accounts.currency = '{{ var("reporting_currency") }}'
                then transactions.posted_amount
            else {{ money('transactions.posted_amount / rates.exchange_rate') }}
        end as account_amount
    from transactions
    inner join accounts on transactions.account_natural_key = accounts.account_natural_key
    left join rates
        on
            accounts.currency = rates.currency
            and transactions.transaction_date = rates.rate_date
    cross join clock
    where transactions.transaction_date <= clock.as_of_date
),

movement_days as (
    select
        account_natural_key,
        transaction_date,
        {{ exact_money('sum(case when account_amount > 0 then account_amount else 0 end)') }}
            as credit_amount,
        {{ exact_money('sum(case when account_amount < 0 then account_amount else 0 end)') }}
            as debit_amount,
        cast(sum(case when is_declined then 0 else 1 end) as bigint) as transaction_count,
        cast(sum(case when is_declined then 1 else 0 end) as bigint) as declined_count
    from movements
    group by account_natural_key, transaction_date
)

select
    account_natural_key,
    transaction_date,
    coalesce(
        lead(transaction_date) over (
            partition by account_natural_key order by transaction_date nulls last
        ),
        cast('9999-12-31' as date)
    ) as next_transaction_date,
    credit_amount,
    debit_amount,
    transaction_count,
    declined_count,
    {{ exact_money('sum(credit_amount + debit_amount) over so_far') }} as cumulative_amount,
    max(case when transaction_count > 0 then transaction_date end) over so_far as last_active_date,
    cast(
        sum({{ number_print([
            date_key('transaction_date'), 'credit_amount * 100', 'debit_amount * 100',
            'transaction_count', 'declined_count',
        ]) }}) over so_far as bigint
    ) as _fingerprint
from movement_days
window so_far as (
    partition by account_natural_key
    order by transaction_date nulls last rows unbounded preceding
)
