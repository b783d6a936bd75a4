{#-
    Days that account balances are kept for: each of the last days, and every month end before.
    Grain: one row per day.
-#}
with clock as (
    select
        as_of_date,
        coalesce(first_transaction_date, first_event_date) as first_date,
        {{ add_days('transaction_end_date', '-' ~ var('snapshot_daily_days')) }}
            as daily_after_date
    from {{ ref('data_clock') }}
    where as_of_date is not null
),

days as (
    {{ day_series(
        'clock', 'first_date', 'as_of_date', ['daily_after_date', 'as_of_date'], 'snapshot_date'
    ) }}
)

select
    snapshot_date,
    {{ month_number('snapshot_date') }} as snapshot_month,
    snapshot_date = {{ month_end('snapshot_date') }} as is_month_end
from days
where snapshot_date > daily_after_date or snapshot_date = {{ month_end('snapshot_date') }}
