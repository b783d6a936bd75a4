{#-
    Customers as they were at the clock and twelve months before.
    Grain: one row per position and customer.
-#}
with dates as (
    select * from {{ ref('int_comparison_dates') }}
),

customers as {{ in_place() }}(
    select * from {{ ref('dim_customer') }}
    where not is_inferred
),

customer_states as (
    select * from {{ ref('current_customer') }}
),

first_versions as (
    {{ first_records(ref('stg_customers'), 'customer_id') }}
),

segment_history as (
    select * from {{ ref('fact_customer_segment_history') }}
)

select
    dates.position_name,
    dates.position_date,
    customers.customer_natural_key,
    dates.position_name = 'current'
    or coalesce(first_versions.first_recorded_at <= {{ end_of_day('dates.position_date') }}, false)
        as is_recorded,
    customers.is_active,
    {{ known_text('customers.customer_segment') }} as customer_segment,
    {{ known_text('customer_states.age_group') }} as age_group,
    {{ known_text('customers.country') }} as country,
    {{ known_text('customers.state') }} as state,
    {{ known_text('customers.city') }} as city,
    customers.latitude,
    customers.longitude,
    customers.annual_income_amount,
    customers.credit_score,
    case
        when dates.position_name = 'current' then customer_states.customer_lifetime_value_amount
        else segment_history.customer_lifetime_value_amount
    end as customer_lifetime_value_amount,
    {{ completed_months('customers.signup_date', 'dates.position_date') }} as tenure_months
from dates
inner join customers
    on dates.position_date >= customers.signup_date and {{ version_at('customers', 'dates') }}
left join customer_states
    on customers.customer_natural_key = customer_states.customer_natural_key
left join first_versions on customers.customer_natural_key = first_versions.customer_id
left join segment_history
    on
        customers.customer_natural_key = segment_history.customer_natural_key
        and dates.position_date >= segment_history.effective_date
        and dates.position_date < segment_history.end_date
