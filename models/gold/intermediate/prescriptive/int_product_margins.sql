{#-
    What an account of each product earns in a month, by the balances and fees of the twelve
    months before the clock. Grain: one row per product.
-#}
with clock as (
    select
        as_of_date,
        {{ add_months('as_of_date', -12) }} as after_date
    from {{ ref('data_clock') }}
),

snapshots as (
    select * from {{ ref('fact_account_daily_snapshot') }}
    where is_month_end
),

products as (
    select * from {{ ref('dim_product') }}
    where product_key <> {{ unknown_key() }}
),

revenue as (
    select * from {{ ref('int_product_revenue') }}
),

months as (
    select
        snapshots.product_key,
        cast(count(*) as bigint) as account_month_count,
        {{ money_if('snapshots.reporting_balance > 0', 'snapshots.reporting_balance') }}
            as held_balance,
        {{ money_if('snapshots.reporting_balance < 0', '-snapshots.reporting_balance') }}
            as owed_balance
    from snapshots
    inner join clock
        on
            snapshots.snapshot_date > clock.after_date
            and snapshots.snapshot_date <= clock.as_of_date
    group by snapshots.product_key
)

select
    products.product_natural_key,
    {{ known_text('products.product_name') }} as product_name,
    {{ known_text('products.product_category') }} as product_category,
    {{ known_text('products.product_tier') }} as product_tier,
    coalesce(products.is_premium, false) as is_premium,
    coalesce(months.account_month_count, 0) as account_month_count,
    coalesce(months.held_balance, 0) as held_balance,
    coalesce(months.owed_balance, 0) as owed_balance,
    coalesce(revenue.fee_revenue_amount, 0) as fee_amount
from products
left join months on products.product_key = months.product_key
left join revenue on products.product_key = revenue.product_key
