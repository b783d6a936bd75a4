{#-
    Customers who are gone, and the day they left: the last account closes, or the bank calls
    the customer inactive, whichever comes first. Grain: one row per customer who left.
-#}
with customers as (
    select * from {{ ref('dim_customer') }}
    where customer_key <> {{ unknown_key() }} and not is_inferred
),

accounts as (
    select * from {{ ref('dim_account') }}
    where customer_natural_key is not null
),

inactive_since as (
    -- from when the bank calls a customer inactive, who is so now
    select
        customer_natural_key,
        max(case when not is_active and coalesce(was_active, false) then valid_from end) as left_at
    from (
        select
            customer_natural_key,
            is_active,
            is_current,
            valid_from,
            lag(is_active) over (
                partition by customer_natural_key order by valid_from nulls last
            ) as was_active
        from customers
    ) as versions
    group by customer_natural_key
    having count(case when is_current and not is_active then 1 end) > 0
),

without_account as (
    select
        customer_natural_key,
        max(close_date) as closed_date
    from accounts
    where is_current
    group by customer_natural_key
    having count(*) = count(close_date)
)

-- whichever comes first: the last account closes, or the bank calls the customer inactive
select
    customer_natural_key,
    min(left_date) as left_date
from (
    select
        customer_natural_key,
        cast(left_at as date) as left_date
    from inactive_since
    where left_at is not null
    union all
    select
        customer_natural_key,
        closed_date as left_date
    from without_account
) as departures
group by customer_natural_key
