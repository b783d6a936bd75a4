{#-
    Reviews of card limits, with what was owed at the month end before and six months later.
    Grain: one row per review.
-#}
with clock as (
    select * from {{ ref('data_clock') }}
),

events as (
    select * from {{ ref('fact_account_events') }}
    where limit_before_amount > 0 and limit_after_amount > 0
),

snapshots as (
    select * from {{ ref('fact_account_daily_snapshot') }}
    where is_month_end
),

customers as (
    select * from {{ ref('dim_customer') }}
),

reviews as (
    select
        events.event_id,
        events.account_natural_key,
        cast(events.event_at as date) as review_date,
        coalesce(events.triggered_by, 'unknown') = 'trial' as is_trial,
        events.limit_before_amount,
        events.limit_after_amount,
        customers.credit_score,
        {{ month_end(add_months('cast(events.event_at as date)', -1)) }} as before_date,
        {{ month_end(add_months('cast(events.event_at as date)', 6)) }} as after_date
    from events
    inner join clock on cast(events.event_at as date) <= clock.as_of_date
    left join customers on events.customer_key = customers.customer_key
)

select
    reviews.event_id,
    reviews.account_natural_key,
    reviews.review_date,
    reviews.is_trial,
    reviews.limit_before_amount,
    reviews.limit_after_amount,
    reviews.credit_score,
    {{ exact_money(
        'case when earlier.reporting_balance < 0 then -earlier.reporting_balance else 0 end'
    ) }} as owed_before_amount,
    -- NULL where the six months are not over or the card is closed
    {{ exact_money(
        'case when later.reporting_balance < 0 then -later.reporting_balance'
        ~ ' when later.reporting_balance >= 0 then 0 end'
    ) }} as owed_after_amount
from reviews
inner join snapshots as earlier
    on
        reviews.account_natural_key = earlier.account_natural_key
        and reviews.before_date = earlier.snapshot_date
left join snapshots as later
    on
        reviews.account_natural_key = later.account_natural_key
        and reviews.after_date = later.snapshot_date
