{#-
    Who left in the last complete months against who stayed, by what was known before they left.
    Grain: one row per segment (and All), driver and bin.
-#}
{%- set drivers = churn_drivers() %}
with clock as (
    select * from {{ ref('data_clock') }}
),

exposure as {{ in_place() }}(
    select * from {{ ref('int_churn_exposure') }}
),

odds as (
    select * from {{ ref('int_churn_odds') }}
),

segment_cells as (
    {{ driver_cells('exposure', drivers, 'customer_segment') }}
),

cells as (
    select
        customer_segment,
        driver,
        driver_label,
        bin,
        bin_order,
        exposed_count,
        event_count
    from segment_cells
    union all
    {{ driver_cells_of_all('segment_cells', drivers, 'customer_segment') }}
),

{{ driver_measures('cells', 'customer_segment') }}

select
    driver_ranks.customer_segment,
    {{ driver_columns('driver_ranks', 'odds') }},
    cast(driver_ranks.status as {{ dbt.type_string() }}) as status,
    clock.as_of_date
from driver_ranks
cross join clock
left join odds
    on
        driver_ranks.customer_segment = 'All'
        and driver_ranks.driver = odds.driver
        and driver_ranks.bin = odds.bin
