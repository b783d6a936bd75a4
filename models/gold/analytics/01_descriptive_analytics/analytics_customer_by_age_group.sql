{#- Customers at the clock by age and activity. Grain: one row per age group and is_active. -#}
with clock as (
    select * from {{ ref('data_clock') }}
),

customers as (
    select * from {{ ref('int_customers_at_dates') }}
    where position_name = 'current'
),

age_groups as (
    select
        age_group,
        is_active,
        count(*) as customer_count,
        {{ average_money('customer_lifetime_value_amount') }} as avg_clv,
        {{ average_money('annual_income_amount') }} as avg_income
    from customers
    group by age_group, is_active
)

select
    age_groups.age_group,
    age_groups.is_active,
    age_groups.customer_count,
    {{ percentage('age_groups.customer_count', 'sum(age_groups.customer_count) over ()') }}
        as pct_of_total,
    age_groups.avg_clv,
    age_groups.avg_income,
    {{ reporting_currency() }} as reporting_currency,
    {{ status_if('age_groups.customer_count > 0') }} as status,
    clock.as_of_date
from age_groups
cross join clock
