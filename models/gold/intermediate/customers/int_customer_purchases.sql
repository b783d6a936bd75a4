{#-
    Posted purchases up to the clock, with what they paid for and who paid.
    Grain: one row per purchase.
-#}
{{ config(materialized='view') }}
with clock as (
    select * from {{ ref('data_clock') }}
),

transactions as (
    select * from {{ ref('fact_transactions') }}
),

customers as (
    select * from {{ ref('dim_customer') }}
),

-- the region of a state is that of most of its branches, the first by name where two have as many
regions as (
    select
        state,
        region,
        row_number() over (
            partition by state order by count(*) desc nulls last, region
        ) as region_rank
    from {{ ref('dim_location') }}
    where location_type = 'branch' and state is not null and region is not null
    group by state, region
)

select
    transactions.transaction_id,
    transactions.transaction_date,
    transactions.customer_natural_key,
    transactions.merchant_key,
    {{ known_text('transactions.merchant_category_group') }} as merchant_category_group,
    {{ known_text('transactions.merchant_category') }} as merchant_category,
    {{ known_text('regions.region') }} as region,
    {{ known_text('customers.customer_segment') }} as customer_segment,
    {{ money('-transactions.posted_amount') }} as spend_amount
from transactions
inner join clock on transactions.transaction_date <= clock.as_of_date
left join customers on transactions.customer_key = customers.customer_key
left join regions on customers.state = regions.state and regions.region_rank = 1
where {{ is_purchase('transactions') }}
