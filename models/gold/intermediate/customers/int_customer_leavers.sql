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

account_states as (
    select * from {{ ref('current_account') }}
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
        accounts.customer_natural_key,
        max(account_states.close_date) as closed_date
    from accounts
    left join account_states
        on accounts.account_natural_key = account_states.account_natural_key
    where accounts.is_current
    group by accounts.customer_natural_key
    having count(*) = count(account_states.close_date)
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
