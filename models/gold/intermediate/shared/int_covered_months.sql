{#-
    Months that transactions are known for; before and after them, zeros would say nothing.
    Grain: one row per month.
-#}
{{ config(materialized='view') }}
with months as (
    select * from {{ ref('int_months') }}
),

clock as (
    select * from {{ ref('data_clock') }}
)

select
    months.month_number,
    months.month_start_date,
    months.month_end_date,
    {{ feed_end('clock.transaction_end_date', 'months.last_known_date') }} as last_known_date
from months
cross join clock
where
    months.month_end_date >= coalesce(clock.first_transaction_date, clock.first_event_date)
    and months.month_start_date <= clock.transaction_end_date
