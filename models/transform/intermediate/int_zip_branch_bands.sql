{#-
    How far the middle of a ZIP code is from the nearest open branch, in bands, at each month's
    start; ZIP codes that never had a branch within the far band are not here. `branch_before_id` is
    the nearest of the month before the spell, `first_branch_id` that of its first month.
    Grain: one row per ZIP code and spell in a band.
-#}
with zip_codes as (
    select * from {{ ref('stg_zip_codes') }}
    where latitude is not null and longitude is not null
),

branches as (
    {{ newest_version(ref('stg_branch_locations'), 'branch_id') }}
),

months as (
    select
        month_start_date,
        row_number() over (order by month_start_date nulls last) as place
    from {{ ref('int_months') }}
),

-- a degree of latitude is more than 110 km
pairs as (
    select
        zip_codes.zip_code,
        branches.branch_id,
        branches.open_date,
        branches.close_date,
        {{ kilometres_between(
            'zip_codes.latitude', 'zip_codes.longitude', 'branches.latitude', 'branches.longitude'
        ) }} as distance
    from zip_codes
    inner join branches
        on
            zip_codes.latitude - {{ var('branch_far_km') }} / 110.0 <= branches.latitude
            and zip_codes.latitude + {{ var('branch_far_km') }} / 110.0 >= branches.latitude
),

close_pairs as (
    select
        zip_code,
        branch_id,
        open_date,
        close_date,
        distance
    from pairs
    where distance < {{ var('branch_far_km') }}
),

zip_months as (
    select
        zips.zip_code,
        months.month_start_date,
        months.place
    from (select distinct zip_code from close_pairs) as zips
    cross join months
),

ranked as (
    select
        zip_months.zip_code,
        zip_months.month_start_date,
        zip_months.place,
        close_pairs.branch_id,
        close_pairs.distance,
        row_number() over (
            partition by zip_months.zip_code, zip_months.place
            order by close_pairs.distance nulls last, close_pairs.branch_id nulls last
        ) as distance_rank
    from zip_months
    left join close_pairs
        on
            zip_months.zip_code = close_pairs.zip_code
            and coalesce(zip_months.month_start_date >= close_pairs.open_date, true)
            and coalesce(zip_months.month_start_date < close_pairs.close_date, true)
),

banded as (
    select
        zip_code,
        month_start_date,
        place,
        branch_id,
        case
            when distance < {{ var('branch_near_km') }} then 'near'
            when distance is not null then 'middle'
            else 'far'
        end as band_name
    from ranked
    where distance_rank = 1
),

compared as (
    select
        banded.*,
        lag(band_name) over (partition by zip_code order by place nulls last) as band_before_name,
        lag(branch_id) over (partition by zip_code order by place nulls last) as branch_before_id
    from banded
),

numbered as (
    select
        compared.*,
        sum(case when band_name = band_before_name then 0 else 1 end) over (
            partition by zip_code order by place nulls last
            rows between unbounded preceding and current row
        ) as spell_number
    from compared
),

spells as (
    select
        zip_code,
        spell_number,
        band_name,
        min(month_start_date) as first_month_date,
        max(case when not coalesce(band_name = band_before_name, false) then branch_id end)
            as first_branch_id,
        max(case when not coalesce(band_name = band_before_name, false) then branch_before_id end)
            as branch_before_id
    from numbered
    group by zip_code, spell_number, band_name
)

select
    zip_code,
    cast(spell_number as integer) as spell_number,
    band_name,
    case when spell_number = 1 then cast('1900-01-01' as date) else first_month_date end
        as first_date,
    coalesce(
        lead(first_month_date) over (partition by zip_code order by spell_number nulls last),
        cast('9999-12-31' as date)
    ) as until_date,
    first_branch_id,
    branch_before_id
from spells
