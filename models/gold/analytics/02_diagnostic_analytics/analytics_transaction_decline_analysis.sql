{#-
    Why attempts are declined, who tries again and what is won back.
    Grain: one row per decline reason (and Not declined), channel and merchant category.
-#}
{%- set text = dbt.type_string() %}
with clock as (
    select * from {{ ref('data_clock') }}
),

transactions as {{ in_place() }}(
    select * from {{ ref('fact_transactions') }}
),

declined as (
    select
        transactions.transaction_id,
        transactions.transaction_at,
        transactions.account_natural_key,
        transactions.merchant_key,
        transactions.transaction_amount
    from transactions
    inner join clock on transactions.transaction_date <= clock.as_of_date
    where transactions.is_declined
),

retries as (
    -- the same account, merchant and amount again, soon after
    select
        declined.transaction_id,
        max(case when again.is_declined then 0 else 1 end) as recovered_flag
    from declined
    inner join transactions as again
        on
            declined.account_natural_key = again.account_natural_key
            and declined.merchant_key = again.merchant_key
            and declined.transaction_amount = again.transaction_amount
            and declined.transaction_id <> again.transaction_id
            and declined.transaction_at < again.transaction_at
            and again.transaction_at
            <= {{ dbt.dateadd('hour', var('retry_hours'), 'declined.transaction_at') }}
    inner join clock on again.transaction_date <= clock.as_of_date
    group by declined.transaction_id
),

attempts as (
    select
        case
            when not transactions.is_declined then cast('Not declined' as {{ text }})
            else {{ known_text('transactions.decline_reason') }}
        end as decline_reason,
        {{ known_text('transactions.channel') }} as channel,
        {{ known_text('transactions.merchant_category') }} as merchant_category,
        transactions.customer_natural_key,
        transactions.is_declined,
        abs(transactions.reporting_amount) as attempted_amount,
        retries.transaction_id is not null as is_retried,
        coalesce(retries.recovered_flag = 1, false) as is_recovered
    from transactions
    inner join clock on transactions.transaction_date <= clock.as_of_date
    left join retries on transactions.transaction_id = retries.transaction_id
),

counted as (
    select
        decline_reason,
        channel,
        merchant_category,
        cast(count(*) as bigint) as attempt_count,
        {{ count_if('is_declined') }} as declined_count,
        {{ count_if('is_retried') }} as retried_count,
        {{ count_if('is_recovered') }} as recovered_count,
        {{ money('coalesce(sum(attempted_amount), 0)') }} as attempted_amount,
        {{ money_if('is_declined', 'attempted_amount') }} as declined_amount,
        {{ money_if('is_recovered', 'attempted_amount') }} as recovered_amount,
        cast(count(distinct case when is_declined then customer_natural_key end) as bigint)
            as affected_customer_count
    from attempts
    group by decline_reason, channel, merchant_category
),

cells as (
    select
        channel,
        merchant_category,
        sum(attempt_count) as cell_attempt_count
    from counted
    group by channel, merchant_category
)

select
    counted.decline_reason,
    counted.channel,
    counted.merchant_category,
    counted.attempt_count,
    counted.declined_count,
    case
        when counted.decline_reason <> 'Not declined'
            then {{ percentage('counted.declined_count', 'cells.cell_attempt_count') }}
    end as decline_rate_pct,
    case
        when counted.decline_reason <> 'Not declined'
            then {{ wilson_lower('counted.declined_count', 'cells.cell_attempt_count') }}
    end as decline_rate_pct_lower,
    case
        when counted.decline_reason <> 'Not declined'
            then {{ wilson_upper('counted.declined_count', 'cells.cell_attempt_count') }}
    end as decline_rate_pct_upper,
    cast(cells.cell_attempt_count as bigint) as cell_attempt_count,
    counted.retried_count,
    counted.recovered_count,
    {{ percentage('counted.recovered_count', 'counted.declined_count') }} as recovered_rate_pct,
    {{ wilson_lower('counted.recovered_count', 'counted.declined_count') }}
        as recovered_rate_pct_lower,
    {{ wilson_upper('counted.recovered_count', 'counted.declined_count') }}
        as recovered_rate_pct_upper,
    counted.attempted_amount,
    counted.declined_amount,
    counted.recovered_amount,
    {{ money('counted.declined_amount - counted.recovered_amount') }} as lost_amount,
    counted.affected_customer_count,
    {{ reporting_currency() }} as reporting_currency,
    {{ status_if('cells.cell_attempt_count >= 30') }} as status,
    clock.as_of_date
from counted
cross join clock
inner join cells
    on counted.channel = cells.channel and counted.merchant_category = cells.merchant_category
