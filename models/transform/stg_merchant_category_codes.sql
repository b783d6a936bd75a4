{#-
    ISO 18245 merchant category codes: typed, one spelling, latest arrival. Grain: one row per
    mcc_code, its latest arrival.
-#}
with arrivals as (
    select * from {{ bronze('merchant_category_codes') }}
),

latest as (
    {{ latest_arrival('arrivals', ['mcc_code']) }}
)

select
    mcc_code,
    description,
    category,
    category_group,
    _batch_id,
    _loaded_at
from latest
