{#- What products earned in the twelve months up to the clock. Grain: one row per product. -#}
with clock as (
    select
        as_of_date,
        {{ add_months('as_of_date', -12) }} as after_date
    from {{ ref('data_clock') }}
),

transactions as (
    select * from {{ ref('fact_transactions') }}
),

snapshots as (
    select * from {{ ref('fact_account_daily_snapshot') }}
    where is_month_end
),

accounts as (
    select * from {{ ref('dim_account') }}
),

products as (
    select * from {{ ref('dim_product') }}
),

listed_rates as (
    select * from {{ ref('history_product_rates') }}
),

rates as (
    select * from {{ ref('int_daily_exchange_rates') }}
),

fees as (
    select
        transactions.product_key,
        sum(-transactions.posted_amount) as fee_revenue_amount
    from transactions
    inner join clock
        on
            transactions.transaction_date > clock.after_date
            and transactions.transaction_date <= clock.as_of_date
    where transactions.transaction_type = 'Fee'
    group by transactions.product_key
),

owed_months as (
    select
        snapshots.product_key,
        {{ converted(
            '-snapshots.closing_balance',
            reporting_rate('snapshots.currency', 'rates.exchange_rate')
        ) }}
            as owed_amount,
        cast(coalesce(accounts.interest_rate, listed_rates.interest_rate) as {{ type_double() }})
            as yearly_rate
    from snapshots
    inner join clock
        on
            snapshots.snapshot_date > clock.after_date
            and snapshots.snapshot_date <= clock.as_of_date
    inner join products on snapshots.product_key = products.product_key
    left join accounts on snapshots.account_key = accounts.account_key
    left join listed_rates
        on
            snapshots.product_key = listed_rates.product_key
            and {{ end_of_day('snapshots.snapshot_date') }} >= listed_rates.valid_from
            and {{ end_of_day('snapshots.snapshot_date') }} < listed_rates.valid_to
    left join rates
        on snapshots.currency = rates.currency and snapshots.snapshot_date = rates.rate_date
    where products.product_category in ('Credit', 'Loan') and snapshots.closing_balance < 0
),

interest_months as (
    -- a twelfth of the yearly rate on what is owed at each month end
    select
        product_key,
        {{ money('owed_amount * yearly_rate / 12') }} as interest_amount
    from owed_months
),

interest as (
    select
        product_key,
        count(*) as owed_month_count,
        sum(interest_amount) as interest_revenue_amount
    from interest_months
    group by product_key
),

earning as (
    select product_key from fees
    union
    select product_key from interest
)

select
    earning.product_key,
    {{ money('coalesce(fees.fee_revenue_amount, 0)') }} as fee_revenue_amount,
    coalesce(interest.owed_month_count, 0) as owed_month_count,
    {{ money('interest.interest_revenue_amount') }} as interest_revenue_amount
from earning
left join fees on earning.product_key = fees.product_key
left join interest on earning.product_key = interest.product_key
