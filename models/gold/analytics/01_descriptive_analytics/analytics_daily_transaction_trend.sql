{#- Transactions day by day, no day missing, with moving averages. Grain: one row per day. -#}
with clock as (
    select * from {{ ref('data_clock') }}
),

transactions as {{ in_place() }}(
    select * from {{ ref('fact_transactions') }}
),

calendar as (
    select * from {{ ref('dim_date') }}
),

days as (
    select
        calendar.full_date as transaction_date,
        calendar.is_weekend,
        calendar.is_bank_holiday,
        calendar.holiday_name
    from calendar
    inner join clock
        on
            calendar.full_date >= clock.first_transaction_date
            and calendar.full_date <= clock.transaction_end_date
),

labels as (
    select count(transactions.is_fraud) as labelled_count
    from transactions
    inner join clock on transactions.transaction_date <= clock.as_of_date
),

daily as (
    select
        transaction_date,
        count(*) as transaction_count,
        {{ count_if('not is_declined') }} as posted_count,
        {{ count_if('not is_declined and posted_amount is not null') }} as priced_count,
        {{ count_if('is_declined') }} as declined_count,
        {{ count_if('is_fraud') }} as fraud_count,
        sum(abs(posted_amount)) as volume,
        count(distinct case when not is_declined then customer_natural_key end) as active_customers
    from transactions
    group by transaction_date
),

dense as (
    select
        days.transaction_date,
        days.is_weekend,
        days.is_bank_holiday,
        days.holiday_name,
        coalesce(daily.transaction_count, 0) as transaction_count,
        coalesce(daily.posted_count, 0) as posted_count,
        coalesce(daily.priced_count, 0) as priced_count,
        coalesce(daily.declined_count, 0) as declined_count,
        case when labels.labelled_count > 0 then coalesce(daily.fraud_count, 0) end as fraud_count,
        {{ money('coalesce(daily.volume, 0)') }} as volume,
        coalesce(daily.active_customers, 0) as active_customers
    from days
    cross join labels
    left join daily on days.transaction_date = daily.transaction_date
),

smoothed as (
    select
        dense.*,
        {%- for span in [7, 28] %}
        sum(transaction_count) over (
            order by transaction_date nulls last
            rows between {{ span - 1 }} preceding and current row
        ) as last_{{ span }}_transaction_count,
        sum(volume) over (
            order by transaction_date nulls last
            rows between {{ span - 1 }} preceding and current row
        ) as last_{{ span }}_volume,
        {%- endfor %}
        row_number() over (order by transaction_date nulls last) as day_number
    from dense
)

select
    smoothed.transaction_date,
    smoothed.transaction_count,
    smoothed.posted_count,
    smoothed.volume,
    {{ money(ratio('smoothed.volume', 'smoothed.priced_count')) }} as avg_amount,
    smoothed.active_customers,
    smoothed.fraud_count,
    smoothed.declined_count,
    {%- for span in [7, 28] %}
    case
        when smoothed.day_number >= {{ span }}
            then {{ ratio('smoothed.last_' ~ span ~ '_transaction_count', span) }}
    end as ma{{ span }}_transaction_count,
    {%- endfor %}
    {%- for span in [7, 28] %}
    case
        when smoothed.day_number >= {{ span }}
            then {{ money(ratio('smoothed.last_' ~ span ~ '_volume', span)) }}
    end as ma{{ span }}_volume_amount,
    {%- endfor %}
    smoothed.is_weekend,
    smoothed.is_bank_holiday,
    smoothed.holiday_name,
    {{ reporting_currency() }} as reporting_currency,
    {{ status_if('smoothed.transaction_count > 0') }} as status,
    clock.as_of_date
from smoothed
cross join clock
