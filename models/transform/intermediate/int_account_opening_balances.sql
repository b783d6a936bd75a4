{#-
    Balance of each account before its first known movement, and whether its movements lead to the
    balance that the bank reports. Grain: one row per account.
-#}
{%- set text = dbt.type_string() %}
with accounts as (
    select
        versions.*,
        -- its own day, else when the source wrote it, else when it came; never the newest change
        -- of the account: many feeds date accounts by their opening
        coalesce(
            {{ end_of_day('versions.balance_date') }}, extracts.extracted_at, versions._loaded_at
        ) as reported_at,
        row_number() over (
            partition by versions.account_id order by versions.updated_at desc nulls last
        ) as recency
    from {{ ref('stg_accounts') }} as versions
    left join {{ source('bronze_ledgers', '_extracts') }} as extracts
        on versions._batch_id = extracts._batch_id
),

products as (
    {{ newest_version(ref('stg_products'), 'product_id') }}
),

clock as (
    select * from {{ ref('data_clock') }}
),

rates as (
    select * from {{ ref('int_daily_exchange_rates') }}
),

movements as (
    -- in the currency of the account, as int_account_movement_days has them
    select
        accounts.account_id,
        transactions.transaction_date,
        transactions.transaction_type <> 'Fee' as is_principal,
        transactions.transaction_at <= accounts.reported_at as is_reported,
        case
            when coalesce(transactions.currency <> accounts.currency, false)
                then {{ money(
                    converted('transactions.transaction_amount',
                        reporting_rate('transactions.currency', 'rates.exchange_rate'))
                    ~ ' / ' ~ reporting_rate('accounts.currency', 'account_rates.exchange_rate')
                ) }}
            else transactions.transaction_amount
        end as transaction_amount
    from accounts
    inner join {{ ref('stg_transactions') }} as transactions
        on accounts.account_id = transactions.account_id
    left join rates
        on
            transactions.currency = rates.currency
            and transactions.transaction_date = rates.rate_date
            and accounts.currency <> transactions.currency
    left join rates as account_rates
        on
            accounts.currency = account_rates.currency
            and transactions.transaction_date = account_rates.rate_date
            and accounts.currency <> transactions.currency
    where accounts.recency = 1 and not transactions.is_declined
),

moved as (
    select
        account_id,
        sum(case when is_reported then transaction_amount end) as movement_amount,
        min(transaction_date) as first_movement_date,
        max(transaction_date) as last_movement_date,
        {{ count_if('is_principal') }} as principal_count
    from movements
    group by account_id
),

judged as (
    select
        accounts.account_id,
        accounts.reported_at,
        accounts.reported_balance,
        moved.first_movement_date,
        moved.last_movement_date,
        coalesce(moved.movement_amount, 0) as movement_amount,
        case
            when accounts.reported_balance is null then 'not_reported'
            -- fees make no loan: the money lent and paid back is in no movement
            when products.product_category = 'Loan' and coalesce(moved.principal_count, 0) = 0
                then 'not_rebuilt'
            when coalesce(accounts.open_date < clock.first_transaction_date, true) then 'anchored'
            -- less than one unit of the currency is rounding: some banks book in tenths
            when abs(coalesce(moved.movement_amount, 0) - accounts.reported_balance) < 1
                then 'reconciled'
            when moved.first_movement_date is null then 'not_rebuilt'
            else 'differs'
        end as balance_status
    from accounts
    cross join clock
    left join moved on accounts.account_id = moved.account_id
    left join products on accounts.product_id = products.product_id
    where accounts.recency = 1
)

select
    account_id,
    cast(reported_at as date) as reported_date,
    first_movement_date,
    last_movement_date,
    case
        when balance_status in ('anchored', 'not_rebuilt')
            then {{ money('reported_balance - movement_amount') }}
        -- its whole history is here, or movements are all there is to know
        else {{ money('0') }}
    end as opening_balance,
    case
        when balance_status = 'anchored' then reported_balance
        when balance_status in ('reconciled', 'differs') then {{ money('movement_amount') }}
    end as rebuilt_balance,
    cast(balance_status as {{ text }}) as balance_status
from judged
