{#-
    Customers to be scored: features of the newest month end, and what they are worth.
    Grain: one row per customer.
-#}
with features as (
    select * from {{ ref('features_customer') }}
),

newest as (
    select max(cut_date) as cut_date
    from features
),

segment_history as (
    select * from {{ ref('fact_customer_segment_history') }}
),

transactions as (
    select * from {{ ref('fact_transactions') }}
    where not is_declined and customer_natural_key is not null
),

counted as (
    select
        transactions.customer_natural_key,
        count(*) as transaction_count_90d
    from transactions
    cross join newest
    where
        transactions.transaction_date <= newest.cut_date
        and transactions.transaction_date > {{ add_days('newest.cut_date', -90) }}
    group by transactions.customer_natural_key
),

valued as (
    select
        segment_history.customer_natural_key,
        max(segment_history.customer_lifetime_value_amount) as customer_lifetime_value_amount
    from segment_history
    cross join newest
    where
        newest.cut_date >= segment_history.effective_date
        and newest.cut_date < segment_history.end_date
    group by segment_history.customer_natural_key
)

select
    features.*,
    valued.customer_lifetime_value_amount,
    coalesce(counted.transaction_count_90d, 0) as transaction_count_90d,
    cast('{{ var("reporting_currency") }}' as {{ dbt.type_string() }}) as reporting_currency
from features
inner join newest on features.cut_date = newest.cut_date
left join valued on features.customer_natural_key = valued.customer_natural_key
left join counted on features.customer_natural_key = counted.customer_natural_key
