{#-
    Cards at month ends a year apart, the newest first: limit, what is owed, the holder's score,
    and whether the card was past due 90 days or charged off within the next twelve months. Grain:
    one row per card and month end.
-#}
with months as (
    select * from {{ ref('int_feature_months') }}
),

snapshots as (
    select * from {{ ref('fact_account_daily_snapshot') }}
    where is_month_end
),

products as (
    select * from {{ ref('dim_product') }}
    where product_category = 'Credit'
),

customers as (
    select * from {{ ref('dim_customer') }}
),

events as (
    select * from {{ ref('fact_account_events') }}
    where lower(event_type) like '%past due%' or lower(event_type) like '%charged off%'
),

numbered as (
    select
        cut_date,
        {{ month_end(add_months('cut_date', 12)) }} as outcome_date,
        row_number() over (order by cut_date desc nulls last) as recency
    from months
),

cuts as (
    select
        cut_date,
        outcome_date,
        cast((recency - 1) / 12 as integer) as cut_number
    from numbered
    where mod(recency - 1, 12) = 0
),

troubles as (
    select
        account_natural_key,
        min(cast(event_at as date)) as trouble_date
    from events
    group by account_natural_key
)

select
    snapshots.account_natural_key,
    snapshots.customer_natural_key,
    cuts.cut_date,
    cuts.cut_number,
    products.product_name,
    snapshots.credit_limit_amount,
    {{ exact_money(
        'case when snapshots.reporting_balance < 0 then -snapshots.reporting_balance else 0 end'
    ) }} as owed_balance,
    customers.credit_score,
    case
        when cuts.cut_number > 0
            then coalesce(troubles.trouble_date <= cuts.outcome_date, false)
    end as is_event
from snapshots
inner join cuts on snapshots.snapshot_date = cuts.cut_date
inner join products on snapshots.product_key = products.product_key
left join customers on snapshots.customer_key = customers.customer_key
left join troubles on snapshots.account_natural_key = troubles.account_natural_key
-- a card in trouble is not reviewed
where
    snapshots.credit_limit_amount > 0
    and (troubles.trouble_date is null or troubles.trouble_date > cuts.cut_date)
