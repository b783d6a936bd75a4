{#-
    Share of a customer's card limits in use at month ends. Grain: one row per customer with a
    card limit and month end.
-#}
with snapshots as (
    select * from {{ ref('fact_account_daily_snapshot') }}
    where is_month_end and customer_natural_key is not null  -- NULL of an erased customer
),

account_versions as (
    select * from {{ ref('dim_account') }}
),

products as (
    select * from {{ ref('dim_product') }}
)

select
    snapshots.customer_natural_key,
    snapshots.snapshot_date,
    {{ ratio(
        'sum(case when snapshots.closing_balance < 0 then -snapshots.closing_balance else 0 end)',
        'sum(account_versions.credit_limit_amount)'
    ) }} as utilisation_rate
from snapshots
inner join products on snapshots.product_key = products.product_key
inner join account_versions on snapshots.account_key = account_versions.account_key
where products.product_category = 'Credit' and account_versions.credit_limit_amount > 0
group by snapshots.customer_natural_key, snapshots.snapshot_date
