{#-
    The county of each customer's home, from the city and state on the day of the clock.
    Grain: one row per customer.
-#}
{{ config(materialized='view') }}
with customers as (
    select * from {{ ref('int_customers_at_dates') }}
    where position_name = 'current'
),

zip_codes as (
    select * from {{ ref('stg_zip_codes') }}
),

-- a city in two counties counts for the one with more of its ZIP codes, the first by name if alike
cities as (
    select
        lower(city) as city,
        state,
        county,
        row_number() over (
            partition by lower(city), state order by count(*) desc nulls last, county asc nulls last
        ) as county_rank
    from zip_codes
    where county is not null
    group by lower(city), state, county
)

select
    customers.customer_natural_key,
    customers.state,
    {{ known_text('cities.county') }} as county,
    customers.latitude,
    customers.longitude
from customers
left join cities
    on
        lower(customers.city) = cities.city
        and customers.state = cities.state
        and cities.county_rank = 1
