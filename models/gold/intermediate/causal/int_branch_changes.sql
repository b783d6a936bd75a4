{#-
    Customers whose band of distance changed in their home because a branch opened or closed.
    Grain: one row per customer and month of a change.
-#}
with spells as (
    select
        bands.*,
        lag(band_name) over (
            partition by customer_id, home_number order by first_date nulls last
        ) as band_before_name,
        lag(first_date) over (
            partition by customer_id, home_number order by first_date nulls last
        ) as band_before_date
    from {{ ref('int_customer_branch_bands') }} as bands
),

branches as (
    select * from {{ ref('dim_location') }}
    where location_type = 'branch'
),

changes as (
    select
        spells.*,
        {{ add_months('first_date', -1) }} as month_before_date
    from spells
    where band_before_name is not null and band_name <> band_before_name
)

select
    changes.customer_id as customer_natural_key,
    changes.first_date as change_date,
    coalesce(opened.location_natural_key, closed.location_natural_key) as branch_natural_key,
    opened.location_natural_key is not null as is_opening,
    changes.state,
    changes.band_before_name,
    changes.band_name,
    changes.band_before_date,
    changes.until_date as band_until_date
from changes
left join branches as opened
    on
        changes.first_branch_id = opened.location_natural_key
        and changes.month_before_date < opened.open_date
        and changes.first_date >= opened.open_date
left join branches as closed
    on
        changes.branch_before_id = closed.location_natural_key
        and changes.month_before_date < closed.close_date
        and changes.first_date >= closed.close_date
where opened.location_natural_key is not null or closed.location_natural_key is not null
