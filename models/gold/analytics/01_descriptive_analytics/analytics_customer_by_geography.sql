{#- Customers at the clock by where they live. Grain: one row per country, state and city. -#}
with clock as (
    select * from {{ ref('data_clock') }}
),

customers as (
    select * from {{ ref('int_customers_at_dates') }}
    where position_name = 'current'
),

places as (
    select
        country,
        state,
        city,
        count(*) as customer_count,
        {{ count_if('is_active') }} as active_customer_count,
        {{ average_money('customer_lifetime_value_amount') }} as avg_clv,
        {{ average_money('annual_income_amount') }} as avg_income,
        -- one point per city, the same on each of its rows
        max(latitude) as latitude,
        max(longitude) as longitude
    from customers
    group by country, state, city
)

select
    places.country,
    places.state,
    places.city,
    places.customer_count,
    places.active_customer_count,
    {{ percentage('places.customer_count', 'sum(places.customer_count) over ()') }} as pct_of_total,
    places.avg_clv,
    places.avg_income,
    places.latitude,
    places.longitude,
    {{ reporting_currency() }} as reporting_currency,
    {{ status_if('places.customer_count > 0') }} as status,
    clock.as_of_date
from places
cross join clock
