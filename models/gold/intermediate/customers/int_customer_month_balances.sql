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
),

rates as (
    select * from {{ ref('int_daily_exchange_rates') }}
)

select
    snapshots.customer_natural_key,
    snapshots.snapshot_month as summary_month,
    {%- set rate -%}
    case when snapshots.currency = '{{ var("reporting_currency") }}' then 1 else rates.exchange_rate end
    {%- endset %}
    sum({{ exact_product('snapshots.closing_balance', rate) }}) as month_end_balance
from snapshots
inner join months on snapshots.snapshot_date = months.last_known_date
left join rates
    on snapshots.currency = rates.currency and snapshots.snapshot_date = rates.rate_date
where snapshots.customer_natural_key is not null
group by snapshots.customer_natural_key, snapshots.snapshot_month
