{#-
    Customers with the bank, and recorded, when a month began, and who left in it. Grain: one row
    per customer and month.
-#}
with months as (
    select * from {{ ref('int_feature_months') }}
),

customers as (
    select * from {{ ref('dim_customer') }}
    where customer_key <> {{ unknown_key() }} and not is_inferred
),

customer_states as (
    select * from {{ ref('current_customer') }}
),

leavers as (
    select * from {{ ref('int_customer_leavers') }}
),

first_versions as (
    {{ first_records(ref('stg_customers'), 'customer_id') }}
)

select
    customers.customer_natural_key,
    customers.customer_segment,
    customer_states.age_group,
    customers.marital_status,
    customers.education_level,
    customers.home_ownership,
    customers.is_marketing_opt_in,
    customers.preferred_channel,
    months.month_number,
    months.month_start_date,
    coalesce(leavers.left_date <= months.month_end_date, false) as is_event,
    cast({{
        dbt.datediff('customers.signup_date', 'months.month_start_date', 'day')
    }} as integer) as tenure_days
from customers
inner join months
    on
        customers.valid_from < months.month_start_date
        and customers.valid_to >= months.month_start_date
-- whoever was recorded later is no customer of whom the month could know anything
inner join first_versions
    on
        customers.customer_natural_key = first_versions.customer_id
        and months.month_start_date > first_versions.first_recorded_at
left join customer_states
    on customers.customer_natural_key = customer_states.customer_natural_key
left join leavers on customers.customer_natural_key = leavers.customer_natural_key
where
    coalesce(customers.is_active, true)
    and (customers.signup_date is null or customers.signup_date < months.month_start_date)
    and (leavers.left_date is null or leavers.left_date >= months.month_start_date)
