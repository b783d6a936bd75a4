{#-
    US ZIP codes with city and coordinates: typed, one spelling, latest arrival. Grain: one row
    per zip_code, its latest arrival.
-#}
with arrivals as (
    select
        coalesce({{ postal_code('zip_code', "'US'", 'state') }}, zip_code) as zip_code,
        city,
        state,
        county,
        latitude,
        longitude,
        _batch_id,
        _loaded_at,
        _source_row
    from {{ bronze('zip_codes') }}
),

latest as (
    {{ latest_arrival('arrivals', ['zip_code']) }}
)

select
    zip_code,
    city,
    state,
    county,
    latitude,
    longitude,
    _batch_id,
    _loaded_at
from latest
