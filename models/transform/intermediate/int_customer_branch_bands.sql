{#-
    In which band from the nearest open branch each customer lived, and since when: what of a ZIP
    code leaves the vault for it. Homes without a known ZIP code are not here.
    Grain: one row per customer and spell in a home and a band.
-#}
with versions as (
    select
        customer_id,
        zip_code,
        updated_at,
        lag(zip_code) over (partition by customer_id order by updated_at nulls last)
            as zip_code_before
    from {{ ref('vault_customers') }}
    where zip_code is not null
),

moves as (
    select
        customer_id,
        zip_code,
        cast(updated_at as date) as moved_date,
        row_number() over (partition by customer_id order by updated_at nulls last) as home_number
    from versions
    where coalesce(zip_code <> zip_code_before, true)
),

homes as (
    select
        customer_id,
        zip_code,
        home_number,
        case when home_number = 1 then cast('1900-01-01' as date) else moved_date end
            as first_date,
        coalesce(
            lead(moved_date) over (partition by customer_id order by home_number nulls last),
            cast('9999-12-31' as date)
        ) as until_date
    from moves
),

zip_codes as (
    select * from {{ ref('stg_zip_codes') }}
    where latitude is not null and longitude is not null
),

bands as (
    select * from {{ ref('int_zip_branch_bands') }}
),

places as (
    select
        zip_codes.zip_code,
        zip_codes.state,
        coalesce(bands.band_name, 'far') as band_name,
        coalesce(bands.first_date, cast('1900-01-01' as date)) as first_date,
        coalesce(bands.until_date, cast('9999-12-31' as date)) as until_date,
        bands.first_branch_id,
        bands.branch_before_id
    from zip_codes
    left join bands on zip_codes.zip_code = bands.zip_code
)

select
    homes.customer_id,
    cast(homes.home_number as integer) as home_number,
    {{ known_text('places.state') }} as state,
    places.band_name,
    greatest(homes.first_date, places.first_date) as first_date,
    least(homes.until_date, places.until_date) as until_date,
    -- who moved in during a spell has seen no branch come or go
    case when places.first_date > homes.first_date then places.first_branch_id end
        as first_branch_id,
    case when places.first_date > homes.first_date then places.branch_before_id end
        as branch_before_id
from homes
inner join places
    on
        homes.zip_code = places.zip_code
        and homes.first_date < places.until_date
        and homes.until_date > places.first_date
where homes.first_date < homes.until_date
