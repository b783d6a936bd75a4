{#-
    Balances of deposit products whose rate changed, month by month, over the accounts that held
    something at every month's end, with the rate paid in the middle of the month and the market's.
    Grain: one row per product and month.
-#}
with months as (
    select
        month_number,
        month_start_date,
        month_end_date,
        cast({{ add_days('month_start_date', 14) }} as timestamp) as middle_at,
        count(*) over () as month_count
    from {{ ref('int_covered_months') }}
    where last_known_date = month_end_date
),

products as (
    select * from {{ ref('dim_product') }}
    where product_category = 'Deposit'
),

history as (
    select * from {{ ref('history_product_rates') }}
),

indicators as (
    select
        indicator_date,
        observed_value,
        row_number() over (
            partition by indicator_date order by known_date desc nulls last
        ) as vintage_rank
    from {{ ref('dim_economic_indicators') }}
    where indicator_name = 'federal_funds_rate' and unit_status = 'ok'
),

-- what was paid before the bank first said so is not known
paid as (
    select
        products.product_key,
        products.product_name,
        months.month_number,
        months.month_start_date,
        months.month_end_date,
        months.month_count,
        case
            when history.version_number > 1 or history.listed_at <= months.middle_at
                then 100 * cast(history.interest_rate as {{ type_double() }})
        end as paid_rate_pct
    from products
    inner join history on products.product_key = history.product_key
    inner join months
        on history.valid_from <= months.middle_at and history.valid_to > months.middle_at
),

changed as (
    select product_key
    from paid
    group by product_key
    having min(paid_rate_pct) < max(paid_rate_pct)
),

market as (
    select
        {{ month_number('indicator_date') }} as month_number,
        {{ average_double('observed_value') }} as market_rate_pct
    from indicators
    where vintage_rank = 1
    group by {{ month_number('indicator_date') }}
),

snapshots as (
    select
        snapshots.account_natural_key,
        snapshots.product_key,
        snapshots.snapshot_date,
        snapshots.reporting_balance,
        months.month_count
    from {{ ref('fact_account_daily_snapshot') }} as snapshots
    inner join changed on snapshots.product_key = changed.product_key
    inner join months on snapshots.snapshot_date = months.month_end_date
),

-- who joins or leaves would move the mean though nobody moved a balance
held as (
    select
        account_natural_key,
        product_key
    from snapshots
    where reporting_balance > 0
    group by account_natural_key, product_key, month_count
    having count(*) = month_count
),

balances as (
    select
        snapshots.product_key,
        snapshots.snapshot_date,
        count(*) as account_count,
        {{ exact_money('sum(snapshots.reporting_balance)') }} as month_end_balance,
        {{ average_double('ln(cast(snapshots.reporting_balance as ' ~ type_double() ~ '))') }}
            as mean_log_balance
    from snapshots
    inner join held
        on
            snapshots.account_natural_key = held.account_natural_key
            and snapshots.product_key = held.product_key
    group by snapshots.product_key, snapshots.snapshot_date
)

select
    paid.product_key,
    {{ known_text('paid.product_name') }} as product_name,
    paid.month_start_date,
    paid.month_end_date,
    paid.paid_rate_pct,
    market.market_rate_pct,
    coalesce(balances.account_count, 0) as account_count,
    balances.month_end_balance,
    balances.mean_log_balance
from paid
inner join changed on paid.product_key = changed.product_key
left join balances
    on
        paid.product_key = balances.product_key
        and paid.month_end_date = balances.snapshot_date
left join market on paid.month_number = market.month_number
