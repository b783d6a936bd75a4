{#-
    What was earned: fees on the day they were posted, interest at each month end.
    Grain: one row per day, product and segment.
-#}
with transactions as (
    select * from {{ ref('fact_transactions') }}
    where transaction_type = 'Fee'
),

snapshots as (
    select * from {{ ref('fact_account_daily_snapshot') }}
    where is_month_end
),

customers as (
    select * from {{ ref('dim_customer') }}
),

accounts as (
    select * from {{ ref('dim_account') }}
),

account_states as (
    select * from {{ ref('current_account') }}
    where is_balance_refuted
),

products as (
    select * from {{ ref('dim_product') }}
),

listed_rates as (
    select * from {{ ref('history_product_rates') }}
),

positions as (
    select
        snapshots.snapshot_date,
        snapshots.product_key,
        {{ known_text('customers.customer_segment') }} as customer_segment,
        case
            when account_states.account_natural_key is not null then 0
            when products.product_category in ('Credit', 'Loan') and snapshots.closing_balance < 0
                then 1
            else 0
        end as owed_count,
        -- what is owed is not known
        case
            when
                products.product_category in ('Credit', 'Loan')
                and account_states.account_natural_key is not null
                then 1
            else 0
        end as refuted_count,
        -snapshots.reporting_balance as owed_amount,
        cast(coalesce(accounts.interest_rate, listed_rates.interest_rate) as {{ type_double() }})
            as yearly_rate
    from snapshots
    left join products on snapshots.product_key = products.product_key
    left join accounts on snapshots.account_key = accounts.account_key
    left join customers on snapshots.customer_key = customers.customer_key
    left join account_states
        on snapshots.account_natural_key = account_states.account_natural_key
    left join listed_rates
        on
            snapshots.product_key = listed_rates.product_key
            and {{ end_of_day('snapshots.snapshot_date') }} >= listed_rates.valid_from
            and {{ end_of_day('snapshots.snapshot_date') }} < listed_rates.valid_to
),

entries as (
    select
        transactions.transaction_date as revenue_date,
        transactions.product_key,
        {{ known_text('customers.customer_segment') }} as customer_segment,
        0 as account_count,
        0 as owed_count,
        0 as refuted_count,
        cast(null as decimal(18, 2)) as interest_amount,
        -transactions.posted_amount as fee_amount
    from transactions
    left join customers on transactions.customer_key = customers.customer_key
    union all
    -- a twelfth of the yearly rate on what is owed at the month end
    select
        snapshot_date as revenue_date,
        product_key,
        customer_segment,
        1 as account_count,
        owed_count,
        refuted_count,
        case when owed_count = 1 then {{ money('owed_amount * yearly_rate / 12') }} end
            as interest_amount,
        cast(null as decimal(18, 2)) as fee_amount
    from positions
)

select
    revenue_date,
    product_key,
    customer_segment,
    cast(sum(account_count) as bigint) as account_count,
    cast(sum(owed_count) as bigint) as owed_count,
    cast(sum(refuted_count) as bigint) as refuted_count,
    {{ exact_money('sum(interest_amount)') }} as interest_amount,
    {{ exact_money('sum(fee_amount)') }} as fee_amount
from entries
group by revenue_date, product_key, customer_segment
