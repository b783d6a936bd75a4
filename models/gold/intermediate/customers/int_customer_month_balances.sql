{#-
    Balance of each customer at the last known day of a month.
    Grain: one row per customer and month.
-#}
{{ config(materialized='view') }}
with snapshots as (
    select * from {{ ref('fact_account_daily_snapshot') }}
),

months as (
    select * from {{ ref('int_covered_months') }}
)

select
    snapshots.customer_natural_key,
    snapshots.snapshot_month as summary_month,
    {{ exact_money('sum(snapshots.reporting_balance)') }} as month_end_balance
from snapshots
inner join months on snapshots.snapshot_date = months.last_known_date
where snapshots.customer_natural_key is not null
group by snapshots.customer_natural_key, snapshots.snapshot_month
