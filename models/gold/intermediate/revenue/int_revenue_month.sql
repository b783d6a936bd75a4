{#-
    Revenue of each complete month and the accounts it came from.
    Grain: one row per month, product and segment.
-#}
with months as (
    select * from {{ ref('int_covered_months') }}
    where last_known_date = month_end_date
),

transactions as (
    select * from {{ ref('fact_transactions') }}
    where transaction_type = 'Fee'
),

snapshots as (
    select * from {{ ref('fact_account_daily_snapshot') }}
    where is_month_end
),

customers as {{ in_place() }}(
    select * from {{ ref('dim_customer') }}
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
        months.month_start_date,
        transactions.product_key,
        {{ known_text('customers.customer_segment') }} as customer_segment,
        sum(-transactions.posted_amount) as fee_amount
    from transactions
    inner join months on transactions.transaction_month = months.month_number
    left join customers on transactions.customer_key = customers.customer_key
    group by
        months.month_start_date,
        transactions.product_key,
        {{ known_text('customers.customer_segment') }}
),

positions as (
    -- a twelfth of the yearly rate on what is owed at the month end, as in int_product_revenue
    select
        snapshots.snapshot_date,
        snapshots.product_key,
        {{ known_text('customers.customer_segment') }} as customer_segment,
        case
            when products.product_category in ('Credit', 'Loan') and snapshots.closing_balance < 0
                then {{ converted(
                    '-snapshots.closing_balance',
                    reporting_rate('snapshots.currency', 'rates.exchange_rate')
                ) }}
        end as owed_amount,
        cast(coalesce(accounts.interest_rate, listed_rates.interest_rate) as {{ type_double() }})
            as yearly_rate
    from snapshots
    left join products on snapshots.product_key = products.product_key
    left join accounts on snapshots.account_key = accounts.account_key
    left join customers on snapshots.customer_key = customers.customer_key
    left join listed_rates
        on
            snapshots.product_key = listed_rates.product_key
            and {{ end_of_day('snapshots.snapshot_date') }} >= listed_rates.valid_from
            and {{ end_of_day('snapshots.snapshot_date') }} < listed_rates.valid_to
    left join rates
        on snapshots.currency = rates.currency and snapshots.snapshot_date = rates.rate_date
),

earned as (
    select
        snapshot_date,
        product_key,
        customer_segment,
        {{ money('owed_amount * yearly_rate / 12') }} as interest_amount
    from positions
),

summed as (
    select
        snapshot_date,
        product_key,
        customer_segment,
        count(*) as account_count,
        sum(interest_amount) as interest_amount
    from earned
    group by snapshot_date, product_key, customer_segment
),

held as (
    -- not before the sum: planners take the complete months for a few rows, and sort all
    select
        months.month_start_date,
        summed.product_key,
        summed.customer_segment,
        summed.account_count,
        summed.interest_amount
    from summed
    inner join months on summed.snapshot_date = months.month_end_date
),

cells as (
    select
        month_start_date,
        product_key,
        customer_segment
    from held
    union
    select
        month_start_date,
        product_key,
        customer_segment
    from fees
)

select
    cells.month_start_date,
    cells.product_key,
    cells.customer_segment,
    cast(coalesce(held.account_count, 0) as bigint) as account_count,
    {{ money('coalesce(held.interest_amount, 0)') }} as interest_amount,
    {{ money('coalesce(fees.fee_amount, 0)') }} as fee_amount
from cells
left join held
    on
        cells.month_start_date = held.month_start_date
        and cells.product_key = held.product_key
        and cells.customer_segment = held.customer_segment
left join fees
    on
        cells.month_start_date = fees.month_start_date
        and cells.product_key = fees.product_key
        and cells.customer_segment = fees.customer_segment
