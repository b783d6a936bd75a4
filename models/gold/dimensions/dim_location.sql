{#-
    Branches and ATMs (Type 1), keyed by type and number, which the two share. Grain: one row
    per branch and ATM, inferred branches, the unknown place.
-#}
with branches as (
    {{ newest_version(ref('stg_branch_locations'), 'branch_id') }}
),

atms as (
    {{ newest_version(ref('stg_atm_locations'), 'atm_id') }}
),

inferred as (
    {{ inferred_members([
        (ref('stg_customer_interactions'), 'branch_id'),
        (ref('stg_atm_locations'), 'branch_id'),
    ], 'branches', 'branch_id') }}
),

members as (
    select
        'branch' as location_type,
        branch_id as location_natural_key,
        false as is_inferred
    from branches
    union all
    select
        'atm' as location_type,
        atm_id as location_natural_key,
        false as is_inferred
    from atms
    union all
    select
        'branch' as location_type,
        natural_key as location_natural_key,
        true as is_inferred
    from inferred
    union all
    select
        'unknown' as location_type,
        -1 as location_natural_key,
        true as is_inferred
)

select
    case
        when members.location_type = 'unknown' then {{ unknown_key() }}
        else {{ surrogate_key(['members.location_type', 'members.location_natural_key']) }}
    end as location_key,
    members.location_type,
    members.location_natural_key,
    coalesce(branches.branch_name, atms.location_name) as location_name,
    coalesce(branches.branch_code, atms.atm_code) as location_code,
    coalesce(branches.branch_type, atms.atm_type) as location_subtype,
    coalesce(branches.city, atms.city) as city,
    coalesce(branches.state, atms.state) as state,
    coalesce(branches.zip_code, atms.zip_code) as zip_code,
    coalesce(branches.country, atms.country) as country,
    coalesce(branches.latitude, atms.latitude) as latitude,
    coalesce(branches.longitude, atms.longitude) as longitude,
    branches.region,
    coalesce(branches.open_date, atms.install_date) as open_date,
    branches.close_date,
    coalesce(branches.is_active, atms.is_operational) as is_active,
    branches.employee_count,
    atms.is_24_hour,
    atms.branch_id as parent_branch_natural_key,
    members.is_inferred
from members
left join branches
    on members.location_type = 'branch' and members.location_natural_key = branches.branch_id
left join atms
    on members.location_type = 'atm' and members.location_natural_key = atms.atm_id
