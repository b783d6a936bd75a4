{#-
    Rates and fees of products with their history (SCD Type 2).
    Grain: one row per product and interval.
-#}
{%- set tracked = var('scd2_tracked_columns')['product_rates'] %}
with listed as (
    select * from {{ ref('stg_products') }}
),

intervals as (
    {{ scd2_intervals('listed', 'product_id', tracked) }}
)

select
    {{ foreign_key('product_id') }} as product_key,
    product_id as product_natural_key,
    valid_from,
    valid_to,
    is_current,
    cast(version_number as integer) as version_number,
    updated_at as listed_at,
    {% for column in tracked -%}
    {{ column }},
    {% endfor -%}
    _batch_id
from intervals
