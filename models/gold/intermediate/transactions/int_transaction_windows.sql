{#-
    Transactions of all time, of the last 30 days that the feed tells of and of the 30 before.
    Grain: one row per window.
-#}
with clock as (
    select * from {{ ref('data_clock') }}
),

transactions as (
    select * from {{ ref('fact_transactions') }}
),

windows as (
    select
        cast('all' as {{ dbt.type_string() }}) as window_name,
        first_transaction_date as first_date,
        transaction_end_date as last_date,
        true as is_covered
    from clock
    union all
    select
        cast('current_30d' as {{ dbt.type_string() }}) as window_name,
        {{ add_days('transaction_end_date', -29) }} as first_date,
        transaction_end_date as last_date,
        true as is_covered
    from clock
    union all
    select
        cast('previous_30d' as {{ dbt.type_string() }}) as window_name,
        {{ add_days('transaction_end_date', -59) }} as first_date,
        {{ add_days('transaction_end_date', -30) }} as last_date,
        coalesce(first_transaction_date <= {{ add_days('transaction_end_date', -59) }}, false)
            as is_covered
    from clock
)

select
    windows.window_name,
    windows.is_covered,
    min(transactions.transaction_date) as first_transaction_date,
    max(transactions.transaction_date) as last_transaction_date,
    count(transactions.transaction_id) as transaction_count,
    {{ count_if('not transactions.is_declined') }} as posted_count,
    {{ count_if('transactions.is_declined') }} as declined_count,
    {{ percentage(count_if('transactions.is_declined'), 'count(transactions.transaction_id)') }}
        as declined_rate_pct,
    {{ count_if('not transactions.is_declined and transactions.posted_amount is null') }}
        as unpriced_count,
    {{ money('coalesce(sum(abs(transactions.posted_amount)), 0)') }} as volume_amount,
    {{ count_if("not transactions.is_declined and transactions.direction = 'debit'") }}
        as debit_count,
    {{ money_if("transactions.direction = 'debit'", '-transactions.posted_amount') }}
        as debit_amount,
    {{ count_if("not transactions.is_declined and transactions.direction = 'credit'") }}
        as credit_count,
    {{ money_if("transactions.direction = 'credit'", 'transactions.posted_amount') }}
        as credit_amount,
    count(distinct transactions.customer_natural_key) as unique_customers,
    {%- for channel in ['Online', 'Mobile', 'ATM', 'Branch', 'POS'] %}
    {{ count_if("transactions.channel = '" ~ channel ~ "'") }} as {{ channel | lower }}_count,
    {%- endfor %}
    {{ count_if(
        "transactions.transaction_id is not null and coalesce(transactions.channel, '')"
        ~ " not in ('Online', 'Mobile', 'ATM', 'Branch', 'POS')"
    ) }} as unknown_channel_count,
    {{ count_flagged('transactions.is_fraud', 'transactions.transaction_id') }} as fraud_count,
    case
        when count(transactions.is_fraud) > 0 or count(transactions.transaction_id) = 0
            then {{ money_if('transactions.is_fraud', 'abs(transactions.posted_amount)') }}
    end as fraud_amount,
    {{ percentage(
        count_flagged('transactions.is_fraud', 'transactions.transaction_id'),
        'count(transactions.transaction_id)'
    ) }} as fraud_rate_pct,
    {{ count_flagged('transactions.is_international', 'transactions.transaction_id') }}
        as international_count,
    {{ percentage(
        count_flagged('transactions.is_international', 'transactions.transaction_id'),
        'count(transactions.transaction_id)'
    ) }} as international_rate_pct
from windows
left join transactions
    on
        windows.first_date <= transactions.transaction_date
        and windows.last_date >= transactions.transaction_date
group by windows.window_name, windows.is_covered
