{#-
    What is normal for a channel at an hour of the week: counts of the same weekday and hour in the
    eight whole weeks before the last two days. Grain: one row per channel, weekday and hour; All is
    the sum of the channels.
-#}
{%- set weeks = 8 %}
with clock as (
    select * from {{ ref('int_realtime_clock') }}
),

transactions as (
    select
        {{ known_text('facts.channel') }} as channel,
        facts.transaction_date,
        {{ iso_weekday('facts.transaction_at') }} as weekday_number,
        cast({{ calendar_part('hour', 'facts.transaction_at') }} as integer) as hour_number
    from {{ ref('fact_transactions') }} as facts
    inner join clock
        on
            facts.transaction_date < {{ add_days('clock.as_of_date', -2) }}
            and facts.transaction_date >= {{ add_days('clock.as_of_date', -2 - 7 * weeks) }}
),

hours as (
    select
        channel,
        transaction_date,
        weekday_number,
        hour_number,
        count(*) as hour_count
    from transactions
    group by channel, transaction_date, weekday_number, hour_number

    union all

    select
        'All' as channel,
        transaction_date,
        weekday_number,
        hour_number,
        count(*) as hour_count
    from transactions
    group by transaction_date, weekday_number, hour_number
),

sums as (
    select
        channel,
        weekday_number,
        hour_number,
        sum(hour_count) as total_count,
        sum(hour_count * hour_count) as square_count
    from hours
    group by channel, weekday_number, hour_number
)

-- an hour without a transaction is a zero of its week
select
    channel,
    weekday_number,
    hour_number,
    cast(total_count as {{ type_double() }}) / {{ weeks }} as mean_count,
    cast(square_count as {{ type_double() }}) / {{ weeks }}
    - cast(total_count as {{ type_double() }}) * total_count / {{ weeks * weeks }}
        as variance_count
from sums
