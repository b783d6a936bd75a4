{#-
    Transactions of each weekday, hour and channel, and how many an even week would have.
    Grain: one row per weekday, hour and channel.
-#}
with clock as (
    select * from {{ ref('data_clock') }}
),

transactions as {{ in_place() }}(
    select * from {{ ref('fact_transactions') }}
),

calendar as (
    select * from {{ ref('dim_date') }}
),

known as (
    select
        transactions.transaction_id,
        {{ known_text('transactions.channel') }} as channel,
        {{ iso_weekday('transactions.transaction_date') }} as day_of_week_number,
        coalesce(transactions.hour_number, -1) as hour_number,
        transactions.is_declined,
        transactions.is_fraud,
        transactions.posted_amount
    from transactions
    inner join clock on transactions.transaction_date <= clock.as_of_date
),

channels as (
    select
        channel,
        count(*) as channel_count,
        {{ count_if('hour_number >= 0') }} as timed_count
    from known
    group by channel
),

weekdays as (
    select
        calendar.day_of_week_number,
        calendar.day_name,
        {{ count_if(
            'calendar.full_date >= clock.first_transaction_date'
            ~ ' and calendar.full_date <= clock.transaction_end_date'
        ) }} as day_count
    from calendar
    cross join clock
    where calendar.full_date is not null
    group by calendar.day_of_week_number, calendar.day_name
),

hours as (
    {%- for hour in range(-1, 24) %}
    {% if not loop.first %}union all{% endif %}
    select {{ hour }} as hour_number
    {%- endfor %}
),

grid as (
    select
        weekdays.day_of_week_number,
        weekdays.day_name,
        hours.hour_number,
        channels.channel,
        weekdays.day_count,
        channels.channel_count,
        channels.timed_count,
        case
            when hours.hour_number >= 0
                then channels.timed_count * {{ ratio(
                    'weekdays.day_count',
                    '24.0 * sum(weekdays.day_count) over ('
                    ~ 'partition by channels.channel, hours.hour_number)'
                ) }}
        end as expected_count
    from channels
    cross join weekdays
    inner join hours
        on
            (hours.hour_number >= 0 and channels.timed_count > 0)
            or (hours.hour_number = -1 and channels.timed_count < channels.channel_count)
),

counted as (
    select
        known.channel,
        known.day_of_week_number,
        known.hour_number,
        count(*) as transaction_count,
        {{ count_if('not known.is_declined') }} as posted_count,
        {{ money('coalesce(sum(abs(known.posted_amount)), 0)') }} as volume,
        count(known.is_fraud) as labelled_count,
        {{ count_if('known.is_fraud') }} as fraud_count
    from known
    group by known.channel, known.day_of_week_number, known.hour_number
)

select
    grid.day_of_week_number,
    grid.day_name,
    grid.hour_number,
    grid.channel,
    grid.day_count,
    grid.channel_count,
    grid.timed_count,
    grid.hour_number >= 0 as is_timed,
    grid.expected_count,
    coalesce(counted.transaction_count, 0) as transaction_count,
    coalesce(counted.posted_count, 0) as posted_count,
    {{ money('coalesce(counted.volume, 0)') }} as volume,
    coalesce(counted.labelled_count, 0) as labelled_count,
    coalesce(counted.fraud_count, 0) as fraud_count,
    coalesce(grid.expected_count >= 1, false) as is_measurable
from grid
left join counted
    on
        grid.channel = counted.channel
        and grid.day_of_week_number = counted.day_of_week_number
        and grid.hour_number = counted.hour_number
