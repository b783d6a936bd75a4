{#-
    Visits to branches in the half year before the clock, by day and hour. Grain: one row per
    branch, day and hour in which somebody came.
-#}
with clock as (
    select * from {{ ref('data_clock') }}
),

contacts as (
    select * from {{ ref('fact_customer_interactions') }}
    where lower(interaction_type) = 'branch visit'
),

branches as (
    select * from {{ ref('dim_location') }}
    where location_type = 'branch'
),

holidays as (
    select full_date from {{ ref('dim_date') }}
    where is_bank_holiday
),

-- who would have come on a holiday comes the day before or after
unusual as (
    select full_date as unusual_date from holidays
    union
    select {{ add_days('full_date', -1) }} as unusual_date from holidays
    union
    select {{ add_days('full_date', 1) }} as unusual_date from holidays
),

visits as (
    select
        branches.location_natural_key,
        cast(contacts.interaction_at as date) as visit_date,
        cast({{ calendar_part('hour', 'contacts.interaction_at') }} as integer) as hour_number,
        contacts.duration_minutes
    from contacts
    inner join branches on contacts.location_key = branches.location_key
    cross join clock
    where
        cast(contacts.interaction_at as date) <= clock.as_of_date
        and cast(contacts.interaction_at as date) > {{ add_days('clock.as_of_date', -182) }}
        -- a day without a time of day
        and contacts.interaction_at <> cast(
            cast(contacts.interaction_at as date) as {{ dbt.type_timestamp() }}
        )
)

select
    visits.location_natural_key,
    visits.visit_date,
    {{ iso_weekday('visits.visit_date') }} as day_of_week_number,
    visits.hour_number,
    unusual.unusual_date is not null as is_near_holiday,
    count(*) as visit_count,
    count(visits.duration_minutes) as handled_count,
    sum(visits.duration_minutes) as handling_minutes
from visits
left join unusual on visits.visit_date = unusual.unusual_date
group by
    visits.location_natural_key,
    visits.visit_date,
    visits.hour_number,
    unusual.unusual_date
